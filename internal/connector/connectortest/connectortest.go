// Package connectortest is what every connector is held to, whatever system it speaks
// with. A connector's own test starts its emulator, fills in a Subject and calls Run.
package connectortest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/internal/connector"
	"parley/internal/connector/emulator"
	"parley/internal/crm"
)

// Subject is a connector in front of an emulator of its own.
type Subject struct {
	Kind connector.Kind
	App  connector.App
	// Consent is what an admin does in the browser: it answers with what the provider
	// calls back with.
	Consent func(authorizeURL string) url.Values
	// Put adds a person over there, or replaces the one with the id; it answers with the
	// id. Archive takes one out of use.
	Put     func(Person) (id string)
	Get     func(id string) Person
	Archive func(id string)
	// Bill adds an invoice of 120.00 that is open, and Settle pays it. Nil where the
	// system has none.
	Bill   func(person string) (id string)
	Settle func(id string)
	// Fail makes the next call go wrong.
	Fail func(...emulator.Fault)
	// Kill takes the permission back; Expire ends the access tokens.
	Kill, Expire func()
	// Hook is a signed webhook that says that a person changed.
	Hook func(person string) connector.Call
	// Wait lets the clock go on, ours and the emulator's.
	Wait func(time.Duration)
	// Ahead puts the emulator's clock so far ahead of ours. Put back, it says again when
	// something changes: what changed before keeps its times.
	Ahead func(time.Duration)
}

// Person is a record as all systems know it.
type Person struct {
	ID, First, Last, Business, Email, Phone, City string
}

// Run holds a connector to what every one must do. start makes a new subject.
func Run(t *testing.T, start func(t *testing.T) Subject) {
	for name, test := range map[string]func(*testing.T, *suite){
		"grant": grant, "changes": changes, "pages": pages, "ahead": ahead, "read": read, "archived": archived, "invoices": invoices, "faults": faults, "push": push, "hooks": hooks,
	} {
		t.Run(name, func(t *testing.T) {
			s := &suite{Subject: start(t), t: t}
			s.conn = s.Kind.Open(s.App)
			test(t, s)
		})
	}
}

type suite struct {
	Subject
	t     *testing.T
	conn  connector.Connector
	token connector.Token
	org   crm.Organisation
}

func (s *suite) connect() connector.Access {
	s.t.Helper()
	var orgs []crm.Organisation
	var err error
	address := s.conn.AuthorizeURL("the state", "a verifier of more than forty three characters, as PKCE wants it")
	u, err := url.Parse(address)
	s.must(err)
	if u.Query().Get("state") != "the state" || !strings.HasSuffix(u.Query().Get("redirect_uri"), "/oauth/callback/"+s.Kind.Name) {
		s.t.Fatalf("consent is asked for at %s", address)
	}
	s.token, orgs, err = s.conn.Exchange(s.t.Context(), s.Consent(address), "a verifier of more than forty three characters, as PKCE wants it")
	s.must(err)
	if len(orgs) != 1 || orgs[0].ID == "" || s.token.Access == "" || s.token.Refresh == "" || s.token.ExpiresAt.IsZero() {
		s.t.Fatalf("the grant: %+v %+v", s.token, orgs)
	}
	s.org = orgs[0]
	return connector.Access{Token: s.token.Access, Org: s.org}
}

func (s *suite) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// all reads on from a cursor until there is no more, and answers with what came last of
// each record.
func (s *suite) all(a connector.Access, feed crm.FeedKind, cursor string) (map[string]connector.Record, map[string]connector.Invoice, string) {
	s.t.Helper()
	people, bills := map[string]connector.Record{}, map[string]connector.Invoice{}
	for range 200 {
		p, err := s.conn.Changes(s.t.Context(), a, feed, cursor)
		s.must(err)
		for _, r := range p.Contacts {
			people[r.ID] = r
		}
		for _, i := range p.Invoices {
			bills[i.ID] = i
		}
		if p.More && p.Next == cursor {
			s.t.Fatalf("a page leads to itself: %s", cursor)
		}
		cursor = p.Next
		if !p.More {
			return people, bills, cursor
		}
	}
	s.t.Fatal("the pages do not end")
	return nil, nil, ""
}

