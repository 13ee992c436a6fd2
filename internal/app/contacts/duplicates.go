package contacts

import (
	"context"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Pair is two contacts that seem to be one person, with why (C12).
type Pair struct {
	store.Duplicate
	A, B *crm.Contact
}

// DuplicatesCap is how far duplicates are counted.
const DuplicatesCap = 100

// Duplicates is a page of the pairs of which who may see both (V2), the surest first, and
// where the next one begins: nil on the last.
func (s *Contacts) Duplicates(ctx context.Context, who crm.Actor, after *store.DuplicatePlace, limit int) (list []Pair, next *store.DuplicatePlace, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		found, err := store.Duplicates(tx, who, after, limit+1)
		if err != nil {
			return err
		}
		if len(found) > limit {
			found = found[:limit]
			next = &store.DuplicatePlace{Score: found[limit-1].Score, ID: found[limit-1].ID}
		}
		var ids []crm.ID
		for _, d := range found {
			ids = append(ids, d.Low, d.High)
		}
		contacts, err := store.ContactsByID(tx, who.BusinessID, ids)
		if err != nil {
			return err
		}
		byID := map[crm.ID]*crm.Contact{}
		for _, c := range contacts {
			byID[c.ID] = c
		}
		for _, d := range found {
			list = append(list, Pair{d, byID[d.Low], byID[d.High]})
		}
		return nil
	})
	return list, next, err
}

// CountDuplicates counts the pairs, up to DuplicatesCap; more is answered as one more.
func (s *Contacts) CountDuplicates(ctx context.Context, who crm.Actor) (n int, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		n, err = store.CountDuplicates(tx, who, DuplicatesCap)
		return err
	})
	return n, err
}

// Duplicate reads one pair of which who may see both.
func (s *Contacts) Duplicate(ctx context.Context, who crm.Actor, id crm.ID) (d store.Duplicate, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		d, err = store.DuplicateByID(tx, who, id)
		return err
	})
	return d, err
}

// Dismiss remembers for ever that a pair is not the same person. A second time changes
// nothing.
func (s *Contacts) Dismiss(ctx context.Context, who crm.Actor, id crm.ID) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		d, err := store.DuplicateByID(tx, who, id)
		if err != nil || !d.DismissedAt.IsZero() {
			return err
		}
		now := s.Now()
		store.DismissDuplicate(tx, who, id, now)
		var events []crm.Event
		for _, contact := range []crm.ID{d.Low, d.High} {
			event := who.Event(crm.ContactDistinct, now)
			event.ContactID, event.SubjectID = contact, id
			events = append(events, event)
		}
		return s.record(tx, events...)
	})
}
