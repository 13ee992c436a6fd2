package db_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/db/dbtest"
)

const newBusiness = `insert into business (id, name, country, time_zone, created_at) values ($1, $2, 'GB', 'UTC', $3)`

func names(t *testing.T, d *db.DB) (list []string) {
	t.Helper()
	err := d.Read(context.Background(), func(tx *db.Tx) (err error) {
		list, err = db.All(tx, db.Column[string], "select name from business order by name")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Writes that run side by side are grouped on SQLite; one that fails takes nothing of
// the others with it and leaves nothing of its own.
func TestWritesSideBySide(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var wg sync.WaitGroup
		refused := errors.New("refused")
		for i := range 100 {
			wg.Go(func() {
				err := d.Write(t.Context(), func(tx *db.Tx) error {
					tx.Exec(newBusiness, fmt.Sprint(i), fmt.Sprintf("%03d", i), time.Now())
					if i%3 == 0 {
						return refused
					}
					return nil
				})
				if want := i%3 == 0; errors.Is(err, refused) != want || (!want && err != nil) {
					t.Errorf("write %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		var want []string
		for i := range 100 {
			if i%3 != 0 {
				want = append(want, fmt.Sprintf("%03d", i))
			}
		}
		if got := names(t, d); !slices.Equal(got, want) {
			t.Errorf("kept %v, want %v", got, want)
		}
	})
}

// A mistake in a statement that nobody waited for fails the transaction, and a panic in
// one does not end the writer.
func TestFailuresInside(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			tx.Exec(newBusiness, "a", "a", time.Now())
			tx.Exec("insert into no_such_table values (1)")
			return nil
		})
		if err == nil || !strings.Contains(err.Error(), "no_such_table") {
			t.Errorf("error %v, want one that names the table", err)
		}
		func() {
			defer func() { _ = recover() }()
			err = d.Write(t.Context(), func(*db.Tx) error { panic("boom") })
			if err == nil {
				t.Error("a panic was committed")
			}
		}()
		if err := d.Write(t.Context(), func(tx *db.Tx) error {
			tx.Exec(newBusiness, "b", "b", time.Now())
			return nil
		}); err != nil {
			t.Error(err)
		}
		if got := names(t, d); !slices.Equal(got, []string{"b"}) {
			t.Errorf("kept %v", got)
		}
	})
}

// Two that insert the same key at once: the second looks again and sees the first.
func TestLostRaceLooksAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		made := 0
		for range 16 {
			wg.Go(func() {
				var mine bool
				err := d.Write(t.Context(), func(tx *db.Tx) error {
					mine = false
					_, found, err := db.One(tx, db.Column[string], "select id from business where id = $1", "same")
					if err != nil || found {
						return err
					}
					mine = true
					tx.Exec(newBusiness, "same", "same", time.Now())
					return nil
				})
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				if mine {
					made++
				}
			})
		}
		wg.Wait()
		if made != 1 {
			t.Errorf("%d made it, want 1", made)
		}
	})
}

func TestValues(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		at := time.Date(2026, 11, 24, 10, 0, 0, 123456000, time.UTC)
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			tx.Exec(newBusiness, "a", "+447400123456", at)
			tx.Exec(`insert into contact (business_id, id, custom, source, created_at, created_by, updated_at, updated_by, active_at, name_key, last_key, business_key)
				values ('a', 'c', $1, 'manual', 1, '', 1, '', 1, '', '', '')`, db.JSON(map[string]any{"size": 4}))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		err = d.Read(t.Context(), func(tx *db.Tx) error {
			return tx.Ask(
				db.Each(func(row db.Row) error {
					var made time.Time
					var name string
					if err := row.Scan(&name, &made); err != nil {
						return err
					}
					if name != "+447400123456" || !made.Equal(at) {
						t.Errorf("read %q at %v", name, made)
					}
					return nil
				}, "select name, created_at from business where id = any($1)", []string{"a", "b"}),
				db.Each(func(row db.Row) error {
					var custom map[string]any
					var assignee crm.ID
					var last time.Time
					var placeholder bool
					if err := row.Scan(db.JSON(&custom), &assignee, &last, &placeholder); err != nil {
						return err
					}
					if custom["size"] != 4.0 || assignee != "" || !last.IsZero() || placeholder {
						t.Errorf("read %v %q %v %v", custom, assignee, last, placeholder)
					}
					return nil
				}, "select custom, assignee_id, last_message_at, name_is_placeholder from contact where business_id = $1", "a"),
			)
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// After runs once, and only when the transaction is kept.
func TestAfter(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ran := 0
		_ = d.Write(t.Context(), func(tx *db.Tx) error {
			tx.After(func() { ran++ })
			return errors.New("no")
		})
		if err := d.Write(t.Context(), func(tx *db.Tx) error {
			tx.Exec(newBusiness, "a", "a", time.Now())
			tx.After(func() { ran += 10 })
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if ran != 10 {
			t.Errorf("ran = %d, want 10", ran)
		}
	})
}

// Closing waits for nobody who still writes: they are told that it is closed.
func TestCloseWhileWriting(t *testing.T) {
	for range 20 {
		d, err := db.Open(t.Context(), db.Config{File: filepath.Join(t.TempDir(), "parley.db")})
		if err != nil {
			t.Fatal(err)
		}
		var writers sync.WaitGroup
		for range 16 {
			writers.Go(func() {
				for d.Write(t.Context(), func(tx *db.Tx) error { return nil }) == nil {
				}
			})
		}
		closed := make(chan error, 1)
		go func() { closed <- d.Close() }()
		select {
		case err := <-closed:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("closing does not end")
		}
		writers.Wait()
	}
}
