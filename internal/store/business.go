package store

import (
	"parley/internal/crm"
	"parley/internal/db"
)

const businessColumns = "id, name, country, time_zone, demo, held, created_at"

func scanBusiness(row db.Row) (b crm.Business, err error) {
	err = row.Scan(&b.ID, &b.Name, &b.Country, &b.TimeZone, &b.Demo, &b.Held, &b.CreatedAt)
	return b, err
}

// AddBusiness inserts a business.
func AddBusiness(tx *db.Tx, b crm.Business) {
	tx.Exec("insert into business ("+businessColumns+") values ($1, $2, $3, $4, $5, $6, $7)",
		b.ID, b.Name, b.Country, b.TimeZone, b.Demo, b.Held, b.CreatedAt)
}

// Business reads a business by its id.
func Business(tx *db.Tx, id crm.ID) (crm.Business, error) {
	b, found, err := db.One(tx, scanBusiness, "select "+businessColumns+" from business where id = $1", id)
	if err == nil && !found {
		err = crm.ErrNotFound
	}
	return b, err
}

// Businesses are all of them, oldest first.
func Businesses(tx *db.Tx) ([]crm.Business, error) {
	return db.All(tx, scanBusiness, "select "+businessColumns+" from business order by id")
}

// AnyBusiness reports whether there is one at all: if not, set-up has yet to happen.
func AnyBusiness(tx *db.Tx) (bool, error) {
	_, found, err := db.One(tx, db.Column[crm.ID], "select id from business limit 1")
	return found, err
}

// ChangeBusiness writes what can change of a business.
func ChangeBusiness(tx *db.Tx, b crm.Business) {
	tx.Exec("update business set name = $2, country = $3, time_zone = $4 where id = $1", b.ID, b.Name, b.Country, b.TimeZone)
}

// Release lets a restored business send again.
func Release(tx *db.Tx, id crm.ID) {
	tx.Exec("update business set held = false where id = $1", id)
}
