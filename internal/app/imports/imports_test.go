package imports_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/app/imports"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// bring takes a file in.
func bring(t testing.TB, w *apptest.World, who crm.Actor, text string) *crm.Import {
	t.Helper()
	i, err := w.Imports.Keep(t.Context(), who, "list.csv", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// previewed is an import of a text with its preview made.
func previewed(t testing.TB, w *apptest.World, who crm.Actor, text string, d imports.Draft) *crm.Import {
	t.Helper()
	i := bring(t, w, who, text)
	if _, err := w.Imports.Choose(t.Context(), who, i.ID, d); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Imports.Preview(t.Context(), who, i.ID); err != nil {
		t.Fatal(err)
	}
	return finished(t, w, who, i.ID)
}

func finished(t testing.TB, w *apptest.World, who crm.Actor, id crm.ID) *crm.Import {
	t.Helper()
	if err := w.Imports.Finish(t.Context(), who.BusinessID, id); err != nil {
		t.Fatal(err)
	}
	i, err := w.Imports.Get(t.Context(), who, id)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, n := range i.Counts {
		sum += n
	}
	if sum != i.Total {
		t.Errorf("%s: counts %v do not add up to %d rows", i.Status, i.Counts, i.Total)
	}
	return i
}

// run imports a text.
func run(t testing.TB, w *apptest.World, who crm.Actor, text string, d imports.Draft) *crm.Import {
	t.Helper()
	i := previewed(t, w, who, text, d)
	foreseen := i.Counts
	if _, err := w.Imports.Start(t.Context(), who, i.ID); err != nil {
		t.Fatal(err)
	}
	i = finished(t, w, who, i.ID)
	if i.Status != crm.ImportDone || i.Written != i.Total {
		t.Fatalf("status %s after %d of %d rows", i.Status, i.Written, i.Total)
	}
	if fmt.Sprint(nonZero(foreseen)) != fmt.Sprint(nonZero(i.Counts)) {
		t.Errorf("the preview said %v, the run did %v", foreseen, i.Counts)
	}
	return i
}

func nonZero(c crm.ImportCounts) map[string]int {
	m := map[string]int{}
	for k, n := range c {
		if n != 0 {
			m[string(k)] = n
		}
	}
	return m
}

func rows(t testing.TB, w *apptest.World, who crm.Actor, i *crm.Import, outcome crm.RowOutcome) []imports.Row {
	t.Helper()
	list, _, err := w.Imports.Rows(t.Context(), who, i.ID, outcome, "", 0, 200)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestDedupe runs the corpus's file of duplicates, with the people in it who are there.
func TestDedupe(t *testing.T) {
	text, err := os.ReadFile("../../importer/testdata/corpus/dedupe/dedupe.csv")
	if err != nil {
		t.Fatal(err)
	}
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		demo(t, w)
		w.Put(t, "Amelia", "Hartley", "+442079460101", "amelia@hartley.example.com")
		w.Put(t, "Rhys", "Price", "+442079460102", "")
		w.Put(t, "Siobhan", "O'Brien", "", "siobhan@obrien.example.com")
		w.Put(t, "Priya", "Shah", "+441614960104", "priya@shah.example.com")
		w.AddUser(t, "Jo Agent", "jo@business.example.com", "+442079460199")
		w.AddUser(t, "Sam Agent", "sam@business.example.com", "+447700900199")
		i := run(t, w, w.M, string(text), imports.Draft{})
		want := map[int]crm.RowOutcome{2: crm.RowUnchanged, 3: crm.RowSame, 4: crm.RowUpdate, 5: crm.RowUpdate, 6: crm.RowRefused, 7: crm.RowCreate, 8: crm.RowSame,
			9: crm.RowSame, 10: crm.RowRefused, 11: crm.RowRefused, 12: crm.RowCreate, 13: crm.RowSame, 14: crm.RowCreate, 15: crm.RowSame, 16: crm.RowCreate,
			17: crm.RowCreate, 18: crm.RowSame, 19: crm.RowRefused, 20: crm.RowCreate, 21: crm.RowCreate, 22: crm.RowRefused}
		for _, row := range rows(t, w, w.M, i, "") {
			if row.Outcome != want[row.Line] {
				t.Errorf("line %d: %s, want %s: %v %v", row.Line, row.Outcome, want[row.Line], row.Reasons, row.Warnings)
			}
			if row.Line == 22 && !strings.Contains(row.Reasons[0].Detail, "line 20") {
				t.Errorf("line 22: %v", row.Reasons)
			}
			if row.Line == 6 && !(strings.Contains(row.Reasons[0].Detail, "Amelia Hartley") && strings.Contains(row.Reasons[0].Detail, "Priya Shah")) {
				t.Errorf("line 6: %v", row.Reasons)
			}
		}
		again := run(t, w, w.M, string(text), imports.Draft{})
		if again.Counts[crm.RowCreate]+again.Counts[crm.RowUpdate] != 0 {
			t.Errorf("the same file again: %v", again.Counts)
		}
		var refused bytes.Buffer
		if err := w.Imports.Refused(t.Context(), w.M, i.ID, &refused); err != nil {
			t.Fatal(err)
		}
		back := previewed(t, w, w.M, refused.String(), imports.Draft{})
		if back.Counts[crm.RowRefused] != i.Counts[crm.RowRefused] || back.Total != back.Counts[crm.RowRefused] || !back.File.Remembered {
			t.Errorf("the refused rows come back as %v of %d, remembered %v:\n%s", back.Counts, back.Total, back.File.Remembered, refused.String())
		}
	})
}

// demo lets numbers in that are reserved for fiction.
func demo(t testing.TB, w *apptest.World) {
	t.Helper()
	if err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		tx.Exec("update business set demo = true where id = $1", w.M.BusinessID)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// TestChangedSincePreview has people change between the preview of a file and its run: what
// the preview said of rows that add nothing holds only for those who are as they were.
func TestChangedSincePreview(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		text := "First name,Last name,Company,Phone\n"
		put := func(d crm.Draft) *crm.Contact {
			c, err := w.Contacts.Put(t.Context(), w.M, d)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		var made []*crm.Contact
		for n := range 4 {
			phone := fmt.Sprintf("+4474009990%02d", n)
			text += fmt.Sprintf("N%d,Firm,Acme,%s\n", n, phone)
			d := apptest.Draft(fmt.Sprintf("N%d", n), "Firm", phone, "")
			d.Fields[crm.BusinessName] = "Acme"
			made = append(made, put(d))
		}
		i := previewed(t, w, w.M, text, imports.Draft{})
		if i.Counts[crm.RowUnchanged] != 4 {
			t.Fatalf("previewed: %v", i.Counts)
		}
		put(crm.Draft{ID: made[1].ID, Version: made[1].Version, Fields: map[crm.Field]string{crm.BusinessName: ""}})
		if _, err := w.Contacts.Delete(t.Context(), w.M, made[2].ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Imports.Start(t.Context(), w.M, i.ID); err != nil {
			t.Fatal(err)
		}
		i = finished(t, w, w.M, i.ID)
		want := []crm.RowOutcome{crm.RowUnchanged, crm.RowUpdate, crm.RowCreate, crm.RowUnchanged}
		for n, row := range rows(t, w, w.M, i, "") {
			if row.Outcome != want[n] {
				t.Errorf("line %d: %s, want %s", row.Line, row.Outcome, want[n])
			}
		}
	})
}

// TestRefusedThenTaken imports a file of which a later row gives up the number for which an
// earlier one was refused. The same file again takes that row, and says so; a third time
// nothing changes (M4, M6).
func TestRefusedThenTaken(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Put(t, "Xan", "Old", "+447400999001", "")
		w.Put(t, "Yves", "Other", "+447400999002", "y@old.example")
		over := crm.OverwriteExisting
		text := "First name,Last name,Phone,Email\nXan,Old,+447400999001,y@old.example\nYves,Other,+447400999002,z@new.example\nNo,Body,12,\n"
		said := func(i *crm.Import) (list []int) {
			t.Helper()
			for _, row := range rows(t, w, w.M, i, "") {
				for _, reason := range row.Reasons {
					if reason.Code == "refused_before" {
						list = append(list, row.Line)
					}
				}
			}
			return list
		}
		same := func(i *crm.Import, earlier crm.ID, taken int) {
			t.Helper()
			found, err := w.Imports.SameFile(t.Context(), w.M, i)
			must(t, err)
			switch {
			case found == nil:
				if earlier != "" {
					t.Errorf("no earlier import, want %s", earlier)
				}
			case found.ID != earlier || found.Taken != taken:
				t.Errorf("the earlier import is %s with %d rows taken since, want %s, %d", found.ID, found.Taken, earlier, taken)
			}
		}
		first := run(t, w, w.M, text, imports.Draft{Existing: &over})
		if first.Counts[crm.RowRefused] != 2 || first.Counts[crm.RowUpdate] != 1 || len(said(first)) > 0 {
			t.Fatalf("first: %v", first.Counts)
		}
		preview := previewed(t, w, w.M, text, imports.Draft{Existing: &over})
		same(preview, first.ID, 1)
		foreseen := said(preview)
		second := run(t, w, w.M, text, imports.Draft{Existing: &over})
		if second.Counts[crm.RowRefused] != 1 || second.Counts[crm.RowUpdate] != 1 {
			t.Fatalf("second: %v", second.Counts)
		}
		if lines := said(second); !slices.Equal(lines, []int{2}) || !slices.Equal(foreseen, lines) {
			t.Errorf("said of lines %v, and of %v before", lines, foreseen)
		}
		same(first, "", 0)
		same(second, first.ID, 1)
		third := run(t, w, w.M, text, imports.Draft{Existing: &over})
		if third.Counts[crm.RowUpdate]+third.Counts[crm.RowCreate] != 0 || len(said(third)) > 0 {
			t.Errorf("third: %v", third.Counts)
		}
		same(third, second.ID, 0)
	})
}

