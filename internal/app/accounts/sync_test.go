package accounts_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"parley/internal/app/accounts"
	"parley/internal/app/apptest"
	"parley/internal/app/contacts"
	"parley/internal/connector"
	"parley/internal/connector/emulator"
	"parley/internal/connector/xero"
	"parley/internal/connector/xeroemulator"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

const (
	secret      = "the session of M"
	callbackURL = "https://parley.example/oauth/callback/xero"
)

// books are a world with an emulated Xero and a connection to it.
type books struct {
	*apptest.World
	xero *xeroemulator.Emulator
	org  string
	id   crm.ID // of the connection, once there is one
}

// eachBooks runs f with books of its own on each engine.
func eachBooks(t *testing.T, f func(t *testing.T, b *books)) {
	t.Helper()
	apptest.Each(t, func(t *testing.T, w *apptest.World) { f(t, newBooks(t, w)) })
}

func newBooks(t testing.TB, w *apptest.World) *books {
	t.Helper()
	b := &books{World: w}
	b.xero = xeroemulator.New(xeroemulator.Config{ClientID: "client", ClientSecret: "hush", WebhookKey: "xero-webhook-key", Now: w.Now})
	b.org = b.xero.AddOrg("Rosas Flowers Ltd", "GB", "GBP")
	server := httptest.NewServer(b.xero.Handler())
	t.Cleanup(server.Close)
	w.Accounts.Kinds = []connector.Kind{xero.Kind}
	w.Accounts.App = func(string) connector.App {
		return connector.App{ClientID: "client", ClientSecret: "hush", WebhookKey: "xero-webhook-key", BaseURL: server.URL, IdentityURL: server.URL,
			RedirectURL: callbackURL, HTTP: server.Client()}
	}
	return b
}

// connect connects as an admin does.
func (b *books) connect(t testing.TB) {
	t.Helper()
	c, address, err := b.Accounts.Connect(t.Context(), b.M, secret, "xero")
	must(t, err)
	c, err = b.Accounts.Callback(t.Context(), b.M, secret, "xero", query(t, b.xero.Consent(address)))
	must(t, err)
	if c.State != crm.Connected {
		t.Fatalf("the connection is %s: %+v", c.State, c)
	}
	b.id = c.ID
}

