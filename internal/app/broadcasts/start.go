package broadcasts

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Start begins a broadcast: who gets it is frozen now, as the one who starts it sees them
// (B3, V2). One with a time in the future is scheduled, unless now says otherwise. Pressed
// twice it starts once. The error is of kind Invalid and names what is missing or wrong,
// or Conflicting for one that has ended. Admins only.
func (s *Broadcasts) Start(ctx context.Context, who crm.Actor, id crm.ID, now bool) (*crm.Broadcast, error) {
	b, err := s.Get(ctx, who, id)
	if err != nil {
		return nil, err
	}
	if b.Status == crm.BroadcastRunning || b.Status == crm.BroadcastScheduled && b.StartAt.After(s.Now()) && !now {
		return b.Broadcast, nil
	}
	if !b.Began() {
		if err := s.anybody(ctx, who, b.Broadcast); err != nil {
			return nil, err
		}
	}
	var began bool
	started, err := s.change(ctx, who, id, crm.BroadcastStarted, func(tx *db.Tx, b *crm.Broadcast) (err error) {
		began, err = s.begin(tx, who, b, now)
		return err
	})
	if err != nil || !began {
		return started, err
	}
	return started, s.freezeNow(ctx, who, started)
}

// begin makes a broadcast one that runs, or is scheduled; began is false for one that
// does so already.
func (s *Broadcasts) begin(tx *db.Tx, who crm.Actor, b *crm.Broadcast, now bool) (began bool, err error) {
	later := b.StartAt.After(s.Now()) && !now
	switch {
	case b.Status == crm.BroadcastRunning, b.Status == crm.BroadcastScheduled && later:
		return false, nil
	case b.Began() && b.Status == crm.BroadcastPaused:
		return false, crm.Errorf(crm.Conflicting, "paused", "This broadcast is paused. Resume it instead.")
	case b.Began(), b.Status == crm.BroadcastCancelled, b.Status == crm.BroadcastDone:
		return false, crm.Errorf(crm.Conflicting, "ended", "This broadcast has ended. Make another one.")
	}
	c, err := s.contentOf(tx, b)
	if err != nil {
		return false, err
	}
	problems := append(missing(b), c.problems...)
	if c.business.Held {
		return false, crm.Errorf(crm.Conflicting, "on_hold", "This is a restored copy of Parley, and sending is on hold until an admin releases it under Settings > Business.")
	}
	if err := problems.Err(); err != nil {
		return false, err
	}
	b.UserID, b.ByName, b.Problem = who.UserID, who.Name, ""
	if later {
		b.Status = crm.BroadcastScheduled
		return false, nil
	}
	b.Status, b.StartedAt = crm.BroadcastRunning, s.Now()
	b.Round++
	return true, nil
}

// anybody refuses an audience of nobody, at its field.
func (s *Broadcasts) anybody(ctx context.Context, who crm.Actor, b *crm.Broadcast) error {
	p := Preflight{Skipped: map[crm.SkipReason]int{}}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		c, err := s.contentOf(tx, b)
		if err != nil {
			return err
		}
		if err := append(missing(b), c.problems...).Err(); err != nil {
			return err
		}
		return s.audience(tx, who, b, &c, func(_ store.Candidate, skip crm.SkipReason) error {
			if skip == "" {
				return errEnough
			}
			p.Skipped[skip]++
			return nil
		})
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	if err != nil {
		return err
	}
	var problems crm.Problems
	problems.Add("audience", "nobody", "Nobody would get this.%s", whyNobody(p))
	return problems.Err()
}

func whyNobody(p Preflight) string {
	var parts []string
	for _, reason := range crm.SkipReasons {
		if n := p.Skipped[reason]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d: %s", n, strings.TrimSuffix(reason.Words(), ".")))
		}
	}
	if len(parts) == 0 {
		return " No contact matches."
	}
	return " " + strings.Join(parts, "; ") + "."
}

const (
	// freezeChunk is how many people are written in one transaction.
	freezeChunk = 2000
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
	var people []crm.Recipient
	position := 0
	flush := func() error {
		batch := people
		people = nil
		return s.DB.Write(ctx, func(tx *db.Tx) error {
			if err := s.stillFreezing(tx, b); err != nil {
				return err
			}
			store.AddRecipients(tx, b.BusinessID, b.ID, batch)
			return nil
		})
	}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		c, err := s.contentOf(tx, b)
		if err != nil {
			return err
		}
		return s.audience(tx, who, b, &c, func(a store.Candidate, skip crm.SkipReason) error {
			position++
			r := crm.Recipient{Position: position, ID: crm.NewID(s.Now()), ContactID: a.ContactID, ChannelID: b.ChannelID, Address: a.Address, Status: crm.Queued}
			if skip != "" {
				r.Status, r.Skip = crm.Skipped, skip
			}
			if skip == crm.SkipNotVisible {
				r.ContactID, r.Address = "", "" // counted, and told to nobody (V2)
			}
			people = append(people, r)
			if len(people) < freezeChunk {
				return nil
			}
			return flush()
		})
	})
	if err == nil {
		err = flush()
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
		store.SetFrozen(tx, b.BusinessID, b.ID, s.Now(), position)
		moved := *b
		moved.MovedAt = s.Now()
		if err := s.record(tx, eventOf(crm.System(b.BusinessID), crm.BroadcastMoved, &moved)); err != nil {
			return err
		}
		return s.Work(tx, b.BusinessID, b.ChannelID)
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
		c, err := s.contentOf(tx, b)
		if err != nil {
			return err
		}
		if c.business.Held {
			return crm.Errorf(crm.Conflicting, "on_hold", "This is a restored copy of Parley, and sending is on hold until an admin releases it under Settings > Business.")
		}
		var problems crm.Problems
		for _, p := range c.problems {
			if !strings.HasPrefix(p.Field, "audience") { // it stands, whatever became of its tags
				problems = append(problems, p)
			}
		}
		if err := problems.Err(); err != nil {
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
