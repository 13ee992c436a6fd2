package accounts_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/app/accounts"
	"parley/internal/app/apptest"
	"parley/internal/connector"
	"parley/internal/connector/emulator"
	"parley/internal/connector/hubspot"
	hs "parley/internal/connector/hubspotemulator"
	"parley/internal/connector/quickbooks"
	qb "parley/internal/connector/quickbooksemulator"
	"parley/internal/crm"
	"parley/internal/store"
)

// unpaced is a kind whose calls are not spaced: its emulator here does not count by the
// second.
func unpaced(k connector.Kind) connector.Kind {
	k.Limits.PerSecond = 0
	return k
}

// other makes books of another kind, connected, with webhooks that arrive. between, where
// it is set, stands before the emulator.
func other(t *testing.T, w *apptest.World, kind connector.Kind, emulator http.Handler, consent func(string, ...string) string, between func(r *http.Request)) (b *books, hooks string) {
	t.Helper()
	b = &books{World: w}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if between != nil {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			between(r)
		}
		emulator.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	w.Accounts.Kinds = []connector.Kind{unpaced(kind)}
	w.Accounts.App = func(string) connector.App {
		return connector.App{ClientID: "client", ClientSecret: "hush", WebhookKey: "verifier-token", BaseURL: server.URL, IdentityURL: server.URL,
			RedirectURL: "https://parley.example/oauth/callback/" + kind.Name, HTTP: server.Client()}
	}
	c, address, err := w.Accounts.Connect(t.Context(), w.M, secret, kind.Name)
	must(t, err)
	_, err = w.Accounts.Callback(t.Context(), w.M, secret, kind.Name, query(t, consent(address)))
	must(t, err)
	b.id = c.ID
	var hookServer *httptest.Server
	hookServer = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := b.Accounts.Receive(r.Context(), kind.Name, connector.Call{Method: r.Method, URL: hookServer.URL + r.RequestURI, Header: r.Header, Body: body, Now: b.Now()}); err != nil {
			t.Errorf("the webhook: %v", err)
		}
	}))
	t.Cleanup(hookServer.Close)
	return b, hookServer.URL + "/hooks/" + kind.Name
}

// hear lets what webhooks named be read.
func (b *books) hear(t testing.TB) {
	t.Helper()
	b.Sleep(5 * time.Second)
	b.work(t, crm.FeedContacts)
	b.work(t, crm.FeedInvoices)
}

func customer(given, family, email string) qb.Customer {
	return qb.Customer{GivenName: given, FamilyName: family, DisplayName: given + " " + family, PrimaryEmailAddr: &qb.Email{Address: email}}
}