func query(t testing.TB, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	must(t, err)
	return u.Query()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// work works a feed off until nothing is due.
func (b *books) work(t testing.TB, kind crm.FeedKind) {
	t.Helper()
	for range 1000 {
		again, err := b.Accounts.Work(t.Context(), b.M.BusinessID, b.id, kind)
		must(t, err)
		if again == 0 {
			return
		}
	}
	t.Fatal("the work does not end")
}

// sync begins or repeats a run and works it off.
func (b *books) sync(t testing.TB) {
	t.Helper()
	must(t, b.Accounts.Sync(t.Context(), b.M, b.id))
	b.work(t, crm.FeedContacts)
	b.work(t, crm.FeedInvoices)
}

func (b *books) overview(t testing.TB) accounts.Overview {
	t.Helper()
	o, err := b.Accounts.Connection(t.Context(), b.M, b.id)
	must(t, err)
	return o
}

// holder is the contact with a phone or e-mail, or nil.
func (b *books) holder(t testing.TB, kind crm.IdentityKind, value string) *crm.Contact {
	t.Helper()
	var c *crm.Contact
	must(t, b.DB.Read(t.Context(), func(tx *db.Tx) error {
		list, err := store.Holders(tx, b.M.BusinessID, []crm.Identity{{Kind: kind, Value: value}})
		if err != nil || len(list) == 0 || list[0].ContactID == "" {
			return err
		}
		found, err := store.ContactsByID(tx, b.M.BusinessID, []crm.ID{list[0].ContactID})
		if err == nil && len(found) > 0 {
			c = found[0]
		}
		return err
	}))
	return c
}

func mobile(number string) []xeroemulator.Phone {
	return []xeroemulator.Phone{{PhoneType: "MOBILE", PhoneCountryCode: "44", PhoneNumber: number}}
}

func priya() xeroemulator.Contact {
	return xeroemulator.Contact{Name: "Shah & Co", FirstName: "Priya", LastName: "Shah", EmailAddress: "priya@shah.example", Phones: mobile("7400123456"), IsCustomer: true,
		Addresses: []xeroemulator.Address{{AddressType: "STREET", AddressLine1: "1 High St", AddressLine2: "Flat 2", City: "Leeds", PostalCode: "LS1 1AA", Country: "United Kingdom"}}}
}

func TestFirstRun(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		id := b.xero.PutContact(b.org, priya())
		b.xero.PutContact(b.org, xeroemulator.Contact{Name: "The Old Dairy Ltd", EmailAddress: "hello@olddairy.example", IsCustomer: true})
		b.xero.PutContact(b.org, xeroemulator.Contact{Name: "Bulbs BV", EmailAddress: "sales@bulbs.example", IsSupplier: true})
		b.xero.PutContact(b.org, xeroemulator.Contact{Name: "Cash sale"})
		b.xero.PutContact(b.org, xeroemulator.Contact{Name: "Somebody else", FirstName: "Some", LastName: "Body", Phones: mobile("7400123456")})
		invoice := b.xero.PutInvoice(b.org, xeroemulator.Invoice{InvoiceNumber: "INV-1", Status: "AUTHORISED", ContactID: id, Total: "120", AmountDue: "120"})
		b.connect(t)

		must(t, b.Accounts.Preview(t.Context(), b.M, b.id))
		b.work(t, crm.FeedContacts)
		o := b.overview(t)
		want := crm.SyncCounts{crm.SyncNew: 2, crm.SyncReview: 2, crm.SyncLeftOut: 1}
		if !o.Previewed() || !equalCounts(o.LastRun(crm.FeedContacts).Counts, want) {
			t.Fatalf("the preview says %v, want %v (%s)", o.LastRun(crm.FeedContacts).Counts, want, o.Trouble())
		}
		if o.Linked > 0 || b.holder(t, crm.EmailIdentity, "priya@shah.example") != nil {
			t.Fatal("the preview wrote something")
		}

		b.sync(t)
		o = b.overview(t)
		if !equalCounts(o.LastRun(crm.FeedContacts).Counts, want) || o.Review != 2 || o.Linked != 2 || o.Invoices != 1 {
			t.Fatalf("the run says %v, %d to review, %d linked, %d invoices (%s)", o.LastRun(crm.FeedContacts).Counts, o.Review, o.Linked, o.Invoices, o.Trouble())
		}
		c := b.holder(t, crm.PhoneIdentity, "+447400123456")
		if c == nil || c.Name() != "Priya Shah" || c.BusinessName != "Shah & Co" || c.Email() != "priya@shah.example" || c.Source != crm.SourceXero ||
			c.Contact != (crm.Address{Street: "1 High St\nFlat 2", City: "Leeds", PostalCode: "LS1 1AA", Country: "GB"}) {
			t.Fatalf("Priya is %+v", c)
		}
		firm := b.holder(t, crm.EmailIdentity, "hello@olddairy.example")
		if firm == nil || firm.BusinessName != "The Old Dairy Ltd" || !firm.NameIsPlaceholder || firm.FirstName == "" {
			t.Fatalf("the firm is %+v", firm)
		}
		page, err := b.Accounts.List(t.Context(), b.M, store.InvoiceFilter{Contact: c.ID, Open: true}, nil, 10, false)
		must(t, err)
		if len(page.Invoices) != 1 || page.Invoices[0].Total != "120.00" || page.Invoices[0].Status != crm.InvoiceSent {
			t.Fatalf("the invoices are %+v", page.Invoices)
		}

		// Everything again changes nothing.
		before := b.eventCount(t)
		must(t, b.Accounts.Sweep(t.Context(), b.M, b.id))
		b.work(t, crm.FeedContacts)
		b.work(t, crm.FeedInvoices)
		o = b.overview(t)
		if n := o.LastRun(crm.FeedContacts).Counts[crm.SyncUnchanged]; n != 2 || b.eventCount(t) != before {
			t.Fatalf("%v; %d events before, %d after", o.LastRun(crm.FeedContacts).Counts, before, b.eventCount(t))
		}

		// It is paid there.
		i := b.xero.Invoice(b.org, invoice)
		i.Status, i.AmountDue = "PAID", "0"
		b.xero.PutInvoice(b.org, i)
		b.Sleep(16 * time.Minute)
		b.work(t, crm.FeedInvoices)
		page, err = b.Accounts.List(t.Context(), b.M, store.InvoiceFilter{Contact: c.ID}, nil, 10, false)
		must(t, err)
		if len(page.Invoices) != 1 || page.Invoices[0].Status != crm.InvoicePaid || page.Invoices[0].AmountDue != "0.00" {
			t.Fatalf("the invoices are %+v", page.Invoices)
		}
	})
}

