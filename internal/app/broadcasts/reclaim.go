package broadcasts

import (
	"context"
	"errors"
	"os"
	"strings"

	"parley/internal/app/inbox"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Reclaim acts on what the journal of this machine says of workers whose process died: of
// the messages they had claimed, those that certainly never left or were not taken wait
// again, those that were taken are sent, and the rest are unknown (V7). It is called when a
// node starts, before it sends.
func (s *Broadcasts) Reclaim(ctx context.Context) error {
	if s.Journal.Dir == "" {
		return nil
	}
	pages, err := os.ReadDir(s.Journal.Dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, page := range pages {
		holder, ok := strings.CutPrefix(page.Name(), "sends-")
		if !ok {
			continue
		}
		sends, sure, dead := s.Journal.left(holder)
		if sure {
			if err := s.reclaim(ctx, holder, sends); err != nil {
				return err
			}
		}
		if dead {
			s.Journal.forget(holder)
		}
	}
	return nil
}

func (s *Broadcasts) reclaim(ctx context.Context, holder string, sent sends) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		held, err := store.HoldsLane(tx, sent.business, sent.channel, holder)
		if err != nil {
			return err
		}
		list, err := store.UnmarkedBy(tx, sent.business, sent.channel, holder)
		if err != nil {
			return err
		}
		broadcasts := map[crm.ID]bool{}
		for _, u := range list {
			switch external, left := sent.left[u.ID]; {
			case !left:
				store.NeverSent(tx, sent.business, u.ID, crm.NewID(s.Now()))
				broadcasts[u.BroadcastID] = true
			case external != "":
				store.MarkRecipientSent(tx, sent.business, u.ID, external, s.Now())
			}
		}
		for id := range broadcasts {
			b, err := store.LockBroadcast(tx, sent.business, id)
			if err != nil {
				return err
			}
			if b.Status == crm.BroadcastCancelled {
				if _, err := store.SkipWaiting(tx, sent.business, id, crm.SkipCancelled, cancelChunk); err != nil {
					return err
				}
			} else if err := s.goOn(tx, b); err != nil {
				return err
			}
		}
		if !held {
			return nil // another node has taken over, and goes on
		}
		if err := s.strand(tx, sent.business, sent.channel); err != nil {
			return err
		}
		store.LeaveLane(tx, sent.business, sent.channel, holder)
		return s.Work(tx, sent.business, sent.channel)
	})
}

// strand makes everything unknown that was claimed over a channel by a worker that died.
func (s *Broadcasts) strand(tx *db.Tx, business, channel crm.ID) error {
	ids, err := store.BroadcastsOn(tx, business, channel, s.Now().Add(-settleFor))
	for _, id := range ids {
		if err == nil {
			_, err = store.Strand(tx, business, id, inbox.StoppedMeanwhile)
		}
	}
	return err
}
