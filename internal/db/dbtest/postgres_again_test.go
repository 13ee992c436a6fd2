package dbtest

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"parley/internal/db"
)

// A database that comes from an earlier test is as a new one; one whose schema was changed does
// not come again.
func TestTakenBack(t *testing.T) {
	name := func(d *db.DB) string { return d.Pool().Config().ConnConfig.Database }
	sql := func(t *testing.T, d *db.DB, text string) {
		t.Helper()
		if _, err := d.Pool().Exec(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	var fresh map[string]string
	var first string
	t.Run("fresh", func(t *testing.T) {
		c, err := startCluster()
		if err != nil {
			Skip(t, "PostgreSQL could not be started: %v", err)
		}
		made, err := c.newDatabase(true)
		if err != nil {
			t.Fatal(err)
		}
		d := open(t, db.Config{URL: c.url(made)})
		fresh = Dump(t, d)
	})
	t.Run("used", func(t *testing.T) {
		d := NewPostgres(t)
		first = name(d)
		sql(t, d, "insert into business (id, name, country, time_zone, created_at) values ('b', 'Firm', 'GB', 'UTC', 1)")
		sql(t, d, "insert into app_user (business_id, id, name, role, created_at) values ('b', 'u', 'Ann', 'admin', 1)")
		sql(t, d, "select nextval('event_seq')")
		left, err := pgx.Connect(context.Background(), d.Pool().Config().ConnString()) // a connection that is left open
		if err != nil {
			t.Fatal(err)
		}
		_ = left
	})
	t.Run("again", func(t *testing.T) {
		d := NewPostgres(t)
		if name(d) != first {
			t.Errorf("%s, and not %s again", name(d), first)
		}
		if changed := Changed(fresh, Dump(t, d)); len(changed) > 0 {
			t.Errorf("not as new: %s", strings.Join(changed, ", "))
		}
		var next int
		if err := d.Pool().QueryRow(t.Context(), "select nextval('event_seq')").Scan(&next); err != nil || next != 1 {
			t.Errorf("the sequence goes on with %d, %v", next, err)
		}
		sql(t, d, "alter table tag add column more text")
	})
	t.Run("changed", func(t *testing.T) {
		if d := NewPostgres(t); name(d) == first {
			t.Error("the schema was changed, and it came again")
		}
	})
}
