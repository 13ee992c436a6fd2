package team_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"parley/internal/app/apptest"
	"parley/internal/app/team"
	"parley/internal/crm"
	"parley/internal/store"
)

// assignTo makes a contact whose messages go to a user, seen by everyone or by those named.
func assignTo(t *testing.T, w *apptest.World, first, phone string, to crm.Actor, seenBy ...crm.ID) *crm.Contact {
	t.Helper()
	d := apptest.Draft(first, "Test", phone, "")
	d.AssigneeID = &to.UserID
	if len(seenBy) > 0 {
		d.Visibility = &crm.Visibility{Mode: crm.Chosen, UserIDs: seenBy}
	}
	c, err := w.Contacts.Put(t.Context(), w.M, d)
	if err != nil {
		t.Fatal(err)
	}
	w.Receive(t, w.SMS, w.Text(phone, "hello"))
	return c
}

// V4: a deactivated user's three open conversations return to unassigned with the reason,
// the contacts are listed for a new choice, and nothing new is assigned to the user.
func TestLeavingWithoutHeir(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		for _, phone := range []string{"+447400000001", "+447400000002", "+447400000003"} {
			assignTo(t, w, "Client", phone, w.A)
		}
		if mine := w.Conversations(t, w.A, store.ViewMine); len(mine) != 3 {
			t.Fatalf("%d conversations assigned to A, want 3", len(mine))
		}
		held, err := w.Team.Holdings(t.Context(), w.M, w.A.UserID)
		if err != nil || held != (store.Holdings{Conversations: 3, Contacts: 3}) {
			t.Fatalf("A holds %+v (%v)", held, err)
		}
		if _, err := w.Team.Holdings(t.Context(), w.B, w.A.UserID); crm.KindOf(err) != crm.Forbidden {
			t.Errorf("an agent reads what A holds: %v", err)
		}
		w.Deactivate(t, w.A)
		free := w.Conversations(t, w.M, store.ViewUnassigned)
		if len(free) != 3 || free[0].AssignNote != "A was deactivated." {
			t.Fatalf("unassigned: %+v", free)
		}
		left, err := w.Team.LeftAssigned(t.Context(), w.M)
		if err != nil || left[w.A.UserID] != 3 {
			t.Errorf("left for a new choice: %v (%v)", left, err)
		}
		w.Receive(t, w.SMS, w.Text("+447400000001", "and again"), w.Text("+447400000009", "a stranger"))
		for _, v := range w.Conversations(t, w.M, store.ViewOpen) {
			if v.AssigneeID != "" {
				t.Errorf("a message was assigned to %s, who is deactivated", v.AssigneeName)
			}
		}
	})
}

// V4: with an heir everything goes over that the heir may see, and what only the one who
// leaves could see is the heir's from then on.
func TestLeavingWithHeir(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		open := assignTo(t, w, "Open", "+447400000001", w.A)
		secret := assignTo(t, w, "Secret", "+447400000002", w.A, w.A.UserID)
		shared := assignTo(t, w, "Shared", "+447400000003", w.A, w.A.UserID, w.M.UserID)
		give := func(to crm.ID) error {
			_, err := w.Team.ChangeUser(t.Context(), w.M, w.A.UserID, team.UserDraft{Active: new(false), HandOverTo: &to})
			return err
		}
		for _, nobody := range []crm.ID{w.A.UserID, "01ARZ3NDEKTSV4RRFFQ69G5FAV"} {
			if err := give(nobody); crm.KindOf(err) != crm.Invalid {
				t.Errorf("handed over to %s: %v", nobody, err)
			}
		}
		if _, err := w.Team.ChangeUser(t.Context(), w.M, w.A.UserID, team.UserDraft{HandOverTo: &w.B.UserID}); crm.KindOf(err) != crm.Invalid {
			t.Errorf("handed over while A stays: %v", err)
		}
		if held, _ := w.Team.Holdings(t.Context(), w.M, w.A.UserID); held.OnlyTheirs != 1 {
			t.Errorf("only A sees %d contacts, want 1", held.OnlyTheirs)
		}
		if err := give(w.B.UserID); err != nil {
			t.Fatal(err)
		}
		mine := w.Conversations(t, w.B, store.ViewMine)
		if len(mine) != 2 || !slices.ContainsFunc(mine, func(v store.ConversationRow) bool { return v.ContactID == secret.ID }) {
			t.Errorf("B has %d conversations, want those of Open and Secret", len(mine))
		}
		if free := w.Conversations(t, w.M, store.ViewUnassigned); len(free) != 1 || free[0].ContactID != shared.ID {
			t.Errorf("unassigned: %d, want that of Shared, which B may not see", len(free))
		}
		for _, c := range []*crm.Contact{open, secret} {
			got, err := w.Contacts.Get(t.Context(), w.B, c.ID)
			if err != nil || got.AssigneeID != w.B.UserID || got.Version != c.Version+1 && c != secret {
				t.Errorf("%s: %+v (%v)", c.FirstName, got, err)
			}
			history, err := w.Contacts.History(t.Context(), w.B, c.ID, nil, 10)
			if err != nil || len(history) < 2 || !strings.Contains(history[0].Note, "deactivated") {
				t.Errorf("the history of %s does not tell: %+v (%v)", c.FirstName, history, err)
			}
		}
		if _, err := w.Contacts.Get(t.Context(), w.M, secret.ID); crm.KindOf(err) != crm.NotFound {
			t.Errorf("M sees what is B's alone now: %v", err)
		}
	})
}

