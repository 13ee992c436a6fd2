// Package events follows the event table on every node and wakes what waits for it: live
// pages and the API's stream. The table is the truth; a wake-up, or a notice from another
// node, is only a hint to look.
package events

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Feed hands out the events of businesses as they happen.
type Feed struct {
	db     *db.DB
	log    *slog.Logger
	notify chan crm.ID // businesses that other nodes should look at

	mu    sync.Mutex
	rooms map[crm.ID]*room
}

// room is the part of the feed for one business; it lives while somebody listens.
type room struct {
	listeners int
	changed   chan struct{} // closed and replaced when there may be something new
}

// New makes a Feed. Run must be running for it to hear of other nodes.
func New(d *db.DB, log *slog.Logger) *Feed {
	return &Feed{db: d, log: log, notify: make(chan crm.ID, 1024), rooms: map[crm.ID]*room{}}
}

// Wake says that a business has new events. It never waits.
func (f *Feed) Wake(business crm.ID) {
	f.wakeHere(business)
	select {
	case f.notify <- business:
	default: // the others look by themselves once a second
	}
}

func (f *Feed) wakeHere(business crm.ID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r := f.rooms[business]; r != nil {
		close(r.changed)
		r.changed = make(chan struct{})
	}
}

// Subscription reads the events of one business that one user may hear of, in order.
type Subscription struct {
	feed  *Feed
	who   crm.Actor
	room  *room
	after store.Cursor
	// access is set when something was read that may have ended or changed the access of
	// the user.
	access bool
}

// Subscribe begins after a cursor, as Event.Cursor gave it; with an empty one, or one
// that cannot be read, now. Close it.
func (f *Feed) Subscribe(ctx context.Context, who crm.Actor, after string) (*Subscription, error) {
	cursor, ok := store.ParseCursor(after)
	if !ok {
		err := f.db.Read(ctx, func(tx *db.Tx) (err error) {
			cursor, err = store.LastEvent(tx, who.BusinessID)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.rooms[who.BusinessID]
	if r == nil {
		r = &room{changed: make(chan struct{})}
		f.rooms[who.BusinessID] = r
	}
	r.listeners++
	return &Subscription{feed: f, who: who, room: r, after: cursor}, nil
}

// Close ends a subscription.
func (s *Subscription) Close() {
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	if s.room.listeners--; s.room.listeners == 0 {
		delete(s.feed.rooms, s.who.BusinessID)
	}
}

// After is the place up to which events were read, as Subscribe takes it.
func (s *Subscription) After() string { return s.after.String() }

// looks are the waits before looking again after a wake-up that brought nothing: on
// PostgreSQL an event is read only once every older transaction has ended.
var looks = []time.Duration{10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond, 150 * time.Millisecond}

// atLeast is how often a subscription looks without being woken.
const atLeast = time.Second

// AccessChanged reports whether, since it was asked last, something happened after which
// the user may see less or nothing: signed out, deactivated, another role or password. Look
// who it is now before sending on what Next returned.
func (s *Subscription) AccessChanged() bool {
	changed := s.access
	s.access = false
	return changed
}

// Next waits for events that the user may hear of and returns them; none when
// AccessChanged has something to say, or when there was nothing for as long as quiet. A
// look at the database is not broken off for that: where looks take longer than quiet, one
// would be begun after the other and none would end. The error is the context's, or the
// database's.
func (s *Subscription) Next(ctx context.Context, quiet time.Duration) ([]crm.Event, error) {
	until := time.Now().Add(quiet)
	tries := 0
	for {
		s.feed.mu.Lock()
		changed := s.room.changed
		s.feed.mu.Unlock()
		list, read, err := s.read(ctx)
		if err != nil {
			return nil, err
		}
		if len(list) > 0 || s.access {
			return list, nil
		}
		if read > 0 {
			tries = 0
			continue // there was something, for others
		}
		wait := atLeast
		if tries < len(looks) {
			wait = looks[tries]
			tries++
		}
		left := time.Until(until)
		if left <= 0 {
			return nil, nil
		}
		timer := time.NewTimer(min(wait, left))
		select {
		case <-changed:
			tries = 0
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
		timer.Stop()
	}
}

// page is how many events are read at once.
const page = 200

// read reads the next events and moves on; list holds those that the user may hear of.
func (s *Subscription) read(ctx context.Context) (list []crm.Event, read int, err error) {
	err = s.feed.db.Read(ctx, func(tx *db.Tx) error {
		all, err := store.EventsAfter(tx, s.who.BusinessID, s.after, page)
		if err != nil || len(all) == 0 {
			return err
		}
		read = len(all)
		var contacts, conversations []crm.ID
		for _, e := range all {
			contacts = appendID(appendID(contacts, e.ContactID), e.OtherContact())
			conversations = appendID(conversations, e.ConversationID)
		}
		seen, err := store.Visibilities(tx, s.who.BusinessID, contacts, conversations)
		if err != nil {
			return err
		}
		for _, e := range all {
			s.access = s.access || e.UserID == s.who.UserID && e.Type.ChangesAccess()
			if seen.Sees(s.who, e) {
				list = append(list, e)
			}
		}
		s.after, _ = store.ParseCursor(all[len(all)-1].Cursor)
		return nil
	})
	return list, read, err
}

func appendID(ids []crm.ID, id crm.ID) []crm.ID {
	if id == "" {
		return ids
	}
	return append(ids, id)
}
