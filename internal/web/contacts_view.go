package web

import (
	"fmt"
	"slices"
	"strings"

	"parley/internal/app/accounts"
	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/store"
)

// ContactsPage is the table of contacts. Its rows are the fragment of GET /contacts/rows
// with the same query: a filter (crm.ParseFilter), sort, columns, after. Columns post to
// /contacts/columns, views to /views.
type ContactsPage struct {
	Shell
	Total      string // "1,204 people"; what the handler knows without a slow count
	Duplicates DuplicatesCount
	Query      string
	Order      string
	Chips      []Chip
	Filters    FilterMenu
	Views      []ViewTab
	AllColumns []Column
	Hidden     []Option // what of the address is not in the form of the search
	Address    string   // the query of this list
	Menu       string   // which menu is open: filter, columns
	NameColumn Column
	ContactRows
}

// CurrentView is the view that the list came from; nil when it is none.
func (p ContactsPage) CurrentView() *ViewTab {
	for i := range p.Views {
		if p.Views[i].Current {
			return &p.Views[i]
		}
	}
	return nil
}

// Orders are the choices.
func (ContactsPage) Orders() []Option {
	return []Option{{"", "Last message, newest first"}, {"last_message", "Last message, oldest first"}, {"name", "Name, A to Z"}, {"-name", "Name, Z to A"},
		{"-created", "Made, newest first"}, {"created", "Made, oldest first"}}
}

func (ContactsPage) template() string { return "contacts" }

// ContactRows are rows of the table and where they go on.
type ContactRows struct {
	Rows     []ContactRow
	Next     string // address of the next rows; empty at the end
	Narrowed bool   // a search or filter is set: an empty table says so
	// Problems say why a filter cannot be used; then nobody is listed.
	Problems []string
	Columns  []Column
	More     bool // these are not the first rows
	// Cut says that the search did not look at all hits: the first rows tell.
	Cut      Cut
	NewTotal string // how many there are now, after a live change of the search
}

func (ContactRows) template() string { return "contact-rows" }

// Span is how many columns there are with the name and the check box.
func (r ContactRows) Span() int { return len(r.Columns) + 2 }

// ContactRow is one row of the table.
type ContactRow struct {
	Clock
	Contact  *crm.Contact
	Assignee string
	Columns  []Column
}

// Cell is the text of a column that needs no more than text.
func (r ContactRow) Cell(c Column) string {
	switch c.Name {
	case "business_name":
		return r.Contact.BusinessName
	case "country":
		return r.Contact.Contact.Country
	case "city":
		return r.Contact.Contact.City
	case "source":
		return string(r.Contact.Source)
	case "opt_outs":
		var names []string
		for _, f := range r.Contact.OptOuts {
			names = append(names, map[crm.Family]string{crm.SMS: "SMS", crm.WhatsApp: "WhatsApp"}[f])
		}
		return strings.Join(names, ", ")
	}
	return c.Custom(r.Contact)
}

// Name is what the row is called; for a placeholder the name the sender chose stands
// beside it (C3).
func (r ContactRow) Name() string { return r.Contact.Name() }

// Sub is the second line: the business, or the name that a placeholder chose on WhatsApp.
func (r ContactRow) Sub() string {
	if r.Contact.NameIsPlaceholder && r.Contact.ProfileName != "" {
		return "~ " + r.Contact.ProfileName
	}
	return r.Contact.BusinessName
}

// ContactForm is what is edited of a contact, on its page and in the panel of the inbox.
// What a form does not contain stays as it is.
//
// It posts: version, the fields of crm.TextFields, phones and emails (see IdentityRows; the
// panel has phone and email, the main ones), tags (ids, repeated; one
// empty value stands for "this form has tags"), assignee_id, visibility (everyone or
// chosen) with visible_to (ids, repeated). A new contact goes to POST /contacts, an
// existing one to POST /contacts/{id}, from the panel with panel=<conversation id>. also_open
// applies the visibility to the open conversation; let_see adds one user to visible_to.
type ContactForm struct {
	Form
	ID         crm.ID // empty for a new contact
	Version    int64
	Tags       TagPicker
	Users      []crm.User // active users, for "Assign messages to" and visibility
	AssigneeID crm.ID
	Visibility crm.Visibility
	Conflict   *crm.Conflict // I6
	Stale      *StaleSave    // C4
	// Was are the values the form began with, posted along as was.* so that only what a
	// person changed is saved.
	Was map[string]string
	// AllUsers are the names of all users, active or not.
	AllUsers map[crm.ID]string
	// Fields are the custom fields, posted as custom.KEY.
	Fields []crm.CustomField
	// Panel is the conversation beside which the form stands; empty on the page.
	Panel crm.ID
	// Country and Demo say how numbers are read, for advice about them.
	Country string
	Demo    bool
	Added   bool   // what was typed for a new contact is filled in, and not saved yet
	More    string // the list that gets an empty row more
	// AlsoOpen applies the visibility to the open conversation as well.
	AlsoOpen bool
	// LetSee is the assignee who may not see the conversations: one click lets them.
	LetSee *crm.User
}

