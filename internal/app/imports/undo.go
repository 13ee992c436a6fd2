package imports

import (
	"context"
	"math"
	"slices"
	"time"

	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// keptShown is how many contacts that stay are named.
const keptShown = 10_000

// UndoPlan is what undoing an import does, or did.
type UndoPlan struct {
	crm.ImportUndo
	Kept []store.ImportKept // as far as the asker may see them
}

// CanUndo says why an import cannot be undone now; nil when it can.
func (s *Imports) CanUndo(i *crm.Import) error {
	switch {
	case i.Status == crm.ImportUndone:
		return crm.Errorf(crm.Conflicting, "already_undone", "This import was undone already.")
	case i.Status != crm.ImportDone && i.Status != crm.ImportCancelled:
		return notNow(i, "It can be undone once it has ended.")
	case s.Now().Sub(i.EndedAt) > undoFor:
		return crm.Errorf(crm.Conflicting, "too_late", "An import can be undone for 30 days.")
	}
	return nil
}

// Undo has an import taken back (M6). Admins only, for it deletes (V5). What people changed
// since is kept.
func (s *Imports) Undo(ctx context.Context, who crm.Actor, id crm.ID) (*crm.Import, error) {
	if !who.IsAdmin() {
		return nil, crm.ErrForbidden
	}
	return s.change(ctx, who, id, func(tx *db.Tx, i *crm.Import) error {
		if err := s.CanUndo(i); err != nil {
			return err
		}
		// Rows that were cancelled are not gone over: nothing came of them.
		i.Status, i.MovedAt, i.Reverted = crm.ImportUndoing, s.Now(), crm.ImportUndo{}
		i.Place = 0
		i.Round++
		if err := s.record(tx, s.event(who, crm.ImportReverted, i)); err != nil {
			return err
		}
		return s.Enqueue(tx, who.BusinessID, id)
	})
}

// Undone is what undoing an import did so far.
func (s *Imports) Undone(ctx context.Context, who crm.Actor, i *crm.Import) (p UndoPlan, err error) {
	p.ImportUndo = i.Reverted
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		p.Kept, err = store.ImportKeptBy(tx, who, i.ID, keptShown)
		return err
	})
	return p, err
}

// PreviewUndo says what undoing an import would do.
func (s *Imports) PreviewUndo(ctx context.Context, who crm.Actor, id crm.ID) (p UndoPlan, err error) {
	if !who.IsAdmin() {
		return p, crm.ErrForbidden
	}
	i, err := s.Get(ctx, who, id)
	if err != nil {
		return p, err
	}
	if i.Status == crm.ImportUndone || i.Status == crm.ImportUndoing {
		return s.Undone(ctx, who, i)
	}
	if err := s.CanUndo(i); err != nil {
		return p, err
	}
	done := map[crm.ID]bool{}
	for place, more := 0, true; more; {
		err = s.DB.Read(ctx, func(tx *db.Tx) error {
			before, last, err := s.takenBack(tx, i, place, maxChunk)
			if err != nil {
				return err
			}
			before = slices.DeleteFunc(before, func(b contacts.BroughtBefore) bool { return done[b.ID] })
			whose := func(ids []crm.ID) ([]contacts.BroughtBefore, error) {
				return s.madeOf(tx, i, ids, math.MaxInt32)
			}
			results, err := s.Contacts.RevertBrought(tx, who, before, whose, "", s.Now(), true)
			if err != nil {
				return err
			}
			var kept []crm.ID
			results = slices.DeleteFunc(results, func(r contacts.Reverting) bool { return done[r.ContactID] })
			for _, r := range results {
				done[r.ContactID] = true
				count(&p.ImportUndo, r)
				if r.Kept != "" {
					kept = append(kept, r.ContactID)
				}
			}
			names, err := store.ContactNames(tx, who, kept)
			if err != nil {
				return err
			}
			for _, r := range results {
				if name, seen := names[r.ContactID]; seen && len(p.Kept) < keptShown {
					p.Kept = append(p.Kept, store.ImportKept{Contact: r.ContactID, Name: name, Reason: r.Kept})
				}
			}
			place, more = last, last > place
			return nil
		})
		if err != nil {
			return p, err
		}
	}
	return p, nil
}

func count(u *crm.ImportUndo, r contacts.Reverting) {
	switch {
	case r.Kept != "":
		u.Kept++
	case r.Deleted:
		u.Deleted++
	case r.Restored:
		u.Restored++
	}
}

