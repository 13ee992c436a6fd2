package store_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"parley/internal/app/apptest"
	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// another is the contact book on a second node, which hears of nothing but through the
// database; remembers says whether it has books in memory.
func another(t *testing.T, w *apptest.World, remembers bool) *contacts.Contacts {
	t.Helper()
	node := &contacts.Contacts{DB: w.DB, Now: w.Now, Wake: func(crm.ID) {}}
	if remembers {
		node.Facets = store.NewFacets()
		node.Facets.Least = 0
		check(t, w.DB.Read(t.Context(), func(tx *db.Tx) error {
			_, _, err := node.Facets.Check(tx, w.M.BusinessID) // wants it
			return err
		}))
		check(t, node.Facets.Tend(t.Context(), w.DB))
	}
	return node
}

// alwaysRemember has lists made from books wherever there are such.
func alwaysRemember(t *testing.T) {
	store.SetWalk(1, -1, 12_000)
	t.Cleanup(func() { store.SetWalk(1000, 2500, 300_000) })
}

// TestBookFollows changes contacts at random on one node, and reads lists at random on
// another from its memory: they are what the database says.
func TestBookFollows(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		c := fill(t, w, 60)
		alwaysRemember(t)
		remembers, plain := another(t, w, true), another(t, w, false)
		var ids []crm.ID
		for _, one := range c.contacts {
			ids = append(ids, one.ID)
		}
		phone := 0
		var merges []crm.ID
		rapid.Check(t, func(r *rapid.T) {
			ok := func(err error) {
				t.Helper()
				if err != nil && crm.KindOf(err) == "" {
					r.Fatal(err)
				}
			}
			pick := func(name string) crm.ID { return rapid.SampledFrom(ids).Draw(r, name) }
			ctx := t.Context()
			for range rapid.IntRange(0, 6).Draw(r, "acts") {
				id := pick("contact")
				switch rapid.SampledFrom([]string{"new", "tags", "assign", "hide", "custom", "country", "email", "archive", "restore", "delete", "erase", "stop", "message", "merge", "part"}).Draw(r, "act") {
				case "new":
					phone++
					saved, err := w.Contacts.Put(ctx, w.M, apptest.Draft("New", "One", fmt.Sprintf("+447400%06d", 900_000+phone), ""))
					ok(err)
					if err == nil {
						ids = append(ids, saved.ID)
					}
				case "tags":
					tags := []crm.ID{}
					for _, tag := range c.tags {
						if rapid.Bool().Draw(r, "tag") {
							tags = append(tags, tag.ID)
						}
					}
					_, err := w.Contacts.Put(ctx, w.M, crm.Draft{ID: id, Tags: &tags})
					ok(err)
				case "assign":
					_, err := w.Contacts.Put(ctx, w.M, crm.Draft{ID: id, AssigneeID: new(rapid.SampledFrom([]crm.ID{"", w.A.UserID, w.B.UserID}).Draw(r, "to"))})
					ok(err)
				case "hide":
					v := crm.Visibility{Mode: crm.Everyone}
					if rapid.Bool().Draw(r, "hidden") {
						v = crm.Visibility{Mode: crm.Chosen, UserIDs: []crm.ID{rapid.SampledFrom([]crm.ID{w.A.UserID, w.B.UserID}).Draw(r, "for")}}
					}
					_, err := w.Contacts.Put(ctx, w.M, crm.Draft{ID: id, Visibility: &v})
					ok(err)
				case "custom":
					_, err := w.Contacts.Put(ctx, w.M, crm.Draft{ID: id, Custom: map[string]any{"size": fmt.Sprint(rapid.IntRange(-9, 9).Draw(r, "size")), "plan": rapid.SampledFrom([]string{"", "A", "B"}).Draw(r, "plan")}})
					ok(err)
				case "country":
					_, err := w.Contacts.Put(ctx, w.M, crm.Draft{ID: id, Fields: map[crm.Field]string{crm.ContactCountry: rapid.SampledFrom([]string{"", "GB", "IS"}).Draw(r, "country")}})
					ok(err)
				case "email":
					phone++
					_, err := w.Contacts.Put(ctx, w.M, crm.Draft{ID: id, Email: new(rapid.SampledFrom([]string{"", fmt.Sprintf("new%d@x.example", phone)}).Draw(r, "email"))})
					ok(err)
				case "archive":
					_, err := w.Contacts.Archive(ctx, w.M, id)
					ok(err)
				case "restore":
					_, err := w.Contacts.Restore(ctx, w.M, id)
					ok(err)
				case "delete":
					_, err := w.Contacts.Delete(ctx, w.M, id)
					ok(err)
				case "erase":
					ok(w.Contacts.Erase(ctx, w.M, id))
				case "stop":
					ok(w.Contacts.SetOptOut(ctx, w.M, id, crm.SMS, rapid.Bool().Draw(r, "out")))
				case "message":
					w.Receive(t, w.SMS, w.Text(fmt.Sprintf("+447400%06d", 900_000+rapid.IntRange(0, 20).Draw(r, "from")), "Hello"))
				case "merge":
					_, merge, err := w.Contacts.Merge(ctx, w.M, contacts.Merging{From: id, Into: pick("into")})
					if ok(err); err == nil {
						merges = append(merges, merge)
					}
				case "part":
					if len(merges) > 0 {
						_, err := w.Contacts.Undo(ctx, w.M, merges[len(merges)-1])
						ok(err)
						merges = merges[:len(merges)-1]
					}
				}
			}
			values := map[string][]string{}
			for name, options := range map[string][]string{"status": {"", "", "archived", "any"}, "tag": {"", string(c.tags[0].ID), string(c.tags[1].ID)}, "not_tag": {"", "", string(c.tags[2].ID)},
				"assignee": {"", "", "nobody", string(w.A.UserID)}, "country": {"", "", "GB", "none"}, "has": {"", "", "email"}, "not_opt_out": {"", "", "sms"},
				"last_message": {"", "", "never"}, "custom.size.min": {"", "", "0"}, "custom.plan": {"", "", "B"}} {
				if v := rapid.SampledFrom(options).Draw(r, name); v != "" {
					values[name] = []string{v}
				}
			}
			who := rapid.SampledFrom([]crm.Actor{w.M, w.A, w.B}).Draw(r, "who")
			sort := rapid.SampledFrom(crm.Sorts).Draw(r, "sort")
			f, err := plain.ReadFilter(ctx, who, values)
			check(t, err)
			var after *store.ContactPlace
			for first := true; first || after != nil; first = false {
				want, err := plain.List(ctx, who, f, sort, after, 7, true)
				check(t, err)
				got, err := remembers.List(ctx, who, f, sort, after, 7, true)
				check(t, err)
				if diff := cmp.Diff(idsOf(want.Contacts), idsOf(got.Contacts)); diff != "" || want.Count != got.Count {
					r.Fatalf("%v by %s after %v: counted %d for %d\n%s", values, sort, after, got.Count, want.Count, diff)
				}
				after = want.Next
			}
		})
		if n := remembers.Facets.Made(); n < 100 {
			t.Errorf("%d pages and counts came from the book: this checks nothing of it", n)
		}
	})
}

