package contacts

import (
	"slices"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// ArchiveFollowed archives contacts because their records were archived in another system
// (S3), but for those with a conversation or an invoice that is open. The caller holds
// their locks.
func (s *Contacts) ArchiveFollowed(tx *db.Tx, who crm.Actor, list []*crm.Contact, note string) error {
	if len(list) == 0 {
		return nil
	}
	ids := make([]crm.ID, len(list))
	for n, c := range list {
		ids[n] = c.ID
	}
	open, err := store.ContactsWithOpen(tx, who.BusinessID, ids, s.Now())
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(c *crm.Contact) bool { return open[c.ID] })
	return s.setStatuses(tx, who, list, crm.Archived, crm.ContactArchived, Policy{Note: note})
}

// RestoreFollowed makes contacts active again because their records are. The caller holds
// their locks.
func (s *Contacts) RestoreFollowed(tx *db.Tx, who crm.Actor, list []*crm.Contact, note string) error {
	return s.setStatuses(tx, who, list, crm.Active, crm.ContactRestored, Policy{Note: note})
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
