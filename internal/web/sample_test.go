package web

import (
	"fmt"
	"maps"
	"net/url"
	"strings"
	"time"

	"parley/internal/app/accounts"
	"parley/internal/app/contacts"
	"parley/internal/app/team"
	"parley/internal/channel"
	"parley/internal/crm"
	"parley/internal/store"
)

// Sample data for the golden files and for looking at pages. Some of it is hostile.

var (
	london, _ = time.LoadLocation("Europe/London")
	clock     = Clock{Now: time.Date(2026, 11, 24, 14, 5, 0, 0, time.UTC), Zone: london}

	ana  = crm.User{ID: sampleID(1), Name: "Ana Reis", Email: "ana@acme.example", Phone: "+447700900001", Role: crm.Admin, Active: true}
	dana = crm.User{ID: sampleID(2), Name: "Dana Wójcik", Email: "dana@acme.example", Role: crm.Agent, Active: true}
	omar = crm.User{ID: sampleID(3), Name: "Omar Khan", Email: "omar@acme.example", Role: crm.Agent, Active: true, Invited: true}
	eve  = crm.User{ID: sampleID(4), Name: `Eve "><img src=x onerror=alert(1)>`, Email: "eve@acme.example", Role: crm.Agent}

	sampleTags = []crm.Tag{
		{ID: sampleID(20), Name: "VIP", Colour: "violet"}, {ID: sampleID(21), Name: "Trade", Colour: "blue"},
		{ID: sampleID(22), Name: "Lead", Colour: "green"}, {ID: sampleID(23), Name: "Late payer", Colour: "amber"},
		{ID: sampleID(24), Name: "<b>bold</b>", Colour: "red"},
	}
)

const (
	hostile = `<img src=x onerror=alert(1)>`
	rtl     = "\u202eevil\u202c عبد الله"
)

func sampleID(n int) crm.ID { return crm.ID(fmt.Sprintf("%026d", n)) }

func ago(d time.Duration) time.Time { return clock.Now.Add(-d) }

type bulkDraft = contacts.BulkDraft

// sampleBulks are acts in every state.
func sampleBulks() BulksPage {
	page := BulksPage{Settings: sampleSettings("account", "bulk", "Recent actions"), Next: "/bulk?after=" + sampleID(700).String()}
	add := func(change func(*crm.Bulk), canUndo bool) {
		p := sampleBulk(crm.BulkDone).BulkProgress
		change(p.Bulk)
		p.CanUndo = canUndo
		page.Items = append(page.Items, p)
	}
	add(func(b *crm.Bulk) { b.Status, b.Done = crm.BulkRunning, 1200 }, false)
	add(func(*crm.Bulk) {}, true)
	add(func(b *crm.Bulk) { b.UndoneBy = sampleID(701) }, false)
	add(func(b *crm.Bulk) { b.UndoOf, b.UserID = sampleID(700), sampleID(999) }, false)
	add(func(b *crm.Bulk) { b.Status, b.Done, b.Counts = crm.BulkCancelled, 0, crm.BulkCounts{} }, false)
	add(func(b *crm.Bulk) { b.Total, b.Done, b.Counts = 0, 0, crm.BulkCounts{} }, false)
	return page
}

func sampleBulk(status crm.BulkStatus) BulkPage {
	b := &crm.Bulk{ID: sampleID(700), UserID: ana.ID, CreatedAt: clock.Now.Add(-2 * time.Hour), Action: crm.BulkAddTags, What: crm.BulkWhat{Tags: []crm.ID{sampleTags[0].ID, sampleTags[4].ID}}, Status: status, Total: 4312, Done: 4312,
		Counts: crm.BulkCounts{crm.BulkChanged: 4290, crm.BulkUnchanged: 20, crm.BulkNotDone: 2}}
	p := BulkPage{Shell: sampleShell("contacts", "Add tags"), BulkProgress: BulkProgress{Clock: clock, Bulk: b, CanUndo: status == crm.BulkDone, Names: map[crm.ID]string{ana.ID: ana.Name, sampleTags[0].ID: "VIP", sampleTags[4].ID: sampleTags[4].Name}},
		Results: []contacts.BulkResult{{BulkRow: crm.BulkRow{ContactID: sampleID(101), Outcome: crm.BulkChanged}, Name: hostile},
			{BulkRow: crm.BulkRow{ContactID: sampleID(102), Outcome: crm.BulkNotDone, Reason: "Not there any more, or not yours to see."}}},
		Next: "/bulk/" + sampleID(700).String() + "?after=100"}
	if status == crm.BulkRunning {
		b.Done, b.Counts = 1200, crm.BulkCounts{crm.BulkChanged: 1200}
	}
	return p
}

func sampleShell(section, title string) Shell {
	return Shell{Clock: clock, Title: title, Business: "Acme Plumbing", User: ana, Section: section, Unread: 13, Simulator: true}
}

func sampleContact(n int, first, last, business, email string, tags ...crm.Tag) crm.Contact {
	phone := fmt.Sprintf("+447700900%03d", n)
	identities := []crm.Identity{{Kind: crm.PhoneIdentity, Value: phone, Primary: true, Label: "mobile"}}
	if email != "" {
		identities = append(identities, crm.Identity{Kind: crm.EmailIdentity, Value: strings.ToLower(email), Entered: email, Primary: true})
	}
	return crm.Contact{
		ID: sampleID(100 + n), FirstName: first, LastName: last, BusinessName: business, Status: crm.Active,
		Source: crm.SourceManual, Identities: identities, Tags: tags, Visibility: crm.Visibility{Mode: crm.Everyone},
		Version: 3, CreatedAt: ago(400 * 24 * time.Hour), CreatedBy: "Ana Reis", UpdatedAt: ago(time.Hour), UpdatedBy: "Dana Wójcik",
		LastMessageAt: ago(time.Duration(n*n*13) * time.Minute),
	}
}

