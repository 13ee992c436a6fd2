package team_test

import (
	"fmt"
	"slices"
	"testing"

	"parley/internal/app/apptest"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// carrier is a contact with tags.
func carrier(t *testing.T, w *apptest.World, last string, phone int, tags ...crm.Tag) crm.ID {
	t.Helper()
	ids := []crm.ID{}
	for _, tag := range tags {
		ids = append(ids, tag.ID)
	}
	number := fmt.Sprintf("+447400%06d", 200_000+phone)
	c, err := w.Contacts.Put(t.Context(), w.M, crm.Draft{Fields: map[crm.Field]string{crm.FirstName: "T", crm.LastName: last}, Phone: &number, Tags: &ids})
	if err != nil {
		t.Fatal(err)
	}
	return c.ID
}

func tagsOf(t *testing.T, w *apptest.World, id crm.ID) (names []string) {
	t.Helper()
	c, err := w.Contacts.Get(t.Context(), w.M, id)
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range c.Tags {
		names = append(names, tag.Name)
	}
	return names
}

// retagged are the entries in a contact's history about tags that are gone.
func retagged(t *testing.T, w *apptest.World, id crm.ID) (list []string) {
	t.Helper()
	events, err := w.Contacts.History(t.Context(), w.M, id, nil, 50)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if e.Type == crm.ContactRetagged {
			list = append(list, fmt.Sprint(e.Changes[0].Old, " > ", e.Changes[0].New, " by ", e.ActorName))
		}
	}
	return list
}

func matching(t *testing.T, w *apptest.World, values map[string][]string) (names []string, problem string) {
	t.Helper()
	f, err := w.Contacts.ReadFilter(t.Context(), w.M, values)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Problems) > 0 {
		problem = f.Problems[0].Detail
	}
	page, err := w.Contacts.List(t.Context(), w.M, f, crm.ByName, nil, 50, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range page.Contacts {
		names = append(names, c.LastName)
	}
	return names, problem
}

// Names are unique without regard to case and outer space, and agents make none (T1).
func TestTagNames(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		gold := w.Tag(t, "gold")
		other := w.Tag(t, "Other")
		for _, c := range []struct {
			who  crm.Actor
			tag  crm.Tag
			kind crm.Kind
		}{
			{w.M, crm.Tag{Name: " Gold "}, crm.Conflicting},
			{w.M, crm.Tag{ID: other.ID, Name: "GOLD"}, crm.Conflicting},
			{w.M, crm.Tag{Name: " \t "}, crm.Invalid},
			{w.M, crm.Tag{Name: string(make([]rune, 10_000))}, crm.Invalid},
			{w.M, crm.Tag{Name: "x", Colour: "beige"}, crm.Invalid},
			{w.A, crm.Tag{Name: "Mine"}, crm.Forbidden},
			{w.A, crm.Tag{ID: gold.ID, Name: "Mine"}, crm.Forbidden},
		} {
			if _, err := w.Team.PutTag(t.Context(), c.who, c.tag); crm.KindOf(err) != c.kind {
				t.Errorf("%s putting %.20q: %v, want %s", c.who.Name, c.tag.Name, err, c.kind)
			}
		}
		if _, err := w.Team.PutTag(t.Context(), w.M, crm.Tag{ID: gold.ID, Name: "  GOLD "}); err != nil {
			t.Errorf("another case of its own name: %v", err)
		}
		if err := w.Team.DeleteTag(t.Context(), w.A, gold.ID); crm.KindOf(err) != crm.Forbidden {
			t.Errorf("an agent deleting: %v", err)
		}
		if _, err := w.Team.MergeTags(t.Context(), w.A, gold.ID, other.ID); crm.KindOf(err) != crm.Forbidden {
			t.Errorf("an agent merging: %v", err)
		}
	})
}