// TestQuickBooks: what only QuickBooks does: merges known from webhooks alone, deleted
// invoices of which nothing is left, versions, names that a vendor has.
func TestQuickBooks(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		e := qb.New(qb.Config{ClientID: "client", ClientSecret: "hush", WebhookKey: "verifier-token", PerSecond: -1, PerMinute: -1, Now: w.Now})
		realm := e.AddCompany("Birch & Sons", "GB", "GBP", false)
		e.AddVendor(realm, "Ada Byron")
		jay := e.PutCustomer(realm, customer("Jay", "Shah", "jay@shah.example"))
		twin := e.PutCustomer(realm, customer("J", "Shah", "j@shah.example"))
		loose := e.PutCustomer(realm, qb.Customer{DisplayName: "Loose"})
		invoice := e.PutInvoice(realm, qb.Invoice{CustomerRef: qb.Ref{Value: jay}, TotalAmt: "50", Balance: "50"})
		meanwhile := 0 // how often somebody changes Jay just before he is written
		b, hooks := other(t, w, quickbooks.Kind, e.Handler(), e.Consent, func(r *http.Request) {
			if meanwhile > 0 && r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/customer") {
				meanwhile--
				e.Change(realm, jay, func(k *qb.Customer) { k.CompanyName += "x" })
			}
		})
		b.sync(t)
		e.TellAt(hooks)

		// An invoice is deleted: what was known of it stays, and it is not open any more.
		c := b.holder(t, crm.EmailIdentity, "jay@shah.example")
		e.DeleteInvoice(realm, invoice)
		b.hear(t)
		page, err := b.Accounts.List(t.Context(), b.M, store.InvoiceFilter{Contact: c.ID}, nil, 10, false)
		must(t, err)
		if i := page.Invoices[0]; i.Status != crm.InvoiceDeleted || i.Total != "50.00" || i.Currency != "GBP" || i.ContactID != c.ID || i.Open(b.Now()) {
			t.Errorf("the deleted invoice is %+v", i)
		}

		// Merged with one that had no contact: the link moves, also when a poll found it gone
		// before the webhook said why. Of two contacts, a person decides.
		e.TellAt("")
		e.Merge(realm, jay, loose)
		b.poll(t)
		if got := b.holder(t, crm.EmailIdentity, "jay@shah.example"); got.Status != crm.Archived {
			t.Errorf("gone over there: %s", got.Status)
		}
		e.TellAt(hooks)
		e.TellMerge(realm, jay, loose)
		b.hear(t)
		e.Change(realm, loose, func(k *qb.Customer) {
			k.DisplayName, k.FamilyName, k.PrimaryEmailAddr = "Jay Shah", "Shah-Lee", &qb.Email{Address: "jay@shah.example"}
		})
		b.hear(t)
		if got := b.holder(t, crm.EmailIdentity, "jay@shah.example"); got.ID != c.ID || got.LastName != "Shah-Lee" || got.Status != crm.Active || b.overview(t).Linked != 2 {
			t.Errorf("after the merge: %+v, %d linked, to review %+v", got, b.overview(t).Linked, b.review(t))
		}
		jay = loose
		solo := e.PutCustomer(realm, customer("Solo", "One", "solo@one.example"))
		b.hear(t)
		e.Merge(realm, twin, solo)
		b.hear(t)
		if items := b.review(t); !slices.ContainsFunc(itemsOf(items), func(r crm.ReviewItem) bool { return r.Reason == crm.ReviewMerged && len(r.ContactIDs) == 2 }) {
			t.Errorf("two contacts became one over there: %+v", items)
		}

		// Inactive and active again.
		e.Deactivate(realm, solo)
		b.hear(t)
		if got := b.holder(t, crm.EmailIdentity, "solo@one.example"); got.Status != crm.Archived {
			t.Errorf("inactive over there: %s", got.Status)
		}
		e.Activate(realm, solo)
		b.hear(t)
		if got := b.holder(t, crm.EmailIdentity, "solo@one.example"); got.Status != crm.Active {
			t.Errorf("active over there: %s", got.Status)
		}

		// Somebody changes the customer between reading and writing: it is read and merged
		// again, and neither change is lost.
		b.pushOn(t)
		b.edit(t, c.ID, map[crm.Field]string{crm.FirstName: "Jayesh", crm.MiddleName: "Q"})
		meanwhile = 2
		b.send(t)
		k := e.Customer(realm, jay)
		if k.GivenName != "Jayesh" || k.MiddleName != "Q" || k.CompanyName != "xx" || b.pushes(t)[0].State != crm.PushSent || b.pushes(t)[0].Tries != 3 {
			t.Errorf("over there %+v, sent %+v", k, b.pushes(t))
		}
		b.hear(t)
		if got := b.holder(t, crm.EmailIdentity, "jay@shah.example"); got.BusinessName != "xx" || got.FirstName != "Jayesh" {
			t.Errorf("here %+v", got)
		}

		// A vendor has the name; then the answer is lost, and it is there once.
		ada, err := b.Contacts.Put(t.Context(), b.M, crm.Draft{Fields: map[crm.Field]string{crm.FirstName: "Ada", crm.LastName: "Byron"}, Phone: new("+447400999001")})
		must(t, err)
		b.send(t)
		p := b.pushes(t)[0]
		if p.State != crm.PushRefused || p.Code != "name_taken" {
			t.Fatalf("it says %+v", p)
		}
		must(t, b.Accounts.Resend(t.Context(), b.M, b.id, p.ID, accounts.OtherName(ada)))
		e.Fail(emulator.Lost)
		b.send(t)
		b.send(t)
		named := 0
		for _, k := range e.Customers(realm) {
			if k.DisplayName == "Ada Byron (…9001)" {
				named++
			}
		}
		if p := b.pushes(t)[0]; p.State != crm.PushSent || named != 1 {
			t.Errorf("%d of her are there; it says %+v", named, p)
		}
	})
}

