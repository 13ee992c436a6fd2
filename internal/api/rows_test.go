package api_test

import (
	"maps"
	"testing"

	"parley/internal/db"
)

// tables are those in which a denied call could leave something.
var tables = []string{"business", "app_user", "sign_in", "session", "api_token", "one_time_link", "idempotent", "contact", "identity", "contact_viewer", "tag",
	"contact_tag", "opt_out", "channel", "webhook", "conversation", "conversation_viewer", "conversation_seen", "message", "media", "reaction", "parked_status", "unfiled",
	"import", "import_part", "import_row", "bulk", "bulk_contact", "event"}

// changing are the columns that tell of a change in place.
var changing = map[string]string{
	"contact": "sum(version)", "channel": "min(name || settings)", "tag": "min(name || colour)", "app_user": "min(name || role)",
	"business": "min(name)", "import": "min(name || status)", "conversation": "min(status || visibility || coalesce(assignee_id, ''))",
}

// rows counts every table, with a digest where rows change in place.
func (h *house) rows() map[string]string {
	h.t.Helper()
	counts := map[string]string{}
	for _, table := range tables {
		digest := "''"
		if column, ok := changing[table]; ok {
			digest = "coalesce(" + column + ", '')"
			if table == "contact" {
				digest = "coalesce(cast(" + column + " as text), '')"
			} else if table == "channel" {
				digest = "coalesce(min(name || cast(settings as text)), '')"
			}
		}
		err := h.db.Read(h.t.Context(), func(tx *db.Tx) error {
			text, _, err := db.One(tx, db.Column[string], "select cast(count(*) as text) || ' ' || "+digest+" from "+table)
			counts[table] = text
			return err
		})
		if err != nil {
			h.t.Fatal(table, err)
		}
	}
	return counts
}

func (h *house) unchanged(t *testing.T, before map[string]string, after string) {
	t.Helper()
	now := h.rows()
	if maps.Equal(before, now) {
		return
	}
	for table, was := range before {
		if now[table] != was {
			t.Errorf("after %s %s is %q, was %q", after, table, now[table], was)
		}
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
