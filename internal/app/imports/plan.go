package imports

import (
	"encoding/json"
	"errors"
	"slices"
	"time"

	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/importer"
	"parley/internal/store"
)

// tagBook finds the tags that rows name.
type tagBook struct {
	known  map[string]crm.Tag // by crm.TagKey
	create bool
	all    []string // names that go on everyone
}

func readTags(tx *db.Tx, i *crm.Import) (tagBook, error) {
	book := tagBook{map[string]crm.Tag{}, i.Choices.CreateTags, i.Choices.Tags}
	tags, err := store.Tags(tx, i.BusinessID)
	for _, t := range tags {
		book.known[crm.TagKey(t.Name)] = t
	}
	return book, err
}

// of are the tags that a row puts on its contact. A name that is not known is handed to
// unknown, which may say what to do instead.
func (b tagBook) of(names []string, unknown func(name string) (crm.Tag, bool)) []crm.Tag {
	var list []crm.Tag
	for _, name := range slices.Concat(names, b.all) {
		t, ok := b.known[crm.TagKey(name)]
		if !ok {
			if t, ok = unknown(name); !ok {
				continue
			}
			b.known[crm.TagKey(name)] = t
		}
		if !slices.ContainsFunc(list, func(had crm.Tag) bool { return had.ID == t.ID }) {
			list = append(list, t)
		}
	}
	return list
}

// brought makes of a row what the contacts' room takes. create has unknown tags made; nil
// stands in for it while nothing is to be written.
func (b tagBook) brought(r *importer.Result, row crm.ImportRow, create func(name string) crm.Tag) (contacts.Brought, []crm.FieldError) {
	warnings := r.Warnings
	tags := b.of(r.Tags, func(name string) (crm.Tag, bool) {
		switch {
		case !b.create:
			warnings = append(warnings, crm.FieldError{Field: "tags", Code: "unknown_tag", Detail: "There is no tag " + name + ", and it was left out. An admin can have unknown tags made."})
			return crm.Tag{}, false
		case create != nil:
			return create(name), true
		}
		return crm.Tag{ID: crm.ID("new " + crm.TagKey(name)), Name: name, Colour: crm.TagColours[0]}, true
	})
	return contacts.Brought{Line: row.Line, Draft: &r.Draft, Tags: tags, ID: row.ContactID, Known: r.ID, Unusual: r.Unusual}, warnings
}

// settle writes what a plan says into a row.
func settle(row *crm.ImportRow, p contacts.BroughtPlan, warnings []crm.FieldError) {
	row.Outcome, row.SameLine, row.RowSaid = p.Outcome, p.SameLine, p.RowSaid
	row.Warnings = slices.Concat(warnings, p.Warnings)
	row.ContactID = p.ContactID
	if row.Version = p.Version; len(row.Warnings) > 0 {
		row.Version = 0 // a warning may be about what is not the contact's, such as its archive
	}
}

// sameRow reports whether a row is kept as it is already.
func sameRow(a, b crm.ImportRow) bool {
	if a.Outcome != b.Outcome || a.ContactID != b.ContactID || a.SameLine != b.SameLine {
		return false
	}
	if a.Empty() && b.Empty() {
		return true
	}
	x, _ := json.Marshal(a.RowSaid)
	y, _ := json.Marshal(b.RowSaid)
	return string(x) == string(y)
}

// foreseen is one row on its way through the preview.
type foreseen struct {
	row      crm.ImportRow
	result   *importer.Result
	brought  contacts.Brought
	warnings []crm.FieldError
}

// errNotKept says that rows are about the same people as earlier ones of which some are still
// being kept.
var errNotKept = errors.New("imports: earlier rows are not kept yet")

// foresee says what becomes of rows that follow those already staged. Rows of theirs that
// are about the same people are gone through again first: they are not written yet.
func (s *Imports) foresee(tx *db.Tx, w *previewing, list []*foreseen, now time.Time) error {
	var chunk []contacts.Brought
	var positions []int
	for _, f := range list {
		chunk = append(chunk, f.brought)
		for _, i := range *f.brought.Draft.Identities {
			if at := w.seen.identity(i); at > 0 {
				positions = append(positions, at)
			}
		}
	}
	if len(positions) > 0 && w.keeping != nil {
		return errNotKept
	}
	earlier, err := store.ImportRowsAt(tx, w.business, w.id, positions)
	if err != nil {
		return err
	}
	about := map[crm.ID]bool{}
	for _, row := range earlier {
		about[row.ContactID] = true
	}
	for {
		before, err := s.replay(tx, w, about)
		if err != nil {
			return err
		}
		plans, err := contacts.PlanBrought(tx, w.who, slices.Concat(before, chunk), w.existing, now)
		if err != nil {
			return err
		}
		plans = plans[len(before):]
		more := false
		for _, p := range plans {
			if p.ContactID != "" && !p.Created && !about[p.ContactID] {
				if w.seen.contact(p.ContactID) > 0 {
					about[p.ContactID], more = true, true
				}
			}
		}
		if more && w.keeping != nil {
			return errNotKept
		}
		if more {
			continue
		}
		for n, p := range plans {
			f := list[n]
			settle(&f.row, p, f.warnings)
			if len(f.brought.Tags) > 0 { // they go and merge without a new version of who has them
				f.row.Version = 0
			}
			if p.Outcome != crm.RowRefused {
				w.seen.add(f.row, f.brought.Draft, p.Created)
			}
		}
		return nil
	}
}

// replay are the staged rows about some contacts, to be gone through again.
func (s *Imports) replay(tx *db.Tx, w *previewing, about map[crm.ID]bool) ([]contacts.Brought, error) {
	var ids []crm.ID
	for id := range about {
		ids = append(ids, id)
	}
	rows, err := store.ImportRowsOf(tx, w.business, w.id, ids, w.place)
	var list []contacts.Brought
	for _, row := range rows {
		if row.Outcome == crm.RowRefused {
			continue
		}
		result := parseRow(w.parser, row)
		brought, _ := w.tags.brought(&result, row, nil)
		list = append(list, brought)
	}
	return list, err
}
