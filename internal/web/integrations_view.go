package web

import (
	"slices"
	"strings"
	"time"

	"parley/internal/app/accounts"
	"parley/internal/connector"
	"parley/internal/crm"
)

// ConnectionOffer is a system that can be connected. Ready says that the operator has
// registered Parley with it.
type ConnectionOffer struct {
	connector.Kind
	Ready bool
}

// What says what follows from it.
func (o ConnectionOffer) What() string {
	if o.Invoices {
		return "Contacts and sales invoices"
	}
	return "Contacts"
}

// ConnectionRow is a connection as it is listed.
type ConnectionRow struct {
	Clock
	accounts.Overview
}

// Path is its page.
func (c ConnectionRow) Path() string { return integrationsPath + "/" + c.ID.String() }

// Called is what it is called.
func (c ConnectionRow) Called() string { return firstText(c.Name, c.Kind.Title) }

// Up is when contacts were last brought up to date.
func (c ConnectionRow) Up() time.Time { return c.Feeds[crm.FeedContacts].OKAt }

// Read is how many records were read in the last round, or the one at hand. How many there
// are nobody says beforehand.
func (c ConnectionRow) Read() int { return c.LastRun(crm.FeedContacts).Counts.Total() }

// Doing is what is being done now, or "".
func (c ConnectionRow) Doing() string {
	f := c.Feeds[crm.FeedContacts]
	switch {
	case f.Wanted == crm.SyncPreview || f.Running && f.Run.Mode == crm.SyncPreview:
		return "Looking at what would happen"
	case c.Running() && f.OKAt.IsZero():
		return "The first run"
	case c.Running():
		return "Looking for changes"
	}
	return ""
}

// Outcomes count the records of the last round, those that there are.
func (c ConnectionRow) Outcomes() []OutcomeCount {
	var list []OutcomeCount
	counts := c.LastRun(crm.FeedContacts).Counts
	for _, o := range crm.SyncOutcomes {
		if counts[o] > 0 {
			list = append(list, OutcomeCount{string(o), syncWords[o], counts[o]})
		}
	}
	return list
}

// OutcomeCount is how many records came to an outcome.
type OutcomeCount struct {
	Outcome, Label string
	Count          int
}

// The words are those of the import's preview.
var syncWords = map[crm.SyncOutcome]string{crm.SyncNew: "New", crm.SyncUpdated: "Update", crm.SyncUnchanged: "Unchanged", crm.SyncReview: "To review",
	crm.SyncIgnored: "Ignored", crm.SyncLeftOut: "Left out", crm.SyncArchived: "Archived there"}

var syncTones = map[crm.SyncOutcome]string{crm.SyncNew: "green", crm.SyncUpdated: "blue", crm.SyncReview: "amber"}

// IntegrationsPage is GET /settings/integrations.
type IntegrationsPage struct {
	Settings
	Connections []ConnectionRow
	Offers      []ConnectionOffer
	Error       string
}

func (IntegrationsPage) template() string { return "integrations" }

// NewIntegrationPage says what is asked for and why.
type NewIntegrationPage struct {
	Settings
	Offer      ConnectionOffer
	Hook, Back string // the addresses that the operator enters over there
}

func (NewIntegrationPage) template() string { return "integration-new" }

// DeparturePage leads to the provider.
type DeparturePage struct {
	Settings
	Title, Address string
}

func (DeparturePage) template() string { return "integration-leaving" }

// ConnectionState is how a connection is: the fragment of GET …/{id}/state.
type ConnectionState struct{ ConnectionRow }

func (ConnectionState) template() string { return "integration-state" }

// Every is how often the page asks again.
func (c ConnectionState) Every() string {
	if c.Running() {
		return "1s"
	}
	return "10s"
}

// IntegrationPage is one connection. Its clock is that of its state.
type IntegrationPage struct {
	Settings
	ConnectionState
	Error string
}

func (IntegrationPage) template() string { return "integration" }

// PolicyGroup is some fields for which one says together who wins.
type PolicyGroup struct {
	Name, Label string
	Fields      []string
}

