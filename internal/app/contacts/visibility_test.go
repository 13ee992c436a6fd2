package contacts_test

import (
	"testing"

	"parley/internal/app/apptest"
	"parley/internal/crm"
	"parley/internal/store"
)

// V2: a new visibility is for new conversations, and for the open one when it is asked for.
// Whoever has that and may not see it any more does not keep it.
func TestVisibilityAlsoForTheOpenConversation(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		c := w.Put(t, "Client", "Test", "+447400000001", "")
		w.Receive(t, w.SMS, w.Text("+447400000001", "hello"))
		v := w.Conversations(t, w.M, store.ViewOpen)[0]
		if _, err := w.Inbox.Assign(t.Context(), w.M, v.ID, w.B.UserID); err != nil {
			t.Fatal(err)
		}
		set := func(also bool, users ...crm.ID) {
			t.Helper()
			_, err := w.Contacts.Put(t.Context(), w.M, crm.Draft{ID: c.ID, AlsoOpen: also, Visibility: &crm.Visibility{Mode: crm.Chosen, UserIDs: users}})
			if err != nil {
				t.Fatal(err)
			}
		}
		set(false, w.A.UserID, w.M.UserID)
		if len(w.Conversations(t, w.B, store.ViewMine)) != 1 {
			t.Error("the open conversation changed unasked")
		}
		set(true, w.A.UserID, w.M.UserID) // nothing of the contact changes, and it is applied
		if len(w.Conversations(t, w.B, store.ViewOpen)) != 0 {
			t.Error("B still sees it")
		}
		got := w.Conversations(t, w.A, store.ViewOpen)
		if len(got) != 1 || got[0].AssigneeID != "" || got[0].AssignNote == "" {
			t.Errorf("A sees %+v", got)
		}
		// Assigning to somebody outside is refused; what is said names the way out.
		_, err := w.Contacts.Put(t.Context(), w.M, crm.Draft{ID: c.ID, AssigneeID: &w.B.UserID})
		if e := refused(t, err, crm.Invalid); e.Fields[0].Code != "cannot_see" {
			t.Errorf("%+v", e)
		}
	})
}

// V2: the history of one contact does not tell of another that the reader may not see.
func TestLookalikeIsNotShownToTheBlind(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		open := w.Put(t, "Open", "Test", "+447400000001", "")
		secret := apptest.Draft("Secret", "Test", "+447400000002", "")
		secret.Visibility = &crm.Visibility{Mode: crm.Chosen, UserIDs: []crm.ID{w.A.UserID}}
		if _, err := w.Contacts.Put(t.Context(), w.M, secret); err != nil {
			t.Fatal(err)
		}
		moved := w.Text("+447400000001", "")
		moved.Message, moved.ExternalID = nil, ""
		moved.Moved = &crm.InboundMove{To: crm.Sender{Phone: "+447400000002", Address: "+447400000002"}}
		w.Receive(t, w.WhatsApp, moved)
		for who, want := range map[*crm.Actor]int{&w.A: 2, &w.B: 1} {
			list, err := w.Contacts.History(t.Context(), *who, open.ID, nil, 10)
			if err != nil || len(list) != want {
				t.Errorf("%s reads %d entries, want %d (%v)", who.Name, len(list), want, err)
			}
		}
	})
}
