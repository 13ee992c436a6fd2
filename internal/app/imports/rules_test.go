package imports_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"parley/internal/app/apptest"
	"parley/internal/app/imports"
	"parley/internal/app/team"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// elsewhere is the admin of a business without contacts.
func elsewhere(t testing.TB, w *apptest.World, n int) crm.Actor {
	t.Helper()
	made, err := w.Team.Found(t.Context(), team.Founding{Name: fmt.Sprintf("Firm %d", n), Country: "GB", TimeZone: "Europe/London", AdminName: "N",
		AdminEmail: fmt.Sprintf("n%d@firm.example", n)}, false)
	must(t, err)
	return crm.Actor{BusinessID: made.Business.ID, UserID: made.Admin.ID, Role: crm.Admin, Name: "N", Via: crm.ViaAPI}
}

// book is who is in a business, without what tells one import from another: ids and times.
func book(t testing.TB, w *apptest.World, who crm.Actor) []string {
	t.Helper()
	var list []string
	must(t, w.DB.Read(t.Context(), func(tx *db.Tx) error {
		ids, err := db.All(tx, db.Column[crm.ID], "select id from contact where business_id = $1", who.BusinessID)
		if err != nil {
			return err
		}
		contacts, err := store.ContactsByID(tx, who.BusinessID, ids)
		for _, c := range contacts {
			var has []string
			for _, i := range c.Identities {
				has = append(has, fmt.Sprintf("%s %v %s", i.Value, i.Primary, i.Label))
			}
			slices.Sort(has)
			var tags []string
			for _, t := range c.Tags {
				tags = append(tags, t.Name)
			}
			slices.Sort(tags)
			list = append(list, fmt.Sprint(c.Name(), "|", c.BusinessName, "|", c.Contact, "|", c.Notes, "|", has, tags, c.Status))
		}
		return err
	}))
	slices.Sort(list)
	return list
}

// spell is how long a property is tried out: databases are slow, and a run of all tests
// has a time. One that failed is followed up to the end.
type spell struct {
	end    time.Time
	failed bool
}

func newSpell() *spell { return &spell{end: time.Now().Add(6 * time.Second)} }

func (s *spell) over() bool { return !s.failed && time.Now().After(s.end) }

func (s *spell) note(t *rapid.T) { s.failed = s.failed || t.Failed() }

const ruleHeader = "First name,Last name,Phone,Mobile,Email,Company,City,Notes,Tags\n"

// person is one of a few, who may be in many rows.
type person struct{ first, last, phone, mobile, email string }

func personOf(n int) person {
	return person{"First" + fmt.Sprint(n), "Last" + fmt.Sprint(n), fmt.Sprintf("+4420794600%02d", n), fmt.Sprintf("07400 12340%d", n), fmt.Sprintf("p%d@x.example", n)}
}

// rowOf is what a row says of somebody: some of it.
func rowOf(t *rapid.T, p person, wild bool) string {
	some := func(name, text string) string {
		if rapid.IntRange(0, 2).Draw(t, name) == 0 {
			return ""
		}
		return text
	}
	if wild { // somebody else's number, no name, no number at all
		other := personOf(rapid.IntRange(0, 5).Draw(t, "other"))
		switch rapid.IntRange(0, 5).Draw(t, "wild") {
		case 0:
			p.mobile = other.mobile
		case 1:
			p.email = other.email
		case 2:
			p.first = ""
		case 3:
			p.phone, p.email = "12", "nonsense"
		case 4:
			p.first = other.first
		}
	}
	return strings.Join([]string{p.first, p.last, some("phone", p.phone), some("mobile", p.mobile), some("email", p.email),
		some("company", "Firm of "+p.last), some("city", "Leeds"), some("notes", "a note"), some("tags", rapid.SampledFrom([]string{"Gold", "Silver", "Gold; New"}).Draw(t, "tag"))}, ",") + "\n"
}

func rowsOf(t *rapid.T, wild bool) []string {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
		return rowOf(t, personOf(rapid.IntRange(0, 5).Draw(t, "person")), wild && rapid.Bool().Draw(t, "odd"))
	}), 1, 20).Draw(t, "rows")
}

