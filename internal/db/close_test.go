package db_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"parley/internal/db"
)

// SQLite's log is put away when the database is closed, after rows were added too: nothing keeps
// the file open.
func TestClosedWhole(t *testing.T) {
	file := filepath.Join(t.TempDir(), "parley.db")
	d, err := db.Open(t.Context(), db.Config{File: file})
	if err == nil {
		err = d.Migrate(t.Context())
	}
	if err == nil {
		err = d.Write(t.Context(), func(tx *db.Tx) error {
			tx.Insert("business", []string{"id", "name", "country", "time_zone", "created_at"}, [][]any{{"b", "Firm", "GB", "UTC", 1}})
			return nil
		})
	}
	if err = errors.Join(err, d.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the log is still there: %v", err)
	}
}

// Who opens a file and reads, as a backup does, waits for nobody who writes there.
func TestOpenedBesideAWriter(t *testing.T) {
	file := filepath.Join(t.TempDir(), "parley.db")
	d, err := db.Open(t.Context(), db.Config{File: file})
	if err == nil {
		err = d.Migrate(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if err := d.Write(t.Context(), func(*db.Tx) error {
		other, err := db.Open(t.Context(), db.Config{File: file})
		if err != nil {
			return err
		}
		return errors.Join(other.Read(t.Context(), func(*db.Tx) error { return nil }), other.Close())
	}); err != nil {
		t.Error(err)
	}
}
