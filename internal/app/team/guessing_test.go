package team_test

import (
	"fmt"
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/app/team"
	"parley/internal/crm"
)

const password = "three random words"

// join makes an agent who has set a password and is signed in at an address.
func join(t *testing.T, w *apptest.World, email, address string) {
	t.Helper()
	name := "C"
	_, link, err := w.Team.Invite(t.Context(), w.M, team.UserDraft{Name: &name, Email: &email})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Team.UseLink(t.Context(), link, password, team.SignIn{Address: address}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Team.UseLink(t.Context(), link, password, team.SignIn{Address: address}); crm.KindOf(err) != crm.NotFound {
		t.Errorf("the link worked twice: %v", err)
	}
}

// A2: an address that guesses waits, longer each time; the owner elsewhere does not, and
// neither does one whom a whole crowd guesses at, where that owner is signed in.
func TestGuessingIsSlowed(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		const email, home = "c@rosas.example", "192.0.2.1"
		join(t, w, email, home)
		try := func(address, password string) crm.Kind {
			t.Helper()
			_, err := w.Team.SignIn(t.Context(), team.SignIn{Email: email, Password: password, Address: address})
			return crm.KindOf(err)
		}
		limited := 0
		for range 10 {
			if try("203.0.113.9", "wrong") == crm.Limited {
				limited++
			}
		}
		if limited != 4 { // the sixth is counted and begins the wait
			t.Errorf("%d of ten guesses were refused unheard, want 4", limited)
		}
		if got := try("203.0.113.9", password); got != crm.Limited {
			t.Errorf("even the right password must wait there, got %q", got)
		}
		if got := try(home, password); got != "" {
			t.Errorf("the owner is locked out: %s", got)
		}
		for n := range 20 {
			try(fmt.Sprintf("198.51.100.%d", n), "wrong")
		}
		if got := try("203.0.113.77", password); got != crm.Limited {
			t.Errorf("a crowd is not slowed: %q", got)
		}
		if got := try(home, password); got != "" {
			t.Errorf("the owner at home is locked out: %s", got)
		}
		w.Sleep(time.Hour)
		if got := try("203.0.113.77", password); got != "" {
			t.Errorf("after an hour: %s", got)
		}
	})
}