// V2: when every chosen user is deactivated, all admins see it.
func TestNobodyLeftToSee(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		name, email, role := "N", "n@rosas.example", crm.Admin
		u, _, err := w.Team.Invite(t.Context(), w.M, team.UserDraft{Name: &name, Email: &email, Role: &role})
		if err != nil {
			t.Fatal(err)
		}
		n := crm.Actor{BusinessID: w.M.BusinessID, UserID: u.ID, Role: crm.Admin, Name: name, Via: crm.ViaAPI}
		d := apptest.Draft("Secret", "Test", "+447400000001", "")
		d.Visibility = &crm.Visibility{Mode: crm.Chosen, UserIDs: []crm.ID{w.A.UserID, w.M.UserID}}
		c, err := w.Contacts.Put(t.Context(), w.M, d)
		if err != nil {
			t.Fatal(err)
		}
		w.Receive(t, w.SMS, w.Text("+447400000001", "hush"))
		sees := func(who crm.Actor, want bool) {
			t.Helper()
			_, err := w.Contacts.Get(t.Context(), who, c.ID)
			if (err == nil) != want || len(w.Conversations(t, who, store.ViewOpen)) == 1 != want {
				t.Errorf("%s sees it: %v, want %v", who.Name, !want, want)
			}
		}
		sees(n, false)
		w.Deactivate(t, w.A)
		sees(n, false)
		sees(w.M, true)
		if _, err := w.Team.ChangeUser(t.Context(), n, w.M.UserID, team.UserDraft{Active: new(false)}); err != nil {
			t.Fatal(err)
		}
		sees(n, true)
		sees(w.B, false)
	})
}

// Two admins change a user at the same moment, each another thing: both count. An edit of a
// name must never let somebody in again who was let go meanwhile.
func TestChangedAtOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		for n := range 20 {
			name := fmt.Sprintf("Bea %d", n)
			var both sync.WaitGroup
			var named, left error
			both.Go(func() {
				_, left = w.Team.ChangeUser(t.Context(), w.M, w.B.UserID, team.UserDraft{Active: new(false)})
			})
			both.Go(func() {
				_, named = w.Team.ChangeUser(t.Context(), w.M, w.B.UserID, team.UserDraft{Name: &name})
			})
			both.Wait()
			u, err := w.Team.User(t.Context(), w.M, w.B.UserID)
			if err != nil || named != nil || left != nil {
				t.Fatal(err, named, left)
			}
			if u.Active || u.Name != name {
				t.Fatalf("round %d: active %v, called %s", n, u.Active, u.Name)
			}
			if _, err := w.Team.ChangeUser(t.Context(), w.M, w.B.UserID, team.UserDraft{Active: new(true)}); err != nil {
				t.Fatal(err)
			}
		}
	})
}
