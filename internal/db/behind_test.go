package db_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/internal/db"
	"parley/internal/db/dbtest"
)

// On SQLite's one writer whoever comes last goes before all those behind.
func TestBehindOnSQLite(t *testing.T) {
	d := dbtest.NewSQLite(t)
	const many = 20
	began, release := make(chan struct{}), make(chan struct{})
	var order []string // only the writer writes it
	var group sync.WaitGroup
	put := func(write func(func(*db.Tx) error) error, name string, first bool) {
		group.Go(func() {
			err := write(func(tx *db.Tx) error {
				if first {
					close(began)
					<-release
				}
				order = append(order, name)
				tx.Exec(newBusiness, name, name, time.Now())
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	before := func(f func(*db.Tx) error) error { return d.Write(t.Context(), f) }
	behind := func(f func(*db.Tx) error) error { return d.WriteBehind(t.Context(), f) }
	queued := func(n int) {
		for db.Queued(d) < n {
			runtime.Gosched()
		}
	}
	put(before, "first", true)
	<-began
	for n := range many {
		put(behind, fmt.Sprint("behind ", n), false)
	}
	queued(many)
	put(before, "last", false)
	queued(many + 1)
	close(release)
	group.Wait()
	if len(order) != many+2 || order[0] != "first" || order[1] != "last" {
		t.Errorf("in the order %q", order)
	}
	if got := names(t, d); len(got) != many+2 {
		t.Errorf("%d of %d were kept", len(got), many+2)
	}
}

// However much others write, those behind get on, and learn that others wait.
func TestBehindIsNotStarved(t *testing.T) {
	d := dbtest.NewSQLite(t)
	const most = 1000
	var over atomic.Bool
	links := 0 // changed by the one writer alone
	ended := make(chan error, most+1)
	var chain func()
	chain = func() { // of writes of which the next always waits
		ended <- d.Write(t.Context(), func(tx *db.Tx) error {
			if links++; over.Load() || links > most {
				return nil
			}
			go chain()
			for db.WritesWaiting(d) == 0 {
				runtime.Gosched()
			}
			return nil
		})
	}
	go chain()
	<-ended
	err := d.WriteBehind(t.Context(), func(tx *db.Tx) error {
		if over.Store(true); !tx.Awaited() {
			t.Error("nobody waits")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	err = d.WriteBehind(t.Context(), func(tx *db.Tx) error { // after the last link
		if tx.Awaited() {
			t.Error("somebody waits")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if links > most {
		t.Errorf("it waited for %d others", links)
	}
}

// On PostgreSQL few of those behind run side by side, and nobody else waits for them.
func TestBehindOnPostgres(t *testing.T) {
	d := dbtest.NewPostgres(t)
	const many = 20
	most := max(2, runtime.NumCPU()/2)
	began, release := make(chan struct{}, many), make(chan struct{})
	var group sync.WaitGroup
	for n := range many {
		group.Go(func() {
			err := d.WriteBehind(t.Context(), func(tx *db.Tx) error {
				began <- struct{}{}
				<-release
				tx.Exec(newBusiness, fmt.Sprint(n), fmt.Sprint(n), time.Now())
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	for range most {
		<-began
	}
	if err := d.Write(t.Context(), func(tx *db.Tx) error { tx.Exec(newBusiness, "last", "last", time.Now()); return nil }); err != nil {
		t.Error(err)
	}
	if n := len(began); n > 0 {
		t.Errorf("%d run beside the %d that may", n, most)
	}
	close(release)
	group.Wait()
	if got := names(t, d); len(got) != many+1 {
		t.Errorf("%d of %d were kept", len(got), many+1)
	}
}

// One that is behind stands still while others are on the way.
func TestBehindLetsPass(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		db.Patience(d, time.Hour)
		letsPass(t, d, "a read", d.Read)
		if d.Engine() == db.Postgres { // on SQLite a write holds the one writer
			letsPass(t, d, "a write", d.Write)
		}
	})
}

func letsPass(t *testing.T, d *db.DB, what string, ahead func(context.Context, func(*db.Tx) error) error) {
	begun, goOn := make(chan struct{}), make(chan struct{})
	order := make(chan string, 2)
	var group sync.WaitGroup
	group.Go(func() {
		if err := ahead(t.Context(), func(tx *db.Tx) error {
			close(begun)
			<-goOn
			for range 100 { // longer than whoever is behind takes
				if err := ask(tx); err != nil {
					return err
				}
			}
			order <- "ahead"
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
	<-begun
	if err := d.WriteBehind(t.Context(), func(tx *db.Tx) error {
		close(goOn)
		err := ask(tx)
		order <- "behind"
		return err
	}); err != nil {
		t.Error(err)
	}
	group.Wait()
	if first := <-order; first != "ahead" {
		t.Errorf("beside %s, %s came first", what, first)
	}
}

// However long others are on the way, one that is behind comes to its end, and reads that are
// behind hold up nobody.
func TestBehindLosesPatience(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		behind := func(*db.Tx) error { return d.WriteBehind(t.Context(), ask) }
		if err := d.Read(t.Context(), behind); err != nil {
			t.Error(err)
		}
		db.Patience(d, time.Hour)
		if err := d.ReadBehind(t.Context(), behind); err != nil {
			t.Error(err)
		}
	})
}

// Who waits for SQLite's writer does not wait for those whom one behind lets pass.
func TestBehindEndsWhenAwaited(t *testing.T) {
	d := dbtest.NewSQLite(t)
	db.Patience(d, time.Hour)
	if err := d.Read(t.Context(), func(*db.Tx) error {
		var group sync.WaitGroup
		began := make(chan struct{})
		group.Go(func() {
			if err := d.WriteBehind(t.Context(), func(tx *db.Tx) error { close(began); return ask(tx) }); err != nil {
				t.Error(err)
			}
		})
		<-began
		err := d.Write(t.Context(), ask)
		group.Wait()
		return err
	}); err != nil {
		t.Error(err)
	}
}

func ask(tx *db.Tx) error {
	_, _, err := db.One(tx, db.Column[int], "select 1")
	return err
}

// Only a step does not wait for the disk, and what comes after it does again, though it fails.
func TestStepsAndTheDisk(t *testing.T) {
	d, err := db.Open(t.Context(), db.Config{File: filepath.Join(t.TempDir(), "parley.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	const normal, full = 1, 2
	refused := errors.New("refused")
	for n, one := range []struct {
		write func(context.Context, func(*db.Tx) error) error
		fails error
		want  int
	}{{d.Write, nil, full}, {d.WriteStep, nil, normal}, {d.Write, nil, full}, {d.WriteStep, refused, normal}, {d.WriteBehind, nil, full}} {
		for db.Lags(d) { // then a step waits as well
			runtime.Gosched()
		}
		err := one.write(t.Context(), func(tx *db.Tx) error {
			mode, _, err := db.One(tx, db.Column[int], fmt.Sprint("pragma synchronous -- ", n)) // which says what was so when it was prepared
			if err == nil && mode != one.want {
				t.Errorf("write %d has synchronous = %d, want %d", n, mode, one.want)
			}
			return errors.Join(err, one.fails)
		})
		if !errors.Is(err, one.fails) || one.fails == nil && err != nil {
			t.Errorf("write %d: %v", n, err)
		}
	}
	if err := d.Settle(t.Context()); err != nil {
		t.Error(err)
	}
}