func sampleContacts() []crm.Contact {
	placeholder := sampleContact(11, "WhatsApp", "Contact KQVD", "", "")
	placeholder.NameIsPlaceholder, placeholder.ProfileName, placeholder.Source = true, "Jo 🌻 "+hostile, crm.SourceWhatsApp
	return []crm.Contact{
		sampleContact(1, "Hiro", "Fischer", "Northside Dental", "hiro.fischer@example.com", sampleTags[0]),
		sampleContact(2, "Omar", "Khan", "Khan & Sons", "Omar.Khan@example.com", sampleTags[1]),
		sampleContact(3, "Farid", "Patel", "", "farid.patel@example.com", sampleTags[1]),
		sampleContact(4, "Mateo", "Duarte", "Fischer Elektrik", "mateo.duarte@example.com", sampleTags[2]),
		sampleContact(5, "Dmitri", "Ito", "", "dmitri.ito@example.com", sampleTags[0], sampleTags[2]),
		placeholder,
		sampleContact(6, hostile, rtl, `"; drop table contact; --`, "x@example.com", sampleTags[4]),
		sampleContact(7, "Priya", "Lindqvist", "Khan & Sons", "priya.lindqvist@example.com", sampleTags[0], sampleTags[3]),
		sampleContact(8, "Wolfeschlegelsteinhausenbergerdorff", strings.Repeat("Verylongname", 12), strings.Repeat("Business ", 20), strings.Repeat("long", 20)+"@example.com", sampleTags...),
		sampleContact(9, "Élodie", "Jensen 🚿", "Harbour Café", "", sampleTags[3]),
		sampleContact(10, "Niamh", "O'Brien", "", "niamh@example.com"),
	}
}

type fieldUse = contacts.FieldUse

var sampleFields = []crm.CustomField{
	{ID: sampleID(71), Key: "size", Label: "Size", Kind: crm.CustomNumber},
	{ID: sampleID(72), Key: "plan", Label: "<b>bold</b>", Kind: crm.CustomChoice, Options: []crm.CustomOption{{Value: "gold", Label: "Gold"}, {Value: "old", Label: hostile, Retired: true}}},
	{ID: sampleID(73), Key: "since", Label: "Since", Kind: crm.CustomDate},
}

// sampleContactsPage is the page at an address.
func sampleContactsPage(query, total string, rows ContactRows) ContactsPage {
	values, _ := url.ParseQuery(query)
	l := contactList{words: crm.FilterWords{Tags: sampleTags, Users: []crm.User{ana, dana}, Fields: sampleFields, Zone: london}, values: values, sort: crm.Sort(values.Get("sort"))}
	named := maps.Clone(values)
	delete(named, "sort")
	l.filter = crm.ParseFilter(named, l.words)
	if rows.Columns == nil {
		rows.Columns = columnsOf(crm.DefaultColumns, nil)
	}
	page := ContactsPage{Shell: sampleShell("contacts", "Contacts"), Total: total, Query: l.filter.Query, Order: values.Get("sort"), Chips: chips(l), Filters: filterMenu(l), Address: query,
		AllColumns: allColumns(crm.DefaultColumns, sampleFields), NameColumn: Column{Name: "name", Label: "Name"}, ContactRows: rows}
	page.NameColumn.orderBy(l)
	if query != "" {
		page.Views = []ViewTab{{ID: sampleID(81), Name: "Gold ones", Shared: true, Mine: true, Current: true, Address: "/contacts?tag=x&view=" + sampleID(81).String()}, {ID: sampleID(82), Name: "<b>bold</b>", Missing: true, Address: "/contacts?view=" + sampleID(82).String()}}
	}
	return page
}

func sampleContactRows() ContactRows {
	rows := ContactRows{Next: "/contacts/rows?after=abc", Columns: columnsOf(append(crm.DefaultColumns, "city", "opt_outs", "custom.plan", "custom.size"), sampleFields)}
	for i, c := range sampleContacts() {
		rows.Rows = append(rows.Rows, ContactRow{Clock: clock, Contact: &c, Assignee: []string{"", "Dana Wójcik", "Ana Reis"}[i%3], Columns: rows.Columns})
	}
	return rows
}

func sampleConversation(n int, c crm.Contact, last string, at time.Duration) crm.Conversation {
	return crm.Conversation{ID: sampleID(300 + n), ContactID: c.ID, Status: crm.Open, ChannelID: sampleID(50),
		Address: c.Phone(), LastMessageAt: ago(at), LastInboundAt: ago(at), LastText: last, LastDirection: crm.In, OpenedAt: ago(48 * time.Hour)}
}