// Clash is a conflict about an identity (I6) with the contact that the form is for, empty
// for a new one.
type Clash struct {
	*crm.Conflict
	Of crm.ID
}

// Shown is what is taken, as people read it.
func (c Clash) Shown() string {
	if strings.Contains(c.Value, "@") {
		return c.Value
	}
	return crm.ShowPhone(c.Value)
}

// Clash is the form's conflict, or nil.
func (f ContactForm) Clash() *Clash {
	if f.Conflict == nil {
		return nil
	}
	return &Clash{f.Conflict, f.ID}
}

// Action is where the form goes.
func (f ContactForm) Action() string {
	if f.ID == "" {
		return "/contacts"
	}
	return "/contacts/" + f.ID.String()
}

// Countries are the choices for an address.
func (f ContactForm) Countries() []Option {
	return append([]Option{{"", ""}}, countries()...)
}

// Assignees are the choices of "Assign messages to".
func (f ContactForm) Assignees() []Option {
	options := []Option{{"", "Nobody"}}
	for _, u := range f.Users {
		options = append(options, Option{u.ID.String(), u.Name})
	}
	return options
}

// Customs are the inputs of the custom fields.
func (f ContactForm) Customs() []Input {
	var list []Input
	for _, field := range f.Fields {
		i := f.Input("custom."+field.Key, field.Label, "text").With("w3", "autocomplete:off")
		switch field.Kind {
		case crm.CustomDate:
			i.Type = "date"
		case crm.CustomBoolean:
			i.Type, i.Options = "select", []Option{{"", ""}, {"yes", "Yes"}, {"no", "No"}}
		case crm.CustomChoice:
			i.Type, i.Options = "select", []Option{{"", ""}}
			for _, o := range field.Options {
				if !o.Retired || o.Value == i.Value {
					i.Options = append(i.Options, Option{o.Value, o.Label})
				}
			}
		}
		list = append(list, i)
	}
	return list
}

// Sees reports whether a user is among the chosen ones.
func (f ContactForm) Sees(id crm.ID) bool {
	for _, u := range f.Visibility.UserIDs {
		if u == id {
			return true
		}
	}
	return false
}

// ChosenOnly reports whether only chosen people see new conversations (V2).
func (f ContactForm) ChosenOnly() bool { return f.Visibility.Mode == crm.Chosen }

// Assign is the drop-down of who gets this contact's messages (V3).
func (f ContactForm) Assign() Input {
	i := f.Input("assignee_id", "Assign messages to", "select").Choose(f.Assignees())
	i.Value = f.AssigneeID.String()
	return i
}

// TagPicker is the drop-down of tags that searches as one types (T2). Without scripts it
// is a list of check boxes of the same name.
type TagPicker struct {
	All    []crm.Tag
	Chosen []crm.Tag
	Label  string
	// Makes offers to make a tag of a name that there is not: the reader is an admin (T1).
	Makes bool
}

// Choices are all tags with their check boxes.
func (p TagPicker) Choices() []TagChoice {
	var list []TagChoice
	for _, t := range p.All {
		list = append(list, TagChoice{t, slices.ContainsFunc(p.Chosen, func(on crm.Tag) bool { return on.ID == t.ID })})
	}
	return list
}

// TagChoice is one tag of a picker: the fragment of GET /tags/{id}, and the answer to a
// picker that made a tag.
type TagChoice struct {
	Tag crm.Tag
	On  bool
}

func (TagChoice) template() string { return "tag-choice" }

// StaleSave is a save that was based on an old version: what the other did and what was
// typed, field by field (C4). Choosing posts the same form again with the new version.
type StaleSave struct {
	ChangedBy string
	Version   int64 // the one that is there now
	Fields    []StaleField
	// Unchanged holds the other fields of the form as typed, posted along.
	Unchanged map[string]string
}

