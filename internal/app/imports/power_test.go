package imports_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/internal/app/apptest"
	"parley/internal/app/imports"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// TestImportAfterPowerLoss takes SQLite's files as they lie on the disk in the middle of a run,
// has the run go on, and then goes back to those files, as a machine does whose power went before
// the last steps came to the disk. The import goes on from there under the same ids, and whoever
// reads events from the last that they were told misses none.
func TestImportAfterPowerLoss(t *testing.T) {
	file, kept := filepath.Join(t.TempDir(), "parley.db"), filepath.Join(t.TempDir(), "parley.db")
	d := openFile(t, file)
	w := apptest.New(t, d)
	const rows = 6000
	var text strings.Builder
	text.WriteString("First name,Last name,Phone\n")
	for n := range rows {
		fmt.Fprintf(&text, "First,Last%d,07400 %06d\n", n, n)
	}
	i := previewed(t, w, w.M, text.String(), imports.Draft{})
	_, err := w.Imports.Start(t.Context(), w.M, i.ID)
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		for {
			now, err := w.Imports.Get(ctx, w.M, i.ID)
			if err != nil || now.Place > 0 {
				stop()
				return
			}
		}
	}()
	_ = w.Imports.Finish(ctx, w.M.BusinessID, i.ID) // until it is stopped
	i, err = w.Imports.Get(t.Context(), w.M, i.ID)
	must(t, err)
	if i.Status != crm.ImportRunning || i.Place == 0 {
		t.Fatalf("it is %s at row %d", i.Status, i.Place)
	}
	for _, part := range []string{"", "-wal"} { // the log has all that the file may lack
		bytes, err := os.ReadFile(file + part)
		must(t, err)
		must(t, os.WriteFile(kept+part, bytes, 0o600))
	}
	finished(t, w, w.M, i.ID)
	lost := contactIDs(t, w)
	var told store.Cursor
	must(t, d.Read(t.Context(), func(tx *db.Tx) (err error) {
		told, _, err = db.One(tx, func(row db.Row) (c store.Cursor, err error) { return c, row.Scan(&c.Seq) }, "select max(seq) from event where business_id = $1", w.M.BusinessID)
		return err
	}))

	again := apptest.Open(t, openFile(t, kept))
	before := contactIDs(t, again)
	finished(t, again, again.M, i.ID)
	after := contactIDs(t, again)
	if len(after) != rows || len(before) >= rows {
		t.Fatalf("%d contacts after the loss, %d in the end, want %d", len(before), len(after), rows)
	}
	for id := range after {
		if !lost[id] {
			t.Fatalf("contact %s was another before the loss", id)
		}
	}
	missed := len(after) - len(before)
	must(t, again.DB.Read(t.Context(), func(tx *db.Tx) error {
		events, err := store.EventsAfter(tx, w.M.BusinessID, told, 2*rows)
		for _, e := range events {
			if e.Type == crm.ContactCreated && after[e.ContactID] && !before[e.ContactID] {
				missed--
			}
		}
		return err
	}))
	if missed != 0 {
		t.Errorf("whoever was told of events before the loss misses %d of those after it", missed)
	}
}

func openFile(t *testing.T, file string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{File: file})
	must(t, err)
	t.Cleanup(func() { _ = d.Close() })
	must(t, d.Migrate(t.Context()))
	return d
}

func contactIDs(t *testing.T, w *apptest.World) map[crm.ID]bool {
	t.Helper()
	ids := map[crm.ID]bool{}
	must(t, w.DB.Read(t.Context(), func(tx *db.Tx) error {
		list, err := db.All(tx, db.Column[crm.ID], "select id from contact where business_id = $1", w.M.BusinessID)
		for _, id := range list {
			ids[id] = true
		}
		return err
	}))
	return ids
}
