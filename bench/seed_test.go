package bench

import (
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/db"
	"parley/internal/db/dbtest"
	"parley/internal/seed"
	"parley/internal/store"
)

// Memory is collected as in the program, and not as seldom as in tests (dbtest).
func init() { debug.SetGCPercent(100) }

// people is how many contacts a benchmark stands on: PARLEY_BENCH_CONTACTS, or a
// million.
func people() int {
	if n, err := strconv.Atoi(os.Getenv("PARLEY_BENCH_CONTACTS")); err == nil {
		return n
	}
	return 1_000_000
}

// engines are the databases that every benchmark runs on.
var engines = []struct {
	name string
	open func(testing.TB) *db.DB
}{{"sqlite", dbtest.NewSQLite}, {"postgres", dbtest.NewPostgres}}

// full is a world with people in it; filtered gives each what lists are filtered by.
func full(b *testing.B, d *db.DB, n int, filtered bool) *apptest.World {
	b.Helper()
	w := apptest.New(b, d)
	go d.KeepAnalyzed(b.Context(), func(error) {}) // as every node does
	s := seed.Seeder{Team: w.Team, Contacts: w.Contacts, Inbox: w.Inbox, Who: w.M, Channels: []store.Channel{w.WhatsApp, w.SMS}, Filtered: filtered}
	if err := s.Fill(b.Context(), n); err != nil {
		b.Fatal(err)
	}
	return w
}

// book is a world of a rich book, made for the benchmark; or with PARLEY_BENCH_BOOK, an engine and
// a file or an address, one that is there: sqlite:/tmp/parley.db.
func book(b *testing.B, engine string, open func(testing.TB) *db.DB) *apptest.World {
	b.Helper()
	there, at, _ := strings.Cut(os.Getenv("PARLEY_BENCH_BOOK"), ":")
	if at == "" {
		return full(b, open(b), people(), true)
	}
	if there != engine {
		b.Skip("the book is in " + there)
	}
	c := db.Config{File: at}
	if engine == "postgres" {
		c = db.Config{URL: there + ":" + at}
	}
	d, err := db.Open(b.Context(), c)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { d.Close() })
	if err := d.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	return apptest.Open(b, d)
}

// BenchmarkSeed is what `parley demo --contacts N` does before it listens.
func BenchmarkSeed(b *testing.B) {
	for _, e := range engines {
		b.Run(e.name, func(b *testing.B) {
			n := people()
			for b.Loop() {
				start := time.Now()
				full(b, e.open(b), n, false)
				b.ReportMetric(float64(n)/time.Since(start).Seconds(), "contacts/s")
			}
		})
	}
}
