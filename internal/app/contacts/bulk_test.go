package contacts_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// bulk does an act on many to its end.
func bulk(t testing.TB, w *apptest.World, who crm.Actor, d contacts.BulkDraft) *crm.Bulk {
	t.Helper()
	b, err := w.Contacts.StartBulk(t.Context(), who, d)
	if err != nil {
		t.Fatal(err)
	}
	return finishBulk(t, w, who, b)
}

func finishBulk(t testing.TB, w *apptest.World, who crm.Actor, b *crm.Bulk) *crm.Bulk {
	t.Helper()
	if err := w.Contacts.FinishBulk(t.Context(), who.BusinessID, b.ID); err != nil {
		t.Fatal(err)
	}
	b, err := w.Contacts.Bulk(t.Context(), who, b.ID)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, n := range b.Counts {
		sum += n
	}
	if b.Status == crm.BulkRunning || sum != b.Done || b.Status == crm.BulkDone && b.Done != b.Total {
		t.Errorf("%s: %v do not add up to %d of %d", b.Status, b.Counts, b.Done, b.Total)
	}
	return b
}

func undoBulk(t testing.TB, w *apptest.World, who crm.Actor, b *crm.Bulk) *crm.Bulk {
	t.Helper()
	undo, err := w.Contacts.UndoBulk(t.Context(), who, b.ID)
	if err != nil {
		t.Fatal(err)
	}
	return finishBulk(t, w, who, undo)
}

// results are what became of each contact, as "outcome reason".
func results(t testing.TB, w *apptest.World, who crm.Actor, b *crm.Bulk) map[crm.ID]string {
	t.Helper()
	rows, err := w.Contacts.BulkResults(t.Context(), who, b.ID, "", 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	list := map[crm.ID]string{}
	for _, r := range rows {
		list[r.ContactID] = strings.TrimSpace(string(r.Outcome) + " " + r.Reason)
	}
	return list
}

func (p people) ids() []crm.ID { return slices.Collect(maps.Values(p)) }

type people map[string]crm.ID

func somePeople(t testing.TB, w *apptest.World, names ...string) people {
	t.Helper()
	p := people{}
	for n, name := range names {
		p[name] = w.Put(t, name, "Shah", fmt.Sprintf("07400 5%05d", n), "").ID
	}
	return p
}

func hide(t testing.TB, w *apptest.World, id crm.ID, from ...crm.Actor) {
	t.Helper()
	v := crm.Visibility{Mode: crm.Chosen}
	for _, u := range []crm.Actor{w.M, w.A, w.B} {
		if !slices.ContainsFunc(from, func(f crm.Actor) bool { return f.UserID == u.UserID }) {
			v.UserIDs = append(v.UserIDs, u.UserID)
		}
	}
	if _, err := w.Contacts.Put(t.Context(), w.M, crm.Draft{ID: id, Visibility: &v}); err != nil {
		t.Fatal(err)
	}
}

func want(t testing.TB, got string, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// T2, V2: all that match are those that the asker sees, whatever happens meanwhile; each
// has one entry in its history, and undo restores what the act changed.
func TestBulkTags(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		gold, silver := w.Tag(t, "Gold"), w.Tag(t, "Silver")
		p := somePeople(t, w, "Ann", "Ben", "Cy", "Dot", "Hidden", "Late")
		hide(t, w, p["Hidden"], w.A)
		if _, err := w.Contacts.Put(t.Context(), w.M, crm.Draft{ID: p["Ben"], Tags: &[]crm.ID{gold.ID}}); err != nil {
			t.Fatal(err)
		}
		d := contacts.BulkDraft{Filter: &crm.Filter{}, Action: crm.BulkAddTags, What: crm.BulkWhat{Tags: []crm.ID{gold.ID, silver.ID}}}
		if n, err := w.Contacts.CountForBulk(t.Context(), w.A, d); err != nil || n != 5 {
			t.Errorf("%d to tag, %v", n, err)
		}
		b, err := w.Contacts.StartBulk(t.Context(), w.A, d)
		if err != nil || b.Total != 5 {
			t.Fatalf("%+v, %v", b, err)
		}
		w.Put(t, "New", "Shah", "07400 600000", "") // after it began
		hide(t, w, p["Late"], w.A)
		if _, err := w.Contacts.Delete(t.Context(), w.M, p["Cy"]); err != nil {
			t.Fatal(err)
		}
		b = finishBulk(t, w, w.A, b)
		got := results(t, w, w.A, b)
		want(t, got[p["Ann"]], "done")
		want(t, got[p["Late"]], "not_done Not there any more, or not yours to see.")
		want(t, got[p["Cy"]], got[p["Late"]]) // nothing tells them apart
		if _, there := got[p["Hidden"]]; there || b.Total != 5 || len(got) != 5 {
			t.Errorf("%v of %d", got, b.Total)
		}
		for name, tags := range map[string]string{"Ann": "Gold Silver", "Ben": "Gold Silver", "Hidden": "", "Late": ""} {
			want(t, tagsOf(t, w, p[name]), tags)
		}
		history, err := w.Contacts.History(t.Context(), w.M, p["Ann"], nil, 10)
		if err != nil || len(history) != 2 || history[0].SubjectID != b.ID || history[0].Note != "Tagged with many others: Gold, Silver." || history[0].ActorName != "A" {
			t.Errorf("%+v, %v", history, err)
		}
		if _, err := w.Contacts.Bulk(t.Context(), w.B, b.ID); crm.KindOf(err) != crm.NotFound {
			t.Errorf("another agent sees it: %v", err)
		}
		if seen, err := w.Contacts.Bulk(t.Context(), w.M, b.ID); err != nil || seen.Total != b.Total {
			t.Errorf("an admin sees %+v, %v", seen, err)
		}
		if _, err := w.Contacts.UndoBulk(t.Context(), w.M, b.ID); crm.KindOf(err) != crm.Forbidden {
			t.Errorf("an admin takes back another's: %v", err)
		}
		if b := bulk(t, w, w.A, d); b.Counts[crm.BulkUnchanged] != 3 || b.Counts[crm.BulkChanged] != 1 { // the new one
			t.Errorf("again: %v", b.Counts)
		}
		// Since then somebody took Gold off Ann and gave Dot a note.
		if _, err := w.Contacts.Put(t.Context(), w.M, crm.Draft{ID: p["Ann"], Tags: &[]crm.ID{silver.ID}}); err != nil {
			t.Fatal(err)
		}
		undo := undoBulk(t, w, w.A, b)
		if undo.Total != 3 || undo.Counts[crm.BulkChanged] != 3 {
			t.Errorf("undo: %+v", undo)
		}
		for name, tags := range map[string]string{"Ann": "", "Ben": "Gold", "Dot": ""} {
			want(t, tagsOf(t, w, p[name]), tags)
		}
		_, err = w.Contacts.UndoBulk(t.Context(), w.A, b.ID)
		refused(t, err, crm.Conflicting)
		_, err = w.Contacts.UndoBulk(t.Context(), w.A, undo.ID)
		refused(t, err, crm.Conflicting)
	})
}

