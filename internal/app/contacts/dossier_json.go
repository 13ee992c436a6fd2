package contacts

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"iter"
	"maps"
	"slices"
	"time"

	"parley/internal/crm"
	"parley/internal/store"
)

// The JSON of a dossier. Keys are only ever added; every list is there, empty or not.

type dossierHead struct {
	Format   string `json:"format"` // parley-person/1
	MadeAt   string `json:"made_at"`
	MadeBy   string `json:"made_by"`
	Business string `json:"business"`
}

type dossierContact struct {
	ID                crm.ID            `json:"id"`
	FirstName         string            `json:"first_name"`
	MiddleName        string            `json:"middle_name"`
	LastName          string            `json:"last_name"`
	BusinessName      string            `json:"business_name"`
	ContactAddress    crm.Address       `json:"contact_address"`
	BillingAddress    crm.Address       `json:"billing_address"`
	Tags              []string          `json:"tags"`
	Notes             string            `json:"notes"`
	Custom            map[string]any    `json:"custom"`
	Status            crm.Status        `json:"status"`
	NameIsPlaceholder bool              `json:"name_is_placeholder"`
	ProfileName       string            `json:"profile_name"`
	Identities        []dossierIdentity `json:"identities"`
	Visibility        crm.Visibility    `json:"visibility"`
	AssigneeID        crm.ID            `json:"assignee_id"`
	OptOuts           []dossierOptOut   `json:"opt_outs"`
	Source            crm.Source        `json:"source"`
	Version           int64             `json:"version"`
	CreatedAt         string            `json:"created_at"`
	CreatedBy         string            `json:"created_by"`
	UpdatedAt         string            `json:"updated_at"`
	UpdatedBy         string            `json:"updated_by"`
	LastMessageAt     string            `json:"last_message_at"`
}

type dossierIdentity struct {
	Kind    crm.IdentityKind `json:"kind"`
	Value   string           `json:"value"`
	Entered string           `json:"entered"`
	Label   string           `json:"label"`
	Primary bool             `json:"primary"`
	Scope   string           `json:"scope"`
}

type dossierOptOut struct {
	Family  crm.Family `json:"family"`
	At      string     `json:"at"`
	Source  string     `json:"source"`
	Wording string     `json:"wording"`
}

type dossierConversation struct {
	ID         crm.ID                 `json:"id"`
	Status     crm.ConversationStatus `json:"status"`
	OpenedAt   string                 `json:"opened_at"`
	ClosedAt   string                 `json:"closed_at"`
	AssigneeID crm.ID                 `json:"assignee_id"`
	Assignee   string                 `json:"assignee"`
	Visibility crm.Visibility         `json:"visibility"`
}

// dossierLink is a record in an accounting system or a CRM, with what both sides last agreed
// on.
type dossierLink struct {
	RecordID  string        `json:"record_id"`
	Name      string        `json:"name"`
	Link      string        `json:"link"`
	State     crm.LinkState `json:"state"`
	Agreed    crm.Values    `json:"agreed"`
	UpdatedAt string        `json:"updated_at"`
}

// dossierRow is a row of a file that was imported, with the cells that hold something.
type dossierRow struct {
	ImportID crm.ID         `json:"import_id"`
	File     string         `json:"file"`
	At       string         `json:"at"`
	Line     int            `json:"line"`
	Outcome  crm.RowOutcome `json:"outcome"`
	Cells    []dossierCell  `json:"cells"`
}

type dossierCell struct {
	Column string `json:"column"`
	Text   string `json:"text"`
}

type dossierMessage struct {
	ID         crm.ID                 `json:"id"`
	At         string                 `json:"at"`
	ReceivedAt string                 `json:"received_at"`
	Direction  crm.Direction          `json:"direction"`
	ChannelID  crm.ID                 `json:"channel_id"`
	Address    string                 `json:"address"`
	Type       crm.MessageType        `json:"type"`
	Text       string                 `json:"text"`
	Content    crm.Content            `json:"content"`
	Media      []dossierMedia         `json:"media"`
	Reactions  []crm.Reaction         `json:"reactions"`
	Status     crm.MessageStatusValue `json:"status"`
	Error      string                 `json:"error"`
	SentBy     string                 `json:"sent_by"`
	ExternalID string                 `json:"external_id"`
}

type dossierMedia struct {
	ID          crm.ID `json:"id"`
	ContentType string `json:"content_type"`
	Name        string `json:"name"`
	Size        int64  `json:"size"`
	SHA256      string `json:"sha256"`
}

type dossierInvoice struct {
	ID         crm.ID            `json:"id"`
	Number     string            `json:"number"`
	Currency   string            `json:"currency"`
	Total      string            `json:"total"`
	AmountDue  string            `json:"amount_due"`
	IssuedOn   string            `json:"issued_on"`
	DueOn      string            `json:"due_on"`
	Status     crm.InvoiceStatus `json:"status"`
	Source     crm.Source        `json:"source"`
	ExternalID string            `json:"external_id"`
	Link       string            `json:"link"`
	CreatedAt  string            `json:"created_at"`
	CreatedBy  string            `json:"created_by"`
	UpdatedAt  string            `json:"updated_at"`
}

