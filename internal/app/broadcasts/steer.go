package broadcasts

import (
	"context"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Pause lets a broadcast rest. What is on its way to the provider still goes. Admins only.
func (s *Broadcasts) Pause(ctx context.Context, who crm.Actor, id crm.ID) (*crm.Broadcast, error) {
	return s.change(ctx, who, id, crm.BroadcastHalted, func(_ *db.Tx, b *crm.Broadcast) error {
		switch b.Status {
		case crm.BroadcastPaused:
		case crm.BroadcastRunning, crm.BroadcastScheduled:
			b.Status, b.Problem = crm.BroadcastPaused, ""
		default:
			return crm.Errorf(crm.Conflicting, "wrong_status", "Only a broadcast that runs or is scheduled can be paused.")
		}
		return nil
	})
}

// Resume goes on with a broadcast that was paused, by whomever. One that had not begun is
// started, or scheduled again. Admins only.
func (s *Broadcasts) Resume(ctx context.Context, who crm.Actor, id crm.ID) (*crm.Broadcast, error) {
	b, err := s.Get(ctx, who, id)
	if err != nil {
		return nil, err
	}
	if b.Status == crm.BroadcastPaused && !b.Began() {
		return s.Start(ctx, who, id, false)
	}
	return s.change(ctx, who, id, crm.BroadcastResumed, func(tx *db.Tx, b *crm.Broadcast) error {
		if b.Status == crm.BroadcastRunning {
			return nil
		}
		if b.Status != crm.BroadcastPaused {
			return crm.Errorf(crm.Conflicting, "wrong_status", "Only a broadcast that is paused can be resumed.")
		}
		c, err := messageOf(tx, b)
		if err != nil {
			return err
		}
		if c.business.Held {
			return errHeld
		}
		if err := c.problems.Err(); err != nil {
			return err
		}
		gone, err := store.Deleted(tx, b.BusinessID, b.Audience.Tags())
		if err != nil {
			return err
		}
		b.Accepted = nil
		for _, t := range gone {
			b.Accepted = append(b.Accepted, t.ID) // somebody looked, and said to go on
		}
		b.Status, b.Problem = crm.BroadcastRunning, ""
		return s.Work(tx, b.BusinessID, b.ChannelID)
	})
}

// cancelChunk is how many who still wait are left out in one transaction.
const cancelChunk = 5000

// Cancel ends a broadcast for good: who still waits is left out. What is on its way to the
// provider still goes. Admins only.
func (s *Broadcasts) Cancel(ctx context.Context, who crm.Actor, id crm.ID) (*crm.Broadcast, error) {
	b, err := s.change(ctx, who, id, crm.BroadcastDropped, func(_ *db.Tx, b *crm.Broadcast) error {
		switch b.Status {
		case crm.BroadcastCancelled:
		case crm.BroadcastDone:
			return crm.Errorf(crm.Conflicting, "ended", "This broadcast has ended already.")
		default:
			b.Status, b.Problem, b.EndedAt = crm.BroadcastCancelled, "", s.Now()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return b, s.leaveOutWaiting(context.WithoutCancel(ctx), b)
}

func (s *Broadcasts) leaveOutWaiting(ctx context.Context, b *crm.Broadcast) error {
	for {
		n := 0
		err := s.DB.Write(ctx, func(tx *db.Tx) (err error) {
			n, err = store.SkipWaiting(tx, b.BusinessID, b.ID, crm.SkipCancelled, cancelChunk)
			return err
		})
		if err != nil || n < cancelChunk {
			return err
		}
	}
}

// pause lets a broadcast rest by itself, with a notice.
func (s *Broadcasts) pause(tx *db.Tx, b *crm.Broadcast, why string) error {
	b.Status, b.Problem, b.MovedAt = crm.BroadcastPaused, why, s.Now()
	store.PutBroadcast(tx, b)
	event := eventOf(crm.System(b.BusinessID), crm.BroadcastHalted, b)
	event.Note = b.Name + ": " + why
	return s.record(tx, event)
}