func priya() Person {
	return Person{First: "Priya", Last: "Shah", Business: "Shah & Co", Email: "priya@shah.example", Phone: "+447400123456", City: "Leeds"}
}

func grant(t *testing.T, s *suite) {
	s.connect()
	fresh, err := s.conn.Refresh(t.Context(), s.token)
	s.must(err)
	if fresh.Access == s.token.Access || fresh.Refresh == "" {
		t.Errorf("the token was not made anew: %+v", fresh)
	}
	s.Expire()
	_, err = s.conn.Changes(t.Context(), connector.Access{Token: fresh.Access, Org: s.org}, crm.FeedContacts, "")
	if connector.TroubleOf(err) != connector.Expired {
		t.Errorf("an old token: %v", err)
	}
	last, err := s.conn.Refresh(t.Context(), fresh)
	s.must(err)
	_, err = s.conn.Changes(t.Context(), connector.Access{Token: last.Access, Org: s.org}, crm.FeedContacts, "")
	s.must(err)
	s.Kill()
	if _, err := s.conn.Refresh(t.Context(), last); connector.TroubleOf(err) != connector.Dead {
		t.Errorf("a dead grant: %v", err)
	}
	if _, _, err := s.conn.Exchange(t.Context(), url.Values{"error": {"access_denied"}, "state": {"x"}}, ""); connector.TroubleOf(err) != connector.Refused {
		t.Errorf("nobody consented: %v", err)
	}
}

func changes(t *testing.T, s *suite) {
	id := s.Put(priya())
	a := s.connect()
	people, _, cursor := s.all(a, crm.FeedContacts, "")
	r := people[id]
	if r.Damaged != "" || r.Values["first_name"] != "Priya" || r.Values["last_name"] != "Shah" || r.Values["business_name"] != "Shah & Co" ||
		!slices.Equal(r.Emails, []string{"priya@shah.example"}) || r.Version == "" || r.UpdatedAt.IsZero() {
		t.Fatalf("the record is %+v", r)
	}
	if phone, err := crm.ParsePhone(r.Phones[0].Text, "GB", true); err != nil || phone.E164 != "+447400123456" || !slices.Contains(s.Kind.Phones, r.Phones[0].Kind) {
		t.Errorf("the phones are %+v", r.Phones)
	}
	if r.Values["contact_address.city"] != "Leeds" && r.Values["billing_address.city"] != "Leeds" {
		t.Errorf("the addresses are %v", r.Values)
	}
	for field := range r.Values {
		if !slices.Contains(s.Kind.Fields, field) {
			t.Errorf("%s is read, and not among Kind.Fields", field)
		}
	}
	s.Wait(5 * time.Minute)
	changed := priya()
	changed.ID, changed.Last = id, "Patel"
	s.Put(changed)
	people, _, after := s.all(a, crm.FeedContacts, cursor)
	if people[id].Values["last_name"] != "Patel" || people[id].Version == r.Version {
		t.Errorf("after a change: %+v", people[id])
	}
	s.Wait(10 * time.Minute)
	page, err := s.conn.Changes(t.Context(), a, crm.FeedContacts, after)
	s.must(err)
	if page.More || len(page.Contacts) > 1 { // the last one may come again: clocks differ
		t.Errorf("nothing changed, and %d came", len(page.Contacts))
	}
}

// pages reads more than fits on one while somebody changes records: none is lost.
func pages(t *testing.T, s *suite) {
	const people = 60
	var ids []string
	for n := range people {
		ids = append(ids, s.Put(Person{First: "C", Last: fmt.Sprint(n), Email: fmt.Sprintf("c%d@many.example", n)}))
		s.Wait(3 * time.Second)
	}
	a := s.connect()
	seen := map[string]string{}
	cursor, moved := "", false
	for range 100 {
		p, err := s.conn.Changes(t.Context(), a, crm.FeedContacts, cursor)
		s.must(err)
		for _, r := range p.Contacts {
			seen[r.ID] = r.Values["last_name"]
		}
		if !moved {
			moved = true
			if !p.More {
				t.Fatalf("%d records fit on a page: this tests nothing", len(p.Contacts))
			}
			s.Put(Person{ID: p.Contacts[0].ID, First: "C", Last: "moved", Email: "moved@many.example"})
		}
		cursor = p.Next
		if !p.More {
			break
		}
	}
	for _, id := range ids {
		if seen[id] == "" {
			t.Errorf("%s was lost", id)
		}
	}
	if !slices.Contains(values(seen), "moved") {
		t.Error("the change in the middle was lost")
	}
}

