package db_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/db/dbtest"
)

// Few rows and many are added alike, with every kind of value, and read back as they were.
func TestInsert(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		do := func(f func(tx *db.Tx) error) {
			t.Helper()
			if err := d.Write(t.Context(), f); err != nil {
				t.Fatal(err)
			}
		}
		document, sign := "jsonb", ""
		if d.Engine() == db.SQLite {
			document, sign = "text", "\x00" // which PostgreSQL has in no text
		}
		do(func(tx *db.Tx) error {
			tx.Exec("create table sample (n bigint primary key, word text, id text, yes boolean, at bigint, bytes bytea, absent bytea, none text, document " + document + ")")
			return nil
		})
		at := time.Date(2026, 11, 27, 8, 0, 0, 1000, time.UTC)
		first := 0
		for _, n := range []int{0, 1, 7, 8, 9, 500} {
			var rows [][]any
			for i := range n {
				rows = append(rows, []any{first + i, strings.Repeat("é", i) + sign + "'", crm.ID(fmt.Sprint(i)), i%2 == 0, at, []byte{0, byte(i)}, []byte(nil), crm.ID(""), db.JSON(map[string]int{"i": i})})
			}
			do(func(tx *db.Tx) error {
				tx.Insert("sample", []string{"n", "word", "id", "yes", "at", "bytes", "absent", "none", "document"}, rows)
				return nil
			})
			var got []string
			do(func(tx *db.Tx) error {
				return tx.Ask(db.Each(func(row db.Row) error {
					var n int
					var word, none string
					var id crm.ID
					var yes, absent bool
					var at time.Time
					var bytes []byte
					var document map[string]int
					err := row.Scan(&n, &word, &id, &yes, &at, &bytes, &absent, &none, db.JSON(&document))
					got = append(got, fmt.Sprintln(n, []byte(word), id, yes, at, bytes, absent, none, document))
					return err
				}, "select n, word, id, yes, at, bytes, absent is null, coalesce(none, 'nothing'), document from sample where n >= $1 order by n", first))
			})
			var want []string
			for i := range n {
				want = append(want, fmt.Sprintln(first+i, []byte(strings.Repeat("é", i)+sign+"'"), i, i%2 == 0, at, []byte{0, byte(i)}, true, "nothing", map[string]int{"i": i}))
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%d rows:\n%q\nwant\n%q", n, got, want)
			}
			first += n
		}
		again := make([][]any, 10)
		for i := range again {
			again[i] = []any{first + i}
		}
		again[9] = []any{0} // which is there
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			tx.Insert("sample", []string{"n"}, again)
			return nil
		})
		if err == nil {
			t.Error("a key was added twice")
		}
		undone := errors.New("undone")
		if err := d.Write(t.Context(), func(tx *db.Tx) error {
			tx.Exec("create table passing (n bigint)") // after which SQLite reads all its tables' definitions anew
			tx.Insert("passing", []string{"n"}, again)
			return undone
		}); !errors.Is(err, undone) {
			t.Error(err)
		}
		do(func(tx *db.Tx) error {
			n, _, err := db.One(tx, db.Column[int], "select count(*) from sample")
			if err == nil && n != first {
				t.Errorf("%d rows are there, want the %d from before", n, first)
			}
			tx.Insert("sample", []string{"n"}, again[:9])
			return err
		})
	})
}
