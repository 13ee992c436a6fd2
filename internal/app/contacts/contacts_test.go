package contacts_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"parley/internal/app/apptest"
	"parley/internal/app/contacts"
	"parley/internal/app/team"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

func refused(t *testing.T, err error, kind crm.Kind) *crm.Error {
	t.Helper()
	var e *crm.Error
	if !errors.As(err, &e) || e.Kind != kind {
		t.Fatalf("error %v, want one of kind %s", err, kind)
	}
	return e
}

func fields(e *crm.Error) (list []string) {
	for _, f := range e.Fields {
		list = append(list, f.Field)
	}
	return list
}

// C2: every missing part is named at once.
func TestMinimum(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		_, err := w.Contacts.Put(t.Context(), w.A, apptest.Draft("Priya", "", "", ""))
		if got := fields(refused(t, err, crm.Invalid)); !slices.Equal(got, []string{"last_name", "phone", "email"}) {
			t.Errorf("fields %v", got)
		}
		_, err = w.Contacts.Put(t.Context(), w.A, apptest.Draft("", "", "07400 12", "nobody"))
		if got := fields(refused(t, err, crm.Invalid)); !slices.Equal(got, []string{"phone", "email", "first_name", "last_name"}) {
			t.Errorf("fields %v", got)
		}
		w.Put(t, "Priya", "Shah", "", "priya@shah.example")
		w.Put(t, "Amir", "Shah", "07400 123456", "")
	})
}

// I6: what is taken is said by whom, as far as the asker may see.
func TestConflicts(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		put := func(phone, email string) *crm.Conflict {
			t.Helper()
			_, err := w.Contacts.Put(t.Context(), w.B, apptest.Draft("X", "Y", phone, email))
			return refused(t, err, crm.Conflicting).Conflict
		}
		for _, c := range []*crm.Conflict{put("07400 111222", ""), put("", " A@Rosas.Example ")} {
			if c.HeldBy != "user" || c.ID != "" || c.Name != "" {
				t.Errorf("of a team member an agent is told %+v", c)
			}
		}
		priya := w.Put(t, "Priya", "Shah", "07400 777888", "")
		if c := put("+44 7400 777888", ""); c.HeldBy != "contact" || c.ID != priya.ID || c.Name != "Priya Shah" {
			t.Errorf("%+v", c)
		}
		if _, err := w.Contacts.Archive(t.Context(), w.M, priya.ID); err != nil {
			t.Fatal(err)
		}
		if c := put("0044 7400 777888", ""); c.HeldBy != "archived_contact" || !slices.Contains(c.Actions, "restore") {
			t.Errorf("%+v", c)
		}
		name, email, phone := "C", "c@rosas.example", "07400777888"
		_, _, err := w.Team.Invite(t.Context(), w.M, team.UserDraft{Name: &name, Email: &email, Phone: &phone})
		refused(t, err, crm.Conflicting)
	})
}

// I1: one new number, a contact and a user at the same instant: exactly one gets it.
func TestOneOwner(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		for n := range 10 {
			phone := fmt.Sprintf("+4474000001%02d", n)
			var wg sync.WaitGroup
			results := make([]error, 6)
			for i := range results {
				wg.Go(func() {
					if i%2 == 0 {
						_, results[i] = w.Contacts.Put(t.Context(), w.M, apptest.Draft("X", fmt.Sprint(i), phone, ""))
						return
					}
					name, email := fmt.Sprint("u", i), fmt.Sprintf("u%d.%d@rosas.example", n, i)
					_, _, results[i] = w.Team.Invite(t.Context(), w.M, team.UserDraft{Name: &name, Email: &email, Phone: &phone})
				})
			}
			wg.Wait()
			won := 0
			for _, err := range results {
				if err == nil {
					won++
				} else {
					refused(t, err, crm.Conflicting)
				}
			}
			if won != 1 {
				t.Errorf("%d got %s, want 1", won, phone)
			}
		}
	})
}