func tagsOf(t testing.TB, w *apptest.World, id crm.ID) string {
	t.Helper()
	var c []*crm.Contact
	err := w.DB.Read(t.Context(), func(tx *db.Tx) (err error) {
		c, err = store.ContactsByID(tx, w.M.BusinessID, []crm.ID{id})
		return err
	})
	if err != nil || len(c) != 1 {
		t.Fatalf("%v, %v", c, err)
	}
	var names []string
	for _, tag := range c[0].Tags {
		names = append(names, tag.Name)
	}
	return strings.Join(names, " ")
}

// T2, V3: whom an act is refused for is left, and said why; what was changed since stays.
func TestBulkAssign(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := somePeople(t, w, "Ann", "Ben", "Closed")
		hide(t, w, p["Closed"], w.B)
		b := bulk(t, w, w.A, contacts.BulkDraft{Filter: &crm.Filter{}, Action: crm.BulkAssign, What: crm.BulkWhat{AssigneeID: w.B.UserID}})
		got := results(t, w, w.A, b)
		want(t, got[p["Closed"]], "not_done B may not see this contact's conversations. Add B to those who may see them, or assign somebody else.")
		want(t, got[p["Ann"]], "done")
		if _, err := w.Contacts.Put(t.Context(), w.M, crm.Draft{ID: p["Ben"], AssigneeID: &w.A.UserID}); err != nil {
			t.Fatal(err)
		}
		got = results(t, w, w.A, undoBulk(t, w, w.A, b))
		want(t, got[p["Ben"]], "not_done Changed since by M, and kept.")
		want(t, got[p["Ann"]], "done")
		for name, id := range map[string]crm.ID{"Ann": "", "Ben": w.A.UserID} {
			if c, _ := w.Contacts.Get(t.Context(), w.M, p[name]); c.AssigneeID != id {
				t.Errorf("%s is %q's", name, c.AssigneeID)
			}
		}
	})
}

