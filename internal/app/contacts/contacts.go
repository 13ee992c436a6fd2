// Package contacts is the room of the contact book. Save is the one way in for every
// draft, whatever it came from; Plan is the same without the writing.
package contacts

import (
	"context"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Contacts holds what the verbs of this room need.
type Contacts struct {
	DB  *db.DB
	Now func() time.Time
	// Wake is called after a commit that wrote events of a business.
	Wake func(business crm.ID)
	// WorkLater has WorkBulk called for an act on many once the transaction is committed.
	WorkLater func(tx *db.Tx, business, bulk crm.ID) error
	// Facets are the books in memory that long lists are made from, or nil.
	Facets *store.Facets
}

// KeepFacets keeps the books of large businesses in memory, until ctx ends.
func (s *Contacts) KeepFacets(ctx context.Context, report func(error)) {
	s.Facets.Keep(ctx, s.DB, report)
}

// Get reads one contact as far as who may see it.
func (s *Contacts) Get(ctx context.Context, who crm.Actor, id crm.ID) (c *crm.Contact, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		c, err = store.Contact(tx, who, id)
		return err
	})
	return c, err
}

// Seen reads those of some contacts that who may see, by their ids.
func (s *Contacts) Seen(ctx context.Context, who crm.Actor, ids []crm.ID) (seen map[crm.ID]*crm.Contact, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err := store.ContactsSeen(tx, who, ids)
		seen = make(map[crm.ID]*crm.Contact, len(list))
		for _, c := range list {
			seen[c.ID] = c
		}
		return err
	})
	return seen, err
}

// Page is a page of contacts and where the next one begins.
type Page struct {
	Contacts []*crm.Contact
	Next     *store.ContactPlace // nil on the last page
	Count    int                 // only when asked for; CountCap + 1 means more
	Cut      store.Cut           // the search did not look at all hits
}

// CountCap is how far contacts are counted; beyond it there are simply "more".
const CountCap = 10_000

// List is a page of the contacts that match a filter, in an order, and that who may see.
func (s *Contacts) List(ctx context.Context, who crm.Actor, f crm.Filter, sort crm.Sort, after *store.ContactPlace, limit int, counted bool) (p Page, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		most := 0
		if counted {
			most = CountCap
		}
		list, err := store.ListContacts(tx, s.Facets, who, f, sort, after, limit+1, most)
		p = Page{Contacts: list.Contacts, Count: list.Count, Cut: list.Cut}
		if len(p.Contacts) > limit {
			p.Contacts = p.Contacts[:limit]
			p.Next = store.PlaceOf(p.Contacts[limit-1])
		}
		return err
	})
	return p, err
}

// History is a page of what happened to a contact, newest first (C5).
func (s *Contacts) History(ctx context.Context, who crm.Actor, id crm.ID, before *store.Cursor, limit int) (list []crm.Event, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := store.Contact(tx, who, id); err != nil {
			return err
		}
		list, err = store.ContactEvents(tx, who, id, before, limit)
		return err
	})
	return list, err
}

// record appends events and has them told to everyone after the commit.
func (s *Contacts) record(tx *db.Tx, events ...crm.Event) error {
	if len(events) == 0 {
		return nil
	}
	tx.After(func() { s.Wake(events[0].BusinessID) })
	return store.AddEvents(tx, events)
}
