// Package hooks is the room of outgoing webhooks: a business's own systems follow its
// contacts, conversations, messages and broadcasts. Deliveries are made of the event table,
// in its order, and survive whatever ends a process: each event is told at least once.
package hooks

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"slices"
	"time"

	"parley/internal/auth"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Hooks holds what the verbs of this room need.
type Hooks struct {
	DB     *db.DB
	Now    func() time.Time
	Sealer *auth.Sealer
	// Wake is called after a commit that wrote events of a business.
	Wake func(business crm.ID)
	// Later enqueues, in the transaction, the job that delivers to an endpoint.
	Later func(tx *db.Tx, business, endpoint crm.ID) error
	// Body writes what an endpoint is told of an occurrence.
	Body func(Occurrence) ([]byte, error)
	// Post makes one call and returns the status of the answer. It reaches no private
	// address and follows no redirect. The error says in words what went wrong.
	Post func(ctx context.Context, call Call) (status int, err error)
	// PlainAllowed lets endpoints have http addresses: the operator opened networks of its
	// own to outgoing calls.
	PlainAllowed bool

	turns turns
}

// Call is one call to an endpoint.
type Call struct {
	URL     string
	Headers map[string]string
	Body    []byte
}

// maxEndpoints is how many endpoints a business may have.
const maxEndpoints = 20

// secrets is what is sealed of an endpoint: the secret, and the one before it until a time.
type secrets struct {
	Secret string    `json:"secret"`
	Old    string    `json:"old,omitempty"`
	Until  time.Time `json:"until,omitzero"`
}

// oldSecretFor is how long a secret goes on signing beside the one that took its place.
const oldSecretFor = 24 * time.Hour

// List are the endpoints of the business, oldest first. Admins only.
func (s *Hooks) List(ctx context.Context, who crm.Actor) (list []crm.HookEndpoint, err error) {
	if !who.IsAdmin() {
		return nil, crm.ErrForbidden
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list = nil
		stored, err := store.Hooks(tx, who.BusinessID)
		for _, h := range stored {
			list = append(list, h.HookEndpoint)
		}
		return err
	})
	return list, err
}

// Get is one of them. Admins only.
func (s *Hooks) Get(ctx context.Context, who crm.Actor, id crm.ID) (h crm.HookEndpoint, err error) {
	if !who.IsAdmin() {
		return h, crm.ErrForbidden
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		stored, err := store.Hook(tx, who.BusinessID, id)
		h = stored.HookEndpoint
		return err
	})
	return h, err
}

// Create makes an endpoint that is told of what happens from now on. The secret is shown
// this once. Admins only.
func (s *Hooks) Create(ctx context.Context, who crm.Actor, h crm.HookEndpoint) (made crm.HookEndpoint, secret string, err error) {
	if !who.IsAdmin() {
		return h, "", crm.ErrForbidden
	}
	now := s.Now()
	h.BusinessID, h.ID, h.Active, h.CreatedAt = who.BusinessID, crm.NewID(now), true, now
	if err := h.Normalise(s.PlainAllowed).Err(); err != nil {
		return h, "", err
	}
	secret = newSecret()
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		list, err := store.Hooks(tx, who.BusinessID)
		if err != nil {
			return err
		}
		if len(list) >= maxEndpoints {
			var problems crm.Problems
			problems.Add("url", "too_many", "There are %d endpoints already, which is the most.", maxEndpoints)
			return problems.Err()
		}
		at, err := store.LastEvent(tx, who.BusinessID)
		if err != nil {
			return err
		}
		store.PutHook(tx, store.HookEndpoint{HookEndpoint: h, Sealed: s.seal(h.ID, secrets{Secret: secret}), Cursor: at})
		return s.record(tx, about(who, crm.HookCreated, h, now))
	})
	return h, secret, err
}

// Change changes address, events and whether it is active of an endpoint, from what they
// are at that moment; change may be called several times. Switched on again, it goes on
// where it stood. One that is off may keep an address that no new one could have: the rules
// for addresses may be younger than it is. Admins only.
func (s *Hooks) Change(ctx context.Context, who crm.Actor, id crm.ID, change func(*crm.HookEndpoint)) (h crm.HookEndpoint, err error) {
	if !who.IsAdmin() {
		return h, crm.ErrForbidden
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		store.LockHook(tx, who.BusinessID, id)
		stored, err := store.Hook(tx, who.BusinessID, id)
		if err != nil {
			return err
		}
		h = stored.HookEndpoint
		change(&h)
		problems := h.Normalise(s.PlainAllowed)
		if !h.Active && h.URL == stored.URL {
			problems = slices.DeleteFunc(problems, func(f crm.FieldError) bool { return f.Field == "url" })
		}
		if err := problems.Err(); err != nil {
			return err
		}
		if !stored.Active && h.Active {
			stored.Problem, stored.FailingSince = "", time.Time{}
		}
		stored.URL, stored.Events, stored.Active = h.URL, h.Events, h.Active
		store.PutHook(tx, stored)
		h = stored.HookEndpoint
		return s.record(tx, about(who, crm.HookChanged, h, s.Now()))
	})
	return h, err
}