// V2: who hides contacts from themselves can take that back.
func TestBulkVisibility(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := somePeople(t, w, "Ann", "Ben")
		v := crm.Visibility{Mode: crm.Chosen, UserIDs: []crm.ID{w.B.UserID}}
		b := bulk(t, w, w.A, contacts.BulkDraft{IDs: p.ids(), Action: crm.BulkVisibility, What: crm.BulkWhat{Visibility: &v}})
		if _, err := w.Contacts.Get(t.Context(), w.A, p["Ann"]); crm.KindOf(err) != crm.NotFound {
			t.Errorf("A sees Ann: %v", err)
		}
		if _, err := w.Contacts.Put(t.Context(), w.B, crm.Draft{ID: p["Ben"], Visibility: &crm.Visibility{Mode: crm.Chosen, UserIDs: []crm.ID{w.B.UserID, w.M.UserID}}}); err != nil {
			t.Fatal(err)
		}
		got := results(t, w, w.A, undoBulk(t, w, w.A, b))
		want(t, got[p["Ann"]], "done")
		want(t, got[p["Ben"]], "not_done Not there any more, or not yours to see.")
		if c, err := w.Contacts.Get(t.Context(), w.A, p["Ann"]); err != nil || c.Visibility.Mode != crm.Everyone {
			t.Errorf("%+v, %v", c, err)
		}
	})
}

// C6, C7, V5: statuses and deleting go by the rules for one contact.
func TestBulkDelete(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := somePeople(t, w, "Ann", "Ben")
		w.Receive(t, w.SMS, w.Text("+447400500001", "hello"))
		all := &crm.Filter{}
		for _, a := range []crm.BulkAction{crm.BulkDelete, crm.BulkArchive} {
			_, err := w.Contacts.StartBulk(t.Context(), w.A, contacts.BulkDraft{Filter: all, Action: a})
			refused(t, err, crm.Forbidden)
		}
		archived := bulk(t, w, w.M, contacts.BulkDraft{IDs: p.ids(), Action: crm.BulkArchive})
		restored := bulk(t, w, w.A, contacts.BulkDraft{Filter: &crm.Filter{Status: crm.Archived}, Action: crm.BulkRestore})
		if archived.Counts[crm.BulkChanged] != 2 || restored.Counts[crm.BulkChanged] != 2 {
			t.Errorf("%v, %v", archived.Counts, restored.Counts)
		}
		_, err := w.Contacts.UndoBulk(t.Context(), w.A, restored.ID)
		refused(t, err, crm.Forbidden)
		b := bulk(t, w, w.M, contacts.BulkDraft{IDs: p.ids(), Action: crm.BulkDelete})
		got := results(t, w, w.M, b)
		want(t, got[p["Ann"]], "done")
		want(t, got[p["Ben"]], "archived Archived instead of deleted: a conversation is open.")
		undo := undoBulk(t, w, w.M, b)
		if undo.Total != 1 || undo.Counts[crm.BulkChanged] != 1 {
			t.Errorf("%+v", undo)
		}
		if c, err := w.Contacts.Get(t.Context(), w.M, p["Ben"]); err != nil || c.Status != crm.Active {
			t.Errorf("%+v, %v", c, err)
		}
	})
}

