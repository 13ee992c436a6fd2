package accounts_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"testing"
	"time"

	"parley/internal/app/accounts"
	"parley/internal/app/apptest"
	"parley/internal/connector"
	"parley/internal/connector/emulator"
	"parley/internal/connector/hubspot"
	hs "parley/internal/connector/hubspotemulator"
	"parley/internal/connector/xeroemulator"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// node is another process on the same database.
func (b *books) node() *accounts.Accounts {
	a := b.Accounts
	return &accounts.Accounts{DB: a.DB, Now: a.Now, Wake: a.Wake, Contacts: a.Contacts, Sealer: a.Sealer, Kinds: a.Kinds, App: a.App, Enqueue: a.Enqueue}
}

// meanwhile is a network on which something else happens while a token is made.
type meanwhile struct {
	http.RoundTripper
	f func()
}

func (m *meanwhile) RoundTrip(r *http.Request) (*http.Response, error) {
	if f := m.f; f != nil && r.URL.Path == "/connect/token" {
		m.f = nil
		f()
	}
	return m.RoundTripper.RoundTrip(r)
}

// S6: one refresh over all nodes: while one makes a token, the others wait for it, and use
// it then.
func TestOneRefresh(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		b.xero.PutContact(b.org, priya())
		network := &meanwhile{RoundTripper: http.DefaultTransport}
		app := b.Accounts.App("xero")
		app.HTTP = &http.Client{Transport: network}
		b.Accounts.App = func(string) connector.App { return app }
		b.connect(t)
		b.sync(t)
		b.pushOn(t)
		for round := 1; round <= 3; round++ {
			b.Sleep(40 * time.Minute)
			met := 0
			network.f = func() {
				for _, kind := range []crm.FeedKind{crm.FeedInvoices, crm.FeedPush} {
					again, err := b.node().Work(t.Context(), b.M.BusinessID, b.id, kind)
					if must(t, err); again == 0 {
						met++
					}
				}
			}
			b.work(t, crm.FeedContacts)
			if n := b.xero.Refreshes(); n != round || met != 2 {
				t.Fatalf("%d refreshes in %d rounds, %d others met it", n, round, met)
			}
			b.Sleep(time.Minute)
			b.work(t, crm.FeedInvoices)
			b.work(t, crm.FeedPush)
			if o := b.overview(t); o.State != crm.Connected || o.Trouble() != "" || b.xero.Refreshes() != round {
				t.Fatalf("it is %s, after %d refreshes: %s", o.State, b.xero.Refreshes(), o.Trouble())
			}
		}
	})
}

// S6: a token that was made and could not be kept, because its node died, is made again by
// another within the half hour in which Xero takes the old one.
func TestRefreshOfANodeThatDied(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		b.xero.PutContact(b.org, priya())
		app := b.Accounts.App("xero")
		died := false
		app.HTTP = &http.Client{Transport: lost{&died}}
		node := b.node()
		node.App = func(string) connector.App { return app }
		b.connect(t)
		b.sync(t)
		b.Sleep(40 * time.Minute)
		died = true
		_, _ = node.Work(t.Context(), b.M.BusinessID, b.id, crm.FeedContacts)
		b.Sleep(5 * time.Minute)
		b.work(t, crm.FeedContacts)
		if o := b.overview(t); o.State != crm.Connected || o.Trouble() != "" || b.xero.Refreshes() != 2 {
			t.Fatalf("it is %s, after %d refreshes: %s", o.State, b.xero.Refreshes(), o.Trouble())
		}
	})
}

// lost is a network that loses the answer with a token.
type lost struct{ on *bool }

func (l lost) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && *l.on && r.URL.Path == "/connect/token" {
		_ = response.Body.Close()
		return nil, io.ErrUnexpectedEOF
	}
	return response, err
}

