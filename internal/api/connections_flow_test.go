package api_test

import (
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/internal/connector/emulator"
	hs "parley/internal/connector/hubspotemulator"
	qb "parley/internal/connector/quickbooksemulator"
	"parley/internal/crm"
)

// system is an emulated system with its sample, as the flow below needs it.
type system struct {
	provider string
	handler  interface {
		Consent(address string, which ...string) string
		Granted() int
		Kill()
		Tell()
	}
	server *httptest.Server
	// tellAt has webhooks sent.
	tellAt func(address string)
	// the counts of a preview.
	create, review, leftOut, archived, invoices int
	// change gives the person found by search another last name and city.
	search, email string
	change        func(last, city string)
	// lastName is what it is called over there.
	lastName func() string
	// made is whether a person of this name is there, and how many are there.
	made func(first, last string) bool
}

func quickbooksSystem(h *house) *system {
	e := qb.New(qb.Config{ClientID: "client", ClientSecret: "hush", WebhookKey: "xero-webhook-key", PerSecond: -1, PerMinute: -1, Now: h.clock.now})
	realm := e.Sample()
	nadia := e.Customers(realm)[0].ID
	s := &system{provider: "quickbooks", handler: e, server: httptest.NewServer(e.Handler()), tellAt: e.TellAt, create: 5, review: 2, leftOut: 2, invoices: 3, search: "nadia", email: "nadia.karim@example.com"}
	s.change = func(last, city string) {
		e.Change(realm, nadia, func(k *qb.Customer) { k.FamilyName, k.ShipAddr.City = last, city })
	}
	s.lastName = func() string { return e.Customer(realm, nadia).FamilyName }
	s.made = func(first, last string) bool {
		n := 0
		for _, k := range e.Customers(realm) {
			if k.GivenName == first && k.FamilyName == last && k.DisplayName == first+" "+last {
				n++
			}
		}
		return n == 1
	}
	return s
}

func hubspotSystem(h *house) *system {
	e := hs.New(hs.Config{ClientID: "client", ClientSecret: "hush", PerTenSeconds: -1, SearchesPerSecond: -1, Rotate: true, Now: h.clock.now})
	portal := e.Sample()
	leila := e.Contacts(portal)[0].ID
	s := &system{provider: "hubspot", handler: e, server: httptest.NewServer(e.Handler()), create: 5, review: 2, archived: 1, search: "leila", email: "leila.haddad@example.com"}
	s.tellAt = func(address string) { e.TellAt(address, publicURL+"/hooks/hubspot") }
	s.change = func(last, city string) {
		e.PutContact(portal, leila, map[string]string{"lastname": last, "city": city})
	}
	s.lastName = func() string { return e.Contact(portal, leila).Properties["lastname"] }
	s.made = func(first, last string) bool {
		n := 0
		for _, c := range e.Contacts(portal) {
			if c.Properties["firstname"] == first && c.Properties["lastname"] == last {
				n++
			}
		}
		return n == 1
	}
	return s
}

// S1–S4, S6: QuickBooks and HubSpot over the API alone: connected, looked at, followed, a
// change over there that a webhook brings, changes of ours that go back and do not echo, a
// grant that dies and is made anew, and the end.
func TestFlow(t *testing.T) {
	for _, open := range []func(*house) *system{quickbooksSystem, hubspotSystem} {
		each(t, func(t *testing.T, h *house) { flow(t, h, open(h)) })
	}
}