// same compares a list from memory with the same list from the database, in one transaction.
func same(t *testing.T, tx *db.Tx, facets *store.Facets, who crm.Actor, f crm.Filter) []crm.ID {
	t.Helper()
	want, err := store.ListContacts(tx, nil, who, f, "", nil, 9, 1000)
	check(t, err)
	got, err := store.ListContacts(tx, facets, who, f, "", nil, 9, 1000)
	check(t, err)
	if diff := cmp.Diff(idsOf(want.Contacts), idsOf(got.Contacts)); diff != "" || want.Count != got.Count {
		t.Errorf("counted %d for %d\n%s", got.Count, want.Count, diff)
	}
	return idsOf(got.Contacts)
}

// TestBookOfAnEarlierMoment reads a list in a transaction that began before a change, after
// another one brought the book up to it.
func TestBookOfAnEarlierMoment(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		c := fill(t, w, 30)
		alwaysRemember(t)
		node := another(t, w, true)
		f := crm.Filter{Status: crm.AnyStatus, Tags: []crm.ID{c.tags[0].ID}}
		check(t, w.DB.Read(t.Context(), func(earlier *db.Tx) error {
			before := same(t, earlier, node.Facets, w.M, f)
			_, err := w.Contacts.Put(t.Context(), w.M, crm.Draft{ID: before[0], Tags: &[]crm.ID{}})
			check(t, err)
			check(t, w.DB.Read(t.Context(), func(later *db.Tx) error {
				if slices.Contains(same(t, later, node.Facets, w.M, f), before[0]) {
					t.Error("it lists who has lost the tag")
				}
				return nil
			}))
			if !slices.Contains(same(t, earlier, node.Facets, w.M, f), before[0]) {
				t.Error("it does not list who had the tag at that moment")
			}
			return nil
		}))
	})
}

