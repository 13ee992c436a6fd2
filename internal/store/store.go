// Package store holds every statement on Parley's tables, one file a table. Functions
// take the transaction they run in; the verbs in app decide when one begins. Each
// statement on a tenant's table names the business as a constant (A1).
package store

import (
	"parley/internal/crm"
	"parley/internal/db"
)

// Fold brings a text to the form in which names are searched; see crm.Fold.
func Fold(s string) string { return crm.Fold(s) }

// values are those of the identities of one kind, for = any($n).
func values(identities []crm.Identity, kind crm.IdentityKind) []string {
	list := []string{}
	for _, i := range identities {
		if i.Kind == kind {
			list = append(list, i.Value)
		}
	}
	return list
}

// count reads a row of one number.
func count(tx *db.Tx, sql string, args ...any) (int, error) {
	n, _, err := db.One(tx, db.Column[int], sql, args...)
	return n, err
}

// idSet reads rows of one id.
func idSet(tx *db.Tx, sql string, args ...any) (map[crm.ID]bool, error) {
	set := map[crm.ID]bool{}
	return set, tx.Ask(db.Each(func(row db.Row) error {
		var id crm.ID
		err := row.Scan(&id)
		set[id] = true
		return err
	}, sql, args...))
}

// SpareMemory has SQLite let go of the pages of the database that it keeps in memory, for
// who writes very much that nobody reads soon.
func SpareMemory(tx *db.Tx) {
	if tx.Engine() == db.SQLite {
		tx.Exec("pragma shrink_memory")
	}
}