// eventCount counts the events of contacts and invoices.
func (b *books) eventCount(t testing.TB) int {
	t.Helper()
	n := 0
	must(t, b.DB.Read(t.Context(), func(tx *db.Tx) error {
		list, err := store.EventsAfter(tx, b.M.BusinessID, store.Cursor{}, 10000)
		for _, e := range list {
			if e.ContactID != "" || e.Type == crm.InvoiceChanged || e.Type == crm.InvoiceCreated {
				n++
			}
		}
		return err
	}))
	return n
}

func equalCounts(a, b crm.SyncCounts) bool {
	for _, o := range crm.SyncOutcomes {
		if a[o] != b[o] {
			return false
		}
	}
	return true
}

// TestFollow: what is typed over there arrives, by webhook and by poll; nothing of ours is
// lost; what is empty there erases nothing.
func TestFollow(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		id := b.xero.PutContact(b.org, priya())
		b.connect(t)
		b.sync(t)
		b.xero.Change(b.org, id, func(c *xeroemulator.Contact) {
			c.LastName, c.EmailAddress, c.Addresses[0].City = "Patel", "", "York"
		})
		hook := func() {
			body := []byte(`{"events":[{"resourceId":"` + id + `","tenantId":"` + b.org + `","eventCategory":"CONTACT","eventType":"UPDATE"}],"firstEventSequence":1,"lastEventSequence":1,"entropy":"x"}`)
			must(t, b.Accounts.Receive(t.Context(), "xero", connector.Call{Body: body, Header: http.Header{"X-Xero-Signature": {emulator.Sign("xero-webhook-key", body)}}}))
		}
		hook()
		b.Sleep(5 * time.Second)
		b.work(t, crm.FeedContacts)
		c := b.holder(t, crm.PhoneIdentity, "+447400123456")
		if c.LastName != "Patel" || c.Contact.City != "York" || c.Email() != "priya@shah.example" {
			t.Fatalf("after the webhook: %+v", c)
		}

		// Both change a field: theirs stands, and ours is in the history.
		_, err := b.Contacts.Put(t.Context(), b.M, crm.Draft{ID: c.ID, Version: c.Version, Fields: map[crm.Field]string{crm.ContactCity: "Selby", crm.Notes: "Prefers tulips"}})
		must(t, err)
		b.xero.Change(b.org, id, func(c *xeroemulator.Contact) { c.Addresses[0].City = "Hull" })
		b.Sleep(16 * time.Minute)
		b.work(t, crm.FeedContacts)
		c = b.holder(t, crm.PhoneIdentity, "+447400123456")
		if c.Contact.City != "Hull" || c.Notes != "Prefers tulips" {
			t.Fatalf("after both: %+v", c)
		}
		history, err := b.Contacts.History(t.Context(), b.M, c.ID, nil, 5)
		must(t, err)
		if e := history[0]; e.ActorName != "Xero" || e.Via != crm.ViaSync || len(e.Changes) != 1 || e.Changes[0].Old != "Selby" || e.Changes[0].New != "Hull" {
			t.Fatalf("the history says %+v", e)
		}

		// Put back, it stays so until they change it again.
		_, err = b.Contacts.PutBack(t.Context(), b.M, c.ID, contacts.Earlier{Event: history[0].Cursor, Field: history[0].Changes[0].Field})
		must(t, err)
		b.xero.Change(b.org, id, func(c *xeroemulator.Contact) { c.FirstName = "Pia" })
		b.Sleep(16 * time.Minute)
		b.work(t, crm.FeedContacts)
		if c = b.holder(t, crm.PhoneIdentity, "+447400123456"); c.Contact.City != "Selby" || c.FirstName != "Pia" {
			t.Fatalf("put back: %+v", c)
		}
		b.xero.Change(b.org, id, func(c *xeroemulator.Contact) { c.Addresses[0].City = "Bath" })
		b.Sleep(16 * time.Minute)
		b.work(t, crm.FeedContacts)
		if c = b.holder(t, crm.PhoneIdentity, "+447400123456"); c.Contact.City != "Bath" {
			t.Fatalf("changed there after: %+v", c)
		}
	})
}
