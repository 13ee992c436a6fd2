package accounts

import (
	"maps"
	"slices"
	"time"

	"parley/internal/connector"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// booking is the state in which invoices of one chunk are taken.
type booking struct {
	*job
	tx       *db.Tx
	now      time.Time
	who      crm.Actor
	list     []connector.Invoice
	contacts map[string]crm.ID // by record: those that are there
	had      map[string]store.SyncedInvoice

	outcomes []crm.SyncOutcome
	made     []store.SyncedInvoice
	same     []crm.ID
	damaged  map[string]crm.ReviewItem // by what they go by on the review list
	placed   []string                  // what needs nobody any more
	events   []crm.Event
}

// saveInvoices takes invoices as they are over there (S5). One whose record has no contact
// yet is kept, and finds it later.
func (j *job) saveInvoices(tx *db.Tx, list []connector.Invoice) ([]crm.SyncOutcome, error) {
	b := &booking{job: j, tx: tx, now: j.s.Now(), who: j.actor(), list: list, outcomes: make([]crm.SyncOutcome, len(list)), damaged: map[string]crm.ReviewItem{}}
	if err := b.look(); err != nil {
		return nil, err
	}
	last := map[string]int{} // one that changed while it was read may come twice
	for n, i := range list {
		last[reviewName(i)] = n
	}
	for n, i := range list {
		if b.outcomes[n] = crm.SyncUnchanged; last[reviewName(i)] == n {
			b.outcomes[n] = b.take(i)
		}
	}
	store.AddSyncedInvoices(tx, b.made, b.now)
	store.TouchSyncedInvoices(tx, j.c.BusinessID, b.same, b.now)
	if err := b.review(); err != nil {
		return nil, err
	}
	if len(b.events) > 0 {
		tx.After(func() { j.s.Wake(j.c.BusinessID) })
	}
	return b.outcomes, store.AddEvents(tx, b.events)
}

// look reads, under lock, what the invoices are about.
func (b *booking) look() error {
	business := b.c.BusinessID
	var ids, remotes []string
	for _, i := range b.list {
		ids, remotes = append(ids, i.ID), append(remotes, i.ContactID)
	}
	links, err := store.LinksOf(b.tx, business, b.c.ID, remotes)
	if err != nil {
		return err
	}
	var people []crm.ID
	for _, l := range links {
		if l.ContactID != "" {
			people = append(people, l.ContactID)
		}
	}
	store.LockContacts(b.tx, business, people) // a delete of one and this take turns (C6)
	there, err := store.Existing(b.tx, business, people)
	if err != nil {
		return err
	}
	b.contacts = map[string]crm.ID{}
	for remote, l := range links {
		if there[l.ContactID] {
			b.contacts[remote] = l.ContactID
		}
	}
	b.had, err = store.SyncedInvoices(b.tx, business, b.kind.Source, ids)
	return err
}

// take takes one invoice.
func (b *booking) take(remote connector.Invoice) crm.SyncOutcome {
	before, known := b.had[remote.ID]
	if remote.Gone && !known {
		return crm.SyncArchived
	}
	after := before
	if !known {
		after.Invoice = crm.Invoice{BusinessID: b.c.BusinessID, ID: crm.NewID(b.now), Source: b.kind.Source, ExternalID: remote.ID, CreatedAt: b.now, CreatedBy: b.who.Name}
	}
	if problem := lay(&after.Invoice, remote); problem != "" {
		name := reviewName(remote)
		b.damaged[name] = crm.ReviewItem{ID: crm.NewID(b.now), ConnectionID: b.c.ID, RemoteID: name, Reason: crm.ReviewDamaged, Name: "Invoice " + remote.Number, Detail: problem, At: b.now}
		return crm.SyncReview
	}
	b.placed = append(b.placed, reviewName(remote))
	after.ConnectionID, after.RemoteStatus, after.RemoteContact = b.c.ID, remote.RemoteStatus, ""
	if !remote.Gone {
		after.ContactID, after.RemoteContact, after.Link = b.contacts[remote.ContactID], remote.ContactID, remote.Link
	}
	if known && after == before {
		b.same = append(b.same, after.ID)
		return crm.SyncUnchanged
	}
	event := b.who.Event(crm.InvoiceChanged, b.now)
	event.ContactID, event.SubjectID, event.Note = after.ContactID, after.ID, after.Number
	outcome := crm.SyncUpdated
	moved := after.Invoice
	if moved.Link = before.Link; known && moved == before.Invoice { // where it is to be found over there is no history
		store.ChangeSyncedInvoice(b.tx, after, b.now)
		return crm.SyncUnchanged
	}
	if known {
		event.Changes = invoiceChanges(before.Invoice, after.Invoice)
		after.Version, after.UpdatedAt = before.Version+1, b.now
		store.ChangeSyncedInvoice(b.tx, after, b.now)
	} else {
		after.Version, after.UpdatedAt = 1, b.now
		b.made = append(b.made, after)
		event.Type, outcome = crm.InvoiceCreated, crm.SyncNew
	}
	b.events = append(b.events, event)
	return outcome
}

// review puts invoices that cannot be taken on the review list, unless an admin ignores
// them, and takes off it those that could. One that was ignored and can be read after all is
// taken: what was ignored is that it could not, and an open invoice must count (C6).
func (b *booking) review() error {
	links, err := store.LinksOf(b.tx, b.c.BusinessID, b.c.ID, slices.Collect(maps.Keys(b.damaged)))
	if err != nil {
		return err
	}
	for n, i := range b.list {
		item, damaged := b.damaged[reviewName(i)]
		switch {
		case !damaged || b.outcomes[n] != crm.SyncReview:
		case links[item.RemoteID].State == crm.LinkIgnored:
			b.outcomes[n] = crm.SyncIgnored
		default:
			store.PutReview(b.tx, b.c.BusinessID, item)
		}
	}
	store.DropReview(b.tx, b.c.BusinessID, b.c.ID, b.placed)
	store.ForgetIgnoredInvoices(b.tx, b.c.BusinessID, b.c.ID, b.placed)
	return nil
}

// invoiceName stands before the id of an invoice on the review list.
const invoiceName = "invoice "

// reviewName is what an invoice goes by on the review list, where contacts are, too.
func reviewName(i connector.Invoice) string {
	if i.ID == "" {
		i.ID = nameless(i.Damaged)
	}
	return invoiceName + i.ID
}

// lay puts what was read over an invoice. What would be refused of one kept by hand for
// its sense alone is taken as it is; what cannot be stored is said.
func lay(i *crm.Invoice, r connector.Invoice) (problem string) {
	if r.Damaged != "" {
		return r.Damaged
	}
	if r.Gone { // what was known of it stays
		r = connector.Invoice{Number: i.Number, Currency: i.Currency, Total: i.Total, IssuedOn: i.IssuedOn, DueOn: i.DueOn, Status: crm.InvoiceDeleted}
	}
	i.Number, i.Currency, i.Total, i.AmountDue, i.IssuedOn, i.DueOn, i.Status = r.Number, r.Currency, r.Total, r.AmountDue, r.IssuedOn, r.DueOn, r.Status
	if i.Number == "" {
		i.Number = "(no number)"
	}
	deleted := i.Status == crm.InvoiceDeleted
	if deleted { // a status that nobody can choose by hand
		i.Status = crm.InvoiceVoid
	}
	problems := i.Normalise()
	if deleted {
		i.Status = crm.InvoiceDeleted
	}
	for _, p := range problems {
		if p.Code != "more_than_total" && p.Code != "before_issued" {
			return "This invoice cannot be read: " + p.Field + ": " + p.Detail
		}
	}
	return ""
}