// groupsOf parts the fields of a system into groups.
func groupsOf(fields []string) []PolicyGroup {
	all := []PolicyGroup{{Name: "name", Label: "Names"}, {Name: "business_name", Label: "Business name"}, {Name: "email", Label: "E-mail"}, {Name: "phone", Label: "Phone"},
		{Name: "contact_address", Label: "Contact address"}, {Name: "billing_address", Label: "Billing address"}}
	for _, f := range fields {
		group, _, _ := strings.Cut(f, ".")
		if strings.HasSuffix(f, "_name") && f != "business_name" {
			group = "name"
		}
		for n := range all {
			if all[n].Name == group {
				all[n].Fields = append(all[n].Fields, f)
			}
		}
	}
	return slices.DeleteFunc(all, func(g PolicyGroup) bool { return len(g.Fields) == 0 })
}

// Policies are the drop-downs of who wins.
func (p IntegrationPage) Policies() []Input {
	var list []Input
	for _, g := range groupsOf(p.Kind.Fields) {
		name := "policy." + g.Name
		form := Form{Values: map[string]string{name: string(p.Options.Policy(g.Fields[0]))}}
		list = append(list, form.Input(name, g.Label, "select").With("w3").Choose([]Option{{string(crm.SyncTheirs), p.Kind.Title + " wins"}, {string(crm.SyncOurs), "Parley wins"},
			{string(crm.SyncNewest), "The later change wins"}, {string(crm.SyncAsk), "Ask: to the review list"}}))
	}
	return list
}

// FirstPhone is the drop-down of the kind of phone that is looked at first.
func (p IntegrationPage) FirstPhone() Input {
	order := p.Options.Phones
	if len(order) == 0 {
		order = p.Kind.Phones
	}
	var options []Option
	for _, kind := range p.Kind.Phones {
		options = append(options, Option{kind, phoneKind(kind)})
	}
	form := Form{Values: map[string]string{"phone": order[0]}}
	return form.Input("phone", "The main number is read from", "select").With("w3", "help:Where that is empty, from the next one. The others are kept beside it.").Choose(options)
}

// phoneKind is how people call a kind of phone of another system.
func phoneKind(kind string) string {
	if kind == "DDI" {
		return "Direct line (DDI)"
	}
	return strings.ToUpper(kind[:1]) + strings.ToLower(kind[1:])
}

// Pairings are the two ways of pairing addresses.
func (p IntegrationPage) Pairings() [2]string {
	a := p.Kind.Addresses
	return [2]string{a[0] + " is the contact address, " + lower(a[1]) + " the billing address", a[1] + " is the contact address, " + lower(a[0]) + " the billing address"}
}

