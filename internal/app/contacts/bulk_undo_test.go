package contacts_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"parley/internal/app/apptest"
	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// bulkState is what an act on many can change of a contact.
type bulkState struct {
	tags     string
	assignee crm.ID
	viewers  string
	status   crm.Status
}

func bulkStates(t *rapid.T, w *apptest.World, ids []crm.ID) map[crm.ID]bulkState {
	list := map[crm.ID]bulkState{}
	err := w.DB.Read(t.Context(), func(tx *db.Tx) error {
		contacts, err := store.ContactsByID(tx, w.M.BusinessID, ids)
		for _, c := range contacts {
			s := bulkState{assignee: c.AssigneeID, status: c.Status}
			for _, tag := range c.Tags {
				s.tags += string(tag.ID) + " "
			}
			for _, u := range c.Visibility.UserIDs {
				s.viewers += string(u) + " "
			}
			list[c.ID] = s
		}
		return err
	})
	if err != nil || len(list) != len(ids) {
		t.Fatal(list, err)
	}
	return list
}

// TestBulkUndoIsExact: whatever the contacts were like and whatever act it was, taking it
// back leaves everybody whom nobody touched since as they were before, to the last tag;
// of the others it keeps what was set since.
func TestBulkUndoIsExact(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		var ids []crm.ID
		for _, id := range somePeople(t, w, "Ann", "Ben", "Cy", "Dot", "Eve") {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		tags := []crm.ID{w.Tag(t, "Gold").ID, w.Tag(t, "Silver").ID, w.Tag(t, "Tin").ID}
		users := []crm.ID{w.M.UserID, w.A.UserID, w.B.UserID}
		someTags := rapid.SliceOfNDistinct(rapid.SampledFrom(tags), 0, 3, rapid.ID[crm.ID])
		sees := func(t *rapid.T, label string) *crm.Visibility {
			chosen := rapid.SliceOfNDistinct(rapid.SampledFrom(users), 0, 3, rapid.ID[crm.ID]).Draw(t, label)
			if len(chosen) == 0 {
				return &crm.Visibility{Mode: crm.Everyone}
			}
			return &crm.Visibility{Mode: crm.Chosen, UserIDs: chosen}
		}
		assignee := rapid.SampledFrom(append([]crm.ID{""}, users...))
		rapid.Check(t, func(t *rapid.T) {
			system := crm.Actor{BusinessID: w.M.BusinessID, Role: crm.Admin, Name: "Test"}
			put := func(list []*crm.Draft) {
				err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
					plans, err := w.Contacts.Save(tx, system, list, contacts.Policy{Seen: true}, w.Now())
					for _, p := range plans {
						if p.Err != nil { // an assignee who may not see: left without
							t.Log(p.Err)
						}
					}
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			var drafts []*crm.Draft
			for _, id := range ids {
				own := someTags.Draw(t, "tags")
				v := sees(t, "sees")
				v.UserIDs = append(v.UserIDs, w.M.UserID) // so that M may act on them
				drafts = append(drafts, &crm.Draft{ID: id, Tags: &own, Visibility: v, AssigneeID: new(crm.ID)})
			}
			put(drafts)
			drafts = nil
			for _, id := range ids {
				drafts = append(drafts, &crm.Draft{ID: id, AssigneeID: new(assignee.Draw(t, "assignee"))})
				status := w.Contacts.Restore
				if rapid.Bool().Draw(t, "archived") {
					status = w.Contacts.Archive
				}
				if _, err := status(t.Context(), w.M, id); err != nil {
					t.Fatal(err)
				}
			}
			put(drafts)
			before := bulkStates(t, w, ids)
			d := contacts.BulkDraft{IDs: ids, Action: rapid.SampledFrom(crm.BulkActions[:6]).Draw(t, "action")}
			switch d.Action {
			case crm.BulkAddTags, crm.BulkRemoveTags:
				d.What.Tags = rapid.SliceOfNDistinct(rapid.SampledFrom(tags), 1, 3, rapid.ID[crm.ID]).Draw(t, "what")
			case crm.BulkAssign:
				d.What.AssigneeID = assignee.Draw(t, "to")
			case crm.BulkVisibility:
				d.What.Visibility = sees(t, "to")
			}
			b := bulkIn(t, w, d)
			touched := map[crm.ID]bulkState{}
			for _, id := range rapid.SliceOfNDistinct(rapid.SampledFrom(ids), 0, 2, rapid.ID[crm.ID]).Draw(t, "touched") {
				own := someTags.Draw(t, "tags since")
				put([]*crm.Draft{{ID: id, Tags: &own, Visibility: sees(t, "sees since")}})
				put([]*crm.Draft{{ID: id, AssigneeID: new(assignee.Draw(t, "assignee since"))}})
				touched[id] = bulkStates(t, w, ids)[id]
			}
			if b.Counts[crm.BulkChanged] > 0 {
				undo, err := w.Contacts.UndoBulk(t.Context(), w.M, b.ID)
				if err != nil {
					t.Fatal(err)
				}
				if err := w.Contacts.FinishBulk(t.Context(), w.M.BusinessID, undo.ID); err != nil {
					t.Fatal(err)
				}
			}
			for id, is := range bulkStates(t, w, ids) {
				since, was := touched[id]
				if !was && is != before[id] {
					t.Errorf("%s: %s left %+v, was %+v", id, d.Action, is, before[id])
				}
				if !was {
					continue
				}
				// What the act was not about is as it was set since; what it was about is as
				// set since or as it was before.
				isTags := d.Action == crm.BulkAddTags || d.Action == crm.BulkRemoveTags
				if !isTags && is.tags != since.tags ||
					is.assignee != since.assignee && (d.Action != crm.BulkAssign || is.assignee != before[id].assignee) ||
					is.viewers != since.viewers && (d.Action != crm.BulkVisibility || is.viewers != before[id].viewers) {
					t.Errorf("%s: %s left %+v, set since %+v, was %+v", id, d.Action, is, since, before[id])
				}
			}
		})
	})
}

func bulkIn(t *rapid.T, w *apptest.World, d contacts.BulkDraft) *crm.Bulk {
	b, err := w.Contacts.StartBulk(t.Context(), w.M, d)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Contacts.FinishBulk(t.Context(), w.M.BusinessID, b.ID); err != nil {
		t.Fatal(err)
	}
	if b, err = w.Contacts.Bulk(t.Context(), w.M, b.ID); err != nil {
		t.Fatal(err)
	}
	return b
}
