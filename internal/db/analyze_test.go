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
