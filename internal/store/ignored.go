package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// IgnoredPlace is where a page of ignored records ended.
type IgnoredPlace struct {
	At       time.Time
	RemoteID string
}

// Ignored is a page of the records of a connection that are ignored, the last first. Those of
// people who were erased are not among them (C10).
func Ignored(tx *db.Tx, business, connection crm.ID, after *IgnoredPlace, limit int) ([]crm.Link, error) {
	w := &conditions{}
	w.sql = "business_id = " + w.arg(business)
	w.and("connection_id = " + w.arg(connection))
	w.and("state = 'ignored' and not erased")
	if after != nil {
		w.and("(updated_at, remote_id) < (" + w.arg(after.At) + ", " + w.arg(after.RemoteID) + ")")
	}
	return db.All(tx, scanLink, "select "+linkColumns+" from ext_link where "+w.sql+" order by updated_at desc, remote_id desc limit "+w.arg(limit), w.args...)
}

// CountIgnored counts what Ignored lists, and the records of erased people.
func CountIgnored(tx *db.Tx, business, connection crm.ID) (listed, erased int, err error) {
	err = tx.Ask(db.Each(func(row db.Row) error { return row.Scan(&listed, &erased) },
		`select count(*) filter (where not erased), count(*) filter (where erased) from ext_link
		where business_id = $1 and connection_id = $2 and state = 'ignored'`, business, connection))
	return listed, erased, err
}

// ForgetIgnored forgets that a record is ignored; false where it is not, or not any more.
func ForgetIgnored(tx *db.Tx, business, connection crm.ID, remote string) (bool, error) {
	n, err := tx.Affected("delete from ext_link where business_id = $1 and connection_id = $2 and remote_id = $3 and state = 'ignored' and not erased", business, connection, remote)
	return n > 0, err
}

// ForgetIgnoredInvoices forgets that invoices were ignored, which could be read after all.
func ForgetIgnoredInvoices(tx *db.Tx, business, connection crm.ID, remotes []string) {
	if len(remotes) > 0 {
		tx.Exec("delete from ext_link where business_id = $1 and connection_id = $2 and remote_id = any($3) and state = 'ignored'", business, connection, remotes)
	}
}
