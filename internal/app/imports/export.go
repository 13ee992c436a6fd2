package imports

import (
	"bufio"
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// ExportFormat is a kind of file that contacts are exported as (M7).
type ExportFormat struct {
	Name      string // in the address: csv
	Label     string
	Type      string // media type
	Extension string
	Advice    string // for whom it is
	open      func(w io.Writer, a around) (exporting, error)
}

// ExportFormats are all of them in the order in which they are offered.
var ExportFormats = []ExportFormat{
	{"csv", "CSV", "text/csv; charset=utf-8", ".csv", "For other programs, and to import again.", openCSV},
	{"xlsx", "Excel workbook", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx", "For spreadsheets: numbers stay as they are.", openSheet},
	{"vcard3", "vCard 3.0", "text/vcard; charset=utf-8", ".vcf", "For the address books of telephones and computers.", openCards("3.0")},
	{"vcard4", "vCard 4.0", "text/vcard; charset=utf-8", ".vcf", "The newest vCard, where a program asks for it.", openCards("4.0")},
}

// ExportFormatOf is the format of a name.
func ExportFormatOf(name string) (ExportFormat, bool) {
	for _, f := range ExportFormats {
		if f.Name == name {
			return f, true
		}
	}
	return ExportFormat{}, false
}

// exporting is a file that is being written, one contact after another. A call of end with
// no error means that it is whole; close frees what is held in either case.
type exporting interface {
	add(c *crm.Contact) error
	end() error
	close()
}

// ExportDraft says which contacts are wanted, as far as whoever asks sees them (V2).
type ExportDraft struct {
	Filter *crm.Filter // all that match; or
	IDs    []crm.ID    // these
	// By are the names of what the filter asks for, for the audit log. What it asks stands
	// nowhere: a name that somebody searched for is a copy of it (C10, V2).
	By     []string
	Format ExportFormat
}

// FileName is a name for the file of an export that was made at a time.
func (d ExportDraft) FileName(at time.Time) string {
	return "contacts-" + at.UTC().Format(time.DateOnly) + d.Format.Extension
}

// exportChunk is how many contacts are read at once. Each chunk is a read of its own, so
// that a slow reader holds nothing up.
const exportChunk = 400

// CountForExport counts what an export would hold now, up to most: more is answered as
// most + 1. The error is of kind Invalid for a filter that cannot be read.
func (s *Imports) CountForExport(ctx context.Context, who crm.Actor, d ExportDraft, most int) (n int, err error) {
	if err := d.check(); err != nil {
		return 0, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if d.Filter != nil {
			if d.Filter.Query != "" {
				n, err = store.CountMatching(tx, who, *d.Filter)
				return err
			}
			n, err = store.CountContacts(tx, who, *d.Filter, most)
			return err
		}
		seen, _, err := store.SeenContacts(tx, who, d.IDs)
		n = len(seen)
		return err
	})
	return n, err
}

func (d ExportDraft) check() error {
	var problems crm.Problems
	switch {
	case d.Filter == nil && len(d.IDs) == 0:
		problems.Add("ids", "required", "Say which contacts: a filter or ids.")
	case d.Filter != nil && len(d.IDs) > 0:
		problems.Add("ids", "both", "Either a filter or ids, not both.")
	case d.Filter != nil:
		return d.Filter.Err()
	}
	crm.CheckChosen(&problems, "ids", d.IDs)
	return problems.Err()
}

// Export writes contacts to a file, in the order in which they were made, however many
// there are: a chunk at a time. The audit log notes it before the first byte (A4). told is
// called with how many were written; nil when nobody wants to know. Errors are of kind
// Invalid before anything is written; after that, what was written is not whole.
func (s *Imports) Export(ctx context.Context, who crm.Actor, d ExportDraft, w io.Writer, told func(done int)) error {
	begun, err := s.BeginExport(ctx, who, d)
	if err != nil {
		return err
	}
	return begun.Write(ctx, w, told)
}

// BegunExport is an export that is noted in the audit log and can be written.
type BegunExport struct {
	s     *Imports
	who   crm.Actor
	draft ExportDraft
	a     around
}

// BeginExport checks what is wanted and notes it, so that a caller can answer with an
// error as long as nothing is written.
func (s *Imports) BeginExport(ctx context.Context, who crm.Actor, d ExportDraft) (*BegunExport, error) {
	n, err := s.CountForExport(ctx, who, d, contacts.CountCap)
	if err != nil {
		return nil, err
	}
	a, err := s.around(ctx, who.BusinessID)
	if err != nil {
		return nil, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		event := who.Event(crm.ContactsExported, s.Now())
		event.Note = d.note(n)
		return s.record(tx, event)
	})
	d.IDs = slices.Compact(slices.Sorted(slices.Values(d.IDs)))
	return &BegunExport{s, who, d, a}, err
}