func itemsOf(m map[string]crm.ReviewItem) (list []crm.ReviewItem) {
	for _, r := range m {
		list = append(list, r)
	}
	return list
}

// TestHubSpot: what only HubSpot does: merges that the record itself tells of, archive and
// restore, erasure for data protection, and e-mails that two cannot have.
func TestHubSpot(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		e := hs.New(hs.Config{ClientID: "client", ClientSecret: "hush", PerTenSeconds: -1, SearchesPerSecond: -1, Now: w.Now})
		portal := e.AddAccount("stillwater.example", "GBP")
		put := func(first, email string) string {
			return e.PutContact(portal, "", map[string]string{"firstname": first, "lastname": "Haddad", "email": email})
		}
		leila, ben, eve, loose := put("Leila", "leila@h.example"), put("Ben", "ben@h.example"), put("Eve", "eve@h.example"), put("Loose", "")
		b, hooks := other(t, w, hubspot.Kind, e.Handler(), e.Consent, nil)
		b.sync(t)
		e.TellAt(hooks, "")
		if o := b.overview(t); o.Linked != 3 || o.Review != 1 || o.Invoices != 0 {
			t.Fatalf("%d linked, to review %+v", o.Linked, b.review(t))
		}
		c := b.holder(t, crm.EmailIdentity, "leila@h.example")
		_, err := b.Contacts.Put(t.Context(), b.M, crm.Draft{ID: c.ID, Fields: map[crm.Field]string{crm.MiddleName: "Noor", crm.BillingCity: "Leeds"}})
		must(t, err)

		// Merged into one that waits for review: the link moves, and what HubSpot has no
		// place for stays.
		e.Merge(portal, leila, loose)
		b.hear(t)
		got := b.holder(t, crm.EmailIdentity, "leila@h.example")
		if got == nil || got.ID != c.ID || got.MiddleName != "Noor" || got.Billing.City != "Leeds" || b.overview(t).Linked != 3 {
			t.Errorf("after the merge: %+v, to review %+v", got, b.review(t))
		}

		e.Archive(portal, ben)
		b.hear(t)
		if got := b.holder(t, crm.EmailIdentity, "ben@h.example"); got.Status != crm.Archived {
			t.Errorf("deleted over there: %s", got.Status)
		}
		e.Restore(portal, ben)
		b.hear(t)
		if got := b.holder(t, crm.EmailIdentity, "ben@h.example"); got.Status != crm.Active {
			t.Errorf("restored over there: %s", got.Status)
		}

		// Erased for data protection: it is followed no more, and an admin is asked whether
		// the person is to be erased here.
		e.Erase(portal, eve)
		b.hear(t)
		if got := b.holder(t, crm.EmailIdentity, "eve@h.example"); got == nil || got.Status != crm.Active || b.review(t)["Eve Haddad"].Reason != crm.ReviewRefused || b.overview(t).Linked != 2 {
			t.Errorf("erased over there: %+v, to review %+v, %d linked", got, b.review(t), b.overview(t).Linked)
		}

		// Without a webhook the weekly look finds what went into the archive.
		e.TellAt("", "")
		e.Archive(portal, ben)
		b.poll(t)
		if got := b.holder(t, crm.EmailIdentity, "ben@h.example"); got.Status != crm.Active {
			t.Errorf("a search tells of the archive: %s", got.Status)
		}
		b.Sleep(9 * 24 * time.Hour)
		b.work(t, crm.FeedContacts)
		if got := b.holder(t, crm.EmailIdentity, "ben@h.example"); got.Status != crm.Archived {
			t.Errorf("after the weekly look: %s", got.Status)
		}

		// An e-mail that another contact there has is refused, with its id.
		b.pushOn(t)
		taken := put("Taken", "taken@h.example")
		_, err = b.Contacts.Put(t.Context(), b.M, crm.Draft{Fields: map[crm.Field]string{crm.FirstName: "New", crm.LastName: "One"}, Email: new("taken@h.example")})
		must(t, err)
		b.send(t)
		if p := b.pushes(t)[0]; p.State != crm.PushRefused || p.Code != "email_taken" || !strings.Contains(p.Reason, taken) {
			t.Errorf("it says %+v", p)
		}
		b.edit(t, c.ID, map[crm.Field]string{crm.ContactCountry: "GB", crm.FirstName: "Layla"})
		e.Fail("", emulator.Lost)
		b.send(t)
		b.send(t)
		if p := e.Contact(portal, loose).Properties; p["firstname"] != "Layla" || p["country"] != "United Kingdom" {
			t.Errorf("over there %v, sent %+v", p, b.pushes(t))
		}
	})
}