// A merge unites the carriers and says so in their histories; filters follow, and so does
// the form that was open.
func TestMergeTags(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		silver, gold, vip := w.Tag(t, "Silver"), w.Tag(t, "Gold"), w.Tag(t, "VIP")
		a, b, c := carrier(t, w, "A", 1, silver, vip), carrier(t, w, "B", 2, silver, gold), carrier(t, w, "C", 3, gold)
		for _, into := range []crm.ID{"", silver.ID, "00000000000000000000000000", "\x00"} {
			if _, err := w.Team.MergeTags(t.Context(), w.M, silver.ID, into); crm.KindOf(err) != crm.Invalid {
				t.Errorf("merging into %q: %v", into, err)
			}
		}
		if _, err := w.Team.MergeTags(t.Context(), w.M, "00000000000000000000000000", gold.ID); crm.KindOf(err) != crm.NotFound {
			t.Errorf("merging what is not there: %v", err)
		}
		kept, err := w.Team.MergeTags(t.Context(), w.M, silver.ID, gold.ID)
		if err != nil || kept.ID != gold.ID {
			t.Fatal(kept, err)
		}
		for id, want := range map[crm.ID][]string{a: {"Gold", "VIP"}, b: {"Gold"}, c: {"Gold"}} {
			if got := tagsOf(t, w, id); !slices.Equal(got, want) {
				t.Errorf("tags are %q, want %q", got, want)
			}
		}
		for id, want := range map[crm.ID][]string{a: {"Silver > Gold by M"}, b: {"Silver > Gold by M"}, c: nil} {
			if got := retagged(t, w, id); !slices.Equal(got, want) {
				t.Errorf("the history says %q, want %q", got, want)
			}
		}
		for _, values := range []map[string][]string{{"tag": {string(silver.ID)}}, {"tag": {string(silver.ID), string(gold.ID)}}, {"any_tag": {string(silver.ID)}}} {
			if got, problem := matching(t, w, values); !slices.Equal(got, []string{"A", "B", "C"}) || problem != "" {
				t.Errorf("%v matches %q, %s", values, got, problem)
			}
		}
		ids := []crm.ID{silver.ID, gold.ID}
		if _, err := w.Contacts.Put(t.Context(), w.A, crm.Draft{ID: c, Version: 1, Tags: &ids}); err != nil {
			t.Errorf("a form that was open: %v", err)
		} else if got := tagsOf(t, w, c); !slices.Equal(got, []string{"Gold"}) {
			t.Errorf("a form that was open leaves %q", got)
		}
		if saved, err := w.Contacts.Put(t.Context(), w.A, crm.Draft{ID: c, AddTags: []crm.ID{silver.ID}}); err != nil || saved.Version != 1 {
			t.Errorf("putting on what became a tag that is there: %v, %v", saved, err)
		}
		again := w.Tag(t, "silver") // the name is free
		if again.ID == silver.ID {
			t.Error("a new tag has the id of the old one")
		}
		if _, err := w.Team.MergeTags(t.Context(), w.M, gold.ID, vip.ID); err != nil {
			t.Fatal(err)
		}
		if got, problem := matching(t, w, map[string][]string{"tag": {string(silver.ID)}}); !slices.Equal(got, []string{"A", "B", "C"}) {
			t.Errorf("after two merges the filter matches %q, %s", got, problem)
		}
		if err := w.Team.DeleteTag(t.Context(), w.M, vip.ID); err != nil {
			t.Fatal(err)
		}
		for _, id := range []crm.ID{silver.ID, gold.ID, vip.ID} {
			if got, problem := matching(t, w, map[string][]string{"tag": {string(id)}}); len(got) != 0 || problem == "" {
				t.Errorf("after all are gone the filter matches %q, %q", got, problem)
			}
		}
		if _, problem := matching(t, w, map[string][]string{"not_tag": {string(vip.ID)}}); problem != "This asks for the tag “VIP”, which was deleted." {
			t.Errorf("the filter says %q", problem)
		}
		if got := tagsOf(t, w, a); len(got) != 0 {
			t.Errorf("deleting left %q", got)
		}
		if got := retagged(t, w, c); !slices.Equal(got, []string{"VIP >  by M", "Gold > VIP by M"}) {
			t.Errorf("the history says %q", got)
		}
	})
}

