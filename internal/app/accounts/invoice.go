package accounts

import (
	"context"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// InvoiceDraft is what somebody wants an invoice to be. What is nil stays as it is.
type InvoiceDraft struct {
	ID        crm.ID // the invoice to change; empty to make one
	Version   int64  // the version it was based on (C4); 0 when none is claimed
	ContactID *crm.ID
	Number    *string
	Currency  *string
	Total     *string
	AmountDue *string // on a new one the total where it is left out
	IssuedOn  *string // on a new one today where it is left out
	DueOn     *string
	Status    *crm.InvoiceStatus // on a new one sent where it is left out
}

// Put makes or changes an invoice kept by hand. Agents may, for contacts that they see;
// voiding is for admins, as deleting is (V5). Errors are of kind NotFound, Forbidden,
// Invalid, Stale, and Conflicting for one that is read from an accounting system.
func (s *Accounts) Put(ctx context.Context, who crm.Actor, d InvoiceDraft) (i crm.Invoice, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		i, err = s.put(tx, who, d)
		return err
	})
	return i, err
}

func (s *Accounts) put(tx *db.Tx, who crm.Actor, d InvoiceDraft) (i crm.Invoice, err error) {
	now := s.Now()
	before := crm.Invoice{BusinessID: who.BusinessID, ID: crm.NewID(now), Status: crm.InvoiceSent, Source: crm.SourceManual,
		IssuedOn: now.UTC().Format("2006-01-02"), Version: 0, CreatedAt: now, CreatedBy: who.Name}
	made := d.ID == ""
	if !made {
		if before, err = s.lock(tx, who, d); err != nil {
			return i, err
		}
	}
	i = before
	d.lay(&i)
	if i.Status == crm.InvoiceVoid && before.Status != crm.InvoiceVoid && !who.IsAdmin() {
		return i, crm.ErrForbidden
	}
	problems := i.Normalise()
	if err := checkContact(tx, who, before, i, &problems); err != nil {
		return i, err
	}
	if err := problems.Err(); err != nil {
		return i, err
	}
	if i == before {
		return i, nil
	}
	i.Version++
	i.UpdatedAt = now
	event := who.Event(crm.InvoiceChanged, now)
	if made {
		store.AddInvoice(tx, i)
		event.Type = crm.InvoiceCreated
	} else {
		store.ChangeInvoice(tx, i)
		event.Changes = invoiceChanges(before, i)
	}
	event.ContactID, event.SubjectID, event.Note = i.ContactID, i.ID, i.Number
	return i, s.record(tx, event)
}

// lock reads the invoice that a draft changes, under lock: first the contacts, so that a
// delete of one and this take turns (C6), then the invoice.
func (s *Accounts) lock(tx *db.Tx, who crm.Actor, d InvoiceDraft) (i crm.Invoice, err error) {
	if i, err = store.Invoice(tx, who, d.ID); err != nil {
		return i, err
	}
	contacts := []crm.ID{i.ContactID}
	if d.ContactID != nil {
		contacts = append(contacts, *d.ContactID)
	}
	store.LockContacts(tx, who.BusinessID, contacts)
	store.LockInvoice(tx, who.BusinessID, d.ID)
	if i, err = store.Invoice(tx, who, d.ID); err != nil {
		return i, err
	}
	switch {
	case i.Source != crm.SourceManual:
		return i, crm.Errorf(crm.Conflicting, "synced_invoice", "This invoice is kept in %s. Change it there.", i.Source)
	case d.Version != 0 && d.Version != i.Version:
		return i, crm.Errorf(crm.Stale, "stale_version", "Somebody changed this invoice in the meantime.")
	}
	return i, nil
}

// checkContact makes sure that the contact of an invoice is there and visible. One whose
// contact is gone may stay without.
func checkContact(tx *db.Tx, who crm.Actor, before, i crm.Invoice, problems *crm.Problems) error {
	if i.ContactID == "" {
		if before.Version == 0 || before.ContactID != "" {
			problems.Add("contact_id", "required", "The contact that it is for is needed.")
		}
		return nil
	}
	store.LockContacts(tx, who.BusinessID, []crm.ID{i.ContactID})
	_, err := store.Contact(tx, who, i.ContactID)
	if crm.KindOf(err) == crm.NotFound {
		problems.Add("contact_id", "unknown_contact", "There is no such contact.")
		return nil
	}
	return err
}

// lay puts what a draft says over an invoice. The amount due follows the total and the
// status where it is not said.
func (d InvoiceDraft) lay(i *crm.Invoice) {
	set := func(to, from *string) {
		if from != nil {
			*to = *from
		}
	}
	if d.ContactID != nil {
		i.ContactID = *d.ContactID
	}
	whole := i.AmountDue == i.Total
	set(&i.Number, d.Number)
	set(&i.Currency, d.Currency)
	set(&i.Total, d.Total)
	set(&i.IssuedOn, d.IssuedOn)
	set(&i.DueOn, d.DueOn)
	settled := i.Status == crm.InvoicePaid || i.Status == crm.InvoiceVoid
	if d.Status != nil {
		i.Status = *d.Status
	}
	if d.AmountDue != nil {
		i.AmountDue = *d.AmountDue
	} else if whole || settled {
		i.AmountDue = i.Total
	}
}

func invoiceChanges(before, after crm.Invoice) (list []crm.Change) {
	add := func(field string, old, now string) {
		if old != now {
			list = append(list, crm.Change{Field: "invoice." + field, Old: old, New: now})
		}
	}
	add("number", before.Number, after.Number)
	add("currency", before.Currency, after.Currency)
	add("total", before.Total, after.Total)
	add("amount_due", before.AmountDue, after.AmountDue)
	add("issued_on", before.IssuedOn, after.IssuedOn)
	add("due_on", before.DueOn, after.DueOn)
	add("status", string(before.Status), string(after.Status))
	return list
}

// Delete removes an invoice kept by hand. Admins only.
func (s *Accounts) Delete(ctx context.Context, who crm.Actor, id crm.ID) error {
	if !who.IsAdmin() {
		return crm.ErrForbidden
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		i, err := store.Invoice(tx, who, id)
		if err != nil {
			return err
		}
		if i.Source != crm.SourceManual {
			return crm.Errorf(crm.Conflicting, "synced_invoice", "This invoice is kept in %s. Delete it there.", i.Source)
		}
		store.DeleteInvoice(tx, who.BusinessID, id)
		event := who.Event(crm.InvoiceGone, s.Now())
		event.ContactID, event.SubjectID, event.Note = i.ContactID, i.ID, i.Number
		return s.record(tx, event)
	})
}
