package contacts

import (
	"context"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// freezeChunk is how many contacts are frozen in one transaction: some 2 ms of SQLite's one
// writer.
var freezeChunk = 250

// freezeBulk keeps the contacts of an act, in chunks, so that others can write between them,
// and begins it with the last. freeze keeps those at positions behind one up to another and
// answers how many. Until it begins nobody hears of the act, and should that never be, it is
// forgotten (TakeUpBulks).
func (s *Contacts) freezeBulk(ctx context.Context, b *crm.Bulk, positions int, freeze func(tx *db.Tx, behind, upTo int) (int, error), begin func(*db.Tx) error) error {
	frozen := 0
	for behind := 0; ; behind += freezeChunk {
		upTo := min(behind+freezeChunk, positions)
		now := frozen
		err := s.DB.WriteBehind(ctx, func(tx *db.Tx) error {
			b.Total, b.MovedAt = store.NotBegun, s.Now()
			if behind == 0 {
				store.AddBulk(tx, b)
			} else if err := s.stillFreezing(tx, b); err != nil {
				return err
			}
			n, err := freeze(tx, behind, upTo)
			if now = frozen + n; err != nil || upTo < positions {
				return err
			}
			b.Total = now
			return begin(tx)
		})
		if err != nil || upTo == positions {
			return err
		}
		frozen = now
	}
}

// stillFreezing notes that an act is worked at.
func (s *Contacts) stillFreezing(tx *db.Tx, b *crm.Bulk) error {
	_, err := store.LockBulk(tx, b.BusinessID, b.ID)
	if crm.KindOf(err) == crm.NotFound {
		return crm.Errorf(crm.Unavailable, "interrupted", "The server was held up for too long, and nothing was done. Please try again.")
	}
	store.ChangeBulk(tx, b)
	return err
}

// beginBulk has an act whose contacts are kept worked off.
func (s *Contacts) beginBulk(tx *db.Tx, who crm.Actor, b *crm.Bulk) error {
	events := []crm.Event{bulkEvent(who, crm.BulkStarted, b)}
	if b.Total == 0 {
		b.Status, b.EndedAt = crm.BulkDone, b.CreatedAt
		events = append(events, bulkEvent(who, crm.BulkEnded, b))
	}
	store.ChangeBulk(tx, b)
	if err := s.record(tx, events...); err != nil || b.Total == 0 {
		return err
	}
	return s.WorkLater(tx, who.BusinessID, b.ID)
}
