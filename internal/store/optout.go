package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// OptOut notes that a contact said stop on a family of channels (B5). The first one
// stands.
func OptOut(tx *db.Tx, business, contact crm.ID, family crm.Family, at time.Time, source, wording string) {
	tx.Exec(`insert into opt_out (business_id, contact_id, family, at, source, wording) values ($1, $2, $3, $4, $5, $6)
		on conflict (business_id, contact_id, family) do nothing`, business, contact, family, at, source, wording)
}

// OptIn takes an opt-out back.
func OptIn(tx *db.Tx, business, contact crm.ID, family crm.Family) {
	tx.Exec("delete from opt_out where business_id = $1 and contact_id = $2 and family = $3", business, contact, family)
}