// TestImportRules: whatever stands in a file, the categories add up and are those that were
// foreseen (M3); importing it again changes nothing (M6); undoing it leaves everybody as
// they were (M6).
func TestImportRules(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		n, spell := 0, newSpell()
		rapid.Check(t, func(rt *rapid.T) {
			defer spell.note(rt)
			if spell.over() {
				return
			}
			n++
			who := elsewhere(t, w, n)
			existing := rapid.SampledFrom([]crm.Existing{crm.FillExisting, crm.OverwriteExisting, crm.SkipExisting}).Draw(rt, "existing")
			makeTags := true
			choices := imports.Draft{Existing: &existing, CreateTags: &makeTags}
			run(t, w, who, ruleHeader+strings.Join(rowsOf(rt, false), ""), choices) // who is there before
			before := book(t, w, who)
			file := ruleHeader + strings.Join(rowsOf(rt, true), "")
			i := run(t, w, who, file, choices) // checks that the counts add up and were foreseen
			after := book(t, w, who)
			all := []*crm.Import{i}
			for refused := i.Counts[crm.RowRefused]; ; refused-- {
				again := run(t, w, who, file, choices)
				all = append(all, again)
				if diff := again.Counts[crm.RowCreate] + again.Counts[crm.RowUpdate]; diff == 0 && slices.Equal(after, book(t, w, who)) {
					break
				} else if refused == 0 {
					rt.Fatalf("%s again with %s: %v\nwas\n%s\nis\n%s", file, existing, again.Counts, strings.Join(after, "\n"), strings.Join(book(t, w, who), "\n"))
				}
				// A row that was refused for a number of somebody else's is taken the next time,
				// if a later row of the file gave that number up.
				after = book(t, w, who)
			}
			slices.Reverse(all)
			for _, undo := range all {
				_, err := w.Imports.Undo(t.Context(), who, undo.ID)
				must(t, err)
				if undone := finished(t, w, who, undo.ID); undone.Status != crm.ImportUndone {
					rt.Fatalf("undoing ended as %s", undone.Status)
				}
			}
			if is := book(t, w, who); !slices.Equal(before, is) {
				rt.Fatalf("%s with %s, undone:\nwas\n%s\nis\n%s", file, existing, strings.Join(before, "\n"), strings.Join(is, "\n"))
			}
		})
	})
}

// M6: what a first import made is deleted with it, though a second one changed it, once that
// was taken back; what a person changed as well stays.
func TestUndoOneAfterAnother(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		overwrite := crm.OverwriteExisting
		choices := imports.Draft{Existing: &overwrite}
		first := run(t, w, w.M, ruleHeader+"Ada,One,,07400 123401,,,,,\nBea,Two,,07400 123402,,,,,\n", choices)
		second := run(t, w, w.M, ruleHeader+"Ada,One,,07400 123401,ada@x.example,Firm,Leeds,,\nBea,Two,,07400 123402,bea@x.example,,,,\n", choices)
		var bea *crm.Contact
		for _, c := range w.All(t) {
			if c.FirstName == "Bea" {
				bea = c
			}
		}
		if _, err := w.Contacts.Put(t.Context(), w.A, crm.Draft{ID: bea.ID, Fields: map[crm.Field]string{crm.Notes: "calls on Mondays"}}); err != nil {
			t.Fatal(err)
		}
		for _, i := range []*crm.Import{second, first} {
			_, err := w.Imports.Undo(t.Context(), w.M, i.ID)
			must(t, err)
			finished(t, w, w.M, i.ID)
		}
		left := book(t, w, w.M)
		if len(left) != 1 || !strings.Contains(left[0], "Bea Two") || !strings.Contains(left[0], "Mondays") {
			t.Errorf("left: %q", left)
		}
	})
}

// TestSplitFile: a file parted in two does what it does whole.
func TestSplitFile(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		n, spell := 1000, newSpell()
		rapid.Check(t, func(rt *rapid.T) {
			defer spell.note(rt)
			if spell.over() {
				return
			}
			n += 2
			whole, parted := elsewhere(t, w, n), elsewhere(t, w, n+1)
			rows := rowsOf(rt, false)
			at := rapid.IntRange(0, len(rows)).Draw(rt, "parted behind")
			makeTags := true
			choices := imports.Draft{CreateTags: &makeTags}
			run(t, w, whole, ruleHeader+strings.Join(rows, ""), choices)
			for _, part := range [][]string{rows[:at], rows[at:]} {
				if len(part) > 0 {
					run(t, w, parted, ruleHeader+strings.Join(part, ""), choices)
				}
			}
			if a, b := book(t, w, whole), book(t, w, parted); !slices.Equal(a, b) {
				rt.Fatalf("parted behind %d:\n%s\nwhole\n%s\nparted\n%s", at, strings.Join(rows, ""), strings.Join(a, "\n"), strings.Join(b, "\n"))
			}
		})
	})
}