// C4 and C5: a stale save is refused with the record as it is and who changed it; every
// change is in the history.
func TestStaleSave(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		c := w.Put(t, "Priya", "Shah", "07400 777888", "")
		save := func(who crm.Actor, field crm.Field, text string) error {
			_, err := w.Contacts.Put(t.Context(), who, crm.Draft{ID: c.ID, Version: c.Version, Fields: map[crm.Field]string{field: text}})
			return err
		}
		if err := save(w.A, crm.Notes, "likes tulips"); err != nil {
			t.Fatal(err)
		}
		e := refused(t, save(w.B, crm.BusinessName, "Shah & Co"), crm.Stale)
		if e.Current == nil || e.Current.Notes != "likes tulips" || e.ChangedBy != "A" {
			t.Errorf("%+v", e)
		}
		history, err := w.Contacts.History(t.Context(), w.B, c.ID, nil, 10)
		if err != nil || len(history) != 2 {
			t.Fatalf("history %+v, %v", history, err)
		}
		if got := history[0]; got.ActorName != "A" || len(got.Changes) != 1 || got.Changes[0] != (crm.Change{Field: "notes", Old: "", New: "likes tulips"}) {
			t.Errorf("%+v", got)
		}
		// The same again changes nothing and makes no entry.
		now, err := w.Contacts.Put(t.Context(), w.A, crm.Draft{ID: c.ID, Fields: map[crm.Field]string{crm.Notes: "likes tulips"}})
		if err != nil || now.Version != c.Version+1 {
			t.Errorf("version %d, %v", now.Version, err)
		}
	})
}

// C6: with an open conversation a contact is archived, without one it is gone and its
// number is free at once. Agents delete nothing (V5).
func TestDelete(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		c := w.Put(t, "Priya", "Shah", "07400 777888", "")
		_, err := w.Contacts.Delete(t.Context(), w.A, c.ID)
		refused(t, err, crm.Forbidden)
		w.Receive(t, w.SMS, w.Text("+447400777888", "hello"))
		d, err := w.Contacts.Delete(t.Context(), w.M, c.ID)
		if err != nil || !d.Archived || d.OpenConversations != 1 {
			t.Fatalf("%+v, %v", d, err)
		}
		row := w.Conversations(t, w.M, store.ViewOpen)[0]
		if _, err := w.Inbox.Close(t.Context(), w.M, row.ID); err != nil {
			t.Fatal(err)
		}
		if d, err = w.Contacts.Delete(t.Context(), w.M, c.ID); err != nil || d.Archived {
			t.Fatalf("%+v, %v", d, err)
		}
		if n := len(w.All(t)); n != 0 {
			t.Errorf("%d contacts left", n)
		}
		if rows := w.Conversations(t, w.M, store.ViewClosed); len(rows) != 0 {
			t.Errorf("%d conversations left", len(rows))
		}
		w.Put(t, "Somebody", "Else", "07400 777888", "")
	})
}

// V3: an assignee who may not see the contact is refused when it is saved.
func TestAssigneeMustSee(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		c := w.Put(t, "Priya", "Shah", "07400 777888", "")
		chosen := &crm.Visibility{Mode: crm.Chosen, UserIDs: []crm.ID{w.A.UserID, w.M.UserID}}
		_, err := w.Contacts.Put(t.Context(), w.M, crm.Draft{ID: c.ID, Visibility: chosen, AssigneeID: &w.B.UserID})
		if got := fields(refused(t, err, crm.Invalid)); !slices.Equal(got, []string{"assignee_id"}) {
			t.Errorf("fields %v", got)
		}
		if _, err := w.Contacts.Put(t.Context(), w.M, crm.Draft{ID: c.ID, Visibility: chosen, AssigneeID: &w.A.UserID}); err != nil {
			t.Fatal(err)
		}
	})
}

