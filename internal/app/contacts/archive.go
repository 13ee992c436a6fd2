package contacts

import (
	"context"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Deletion is how a delete ended (C6).
type Deletion struct {
	Archived          bool
	OpenConversations int
	OpenInvoices      []string // their numbers
}

// Delete removes a contact for good, or archives it while a conversation with it is open
// (C6). Admins only.
func (s *Contacts) Delete(ctx context.Context, who crm.Actor, id crm.ID) (d Deletion, err error) {
	if !who.IsAdmin() {
		return d, crm.ErrForbidden
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		store.LockContacts(tx, who.BusinessID, []crm.ID{id})
		c, err := store.Contact(tx, who, id)
		if err != nil {
			return err
		}
		d, err = s.deleteOrArchive(tx, who, c, Policy{})
		return err
	})
	return d, err
}

// deleteOrArchive is Delete for one that is there, visible and locked.
func (s *Contacts) deleteOrArchive(tx *db.Tx, who crm.Actor, c *crm.Contact, policy Policy) (d Deletion, err error) {
	if d, err = s.whatIsOpen(tx, who.BusinessID, c.ID); err != nil {
		return d, err
	}
	if d.Archived {
		return d, s.setStatuses(tx, who, []*crm.Contact{c}, crm.Archived, crm.ContactArchived, policy)
	}
	if err := store.DeleteContacts(tx, who.BusinessID, c.ID); err != nil {
		return d, err
	}
	event := who.Event(crm.ContactDeleted, s.Now())
	event.ContactID, event.SubjectID, event.Note = c.ID, policy.Subject, policy.Note
	return d, s.record(tx, event)
}

// PreviewDelete says what Delete would do now, and does nothing. Admins only.
func (s *Contacts) PreviewDelete(ctx context.Context, who crm.Actor, id crm.ID) (d Deletion, err error) {
	if !who.IsAdmin() {
		return d, crm.ErrForbidden
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := store.Contact(tx, who, id); err != nil {
			return err
		}
		d, err = s.whatIsOpen(tx, who.BusinessID, id)
		return err
	})
	return d, err
}

// whatIsOpen says what keeps a contact from being deleted (C6).
func (s *Contacts) whatIsOpen(tx *db.Tx, business, id crm.ID) (d Deletion, err error) {
	if d.OpenConversations, err = store.OpenConversationsOf(tx, business, id); err != nil {
		return d, err
	}
	invoices, err := store.OpenInvoicesOf(tx, business, id, s.Now())
	for _, i := range invoices {
		d.OpenInvoices = append(d.OpenInvoices, i.Number)
	}
	d.Archived = d.OpenConversations > 0 || len(d.OpenInvoices) > 0
	return d, err
}

// Archive takes a contact out of lists and pickers; it keeps its identities (C7).
func (s *Contacts) Archive(ctx context.Context, who crm.Actor, id crm.ID) (*crm.Contact, error) {
	if !who.IsAdmin() {
		return nil, crm.ErrForbidden
	}
	return s.changeStatus(ctx, who, id, crm.Archived, crm.ContactArchived)
}

// Restore brings an archived contact back by hand (C7).
func (s *Contacts) Restore(ctx context.Context, who crm.Actor, id crm.ID) (*crm.Contact, error) {
	return s.changeStatus(ctx, who, id, crm.Active, crm.ContactRestored)
}

func (s *Contacts) changeStatus(ctx context.Context, who crm.Actor, id crm.ID, to crm.Status, t crm.EventType) (c *crm.Contact, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		store.LockContacts(tx, who.BusinessID, []crm.ID{id})
		if c, err = store.Contact(tx, who, id); err != nil {
			return err
		}
		return s.setStatus(tx, who, c, to, t)
	})
	return c, err
}

// setStatus changes a contact's status with one entry in its history; nothing happens
// when it has that status.
func (s *Contacts) setStatus(tx *db.Tx, who crm.Actor, c *crm.Contact, to crm.Status, t crm.EventType) error {
	return s.setStatuses(tx, who, []*crm.Contact{c}, to, t, Policy{})
}

// setStatuses is setStatus for many. The policy says what their history notes.
func (s *Contacts) setStatuses(tx *db.Tx, who crm.Actor, list []*crm.Contact, to crm.Status, t crm.EventType, policy Policy) error {
	now := s.Now()
	var changes []store.ContactChange
	var events []crm.Event
	for _, c := range list {
		if c.Status == to {
			continue
		}
		before := *c
		c.Status = to
		c.Version++
		c.UpdatedAt, c.UpdatedBy = now, who.Name
		changes = append(changes, store.ContactChange{Before: &before, After: c})
		event := who.Event(t, now)
		event.ContactID, event.SubjectID, event.Note = c.ID, policy.Subject, policy.Note
		event.Changes = []crm.Change{{Field: "status", Old: before.Status, New: to}}
		events = append(events, event)
	}
	store.ChangeContacts(tx, who.BusinessID, changes, now)
	return s.record(tx, events...)
}

// Reactivate makes an archived contact active because it wrote (C8). It takes the
// caller's transaction, which holds the contact's lock.
func (s *Contacts) Reactivate(tx *db.Tx, who crm.Actor, c *crm.Contact) error {
	return s.setStatus(tx, who, c, crm.Active, crm.ContactReactivated)
}
