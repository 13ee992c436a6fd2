package contacts

import (
	"context"
	"io"
	"iter"
	"slices"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Dossier is all that is kept of one person, for a request under data protection law
// (C10). What may be long is read page by page while it is written out.
type Dossier struct {
	MadeAt        time.Time
	MadeBy        string
	Business      crm.Business
	Contact       *crm.Contact
	OptOuts       []store.SaidStop
	Conversations []store.ConversationRow // oldest first
	Broadcasts    []store.GotBroadcast    // newest first
	Merges        []store.Merge
	Distinct      []store.Duplicate // pairs of which somebody said that they are two people
	Unfiled       []store.Unfiled
	Links         []crm.Link // records in other systems

	fields []crm.CustomField
	names  map[string]string // of users and tags, which the history keeps by id
	line   []crm.ID

	ctx  context.Context
	db   *db.DB
	who  crm.Actor
	now  time.Time
	fail error
}

// mostBroadcasts is how many broadcasts of one person are given out.
const mostBroadcasts = 10_000

// dossierPage is how many messages, events or invoices are read at a time.
const dossierPage = 200

// Dossier begins the export of all that is kept of a person, as far as who may see it
// (V2), and notes that in the audit log. Admins only: agents see a person, but do not give
// out everything in one file. Errors are of kind Forbidden and NotFound.
func (s *Contacts) Dossier(ctx context.Context, who crm.Actor, id crm.ID) (*Dossier, error) {
	if !who.IsAdmin() {
		return nil, crm.ErrForbidden
	}
	d := &Dossier{MadeAt: s.Now(), MadeBy: who.Name, ctx: ctx, db: s.DB, who: who, names: map[string]string{}}
	d.now = d.MadeAt
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := d.begin(tx, id); err != nil {
			return err
		}
		event := who.Event(crm.ContactExported, d.MadeAt)
		event.ContactID = id
		return s.record(tx, event)
	})
	return d, err
}

// begin reads what is short.
func (d *Dossier) begin(tx *db.Tx, id crm.ID) (err error) {
	business := d.who.BusinessID
	if d.Contact, err = store.Contact(tx, d.who, id); err != nil {
		return err
	}
	if d.Business, err = store.Business(tx, business); err != nil {
		return err
	}
	if d.OptOuts, err = store.OptOutsOf(tx, business, id); err != nil {
		return err
	}
	if d.line, err = store.Lineage(tx, business, id); err != nil {
		return err
	}
	if d.Merges, err = store.MergesAbout(tx, business, d.line); err != nil {
		return err
	}
	if d.Distinct, err = store.DismissedSeen(tx, d.who, id); err != nil {
		return err
	}
	if d.Unfiled, err = store.UnfiledFrom(tx, business, d.Contact); err != nil {
		return err
	}
	if d.Links, err = store.LinksAbout(tx, business, d.Contact); err != nil {
		return err
	}
	if d.Broadcasts, err = store.GotBroadcasts(tx, business, id, time.Time{}, time.Time{}, mostBroadcasts); err != nil {
		return err
	}
	if err := d.readConversations(tx, id); err != nil {
		return err
	}
	return d.readNames(tx)
}

func (d *Dossier) readConversations(tx *db.Tx, contact crm.ID) error {
	var after *store.ConversationPlace
	for {
		rows, _, err := store.Conversations(tx, d.who, store.ConversationFilter{Contact: contact}, after, dossierPage)
		if err != nil {
			return err
		}
		d.Conversations = append(d.Conversations, rows...)
		if len(rows) < dossierPage {
			slices.Reverse(d.Conversations)
			return nil
		}
		last := rows[len(rows)-1]
		after = &store.ConversationPlace{LastMessageAt: last.LastMessageAt, ID: last.ID}
	}
}

func (d *Dossier) readNames(tx *db.Tx) (err error) {
	if d.fields, err = store.CustomFields(tx, d.who.BusinessID); err != nil {
		return err
	}
	users, err := store.Users(tx, d.who.BusinessID)
	if err != nil {
		return err
	}
	for _, u := range users {
		d.names[u.ID.String()] = u.Name
	}
	tags, err := store.Tags(tx, d.who.BusinessID)
	for _, t := range tags {
		d.names[t.ID.String()] = t.Name
	}
	return err
}

// Messages are those of one of the conversations, oldest first.
func (d *Dossier) Messages(conversation crm.ID) iter.Seq[crm.Message] {
	return pages(d, func(tx *db.Tx, last *crm.Message) ([]crm.Message, error) {
		var after *store.MessagePlace
		if last != nil {
			after = &store.MessagePlace{At: last.At, ID: last.ID}
		}
		return store.MessagesAfter(tx, d.who.BusinessID, conversation, after, dossierPage)
	})
}

