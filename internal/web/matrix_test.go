package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"parley/internal/app/accounts"
	"parley/internal/app/apptest"
	"parley/internal/app/contacts"
	"parley/internal/app/team"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/db/dbtest"
	"parley/internal/store"
)

// secret is in everything about the hidden person.
const secret = "MARKER"

// concealed is a site with one of everything that V2 hides: A and M may see it.
type concealed struct {
	*site
	ids    map[string]string // by the part of a path before {id}
	theirs map[string]string // what every colleague may see, and no other business (A1)
}

func conceal(t *testing.T, d *db.DB) concealed {
	t.Helper()
	s := concealed{newSiteOn(t, d), map[string]string{}, map[string]string{}}
	chosen := &crm.Visibility{Mode: crm.Chosen, UserIDs: []crm.ID{s.A.UserID, s.M.UserID}}
	put := func(phone string) *crm.Contact {
		d := apptest.Draft(secret, secret, phone, "")
		d.Visibility = chosen
		d.Fields[crm.BusinessName], d.Fields[crm.Notes] = secret, secret
		c, err := s.Contacts.Put(t.Context(), s.M, d)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c, twin := put("+447400333444"), put("+447400333445")
	_, merge, err := s.Contacts.Merge(t.Context(), s.M, contacts.Merging{From: twin.ID, Into: c.ID})
	if err != nil {
		t.Fatal(err)
	}
	put("+447400333446")
	if err := s.Contacts.FindDuplicates(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Receive(t, s.WhatsApp, s.Text("+447400333444", secret+" hush"))
	row := s.Conversations(t, s.A, store.ViewOpen)[0]
	contact, number, currency, total := c.ID, secret, "GBP", "120"
	invoice, err := s.Accounts.Put(t.Context(), s.M, accounts.InvoiceDraft{ContactID: &contact, Number: &number, Currency: &currency, Total: &total})
	if err != nil {
		t.Fatal(err)
	}
	pairs, _, err := s.Contacts.Duplicates(t.Context(), s.M, nil, 10)
	if err != nil || len(pairs) == 0 {
		t.Fatalf("no duplicates: %v", err)
	}
	tag, err := s.Team.PutTag(t.Context(), s.M, crm.Tag{Name: secret})
	if err != nil {
		t.Fatal(err)
	}
	act, err := s.Contacts.StartBulk(t.Context(), s.M, contacts.BulkDraft{IDs: []crm.ID{c.ID}, Action: crm.BulkAddTags, What: crm.BulkWhat{Tags: []crm.ID{tag.ID}}})
	if err != nil {
		t.Fatal(err)
	}
	file, err := s.Imports.Keep(t.Context(), s.M, secret+".csv", strings.NewReader("First name,Last name,E-mail\nM,M,m@marker.example\n"))
	if err != nil {
		t.Fatal(err)
	}
	view, err := s.Contacts.PutView(t.Context(), s.M, crm.View{OwnerID: s.M.UserID, Name: secret, Filter: map[string][]string{}})
	if err != nil {
		t.Fatal(err)
	}
	field, err := s.Contacts.PutCustomField(t.Context(), s.M, crm.CustomField{Label: secret, Kind: crm.CustomText})
	if err != nil {
		t.Fatal(err)
	}
	example, err := s.Inbox.BringTemplateFile(t.Context(), s.M, secret+".jpg", strings.NewReader("\xff\xd8\xff "+secret))
	if err != nil {
		t.Fatal(err)
	}
	for part, id := range map[string]crm.ID{"contacts": c.ID, "inbox": row.ID, "merges": merge, "duplicates": pairs[0].ID, "invoices": invoice.ID, "bulk": act.ID, "imports": file.ID, "views": view.ID} {
		s.ids[part] = id.String()
	}
	for part, id := range map[string]crm.ID{"tags": tag.ID, "settings/tags": tag.ID, "settings/fields": field.ID, "settings/users": s.B.UserID, "settings/channels": s.WhatsApp.ID, "settings/template-files": example.ID} {
		s.theirs[part] = id.String()
	}
	return s
}

// TestMatrixOfPages posts and gets every page about something hidden, and every page that
// only admins may call, as everyone who may not: the answer is 404, 403 or the way to sign
// in, the same as for what never was, names nothing, and nothing has changed.
func TestMatrixOfPages(t *testing.T) {
	dbtest.Each(t, matrixOfPages)
}

func matrixOfPages(t *testing.T, d *db.DB) {
	s := conceal(t, d)
	blind := s.signIn(t, s.B)
	stranger := s.signInElsewhere(t)
	nobody := &site{World: s.World, Server: s.Server, browser: s.newBrowser(t)}
	nobody.browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	form := url.Values{"text": {"x"}, "user_id": {s.B.UserID.String()}, "first_name": {"X"}, "version": {"1"}, "number": {"X"}}
	before := dbtest.Dump(t, s.DB)
	checked := 0
	for _, route := range Routes() {
		if route.Access == Anyone {
			continue
		}
		part, _, names := strings.Cut(strings.TrimPrefix(route.Pattern, "/"), "/{id}")
		id, hides := s.ids[part]
		theirs := ""
		if hides = hides && names; names && !hides {
			theirs = s.theirs[part]
			id = theirs
		}
		if id == "" {
			id = sampleID(78).String()
		}
		denied := func(who string, b *site, status int) {
			t.Helper()
			checked++
			at := func(id string) (int, string) {
				path := strings.NewReplacer("{id}", id, "{message}", s.messageID(t, crm.ID(s.ids["inbox"]))).Replace(route.Pattern)
				var sent url.Values
				if route.Method == post {
					sent = form
				}
				got, body, _ := b.do(t, route.Method, path, sent, false)
				return got, strings.ReplaceAll(body, id, "ID")
			}
			got, body := at(id)
			if got != status || strings.Contains(body, secret) {
				t.Errorf("%s %s as %s: %d, want %d:\n%s", route.Method, route.Pattern, who, got, status, clipBody(body))
			}
			if status == http.StatusNotFound {
				if _, never := at(sampleID(77).String()); never != body {
					t.Errorf("%s %s as %s differs from what never was", route.Method, route.Pattern, who)
				}
			}
			if tables := dbtest.Changed(before, dbtest.Dump(t, s.DB)); len(tables) > 0 {
				t.Fatalf("after %s %s as %s there is something else in %v", route.Method, route.Pattern, who, tables)
			}
		}
		denied("nobody", nobody, http.StatusSeeOther)
		switch {
		case route.Access == Admin:
			denied("an agent", blind, http.StatusForbidden)
			if hides || theirs != "" {
				denied("another business", stranger, http.StatusNotFound)
			}
		case hides:
			denied("an agent who may not see it", blind, http.StatusNotFound)
			denied("another business", stranger, http.StatusNotFound)
		case theirs != "":
			denied("another business", stranger, http.StatusNotFound)
		}
	}
	if checked < 200 {
		t.Errorf("only %d calls were made", checked)
	}
}

// signInElsewhere is the admin of another business.
func (s concealed) signInElsewhere(t *testing.T) *site {
	t.Helper()
	other, err := s.Team.Found(t.Context(), team.Founding{Name: "Other", Country: "GB", AdminEmail: "admin@other.example"}, false)
	if err != nil {
		t.Fatal(err)
	}
	w := *s.site
	world := apptest.World{DB: s.DB, Team: s.Team, M: crm.Actor{BusinessID: other.Business.ID, UserID: other.Admin.ID, Role: crm.Admin}}
	w.World = &world
	return w.signIn(t, world.M)
}