// An act is refused as a whole where it could be done to nobody, and nothing begins.
func TestBulkRefused(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := somePeople(t, w, "Ann")
		gold := w.Tag(t, "Gold")
		w.Deactivate(t, w.B)
		wrong := crm.ParseFilter(map[string][]string{"tag": {"Nonsense"}}, crm.FilterWords{})
		for field, d := range map[string]contacts.BulkDraft{
			"action":      {IDs: p.ids(), Action: "explode"},
			"ids":         {Action: crm.BulkRestore},
			"filter.tag":  {Filter: &wrong, Action: crm.BulkRestore},
			"tags":        {IDs: p.ids(), Action: crm.BulkAddTags, What: crm.BulkWhat{Tags: []crm.ID{gold.ID, p["Ann"]}}},
			"assignee_id": {IDs: p.ids(), Action: crm.BulkAssign, What: crm.BulkWhat{AssigneeID: w.B.UserID}},
			"visibility":  {IDs: p.ids(), Action: crm.BulkVisibility},
		} {
			_, err := w.Contacts.StartBulk(t.Context(), w.M, d)
			if got := fields(refused(t, err, crm.Invalid)); !slices.Equal(got, []string{field}) {
				t.Errorf("%v, want %s", got, field)
			}
		}
		list, err := w.Contacts.Bulks(t.Context(), w.M, "", 10)
		if err != nil || len(list) != 0 {
			t.Errorf("%v, %v", list, err)
		}
	})
}