// ahead reads everything while the clock over there is years ahead: when it is right again,
// what changes then is not missed until those years are over.
func ahead(t *testing.T, s *suite) {
	s.Ahead(3 * 365 * 24 * time.Hour)
	id := s.Put(priya())
	a := s.connect()
	people, _, cursor := s.all(a, crm.FeedContacts, "")
	if r := people[id]; r.Damaged != "" {
		t.Fatalf("a record of years ahead is damaged: %s", r.Damaged)
	}
	s.Ahead(0)
	s.Wait(10 * time.Minute)
	changed := priya()
	changed.ID, changed.Last = id, "Patel"
	s.Put(changed)
	if people, _, _ = s.all(a, crm.FeedContacts, cursor); people[id].Values["last_name"] != "Patel" {
		t.Errorf("what changed is missed behind %s: %+v", cursor, people[id])
	}
}

func values(m map[string]string) (list []string) {
	for _, v := range m {
		list = append(list, v)
	}
	return list
}

func read(t *testing.T, s *suite) {
	one, two := s.Put(priya()), s.Put(Person{First: "Sam", Last: "Okafor", Email: "sam@okafor.example"})
	a := s.connect()
	p, err := s.conn.Read(t.Context(), a, crm.FeedContacts, []string{one, two, "99999999"})
	if err != nil && connector.TroubleOf(err) != connector.Refused {
		t.Fatal(err)
	}
	if p, err = s.conn.Read(t.Context(), a, crm.FeedContacts, []string{one, two}); err != nil || len(p.Contacts) != 2 {
		t.Fatalf("%d read: %v", len(p.Contacts), err)
	}
}

func archived(t *testing.T, s *suite) {
	id := s.Put(priya())
	a := s.connect()
	_, _, cursor := s.all(a, crm.FeedContacts, "")
	s.Wait(5 * time.Minute)
	s.Archive(id)
	people, _, _ := s.all(a, crm.FeedContacts, cursor)
	p, err := s.conn.Read(t.Context(), a, crm.FeedContacts, []string{id})
	s.must(err)
	byID := len(p.Contacts) == 1 && (p.Contacts[0].Archived || p.Contacts[0].Gone)
	if r := people[id]; !r.Archived && !r.Gone && !byID {
		t.Errorf("archived over there: %+v, by its id %+v", r, p.Contacts)
	}
}

func invoices(t *testing.T, s *suite) {
	if !s.Kind.Invoices {
		t.Skip("it has none")
	}
	person := s.Put(priya())
	id := s.Bill(person)
	a := s.connect()
	_, bills, cursor := s.all(a, crm.FeedInvoices, "")
	if len(bills) != 1 {
		t.Fatalf("%d invoices", len(bills))
	}
	for _, i := range bills {
		if i.Damaged != "" || i.ContactID != person || i.Status != crm.InvoiceSent || i.Currency != "GBP" || !strings.HasPrefix(i.Total, "120") || !strings.HasPrefix(i.AmountDue, "120") || len(i.IssuedOn) != 10 || i.Number == "" {
			t.Errorf("the invoice is %+v", i)
		}
	}
	s.Wait(5 * time.Minute)
	s.Settle(id)
	_, bills, _ = s.all(a, crm.FeedInvoices, cursor)
	for _, i := range bills {
		if i.Status != crm.InvoicePaid {
			t.Errorf("paid: %+v", i)
		}
	}
	if len(bills) != 1 {
		t.Errorf("%d invoices changed", len(bills))
	}
}

func faults(t *testing.T, s *suite) {
	s.Put(priya())
	a := s.connect()
	for fault, want := range map[emulator.Fault]connector.Trouble{emulator.TooMany: connector.Wait, emulator.Broken: connector.Away, emulator.Page: connector.Garbled, emulator.Truncated: connector.Garbled, emulator.Other: connector.Garbled} {
		s.Fail(fault)
		_, err := s.conn.Changes(t.Context(), a, crm.FeedContacts, "")
		if connector.TroubleOf(err) != want {
			t.Errorf("%s: %v", fault, err)
		}
	}
	s.Fail(emulator.Other)
	if page, err := s.conn.Read(t.Context(), a, crm.FeedContacts, []string{s.Put(priya())}); connector.TroubleOf(err) != connector.Garbled {
		t.Errorf("read, %s: %+v, %v", emulator.Other, page, err)
	}
}