func sampleList(current int) ConversationList {
	lasts := []string{"Can somebody come today? The boiler is leaking again and I am not at home before five.", "Thanks!", hostile, "Photo", "", "¿Puede llamarme mañana?", "إلى اللقاء", "OK 👍", "See you at nine then.", strings.Repeat("long ", 50), "Invoice received"}
	list := ConversationList{View: ViewOpen, Counts: map[ListView]int{ViewOpen: 11, ViewUnassigned: 4, ViewMine: 2}}
	list.Next = "/inbox/list?view=open&after=abc"
	for i, c := range sampleContacts() {
		conversation := sampleConversation(i, c, lasts[i], time.Duration(i*i*23)*time.Minute)
		if i%4 == 1 {
			conversation.LastDirection = crm.Out
		}
		list.Rows = append(list.Rows, ConversationRow{Clock: clock, Conversation: conversation, Name: c.Name(), View: ViewOpen,
			Family: []crm.Family{crm.WhatsApp, crm.SMS}[i%2], Unread: i == 0 || i == 2 || i == 5, Assignee: []string{"", "Dana Wójcik", "Ana Reis"}[i%3], Current: i == current})
	}
	return list
}

func sampleMessages() Messages {
	contact := sampleContacts()[0]
	n := 0
	msg := func(direction crm.Direction, at time.Duration, status crm.MessageStatusValue, text string, more ...func(*MessageView)) MessageView {
		n++
		v := MessageView{Clock: clock, Family: crm.WhatsApp, Channel: "Leeds office", From: contact.Name(),
			Message: crm.Message{ID: sampleID(400 + n), Direction: direction, Type: crm.TextMessage, Text: text, Status: status, At: ago(at)}}
		if direction == crm.Out {
			v.From, v.Message.SentByName = "Dana Wójcik", "Dana Wójcik"
		}
		for _, f := range more {
			f(&v)
		}
		return v
	}
	kind := func(t crm.MessageType) func(*MessageView) { return func(v *MessageView) { v.Message.Type = t } }
	media := func(t crm.MessageType, name, contentType string, size int64) func(*MessageView) {
		return func(v *MessageView) {
			v.Message.Type = t
			v.Message.Media = []crm.Media{{ID: sampleID(600 + n), Type: contentType, Name: name, Size: size}}
		}
	}
	content := func(t crm.MessageType, c crm.Content) func(*MessageView) {
		return func(v *MessageView) { v.Message.Type, v.Message.Content = t, c }
	}
	return Messages{Older: "/inbox/" + sampleID(300).String() + "/messages?before=abc", List: []MessageView{
		msg(crm.In, 50*time.Hour, crm.Received, "Hello, do you also repair boilers?"),
		msg(crm.Out, 49*time.Hour, crm.Read, "We do. Which make is it?"),
		msg(crm.In, 49*time.Hour, crm.Received, "", media(crm.ImageMessage, "", "image/jpeg", 120_000)),
		msg(crm.In, 26*time.Hour, crm.Received, "The manual", media(crm.DocumentMessage, "boiler manual.pdf", "application/pdf", 2_400_000)),
		msg(crm.In, 25*time.Hour, crm.Received, "", media(crm.AudioMessage, "", "audio/ogg", 42_000)),
		msg(crm.In, 25*time.Hour, crm.Received, "", content(crm.LocationMessage, crm.Content{Location: &crm.Location{Latitude: 53.7997, Longitude: -1.5492, Name: "Leeds Town Hall", Address: "The Headrow"}})),
		msg(crm.In, 24*time.Hour, crm.Received, "", content(crm.ContactsMessage, crm.Content{Contacts: []crm.SharedContact{{Name: "Sam Plumb", Company: hostile, Phones: []string{"+44 7700 900555"}, Emails: []string{"sam@example.com"}}}})),
		msg(crm.Out, 23*time.Hour, crm.Received, "Dana Wójcik closed the conversation", kind(crm.SystemMessage)),
		msg(crm.In, 5*time.Hour, crm.Received, "2 items", content(crm.OrderMessage, crm.Content{Order: &crm.Order{Items: []crm.OrderItem{{Product: "Radiator key", Quantity: 2, Price: "3.50", Currency: "GBP"}}}})),
		msg(crm.In, 5*time.Hour, crm.Received, "Tomorrow morning", content(crm.ButtonMessage, crm.Content{Button: &crm.Button{Description: "08:00 to 12:00"}})),
		msg(crm.In, 4*time.Hour, crm.Received, hostile+"\nsecond line\n"+rtl, func(v *MessageView) {
			v.Message.Reactions = []crm.Reaction{{By: "Dana Wójcik", Emoji: "👍"}}
			v.Quoted = &Quoted{"Dana Wójcik", "We do. Which make is it?"}
		}),
		msg(crm.Out, 4*time.Hour, crm.Read, "Your visit\n\nHi Hiro, we come at nine.", content(crm.TemplateMessage, crm.Content{Template: &crm.FilledTemplate{Name: "visit", Language: "en",
			Shown: crm.RenderedTemplate{HeaderFormat: crm.HeaderText, Header: "Your visit", Body: "Hi " + hostile + ", we come at nine.\nIs that right?", Footer: "Acme Plumbing",
				Buttons: []crm.TemplateButton{{Kind: crm.QuickReply, Text: "Yes"}, {Kind: crm.OpenURL, Text: "Another time", URL: "https://acme.example/visit"}}}}})),
		msg(crm.Out, 3*time.Hour, crm.Delivered, "Somebody will be with you at nine."),
		msg(crm.Out, 2*time.Hour, crm.Sent, "Please have the manual ready."),
		msg(crm.Out, time.Hour, crm.Failed, "And the key to the cellar.", func(v *MessageView) {
			v.Message.Error = "The person's phone has not been reachable for some days."
		}),
		msg(crm.Out, 50*time.Minute, crm.Unknown, "Are you at home now?"),
		msg(crm.Out, 45*time.Minute, crm.Skipped, "Thank you for your message.", func(v *MessageView) {
			v.Message.Content.Automatic = true
			v.Message.Error = "This person said stop before this automatic reply was sent."
		}),
		msg(crm.In, 30*time.Minute, crm.Received, "", kind(crm.Unsupported)),
		msg(crm.Out, 30*time.Second, crm.Queued, "On my way. "+strings.Repeat("Averylongwordwithoutspaces", 8)),
		msg(crm.In, 0, crm.Received, "Can somebody come today? The boiler is leaking again.", func(v *MessageView) { v.Message.ExternalID = "wamid.1" }),
	}}
}