// S6: a dead grant says reconnect at once and calls nobody any more, until it is connected
// again. What could not be seen meanwhile counts as open (C6).
func TestDeadGrant(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		id := b.xero.PutContact(b.org, priya())
		b.xero.PutInvoice(b.org, xeroemulator.Invoice{InvoiceNumber: "INV-1", Status: "PAID", ContactID: id, Total: "120"})
		b.connect(t)
		b.sync(t)
		b.xero.Kill()
		b.Sleep(40 * time.Minute)
		b.work(t, crm.FeedContacts)
		if o := b.overview(t); o.State != crm.Reconnect || o.Problem == "" {
			t.Fatalf("it is %s: %s", o.State, o.Problem)
		}
		calls := len(b.xero.Calls())
		b.Sleep(24 * time.Hour)
		for _, kind := range []crm.FeedKind{crm.FeedContacts, crm.FeedInvoices, crm.FeedPush} {
			b.work(t, kind)
		}
		if n := len(b.xero.Calls()); n != calls {
			t.Fatalf("%d calls of a dead connection", n-calls)
		}
		if err := b.Accounts.Sync(t.Context(), b.M, b.id); crm.KindOf(err) != crm.Conflicting {
			t.Fatalf("a dead connection can be synced: %v", err)
		}
		c := b.holder(t, crm.PhoneIdentity, "+447400123456")
		if d, err := b.Contacts.PreviewDelete(t.Context(), b.M, c.ID); err != nil || !d.Archived {
			t.Fatalf("an invoice that nobody can see does not count as open: %+v %v", d, err)
		}
		b.xero.PutContact(b.org, xeroemulator.Contact{Name: "New", FirstName: "New", LastName: "One", EmailAddress: "new@one.example"})
		address, err := b.Accounts.Reconnect(t.Context(), b.M, secret, b.id)
		must(t, err)
		_, err = b.Accounts.Callback(t.Context(), b.M, secret, "xero", query(t, b.xero.Consent(address)))
		must(t, err)
		b.work(t, crm.FeedContacts)
		b.work(t, crm.FeedInvoices)
		if o := b.overview(t); o.State != crm.Connected || o.Linked != 2 || o.Trouble() != "" {
			t.Fatalf("it is %s, %d linked: %s", o.State, o.Linked, o.Trouble())
		}
		if d, err := b.Contacts.PreviewDelete(t.Context(), b.M, c.ID); err != nil || d.Archived {
			t.Fatalf("a paid invoice counts as open: %+v %v", d, err)
		}
	})
}

func (b *books) feed(t testing.TB, kind crm.FeedKind) (f store.Feed) {
	t.Helper()
	must(t, b.DB.Write(t.Context(), func(tx *db.Tx) (err error) {
		f, err = store.LockFeed(tx, b.M.BusinessID, b.id, kind)
		return err
	}))
	return f
}

// Storms: it waits as it is told, the cursor stays where it was, it says what it saw, and
// in the end everything is here.
func TestStorms(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		b.xero.PageSize = 10
		b.connect(t)
		b.sync(t)
		for n := range 35 {
			b.xero.Fill(b.org, xeroemulator.Contact{Name: fmt.Sprintf("Customer %d", n), FirstName: "C", LastName: fmt.Sprint(n), EmailAddress: fmt.Sprintf("c%d@many.example", n)})
		}
		cursor := b.feed(t, crm.FeedContacts).Cursor
		for _, fault := range []struct {
			emulator.Fault
			says string
			wait time.Duration
		}{{emulator.TooMany, "", 7 * time.Second}, {emulator.Broken, "It has a fault.", 20 * time.Second}, {emulator.Away, "It has a fault.", 20 * time.Second},
			{emulator.Page, "Scheduled maintenance", 20 * time.Second}, {emulator.Truncated, "broke off after", 20 * time.Second}, {emulator.Other, "without the records", 20 * time.Second}} {
			b.Sleep(16 * time.Minute)
			b.xero.Fail(fault.Fault)
			calls := len(b.xero.Calls())
			b.work(t, crm.FeedContacts)
			f := b.feed(t, crm.FeedContacts)
			if f.Cursor != cursor || fault.says != "" && !contains(f.Problem, fault.says) {
				t.Fatalf("after %s: %q, cursor moved: %v", fault.Fault, f.Problem, f.Cursor != cursor)
			}
			b.work(t, crm.FeedContacts)
			if fault.Fault == emulator.TooMany { // it is the whole connection that was told to wait
				must(t, b.Accounts.Sync(t.Context(), b.M, b.id))
				b.work(t, crm.FeedContacts)
				b.work(t, crm.FeedInvoices)
			}
			b.Sleep(fault.wait - time.Second)
			b.work(t, crm.FeedContacts)
			if n := len(b.xero.Calls()); n != calls+1 {
				t.Fatalf("after %s it does not wait: %d calls", fault.Fault, n-calls)
			}
		}
		b.Sleep(16 * time.Minute)
		b.work(t, crm.FeedContacts)
		if o := b.overview(t); o.Linked != 35 || o.Trouble() != "" {
			t.Fatalf("%d linked: %s", o.Linked, o.Trouble())
		}
		calls := len(b.xero.Calls())
		b.Sleep(time.Hour)
		for range 8 { // an hour with nothing changed
			b.work(t, crm.FeedContacts)
			b.work(t, crm.FeedInvoices)
		}
		if n := len(b.xero.Calls()) - calls; n > 10 {
			t.Fatalf("%d calls in an hour", n)
		}
	})
}