// takenBack are the contacts of the rows behind a place, as they were before the import,
// and the place of the last of those rows. Each contact comes with the first row about it.
func (s *Imports) takenBack(tx *db.Tx, i *crm.Import, place, limit int) (list []contacts.BroughtBefore, last int, err error) {
	rows, err := store.ImportRowsAfter(tx, i.BusinessID, i.ID, place, limit)
	if err != nil || len(rows) == 0 {
		return nil, place, err
	}
	list, err = s.broughtBefore(tx, i, rows)
	return list, rows[len(rows)-1].Position, err
}

// madeOf is what an import made of some contacts, by its rows up to a place.
func (s *Imports) madeOf(tx *db.Tx, i *crm.Import, ids []crm.ID, place int) ([]contacts.BroughtBefore, error) {
	rows, err := store.ImportRowsOf(tx, i.BusinessID, i.ID, ids, place)
	if err != nil {
		return nil, err
	}
	return s.broughtBefore(tx, i, rows)
}

// broughtBefore are the contacts of rows as they were before the import.
func (s *Imports) broughtBefore(tx *db.Tx, i *crm.Import, rows []crm.ImportRow) (list []contacts.BroughtBefore, err error) {
	var ids []crm.ID
	made := map[crm.ID]bool{}
	for _, row := range rows {
		if row.Outcome == crm.RowCreate || row.Outcome == crm.RowUpdate || row.Outcome == crm.RowSame {
			if !slices.Contains(ids[max(0, len(ids)-1):], row.ContactID) {
				ids = append(ids, row.ContactID)
			}
			made[row.ContactID] = made[row.ContactID] || row.Outcome == crm.RowCreate
		}
	}
	changes, err := store.ImportChanges(tx, i.BusinessID, i.ID, ids)
	taken := map[crm.ID]bool{}
	for _, id := range ids {
		change, changed := changes[id]
		if taken[id] || !made[id] && !changed {
			continue
		}
		taken[id] = true
		b := contacts.BroughtBefore{ID: id, Became: change.Became}
		if !made[id] {
			b.Was = change.Was
		}
		list = append(list, b)
	}
	return list, err
}

// undo takes rows back for one slice of time.
func (s *Imports) undo(ctx context.Context, i *crm.Import) (again time.Duration, err error) {
	if err := s.claim(ctx, i, nil); err != nil {
		return 0, err
	}
	who := crm.Actor{BusinessID: i.BusinessID, Role: crm.Admin, Name: "Undoing the import of " + i.Name, Via: crm.ViaImport}
	until := time.Now().Add(slice)
	size := pace{minUndoChunk, minUndoChunk, maxChunk, wholeTime}
	var told time.Time
	for time.Now().Before(until) {
		begun, rows := time.Now(), size.rows
		err := s.chunk(ctx, i, func(tx *db.Tx, now *crm.Import) error {
			before, last, err := s.takenBack(tx, now, now.Place, rows)
			if err != nil {
				return err
			}
			whose := func(ids []crm.ID) ([]contacts.BroughtBefore, error) {
				return s.madeOf(tx, now, ids, math.MaxInt32)
			}
			results, err := s.Contacts.RevertBrought(tx, who, before, whose, "The import of "+now.Name+" was undone.", s.Now(), false)
			if err != nil {
				return err
			}
			var gone []crm.ID
			for _, r := range results {
				count(&now.Reverted, r)
				gone = append(gone, r.ContactID)
				if r.Kept != "" {
					store.KeepImportKept(tx, now.BusinessID, now.ID, r.ContactID, r.Kept)
				}
			}
			if len(gone) > 0 {
				store.DropImportChanges(tx, now.BusinessID, now.ID, gone)
			}
			if last == now.Place {
				now.Status, now.UndoneAt, now.Place = crm.ImportUndone, s.Now(), now.Total
			} else {
				now.Place = last
			}
			return s.tell(tx, now, &told)
		})
		if err != nil || i.Status == crm.ImportUndone {
			return 0, err
		}
		size.took(rows, time.Since(begun))
	}
	return time.Millisecond, nil
}

// AwaitUndone works at undoing until it is over, beside the jobs that may do so too.
func (s *Imports) AwaitUndone(ctx context.Context, who crm.Actor, id crm.ID) (*crm.Import, error) {
	for {
		if err := s.Finish(ctx, who.BusinessID, id); err != nil {
			return nil, err
		}
		i, err := s.Get(ctx, who, id)
		if err != nil || i.Status != crm.ImportUndoing {
			return i, err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
