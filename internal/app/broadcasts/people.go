package broadcasts

import (
	"context"
	"time"

	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Person is a recipient with the name of the contact, as far as the asker may see it (V2).
type Person struct {
	crm.Recipient
	Name string
}

// named puts in names, and takes out what tells of contacts that who may not see.
func named(tx *db.Tx, who crm.Actor, list []Person) error {
	var ids []crm.ID
	for _, p := range list {
		if p.ContactID != "" {
			ids = append(ids, p.ContactID)
		}
	}
	names, err := store.ContactNames(tx, who, ids)
	if err != nil {
		return err
	}
	for n := range list {
		name, ok := names[list[n].ContactID]
		if list[n].Name = name; !ok {
			list[n].ContactID, list[n].Address, list[n].Text = "", "", ""
		}
	}
	return nil
}

// People is a page of the recipients of a broadcast behind a position, in their order.
// Admins only.
func (s *Broadcasts) People(ctx context.Context, who crm.Actor, id crm.ID, f store.RecipientFilter, after, limit int) (list []Person, err error) {
	if !crm.MayBroadcast(who) {
		return nil, crm.ErrForbidden
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := store.Broadcast(tx, who.BusinessID, id); err != nil {
			return err
		}
		rows, err := store.Recipients(tx, who.BusinessID, id, f, after, limit)
		if err != nil {
			return err
		}
		list = nil
		for _, r := range rows {
			list = append(list, Person{Recipient: r})
		}
		return named(tx, who, list)
	})
	return list, err
}

// CountPeople counts the recipients of a broadcast that match.
func (s *Broadcasts) CountPeople(ctx context.Context, who crm.Actor, id crm.ID, f store.RecipientFilter) (n int, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		n, err = store.CountRecipients(tx, who.BusinessID, id, f)
		return err
	})
	return n, err
}

// Skips counts those who are left out by reason.
func (s *Broadcasts) Skips(ctx context.Context, who crm.Actor, id crm.ID) (counts map[crm.SkipReason]int, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		counts, err = store.SkipCounts(tx, who.BusinessID, id)
		return err
	})
	return counts, err
}

// Chart is what happened to a broadcast over time, in stretches of equal length.
type Chart struct {
	Stretch time.Duration
	Moments []store.Moment
}

// charted are at most so many stretches.
const charted = 60

// Chart is the course of a broadcast so far.
func (s *Broadcasts) Chart(ctx context.Context, b *crm.Broadcast) (c Chart, err error) {
	if b.StartedAt.IsZero() {
		return c, nil
	}
	end := s.Now()
	if over := b.EndedAt.Add(time.Hour); !b.EndedAt.IsZero() && over.Before(end) { // people read on
		end = over
	}
	for _, c.Stretch = range []time.Duration{time.Second, 5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour} {
		if end.Sub(b.StartedAt) < charted*c.Stretch {
			break
		}
	}
	var moments map[int64]store.Moment
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		moments, err = store.Timeline(tx, b.BusinessID, b.ID, c.Stretch)
		return err
	})
	step := c.Stretch.Microseconds()
	for at := b.StartedAt.UnixMicro() / step; at <= end.UnixMicro()/step && len(c.Moments) <= charted; at++ {
		m := moments[at]
		m.At = time.UnixMicro(at * step).UTC()
		c.Moments = append(c.Moments, m)
	}
	return c, err
}

// mostTagged is how many people are tagged at once.
const mostTagged = 100_000

// TagPeople puts a tag on the recipients that match, as an act on many that can be undone
// (T2). It touches only contacts that who may see. Admins only.
func (s *Broadcasts) TagPeople(ctx context.Context, who crm.Actor, id crm.ID, f store.RecipientFilter, tag crm.ID) (*crm.Bulk, error) {
	if !crm.MayBroadcast(who) {
		return nil, crm.ErrForbidden
	}
	var ids []crm.ID
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := store.Broadcast(tx, who.BusinessID, id); err != nil {
			return err
		}
		rows, err := store.Recipients(tx, who.BusinessID, id, f, 0, mostTagged)
		ids = nil
		for _, r := range rows {
			if r.ContactID != "" {
				ids = append(ids, r.ContactID)
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		var problems crm.Problems
		problems.Add("status", "nobody", "Nobody in this broadcast is in that state.")
		return nil, problems.Err()
	}
	return s.Contacts.StartBulk(ctx, who, contacts.BulkDraft{IDs: ids, Action: crm.BulkAddTags, What: crm.BulkWhat{Tags: []crm.ID{tag}}})
}

// Got are the broadcasts that a contact got, the newest first, as far as who may see the
// contact.
func (s *Broadcasts) Got(ctx context.Context, who crm.Actor, contact crm.ID, limit int) (list []store.GotBroadcast, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := store.Contact(tx, who, contact); err != nil {
			return err
		}
		list, err = store.GotBroadcasts(tx, who.BusinessID, contact, time.Time{}, time.Time{}, limit)
		return err
	})
	return list, err
}
