package contacts

import (
	"context"
	"slices"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Erase removes a person and all that is kept of them, whatever is open (C10): a later
// message from the number is a stranger's. One event stays that says who did it and when.
// Invoices stay as accounting records that name nobody. Admins only. Errors are of kind
// Forbidden and NotFound.
func (s *Contacts) Erase(ctx context.Context, who crm.Actor, id crm.ID) error {
	if !who.IsAdmin() {
		return crm.ErrForbidden
	}
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		store.LockContacts(tx, who.BusinessID, []crm.ID{id})
		c, err := store.Contact(tx, who, id)
		if err != nil {
			return err
		}
		if err := store.Erase(tx, who.BusinessID, c); err != nil {
			return err
		}
		event := who.Event(crm.ContactErased, s.Now())
		event.ContactID = id
		return s.record(tx, event)
	})
	if err != nil {
		return err
	}
	tables := slices.DeleteFunc(slices.Clone(store.ErasedTables), func(table string) bool {
		return table == "contact_fts" || table == "contact_unindexed" || table == "contact_text_gone" // only SQLite has them
	})
	return s.DB.Scrub(ctx, tables)
}
