// Package broadcasts is the room of messages to many (B1–B4): who gets one is frozen when
// it starts, each person gets it once, and what became of each can be read.
package broadcasts

import (
	"context"
	"time"

	"parley/internal/app/contacts"
	"parley/internal/channel"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Broadcasts holds what the verbs of this room need.
type Broadcasts struct {
	DB       *db.DB
	Contacts *contacts.Contacts
	Now      func() time.Time
	// Wake is called after a commit that wrote events of a business.
	Wake func(business crm.ID)
	// Open makes a working channel of a stored one.
	Open func(store.Channel) (channel.Channel, error)
	// Journal is where this node notes what leaves; empty: nowhere.
	Journal Journal
	// Work has WorkLane called for a channel once the transaction is committed.
	Work func(tx *db.Tx, business, channel crm.ID) error
}

// Row is a broadcast with what became of its people so far.
type Row struct {
	*crm.Broadcast
	Counts  crm.BroadcastCounts
	Channel store.Channel // empty where none is chosen yet
}

// Get reads one. Admins only.
func (s *Broadcasts) Get(ctx context.Context, who crm.Actor, id crm.ID) (r Row, err error) {
	if !crm.MayBroadcast(who) {
		return r, crm.ErrForbidden
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		b, err := store.Broadcast(tx, who.BusinessID, id)
		if err != nil {
			return err
		}
		rows, err := s.withCounts(tx, who.BusinessID, []*crm.Broadcast{b})
		if err == nil {
			r = rows[0]
		}
		return err
	})
	return r, err
}

// List are those of the business, newest first, before one of them. Admins only.
func (s *Broadcasts) List(ctx context.Context, who crm.Actor, before crm.ID, limit int) (rows []Row, err error) {
	if !crm.MayBroadcast(who) {
		return nil, crm.ErrForbidden
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err := store.Broadcasts(tx, who.BusinessID, before, limit)
		if err != nil {
			return err
		}
		rows, err = s.withCounts(tx, who.BusinessID, list)
		return err
	})
	return rows, err
}

// Count counts what List lists, up to most: more is answered as most + 1.
func (s *Broadcasts) Count(ctx context.Context, who crm.Actor, most int) (n int, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		n, err = store.CountBroadcasts(tx, who.BusinessID, most)
		return err
	})
	return n, err
}

func (s *Broadcasts) withCounts(tx *db.Tx, business crm.ID, list []*crm.Broadcast) ([]Row, error) {
	channels, err := store.Channels(tx, business)
	if err != nil {
		return nil, err
	}
	var ids []crm.ID
	for _, b := range list {
		ids = append(ids, b.ID)
	}
	counts, err := store.BroadcastCounts(tx, business, ids, s.Now())
	if err != nil {
		return nil, err
	}
	rows := make([]Row, len(list))
	for n, b := range list {
		rows[n] = Row{Broadcast: b, Counts: counts[b.ID]}
		for _, ch := range channels {
			if ch.ID == b.ChannelID {
				rows[n].Channel = ch
			}
		}
	}
	return rows, nil
}

// change runs f on a broadcast under its lock, writes it, and tells of it.
func (s *Broadcasts) change(ctx context.Context, who crm.Actor, id crm.ID, t crm.EventType, f func(*db.Tx, *crm.Broadcast) error) (b *crm.Broadcast, err error) {
	if !crm.MayBroadcast(who) {
		return nil, crm.ErrForbidden
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if b, err = store.LockBroadcast(tx, who.BusinessID, id); err != nil {
			return err
		}
		before := b.Status
		if err := f(tx, b); err != nil {
			return err
		}
		b.MovedAt = s.Now()
		store.PutBroadcast(tx, b)
		if b.Status == before && t != crm.BroadcastChanged {
			return nil
		}
		return s.record(tx, eventOf(who, t, b))
	})
	return b, err
}

// note tells of what was done with a broadcast that it does not change. Admins only.
func (s *Broadcasts) note(ctx context.Context, who crm.Actor, id crm.ID, t crm.EventType) error {
	if !crm.MayBroadcast(who) {
		return crm.ErrForbidden
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		b, err := store.Broadcast(tx, who.BusinessID, id)
		if err != nil {
			return err
		}
		b.MovedAt = s.Now()
		return s.record(tx, eventOf(who, t, b))
	})
}

// eventOf is an event about a broadcast.
func eventOf(who crm.Actor, t crm.EventType, b *crm.Broadcast) crm.Event {
	event := who.Event(t, b.MovedAt)
	event.SubjectID, event.Note = b.ID, b.Name
	return event
}

// record appends events and has them told to everyone after the commit.
func (s *Broadcasts) record(tx *db.Tx, events ...crm.Event) error {
	if len(events) == 0 {
		return nil
	}
	tx.After(func() { s.Wake(events[0].BusinessID) })
	return store.AddEvents(tx, events)
}

// zoneOf is the zone whose clocks a business lives by.
func zoneOf(b crm.Business) *time.Location {
	if zone, err := time.LoadLocation(b.TimeZone); err == nil {
		return zone
	}
	return time.UTC
}