// A search finds people by any spelling of a number, its end, first letters, words in the
// middle, and what the index does not know yet.
func TestSearch(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		c := w.Put(t, "Élodie", "van der Berg", "07400 777888", "Elodie.B@blüten.example")
		if _, err := w.Contacts.Put(t.Context(), w.M, crm.Draft{ID: c.ID, Fields: map[crm.Field]string{crm.BusinessName: "Kite & Co"}}); err != nil {
			t.Fatal(err)
		}
		w.Put(t, "Omar", "Khan", "07400 555666", "omar@khan.example")
		look := func() {
			t.Helper()
			for _, q := range []string{"07400 777 888", "+447400777888", "00447400777888", "07400777", "777888", "888", "el", "van", "va",
				"elodie", "ÉLODIE", "berg", "elodie berg", "kite", "& co", "ki", "elodie.b@", "@xn--blten", "lod"} {
				page, err := w.Contacts.List(t.Context(), w.A, crm.Filter{Query: q}, "", nil, 10, true)
				if err != nil || len(page.Contacts) != 1 || page.Contacts[0].ID != c.ID || page.Count != 1 {
					t.Errorf("%q found %d, %v", q, len(page.Contacts), err)
				}
			}
			for _, q := range []string{"zzz", "999999", "nobody@", "%", "_", `"`, "'", "khan elodie"} {
				page, err := w.Contacts.List(t.Context(), w.A, crm.Filter{Query: q}, "", nil, 10, true)
				if err != nil || len(page.Contacts) != 0 {
					t.Errorf("%q found %d, %v", q, len(page.Contacts), err)
				}
			}
		}
		look() // on SQLite the index knows nobody yet
		if err := w.Contacts.Index(t.Context()); err != nil {
			t.Fatal(err)
		}
		look()

		// Names are found from any keyboard, whatever wrote them.
		soren := w.Put(t, "Søren", "O’Größe", "07400 555777", "")
		for _, q := range []string{"o'größe", "O‘GRÖSSE", "o'grosse", "soren", "SØREN o’g"} {
			page, err := w.Contacts.List(t.Context(), w.A, crm.Filter{Query: q}, "", nil, 10, true)
			if err != nil || len(page.Contacts) != 1 || page.Contacts[0].ID != soren.ID {
				t.Errorf("%q found %d, %v", q, len(page.Contacts), err)
			}
		}
	})
}

// A search that has more hits than it looks at says so, whichever way it goes, and one that
// has just as many does not. What is done with everybody leaves nobody out.
func TestSearchIsCut(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		const most = store.MaxHits
		var last *crm.Contact
		for n := range most {
			last = w.Put(t, "Zofia", "Zet", fmt.Sprintf("+44 7400 9%05d", n), fmt.Sprintf("zofia%03d@zet.example", n))
		}
		look := func(many bool) {
			t.Helper()
			for _, q := range []string{"zofia", "zo", "ze", "07400 9", "+4474009", "zofia zet"} {
				page, err := w.Contacts.List(t.Context(), w.A, crm.Filter{Query: q}, crm.OldestFirst, nil, 3, true)
				if err != nil || (page.Cut == store.CutHits) != many || len(page.Contacts) != 3 || page.Count != most {
					t.Errorf("%q with more = %v: %d people, cut %q, %v", q, many, page.Count, page.Cut, err)
				}
				next, err := w.Contacts.List(t.Context(), w.A, crm.Filter{Query: q}, crm.OldestFirst, page.Next, 3, false)
				if err != nil || next.Cut != page.Cut {
					t.Errorf("%q on the second page: cut %v, %v", q, next.Cut, err)
				}
			}
		}
		look(false) // on SQLite the index knows nobody yet
		if err := w.Contacts.Index(t.Context()); err != nil {
			t.Fatal(err)
		}
		look(false)
		extra := w.Put(t, "Zofia", "Zet", "+44 7400 999999", "")
		w.Put(t, "Somebody", "Else", "+44 7400 100000", "")
		look(true)
		if n, err := w.Contacts.CountForBulk(t.Context(), w.A, contacts.BulkDraft{Filter: &crm.Filter{Query: "zofia"}}); err != nil || n != most+1 {
			t.Errorf("all that match are %d, %v", n, err)
		}
		if page, err := w.Contacts.List(t.Context(), w.A, crm.Filter{Query: "zofia"}, crm.NewestFirst, nil, 1, false); err != nil || page.Contacts[0].ID != extra.ID || last.ID == extra.ID {
			t.Errorf("the newest is left out: %v, %v", page.Contacts, err)
		}
	})
}

