package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// Answer is the kept answer to a POST with an Idempotency-Key. Status 0 means that the
// first call has not ended, or that nobody knows how it did.
type Answer struct {
	Request string // a hash of method, path and body
	Status  int
	Header  map[string]string
	Body    string
}

// ReserveAnswer takes a key for a request, or finds what was kept under it before.
func ReserveAnswer(tx *db.Tx, business, user crm.ID, key, request string, now time.Time) (kept Answer, found bool, err error) {
	n, err := tx.Affected(`insert into idempotent (business_id, user_id, key, request, status, header, body, created_at)
		values ($1, $2, $3, $4, 0, '{}', '', $5) on conflict (business_id, user_id, key) do nothing`, business, user, key, request, now)
	if err != nil || n == 1 {
		return Answer{}, false, err
	}
	return db.One(tx, func(row db.Row) (a Answer, err error) {
		err = row.Scan(&a.Request, &a.Status, db.JSON(&a.Header), &a.Body)
		return a, err
	}, "select request, status, header, body from idempotent where business_id = $1 and user_id = $2 and key = $3", business, user, key)
}

// KeepAnswer writes the answer under its key.
func KeepAnswer(tx *db.Tx, business, user crm.ID, key string, a Answer) {
	tx.Exec("update idempotent set status = $4, header = $5, body = $6 where business_id = $1 and user_id = $2 and key = $3",
		business, user, key, a.Status, db.JSON(a.Header), a.Body)
}

// ReleaseAnswer gives a key back after a failure of ours, so that the caller may try again.
func ReleaseAnswer(tx *db.Tx, business, user crm.ID, key string) {
	tx.Exec("delete from idempotent where business_id = $1 and user_id = $2 and key = $3 and status = 0", business, user, key)
}

// ForgetAnswers clears what is older than the 24 hours that were promised.
func ForgetAnswers(tx *db.Tx, before time.Time) {
	tx.Exec("delete from idempotent where created_at < $1", before)
}
