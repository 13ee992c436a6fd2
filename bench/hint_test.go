package bench

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"parley/internal/api"
	"parley/internal/app/apptest"
	"parley/internal/connector"
	"parley/internal/connector/xero"
	"parley/internal/connector/xeroemulator"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/events"
	"parley/internal/jobs"
	"parley/internal/store"
)

// BenchmarkHint changes people over there, one after another and then 300 at once, has
// Xero's webhooks delivered over HTTP, and waits until the contacts here have the change:
// with the workers of a node, and with Xero's limit of 60 calls a minute. The goal is 30
// seconds.
func BenchmarkHint(b *testing.B) {
	for _, e := range engines {
		b.Run(e.name, func(b *testing.B) {
			for b.Loop() {
				benchmarkHint(b, apptest.New(b, e.open(b)))
			}
		})
	}
}

func benchmarkHint(b *testing.B, w *apptest.World) {
	w.Accounts.Now, w.Contacts.Now = time.Now, time.Now
	e := xeroemulator.New(xeroemulator.Config{ClientID: "client", ClientSecret: "hush", WebhookKey: "key"})
	org := e.AddOrg("Acme", "GB", "GBP")
	person := func(n int, city string) xeroemulator.Contact {
		return xeroemulator.Contact{Name: fmt.Sprintf("P %d", n), FirstName: "P", LastName: fmt.Sprint(n), EmailAddress: fmt.Sprintf("p%d@many.example", n),
			Addresses: []xeroemulator.Address{{AddressType: "STREET", City: city}}}
	}
	var people []xeroemulator.Contact
	for n := range 300 {
		c := person(n, "Leeds")
		c.ContactID = e.PutContact(org, c)
		people = append(people, c)
	}
	there := httptest.NewServer(e.Handler())
	defer there.Close()
	w.Accounts.Kinds = []connector.Kind{xero.Kind}
	w.Accounts.App = func(string) connector.App {
		return connector.App{ClientID: "client", ClientSecret: "hush", WebhookKey: "key", BaseURL: there.URL, IdentityURL: there.URL, RedirectURL: "https://parley.example/oauth/callback/xero"}
	}
	queue, err := jobs.New(w.DB, jobs.Rooms{Inbox: w.Inbox, Contacts: w.Contacts, Accounts: w.Accounts}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	w.Accounts.Enqueue = queue.Sync
	if err := queue.Start(context.WithoutCancel(b.Context())); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = queue.Stop(context.WithoutCancel(b.Context())) }()
	here := httptest.NewServer(api.New(api.Deps{Contacts: w.Contacts, Accounts: w.Accounts, Inbox: w.Inbox, Team: w.Team, Events: events.New(w.DB, nil),
		PublicURL: func(*http.Request) string { return "https://parley.example" }}))
	defer here.Close()
	e.TellAt(here.URL + "/hooks/xero")
	c, address, err := w.Accounts.Connect(b.Context(), w.M, "secret", "xero")
	if err == nil {
		u, _ := url.Parse(e.Consent(address))
		c, err = w.Accounts.Callback(b.Context(), w.M, "secret", "xero", u.Query())
	}
	if err == nil {
		err = w.Accounts.Sync(b.Context(), w.M, c.ID)
	}
	if err != nil {
		b.Fatal(err)
	}
	arrived := func(city string, n int) bool {
		found := 0
		err := w.DB.Read(b.Context(), func(tx *db.Tx) error {
			list, err := store.Contacts(tx, w.M, crm.Filter{}, crm.NewestFirst, nil, 1000)
			found = len(slices.DeleteFunc(list, func(c *crm.Contact) bool { return *c.Text("contact_address.city") != city }))
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		return found >= n
	}
	wait := func(city string, n int) time.Duration {
		begun := time.Now()
		for !arrived(city, n) {
			if time.Since(begun) > time.Minute {
				b.Fatalf("%s does not arrive", city)
			}
			time.Sleep(20 * time.Millisecond)
		}
		return time.Since(begun)
	}
	wait("Leeds", len(people))
	change := func(n int, city string) {
		moved := person(n, city)
		moved.ContactID = people[n].ContactID
		e.PutContact(org, moved)
	}
	var took []time.Duration
	for n := range 10 {
		time.Sleep(time.Duration(n) * 300 * time.Millisecond) // at another moment between two looks
		city := fmt.Sprintf("City %d", n)
		change(n, city)
		e.Tell()
		took = append(took, wait(city, 1))
	}
	for n := range people {
		change(n, "York")
		if n%10 == 9 {
			e.Tell()
		}
	}
	all := wait("York", len(people))
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2].Seconds(), "s/median")
	b.ReportMetric(took[len(took)-1].Seconds(), "s/slowest")
	b.ReportMetric(all.Seconds(), "s/300-at-once")
	b.ReportMetric(0, "ns/op")
	if took[len(took)-1] > 30*time.Second {
		b.Errorf("a change arrives after %s", took[len(took)-1])
	}
}