// Rotate gives an endpoint another secret, shown this once; the old one goes on signing
// beside it for a day. Admins only.
func (s *Hooks) Rotate(ctx context.Context, who crm.Actor, id crm.ID) (h crm.HookEndpoint, secret string, err error) {
	if !who.IsAdmin() {
		return h, "", crm.ErrForbidden
	}
	secret = newSecret()
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		store.LockHook(tx, who.BusinessID, id)
		stored, err := store.Hook(tx, who.BusinessID, id)
		if err != nil {
			return err
		}
		old, err := s.open(stored)
		if err != nil {
			return err
		}
		now := s.Now()
		stored.Sealed = s.seal(id, secrets{Secret: secret, Old: old.Secret, Until: now.Add(oldSecretFor)})
		store.PutHook(tx, stored)
		h = stored.HookEndpoint
		event := about(who, crm.HookChanged, h, now)
		event.Note += ": another secret"
		return s.record(tx, event)
	})
	return h, secret, err
}

// Delete removes an endpoint with its list of deliveries. Admins only.
func (s *Hooks) Delete(ctx context.Context, who crm.Actor, id crm.ID) error {
	if !who.IsAdmin() {
		return crm.ErrForbidden
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		stored, err := store.Hook(tx, who.BusinessID, id)
		if err != nil {
			return err
		}
		store.DeleteHook(tx, who.BusinessID, id)
		return s.record(tx, about(who, crm.HookDeleted, stored.HookEndpoint, s.Now()))
	})
}

// Deliveries is a page of an endpoint's deliveries, newest first, before a place; of one
// status where that is given. Admins only.
func (s *Hooks) Deliveries(ctx context.Context, who crm.Actor, id crm.ID, status crm.HookStatus, before *store.Cursor, limit int) (list []store.HookDelivery, next *store.Cursor, err error) {
	if !who.IsAdmin() {
		return nil, nil, crm.ErrForbidden
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		next = nil
		if _, err := store.Hook(tx, who.BusinessID, id); err != nil {
			return err
		}
		list, err = store.HookDeliveries(tx, who.BusinessID, id, status, before, limit+1)
		if len(list) > limit {
			list = list[:limit]
			next = &list[limit-1].At
		}
		return err
	})
	return list, next, err
}

// Replay sends one delivery again, or with an empty delivery all that failed since a time,
// and counts them. Admins only.
func (s *Hooks) Replay(ctx context.Context, who crm.Actor, id, delivery crm.ID, since time.Time) (n int, err error) {
	if !who.IsAdmin() {
		return 0, crm.ErrForbidden
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := store.Hook(tx, who.BusinessID, id); err != nil {
			return err
		}
		if delivery != "" {
			if _, err := store.HookDeliveryByID(tx, who.BusinessID, id, delivery); err != nil {
				return err
			}
		}
		again, err := store.ReplayHook(tx, who.BusinessID, id, delivery, since, s.Now())
		n = int(again)
		if err != nil || n == 0 {
			return err
		}
		return s.Later(tx, who.BusinessID, id)
	})
	return n, err
}

func newSecret() string {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails
	return crm.HookSecret(random)
}

func (s *Hooks) seal(id crm.ID, k secrets) string {
	plain, _ := json.Marshal(k) // texts and a time always encode
	return s.Sealer.Seal("hook/"+string(id), plain)
}

func (s *Hooks) open(h store.HookEndpoint) (k secrets, err error) {
	plain, err := s.Sealer.Open("hook/"+string(h.ID), h.Sealed)
	if err != nil {
		return k, err
	}
	return k, json.Unmarshal(plain, &k)
}

func about(who crm.Actor, what crm.EventType, h crm.HookEndpoint, at time.Time) crm.Event {
	event := who.Event(what, at)
	event.SubjectID, event.Note = h.ID, h.URL
	return event
}

func (s *Hooks) record(tx *db.Tx, event crm.Event) error {
	tx.After(func() { s.Wake(event.BusinessID) })
	return store.AddEvents(tx, []crm.Event{event})
}