func push(t *testing.T, s *suite) {
	a := s.connect()
	w := connector.Write{Key: "5f4dcc3b-0001", Name: "Ada Byron", OurID: "01hzzzzzzzzzzzzzzzzzzzzzzz",
		Set: crm.Values{"first_name": "Ada", "last_name": "Byron", "email": "ada@byron.example", "phone": "+447400999001", "contact_address.city": "London"}}
	made, err := s.conn.Push(t.Context(), a, w)
	s.must(err)
	if p := s.Get(made.ID); p.First != "Ada" || p.Last != "Byron" || p.Email != "ada@byron.example" || !strings.HasSuffix(digits(p.Phone), "7400999001") {
		t.Fatalf("over there: %+v", p)
	}
	if made.Values["first_name"] != "Ada" || made.Version == "" {
		t.Errorf("it answers with %+v", made)
	}
	// HubSpot has no keys, and says that somebody has the e-mail.
	if again, err := s.conn.Push(t.Context(), a, w); err == nil && again.ID != made.ID || err != nil && s.Kind.Name != "hubspot" {
		t.Errorf("sent twice under one key: %s, then %s, %v", made.ID, again.ID, err)
	}
	found, err := s.conn.Find(t.Context(), a, w)
	s.must(err)
	if found == nil || found.ID != made.ID {
		t.Errorf("it is not found again: %+v", found)
	}
	page, err := s.conn.Read(t.Context(), a, crm.FeedContacts, []string{made.ID})
	s.must(err)
	current := page.Contacts[0]
	changed, err := s.conn.Push(t.Context(), a, connector.Write{Key: "5f4dcc3b-0002", Current: &current, Set: crm.Values{"last_name": "Lovelace"}, Phone: current.Phones[0].Kind})
	s.must(err)
	if p := s.Get(made.ID); p.Last != "Lovelace" || p.First != "Ada" || p.Email != "ada@byron.example" || p.Phone == "" || changed.Version == made.Version {
		t.Errorf("after a change of one field: %+v", p)
	}
	other, err := s.conn.Push(t.Context(), a, connector.Write{Key: "5f4dcc3b-0003", Name: s.Get(made.ID).Business, OurID: "01hzzzzzzzzzzzzzzzzzzzzzzy",
		Set: crm.Values{"first_name": "Ada", "last_name": "Lovelace", "business_name": "", "email": "ada@byron.example", "phone": "+447400999002"}})
	if err == nil && s.Kind.Name != "hubspot" {
		t.Logf("a second one of the same name became %s", other.ID)
	}
}

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

func hooks(t *testing.T, s *suite) {
	id := s.Put(priya())
	s.connect()
	call := s.Hook(id)
	hints, err := s.conn.Hints(call)
	s.must(err)
	if len(hints) != 1 || hints[0].ID != id || hints[0].Org != s.org.ID || hints[0].Feed != crm.FeedContacts {
		t.Fatalf("the hints are %+v", hints)
	}
	for name, spoil := range map[string]func(*connector.Call){
		"one byte changed": func(c *connector.Call) { c.Body = append([]byte(" "), c.Body...) },
		"no signature": func(c *connector.Call) {
			c.Header = c.Header.Clone()
			for h := range c.Header {
				if strings.Contains(strings.ToLower(h), "signature") && !strings.Contains(strings.ToLower(h), "timestamp") {
					c.Header.Del(h)
				}
			}
		},
	} {
		spoiled := call
		spoil(&spoiled)
		if _, err := s.conn.Hints(spoiled); err != connector.ErrSignature { //nolint:errorlint // bare
			t.Errorf("%s: %v", name, err)
		}
	}
	bare := s.App
	bare.WebhookKey, bare.ClientSecret = "", ""
	if _, err := s.Kind.Open(bare).Hints(call); err != connector.ErrSignature { //nolint:errorlint // bare
		t.Errorf("without a key: %v", err)
	}
}
