package broadcasts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

const (
	// freezeChunk is how many people are written in one transaction.
	freezeChunk = 2000
	// lookedAt is after how many people whoever looks at an audience says that it goes on.
	lookedAt = 50_000
	// spareEvery is after how many people SQLite lets go of the pages that it has kept in
	// memory: of a million they would be as many as it may keep at all.
	spareEvery = 5 * freezeChunk
	// freezePatience is how long a start waits for the audience to be complete; a larger
	// one is completed behind it.
	freezePatience = 5 * time.Second
	// freezeLeftAfter is how long nobody may have worked at an audience until it is frozen
	// anew.
	freezeLeftAfter = 30 * time.Second
)

// freezeNow freezes the audience of a broadcast that has just begun.
func (s *Broadcasts) freezeNow(ctx context.Context, who crm.Actor, b *crm.Broadcast) error {
	done := make(chan error, 1)
	go func() { done <- s.freeze(context.WithoutCancel(ctx), who, b) }()
	timer := time.NewTimer(freezePatience)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return nil // it goes on; the caller has gone
	}
}

var errSuperseded = errors.New("somebody else freezes this audience, or nobody is to")

// freeze writes down who gets a broadcast, from one look at the database: what changes
// while it is at it does not count (B3). Nothing is sent before it is complete.
func (s *Broadcasts) freeze(ctx context.Context, who crm.Actor, b *crm.Broadcast) error {
	people, err := s.lookAtAudience(ctx, who, b)
	if err == nil {
		err = s.writeAudience(ctx, b, people)
	}
	if errors.Is(err, errSuperseded) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("freeze the audience of broadcast %s: %w", b.ID, err)
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.stillFreezing(tx, b); err != nil {
			if errors.Is(err, errSuperseded) {
				return nil
			}
			return err
		}
		store.SetFrozen(tx, b.BusinessID, b.ID, s.Now(), people.people)
		moved := *b
		moved.MovedAt = s.Now()
		if err := s.record(tx, eventOf(crm.System(b.BusinessID), crm.BroadcastMoved, &moved)); err != nil {
			return err
		}
		return s.Work(tx, b.BusinessID, b.ChannelID)
	})
}

// lookAtAudience takes one look at who is in an audience.
func (s *Broadcasts) lookAtAudience(ctx context.Context, who crm.Actor, b *crm.Broadcast) (*crowd, error) {
	people := &crowd{}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		c, err := contentOf(tx, b)
		if err != nil {
			return err
		}
		return s.audience(tx, who, b, &c, func(a store.Candidate, skip crm.SkipReason) error {
			if skip == crm.SkipNotVisible {
				a.ContactID, a.Address = "", "" // counted, and told to nobody (V2)
			}
			people.add(a.ContactID, a.Address, skip)
			if people.people%lookedAt != 0 {
				return nil
			}
			return s.DB.Write(ctx, func(tx *db.Tx) error {
				store.SpareMemory(tx) // what others wrote lies there, while the crowd grows
				return s.stillFreezing(tx, b)
			})
		})
	})
	return people, err
}

// writeAudience writes down who was seen, a chunk at a time.
func (s *Broadcasts) writeAudience(ctx context.Context, b *crm.Broadcast, people *crowd) error {
	batch, position := make([]crm.Recipient, 0, freezeChunk), 0
	err := people.each(func(contact crm.ID, address string, skip crm.SkipReason) error {
		position++
		r := crm.Recipient{Position: position, ID: crm.NewID(s.Now()), ContactID: contact, ChannelID: b.ChannelID, Address: address, Status: crm.Queued}
		if skip != "" {
			r.Status, r.Skip = crm.Skipped, skip
		}
		if batch = append(batch, r); len(batch) < freezeChunk {
			return nil
		}
		defer func() { batch = batch[:0] }()
		return s.addRecipients(ctx, b, batch)
	})
	if err == nil && len(batch) > 0 {
		err = s.addRecipients(ctx, b, batch)
	}
	return err
}

// addRecipients writes some people of an audience that is still being frozen.
func (s *Broadcasts) addRecipients(ctx context.Context, b *crm.Broadcast, people []crm.Recipient) error {
	return s.DB.WriteBehind(ctx, func(tx *db.Tx) error {
		if err := s.stillFreezing(tx, b); err != nil {
			return err
		}
		if people[0].Position%spareEvery == 1 {
			store.SpareMemory(tx)
		}
		store.AddRecipients(tx, b.BusinessID, b.ID, people)
		return nil
	})
}

// stillFreezing refuses to go on when another one freezes, or the broadcast was cancelled.
func (s *Broadcasts) stillFreezing(tx *db.Tx, b *crm.Broadcast) error {
	now, err := store.LockBroadcast(tx, b.BusinessID, b.ID)
	if err != nil {
		return err
	}
	if now.Round != b.Round || !now.FrozenAt.IsZero() || now.Status != crm.BroadcastRunning && now.Status != crm.BroadcastPaused {
		return errSuperseded
	}
	store.TouchBroadcast(tx, b.BusinessID, b.ID, s.Now())
	return nil
}