// note says for the audit log what was given out: "CSV of 312 contacts, by q, tag".
func (d ExportDraft) note(n int) string {
	count := itoa(n)
	if n > contacts.CountCap {
		count = itoa(contacts.CountCap) + "+"
	}
	what := "selected by hand"
	if d.Filter != nil {
		what = "everybody active"
		if len(d.By) > 0 {
			what = "by " + strings.Join(slices.Sorted(slices.Values(d.By)), ", ")
		}
	}
	return d.Format.Label + " of " + count + " contacts, " + shorter(what, 300)
}

// Write writes the file.
func (e *BegunExport) Write(ctx context.Context, w io.Writer, told func(done int)) error {
	out := bufio.NewWriterSize(w, 32<<10)
	file, err := e.draft.Format.open(out, e.a)
	if err != nil {
		return err
	}
	defer file.close()
	done := 0
	for list, err := range e.chunks(ctx) {
		if err != nil {
			return err
		}
		for _, c := range list {
			if err := file.add(c); err != nil {
				return err
			}
		}
		if done += len(list); told != nil {
			told(done)
		}
	}
	if err := file.end(); err != nil {
		return err
	}
	return out.Flush()
}

// chunks walks over the contacts.
func (e *BegunExport) chunks(ctx context.Context) func(yield func([]*crm.Contact, error) bool) {
	return func(yield func([]*crm.Contact, error) bool) {
		next := e.walk(ctx)
		for more := true; more; {
			var list []*crm.Contact
			var err error
			list, more, err = next()
			if (len(list) > 0 || err != nil) && !yield(list, err) || err != nil {
				return
			}
		}
	}
}

// walk is a function that reads the next contacts, and says whether there may be more: along
// the order of ids; or, where somebody was searched for or selected, along their ids.
func (e *BegunExport) walk(ctx context.Context) func() (list []*crm.Contact, more bool, err error) {
	f := e.draft.Filter
	if f != nil && f.Query == "" {
		var after *store.ContactPlace
		return func() (list []*crm.Contact, more bool, err error) {
			err = e.s.DB.Read(ctx, func(tx *db.Tx) (err error) {
				list, err = store.Contacts(tx, e.who, *f, crm.OldestFirst, after, exportChunk)
				return err
			})
			if more = len(list) == exportChunk; more {
				after = store.PlaceOf(list[len(list)-1])
			}
			return list, more, err
		}
	}
	var ids []string
	known := false
	return func() (list []*crm.Contact, more bool, err error) {
		err = e.s.DB.Read(ctx, func(tx *db.Tx) (err error) {
			if !known {
				if ids, err = e.ids(tx); err != nil {
					return err
				}
				known = true
			}
			part := ids[:min(len(ids), exportChunk)]
			if f == nil {
				list, err = store.ContactsAmong(tx, e.who, crm.Filter{Status: crm.AnyStatus}, part)
				return err
			}
			list, err = store.ContactsAmong(tx, e.who, *f, part)
			return err
		})
		ids = ids[min(len(ids), exportChunk):]
		return list, len(ids) > 0, err
	}
}

// ids are those that were selected, or whom a search means: all of them, where a list shows
// the first few hundred.
func (e *BegunExport) ids(tx *db.Tx) (ids []string, err error) {
	if e.draft.Filter != nil {
		return store.MatchingIDs(tx, e.who.BusinessID, *e.draft.Filter)
	}
	for _, id := range e.draft.IDs {
		ids = append(ids, id.String())
	}
	return ids, nil
}
