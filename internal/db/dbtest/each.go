// Package dbtest hands tests real databases: SQLite in a temporary folder and PostgreSQL
// in a throwaway cluster that ends with the test process.
package dbtest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"parley/internal/db"
)

// Each runs f once on each engine, with an empty migrated database of its own.
func Each(t *testing.T, f func(t *testing.T, d *db.DB)) {
	t.Helper()
	for _, engine := range Engines() {
		t.Run(engine, func(t *testing.T) {
			if engine == "postgres" {
				f(t, NewPostgres(t))
			} else {
				f(t, NewSQLite(t))
			}
		})
	}
}

// Engines are those that tests run on: both, or the one that PARLEY_TEST_ENGINE names.
func Engines() []string {
	if one := os.Getenv("PARLEY_TEST_ENGINE"); one != "" {
		return []string{one}
	}
	return []string{"sqlite", "postgres"}
}

// NewSQLite is an empty migrated database in a temporary folder.
func NewSQLite(t testing.TB) *db.DB {
	t.Helper()
	file := filepath.Join(t.TempDir(), "parley.db")
	template, err := sqliteTemplate()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, template, 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, db.Config{File: file, Throwaway: fsync() == "off"})
}

// NewPostgres is an empty migrated database in the throwaway cluster. Without PostgreSQL
// on the machine the test is skipped, or fails with PARLEY_TEST_ALL=1.
func NewPostgres(t testing.TB) *db.DB {
	t.Helper()
	return open(t, db.Config{URL: PostgresURL(t, true)})
}

// Skip says loudly that a part of the machine is missing, and fails the test where
// nothing may be skipped.
func Skip(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("PARLEY_TEST_ALL") == "1" {
		t.Fatalf("PARLEY_TEST_ALL=1, but "+format, args...)
	}
	t.Skipf("SKIPPED, NOT TESTED: "+format, args...)
}

func open(t testing.TB, c db.Config) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// sqliteTemplate is a migrated file, made once for all tests of the process.
var sqliteTemplate = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "parley-template-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "parley.db")
	d, err := db.Open(context.Background(), db.Config{File: file})
	if err != nil {
		return nil, err
	}
	if err := d.Migrate(context.Background()); err != nil {
		return nil, err
	}
	if err := d.Close(); err != nil { // the last connection folds the WAL into the file
		return nil, err
	}
	return os.ReadFile(file)
})
