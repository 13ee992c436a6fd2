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

// SayStop is OptOut for what was said just now. The person's own word takes the place of
// what somebody noted by hand; changed is false when nothing is new.
func SayStop(tx *db.Tx, business, contact crm.ID, s SaidStop) (changed bool, err error) {
	n, err := tx.Affected(`insert into opt_out (business_id, contact_id, family, at, source, wording)
		select c.business_id, c.id, cast($3 as text), cast($4 as bigint), cast($5 as text), cast($6 as text) from contact c where c.business_id = $1 and c.id = $2
		on conflict (business_id, contact_id, family) do update set at = excluded.at, source = excluded.source, wording = excluded.wording
		where excluded.source in ('message', 'provider') and opt_out.source not in ('message', 'provider')`,
		business, contact, s.Family, s.At, s.Source, s.Wording)
	return n > 0, err
}

// TakeStopBack is OptIn for what was said just now; changed is false when there was no
// opt-out.
func TakeStopBack(tx *db.Tx, business, contact crm.ID, family crm.Family) (changed bool, err error) {
	n, err := tx.Affected("delete from opt_out where business_id = $1 and contact_id = $2 and family = $3", business, contact, family)
	return n > 0, err
}

// StoppedOn is the contact's opt-out on a family of channels; found is false when it has
// none.
func StoppedOn(tx *db.Tx, business, contact crm.ID, family crm.Family) (s SaidStop, found bool, err error) {
	list, err := OptOutsOf(tx, business, contact)
	for _, s := range list {
		if s.Family == family {
			return s, true, err
		}
	}
	return s, false, err
}
