package db_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"parley/internal/db"
	"parley/internal/db/dbtest"
)

// PostgreSQL looks at a table right behind a transaction that added many rows to it: what
// comes after a chunk of an import is planned for what is there, not for an empty table.
func TestAnalyzedAtOnce(t *testing.T) {
	t.Cleanup(db.SetLookForGrowth(time.Hour))
	d := dbtest.NewPostgres(t)
	ctx, end := context.WithTimeout(t.Context(), 20*time.Second)
	defer end()
	go d.KeepAnalyzed(ctx, func(err error) { t.Error(err) })
	add := func(from int) {
		t.Helper()
		err := d.Write(ctx, func(tx *db.Tx) error {
			rows := make([][]any, 1000)
			for n := range rows {
				rows[n] = []any{fmt.Sprint(from + n), fmt.Sprintf("Business %d", from+n), "GB", "UTC", time.Now()}
			}
			tx.Insert("business", []string{"id", "name", "country", "time_zone", "created_at"}, rows)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	known := func() (rows int64) {
		t.Helper()
		err := d.Read(ctx, func(tx *db.Tx) (err error) {
			rows, _, err = db.One(tx, db.Column[int64], "select reltuples::bigint from pg_class where relname = 'business' and relnamespace = current_schema()::regnamespace")
			return err
		})
		if err != nil {
			t.Fatalf("%d rows are known: %v", rows, err)
		}
		return rows
	}
	add(0)
	for known() != 1000 {
	}
	add(1000)
	add(2000)
	for known() < 2000 {
	}
}

// A table that was looked at while its first rows were not yet committed is looked at again
// when they are: else it would count as empty, and be gone through for each of its rows.
func TestAnalyzedAfterALongTransaction(t *testing.T) {
	d := dbtest.NewPostgres(t)
	ctx := t.Context()
	conn, err := d.Pool().Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	exec := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	known := func() (rows int) {
		t.Helper()
		if err := d.AnalyzeGrown(ctx); err != nil {
			t.Fatal(err)
		}
		if err := d.Pool().QueryRow(ctx, "select reltuples from pg_class where relname = 'growing'").Scan(&rows); err != nil {
			t.Fatal(err)
		}
		return rows
	}
	exec("create table growing (n bigint)")
	exec("begin")
	exec("insert into growing select generate_series(1, 5000)")
	if rows := known(); rows > 0 {
		t.Fatalf("%d rows are known that nobody committed", rows)
	}
	exec("commit")
	exec("select pg_stat_force_next_flush()")
	exec("select 1")
	if rows := known(); rows != 5000 {
		t.Errorf("%d rows of 5000 are known", rows)
	}
}

// What waits for the text index is put into it by the node, and by nobody who writes.
func TestGathersAreEmptied(t *testing.T) {
	t.Cleanup(db.SetLookForGrowth(5 * time.Millisecond))
	d := dbtest.NewPostgres(t)
	ctx, end := context.WithTimeout(t.Context(), 20*time.Second)
	defer end()
	err := d.Write(ctx, func(tx *db.Tx) error {
		tx.Exec("create extension pgstattuple")
		tx.Exec("insert into business (id, name, country, time_zone, created_at) values ('b', 'B', 'GB', 'UTC', 1)")
		for n := range 50 {
			id := fmt.Sprint(n)
			tx.Exec(`insert into contact (business_id, id, source, created_at, created_by, updated_at, updated_by, active_at, name_key, last_key, business_key)
				values ('b', $1, 'manual', 1, 'B', 1, 'B', 1, '', '', '')`, id)
			tx.Exec("insert into contact_text (business_id, contact_id, body) values ('b', $1, $2)", id, "ada lovelace of lovelace and sons, number "+id)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	waiting := func() (pages int) {
		t.Helper()
		err := d.Read(ctx, func(tx *db.Tx) (err error) {
			pages, _, err = db.One(tx, db.Column[int], "select pending_pages from pgstatginindex('contact_text_trigrams')")
			return err
		})
		if err != nil {
			t.Fatalf("%d pages wait: %v", pages, err)
		}
		return pages
	}
	if waiting() == 0 {
		t.Fatal("nothing waits: this tests nothing")
	}
	go d.KeepAnalyzed(ctx, func(err error) { t.Error(err) })
	for waiting() > 0 {
	}
}
