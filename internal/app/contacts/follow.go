package contacts

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// ArchiveFollowed archives a contact because its record was archived in another system
// (S3), unless a conversation or an invoice is open. The caller holds its lock.
func (s *Contacts) ArchiveFollowed(tx *db.Tx, who crm.Actor, c *crm.Contact, note string) (done bool, err error) {
	if c.Status != crm.Active {
		return false, nil
	}
	open, err := s.whatIsOpen(tx, who.BusinessID, c.ID)
	if err != nil || open.Archived {
		return false, err
	}
	return true, s.setStatuses(tx, who, []*crm.Contact{c}, crm.Archived, crm.ContactArchived, Policy{Note: note})
}

// RestoreFollowed makes a contact active again because its record is. The caller holds its
// lock.
func (s *Contacts) RestoreFollowed(tx *db.Tx, who crm.Actor, c *crm.Contact, note string) error {
	return s.setStatuses(tx, who, []*crm.Contact{c}, crm.Active, crm.ContactRestored, Policy{Note: note})
}

// NoteKept writes into the history of contacts that another system wanted other values,
// and that ours were kept: old is theirs, so that it can be put in place of ours (S3).
func (s *Contacts) NoteKept(tx *db.Tx, who crm.Actor, kept map[crm.ID][]crm.Change, note string, subject crm.ID, now time.Time) error {
	var events []crm.Event
	for id, changes := range kept {
		event := who.Event(crm.ContactChanged, now)
		event.ContactID, event.SubjectID, event.Changes, event.Note = id, subject, changes, note
		events = append(events, event)
	}
	return s.record(tx, events...)
}
