package imports_test

import (
	"errors"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"parley/internal/app/apptest"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/db/dbtest"
)

// resident is the most memory, in megabytes, that this process had since the last call.
func resident(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	most := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if err != nil || most == nil || os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) != nil {
		dbtest.Skip(t, "what memory a process had cannot be read here")
	}
	kB, err := strconv.Atoi(string(most[1]))
	must(t, err)
	return kB >> 10
}

// again is a text over and over.
type again struct {
	text string
	at   int
}

func (a *again) Read(p []byte) (n int, err error) {
	for n < len(p) {
		got := copy(p[n:], a.text[a.at:])
		n, a.at = n+got, (a.at+got)%len(a.text)
	}
	return n, nil
}

// TestFileInLittleMemory keeps a large file and forgets it: SQLite holds neither in memory
// what was written nor what is deleted.
func TestFileInLittleMemory(t *testing.T) {
	w := apptest.New(t, dbtest.NewSQLite(t))
	const size = 100 << 20
	row := again{text: "Ann,Lee,07400 123456," + strings.Repeat("note ", 200) + "\n"}
	resident(t)
	before := resident(t)
	i, err := w.Imports.Keep(t.Context(), w.M, "large.csv", io.MultiReader(strings.NewReader("First name,Last name,Phone,Notes\n"), io.LimitReader(&row, size)))
	must(t, err)
	kept := resident(t)
	must(t, w.Imports.Delete(t.Context(), w.M, i.ID))
	forgotten := resident(t)
	t.Logf("%d MB before, %d while it was kept, %d while it was forgotten", before, kept, forgotten)
	if most := max(kept, forgotten) - before; most > 120 {
		t.Errorf("%d MB more than before, for a file of %d", most, size>>20)
	}
}

// TestDiskFills brings a file for which there is no room: it is said so, and nothing of it
// stays.
func TestDiskFills(t *testing.T) {
	w := apptest.New(t, dbtest.NewSQLite(t))
	room := func(pages string) {
		t.Helper()
		must(t, w.DB.Write(t.Context(), func(tx *db.Tx) error {
			tx.Exec("pragma max_page_count = " + pages) // SQLite makes it no less than there are
			return nil
		}))
	}
	room("1")
	row := again{text: "Ann,Lee,07400 123456,note\n"}
	i, err := w.Imports.Keep(t.Context(), w.M, "large.csv", io.LimitReader(&row, 10<<20))
	var known *crm.Error
	if i != nil || !errors.As(err, &known) || known.Kind != crm.Unavailable || known.Code != "disk_full" {
		t.Fatalf("%v, %v", i, err)
	}
	room("1000000")
	must(t, w.DB.Read(t.Context(), func(tx *db.Tx) error {
		n, _, err := db.One(tx, db.Column[int], "select (select count(*) from import where business_id = $1) + (select count(*) from import_part where business_id = $1)", w.M.BusinessID)
		if n != 0 {
			t.Errorf("%d imports and pieces stay", n)
		}
		return err
	}))
	bring(t, w, w.M, "First name,Last name,Phone\nAnn,Lee,07400 123456\n")
}
