package web

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/app/team"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/db/dbtest"
	"parley/internal/store"
)

// marker is in everything about the hidden contact.
const marker = "MARKER"

// V2: no page shows somebody that a contact or conversation exists that this somebody may
// not see, to an agent or to an admin. Every GET is walked, with the hidden ids and with
// searches for them.
func TestNoPageShowsTheHidden(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newSiteOn(t, d)
		draft := apptest.Draft(marker, marker, "+447400333444", "marker@client.example")
		draft.Visibility, draft.AssigneeID = &crm.Visibility{Mode: crm.Chosen, UserIDs: []crm.ID{s.A.UserID, s.M.UserID}}, &s.A.UserID
		draft.Fields[crm.Notes] = marker
		c, err := s.Contacts.Put(t.Context(), s.M, draft)
		if err != nil {
			t.Fatal(err)
		}
		s.Receive(t, s.WhatsApp, s.Text("+447400333444", marker+" hush"))
		row := s.Conversations(t, s.A, store.ViewOpen)[0]
		if _, err := s.Contacts.Put(t.Context(), s.M, crm.Draft{ID: c.ID, Fields: map[crm.Field]string{crm.BusinessName: marker}}); err != nil {
			t.Fatal(err)
		}
		name, email, role := "N", "n@rosas.example", crm.Admin
		u, _, err := s.Team.Invite(t.Context(), s.M, team.UserDraft{Name: &name, Email: &email, Role: &role})
		if err != nil {
			t.Fatal(err)
		}
		n := crm.Actor{BusinessID: s.M.BusinessID, UserID: u.ID, Role: crm.Admin, Name: name}
		secrets := []string{marker, row.ID.String(), c.ID.String()}
		ids := map[string]string{"inbox": row.ID.String(), "contacts": c.ID.String(), "users": s.A.UserID.String(), "channels": s.WhatsApp.ID.String()}
		walk := func(b *site, who string) (seen int) {
			for _, route := range Routes() {
				if route.Method != get || route.Access == Anyone || route.Pattern == "/events" {
					continue
				}
				parts := strings.Split(strings.TrimPrefix(route.Pattern, "/"), "/")
				path := strings.NewReplacer("{id}", firstText(ids[parts[0]], ids[parts[min(1, len(parts)-1)]]), "{message}", s.messageID(t, row.ID)).Replace(route.Pattern)
				for n, query := range []string{"", "?q=" + marker, "?q=447400333444&view=open", "?view=open&from=%2B447400333444&contact=" + c.ID.String() + "&assignee=" + s.A.UserID.String()} {
					status, body, _ := b.do(t, get, path+query, nil, n%2 == 1)
					if status >= 500 {
						t.Errorf("%s for %s: %d", path+query, who, status)
					}
					for _, secret := range secrets {
						if strings.Contains(query, secret) || strings.Contains(path, secret) && status != http.StatusOK {
							continue // what was asked for is said back
						}
						if strings.Contains(body, secret) {
							seen++
							if who != "A" {
								t.Errorf("%s shows %s to %s", path+query, secret, who)
							}
						}
					}
				}
			}
			return seen
		}
		if walk(s.signIn(t, s.A), "A") == 0 {
			t.Fatal("A, who may see it, is shown nothing: this checks nothing")
		}
		walk(s.signIn(t, s.B), "B, an agent")
		walk(s.signIn(t, n), "N, an admin")
	})
}

// V4: whoever signs out or is deactivated hears nothing any more, at once: the stream does
// not wait for the next heartbeat.
func TestStreamEndsWithAccess(t *testing.T) {
	for name, end := range map[string]func(s, a *site){
		"signed out":  func(_, a *site) { a.post(t, "/sign-out", url.Values{}, http.StatusOK) },
		"deactivated": func(s, _ *site) { s.Deactivate(t, s.A) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			a := s.signIn(t, s.A)
			r, err := http.NewRequestWithContext(t.Context(), get, s.URL+"/events", nil)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := a.browser.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			if _, err := answer.Body.Read(make([]byte, 100)); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			end(s, a)
			if _, err := io.ReadAll(answer.Body); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took > heartbeat/3 {
				t.Errorf("the stream ended after %s", took)
			}
		})
	}
}

// Handing out and deactivating, by hand.
func TestManageAndLeave(t *testing.T) {
	s := newSite(t)
	m := s.signIn(t, s.M)
	s.Receive(t, s.WhatsApp, s.Text("+447400333444", "one"), s.Text("+447400333445", "two"))
	rows := s.Conversations(t, s.M, store.ViewUnassigned)
	wants(t, m.get(t, "/inbox/manage", http.StatusOK), "/inbox/"+rows[0].ID.String(), "/inbox/"+rows[1].ID.String())
	wants(t, m.post(t, "/inbox/manage", url.Values{"user_id": {s.A.UserID.String()}}, http.StatusUnprocessableEntity), "Select the conversations first")
	wants(t, m.post(t, "/inbox/manage", url.Values{"one": {rows[0].ID.String()}}, http.StatusUnprocessableEntity), "Choose who gets them")
	both := []string{rows[0].ID.String(), rows[1].ID.String()}
	wants(t, m.post(t, "/inbox/manage", url.Values{"user_id": {s.A.UserID.String()}, "one": both[:1]}, http.StatusOK), "1 conversation assigned", `dir="auto">A<`)
	wants(t, m.post(t, "/inbox/manage", url.Values{"user_id": {s.B.UserID.String()}, "ids": both}, http.StatusOK), "1 conversation assigned", "A has it by now.", "Nothing waits")
	path := "/settings/users/" + s.A.UserID.String() + "/deactivate"
	wants(t, m.get(t, path, http.StatusOK), "1 open conversation")
	wants(t, m.post(t, path, url.Values{"where": {"heir"}}, http.StatusUnprocessableEntity), "Choose who gets it.")
	wants(t, m.post(t, path, url.Values{"where": {"heir"}, "hand_over_to": {s.B.UserID.String()}}, http.StatusOK), "signed out everywhere")
	if mine := s.Conversations(t, s.B, store.ViewMine); len(mine) != 2 {
		t.Errorf("B has %d", len(mine))
	}
}

// V3: an assignee who may not see the conversations is refused, with a click that mends it.
func TestLetTheAssigneeSee(t *testing.T) {
	s := newSite(t)
	m := s.signIn(t, s.M)
	c := s.Put(t, "Priya", "Shah", "+447400333444", "")
	path := "/contacts/" + c.ID.String()
	form := url.Values{"version": {"1"}, "visibility": {"chosen"}, "was.visibility": {"everyone"}, "visible_to": {s.M.UserID.String()}, "assignee_id": {s.A.UserID.String()}}
	wants(t, m.post(t, path, form, http.StatusUnprocessableEntity), `name="let_see" value="`+s.A.UserID.String(), "Let A see it too")
	form.Set("let_see", s.A.UserID.String())
	m.post(t, path, form, http.StatusOK)
	got, err := s.Contacts.Get(t.Context(), s.A, c.ID)
	if err != nil || got.AssigneeID != s.A.UserID || len(got.Visibility.UserIDs) != 2 {
		t.Errorf("%+v (%v)", got, err)
	}
}
