package api_test

import (
	"testing"

	"parley/internal/db"
	"parley/internal/db/dbtest"
)

// rows are what is in every table.
func (h *house) rows() map[string]string {
	h.t.Helper()
	return dbtest.Dump(h.t, h.db)
}

func (h *house) unchanged(t *testing.T, before map[string]string, after string) {
	t.Helper()
	if tables := dbtest.Changed(before, h.rows()); len(tables) > 0 {
		t.Errorf("after %s there is something else in %v", after, tables)
	}
}

// text reads one value.
func (h *house) text(sql string) (value string) {
	h.t.Helper()
	err := h.db.Read(h.t.Context(), func(tx *db.Tx) (err error) {
		value, _, err = db.One(tx, db.Column[string], sql)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return value
}

// exec runs a statement.
func (h *house) exec(sql string) {
	h.t.Helper()
	if err := h.db.Write(h.t.Context(), func(tx *db.Tx) error { tx.Exec(sql); return nil }); err != nil {
		h.t.Fatal(err)
	}
}
