package broadcasts

import (
	"context"
	"errors"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// TakeUp starts what is due, goes on with what a node left lying, and has the lanes of
// channels worked at where nobody does. It is called every second or two; several nodes
// may do so at once.
func (s *Broadcasts) TakeUp(ctx context.Context) error {
	var list []store.ActiveBroadcast
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		list, err = store.ActiveBroadcasts(tx)
		return err
	})
	if err != nil {
		return err
	}
	var errs []error
	lanes := map[[2]crm.ID]bool{}
	for _, a := range list {
		switch {
		case a.Status == crm.BroadcastScheduled:
			if !a.StartAt.After(s.Now()) {
				errs = append(errs, s.startDue(ctx, a))
			}
		case !a.Frozen:
			if s.Now().Sub(a.MovedAt) > freezeLeftAfter {
				errs = append(errs, s.freezeAgain(ctx, a))
			}
		case !lanes[[2]crm.ID{a.Business, a.Channel}]:
			lanes[[2]crm.ID{a.Business, a.Channel}] = true
			errs = append(errs, s.workWhereNobodyDoes(ctx, a))
		}
	}
	return errors.Join(errs...)
}

func (s *Broadcasts) workWhereNobodyDoes(ctx context.Context, a store.ActiveBroadcast) error {
	free := false
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		free, err = store.LaneFree(tx, a.Business, a.Channel, s.Now())
		return err
	})
	if err != nil || !free {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error { return s.Work(tx, a.Business, a.Channel) })
}

// startDue starts a broadcast whose time has come, for whoever scheduled it. What keeps it
// from starting pauses it, with a notice.
func (s *Broadcasts) startDue(ctx context.Context, a store.ActiveBroadcast) error {
	who, name, err := s.sender(ctx, a)
	if err != nil {
		return err
	}
	refusal := ""
	if who.UserID == "" || !crm.MayBroadcast(who) {
		refusal = name + ", who scheduled it, is no admin any more."
	} else if _, err = s.Start(ctx, who, a.ID, false); err != nil {
		var e *crm.Error
		if !errors.As(err, &e) || e.Kind == crm.Unavailable {
			return err
		}
		refusal = e.Error()
	}
	if refusal == "" {
		return nil
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		b, err := store.LockBroadcast(tx, a.Business, a.ID)
		if err != nil || b.Status != crm.BroadcastScheduled {
			return err
		}
		return s.pause(tx, b, "It did not start: "+refusal)
	})
}

// sender is who a broadcast is sent by, as far as they may still act.
func (s *Broadcasts) sender(ctx context.Context, a store.ActiveBroadcast) (who crm.Actor, name string, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		b, err := store.Broadcast(tx, a.Business, a.ID)
		if err != nil {
			return err
		}
		u, err := store.User(tx, a.Business, b.UserID)
		if err != nil {
			return err
		}
		name = u.Name
		if u.Active {
			who = crm.Actor{BusinessID: a.Business, UserID: u.ID, Role: u.Role, Name: u.Name, Via: crm.ViaSystem}
		}
		return nil
	})
	return who, name, err
}

// freezeAgain freezes an audience that a node left half done when it died. Nothing was
// sent yet.
func (s *Broadcasts) freezeAgain(ctx context.Context, a store.ActiveBroadcast) error {
	who, _, err := s.sender(ctx, a)
	if err != nil {
		return err
	}
	var b *crm.Broadcast
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		again, err := store.LockBroadcast(tx, a.Business, a.ID)
		if err != nil {
			return err
		}
		if again.Status != crm.BroadcastRunning || !again.FrozenAt.IsZero() || s.Now().Sub(again.MovedAt) <= freezeLeftAfter {
			return nil
		}
		if who.UserID == "" {
			return s.pause(tx, again, "Parley stopped while it was being prepared, and its sender may not act any more.")
		}
		again.Round++
		again.MovedAt = s.Now()
		store.ForgetRecipients(tx, a.Business, a.ID)
		store.PutBroadcast(tx, again)
		b = again
		return nil
	})
	if err != nil || b == nil {
		return err
	}
	return s.freeze(ctx, who, b)
}

// Settle leaves out those who still wait in broadcasts that were cancelled when a
// node died over it, and settles what became of unknown messages where the provider can
// be asked. It is called every minute.
func (s *Broadcasts) Settle(ctx context.Context) error {
	var list []store.RecentBroadcast
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		list, err = store.RecentBroadcasts(tx, s.Now().Add(-settleFor))
		return err
	})
	errs := []error{err}
	for _, r := range list {
		if r.Status == crm.BroadcastCancelled && r.Waiting {
			errs = append(errs, s.leaveOutWaiting(ctx, &crm.Broadcast{BusinessID: r.Business, ID: r.ID}))
		}
		if r.Unknown {
			errs = append(errs, s.settle(ctx, r))
		}
	}
	return errors.Join(errs...)
}

// settleFor is how long after its end a broadcast's unknown messages are asked about.
const settleFor = 7 * 24 * time.Hour

// FreeLanes lets go of every channel, for a database that no other process works on: who
// sent over them has died.
func (s *Broadcasts) FreeLanes(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		store.FreeLanes(tx)
		return nil
	})
}
