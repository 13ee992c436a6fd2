package accounts

import (
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
			outcomes[n] = crm.SyncReview
			store.PutReview(tx, business, crm.ReviewItem{ID: crm.NewID(now), ConnectionID: j.c.ID, RemoteID: "invoice " + remote.ID, Reason: crm.ReviewDamaged,
				Name: "Invoice " + remote.Number, Detail: problem, At: now})
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
		store.DropReview(tx, business, j.c.ID, []string{"invoice " + remote.ID})
		if had[remote.ID] = after; outcomes[n] != crm.SyncUnchanged {
			event.ContactID, event.SubjectID, event.Note = after.ContactID, after.ID, after.Number
			events = append(events, event)
		}
	}
	if len(events) > 0 {
		tx.After(func() { j.s.Wake(business) })
	}
	return outcomes, store.AddEvents(tx, events)
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