// While SQLite's index is behind, a search looks through the newest of those that wait and
// says that there are others; nobody is found under a name from before. PostgreSQL is
// never behind, and never says so.
func TestSearchBehindIndex(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Unrecorded = true
		oldest := w.Put(t, "Olga", "Odd", "+44 7400 900001", "")
		crowd := make([]*crm.Contact, 5000)
		for n := range crowd {
			now := w.Now()
			crowd[n] = &crm.Contact{ID: crm.NewID(now), BusinessID: w.M.BusinessID, FirstName: "Crowd", LastName: fmt.Sprintf("N%04d", n), Source: crm.SourceImport, Status: crm.Active, Version: 1, CreatedAt: now, UpdatedAt: now,
				Visibility: crm.Visibility{Mode: crm.Everyone}}
		}
		newest := w.Put(t, "Nora", "New", "+44 7400 900002", "")
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(w.DB.Write(t.Context(), func(tx *db.Tx) error {
			store.AddContacts(tx, w.M.BusinessID, crowd)
			return store.IndexNew(tx, w.M.BusinessID, crowd)
		}))
		must(w.Contacts.Index(t.Context()))
		rename := func(c *crm.Contact, first string) {
			_, err := w.Contacts.Put(t.Context(), w.M, crm.Draft{ID: c.ID, Fields: map[crm.Field]string{crm.FirstName: first}})
			must(err)
		}
		rename(oldest, "Vera")
		rename(newest, "Nadia")
		look := func(q string, count int, cut store.Cut) {
			t.Helper()
			page, err := w.Contacts.List(t.Context(), w.A, crm.Filter{Query: q}, "", nil, 10, true)
			if err != nil || page.Count != count || page.Cut != cut {
				t.Errorf("%q: %d, cut %q, %v; want %d, cut %q", q, page.Count, page.Cut, err, count, cut)
			}
			found, err := w.Contacts.Find(t.Context(), w.A, q, 10)
			if err != nil || len(found.Contacts) != min(count, 10) || found.Cut != cut {
				t.Errorf("%q everywhere: %d, cut %q, %v", q, len(found.Contacts), found.Cut, err)
			}
			if list, err := w.Inbox.List(t.Context(), w.A, store.ConversationFilter{View: store.ViewOpen, Query: q}, nil, 10); err != nil || list.Cut != cut {
				t.Errorf("%q in the inbox: cut %q, %v", q, list.Cut, err)
			}
		}
		for q, count := range map[string]int{"vera": 1, "olga": 0, "nadia": 1, "nora": 0, "n4999": 1} {
			look(q, count, "")
		}
		must(w.DB.Write(t.Context(), func(tx *db.Tx) error { // everybody waits
			_, _, err := store.IndexFrom(tx, w.M.BusinessID, "", 6000)
			return err
		}))
		behind, veras := store.Cut(""), 1
		if w.DB.Engine() == db.SQLite {
			behind, veras = store.CutIndex, 0
		}
		for q, count := range map[string]int{"vera": veras, "nadia": 1, "nora": 0, "n4999": 1, "nobody": 0} {
			look(q, count, behind)
		}
		look("crowd", store.MaxHits, store.CutHits)
		look("+44 7400 900001", 1, "") // numbers need no index
		if n, err := w.Contacts.CountForBulk(t.Context(), w.A, contacts.BulkDraft{Filter: &crm.Filter{Query: "vera"}}); err != nil || n != 1 {
			t.Errorf("all that match are %d, %v", n, err)
		}
		must(w.Contacts.Index(t.Context()))
		for q, count := range map[string]int{"vera": 1, "olga": 0, "nadia": 1, "nora": 0, "nobody": 0} {
			look(q, count, "")
		}
	})
}
