package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// FrozenFields are the fields of contacts that no system changes, until an admin says so.
func FrozenFields(tx *db.Tx, business crm.ID, contacts []crm.ID) (map[crm.ID][]string, error) {
	m := map[crm.ID][]string{}
	if len(contacts) == 0 {
		return m, nil
	}
	return m, tx.Ask(db.Each(func(row db.Row) error {
		var id crm.ID
		var field string
		err := row.Scan(&id, &field)
		m[id] = append(m[id], field)
		return err
	}, "select contact_id, field from sync_frozen where business_id = $1 and contact_id = any($2) order by field", business, texts(contacts)))
}

// FreezeField has a field of a contact stay as it is. It is kept by the field's name alone,
// and goes with the contact (C10).
func FreezeField(tx *db.Tx, business, contact crm.ID, field string, now time.Time) {
	tx.Exec(`insert into sync_frozen (business_id, contact_id, field, at) values ($1, $2, $3, $4)
		on conflict (business_id, contact_id, field) do nothing`, business, contact, field, now)
}

// ReleaseFields lets systems change fields of a contact again.
func ReleaseFields(tx *db.Tx, business, contact crm.ID, fields []string) {
	if len(fields) > 0 {
		tx.Exec("delete from sync_frozen where business_id = $1 and contact_id = $2 and field = any($3)", business, contact, fields)
	}
}

// SyncChanges are the connections that changed fields of contacts by themselves since a
// time, by contact and field, in their order. That ours was kept is a note, no change.
func SyncChanges(tx *db.Tx, business crm.ID, contacts []crm.ID, since time.Time) (map[crm.ID]map[string][]crm.ID, error) {
	m := map[crm.ID]map[string][]crm.ID{}
	if len(contacts) == 0 {
		return m, nil
	}
	return m, tx.Ask(db.Each(func(row db.Row) error {
		var contact, connection crm.ID
		var changes []crm.Change
		if err := row.Scan(&contact, &connection, db.JSON(&changes)); err != nil {
			return err
		}
		if m[contact] == nil {
			m[contact] = map[string][]crm.ID{}
		}
		for _, c := range changes {
			m[contact][c.Field] = append(m[contact][c.Field], connection)
		}
		return nil
	}, `select contact_id, subject_id, changes from event where business_id = $1 and contact_id = any($2) and at >= $3 and type = 'contact.changed' and via = 'sync'
		and actor_id is null and note = '' order by `+unwalked(tx, "tx")+`, seq`, business, texts(contacts), since))
}
