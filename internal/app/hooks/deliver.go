package hooks

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

const (
	// eventsAtOnce is how many events are noted for an endpoint in one transaction.
	eventsAtOnce = 200
	// heldFor is how long one that delivers keeps others away after its last sign of life.
	heldFor = time.Minute
	// keptFor is how long the list of deliveries goes back.
	keptFor = 30 * 24 * time.Hour
)

// Follow notes what happened since, for every active endpoint of every business, and
// enqueues Deliver where something is due. It is run every two seconds.
func (s *Hooks) Follow(ctx context.Context) error {
	var businesses []crm.ID
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		businesses, err = store.HookedBusinesses(tx)
		return err
	})
	for _, b := range businesses {
		if err == nil {
			err = s.followBusiness(ctx, b)
		}
	}
	return err
}

func (s *Hooks) followBusiness(ctx context.Context, business crm.ID) error {
	var endpoints []store.HookEndpoint
	if err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		endpoints, err = store.Hooks(tx, business)
		return err
	}); err != nil {
		return err
	}
	for _, h := range endpoints {
		if !h.Active {
			continue
		}
		if err := s.follow(ctx, h); err != nil {
			return err
		}
	}
	return nil
}

// follow moves one endpoint on: the deliveries and the place up to which they reach are
// written together, so that no event is left out whatever happens.
func (s *Hooks) follow(ctx context.Context, h store.HookEndpoint) error {
	for {
		var events []crm.Event
		due := false
		err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
			if events, err = store.EventsAfter(tx, h.BusinessID, h.Cursor, eventsAtOnce); err == nil && len(events) == 0 {
				_, due, err = store.NextHookDelivery(tx, h.BusinessID, h.ID, s.Now(), crm.HookBlocking)
			}
			return err
		})
		if err != nil || len(events) == 0 && !due {
			return err
		}
		to := h.Cursor
		var told []crm.Event
		for _, e := range events {
			to, _ = store.ParseCursor(e.Cursor)
			if h.Follows(e.Type) {
				told = append(told, e)
			}
		}
		moved := true
		err = s.DB.Write(ctx, func(tx *db.Tx) (err error) {
			if len(events) > 0 {
				if moved, err = store.MoveHook(tx, h.BusinessID, h.ID, h.Cursor, to); err != nil || !moved {
					return err
				}
				store.AddHookDeliveries(tx, h.BusinessID, h.ID, told, s.Now())
			}
			if len(told) > 0 || due {
				return s.Later(tx, h.BusinessID, h.ID)
			}
			return nil
		})
		if err != nil || !moved || len(events) < eventsAtOnce {
			return err
		}
		h.Cursor = to
	}
}

// Deliver tells an endpoint what is due, one after the other, until nothing is or until
// comes. It leaves it to Follow to ask again while somebody else delivers to it, or others
// of the business have the places that there are for one. more says that there may be
// something left.
func (s *Hooks) Deliver(ctx context.Context, business, id crm.ID, until time.Time) (more bool, err error) {
	leave, ok := s.turns.take(business, id)
	if !ok {
		return false, nil
	}
	defer leave()
	held, taken := s.Now().Add(heldFor), false
	err = s.DB.Write(ctx, func(tx *db.Tx) (err error) {
		taken, err = store.HoldHook(tx, business, id, s.Now(), held)
		return err
	})
	if err != nil || !taken {
		return false, err
	}
	defer func() {
		err = errors.Join(err, s.DB.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error {
			store.LetHookGo(tx, business, id, held)
			return nil
		}))
	}()
	for s.Now().Before(until) {
		done, err := s.deliverNext(ctx, business, id, &held)
		if err != nil || done {
			return false, err
		}
	}
	return true, nil
}

// deliverNext makes one attempt and holds the endpoint for longer; done is true when nothing
// is due, the endpoint is off, or another delivers to it by now.
func (s *Hooks) deliverNext(ctx context.Context, business, id crm.ID, held *time.Time) (done bool, err error) {
	var h store.HookEndpoint
	var d store.HookDelivery
	var o Occurrence
	found := false
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if h, err = store.Hook(tx, business, id); err != nil || !h.Active {
			return err
		}
		b, err := store.Business(tx, business)
		if err != nil || b.Held {
			return err
		}
		if d, found, err = store.NextHookDelivery(tx, business, id, s.Now(), crm.HookBlocking); err != nil || !found {
			return err
		}
		o, err = occurrence(tx, business, d)
		return err
	})
	if crm.KindOf(err) == crm.NotFound {
		s.turns.forget(id)
		return true, nil // deleted in the meantime
	}
	if err != nil || !found {
		return true, err
	}
	began := s.Now()
	status, sendErr := s.send(ctx, h, d.ID, o)
	s.turns.called(id, s.Now().Sub(began))
	if ctx.Err() != nil {
		return true, ctx.Err() // the program ends: the attempt counts for nothing and is made again
	}
	kept, err := s.mark(ctx, h, d, held, status, sendErr)
	return !kept, err
}