func sampleAudit() AuditPage {
	entry := func(e crm.Event, contact, user string, hidden bool) AuditRow {
		return AuditRow{Clock: clock, Entry: team.AuditEntry{Event: e, Contact: contact, User: user, Hidden: hidden}, Names: map[string]string{dana.ID.String(): dana.Name}}
	}
	return AuditPage{Settings: sampleSettings("settings", "audit", "Audit log"), Users: []crm.User{ana, dana, eve}, Person: dana.ID,
		Check: team.AuditCheck{Entries: 120_400, Checked: 1000, Since: ago(300 * time.Hour), Emptied: 3, OtherKey: 2, Waiting: true},
		AuditRows: AuditRows{Next: "/settings/audit?after=abc", Rows: []AuditRow{
			entry(crm.Event{Type: crm.UserChanged, At: ago(time.Hour), ActorName: "Ana Reis", Via: crm.ViaPage, Address: "203.0.113.7", Note: dana.Name, Changes: []crm.Change{{Field: "role", Old: "agent", New: "admin"}}}, "", dana.Name, false),
			entry(crm.Event{Type: crm.SignInFailed, At: ago(2 * time.Hour), ActorName: "Somebody", Via: crm.ViaPage, Address: "2001:db8::1"}, "", eve.Name, false),
			entry(crm.Event{Type: crm.ContactChanged, At: ago(3 * time.Hour), ActorName: hostile, Via: crm.ViaAPI, ContactID: sampleID(101), Changes: []crm.Change{{Field: "visible_to", Old: []any{}, New: []any{dana.ID.String()}}}}, hostile, "", false),
			entry(crm.Event{Type: crm.ContactDeleted, At: ago(4 * time.Hour), ActorName: "Ana Reis", Via: crm.ViaPage}, "", "", true),
			entry(crm.Event{Type: "connection.connected", At: ago(5 * time.Hour), ActorName: "Parley", Via: crm.ViaSystem, Note: hostile}, "", "", false),
		}}}
}

func sampleManage() ManagePage {
	return ManagePage{Shell: sampleShell("inbox", "Manage conversations"), View: ViewOpen, Users: []crm.User{ana, dana}, To: dana.ID,
		Report:     &HandOutReport{Done: 2, To: dana.Name, Left: []NotHandedOut{{sampleID(300), hostile, "Dana Wójcik may not see this conversation. Change who can see it first."}}},
		ManageRows: ManageRows{Rows: sampleList(-1).Rows, Next: "/inbox/manage?view=open&after=abc"}}
}

func sampleForm(c crm.Contact) ContactForm {
	values := map[string]string{"phone": crm.ShowPhone(c.Phone()), "email": c.Email()}
	for _, field := range crm.TextFields {
		values[string(field)] = *c.Text(field)
	}
	return ContactForm{Form: Form{Values: values}, Fields: sampleFields, ID: c.ID, Version: c.Version, Tags: TagPicker{All: sampleTags, Chosen: c.Tags},
		Users: []crm.User{ana, dana, omar}, AssigneeID: dana.ID, Visibility: c.Visibility}
}

func sampleComposer() Composer {
	return Composer{Clock: clock, ConversationID: sampleID(300), ChannelID: sampleID(50), Channels: []ComposerChannel{
		{ID: sampleID(50), Name: "Leeds office", Family: crm.WhatsApp, OpenUntil: clock.Now.Add(23 * time.Hour)},
		{ID: sampleID(51), Name: "Text messages", Family: crm.SMS},
	}}
}

// sampleKnown is a panel of somebody who is known by much.
func sampleKnown() ContactPanel {
	c := sampleContacts()[0]
	c.Identities = []crm.Identity{{Kind: crm.PhoneIdentity, Value: "+447400123456", Primary: true, Label: "mobile"}, {Kind: crm.PhoneIdentity, Value: "+441132345678", Label: hostile}, {Kind: crm.PhoneIdentity, Value: "+4915123456789"},
		{Kind: crm.EmailIdentity, Value: "hiro@example.com", Primary: true}, {Kind: crm.EmailIdentity, Value: "billing.department@northside-dental.example.com", Label: "work"}, {Kind: crm.WhatsAppIdentity, Value: "US.13491208655302741918", Scope: "1"}}
	return ContactPanel{Clock: clock, Contact: &c, Form: sampleForm(c), Conversation: sampleID(300)}
}

func sampleThread(contact crm.Contact) *Thread {
	conversation := sampleConversation(0, contact, "", 0)
	conversation.AssigneeID = dana.ID
	return &Thread{
		Header:   ThreadHeader{Conversation: conversation, Name: contact.Name(), Known: crm.ShowPhone(contact.Phone()), Assignee: dana.Name, Users: []crm.User{ana, dana, omar}, Me: ana.ID, Back: "/inbox?view=open", MayClose: true},
		Messages: sampleMessages(), Composer: sampleComposer(),
		Panel: ContactPanel{Clock: clock, Contact: &contact, Form: sampleForm(contact), Conversation: conversation.ID},
	}
}

