package broadcasts

import (
	"context"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// requeueChunk is how many are put back into the queue in one transaction.
const requeueChunk = 1000

// Retry sends to those once more whose message failed in a way that may end otherwise now;
// with unknown instead to those of whom nobody knows whether they have it, which only a
// person may decide: they may get it twice. It says how many those are. Admins only.
func (s *Broadcasts) Retry(ctx context.Context, who crm.Actor, id crm.ID, unknown bool) (n int, err error) {
	if !crm.MayBroadcast(who) {
		return 0, crm.ErrForbidden
	}
	f := store.RecipientFilter{Status: crm.Failed, RetryAt: s.Now()}
	if unknown {
		f = store.RecipientFilter{Status: crm.Unknown}
	}
	for more := true; more; {
		err = s.DB.Write(ctx, func(tx *db.Tx) error {
			b, err := store.LockBroadcast(tx, who.BusinessID, id)
			if err != nil {
				return err
			}
			if b.Status != crm.BroadcastRunning && b.Status != crm.BroadcastDone && b.Status != crm.BroadcastPaused || b.FrozenAt.IsZero() {
				return crm.Errorf(crm.Conflicting, "wrong_status", "This broadcast was cancelled or has not begun, so nobody gets it once more.")
			}
			done, err := store.Requeue(tx, who.BusinessID, id, f, func() crm.ID { return crm.NewID(s.Now()) }, requeueChunk)
			if err != nil {
				return err
			}
			more = done == requeueChunk
			if done == 0 {
				return nil
			}
			tx.After(func() { n += done })
			b.MovedAt = s.Now()
			event := eventOf(who, crm.BroadcastRetried, b)
			event.Note = b.Name + ": " + plural(done)
			if err := s.record(tx, event); err != nil {
				return err
			}
			return s.goOn(tx, b)
		})
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// CheckRecipient reports NotFound for somebody whom a broadcast does not go to. Admins only.
func (s *Broadcasts) CheckRecipient(ctx context.Context, who crm.Actor, id, recipient crm.ID) error {
	if !crm.MayBroadcast(who) {
		return crm.ErrForbidden
	}
	return s.DB.Read(ctx, func(tx *db.Tx) error {
		_, err := store.RecipientByID(tx, who.BusinessID, id, recipient)
		return err
	})
}

// Decide settles one message of which nobody knows whether it arrived, by a person's word:
// it is taken for sent, or sent once more. Admins only.
func (s *Broadcasts) Decide(ctx context.Context, who crm.Actor, id, recipient crm.ID, sent bool) error {
	if !crm.MayBroadcast(who) {
		return crm.ErrForbidden
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		b, err := store.LockBroadcast(tx, who.BusinessID, id)
		if err != nil {
			return err
		}
		r, err := store.RecipientByID(tx, who.BusinessID, id, recipient)
		if err != nil {
			return err
		}
		if r.Status != crm.Unknown {
			return crm.Errorf(crm.Conflicting, "known", "It is known by now what became of this message.")
		}
		if b.Status == crm.BroadcastCancelled && !sent {
			return crm.Errorf(crm.Conflicting, "wrong_status", "This broadcast was cancelled, so nobody gets it once more.")
		}
		b.MovedAt = s.Now()
		event := eventOf(who, crm.BroadcastDecided, b)
		if sent {
			event.Note += ": taken for sent"
			store.MarkRecipientSent(tx, who.BusinessID, r.ID, "", r.ClaimedAt)
			return s.record(tx, event)
		}
		event.Note += ": sent once more"
		if err := s.record(tx, event); err != nil {
			return err
		}
		store.NeverSent(tx, who.BusinessID, r.ID, crm.NewID(s.Now()))
		return s.goOn(tx, b)
	})
}