// send makes the call for an occurrence.
func (s *Hooks) send(ctx context.Context, h store.HookEndpoint, id crm.ID, o Occurrence) (status int, err error) {
	body, err := s.Body(o)
	if err != nil {
		return 0, err
	}
	k, err := s.open(h)
	if err != nil {
		return 0, err
	}
	now := s.Now()
	keys := []string{k.Secret}
	if k.Old != "" && now.Before(k.Until) {
		keys = append(keys, k.Old)
	}
	return s.Post(ctx, Call{URL: h.URL, Body: body, Headers: map[string]string{
		"Content-Type": "application/json", "webhook-id": string(id), "webhook-timestamp": strconv.FormatInt(now.Unix(), 10),
		"webhook-signature": crm.SignHook(id, now, body, keys...),
	}})
}

// mark writes how an attempt ended, and ends an endpoint that says it is gone or has failed
// for days. kept is false, and nothing is written, where the call took longer than the
// endpoint was held: whoever delivers since tells of the same, under the same id.
func (s *Hooks) mark(ctx context.Context, h store.HookEndpoint, d store.HookDelivery, held *time.Time, status int, sendErr error) (kept bool, err error) {
	var until time.Time
	err = s.DB.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		now := s.Now()
		until = now.Add(heldFor)
		if kept, err = store.KeepHook(tx, h.BusinessID, h.ID, *held, until); err != nil || !kept {
			return err
		}
		d := d
		d.Attempts++
		d.Answer, d.Problem, d.NextAt = status, "", time.Time{}
		if sendErr == nil && status/100 == 2 {
			d.Status, d.EndedAt = crm.HookDelivered, now
			store.MarkHookDelivery(tx, h.BusinessID, h.ID, d)
			store.HookWorks(tx, h.BusinessID, h.ID)
			return nil
		}
		d.Problem = fmt.Sprintf("It answered %d.", status)
		if sendErr != nil {
			d.Problem = sendErr.Error()
		}
		if wait, again := crm.HookWait(d.Attempts); again {
			d.NextAt = now.Add(wait)
		} else {
			d.Status, d.EndedAt = crm.HookFailed, now
		}
		store.MarkHookDelivery(tx, h.BusinessID, h.ID, d)
		store.HookFails(tx, h.BusinessID, h.ID, d.Problem, now)
		failing := h.FailingSince
		if failing.IsZero() {
			failing = now
		}
		if status == gone || now.Sub(failing) >= crm.HookEndsAfter {
			return s.end(tx, h, d.Problem, failing, status == gone)
		}
		return nil
	})
	if err == nil && kept {
		*held = until
	}
	return kept, err
}

// gone is the answer of an endpoint that wants to hear no more.
const gone = 410

// end switches an endpoint off and says why.
func (s *Hooks) end(tx *db.Tx, h store.HookEndpoint, problem string, failing time.Time, gone bool) error {
	store.LockHook(tx, h.BusinessID, h.ID)
	stored, err := store.Hook(tx, h.BusinessID, h.ID)
	if err != nil {
		return err
	}
	stored.Active, stored.FailingSince = false, failing
	stored.Problem = "Switched off because it failed for five days: " + problem
	if gone {
		stored.Problem = "Switched off because it answered 410: it wants to hear no more."
	}
	store.PutHook(tx, stored)
	event := about(crm.System(h.BusinessID), crm.HookEnded, stored.HookEndpoint, s.Now())
	event.Note += ": " + stored.Problem
	return s.record(tx, event)
}

// Test calls an endpoint at once with an event of the type webhook.test. The problem says
// why it did not take it; empty when it did. Admins only.
func (s *Hooks) Test(ctx context.Context, who crm.Actor, id crm.ID) (status int, problem string, err error) {
	if !who.IsAdmin() {
		return 0, "", crm.ErrForbidden
	}
	var h store.HookEndpoint
	var b crm.Business
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if h, err = store.Hook(tx, who.BusinessID, id); err != nil {
			return err
		}
		b, err = store.Business(tx, who.BusinessID)
		return err
	})
	if err != nil {
		return 0, "", err
	}
	if b.Held {
		return 0, "This is a restored copy of Parley, and sending is on hold until an admin releases it under Settings > Business.", nil
	}
	now := s.Now()
	status, sendErr := s.send(ctx, h, crm.NewID(now), Occurrence{Event: who.Event("webhook.test", now)})
	switch {
	case sendErr != nil:
		return status, sendErr.Error(), nil
	case status/100 != 2:
		return status, fmt.Sprintf("It answered %d.", status), nil
	}
	return status, "", nil
}

// Tidy clears old deliveries. It is run every hour.
func (s *Hooks) Tidy(ctx context.Context) error {
	var businesses []crm.Business
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		businesses, err = store.Businesses(tx)
		return err
	})
	for _, b := range businesses {
		if err == nil {
			err = s.DB.Write(ctx, func(tx *db.Tx) error {
				store.ForgetHookDeliveries(tx, b.ID, s.Now().Add(-keptFor))
				return nil
			})
		}
	}
	return err
}