var sampleKind = channel.Kind{
	Name: "whatsapp", Title: "WhatsApp (Cloud API)", Family: crm.WhatsApp,
	Steps: []string{"Open developers.facebook.com and choose your app.", "Under WhatsApp > Configuration set the callback address to {webhook_url} and the verify token to {verify_token}."},
	Settings: []channel.Setting{
		{Key: "phone_number_id", Label: "Phone number ID", Help: "Under WhatsApp > API Setup."},
		{Key: "verify_token", Label: "Verify token", Help: "Any word you choose."},
		{Key: "app_secret", Label: "App secret", Help: "Under App settings > Basic.", Secret: true},
		{Key: "access_token", Label: "Access token", Secret: true},
	},
}

func sampleZones() []Option { return []Option{{"Europe/London", "Europe/London"}, {"UTC", "UTC"}} }

func sampleSettings(section, subject, title string) Settings {
	return Settings{Shell: sampleShell(section, title), Subject: subject, Unfiled: 2}
}

func sampleHistory() HistoryList {
	hiro := sampleContacts()[0]
	return HistoryList{Next: "/contacts/x/history?after=abc", Entries: []HistoryEntry{
		{Clock: clock, Contact: &hiro, Event: crm.Event{Cursor: "0.7", Type: crm.ContactChanged, At: ago(time.Hour), ActorName: "Dana Wójcik", Changes: []crm.Change{{Field: "last_name", Old: "Fisher", New: "Fischer"}, {Field: "notes", Old: hostile, New: ""}, {Field: "tags", Old: []any{}, New: []any{"VIP", "Trade"}}}}},
		{Clock: clock, Contact: &hiro, Event: crm.Event{Type: crm.ContactReactivated, At: ago(30 * time.Hour), ActorName: "WhatsApp", Via: crm.ViaMessage}},
		{Clock: clock, Contact: &hiro, Event: crm.Event{Type: crm.ContactCreated, At: ago(9000 * time.Hour), ActorName: "Ana Reis", Via: crm.ViaAPI}},
	}}
}

func sampleFound() SearchResults {
	return SearchResults{Query: "ta " + hostile, Contacts: sampleContactRows().Rows[:7], Conversations: sampleList(-1).Rows[:3], Subjects: team.FindSubjects(crm.Actor{Role: crm.Admin}, "t")}
}

func sampleTagMerge() TagMergePage {
	return TagMergePage{Settings: sampleSettings("settings", "tags", "Merge tags"), Tag: TagRow{Tag: sampleTags[4], Contacts: 1204}, Others: []TagRow{{Tag: sampleTags[0], Contacts: 1}, {Tag: sampleTags[2]}},
		Form: Form{Errors: map[string]string{"into": "Choose the tag that it shall become."}}}
}

