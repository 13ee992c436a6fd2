package store

import (
	"parley/internal/crm"
	"parley/internal/db"
)

// Seal is the seal of one entry of the audit log: the N-th of its business.
type Seal struct {
	N       int64
	Place   Cursor // of the event
	KeyID   string // names the key it was made with
	Details string // what the changes and the note of the event come to
	MAC     string // over the seal before and everything else of the event
}

// SealHead is how far a business is sealed. MAC vouches for N.
type SealHead struct {
	N     int64
	Place Cursor
	KeyID string
	MAC   string
}

func scanSealHead(row db.Row) (h SealHead, err error) {
	err = row.Scan(&h.N, &h.Place.Tx, &h.Place.Seq, &h.KeyID, &h.MAC)
	return h, err
}

const selectSealHead = "select n, tx, seq, key_id, mac from event_seal_head where business_id = $1"

// SealHeadOf is how far a business is sealed; found is false before the first seal.
func SealHeadOf(tx *db.Tx, business crm.ID) (h SealHead, found bool, err error) {
	return db.One(tx, scanSealHead, selectSealHead, business)
}

// LockSealHead is SealHeadOf for the one transaction, over all nodes, that seals further.
func LockSealHead(tx *db.Tx, business crm.ID) (SealHead, error) {
	tx.Exec("insert into event_seal_head (business_id, n, tx, seq, key_id, mac) values ($1, 0, -1, -1, '', '') on conflict (business_id) do nothing", business)
	sql := selectSealHead
	if tx.Engine() == db.Postgres {
		sql += " for update"
	}
	h, _, err := db.One(tx, scanSealHead, sql, business)
	return h, err
}

// Unsealed are settled entries of the log after a place, in their order.
func Unsealed(tx *db.Tx, business crm.ID, after Cursor, limit int) ([]crm.Event, error) {
	return db.All(tx, scanEvent, selectEvent+"where e.business_id = $1 and e.audit <> '' and (e.tx, e.seq) > ($2, $3) and "+settled(tx)+
		" order by e.tx, e.seq limit $4", business, after.Tx, after.Seq, limit)
}

// Sealable are the entries of the log between two places, the first not included, with
// those of other events at the same places that seals name.
func Sealable(tx *db.Tx, business crm.ID, after, to Cursor) ([]crm.Event, error) {
	return db.All(tx, scanEvent, selectEvent+"where e.business_id = $1 and e.audit <> '' and (e.tx, e.seq) > ($2, $3) and (e.tx, e.seq) <= ($4, $5) order by e.tx, e.seq",
		business, after.Tx, after.Seq, to.Tx, to.Seq)
}

// AddSeals appends seals and moves the head.
func AddSeals(tx *db.Tx, business crm.ID, seals []Seal, head SealHead) {
	rows := make([][]any, len(seals))
	for i, s := range seals {
		rows[i] = []any{business, s.N, s.Place.Tx, s.Place.Seq, s.KeyID, s.Details, s.MAC}
	}
	tx.Insert("event_seal", []string{"business_id", "n", "tx", "seq", "key_id", "details", "mac"}, rows)
	tx.Exec("update event_seal_head set n = $2, tx = $3, seq = $4, key_id = $5, mac = $6 where business_id = $1",
		business, head.N, head.Place.Tx, head.Place.Seq, head.KeyID, head.MAC)
}

// Seals are seals by their numbers, both included, in their order.
func Seals(tx *db.Tx, business crm.ID, from, to int64) ([]Seal, error) {
	return db.All(tx, func(row db.Row) (s Seal, err error) {
		err = row.Scan(&s.N, &s.Place.Tx, &s.Place.Seq, &s.KeyID, &s.Details, &s.MAC)
		return s, err
	}, "select n, tx, seq, key_id, details, mac from event_seal where business_id = $1 and n >= $2 and n <= $3 order by n", business, from, to)
}

// LastErasure is the place of the newest entry that tells of an erasure or a deletion:
// those take details out of events before them (C6, C10).
func LastErasure(tx *db.Tx, business crm.ID) (Cursor, error) {
	c, _, err := db.One(tx, func(row db.Row) (c Cursor, err error) {
		err = row.Scan(&c.Tx, &c.Seq)
		return c, err
	}, `select e.tx, e.seq from event e where e.business_id = $1 and e.audit in ('erasures', 'deletes') and e.type in ('contact.erased', 'contact.deleted')
		order by e.tx desc, e.seq desc limit 1`, business)
	return c, err
}

// BusinessIDs are the ids of all businesses, for what works through one after another.
func BusinessIDs(tx *db.Tx) ([]crm.ID, error) {
	return db.All(tx, db.Column[crm.ID], "select id from business order by id")
}
