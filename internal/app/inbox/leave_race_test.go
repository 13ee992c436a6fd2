package inbox_test

import (
	"fmt"
	"sync"
	"testing"

	"parley/internal/app/apptest"
	"parley/internal/app/team"
	"parley/internal/crm"
	"parley/internal/store"
)

// V4: whoever is let go while something is given to them ends without it, whichever came
// first: an open conversation of somebody who is not there any more is one that nobody answers.
func TestGivenWhileLeaving(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		const rounds = 30
		free := func(n int) string { return fmt.Sprintf("+4474000001%02d", n) }   // assigned to nobody
		theirs := func(n int) string { return fmt.Sprintf("+4474000002%02d", n) } // B's contacts
		open := map[crm.ID]bool{}
		var ids []crm.ID
		for n := range rounds {
			w.Receive(t, w.SMS, w.Text(free(n), "hello"))
			for _, v := range w.Conversations(t, w.M, store.ViewUnassigned) {
				if !open[v.ID] {
					open[v.ID], ids = true, append(ids, v.ID)
				}
			}
			d := apptest.Draft("Client", "Test", theirs(n), "")
			d.AssigneeID = &w.B.UserID
			if _, err := w.Contacts.Put(t.Context(), w.M, d); err != nil {
				t.Fatal(err)
			}
		}
		for n := range rounds {
			active := func(is bool) {
				if _, err := w.Team.ChangeUser(t.Context(), w.M, w.B.UserID, team.UserDraft{Active: &is}); err != nil {
					t.Error(err)
				}
			}
			var all sync.WaitGroup
			all.Go(func() { active(false) })
			all.Go(func() { _, _ = w.Inbox.Assign(t.Context(), w.M, ids[n], w.B.UserID) })
			all.Go(func() { w.Receive(t, w.SMS, w.Text(theirs(n), "hello")) })
			all.Wait()
			for _, v := range w.Conversations(t, w.M, store.ViewOpen) {
				if v.AssigneeID == w.B.UserID {
					t.Fatalf("round %d: a conversation is assigned to somebody who was let go", n)
				}
			}
			active(true)
		}
	})
}
