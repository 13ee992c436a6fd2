package broadcasts

import (
	"context"
	"errors"
	"fmt"
	"strings"

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
	c, err := contentOf(tx, b)
	if err != nil {
		return false, err
	}
	problems := append(missing(b), c.problems...)
	if c.business.Held {
		return false, errHeld
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

var errHeld = crm.Errorf(crm.Conflicting, "on_hold", "This is a restored copy of Parley, and sending is on hold until an admin releases it under Settings > Business.")

// anybody refuses an audience of nobody, at its field.
func (s *Broadcasts) anybody(ctx context.Context, who crm.Actor, b *crm.Broadcast) error {
	p := Preflight{Skipped: map[crm.SkipReason]int{}}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		c, err := contentOf(tx, b)
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