type dossierEvent struct {
	Type           crm.EventType `json:"type"`
	At             string        `json:"at"`
	By             string        `json:"by"`
	Via            crm.Via       `json:"via"`
	ConversationID crm.ID        `json:"conversation_id"`
	Changes        []crm.Change  `json:"changes"`
	Note           string        `json:"note"`
}

type dossierMerge struct {
	ID       crm.ID `json:"id"`
	KeptID   crm.ID `json:"kept_id"`
	GoneID   crm.ID `json:"gone_id"`
	At       string `json:"at"`
	By       string `json:"by"`
	UndoneAt string `json:"undone_at"`
	// Kept and Gone are the two as they were before, as long as it can be undone.
	Kept *dossierContact `json:"kept"`
	Gone *dossierContact `json:"gone"`
}

type dossierDistinct struct {
	ContactID   crm.ID `json:"contact_id"` // of the other one
	Reason      string `json:"reason"`
	DismissedAt string `json:"dismissed_at"`
}

type dossierUnfiled struct {
	ID     crm.ID `json:"id"`
	At     string `json:"at"`
	Sender string `json:"sender"`
	Text   string `json:"text"`
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

// dossierBroadcast is a message that the person got as one of many.
type dossierBroadcast struct {
	ID      crm.ID                 `json:"broadcast_id"`
	Name    string                 `json:"name"`
	By      string                 `json:"by"`
	Address string                 `json:"address"`
	Text    string                 `json:"text"`
	Status  crm.MessageStatusValue `json:"status"`
	Error   string                 `json:"error,omitempty"`
	At      string                 `json:"at"`
}

// writeJSON writes one object, a line for each part of it, so that the lists can be long.
func (d *Dossier) writeJSON(w io.Writer) error {
	j := &jsonLines{w: bufio.NewWriter(w)}
	j.open(dossierHead{"parley-person/1", timeText(d.MadeAt), d.MadeBy, d.Business.Name})
	j.key("contact")
	j.value(contactForm(d.Contact, optOutForms(d.OptOuts)))
	jsonList(j, "conversations", slices.Values(d.Conversations), func(v store.ConversationRow) {
		j.open(dossierConversation{v.ID, v.Status, timeText(v.OpenedAt), timeText(v.ClosedAt), v.AssigneeID, v.AssigneeName, visibilityForm(v.Visibility)})
		jsonList(j, "messages", d.Messages(v.ID), func(m crm.Message) { j.value(messageForm(m)) })
		j.raw("}")
	})
	jsonList(j, "broadcasts", slices.Values(d.Broadcasts), func(g store.GotBroadcast) {
		j.value(dossierBroadcast{g.BroadcastID, g.Name, g.By, g.Address, g.Text, g.Status, g.Error, timeText(g.ClaimedAt)})
	})
	jsonList(j, "invoices", d.Invoices(), func(i store.InvoiceRow) {
		j.value(dossierInvoice{i.ID, i.Number, i.Currency, i.Total, i.AmountDue, i.IssuedOn, i.DueOn, i.Status, i.Source, i.ExternalID, i.Link,
			timeText(i.CreatedAt), i.CreatedBy, timeText(i.UpdatedAt)})
	})
	jsonList(j, "records_elsewhere", slices.Values(d.Links), func(l crm.Link) {
		j.value(dossierLink{l.RemoteID, l.Name, l.URL, l.State, l.Base, timeText(l.UpdatedAt)})
	})
	jsonList(j, "imported_rows", d.Rows(), func(r ImportedRow) {
		form := dossierRow{r.Import, r.File.Name, timeText(r.File.CreatedAt), r.Line, r.Outcome, []dossierCell{}}
		for _, c := range r.Filled() {
			form.Cells = append(form.Cells, dossierCell{c.Label, c.Text})
		}
		j.value(form)
	})
	jsonList(j, "history", d.History(), func(e crm.Event) {
		j.value(dossierEvent{e.Type, timeText(e.At), e.ActorName, e.Via, e.ConversationID, append([]crm.Change{}, e.Changes...), e.Note})
	})
	jsonList(j, "merges", slices.Values(d.Merges), func(m store.Merge) { j.value(mergeForm(m)) })
	jsonList(j, "not_the_same_person", slices.Values(d.Distinct), func(p store.Duplicate) {
		j.value(dossierDistinct{d.other(p), p.Reason, timeText(p.DismissedAt)})
	})
	jsonList(j, "unfiled", slices.Values(d.Unfiled), func(u store.Unfiled) {
		j.value(dossierUnfiled{u.ID, timeText(u.At), u.Sender, u.Text, u.Reason, u.Detail})
	})
	j.raw("}\n")
	return j.end()
}

// other is the one of a pair that the dossier is not about.
func (d *Dossier) other(p store.Duplicate) crm.ID {
	if p.Low == d.Contact.ID {
		return p.High
	}
	return p.Low
}

func contactForm(c *crm.Contact, optOuts []dossierOptOut) dossierContact {
	f := dossierContact{ID: c.ID, FirstName: c.FirstName, MiddleName: c.MiddleName, LastName: c.LastName, BusinessName: c.BusinessName,
		ContactAddress: c.Contact, BillingAddress: c.Billing, Tags: []string{}, Notes: c.Notes, Custom: map[string]any{}, Status: c.Status,
		NameIsPlaceholder: c.NameIsPlaceholder, ProfileName: c.ProfileName, Identities: []dossierIdentity{}, Visibility: visibilityForm(c.Visibility),
		AssigneeID: c.AssigneeID, OptOuts: optOuts, Source: c.Source, Version: c.Version, CreatedAt: timeText(c.CreatedAt), CreatedBy: c.CreatedBy,
		UpdatedAt: timeText(c.UpdatedAt), UpdatedBy: c.UpdatedBy, LastMessageAt: timeText(c.LastMessageAt)}
	for _, t := range c.Tags {
		f.Tags = append(f.Tags, t.Name)
	}
	maps.Copy(f.Custom, c.Custom)
	for _, i := range c.Identities {
		f.Identities = append(f.Identities, dossierIdentity{i.Kind, i.Value, i.Entered, i.Label, i.Primary, i.Scope})
	}
	return f
}

func optOutForms(list []store.SaidStop) []dossierOptOut {
	forms := []dossierOptOut{}
	for _, o := range list {
		forms = append(forms, dossierOptOut{o.Family, timeText(o.At), o.Source, o.Wording})
	}
	return forms
}

func visibilityForm(v crm.Visibility) crm.Visibility {
	return crm.Visibility{Mode: v.Mode, UserIDs: append([]crm.ID{}, v.UserIDs...)}
}

func messageForm(m crm.Message) dossierMessage {
	f := dossierMessage{ID: m.ID, At: timeText(m.At), ReceivedAt: timeText(m.ReceivedAt), Direction: m.Direction, ChannelID: m.ChannelID,
		Address: m.Address, Type: m.Type, Text: m.Text, Content: m.Content, Media: []dossierMedia{}, Reactions: append([]crm.Reaction{}, m.Reactions...),
		Status: m.Status, Error: m.Error, SentBy: m.SentByName, ExternalID: m.ExternalID}
	for _, x := range m.Media {
		f.Media = append(f.Media, dossierMedia{x.ID, x.Type, x.Name, x.Size, x.SHA256})
	}
	return f
}

func mergeForm(m store.Merge) dossierMerge {
	f := dossierMerge{ID: m.ID, KeptID: m.KeptID, GoneID: m.GoneID, At: timeText(m.At), By: m.ByName, UndoneAt: timeText(m.UndoneAt)}
	if m.Before != nil {
		kept, gone := sideForm(m.Before.Kept), sideForm(m.Before.Gone)
		f.Kept, f.Gone = &kept, &gone
	}
	return f
}

func sideForm(s store.Side) dossierContact {
	c := s.Contact
	c.Identities = nil // in their API form, which leaves things out
	for _, h := range s.Identities {
		c.Identities = append(c.Identities, h.Identity())
	}
	return contactForm(&c, optOutForms(s.OptOuts))
}

// timeText is a time as JSON has it; empty for none.
func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// jsonLines writes JSON bit by bit. The first error stays, and nothing is written after it.
type jsonLines struct {
	w   *bufio.Writer
	err error
}

func (j *jsonLines) raw(text string) {
	if j.err == nil {
		_, j.err = j.w.WriteString(text)
	}
}

func (j *jsonLines) encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // it is a file, not part of a page
	if err := e.Encode(v); j.err == nil {
		j.err = err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func (j *jsonLines) value(v any) { j.raw(string(j.encode(v))) }

// open writes an object without its end, for more keys to follow.
func (j *jsonLines) open(v any) { j.raw(string(bytes.TrimSuffix(j.encode(v), []byte("}")))) }

func (j *jsonLines) key(name string) { j.raw(",\n\"" + name + "\": ") }

func (j *jsonLines) end() error {
	if j.err == nil {
		j.err = j.w.Flush()
	}
	return j.err
}

// jsonList writes a key with a list, an item a line.
func jsonList[T any](j *jsonLines, name string, items iter.Seq[T], write func(T)) {
	j.key(name)
	between := "[\n"
	for item := range items {
		if j.err != nil {
			return
		}
		j.raw(between)
		write(item)
		between = ",\n"
	}
	if between == "[\n" {
		j.raw("[")
	}
	j.raw("]")
}