// TestForgotten forgets a file with thousands of rows that was previewed and never
// imported, and one that a crash left half-forgotten: nothing of either stays.
func TestForgotten(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		text := strings.Builder{}
		text.WriteString("First name,Last name,Phone,Notes\n")
		for n := range 4500 {
			fmt.Fprintf(&text, "Ann,N%d,+4474%08d,%s\n", n, n, strings.Repeat("note ", 200))
		}
		left := func() (n int) {
			t.Helper()
			must(t, w.DB.Read(t.Context(), func(tx *db.Tx) error {
				for _, table := range []string{"import", "import_row", "import_part"} {
					of, _, err := db.One(tx, db.Column[int], "select count(*) from "+table+" where business_id = $1", w.M.BusinessID)
					if err != nil {
						return err
					}
					n += of
				}
				return nil
			}))
			return n
		}
		i := previewed(t, w, w.M, text.String(), imports.Draft{})
		if left() < 4500 {
			t.Fatalf("%d rows and pieces before", left())
		}
		must(t, w.Imports.Delete(t.Context(), w.M, i.ID))
		if n := left(); n != 0 {
			t.Errorf("%d rows and pieces stay", n)
		}
		if err := w.Imports.Delete(t.Context(), w.M, i.ID); crm.KindOf(err) != crm.NotFound {
			t.Errorf("once more: %v", err)
		}
		i = previewed(t, w, w.M, text.String(), imports.Draft{})
		must(t, w.DB.Write(t.Context(), func(tx *db.Tx) error {
			_, err := store.DropImportParts(tx, w.M.BusinessID, i.ID, 2)
			i.Status, i.MovedAt = crm.ImportUploading, w.Now().Add(-2*time.Hour)
			store.ChangeImport(tx, w.M.BusinessID, i)
			return err
		}))
		if _, err := w.Imports.Get(t.Context(), w.M, i.ID); crm.KindOf(err) != crm.NotFound {
			t.Errorf("one that is being forgotten is there: %v", err)
		}
		must(t, w.Imports.TakeUpLeft(t.Context()))
		if n := left(); n != 0 {
			t.Errorf("after a crash %d rows and pieces stay", n)
		}
	})
}
