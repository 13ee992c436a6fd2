// Package imports is the room of files that become contacts: staging, preview, the run
// itself, the receipt and the way back (M1–M6). One table holds all four: import_row.
package imports

import (
	"context"
	"time"

	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/importer"
	"parley/internal/store"
)

// Imports holds what the verbs of this room need.
//
// Who may: every user imports, as every user edits contacts (C4), and sees the imports of
// their own; admins see all. Making tags (T1) and undoing, which deletes (V5), are for
// admins.
type Imports struct {
	DB       *db.DB
	Contacts *contacts.Contacts
	Now      func() time.Time
	// Wake is called after a commit that wrote events of a business.
	Wake func(business crm.ID)
	// Enqueue has Work called for an import once the transaction is committed.
	Enqueue func(tx *db.Tx, business, id crm.ID) error
	// MaxBytes is the size of the largest file; 0 is importer.MaxBytes.
	MaxBytes int64
	// Workers is how many rows are parsed at a time; 0 is one for each core.
	Workers int
}

// Limit is the size of the largest file in bytes.
func (s *Imports) Limit() int64 {
	if s.MaxBytes > 0 {
		return s.MaxBytes
	}
	return importer.MaxBytes
}

// undoFor is how long an import can be undone (M6).
const undoFor = 30 * 24 * time.Hour

// Get reads an import as far as who may see it.
func (s *Imports) Get(ctx context.Context, who crm.Actor, id crm.ID) (i *crm.Import, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		i, err = visible(who)(store.Import(tx, who.BusinessID, id))
		return err
	})
	return i, err
}

// visible lets an import pass that who may see.
func visible(who crm.Actor) func(*crm.Import, error) (*crm.Import, error) {
	return func(i *crm.Import, err error) (*crm.Import, error) {
		if err == nil && (i.Status == crm.ImportUploading || i.UserID != who.UserID && !who.IsAdmin()) {
			return nil, crm.ErrNotFound
		}
		return i, err
	}
}

// List are the imports that who may see, newest first, behind one of them.
func (s *Imports) List(ctx context.Context, who crm.Actor, after crm.ID, limit int) (list []*crm.Import, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err = store.Imports(tx, who, after, limit)
		return err
	})
	return list, err
}

// Count counts what List lists, up to most: more is answered as most + 1.
func (s *Imports) Count(ctx context.Context, who crm.Actor, most int) (n int, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		n, err = store.CountImports(tx, who, most)
		return err
	})
	return n, err
}

// SameFile is an earlier import of the same bytes.
type SameFile struct {
	*crm.Import
	// Taken is how many rows it refused and the later import takes: what stood in their way
	// is gone. 0 while it is not known what becomes of rows.
	Taken int
}

// SameFile is the newest earlier import of the same bytes that began, and that who may
// see; nil without.
func (s *Imports) SameFile(ctx context.Context, who crm.Actor, i *crm.Import) (same *SameFile, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		earlier, err := sameFile(tx, who, i)
		if err != nil || earlier == nil {
			return err
		}
		same = &SameFile{Import: earlier}
		if i.Status == crm.ImportPreviewed || i.Status.Began() {
			taken, err := store.RefusedThen(tx, i, earlier, nil)
			for _, position := range taken {
				if from := i.CancelledFrom(); from == 0 || position < from {
					same.Taken++
				}
			}
			return err
		}
		return nil
	})
	return same, err
}

func sameFile(tx *db.Tx, who crm.Actor, i *crm.Import) (*crm.Import, error) {
	earlier, ok, err := store.SameFile(tx, i)
	if err != nil || !ok || earlier.UserID != who.UserID && !who.IsAdmin() {
		return nil, err
	}
	return earlier, nil
}

// change runs f on an import that who may see, under its lock, and writes what f made of
// it. It lets everyone know who looks at it.
func (s *Imports) change(ctx context.Context, who crm.Actor, id crm.ID, f func(tx *db.Tx, i *crm.Import) error) (i *crm.Import, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if i, err = visible(who)(store.LockImport(tx, who.BusinessID, id)); err != nil {
			return err
		}
		if err := f(tx, i); err != nil {
			return err
		}
		store.ChangeImport(tx, who.BusinessID, i)
		return s.record(tx, s.event(who, crm.ImportMoved, i))
	})
	return i, err
}

// event is one about an import. The audit log and live pages read it.
func (s *Imports) event(who crm.Actor, t crm.EventType, i *crm.Import) crm.Event {
	event := who.Event(t, s.Now())
	event.SubjectID, event.UserID, event.Note = i.ID, i.UserID, i.Name
	return event
}

func (s *Imports) record(tx *db.Tx, events ...crm.Event) error {
	tx.After(func() { s.Wake(events[0].BusinessID) })
	return store.AddEvents(tx, events)
}

// actorOf is who acts in the history of contacts (C5).
func actorOf(i *crm.Import, role crm.Role) crm.Actor {
	return crm.Actor{BusinessID: i.BusinessID, UserID: i.UserID, Role: role, Name: "Import of " + i.Name, Via: crm.ViaImport}
}

// notNow says that an import has another status than a verb needs.
func notNow(i *crm.Import, detail string) error {
	return crm.Errorf(crm.Conflicting, "wrong_status", "This import is %s. %s", i.Status, detail)
}

// Done is how many rows the work at hand, or the last, is done with.
func Done(i *crm.Import) int {
	switch i.Status {
	case crm.ImportPreviewing, crm.ImportUndoing:
		return i.Place
	}
	return i.Written
}
