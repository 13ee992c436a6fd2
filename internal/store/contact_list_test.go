package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/internal/app/apptest"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// crowd is a business in which filters have something to choose from.
type crowd struct {
	tags     []crm.Tag
	contacts []*crm.Contact
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func fill(t *testing.T, w *apptest.World, n int) crowd {
	t.Helper()
	var c crowd
	for _, name := range []string{"Common", "Half", "Rare", "Nobody"} {
		tag, err := w.Team.PutTag(t.Context(), w.M, crm.Tag{Name: name})
		check(t, err)
		c.tags = append(c.tags, tag)
	}
	for _, f := range []crm.CustomField{{Label: "Size", Kind: crm.CustomNumber}, {Label: "Since", Kind: crm.CustomDate}, {Label: "Nick", Kind: crm.CustomText}, {Label: "VIP", Kind: crm.CustomBoolean},
		{Label: "Plan", Kind: crm.CustomChoice, Options: []crm.CustomOption{{Label: "A"}, {Label: "B"}}}} {
		_, err := w.Contacts.PutCustomField(t.Context(), w.M, f)
		check(t, err)
	}
	random := rand.New(rand.NewPCG(3, 4))
	one := func(options ...string) string { return options[random.IntN(len(options))] }
	for i := range n {
		d := apptest.Draft(one("Ann", "Bo", "Çem", "Dee"), fmt.Sprintf("L%d", random.IntN(9)), "", "")
		if i%3 > 0 {
			d.Phone = new(fmt.Sprintf("+447400%06d", i))
		}
		if i%3 != 1 {
			d.Email = new(fmt.Sprintf("p%d@x.example", i))
		}
		d.Fields[crm.ContactCountry] = one("", "GB", "DE")
		d.Source = crm.Source(one("manual", "import"))
		tags := []crm.ID{c.tags[0].ID}
		if i%2 == 0 {
			tags = append(tags, c.tags[1].ID)
		}
		if i%17 == 0 {
			tags = append(tags, c.tags[2].ID)
		}
		d.Tags = &tags
		d.AssigneeID = new(crm.ID(one("", string(w.A.UserID), string(w.B.UserID))))
		d.Custom = map[string]any{"size": fmt.Sprint(random.IntN(20) - 10), "plan": one("", "a", "B"), "vip": one("", "yes", "no"), "nick": one("", "Bo", "bö"), "since": one("", "2026-01-02", "2025-05-05")}
		if i%11 == 0 {
			d.Visibility = &crm.Visibility{Mode: crm.Chosen, UserIDs: []crm.ID{w.B.UserID}}
			d.AssigneeID = nil
		}
		saved, err := w.Contacts.Put(t.Context(), w.M, d)
		check(t, err)
		if i%13 == 0 {
			_, err := w.Contacts.Archive(t.Context(), w.M, saved.ID)
			if crm.KindOf(err) != crm.NotFound {
				check(t, err)
			}
		}
		check(t, w.DB.Write(t.Context(), func(tx *db.Tx) error {
			if i%4 == 0 {
				store.TouchContacts(tx, w.M.BusinessID, []crm.ID{saved.ID}, w.Now().Add(-time.Duration(random.IntN(50))*24*time.Hour))
			}
			if i%5 == 0 {
				store.OptOut(tx, w.M.BusinessID, saved.ID, crm.Family(one("sms", "whatsapp")), w.Now(), "test", "stop")
			}
			e := w.M.Event(crm.ContactOptedOut, w.Now())
			e.ContactID = saved.ID
			return store.AddEvents(tx, []crm.Event{e})
		}))
	}
	check(t, w.DB.Read(t.Context(), func(tx *db.Tx) error {
		ids, err := db.All(tx, db.Column[crm.ID], "select id from contact where business_id = $1", w.M.BusinessID)
		if err != nil {
			return err
		}
		c.contacts, err = store.ContactsByID(tx, w.M.BusinessID, ids)
		return err
	}))
	return c
}

// matches is the meaning of a filter in Go.
func matches(f crm.Filter, c *crm.Contact) bool {
	has := func(id crm.ID) bool {
		return slices.ContainsFunc(c.Tags, func(t crm.Tag) bool { return t.ID == id })
	}
	all := func(ids []crm.ID) bool { return !slices.ContainsFunc(ids, func(id crm.ID) bool { return !has(id) }) }
	kinds := func(k crm.IdentityKind) bool { return c.Primary(k) != "" }
	out := func(o crm.Family) bool { return slices.Contains(c.OptOuts, o) }
	country := c.Contact.Country
	if country == "" {
		country = crm.NoCountry
	}
	assignee := c.AssigneeID
	if assignee == "" {
		assignee = crm.NobodyID
	}
	inTime := f.NoMessage && c.LastMessageAt.IsZero() ||
		!c.LastMessageAt.IsZero() && (f.After.IsZero() || !c.LastMessageAt.Before(f.After)) && (f.Before.IsZero() || c.LastMessageAt.Before(f.Before)) && !(f.NoMessage && f.After.IsZero() && f.Before.IsZero()) ||
		!f.NoMessage && f.After.IsZero() && f.Before.IsZero()
	for _, cc := range f.Custom {
		v, set := c.Custom[cc.Key]
		key := ""
		if set {
			key = crm.SortKey(v)
		}
		bounded := len(cc.Values) > 0 || cc.Min != "" || cc.Max != ""
		if cc.Set != nil && *cc.Set != set || bounded && (!set || len(cc.Values) > 0 && !slices.Contains(cc.Values, key) || key < cc.Min || cc.Max != "" && key > cc.Max) {
			return false
		}
	}
	return (f.Status == crm.AnyStatus || f.Status == c.Status || f.Status == "" && c.Status == crm.Active) &&
		all(f.Tags) && (len(f.AnyTags) == 0 || slices.ContainsFunc(f.AnyTags, has)) && !slices.ContainsFunc(f.NotTags, has) &&
		(len(f.Assignees) == 0 || slices.Contains(f.Assignees, assignee)) && (len(f.Sources) == 0 || slices.Contains(f.Sources, c.Source)) &&
		(len(f.Countries) == 0 || slices.Contains(f.Countries, country)) && inTime &&
		!slices.ContainsFunc(f.Has, func(k crm.IdentityKind) bool { return !kinds(k) }) && !slices.ContainsFunc(f.HasNot, kinds) &&
		!slices.ContainsFunc(f.OptOuts, func(o crm.Family) bool { return !out(o) }) && !slices.ContainsFunc(f.NotOptOuts, out)
}

// TestFilters compares every filter, alone and in pairs and in every order, page by page
// with its meaning in Go, for somebody from whom some contacts are hidden (V2).
func TestFilters(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		c := fill(t, w, 150)
		w.CheckBook(t)
		book := w.Contacts.Facets
		// picked, walked, picked after a walk, picked after two, walked to the end, made from the book
		ways := []struct {
			walk, few, long int
			facets          *store.Facets
		}{{3000, 400, 12_000, nil}, {3000, 0, 0, nil}, {7, 0, 12_000, nil}, {1, 3, 12_000, nil}, {1, 3, 3, nil}, {1, -1, 12_000, book}}
		tag := func(n int) string { return string(c.tags[n].ID) }
		singles := []map[string][]string{
			{}, {"status": {"archived"}}, {"status": {"any"}}, {"tag": {tag(0)}}, {"tag": {tag(1), tag(2)}}, {"tag": {tag(3)}}, {"any_tag": {tag(1), tag(2)}}, {"not_tag": {tag(1), tag(2)}},
			{"assignee": {string(w.A.UserID)}}, {"assignee": {"nobody"}}, {"assignee": {"nobody", string(w.A.UserID)}}, {"assignee": {string(w.A.UserID), string(w.B.UserID)}},
			{"source": {"import"}}, {"source": {"import", "manual"}}, {"country": {"GB"}}, {"country": {"none", "DE"}},
			{"last_message": {"never"}}, {"last_message_after": {"2026-11-01"}}, {"last_message_before": {"2026-11-01"}}, {"last_message_before": {"2026-11-01"}, "last_message": {"never"}},
			{"last_message_after": {"2026-10-20"}, "last_message_before": {"2026-11-10"}},
			{"has": {"email"}}, {"has": {"email,phone"}}, {"has_not": {"phone"}}, {"has": {"email"}, "has_not": {"email"}}, {"opt_out": {"sms"}}, {"opt_out": {"sms,whatsapp"}}, {"not_opt_out": {"sms,whatsapp"}},
			{"custom.size": {"4", "5"}}, {"custom.size.min": {"-3"}}, {"custom.size.min": {"-3"}, "custom.size.max": {"5"}}, {"custom.plan": {"B"}}, {"custom.plan.set": {"no"}},
			{"custom.vip": {"yes"}}, {"custom.nick": {"BO"}}, {"custom.since.max": {"2025-12-31"}}, {"custom.since.set": {"yes"}},
		}
		open := func(crm.ID) bool { return true }
		defer store.SetWalk(ways[0].walk, ways[0].few, ways[0].long)
		for i, a := range singles {
			for j, b := range singles[i:] {
				if j > 0 && (i+j)%3 != 0 {
					continue // every pair would take half a minute
				}
				values := map[string][]string{}
				for name, v := range a {
					values[name] = v
				}
				for name, v := range b {
					values[name] = v
				}
				f, err := w.Contacts.ReadFilter(t.Context(), w.A, values)
				check(t, err)
				check(t, f.Err())
				sort := crm.Sorts[(i+j)%len(crm.Sorts)]
				way := ways[(i+j/2)%len(ways)]
				store.SetWalk(way.walk, way.few, way.long)
				w.Contacts.Facets = way.facets
				var want []*crm.Contact
				for _, one := range c.contacts {
					if crm.CanSee(one.Visibility, w.A.UserID, w.A.Role, open) && matches(f, one) {
						want = append(want, one)
					}
				}
				slices.SortFunc(want, func(x, y *crm.Contact) int { return byOrder(sort, x, y) })
				var got []*crm.Contact
				var after *store.ContactPlace
				for first := true; first || after != nil; first = false {
					page, err := w.Contacts.List(t.Context(), w.A, f, sort, after, 40, first)
					check(t, err)
					if first && page.Count != len(want) {
						t.Errorf("%v: counted %d of %d", values, page.Count, len(want))
					}
					got, after = append(got, page.Contacts...), page.Next
				}
				if diff := cmp.Diff(idsOf(want), idsOf(got)); diff != "" {
					t.Errorf("%v by %s, %v:\n%s", values, sort, way, diff)
				}
			}
		}
		w.Contacts.Facets = book
		if n := book.Made(); n < 100 {
			t.Errorf("%d pages and counts came from the book: this checks nothing of it", n)
		}
	})
}

func byOrder(sort crm.Sort, a, b *crm.Contact) int {
	x, y := store.PlaceOf(a), store.PlaceOf(b)
	n := 0
	switch strings.TrimPrefix(string(sort), "-") {
	case "last_message":
		n = x.ActiveAt.Compare(y.ActiveAt)
	case "name":
		n = strings.Compare(x.Name, y.Name)
	}
	if n == 0 {
		n = strings.Compare(string(a.ID), string(b.ID))
	}
	if strings.HasPrefix(string(sort), "-") {
		return -n
	}
	return n
}

func idsOf(list []*crm.Contact) []crm.ID {
	ids := []crm.ID{}
	for _, c := range list {
		ids = append(ids, c.ID)
	}
	return ids
}
