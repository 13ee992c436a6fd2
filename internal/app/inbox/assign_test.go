package inbox_test

import (
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/crm"
	"parley/internal/store"
)

// V3, from end to end: each message of a contact comes assigned to A; what M handed to B
// stays B's until it closes; then the next message is A's again.
func TestHandOverStandsUntilClosed(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		const phone = "+447400000001"
		d := apptest.Draft("Client", "Test", phone, "")
		d.AssigneeID = &w.A.UserID
		if _, err := w.Contacts.Put(t.Context(), w.M, d); err != nil {
			t.Fatal(err)
		}
		hears := func(want crm.Actor) store.ConversationRow {
			t.Helper()
			w.Receive(t, w.SMS, w.Text(phone, "hello"))
			open := w.Conversations(t, w.M, store.ViewOpen)
			if len(open) != 1 || open[0].AssigneeID != want.UserID {
				t.Fatalf("assigned to %q, want %s", open[0].AssigneeName, want.Name)
			}
			return open[0]
		}
		v := hears(w.A)
		hears(w.A)
		if _, err := w.Inbox.Assign(t.Context(), w.M, v.ID, w.B.UserID); err != nil {
			t.Fatal(err)
		}
		hears(w.B)
		hears(w.B)
		if _, err := w.Inbox.Close(t.Context(), w.M, v.ID); err != nil {
			t.Fatal(err)
		}
		hears(w.A) // reopened
		if _, err := w.Inbox.Close(t.Context(), w.M, v.ID); err != nil {
			t.Fatal(err)
		}
		w.Sleep(60 * 24 * time.Hour)
		hears(w.A) // anew
	})
}

// Handing out many at once tells of each that stayed, and why.
func TestHandOut(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		phones := []string{"+447400000001", "+447400000002", "+447400000003", "+447400000004"}
		for _, phone := range phones {
			w.Receive(t, w.SMS, w.Text(phone, "hello"))
		}
		secret := apptest.Draft("Secret", "Test", "+447400000005", "")
		secret.Visibility = &crm.Visibility{Mode: crm.Chosen, UserIDs: []crm.ID{w.A.UserID, w.M.UserID}}
		if _, err := w.Contacts.Put(t.Context(), w.M, secret); err != nil {
			t.Fatal(err)
		}
		w.Receive(t, w.SMS, w.Text("+447400000005", "hush"))
		rows := w.Conversations(t, w.M, store.ViewUnassigned)
		if len(rows) != 5 || rows[0].Contact.FirstName != "Secret" {
			t.Fatalf("%d unassigned", len(rows))
		}
		if _, err := w.Inbox.Assign(t.Context(), w.A, rows[1].ID, w.A.UserID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Inbox.Close(t.Context(), w.M, rows[2].ID); err != nil {
			t.Fatal(err)
		}
		ids := []crm.ID{"nonsense"}
		for _, r := range rows {
			ids = append(ids, r.ID)
		}
		list, err := w.Inbox.HandOut(t.Context(), w.M, ids, w.B.UserID, true)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{"not_found", "cannot_see", "taken", "closed", "", ""} {
			got := ""
			if list[i].Refusal != nil {
				got = list[i].Refusal.Code
			}
			if got != want {
				t.Errorf("%d: %q, want %q", i, got, want)
			}
		}
		if mine := w.Conversations(t, w.B, store.ViewMine); len(mine) != 2 {
			t.Errorf("B has %d", len(mine))
		}
		if list, _ := w.Inbox.HandOut(t.Context(), w.B, ids[1:2], w.B.UserID, false); list[0].Refusal == nil || list[0].Refusal.Code != "not_found" || list[0].Name != "" {
			t.Errorf("B learns of what B may not see: %+v", list[0])
		}
	})
}
