package contacts_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/app/apptest"
	"parley/internal/crm"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// rare is a tag on two of three contacts.
func rare(t *testing.T, w *apptest.World) crm.Tag {
	t.Helper()
	tag, err := w.Team.PutTag(t.Context(), w.M, crm.Tag{Name: "Rare"})
	check(t, err)
	for i := range 3 {
		d := apptest.Draft("Ann", "Lee", fmt.Sprintf("+44740000000%d", i), "")
		if i > 0 {
			d.Tags = &[]crm.ID{tag.ID}
		}
		_, err := w.Contacts.Put(t.Context(), w.M, d)
		check(t, err)
	}
	return tag
}

// TestFilterFollowsItsTag: renamed it is the same; deleted it is nobody, never everyone.
func TestFilterFollowsItsTag(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		tag := rare(t, w)
		filter, err := w.Contacts.ReadFilter(t.Context(), w.M, map[string][]string{"tag": {"rare"}})
		check(t, err)
		kept := filter.Values()
		list := func() int {
			f, err := w.Contacts.ReadFilter(t.Context(), w.M, kept)
			check(t, err)
			page, err := w.Contacts.List(t.Context(), w.M, f, "", nil, 50, true)
			check(t, err)
			if len(page.Contacts) != page.Count {
				t.Errorf("%d listed, %d counted", len(page.Contacts), page.Count)
			}
			return page.Count
		}
		before := list()
		_, err = w.Team.PutTag(t.Context(), w.M, crm.Tag{ID: tag.ID, Name: "Renamed"})
		check(t, err)
		if after := list(); after != before || before == 0 {
			t.Errorf("%d before the tag was renamed, %d after", before, after)
		}
		check(t, w.Team.DeleteTag(t.Context(), w.M, tag.ID))
		if n := list(); n != 0 {
			t.Errorf("%d match a tag that is gone", n)
		}
	})
}

// TestCustomFields: values are typed, kept without loss, in the history, and go with the
// field.
func TestCustomFields(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		size, err := w.Contacts.PutCustomField(t.Context(), w.M, crm.CustomField{Label: "Shoe size", Kind: crm.CustomNumber})
		check(t, err)
		plan, err := w.Contacts.PutCustomField(t.Context(), w.M, crm.CustomField{Label: "Plan", Kind: crm.CustomChoice, Options: []crm.CustomOption{{Label: "Gold"}, {Label: "Silver"}}})
		check(t, err)
		if _, err := w.Contacts.PutCustomField(t.Context(), w.A, size); crm.KindOf(err) != crm.Forbidden {
			t.Errorf("an agent changes a field: %v", err)
		}
		for _, bad := range []crm.CustomField{{Label: "shoe SIZE", Key: "other", Kind: crm.CustomText}, {Label: "Other", Key: size.Key, Kind: crm.CustomText},
			{ID: size.ID, Label: "Shoe size", Key: size.Key, Kind: crm.CustomText}, {ID: size.ID, Label: "Shoe size", Key: "other", Kind: size.Kind}} {
			if _, err := w.Contacts.PutCustomField(t.Context(), w.M, bad); crm.KindOf(err) != crm.Invalid {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		const long = "123456789012345678901234.5"
		d := apptest.Draft("Ann", "Lee", "+447400123456", "")
		d.Custom = map[string]any{"shoe_size": json.Number(long), "plan": "gold"}
		c, err := w.Contacts.Put(t.Context(), w.M, d)
		check(t, err)
		if c.Custom["shoe_size"] != json.Number(long) || c.Custom["plan"] != "gold" {
			t.Errorf("kept as %v", c.Custom)
		}
		_, err = w.Contacts.Put(t.Context(), w.M, crm.Draft{ID: c.ID, Custom: map[string]any{"shoe_size": "big", "nope": 1}})
		wantFields(t, err, "custom.nope", "custom.shoe_size")
		c, err = w.Contacts.Put(t.Context(), w.M, crm.Draft{ID: c.ID, Custom: map[string]any{"shoe_size": ""}})
		check(t, err)
		if _, there := c.Custom["shoe_size"]; there || c.Custom["plan"] != "gold" {
			t.Errorf("cleared to %v", c.Custom)
		}
		history, err := w.Contacts.History(t.Context(), w.M, c.ID, nil, 1)
		check(t, err)
		if change := history[0].Changes[0]; change.Field != "custom.shoe_size" || change.Old != json.Number(long) || change.New != nil {
			t.Errorf("history has %+v", change)
		}
		// An option that is in use is retired: kept by who has it, chosen by nobody.
		plan.Options = plan.Options[1:]
		plan, err = w.Contacts.PutCustomField(t.Context(), w.M, plan)
		check(t, err)
		if len(plan.Options) != 2 || !plan.Options[1].Retired {
			t.Errorf("options %+v", plan.Options)
		}
		_, err = w.Contacts.Put(t.Context(), w.M, crm.Draft{ID: c.ID, Custom: map[string]any{"plan": "Gold"}, Fields: map[crm.Field]string{crm.Notes: "x"}})
		check(t, err)
		d2 := apptest.Draft("Bo", "Lee", "+447400123457", "")
		d2.Custom = map[string]any{"plan": "Gold"}
		_, err = w.Contacts.Put(t.Context(), w.M, d2)
		wantFields(t, err, "custom.plan")
		use, err := w.Contacts.UseOfField(t.Context(), w.M, plan)
		check(t, err)
		if use.Contacts != 1 || use.Options["gold"] != 1 || use.Options["silver"] != 0 {
			t.Errorf("use %+v", use)
		}
		check(t, w.Contacts.MoveCustomField(t.Context(), w.M, plan.ID, 1))
		list, err := w.Contacts.CustomFields(t.Context(), w.M)
		check(t, err)
		if list[0].ID != plan.ID || list[1].ID != size.ID {
			t.Errorf("order %+v", list)
		}
		check(t, w.Contacts.DeleteCustomField(t.Context(), w.M, plan.ID))
		if c, err = w.Contacts.Get(t.Context(), w.M, c.ID); err != nil || len(c.Custom) != 0 {
			t.Errorf("after the field was deleted: %v, %v", c.Custom, err)
		}
		_, err = w.Contacts.PutCustomField(t.Context(), w.M, crm.CustomField{Label: "Plan", Kind: crm.CustomText})
		check(t, err)
	})
}

func wantFields(t *testing.T, err error, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, fields(refused(t, err, crm.Invalid))); diff != "" {
		t.Error(diff)
	}
}
