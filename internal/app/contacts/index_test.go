package contacts_test

import (
	"fmt"
	"testing"

	"parley/internal/app/apptest"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Many who are deleted at once are found no more at once, and SQLite's index forgets them
// soon after, in steps: what it holds is then what the contacts are.
func TestIndexForgetsMany(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Unrecorded = true
		var all []crm.ID
		for n := range 120 {
			all = append(all, w.Put(t, "Annabel", fmt.Sprintf("L%d", n), "", fmt.Sprintf("a%d@x.example", n)).ID)
		}
		kept, gone := all[7], append(all[:7:7], all[8:]...)
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		search := func() (found []crm.ID) {
			t.Helper()
			page, err := w.Contacts.List(t.Context(), w.M, crm.Filter{Query: "annabel"}, "", nil, 200, false)
			must(err)
			for _, c := range page.Contacts {
				found = append(found, c.ID)
			}
			return found
		}
		must(w.Contacts.Index(t.Context()))
		if n := len(search()); n != 120 {
			t.Fatalf("%d found of 120", n)
		}
		must(w.DB.Write(t.Context(), func(tx *db.Tx) error { return store.DeleteContacts(tx, w.M.BusinessID, gone...) }))
		if found := search(); len(found) != 1 || found[0] != kept {
			t.Errorf("found at once: %v", found)
		}
		must(w.Contacts.Index(t.Context()))
		must(w.DB.Write(t.Context(), func(tx *db.Tx) error {
			if waiting, err := store.AnyUnindexed(tx); waiting || err != nil {
				t.Errorf("there is still something to forget: %v", err)
			}
			if tx.Engine() == db.SQLite { // the index against the texts
				tx.Exec("insert into contact_fts (contact_fts, rank) values ('integrity-check', 1)")
			}
			return nil
		}))
		if found := search(); len(found) != 1 || found[0] != kept {
			t.Errorf("found in the end: %v", found)
		}
	})
}