func lower(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// SyncPreviewPage is what a first run would do.
type SyncPreviewPage struct {
	Settings
	ConnectionRow
	Outcome crm.SyncOutcome
	Rows    []SyncPreviewRow
	Next    string
}

func (SyncPreviewPage) template() string { return "sync-preview" }

// Writes is how many contacts a run would make or change.
func (p SyncPreviewPage) Writes() int {
	counts := p.LastRun(crm.FeedContacts).Counts
	return counts[crm.SyncNew] + counts[crm.SyncUpdated]
}

// SyncPreviewRow is one record.
type SyncPreviewRow struct{ crm.PreviewRow }

// Word is the outcome.
func (r SyncPreviewRow) Word() string { return syncWords[r.Outcome] }

// Tone is its colour.
func (r SyncPreviewRow) Tone() string { return firstText(syncTones[r.Outcome], "grey") }

// ShownChanges are the changes in words.
func (r SyncPreviewRow) ShownChanges() []ShownChange {
	var list []ShownChange
	for _, c := range r.Changes {
		list = append(list, ShownChange{Label: fieldLabel(c.Field), Old: fieldText(c.Field, HistoryEntry{}.show(c.Old)), New: fieldText(c.Field, HistoryEntry{}.show(c.New))})
	}
	return list
}

// fieldText is a field of a contact as people read it.
func fieldText(field, text string) string {
	switch {
	case field == "phone":
		return crm.ShowPhone(text)
	case strings.HasSuffix(field, ".country"):
		return firstText(crm.CountryInEnglish(text), text)
	}
	return text
}

// SyncReviewPage is the list of records that only a person can place.
type SyncReviewPage struct {
	Settings
	ConnectionRow
	Items []SyncReviewRow
	Next  string
	Error string
}

func (SyncReviewPage) template() string { return "sync-review" }

// Disputes reports whether some of them are about fields: to ignore such a one is to keep ours.
func (p SyncReviewPage) Disputes() bool {
	return slices.ContainsFunc(p.Items, SyncReviewRow.Disputed)
}

// SyncReviewRow is one of them, with the contacts in question that the reader may see.
type SyncReviewRow struct {
	crm.ReviewItem
	Kind     connector.Kind
	Contacts []*crm.Contact
}

// Title is what it is called.
func (r SyncReviewRow) Title() string { return firstText(r.Name, "No name") }

// ShownURL is the original, where there is an address of it.
func (r SyncReviewRow) ShownURL() string { return accounts.Original(r.URL) }

// Facts are what the record has, in the order of fields.
func (r SyncReviewRow) Facts() []ShownChange {
	var list []ShownChange
	for _, field := range r.Kind.Fields {
		if text := r.Values[field]; text != "" {
			list = append(list, ShownChange{Label: fieldLabel(field), New: fieldText(field, text)})
		}
	}
	return list
}

// Asked are the fields that were changed on both sides.
func (r SyncReviewRow) Asked() []ShownChange {
	var list []ShownChange
	for _, f := range r.Fields {
		list = append(list, ShownChange{Label: fieldLabel(f.Field), Old: fieldText(f.Field, f.Ours), New: fieldText(f.Field, f.Theirs)})
	}
	return list
}

// Disputed reports whether it is about fields and not about where it belongs.
func (r SyncReviewRow) Disputed() bool {
	return r.Reason == crm.ReviewConflict || r.Reason == crm.ReviewSwings
}

// Linkable reports whether it can be tied to one of the contacts.
func (r SyncReviewRow) Linkable() bool {
	return r.Reason == crm.ReviewAmbiguous || r.Reason == crm.ReviewShared || r.Reason == crm.ReviewDeleted || r.Reason == crm.ReviewNoIdentity
}

// Creatable reports whether a contact of its own can be made of it.
func (r SyncReviewRow) Creatable() bool {
	switch r.Reason {
	case crm.ReviewConflict, crm.ReviewSwings, crm.ReviewMerged, crm.ReviewDamaged, crm.ReviewRefused:
		return false
	}
	return true
}

// Mergeable reports whether two contacts may be one person.
func (r SyncReviewRow) Mergeable() bool { return r.Reason == crm.ReviewMerged && len(r.Contacts) == 2 }

// SentPage is what was sent back.
type SentPage struct {
	Settings
	ConnectionRow
	Rows []SentRow
	Next string
}

func (SentPage) template() string { return "sync-sent" }

// SentRow is one change. Contact is nil where it is gone or hidden.
type SentRow struct {
	Clock
	crm.Pushed
	Contact   *crm.Contact
	OtherName string
}

// Who is the contact, as far as the reader may see.
func (r SentRow) Who() string {
	if r.Contact == nil {
		return "A contact that is no longer shown"
	}
	return firstText(r.Contact.Called(), "No name")
}

// What are the fields.
func (r SentRow) What() []ShownChange {
	var list []ShownChange
	for _, f := range r.Values.Names() {
		if f == "as" {
			list = append(list, ShownChange{Label: "Called there", New: r.Values[f]})
		} else {
			list = append(list, ShownChange{Label: fieldLabel(f), New: firstText(fieldText(f, r.Values[f]), "(cleared)")})
		}
	}
	return list
}

// NameTaken reports whether another name would help.
func (r SentRow) NameTaken() bool { return r.Code == "name_taken" }
