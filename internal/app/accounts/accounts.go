// Package accounts is the room of other books: invoices, and the accounting systems and
// CRMs from which they and contacts follow (S1–S6).
package accounts

import (
	"context"
	"time"

	"parley/internal/app/contacts"
	"parley/internal/auth"
	"parley/internal/connector"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Accounts are the verbs about invoices and connections. Connections are for admins.
type Accounts struct {
	DB  *db.DB
	Now func() time.Time
	// Wake is called after a commit that wrote events of a business.
	Wake func(business crm.ID)

	// The rest is for connections.
	Contacts *contacts.Contacts
	Sealer   *auth.Sealer
	Kinds    []connector.Kind // in the order in which they are offered
	// App is the operator's registration at a provider.
	App func(kind string) connector.App
	// Enqueue has Work called for a feed once the transaction is committed.
	Enqueue func(tx *db.Tx, business, connection crm.ID, kind crm.FeedKind) error
}

// Page is a page of invoices.
type Page struct {
	Invoices []store.InvoiceRow
	Next     *store.InvoicePlace // nil on the last page
	Count    int                 // only when asked for; CountCap + 1 means more
}

// CountCap is where counting ends.
const CountCap = 10_000

// List is a page of the invoices that who may see, the last issued first.
func (s *Accounts) List(ctx context.Context, who crm.Actor, f store.InvoiceFilter, after *store.InvoicePlace, limit int, counted bool) (p Page, err error) {
	now := s.Now()
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if p.Invoices, err = store.Invoices(tx, who, f, after, limit+1, now); err != nil {
			return err
		}
		if len(p.Invoices) > limit {
			p.Invoices = p.Invoices[:limit]
			last := p.Invoices[limit-1]
			p.Next = &store.InvoicePlace{IssuedOn: last.IssuedOn, ID: last.ID}
		}
		if counted {
			p.Count, err = store.CountInvoices(tx, who, f, CountCap, now)
		}
		return err
	})
	return p, err
}

// Get reads one invoice. Errors are of kind NotFound.
func (s *Accounts) Get(ctx context.Context, who crm.Actor, id crm.ID) (i crm.Invoice, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		i, err = store.Invoice(tx, who, id)
		return err
	})
	return i, err
}

func (s *Accounts) record(tx *db.Tx, event crm.Event) error {
	tx.After(func() { s.Wake(event.BusinessID) })
	return store.AddEvents(tx, []crm.Event{event})
}
