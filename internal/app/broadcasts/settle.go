package broadcasts

import (
	"context"
	"time"

	"parley/internal/channel"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

const (
	// settleAfter is how long a message must have been unknown before the provider is asked
	// about it: it may still be on its way to its list.
	settleAfter = 2 * time.Minute
	// settleAtOnce is how many are asked about in a row.
	settleAtOnce = 50
)

// settle asks a provider that keeps a list of what it took about the unknown messages of
// a broadcast. One that is in it was sent; one that is not never was, and is sent now.
func (s *Broadcasts) settle(ctx context.Context, r store.RecentBroadcast) error {
	var ch store.Channel
	var list []crm.Recipient
	now := s.Now()
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if ch, err = store.ChannelByID(tx, r.Business, r.Channel); err != nil {
			return err
		}
		list, err = store.UnknownRecipients(tx, r.Business, r.ID, now.Add(-settleAfter), now, settleAtOnce)
		return err
	})
	if err != nil || len(list) == 0 {
		return err
	}
	open, err := s.Open(ch)
	if err != nil {
		return nil // a channel without complete settings cannot be asked
	}
	finder, ok := open.(channel.Finder)
	if !ok {
		return nil // statuses alone will tell
	}
	for _, recipient := range list {
		taken, err := finder.Taken(ctx, recipient.Address, recipient.ClaimedAt.Add(-time.Minute))
		if err != nil {
			return s.DB.Write(ctx, func(tx *db.Tx) error {
				store.AskAgain(tx, r.Business, recipient.ID, now.Add(10*time.Minute))
				return nil
			})
		}
		if err := s.settleOne(ctx, r, recipient, taken); err != nil {
			return err
		}
	}
	return nil
}

func (s *Broadcasts) settleOne(ctx context.Context, r store.RecentBroadcast, recipient crm.Recipient, taken []channel.Taken) error {
	now := s.Now()
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		b, err := store.LockBroadcast(tx, r.Business, r.ID)
		if err != nil {
			return err
		}
		var externals []string
		for _, t := range taken {
			externals = append(externals, t.ExternalID)
		}
		known, err := store.KnownExternals(tx, r.Business, r.Channel, externals)
		if err != nil {
			return err
		}
		for _, t := range taken {
			if t.Text == recipient.Text && !known[t.ExternalID] {
				store.MoveRecipient(tx, r.Business, recipient.ID, t.InboundStatus, channel.RetryAt(t.ErrorCode, now), now)
				return nil
			}
		}
		store.NeverSent(tx, r.Business, recipient.ID, crm.NewID(now))
		if b.Status == crm.BroadcastCancelled {
			_, err := store.SkipWaiting(tx, r.Business, r.ID, crm.SkipCancelled, cancelChunk)
			return err
		}
		return s.goOn(tx, b)
	})
}

// goOn makes a broadcast that had ended run again, because somebody waits in it once more.
func (s *Broadcasts) goOn(tx *db.Tx, b *crm.Broadcast) error {
	if b.Status == crm.BroadcastDone {
		b.Status, b.EndedAt, b.MovedAt = crm.BroadcastRunning, time.Time{}, s.Now()
		store.PutBroadcast(tx, b)
	}
	if b.Status != crm.BroadcastRunning {
		return nil
	}
	return s.Work(tx, b.BusinessID, b.ChannelID)
}