func contains(text, part string) bool {
	for n := range len(text) - len(part) + 1 {
		if text[n:n+len(part)] == part {
			return true
		}
	}
	return false
}

// Twenty kills in the middle of a run: every record is here once.
func TestKills(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		const people = 1500
		b.xero.PageSize = 400
		var list []xeroemulator.Contact
		for n := range people {
			list = append(list, xeroemulator.Contact{Name: fmt.Sprintf("Customer %d", n), FirstName: "C", LastName: fmt.Sprint(n), EmailAddress: fmt.Sprintf("c%d@many.example", n)})
		}
		b.xero.Fill(b.org, list...)
		b.connect(t)
		must(t, b.Accounts.Sync(t.Context(), b.M, b.id))
		random := rand.New(rand.NewPCG(1, 2))
		for range 20 {
			ctx, kill := context.WithTimeout(t.Context(), time.Duration(random.IntN(60))*time.Millisecond)
			_, _ = b.Accounts.Work(ctx, b.M.BusinessID, b.id, crm.FeedContacts)
			kill()
			b.Sleep(2 * time.Minute)
		}
		b.Sleep(16 * time.Minute)
		b.work(t, crm.FeedContacts)
		o := b.overview(t)
		if counts := o.LastRun(crm.FeedContacts).Counts; o.Linked != people || o.Review != 0 || counts.Total() != people {
			t.Fatalf("%d linked, %d to review, counted %v: %s", o.Linked, o.Review, counts, o.Trouble())
		}
		if n := b.eventCount(t); n != people {
			t.Fatalf("%d events", n)
		}
	})
}

// Pages that repeat, one after another or in a circle, end the round: its cursor stays, it
// says so, and when the pages are right again everybody is here once.
func TestPagesThatRepeat(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		e := hs.New(hs.Config{ClientID: "client", ClientSecret: "hush", PerTenSeconds: -1, SearchesPerSecond: -1, PageSize: 5, Now: w.Now})
		portal := e.AddAccount("acme.example", "GBP")
		for n := range 40 {
			e.PutContact(portal, "", map[string]string{"firstname": "C", "lastname": fmt.Sprint(n), "email": fmt.Sprintf("c%d@many.example", n)})
		}
		length := 0 // of the circle, in pages
		var first string
		b, _ := other(t, w, hubspot.Kind, e.Handler(), e.Consent, func(r *http.Request) {
			q := r.URL.Query()
			after, err := strconv.Atoi(q.Get("after"))
			if err != nil || length == 0 || q.Get("archived") != "false" {
				return
			}
			if first == "" {
				first = q.Get("after")
			}
			if start, _ := strconv.Atoi(first); after >= start+5*length {
				q.Set("after", first)
				r.URL.RawQuery = q.Encode()
			}
		})
		for _, length = range []int{1, 2, 3, 5} {
			must(t, b.Accounts.Sync(t.Context(), b.M, b.id))
			for range 3 {
				b.work(t, crm.FeedContacts)
				b.Sleep(16 * time.Minute)
			}
			if f := b.feed(t, crm.FeedContacts); !contains(f.Problem, "the same page again and again") || f.Cursor != "" || f.Wanted != crm.SyncSweep {
				t.Fatalf("in a circle of %d: %q, %q is wanted, behind %q", length, f.Problem, f.Wanted, f.Cursor)
			}
		}
		length = 0
		must(t, b.Accounts.Sync(t.Context(), b.M, b.id))
		b.work(t, crm.FeedContacts)
		if o := b.overview(t); o.Linked != 40 || o.Trouble() != "" || o.Review != 0 {
			t.Fatalf("%d linked, %d to review: %s", o.Linked, o.Review, o.Trouble())
		}
	})
}

// A record that comes twice on a page is one.
func TestTwiceOnAPage(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		id := b.xero.PutContact(b.org, priya())
		again := priya()
		again.ContactID, again.LastName = id, "Patel"
		b.xero.Fill(b.org, again)
		b.connect(t)
		b.sync(t)
		if o := b.overview(t); o.Linked != 1 || o.Review != 0 {
			t.Fatalf("%d linked, %d to review", o.Linked, o.Review)
		}
		if c := b.holder(t, crm.PhoneIdentity, "+447400123456"); c.LastName != "Patel" {
			t.Errorf("it is %s", c.LastName)
		}
	})
}
