package accounts

import (
	"slices"

	"parley/internal/connector"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// saveInvoices takes invoices as they are over there (S5). One whose record has no contact
// yet is kept, and finds it later.
func (j *job) saveInvoices(tx *db.Tx, list []connector.Invoice) ([]crm.SyncOutcome, error) {
	business, now, who := j.c.BusinessID, j.s.Now(), j.actor()
	var ids, remotes []string
	for _, i := range list {
		ids, remotes = append(ids, i.ID), append(remotes, i.ContactID)
	}
	links, err := store.LinksOf(tx, business, j.c.ID, remotes)
	if err != nil {
		return nil, err
	}
	var people []crm.ID
	for _, l := range links {
		if l.ContactID != "" {
			people = append(people, l.ContactID)
		}
	}
	store.LockContacts(tx, business, people) // a delete of one and this take turns (C6)
	there, err := store.ContactsByID(tx, business, people)
	if err != nil {
		return nil, err
	}
	alive := map[crm.ID]bool{}
	for _, c := range there {
		alive[c.ID] = true
	}
	had, err := store.SyncedInvoices(tx, business, j.kind.Source, ids)
	if err != nil {
		return nil, err
	}
	outcomes := make([]crm.SyncOutcome, len(list))
	var events []crm.Event
	var placed []string // what needs nobody any more
	for n, remote := range list {
		before, known := had[remote.ID]
		if remote.Gone && !known {
			outcomes[n] = crm.SyncArchived
			continue
		}
		after := before
		if !known {
			after = crm.Invoice{BusinessID: business, ID: crm.NewID(now), Source: j.kind.Source, ExternalID: remote.ID, Link: remote.Link, CreatedAt: now, CreatedBy: who.Name}
		}
		if problem := lay(&after, remote); problem != "" {
			if outcomes[n], err = j.reviewInvoice(tx, remote, problem); err != nil {
				return nil, err
			}
			placed = slices.DeleteFunc(placed, func(name string) bool { return name == reviewName(remote) })
			continue
		}
		if !remote.Gone {
			after.ContactID = links[remote.ContactID].ContactID
			if !alive[after.ContactID] {
				after.ContactID = ""
			}
		}
		event := who.Event(crm.InvoiceChanged, now)
		same := after
		same.Unread, same.Link, same.UpdatedAt = before.Unread, before.Link, before.UpdatedAt
		switch {
		case known && same == before:
			outcomes[n] = crm.SyncUnchanged
		case known:
			outcomes[n] = crm.SyncUpdated
			after.Version, after.UpdatedAt = before.Version+1, now
			store.ChangeInvoice(tx, after)
			event.Changes = invoiceChanges(before, after)
		default:
			outcomes[n] = crm.SyncNew
			after.Version, after.UpdatedAt = 1, now
			store.AddInvoice(tx, after)
			event.Type = crm.InvoiceCreated
		}
		if remote.Gone {
			remote.ContactID, remote.Link = "", before.Link
		}
		store.NoteSyncedInvoice(tx, business, after.ID, j.c.ID, remote.ContactID, remote.Link, remote.RemoteStatus, now)
		placed = append(placed, reviewName(remote))
		if had[remote.ID] = after; outcomes[n] != crm.SyncUnchanged {
			event.ContactID, event.SubjectID, event.Note = after.ContactID, after.ID, after.Number
			events = append(events, event)
		}
	}
	store.DropReview(tx, business, j.c.ID, placed)
	if len(events) > 0 {
		tx.After(func() { j.s.Wake(business) })
	}
	return outcomes, store.AddEvents(tx, events)
}

// reviewInvoice puts an invoice that cannot be taken on the review list, unless an admin
// ignores it.
func (j *job) reviewInvoice(tx *db.Tx, i connector.Invoice, problem string) (crm.SyncOutcome, error) {
	name := reviewName(i)
	links, err := store.LinksOf(tx, j.c.BusinessID, j.c.ID, []string{name})
	if err != nil || links[name].State == crm.LinkIgnored {
		return crm.SyncIgnored, err
	}
	now := j.s.Now()
	store.PutReview(tx, j.c.BusinessID, crm.ReviewItem{ID: crm.NewID(now), ConnectionID: j.c.ID, RemoteID: name, Reason: crm.ReviewDamaged,
		Name: "Invoice " + i.Number, Detail: problem, At: now})
	return crm.SyncReview, nil
}

// reviewName is what an invoice goes by on the review list, where contacts are, too.
func reviewName(i connector.Invoice) string {
	if i.ID == "" {
		i.ID = nameless(i.Damaged)
	}
	return "invoice " + i.ID
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