// samples are one or more views of each template, by the name of their golden file.
func samples() map[string]view {
	contacts := sampleContacts()
	hiro, placeholder, evil := contacts[0], contacts[5], contacts[6]
	archived := hiro
	archived.Status = crm.Archived

	failed := sampleForm(hiro)
	failed.ID = ""
	failed.Form = Form{Values: map[string]string{"first_name": hostile, "phone": "12345", "email": "no"}, Errors: map[string]string{
		"last_name": "A last name is missing.", "phone": "The number is too short for the United Kingdom.", "email": "There is no @ in it."},
		Hints: map[string]string{"phone": "This is a landline. It cannot get messages."}}
	conflict := sampleForm(hiro)
	conflict.Conflict = &crm.Conflict{Field: "phone", Value: "+44 7700 900002", HeldBy: "archived_contact", ID: contacts[1].ID, Name: evil.Name(), Actions: []string{"open", "restore", "merge", "free"}}
	stale := sampleForm(hiro)
	stale.Stale = &StaleSave{ChangedBy: "Dana Wójcik", Version: 4, Unchanged: map[string]string{"first_name": "Hiro"}, Fields: []StaleField{
		{Name: "last_name", Label: "Last name", Theirs: "Fischer", Yours: "Fisher", ShownTheirs: "Fischer", ShownYours: "Fisher"},
		{Name: "notes", Label: "Notes", Theirs: "a\nb", Yours: hostile, ShownTheirs: "a\nb", ShownYours: hostile, TheirsFirst: true},
		{Name: "tags", Label: "Tags", Theirs: "", Yours: "x", ShownYours: "VIP"},
	}}
	chosen := sampleForm(hiro)
	chosen.Visibility = crm.Visibility{Mode: crm.Chosen, UserIDs: []crm.ID{dana.ID}}
	chosen.AlsoOpen, chosen.LetSee = true, &omar

	thread := sampleThread(hiro)
	blocked := sampleComposer()
	blocked.Channels[0].Refusal = "WhatsApp lets a business write freely only within 24 hours of the customer's last message, and that time is over."
	blocked.Channels = blocked.Channels[:1]
	closed := sampleThread(placeholder)
	closed.Header.Conversation.Status, closed.Composer = crm.Closed, blocked
	closed.Messages = Messages{List: closed.Messages.List[:2]}
	list := sampleList(-1)
	emptyList := ConversationList{View: ViewMine, Query: hostile}
	channelRow := ChannelRow{Clock: clock, ID: sampleID(50), Name: "Leeds office", Kind: sampleKind, Family: crm.WhatsApp, LastIn: ago(13 * time.Minute), Active: true}
	channelForm := Form{Values: map[string]string{"name": "Leeds office", "max_per_second": "80", "settings.phone_number_id": "106540352242922", "settings.verify_token": "leeds", "settings.app_secret": "must never be shown"}, Errors: map[string]string{"settings.access_token": "An access token is missing."}}
	mirrored := sampleMessages()
	mirrored.Older = ""
	for i := range mirrored.List {
		mirrored.List[i].Mirrored = true
	}

	views := map[string]view{
		"set-up":           SetUpPage{Alone{"Set up", true}, Form{Values: map[string]string{"country": "GB", "name": hostile}, Errors: map[string]string{"admin_email": "An e-mail is missing."}}, sampleZones()},
		"sign-in":          SignInPage{Alone: Alone{Title: "Sign in"}, Next: "/inbox"},
		"sign-in-business": SignInPage{Alone: Alone{Title: "Sign in"}, Form: Form{Values: map[string]string{"email": "ana@acme.example"}, Errors: map[string]string{"": "The e-mail or the password is wrong."}}, Businesses: []Option{{"a", "Acme Plumbing"}, {"b", hostile}}},
		"invitation":       PasswordPage{Alone: Alone{Title: "Join"}, Invitation: true, Business: "Acme Plumbing", Name: "Omar Khan", Email: "omar@acme.example", Action: "/invitations/abc"},
		"reset":            PasswordPage{Alone: Alone{Title: "New password"}, Email: "omar@acme.example", Action: "/reset/abc", Form: Form{Errors: map[string]string{"password": "Use at least 10 characters."}}},

		"inbox":               InboxPage{Shell: sampleShell("inbox", "Inbox"), List: list},
		"inbox-open":          InboxPage{Shell: sampleShell("inbox", hiro.Name()), List: sampleList(0), Thread: thread},
		"inbox-closed":        InboxPage{Shell: sampleShell("inbox", placeholder.Name()), List: sampleList(5), Thread: closed},
		"inbox-empty":         InboxPage{Shell: sampleShell("inbox", "Inbox"), List: emptyList},
		"conversation-list":   list,
		"manage":              sampleManage(),
		"manage-rows":         sampleManage().ManageRows,
		"manage-none":         ManagePage{Shell: sampleShell("inbox", "Manage conversations"), View: ViewUnassigned, Query: hostile, Cut: Cut(store.CutHits), Error: "Select the conversations first."},
		"conversation-rows":   list.ConversationRows,
		"conversation-row":    list.Rows[0],
		"thread":              *thread,
		"thread-header":       closed.Header,
		"messages":            thread.Messages,
		"message":             thread.Messages.List[10],
		"composer":            sampleComposer(),
		"composer-blocked":    Composer{ConversationID: sampleID(300), Blocked: "This contact has no number that can be written to."},
		"contact-panel":       thread.Panel,
		"contact-panel-known": sampleKnown(),
		"contact-panel-stale": ContactPanel{Clock: clock, Contact: &hiro, Form: stale, Conversation: sampleID(300)},

		"contacts":          sampleContactsPage("", "1,000,000 people", sampleContactRows()),
		"contacts-empty":    sampleContactsPage("", "Nobody yet", ContactRows{}),
		"contacts-filtered": sampleContactsPage("tag="+sampleTags[0].ID.String()+"&any_tag="+sampleTags[4].ID.String()+"&any_tag="+sampleID(99).String()+"&assignee=nobody&custom.plan=gold&custom.size.min=4&has_not=email&last_message_after=2026-11-01&q=a&sort=-name", "Nobody", ContactRows{Narrowed: true, Problems: []string{"This asks for a tag that is not there any more."}}),
		"fields": FieldsPage{Settings: sampleSettings("settings", "fields", "Custom fields"), Form: Form{Values: map[string]string{"label": "Size"}, Errors: map[string]string{"label": "There is a field called Size already."}},
			Fields: []FieldRow{{Field: sampleFields[0], Place: 1, Use: fieldUse{Contacts: 4312}}, {Field: sampleFields[1], Place: 2, Use: fieldUse{Contacts: 1, Options: map[string]int{"gold": 1}}}, {Field: sampleFields[2], Place: 3, Last: true}}},
		"bulk-ask":        BulkAsk{Shell: sampleShell("contacts", "Many at once"), Draft: bulkDraft{Filter: &crm.Filter{}, Action: crm.BulkAddTags}, Query: "tag=" + sampleTags[0].ID.String() + "&q=" + url.QueryEscape(hostile), Count: 4312, Tags: TagPicker{All: sampleTags}, Error: "Choose at least one tag."},
		"bulk-ask-seen":   BulkAsk{Shell: sampleShell("contacts", "Many at once"), Draft: bulkDraft{IDs: []crm.ID{hiro.ID}, Action: crm.BulkVisibility}, Count: 1, Users: []crm.User{ana, dana}},
		"bulk-ask-delete": BulkAsk{Shell: sampleShell("contacts", "Many at once"), Draft: bulkDraft{IDs: []crm.ID{hiro.ID, evil.ID}, Action: crm.BulkDelete}, Count: 2},
		"export":          ExportPage{Shell: sampleShell("contacts", "Export contacts"), Count: 10_001, Everybody: true, Back: "/contacts"},
		"export-filter":   ExportPage{Shell: sampleShell("contacts", "Export contacts"), Count: 1, Query: hostile, Chips: []Chip{{Label: "Tag", Text: hostile}}, Hidden: []Option{{"q", hostile}}, Back: "/contacts?q=x"},
		"export-problem":  ExportPage{Shell: sampleShell("contacts", "Export contacts"), Hidden: []Option{{"tag", "x"}}, Back: "/contacts", Error: "This asks for a tag that is not there any more."},
		"bulks":           sampleBulks(),
		"bulks-none":      BulksPage{Settings: sampleSettings("account", "bulk", "Recent actions")},
		"bulk":            sampleBulk(crm.BulkDone),
		"bulk-running":    sampleBulk(crm.BulkRunning),
		"bulk-progress":   sampleBulk(crm.BulkRunning).BulkProgress,
		"contacts-none":   sampleContactsPage("status=archived&q="+url.QueryEscape(hostile), "11 people", ContactRows{Narrowed: true}),
		"contact-rows":    sampleContactRows(),
		"contact-rows-cut": func() ContactRows {
			rows := sampleContactRows()
			rows.Rows, rows.Cut, rows.NewTotal = rows.Rows[:1], Cut(store.CutHits), "200 people among the first 200 hits"
			return rows
		}(),
		"contact-rows-none-cut": ContactRows{Narrowed: true, Cut: Cut(store.CutIndex)},
		"conversation-rows-cut": ConversationRows{Rows: sampleList(-1).Rows[:1], Cut: Cut(store.CutHits)},
		"contact": ContactPage{Shell: sampleShell("contacts", hiro.Name()), Contact: &hiro, Form: sampleForm(hiro), Conversations: sampleList(-1).Rows[:3], History: sampleHistory(),
			OptOuts: []OptOutRow{{Clock: clock, Family: crm.SMS, Out: true, Said: store.SaidStop{At: clock.Now.AddDate(0, 0, -2), Source: "message", Wording: "<b>STOP</b>"}}, {Family: crm.WhatsApp}}},
		"contact-hostile": ContactPage{Shell: sampleShell("contacts", evil.Name()), Contact: &evil, Form: sampleForm(evil),
			Records: []accounts.Record{{System: "Xero, " + hostile, Name: hostile, URL: "https://go.xero.com/Contacts/View/1"}, {System: "HubSpot", Archived: true}}, Frozen: []string{"contact_address.city", "last_name"}},
		"contact-archived": ContactPage{Shell: sampleShell("contacts", hiro.Name()), Contact: &archived, Form: chosen},
		"contact-name":     ContactPage{Shell: sampleShell("contacts", placeholder.Name()), Contact: &placeholder, Form: sampleForm(placeholder)},
		"contact-new":      ContactPage{Shell: sampleShell("contacts", "New contact"), Form: failed},
		"contact-conflict": ContactPage{Shell: sampleShell("contacts", hiro.Name()), Contact: &hiro, Form: conflict},
		"contact-stale":    ContactPage{Shell: sampleShell("contacts", hiro.Name()), Contact: &hiro, Form: stale},
		"history-rows":     sampleHistory(),
		"contact-merged":   sampleJustMerged(),
		"duplicates":       sampleDuplicates(),
		"duplicates-none":  DuplicatesPage{Shell: sampleShell("contacts", "Duplicates")},
		"duplicates-link":  DuplicatesCount{"100+"},
		"merge":            sampleMerge(),
		"invoices":         InvoicesPage{Shell: sampleShell("invoices", "Invoices"), Status: "open", InvoiceRows: sampleInvoices()},
		"invoices-empty":   InvoicesPage{Shell: sampleShell("invoices", "Invoices")},
		"invoice":          sampleInvoicePage(),
		"erase-contact":    ErasePage{Shell: sampleShell("contacts", hiro.Name()), Contact: &evil, Error: "Tick the box."},
		"delete-contact":   sampleDelete(false),
		"delete-archives":  sampleDelete(true),
		"merge-chooser":    MergeChooser{Shell: sampleShell("contacts", "Merge"), Contact: &hiro, Query: "fi", Found: []*crm.Contact{&evil, &archived}},
		"merge-none":       MergeChooser{Shell: sampleShell("contacts", "Merge"), Contact: &evil, Query: hostile},

		"business":       BusinessPage{sampleSettings("settings", "business", "Business"), Form{Values: map[string]string{"name": "Acme Plumbing", "country": "GB", "time_zone": "Europe/London"}}, sampleZones(), true},
		"users":          UsersPage{Settings: sampleSettings("settings", "users", "Users"), Users: []crm.User{ana, dana, omar, eve}, Link: "https://parley.acme.example/invitations/q7fd0c2h1s", LinkFor: "Omar Khan"},
		"channels":       ChannelsPage{sampleSettings("settings", "channels", "Channels"), []ChannelRow{channelRow, {Clock: clock, ID: sampleID(51), Name: hostile, Kind: channel.Kind{Title: "Twilio SMS", Family: crm.SMS}, Family: crm.SMS}, {Clock: clock, ID: sampleID(52), Name: "Old number", Kind: sampleKind, Family: crm.WhatsApp, Active: true, Trouble: "The access token has expired"}}},
		"channel-new":    NewChannelPage{Settings: sampleSettings("settings", "channels", "Add a channel"), Kinds: []channel.Kind{sampleKind, {Name: "twilio_sms", Title: "SMS (Twilio)", Family: crm.SMS}, {Name: "simulator", Title: "Simulator", Family: crm.WhatsApp}}},
		"channel-kind":   NewChannelPage{Settings: sampleSettings("settings", "channels", "Add a channel"), Kind: &sampleKind, Form: Form{Values: map[string]string{"settings.app_secret": "must never be shown"}, Errors: map[string]string{"settings.app_secret": "App secret is needed."}}},
		"channel":        ChannelPage{Settings: sampleSettings("settings", "channels", "Leeds office"), Form: channelForm, Channel: channelRow, WebhookURL: "https://parley.acme.example/hooks/00000000000000000000000050", Kept: map[string]bool{"app_secret": true}, Check: &CheckResult{true, "The number +44 7700 900100 is connected and verified."}},
		"check-result":   CheckResult{false, "The access token has expired. Make a new one and save it here."},
		"tags":           TagsPage{Settings: sampleSettings("settings", "tags", "Tags"), Tags: []TagRow{{Tag: sampleTags[0], Contacts: 1204}, {Tag: sampleTags[4], Contacts: 1, Form: Form{Values: map[string]string{"name": "vip"}, Errors: map[string]string{"name": "There is a tag of that name."}}}, {Tag: sampleTags[2]}}},
		"tag-choice":     TagChoice{sampleTags[4], true},
		"tag-merge":      sampleTagMerge(),
		"search":         SearchPage{sampleShell("search", "Search"), sampleFound()},
		"search-none":    SearchPage{sampleShell("search", "Search"), SearchResults{Query: hostile}},
		"search-results": sampleFound(),
		"unfiled":        UnfiledPage{Settings: sampleSettings("settings", "unfiled", "Unfiled messages"), Next: "/settings/unfiled?after=abc", Rows: []UnfiledRow{{clock, sampleID(70), "The sender is Dana Wójcik, a member of your team.", "+447700900002", "On my way " + hostile, "Leeds office", ago(time.Hour)}, {clock, sampleID(71), "The message could not be read.", hostile, "", "Text messages", ago(70 * time.Hour)}}},
		"profile":        ProfilePage{Settings: sampleSettings("account", "profile", "Profile"), Form: Form{Values: map[string]string{"name": ana.Name, "email": ana.Email, "phone": "+44 7700 900001"}}, Password: Form{Errors: map[string]string{"old_password": "That is not your password."}}},
		"sessions":       SessionsPage{sampleSettings("account", "sessions", "Sessions"), []crm.Session{{ID: sampleID(80), CreatedAt: ago(50 * time.Hour), LastSeenAt: ago(time.Minute), Address: "203.0.113.7", UserAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36"}, {ID: sampleID(81), CreatedAt: ago(500 * time.Hour), LastSeenAt: ago(40 * time.Hour), Address: "2001:db8::1", UserAgent: hostile}}, sampleID(80)},
		"tokens-book":    TokensPage{Settings: sampleSettings("account", "tokens", "API tokens"), Made: "parley_0000000000000000", ForIt: true, Book: "https://parley.example/dav/"},
		"tokens":         TokensPage{Settings: sampleSettings("account", "tokens", "API tokens"), Book: "https://parley.example/dav/", Made: "parley_0000000000000000", Tokens: []TokenView{{sampleID(90), "Nightly export", ago(80 * time.Hour), ago(3 * time.Hour)}, {sampleID(91), hostile, ago(80 * time.Hour), time.Time{}}}},
		"users-left":     UsersPage{Settings: sampleSettings("settings", "users", "Users"), Users: []crm.User{ana, eve}, Left: map[crm.ID]int{eve.ID: 12}},
		"leaving":        LeavingPage{Settings: sampleSettings("settings", "users", "Deactivate"), Leaving: eve, Holdings: store.Holdings{Conversations: 3, Contacts: 1204, OnlyTheirs: 1}, Users: []crm.User{ana, dana}, Form: Form{Values: map[string]string{"where": "heir"}, Errors: map[string]string{"hand_over_to": "Choose who gets it."}}},
		"leaving-none":   LeavingPage{Settings: sampleSettings("settings", "users", "Deactivate"), Leaving: dana},
		"audit":          sampleAudit(),
		"audit-rows":     sampleAudit().AuditRows,
		"audit-bad":      AuditPage{Settings: sampleSettings("settings", "audit", "Audit log"), Check: team.AuditCheck{Entries: 9, Checked: 9, More: true, Findings: []team.AuditFinding{{N: 4, At: ago(time.Hour), Kind: "changed", Text: "Entry 4 was changed: user.changed."}, {N: 6, Kind: "missing", Text: "Entry 6 was taken away."}}}},
		"audit-new":      AuditPage{Settings: sampleSettings("settings", "audit", "Audit log"), Kind: crm.AuditTags, From: "2026-11-01", Contact: sampleID(101)},

		"simulator":        SimulatorPage{Alone: Alone{Title: "Simulator"}, Channels: sampleComposer().Channels, ChannelID: sampleID(50), Strangers: []Stranger{{"Zoë Quinn", "+447700900321"}, {"Ben Baker", "+447700900322"}}, From: "+447700900321", Name: "Zoë Quinn", Thread: SimulatorThread{"Acme Plumbing", mirrored}},
		"simulator-thread": SimulatorThread{"Acme Plumbing", Messages{}},
		"error-404":        ErrorPage{Alone: Alone{Title: "Not found"}, Status: 404, Text: "There is nothing at this address, or nothing you may see."},
		"error-500":        ErrorPage{Alone: Alone{Title: "Error"}, Status: 500, Text: "It is our fault and has been written down.", ID: "q7fd0c2h"},
		"notice":           Notice{Bad: true, Text: hostile, ID: "q7fd0c2h"},
	}
	maps.Copy(views, importSamples())
	maps.Copy(views, broadcastSamples())
	maps.Copy(views, templateSamples())
	maps.Copy(views, integrationSamples())
	return views
}