// S6: two refreshes at a time end an Intuit grant. Three nodes at three feeds, hour after
// hour, a day and more, make one each time.
func TestOneRefreshAtIntuit(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		e := qb.New(qb.Config{ClientID: "client", ClientSecret: "hush", WebhookKey: "verifier-token", PerSecond: -1, PerMinute: -1, RefreshTakes: 30 * time.Millisecond, Now: w.Now})
		realm := e.AddCompany("Birch & Sons", "GB", "GBP", false)
		id := e.PutCustomer(realm, customer("Jay", "Shah", "jay@shah.example"))
		b, _ := other(t, w, quickbooks.Kind, e.Handler(), e.Consent, nil)
		b.sync(t)
		b.pushOn(t)
		for round := 1; round <= 6; round++ {
			b.Sleep(5 * time.Hour)
			e.Change(realm, id, func(k *qb.Customer) { k.Notes += "." })
			b.edit(t, b.holder(t, crm.EmailIdentity, "jay@shah.example").ID, map[crm.Field]string{crm.ContactCity: strings.Repeat("y", round)})
			var all sync.WaitGroup
			for _, kind := range []crm.FeedKind{crm.FeedContacts, crm.FeedInvoices, crm.FeedPush} {
				node := b.node()
				all.Go(func() {
					if _, err := node.Work(t.Context(), b.M.BusinessID, b.id, kind); err != nil {
						t.Errorf("%s: %v", kind, err)
					}
				})
			}
			all.Wait()
			if o := b.overview(t); o.State != crm.Connected || e.Refreshes() != round {
				t.Fatalf("round %d: %s, %d refreshes: %s", round, o.State, e.Refreshes(), o.Trouble())
			}
			b.Sleep(10 * time.Second)
			for _, kind := range []crm.FeedKind{crm.FeedContacts, crm.FeedInvoices, crm.FeedPush} {
				b.work(t, kind)
			}
		}
		if city := e.Customer(realm, id).ShipAddr; city == nil || city.City != "yyyyyy" {
			t.Errorf("what was sent last is not there: %+v", city)
		}
	})
}