// TestBookBesideOpenTransactions changes contacts while a transaction that began earlier is
// open, which is when the order of events says least.
func TestBookBesideOpenTransactions(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		if w.DB.Engine() == db.SQLite {
			return // there is one writer
		}
		c := fill(t, w, 30)
		alwaysRemember(t)
		node := another(t, w, true)
		f := crm.Filter{Status: crm.AnyStatus, Tags: []crm.ID{c.tags[0].ID}}
		x, y := c.contacts[3].ID, c.contacts[5].ID
		look := func() (list []crm.ID) {
			t.Helper()
			check(t, w.DB.Read(t.Context(), func(tx *db.Tx) error {
				list = same(t, tx, node.Facets, w.M, f)
				_, wrong, err := node.Facets.Check(tx, w.M.BusinessID)
				check(t, wrong)
				return err
			}))
			return list
		}
		tags := func(id crm.ID, tags ...crm.ID) {
			t.Helper()
			_, err := w.Contacts.Put(t.Context(), w.M, crm.Draft{ID: id, Tags: &tags})
			check(t, err)
		}
		tags(y, c.tags[0].ID, c.tags[3].ID) // of which the book does not know yet
		opened, release, done := make(chan bool), make(chan bool), make(chan error, 1)
		end := sync.OnceFunc(func() { close(release) })
		defer end()
		go func() {
			done <- w.DB.Write(t.Context(), func(tx *db.Tx) error {
				store.SetContactTags(tx, w.M.BusinessID, x, nil)
				e := w.M.Event(crm.ContactChanged, w.Now())
				e.ContactID = x
				if err := store.AddEvents(tx, []crm.Event{e}); err != nil {
					return err
				}
				_, err := store.LastEvent(tx, w.M.BusinessID) // has sent it
				opened <- true
				<-release
				return err
			})
		}()
		<-opened
		check(t, w.DB.Read(t.Context(), func(earlier *db.Tx) error {
			_, err := store.LastEvent(earlier, w.M.BusinessID)
			check(t, err)
			tags(y)
			if slices.Contains(look(), y) {
				t.Error("it lists who has lost the tag")
			}
			same(t, earlier, node.Facets, w.M, f)
			same(t, earlier, node.Facets, w.M, crm.Filter{Status: crm.AnyStatus, Tags: []crm.ID{c.tags[3].ID}})
			return nil
		}))
		made := node.Facets.Made()
		for range 3 {
			tags(y)
			look()
			check(t, node.Facets.Tend(t.Context(), w.DB))
			tags(y, c.tags[0].ID)
			look()
		}
		if node.Facets.Made() == made {
			t.Error("nothing came from the book while a transaction was open")
		}
		tags(y)
		end()
		check(t, <-done)
		for range 2 {
			if list := look(); slices.Contains(list, x) || slices.Contains(list, y) {
				t.Error("it lists who has lost the tag")
			}
		}
	})
}

// TestBookLetsGo looks at lists after acts that change contacts and do not name them: a chunk
// of a merge of tags, and a field that is deleted and made anew.
func TestBookLetsGo(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		c := fill(t, w, 60)
		alwaysRemember(t)
		node := another(t, w, true)
		look := func(f crm.Filter, remembered bool) {
			t.Helper()
			f.Status = crm.AnyStatus
			check(t, node.Facets.Tend(t.Context(), w.DB))
			before := node.Facets.Made()
			check(t, w.DB.Read(t.Context(), func(tx *db.Tx) error {
				same(t, tx, node.Facets, w.M, f)
				return nil
			}))
			if node.Facets.Made() > before != remembered {
				t.Errorf("made from the book: %v", !remembered)
			}
			check(t, node.Facets.Tend(t.Context(), w.DB)) // makes it anew
		}
		carriers := crm.Filter{Tags: []crm.ID{c.tags[3].ID}}
		look(carriers, true)
		check(t, w.DB.Write(t.Context(), func(tx *db.Tx) error {
			_, err := store.UniteTag(tx, w.M.BusinessID, c.tags[0].ID, c.tags[3].ID, "", 10)
			e := w.M.Event(crm.TagMoved, w.Now())
			e.SubjectID = c.tags[3].ID
			return errors.Join(err, store.AddEvents(tx, []crm.Event{e}))
		}))
		look(carriers, false)
		look(carriers, true)

		has := crm.Filter{Custom: []crm.CustomCondition{{Key: "plan", Set: new(true)}}}
		look(has, true)
		fields, err := w.Contacts.CustomFields(t.Context(), w.M)
		check(t, err)
		plan := fields[slices.IndexFunc(fields, func(f crm.CustomField) bool { return f.Key == "plan" })]
		check(t, w.Contacts.DeleteCustomField(t.Context(), w.M, plan.ID))
		plan.ID = ""
		_, err = w.Contacts.PutCustomField(t.Context(), w.M, plan)
		check(t, err)
		look(has, false)
		look(has, true)
	})
}