// Invoices are the person's, the last issued first.
func (d *Dossier) Invoices() iter.Seq[store.InvoiceRow] {
	return pages(d, func(tx *db.Tx, last *store.InvoiceRow) ([]store.InvoiceRow, error) {
		var after *store.InvoicePlace
		if last != nil {
			after = &store.InvoicePlace{IssuedOn: last.IssuedOn, ID: last.ID}
		}
		return store.Invoices(tx, d.who, store.InvoiceFilter{Contact: d.Contact.ID}, after, dossierPage, d.now)
	})
}

// ImportedRow is a row of an imported file about the person.
type ImportedRow struct {
	store.ImportedRow
	File *crm.Import
}

// Rows are those of imported files about the person.
func (d *Dossier) Rows() iter.Seq[ImportedRow] {
	return pages(d, func(tx *db.Tx, last *ImportedRow) (list []ImportedRow, err error) {
		var after *store.ImportedRow
		if last != nil {
			after = &last.ImportedRow
		}
		rows, err := store.ImportedRowsAbout(tx, d.who.BusinessID, d.Contact, d.line, after, dossierPage)
		files := map[crm.ID]*crm.Import{}
		for _, r := range rows {
			file := files[r.Import]
			if file == nil {
				if file, err = store.Import(tx, d.who.BusinessID, r.Import); err != nil {
					return nil, err
				}
				files[r.Import] = file
			}
			list = append(list, ImportedRow{r, file})
		}
		return list, err
	})
}

// Filled are the cells that hold something, with the headers of their columns.
func (r ImportedRow) Filled() (list []DossierLine) {
	for n, text := range r.Cells {
		if text == "" {
			continue
		}
		head := ""
		if columns := r.File.File.Columns; n < len(columns) {
			head = columns[n].Header
		}
		list = append(list, DossierLine{head, text})
	}
	return list
}

// History is what happened to the person's record and conversations, in order.
func (d *Dossier) History() iter.Seq[crm.Event] {
	var seen []crm.ID
	for _, v := range d.Conversations {
		seen = append(seen, v.ID)
	}
	return pages(d, func(tx *db.Tx, last *crm.Event) ([]crm.Event, error) {
		var after store.Cursor
		if last != nil {
			after, _ = store.ParseCursor(last.Cursor)
		}
		return store.EventsAbout(tx, d.who.BusinessID, d.line, seen, after, dossierPage)
	})
}

// pages hands out what read reads, page after page. An error ends it and stays in d.fail.
func pages[T any](d *Dossier, read func(tx *db.Tx, last *T) ([]T, error)) iter.Seq[T] {
	return func(yield func(T) bool) {
		var last *T
		for d.fail == nil {
			var list []T
			d.fail = d.db.Read(d.ctx, func(tx *db.Tx) (err error) {
				list, err = read(tx, last)
				return err
			})
			for _, item := range list {
				if !yield(item) {
					return
				}
			}
			if len(list) < dossierPage {
				return
			}
			last = &list[len(list)-1]
		}
	}
}

// DossierFormat is a form in which a dossier is written.
type DossierFormat struct {
	Name      string // json, vcard or html
	Type      string // its media type
	Extension string
	// Policy is the Content-Security-Policy under which a browser may show it.
	Policy string
	write  func(*Dossier, io.Writer) error
}

// DossierFormats are all of them, the default first.
var DossierFormats = []DossierFormat{
	{"json", "application/json", ".json", "default-src 'none'; sandbox", (*Dossier).writeJSON},
	{"vcard", "text/vcard; charset=utf-8", ".vcf", "default-src 'none'; sandbox", (*Dossier).writeCard},
	{"html", "text/html; charset=utf-8", ".html", "default-src 'none'; style-src '" + pageStyleHash + "'; sandbox", (*Dossier).writePage},
}

// DossierFormatOf is the format of a name; the default for none.
func DossierFormatOf(name string) (DossierFormat, bool) {
	if name == "" {
		return DossierFormats[0], true
	}
	n := slices.IndexFunc(DossierFormats, func(f DossierFormat) bool { return f.Name == name })
	if n < 0 {
		return DossierFormat{}, false
	}
	return DossierFormats[n], true
}

// Write writes a dossier out. After an error what was written is not whole.
func (f DossierFormat) Write(d *Dossier, w io.Writer) error {
	if err := f.write(d, w); err != nil {
		return err
	}
	return d.fail
}

// Inline reports whether a browser shows it rather than saves it.
func (f DossierFormat) Inline() bool { return f.Name == "html" }