// An act that is interrupted anywhere goes on where it was and does nobody twice.
func TestBulkResumes(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		var names []string
		for n := range 150 { // more than the first chunk
			names = append(names, fmt.Sprintf("P%03d", n))
		}
		p := somePeople(t, w, names...)
		gold := w.Tag(t, "Gold")
		d := contacts.BulkDraft{Filter: &crm.Filter{}, Action: crm.BulkAddTags, What: crm.BulkWhat{Tags: []crm.ID{gold.ID}}}
		b, err := w.Contacts.StartBulk(t.Context(), w.M, d)
		if err != nil {
			t.Fatal(err)
		}
		// A chunk whose transaction breaks off at its end, like one that is killed, leaves nothing.
		broken := errors.New("killed")
		err = w.DB.Write(t.Context(), func(tx *db.Tx) error {
			if _, err := contacts.BulkChunk(w.Contacts, tx, w.M.BusinessID, b.ID, 40); err != nil {
				return err
			}
			return broken
		})
		if !errors.Is(err, broken) {
			t.Fatal(err)
		}
		if rest, _ := w.Contacts.Bulk(t.Context(), w.M, b.ID); rest.Done != 0 || len(rest.Counts) != 0 {
			t.Errorf("%+v", rest)
		}
		// A worker that stops between chunks, or two at a time, leave it where they are.
		for range 2 {
			err = w.DB.Write(t.Context(), func(tx *db.Tx) error {
				_, err := contacts.BulkChunk(w.Contacts, tx, w.M.BusinessID, b.ID, 40)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if rest, _ := w.Contacts.Bulk(t.Context(), w.M, b.ID); rest.Done != 80 || rest.Counts[crm.BulkChanged] != 80 {
			t.Errorf("%+v", rest)
		}
		taken := 0
		w.Contacts.WorkLater = func(_ *db.Tx, business, id crm.ID) error {
			taken++
			if business != w.M.BusinessID || id != b.ID {
				t.Errorf("took up %s", id)
			}
			return nil
		}
		for range 2 { // at once it is not taken up, later it is, once
			if err := w.Contacts.TakeUpBulks(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.Sleep(9e9)
		}
		if taken != 1 {
			t.Errorf("taken up %d times", taken)
		}
		done := make(chan error)
		for range 2 {
			go func() { done <- w.Contacts.FinishBulk(t.Context(), w.M.BusinessID, b.ID) }()
		}
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if b = finishBulk(t, w, w.M, b); b.Counts[crm.BulkChanged] != len(p) {
			t.Errorf("%+v", b)
		}
		for _, id := range p.ids() {
			history, err := w.Contacts.History(t.Context(), w.M, id, nil, 10)
			if err != nil || len(history) != 2 {
				t.Fatalf("%d entries, %v", len(history), err)
			}
		}
	})
}

// Cancelled, what was done can be taken back; who may not any more, does not.
func TestBulkCancelled(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		somePeople(t, w, "Ann", "Ben", "Cy")
		gold := w.Tag(t, "Gold")
		d := contacts.BulkDraft{Filter: &crm.Filter{}, Action: crm.BulkAddTags, What: crm.BulkWhat{Tags: []crm.ID{gold.ID}}}
		b, err := w.Contacts.StartBulk(t.Context(), w.A, d)
		if err != nil {
			t.Fatal(err)
		}
		err = w.DB.Write(t.Context(), func(tx *db.Tx) error {
			_, err := contacts.BulkChunk(w.Contacts, tx, w.A.BusinessID, b.ID, 2)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if b, err = w.Contacts.CancelBulk(t.Context(), w.A, b.ID); err != nil || b.Status != crm.BulkCancelled {
			t.Fatalf("%+v, %v", b, err)
		}
		_, err = w.Contacts.CancelBulk(t.Context(), w.A, b.ID)
		refused(t, err, crm.Conflicting)
		b = finishBulk(t, w, w.A, b)
		if waiting, _ := w.Contacts.BulkResults(t.Context(), w.A, b.ID, crm.BulkWaiting, 0, 10); b.Done != 2 || len(waiting) != 1 {
			t.Errorf("%+v, %v", b, waiting)
		}
		if undo := undoBulk(t, w, w.A, b); undo.Counts[crm.BulkChanged] != 2 {
			t.Errorf("%+v", undo)
		}
		b, err = w.Contacts.StartBulk(t.Context(), w.A, d)
		if err != nil {
			t.Fatal(err)
		}
		w.Deactivate(t, w.A)
		if b = finishBulk(t, w, w.A, b); b.Status != crm.BulkCancelled || b.Problem == "" || b.Done != 0 {
			t.Errorf("%+v", b)
		}
	})
}

// An act of which the set is not kept whole never began: nobody hears of it, and it is
// forgotten. Its undo likewise, and then the act can still be undone.
func TestBulkThatNeverBegan(t *testing.T) {
	contacts.FreezeInChunksOf(t, 3)
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := somePeople(t, w, "A", "B", "C", "D", "E", "F", "G")
		gold := w.Tag(t, "Gold")
		d := contacts.BulkDraft{Filter: &crm.Filter{}, Action: crm.BulkAddTags, What: crm.BulkWhat{Tags: []crm.ID{gold.ID}}}
		now := w.Contacts.Now
		interrupted := func(do func(context.Context) (*crm.Bulk, error)) {
			t.Helper()
			ctx, stop := context.WithCancel(t.Context())
			frozen := 0
			w.Contacts.Now = func() time.Time {
				if frozen++; frozen == 3 { // it was asked once before the first chunk
					stop()
				}
				return now()
			}
			_, err := do(ctx)
			w.Contacts.Now = now
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
		}
		inDatabase := func(want int) {
			t.Helper()
			for _, table := range []string{"bulk", "bulk_contact"} {
				var n []int
				err := w.DB.Read(t.Context(), func(tx *db.Tx) (err error) {
					n, err = db.All(tx, db.Column[int], "select count(*) from "+table)
					return err
				})
				if err != nil || (n[0] > 0) != (want > 0) {
					t.Errorf("%d in %s, %v", n, table, err)
				}
			}
		}
		listed := func(want int) {
			t.Helper()
			list, err := w.Contacts.Bulks(t.Context(), w.M, "", 10)
			if err != nil || len(list) != want {
				t.Errorf("%d acts, %v", len(list), err)
			}
		}
		interrupted(func(ctx context.Context) (*crm.Bulk, error) { return w.Contacts.StartBulk(ctx, w.M, d) })
		inDatabase(1)
		listed(0)
		forget := func() {
			t.Helper()
			w.Sleep(9e9)
			if err := w.Contacts.TakeUpBulks(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		forget()
		inDatabase(0)
		done := bulk(t, w, w.M, d)
		if done.Total != len(p) || done.Counts[crm.BulkChanged] != len(p) {
			t.Fatalf("%+v", done)
		}
		interrupted(func(ctx context.Context) (*crm.Bulk, error) { return w.Contacts.UndoBulk(ctx, w.M, done.ID) })
		forget()
		listed(1)
		if undo := undoBulk(t, w, w.M, done); undo.Total != len(p) || undo.Counts[crm.BulkChanged] != len(p) {
			t.Errorf("%+v", undo)
		}
		for _, id := range p.ids() {
			want(t, tagsOf(t, w, id), "")
		}
	})
}

// However many contacts are put apart, each is there once.
func TestApart(t *testing.T) {
	for _, n := range []int{0, 1, 16, 17, 8191, 8192, 8193, 20_000} {
		ids := make([]crm.ID, n)
		for i := range ids {
			ids[i] = crm.ID(fmt.Sprintf("%05d", i))
		}
		if got := contacts.Apart(ids); !slices.Equal(slices.Sorted(slices.Values(got)), ids) {
			t.Errorf("of %d some are missing, or there twice", n)
		}
	}
}