// Of very many carriers the histories follow later; all else is so at once, and who put
// the old tag on meanwhile has the new one too.
func TestMergeTagsOfMany(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		const many = 4100
		silver, gold := w.Tag(t, "Silver"), w.Tag(t, "Gold")
		must(t, w.DB.Write(t.Context(), func(tx *db.Tx) error {
			var list []*crm.Contact
			for n := range many {
				now := w.Now()
				c := &crm.Contact{BusinessID: w.M.BusinessID, ID: crm.NewID(now), FirstName: "N", LastName: fmt.Sprint(n), Status: crm.Active, Source: "manual",
					Visibility: crm.Visibility{Mode: crm.Everyone}, Version: 1, CreatedAt: now, UpdatedAt: now, Tags: []crm.Tag{silver}}
				if n%3 == 0 {
					c.Tags = append(c.Tags, gold)
				}
				list = append(list, c)
			}
			store.AddContacts(tx, w.M.BusinessID, list)
			return store.IndexNew(tx, w.M.BusinessID, list)
		}))
		if _, err := w.Team.MergeTags(t.Context(), w.M, silver.ID, gold.ID); err != nil {
			t.Fatal(err)
		}
		// Each chunk said so: nothing else names those who got the tag.
		must(t, w.DB.Read(t.Context(), func(tx *db.Tx) error {
			spread, _, err := db.One(tx, db.Column[int], "select count(*) from event where business_id = $1 and type = 'tag.moved' and subject_id = $2", w.M.BusinessID, gold.ID)
			if spread != 3 {
				t.Errorf("%d chunks told, want 3", spread)
			}
			return err
		}))
		counted := func() (n int) {
			list, err := w.Team.Tags(t.Context(), w.M)
			must(t, err)
			if len(list) != 1 {
				t.Errorf("%d tags are left", len(list))
			}
			return list[0].Contacts
		}
		if n := counted(); n != many {
			t.Errorf("%d carry it, want %d", n, many)
		}
		late := carrier(t, w, "Late", 9)
		must(t, w.DB.Write(t.Context(), func(tx *db.Tx) error { // a save that began before the merge
			store.SetContactTags(tx, w.M.BusinessID, late, []crm.Tag{silver})
			return nil
		}))
		if got := tagsOf(t, w, late); len(got) != 0 {
			t.Errorf("a tag that is gone shows: %q", got)
		}
		must(t, w.Contacts.Tidy(t.Context()))
		if got, history := tagsOf(t, w, late), retagged(t, w, late); !slices.Equal(got, []string{"Gold"}) || len(history) != 1 {
			t.Errorf("after tidying: %q, %q", got, history)
		}
		var waiting []crm.GoneTag
		must(t, w.DB.Read(t.Context(), func(tx *db.Tx) (err error) { waiting, err = store.TagsToClear(tx); return err }))
		if n := counted(); n != many+1 || len(waiting) != 0 {
			t.Errorf("%d carry it, %d tags wait", n, len(waiting))
		}
	})
}

// The number beside a tag leaves out whom one may not see (V2).
func TestTagCounts(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		gold := w.Tag(t, "Gold")
		open := carrier(t, w, "Open", 1, gold)
		hidden := carrier(t, w, "Hidden", 2, gold)
		for id, v := range map[crm.ID]crm.Visibility{hidden: {Mode: crm.Chosen, UserIDs: []crm.ID{w.A.UserID}}, open: {Mode: crm.Chosen, UserIDs: []crm.ID{w.A.UserID, w.B.UserID}}} {
			_, err := w.Contacts.Put(t.Context(), w.M, crm.Draft{ID: id, Version: 1, Visibility: &v})
			must(t, err)
		}
		for name, c := range map[string]struct {
			who  crm.Actor
			want int
		}{"A": {w.A, 2}, "B": {w.B, 1}, "M": {w.M, 0}} {
			list, err := w.Team.Tags(t.Context(), c.who)
			if err != nil || list[0].Contacts != c.want {
				t.Errorf("%s counts %v, %v, want %d", name, list, err, c.want)
			}
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
