package accounts

import (
	"context"
	"time"

	"parley/internal/connector"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// missedEvery is how often all are looked at, at the most, because a webhook is missing.
const missedEvery = 5 * time.Minute

// Receive takes a webhook of a provider: what it names is looked at soon. Errors:
// connector.ErrSignature, Invalid, NotFound for a provider that is not there.
func (s *Accounts) Receive(ctx context.Context, provider string, call connector.Call) error {
	conn, _, err := s.open(provider)
	if err != nil {
		return crm.ErrNotFound
	}
	hints, err := conn.Hints(call)
	if err != nil {
		return err
	}
	var first, last int64
	if numbered, ok := conn.(connector.Numbered); ok {
		first, last = numbered.Numbers(call)
	}
	if len(hints) == 0 && first == 0 {
		return nil
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		now := s.Now()
		if err := s.missed(tx, provider, first, last, now); err != nil {
			return err
		}
		known := map[string][]store.ConnectionPlace{}
		for _, h := range hints {
			places, asked := known[h.Org]
			if !asked {
				if places, err = store.ConnectionsOf(tx, provider, h.Org); err != nil {
					return err
				}
				known[h.Org] = places
			}
			for _, p := range places {
				store.AddHint(tx, p.Business, p.ID, h.Feed, h.ID, now)
				store.WakeFeed(tx, p.Business, p.ID, h.Feed, now.Add(debounce))
			}
		}
		return nil
	})
}

// missed has everybody looked at who follows a provider where a webhook is missing between
// the last one and this one: nothing says whose it was. It may only be late, so that this is
// done once in a while; the polls come anyway.
func (s *Accounts) missed(tx *db.Tx, provider string, first, last int64, now time.Time) error {
	if first == 0 {
		return nil
	}
	had, err := store.LockWebhookSequence(tx, provider)
	if err != nil {
		return err
	}
	gap := had.Last > 0 && first > had.Last+1 && now.Sub(had.LookedAt) > missedEvery
	if had.Last = max(had.Last, last); first == 1 { // they began anew
		had.Last = last
	}
	if gap {
		had.LookedAt = now
		feeds, err := store.FollowedOf(tx, provider)
		if err != nil {
			return err
		}
		for _, f := range feeds {
			store.AddHint(tx, f.Business, f.ID, f.Kind, "", now)
			store.WakeFeed(tx, f.Business, f.ID, f.Kind, now.Add(debounce+spread(string(f.ID)+string(f.Kind), time.Minute)))
		}
	}
	store.ChangeWebhookSequence(tx, provider, had)
	return nil
}