// An hour in which nothing changes costs at most ten calls.
func TestQuietHour(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		books := qb.New(qb.Config{ClientID: "client", ClientSecret: "hush", WebhookKey: "verifier-token", PerSecond: -1, PerMinute: -1, Now: w.Now})
		realm := books.AddCompany("Birch & Sons", "GB", "GBP", false)
		books.PutCustomer(realm, customer("Jay", "Shah", "jay@shah.example"))
		hub := hs.New(hs.Config{ClientID: "client", ClientSecret: "hush", PerTenSeconds: -1, SearchesPerSecond: -1, Now: w.Now})
		hub.PutContact(hub.AddAccount("stillwater.example", "GBP"), "", map[string]string{"firstname": "Leila", "email": "leila@h.example"})
		for _, s := range []struct {
			kind    connector.Kind
			handler http.Handler
			consent func(string, ...string) string
			calls   func() []string
		}{{quickbooks.Kind, books.Handler(), books.Consent, books.Calls}, {hubspot.Kind, hub.Handler(), hub.Consent, hub.Calls}} {
			b, _ := other(t, w, s.kind, s.handler, s.consent, nil)
			b.sync(t)
			b.pushOn(t)
			b.poll(t)
			calls, events := len(s.calls()), b.eventCount(t)
			for range 60 {
				b.Sleep(time.Minute)
				for _, kind := range []crm.FeedKind{crm.FeedContacts, crm.FeedInvoices, crm.FeedPush} {
					b.work(t, kind)
				}
			}
			if n := len(s.calls()) - calls; n > 10 || n < 3 || b.eventCount(t) != events {
				t.Errorf("%s: %d calls in an hour, %d events more", s.kind.Name, n, b.eventCount(t)-events)
			}
		}
	})
}

// Where an account of HubSpot has made properties for a middle name and a billing address,
// these are followed and sent as the rest is; what it has not made stays here (H.1).
func TestHubSpotCustomProperties(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		e := hs.New(hs.Config{ClientID: "client", ClientSecret: "hush", PerTenSeconds: -1, SearchesPerSecond: -1, Now: w.Now})
		portal := e.AddAccount("stillwater.example", "GBP")
		e.AddProperties(portal, "middle_name", "billing_city", "billing_country")
		leila := e.PutContact(portal, "", map[string]string{"firstname": "Leila", "lastname": "Haddad", "email": "leila@h.example", "middle_name": "Nour", "billing_city": "Leeds", "billing_country": "United Kingdom"})
		b, _ := other(t, w, hubspot.Kind, e.Handler(), e.Consent, nil)
		b.sync(t)
		c := b.holder(t, crm.EmailIdentity, "leila@h.example")
		if c.MiddleName != "Nour" || c.Billing.City != "Leeds" || c.Billing.Country != "GB" {
			t.Fatalf("here %q, %+v", c.MiddleName, c.Billing)
		}
		if fields := b.overview(t).Kind.Fields; !slices.Contains(fields, "billing_address.city") || slices.Contains(fields, "billing_address.street") {
			t.Errorf("it is said to keep %v", fields)
		}
		b.pushOn(t)
		b.edit(t, c.ID, map[crm.Field]string{crm.MiddleName: "N.", "billing_address.street": "1 High St", "billing_address.country": "FR"})
		b.send(t)
		there := e.Contact(portal, leila).Properties
		if there["middle_name"] != "N." || there["billing_country"] != "France" || there["billing_city"] != "Leeds" || there["billing_address"] != "" {
			t.Fatalf("there %v: %+v", there, b.pushes(t))
		}
		e.PutContact(portal, leila, map[string]string{"middle_name": "Noor"})
		b.poll(t)
		if c := b.holder(t, crm.EmailIdentity, "leila@h.example"); c.MiddleName != "Noor" || c.Billing.Street != "1 High St" {
			t.Fatalf("here %q, %+v", c.MiddleName, c.Billing)
		}
		if list := b.pushes(t); len(list) != 1 || list[0].State != crm.PushSent {
			t.Errorf("sent: %+v", list)
		}
	})
}