// StaleField is one field on which the two differ. Theirs and Yours are what is posted,
// the shown texts what people read.
type StaleField struct {
	Name, Label             string
	Theirs, Yours           string
	ShownTheirs, ShownYours string
	TheirsFirst             bool // they changed it and you did not: theirs is chosen
}

// ContactPanel is the contact beside a thread: the fragment of GET /inbox/{id}/panel.
type ContactPanel struct {
	Clock
	Contact      *crm.Contact
	Form         ContactForm
	Conversation crm.ID
	Saved        bool // it was saved just now
	Hidden       bool // the reader may see the conversation but not the contact (V2)
}

func (ContactPanel) template() string { return "contact-panel" }

// Others are what the contact is known by beside the main phone and e-mail, which the form
// holds: each leads to where it is edited on the contact's page.
func (p ContactPanel) Others() (list []OtherIdentity) {
	at := map[crm.IdentityKind]int{}
	for _, i := range p.Contact.Identities {
		n := at[i.Kind]
		at[i.Kind]++
		other := OtherIdentity{Text: shownIdentity(i), Label: i.Label, Icon: "phone"}
		switch i.Kind {
		case crm.WhatsAppIdentity:
			other.Icon, other.Label = "message-circle", "on WhatsApp"
		case crm.EmailIdentity:
			other.Icon, other.Edit = "mail", IdentityRows{Field: "email"}.ID(n)
		default:
			other.Edit = IdentityRows{Field: "phone"}.ID(n)
		}
		if i.Kind == crm.WhatsAppIdentity || n > 0 {
			list = append(list, other)
		}
	}
	return list
}

// OtherIdentity is one of them.
type OtherIdentity struct {
	Text, Label, Icon string
	Edit              string // the id of its field on the contact's page; empty for an id on WhatsApp
}

// MainLabel is the label of the main phone or e-mail.
func (p ContactPanel) MainLabel(kind crm.IdentityKind) string {
	for _, i := range p.Contact.Identities {
		if i.Kind == kind {
			return i.Label
		}
	}
	return ""
}

// ContactPage is one contact, or a new one.
type ContactPage struct {
	Shell
	Contact       *crm.Contact // nil for a new one
	Form          ContactForm
	Conversations []ConversationRow
	OptOuts       []OptOutRow
	Broadcasts    []store.GotBroadcast // that the contact got, the newest first
	Invoices      InvoiceRows
	Records       []accounts.Record // in systems that are followed
	Frozen        []string          // fields that none of them changes
	History       HistoryList
	JustMerged    *HistoryEntry // the merge that was done just now, with its undoing (C11)
}

func (ContactPage) template() string { return "contact" }

// OtherIds are the identities that the form does not hold: ids on WhatsApp (I5).
func (p ContactPage) OtherIds() (list []crm.Identity) {
	for _, i := range p.Contact.Identities {
		if i.Kind == crm.WhatsAppIdentity {
			list = append(list, i)
		}
	}
	return list
}

// HistoryList is what happened to a contact, newest first (C5): the fragment of
// GET /contacts/{id}/history?after=.
type HistoryList struct {
	Entries []HistoryEntry
	Next    string
}

func (HistoryList) template() string { return "history-rows" }

// HistoryEntry is one event of a contact.
type HistoryEntry struct {
	Clock
	Contact *crm.Contact // as it is now
	Event   crm.Event
	Names   map[string]string // of tags and users by their ids, and of custom fields
	// UndoMerge is the merge that the entry tells of, where the reader can undo it (C11).
	UndoMerge crm.ID
}

// What says what happened.
func (h HistoryEntry) What() string {
	switch h.Event.Type {
	case crm.ContactCreated:
		return "Made"
	case crm.ContactChanged:
		return "Changed"
	case crm.ContactRetagged:
		if len(h.Event.Changes) > 0 && h.show(h.Event.Changes[0].New) != "" {
			return "A tag became part of another"
		}
		return "A tag was deleted"
	case crm.ContactReactivated:
		return "Active again, because a message came"
	case crm.ContactArchived:
		return "Archived"
	case crm.ContactRestored:
		return "Restored"
	case crm.ContactOptedOut:
		return "Opted out"
	case crm.ContactOptedIn:
		return "Opted in again"
	case crm.ContactMerged, crm.ContactMergedAway:
		return "Merged"
	case crm.ContactDistinct:
		return "Said not to be the same person as another contact"
	case crm.ContactLookalike:
		return "Seems to be the same person as another contact"
	case crm.ContactExported:
		return "All that is kept of this person was exported"
	case crm.ContactParted:
		return "Merge undone"
	case crm.ConversationOpened:
		return "Conversation opened"
	case crm.ConversationReopened:
		return "Conversation reopened"
	case crm.ConversationAssigned:
		return "Conversation assigned"
	case crm.ConversationClosed:
		return "Conversation closed"
	case crm.ConversationVisible:
		return "Changed who sees the conversation"
	}
	return strings.ReplaceAll(string(h.Event.Type), ".", " ")
}