func flow(t *testing.T, h *house, s *system) {
	t.Cleanup(s.server.Close)
	h.books.BaseURL, h.books.IdentityURL, h.books.HTTP = s.server.URL, s.server.URL, s.server.Client()
	here := httptest.NewServer(h.api)
	t.Cleanup(here.Close)
	s.tellAt(here.URL + "/hooks/" + s.provider)
	admin := h.as(h.admin)
	who := crm.Actor{BusinessID: h.admin.business, UserID: crm.ID(h.admin.id), Role: crm.Admin, Name: "Admin", Via: crm.ViaAPI}
	consent := func(address string) {
		t.Helper()
		back, err := url.Parse(s.handler.Consent(address))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.accounts.Callback(t.Context(), who, h.admin.token, s.provider, back.Query()); err != nil {
			t.Fatal(err)
		}
	}
	made := admin.post("/connections", J{"provider": s.provider}).want(201)
	id := made.str("id")
	at := "/connections/" + id
	consent(made.str("authorize_url"))
	work := func(kind crm.FeedKind) {
		t.Helper()
		for again := true; again; {
			d, err := h.accounts.Work(t.Context(), h.admin.business, crm.ID(id), kind)
			if err != nil {
				t.Fatal(err)
			}
			again = d > 0
		}
	}

	admin.post(at+"/preview", nil).want(202)
	work(crm.FeedContacts)
	got := admin.get(at).want(200)
	for outcome, want := range map[string]int{"create": s.create, "review": s.review, "left_out": s.leftOut, "archived": s.archived} {
		if n := num(got, "preview", "counts", outcome); n != want {
			t.Errorf("%s: the preview counts %d to %s, not %d: %s", s.provider, n, outcome, want, got.body)
		}
	}
	if n := admin.get("/contacts?source=" + s.provider).want(200).items(); len(n) != 0 {
		t.Fatalf("the preview wrote: %v", n)
	}
	admin.post(at+"/sync", nil).want(202)
	work(crm.FeedContacts)
	if s.invoices > 0 {
		work(crm.FeedInvoices)
	}
	got = admin.get(at).want(200)
	if num(got, "counts", "contacts") != s.create || num(got, "counts", "invoices") != s.invoices || got.str("problem") != "" || got.str("last_run") == "" {
		t.Fatalf("%s: after the first run %s", s.provider, got.body)
	}
	contact := func() answer {
		t.Helper()
		found := admin.get("/contacts?q=" + s.search).want(200)
		return admin.get("/contacts/" + found.str("items", 0, "id")).want(200)
	}
	one := contact()
	if one.str("source") != s.provider || one.str("email") != s.email {
		t.Fatalf("%s: %s", s.provider, one.body)
	}
	admin.post(at+"/sync", nil).want(202)
	work(crm.FeedContacts)
	if again := contact(); again.str("updated_at") != one.str("updated_at") {
		t.Errorf("%s: a second run writes: %s", s.provider, again.body)
	}

	// A change over there: the webhook comes, and what it names is read.
	h.clock.advance(time.Minute)
	s.change("Okonjo", "Otley")
	h.clock.advance(3 * time.Second)
	work(crm.FeedContacts)
	if one = contact(); one.str("last_name") != "Okonjo" || one.str("contact_address", "city") != "Otley" {
		t.Fatalf("%s: after the webhook %s", s.provider, one.body)
	}

	// Changes of ours go back once that is switched on, and do not echo.
	h.clock.advance(time.Minute)
	admin.patch(at, J{"push": true}).want(200)
	admin.with("If-Match", one.header.Get("ETag")).patch("/contacts/"+one.str("id"), J{"last_name": "Okonjo-Lee"}).want(200)
	admin.post("/contacts", J{"first_name": "Ruth", "last_name": "Adeyemi", "email": "ruth@adeyemi.example"}).want(201)
	h.clock.advance(6 * time.Second)
	work(crm.FeedPush)
	sent := admin.get(at + "/pushes").want(200)
	if s.lastName() != "Okonjo-Lee" || !s.made("Ruth", "Adeyemi") || strings.Count(sent.body, `"state":"sent"`) != 2 {
		t.Fatalf("%s: over there %s; sent %s", s.provider, s.lastName(), sent.body)
	}
	one = contact()
	s.handler.Tell()
	h.clock.advance(16 * time.Minute)
	work(crm.FeedContacts)
	work(crm.FeedPush)
	if again := contact(); again.str("updated_at") != one.str("updated_at") || len(admin.get(at+"/pushes").want(200).items()) != 2 {
		t.Errorf("%s: it echoes: %s", s.provider, again.body)
	}

	// The grant dies, is made anew, and is given back in the end.
	s.handler.Kill()
	h.clock.advance(16 * time.Minute)
	work(crm.FeedContacts)
	if got = admin.get(at).want(200); got.str("state") != "reconnect" || got.str("problem") == "" {
		t.Fatalf("%s: a dead grant: %s", s.provider, got.body)
	}
	consent(admin.post(at+"/reconnect", nil).want(200).str("authorize_url"))
	s.change("Okonjo", "Ilkley")
	h.clock.advance(3 * time.Second)
	work(crm.FeedContacts)
	if one = contact(); one.str("contact_address", "city") != "Ilkley" {
		t.Errorf("%s: connected again: %s", s.provider, one.body)
	}
	if got = admin.post(at+"/disconnect", nil).want(200); got.str("state") != "disconnected" || s.handler.Granted() != 0 {
		t.Errorf("%s: %s; %d are still connected", s.provider, got.body, s.handler.Granted())
	}
	contact()
}

// What comes to /hooks/quickbooks and /hooks/hubspot and is not theirs is refused; what is
// theirs and names nobody here is taken without a word.
func TestHooksOfOthers(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		call := func(provider string, header map[string]string, body string) int {
			c := h.as(actor{})
			for name, value := range header {
				c = c.with(name, value)
			}
			got := c.send("POST", "//hooks/"+provider, []byte(body))
			if got.status < 300 && got.body != "" || got.header.Get("Set-Cookie") != "" {
				t.Errorf("%s answers %d %q", provider, got.status, got.body)
			}
			return got.status
		}
		intuit := func(body string) map[string]string {
			return map[string]string{"intuit-signature": emulator.Sign("xero-webhook-key", []byte(body)), "Content-Type": "application/cloudevents+json"}
		}
		hubspot := func(body string, at time.Time) map[string]string {
			stamp := strconv.FormatInt(at.UnixMilli(), 10)
			return map[string]string{"X-HubSpot-Request-Timestamp": stamp, "X-HubSpot-Signature-v3": hs.Sign("hush", "POST", publicURL+"/hooks/hubspot", []byte(body), stamp)}
		}
		events, old := `[{"specversion":"1.0","type":"qbo.customer.updated.v1","intuitentityid":"7","intuitaccountid":"1"}]`, `{"eventNotifications":[]}`
		contact, now := `[{"portalId":1,"subscriptionType":"contact.creation","objectId":7}]`, h.clock.now()
		for n, row := range []struct {
			provider string
			header   map[string]string
			body     string
			want     int
		}{
			{"quickbooks", intuit(events), events, 200}, {"quickbooks", intuit(old), old, 200}, {"quickbooks", intuit(old), events, 401}, {"quickbooks", nil, events, 401}, {"quickbooks", intuit("{"), "{", 400},
			{"hubspot", hubspot(contact, now), contact, 200}, {"hubspot", hubspot(contact, now), contact + " ", 401}, {"hubspot", hubspot(contact, now.Add(-6*time.Minute)), contact, 401},
			{"hubspot", nil, contact, 401}, {"hubspot", hubspot("{", now), "{", 400}, {"hubspot", intuit(contact), contact, 401},
		} {
			if status := call(row.provider, row.header, row.body); status != row.want {
				t.Errorf("%d: %s: %d, not %d", n, row.provider, status, row.want)
			}
		}
	})
}