// By is who or what did it.
func (h HistoryEntry) By() string {
	by := firstText(h.Event.ActorName, "Parley")
	switch h.Event.Via {
	case crm.ViaAPI:
		return by + " through the API"
	case crm.ViaMessage:
		return "a message on " + by
	case crm.ViaSync:
		if h.Event.ActorID != "" { // somebody placed the record
			return by
		}
		return "a sync with " + by
	}
	return by
}

// Changed is the list of fields with their old and new values in words.
func (h HistoryEntry) Changed() []ShownChange {
	var list []ShownChange
	for _, c := range h.Event.Changes {
		shown := ShownChange{Label: firstText(h.Names[c.Field], fieldLabel(c.Field)), Old: h.show(c.Old), New: h.show(c.New)}
		if contacts.CanPutBack(c.Field) && !contacts.IsBack(h.Contact, c) {
			shown.PutBack = &PutBackForm{h.Contact.ID, h.Contact.Version, h.Event.Cursor, c.Field, shown.Label}
		}
		list = append(list, shown)
	}
	return list
}

// ShownChange is one field before and after, as people read it.
type ShownChange struct {
	Label, Old, New string
	PutBack         *PutBackForm // nil where the old value stands already, or cannot be put back
}

// PutBackForm is the button that puts a field back as it was (C5).
type PutBackForm struct {
	ContactID           crm.ID
	Version             int64
	Event, Field, Label string
}

var fieldLabels = map[string]string{
	"first_name": "First name", "middle_name": "Middle name", "last_name": "Last name",
	"business_name": "Business name", "notes": "Notes", "phone": "Phone", "email": "E-mail",
	"tags": "Tags", "tag": "Tag", "assignee_id": "Assign messages to", "visibility": "Who can see new conversations", "visible_to": "Seen by",
	"status": "Status", "identities": "Phones and e-mails", "other_phones": "Other phones", "other_emails": "Other e-mails", "labels": "Labels", "phones": "Phones", "emails": "E-mails", "whatsapp": "WhatsApp ids", "profile_name": "Name on WhatsApp",
	"contact_address.street": "Street", "contact_address.city": "City", "contact_address.region": "Region",
	"contact_address.postal_code": "Postal code", "contact_address.country": "Country",
	"billing_address.street": "Billing street", "billing_address.city": "Billing city",
	"billing_address.region": "Billing region", "billing_address.postal_code": "Billing postal code",
	"billing_address.country": "Billing country", "name_is_placeholder": "Name is a placeholder",
	"state": "State", "push": "Changes are sent", "following": "Followed", "swap_addresses": "Addresses changed round", "all": "What is left out is taken as well",
}

// FrozenLabels are the fields that no system changes, in words.
func (p ContactPage) FrozenLabels() string {
	var labels []string
	for _, f := range p.Frozen {
		labels = append(labels, fieldLabel(f))
	}
	return strings.Join(labels, ", ")
}

// fieldLabel is what people call a field.
func fieldLabel(name string) string {
	if label, ok := fieldLabels[name]; ok {
		return label
	}
	if field, of := strings.CutPrefix(name, "wins."); of {
		return "Who wins: " + fieldLabel(field)
	}
	return strings.ReplaceAll(strings.TrimPrefix(name, "custom."), "_", " ")
}

// show is an old or new value of a change in words.
func (h HistoryEntry) show(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return firstText(h.Names[v], v)
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case []string:
		return h.show(anyList(v))
	case []any:
		var parts []string
		for _, x := range v {
			parts = append(parts, h.show(x))
		}
		return strings.Join(parts, ", ")
	case map[string]any:
		return firstText(h.show(v["name"]), h.show(v["value"]), h.show(v["mode"]))
	}
	return fmt.Sprint(v)
}

func anyList(texts []string) []any {
	list := make([]any, len(texts))
	for i, t := range texts {
		list[i] = t
	}
	return list
}
