package accounts_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/connector"
	"parley/internal/connector/hubspot"
	hs "parley/internal/connector/hubspotemulator"
	"parley/internal/connector/quickbooks"
	qb "parley/internal/connector/quickbooksemulator"
	"parley/internal/connector/xero"
	"parley/internal/connector/xeroemulator"
	"parley/internal/crm"
)

// granter is an emulated system with one person, whose name can be changed over there.
type granter struct {
	name      string
	kind      connector.Kind
	handler   http.Handler
	consent   func(string, ...string) string
	rename    func(last string)
	tell      func(hooks string)
	kill      func()
	calls     func() []string
	refreshes func() int
	// survives says whether the grant outlives that a new token was made and never kept.
	survives bool
}

const granted = "priya@shah.example"

func xeroGranter(w *apptest.World) granter {
	e := xeroemulator.New(xeroemulator.Config{ClientID: "client", ClientSecret: "hush", WebhookKey: "verifier-token", Now: w.Now})
	org := e.AddOrg("Acme", "GB", "GBP")
	id := e.PutContact(org, priya())
	return granter{"xero", xero.Kind, e.Handler(), e.Consent, func(last string) { e.Change(org, id, func(c *xeroemulator.Contact) { c.LastName = last }) },
		func(hooks string) { e.TellAt(hooks) }, e.Kill, e.Calls, e.Refreshes, true}
}

func quickBooksGranter(name string, grace time.Duration) func(w *apptest.World) granter {
	return func(w *apptest.World) granter {
		e := qb.New(qb.Config{ClientID: "client", ClientSecret: "hush", WebhookKey: "verifier-token", PerSecond: -1, PerMinute: -1, Grace: grace, Now: w.Now})
		realm := e.AddCompany("Acme", "GB", "GBP", false)
		id := e.PutCustomer(realm, customer("Priya", "Shah", granted))
		return granter{name, quickbooks.Kind, e.Handler(), e.Consent, func(last string) { e.Change(realm, id, func(k *qb.Customer) { k.FamilyName = last }) },
			e.TellAt, e.Kill, e.Calls, e.Refreshes, grace > 0}
	}
}

func hubSpotGranter(name string, rotate bool) func(w *apptest.World) granter {
	return func(w *apptest.World) granter {
		e := hs.New(hs.Config{ClientID: "client", ClientSecret: "hush", PerTenSeconds: -1, SearchesPerSecond: -1, Rotate: rotate, Now: w.Now})
		portal := e.AddAccount("acme.example", "GBP")
		id := e.PutContact(portal, "", map[string]string{"firstname": "Priya", "lastname": "Shah", "email": granted})
		return granter{name, hubspot.Kind, e.Handler(), e.Consent, func(last string) { e.PutContact(portal, id, map[string]string{"lastname": last}) },
			func(hooks string) { e.TellAt(hooks, "") }, e.Kill, e.Calls, e.Refreshes, !rotate}
	}
}

// halting is the network of a node that dies at the very moment at which a provider has
// answered with a new token: nothing of it goes on.
type halting struct {
	answered, end chan struct{}
}

func (h *halting) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && strings.Contains(r.URL.Path, "token") {
		_ = response.Body.Close()
		close(h.answered)
		<-h.end
		return nil, errors.New("the node is dead")
	}
	return response, err
}

// S6: a node dies after the provider made a new token and before it was kept. Where the
// provider takes the old one again, as Xero does for half an hour, HubSpot always, and Intuit
// by what its client says, nothing is lost. Where it ended at once, as Intuit's help has it,
// the grant is gone, and that is said within a minute.
func TestDiesWithANewToken(t *testing.T) {
	for _, start := range []func(w *apptest.World) granter{xeroGranter, quickBooksGranter("quickbooks", 24*time.Hour), quickBooksGranter("quickbooks without grace", 0),
		hubSpotGranter("hubspot", false), hubSpotGranter("hubspot that rotates", true)} {
		apptest.Each(t, func(t *testing.T, w *apptest.World) {
			g := start(w)
			t.Log(g.name)
			b, _ := other(t, w, g.kind, g.handler, g.consent, nil)
			b.sync(t)
			b.Sleep(25 * time.Hour) // Intuit rotates once a day
			g.rename("Patel")
			network := &halting{make(chan struct{}), make(chan struct{})}
			app := b.Accounts.App(g.kind.Name)
			app.HTTP = &http.Client{Transport: network}
			dying := b.node()
			dying.App = func(string) connector.App { return app }
			ctx, kill := context.WithCancel(t.Context())
			gone := make(chan struct{})
			go func() {
				defer close(gone)
				_, _ = dying.Work(ctx, b.M.BusinessID, b.id, crm.FeedContacts)
			}()
			<-network.answered
			kill() // it says no more that it is alive
			defer func() { close(network.end); <-gone }()
			died := b.Now()
			calls := len(g.calls())
			for b.Now().Sub(died) < time.Minute && b.overview(t).State == crm.Connected {
				b.Sleep(2 * time.Second)
				b.work(t, crm.FeedContacts)
			}
			o := b.overview(t)
			last := b.holder(t, crm.EmailIdentity, granted).LastName
			switch {
			case g.survives && (o.State != crm.Connected || o.Trouble() != "" || last != "Patel" || g.refreshes() != 2):
				t.Errorf("%s: it is %s, after %d refreshes, and she is called %s: %s", g.name, o.State, g.refreshes(), last, o.Trouble())
			case !g.survives && (o.State != crm.Reconnect || o.Problem != "The permission was taken back or has expired. Connect it again." || len(g.calls()) != calls):
				t.Errorf("%s: after %s it is %s, %d calls later: %s", g.name, b.Now().Sub(died), o.State, len(g.calls())-calls, o.Trouble())
			}
		})
	}
}

// S6: a grant that was taken back over there is seen by the first call that meets it, be it a
// look that is due, a webhook or somebody who asks; and then nobody calls any more.
func TestDeadGrantIsSeenAtOnce(t *testing.T) {
	for _, start := range []func(w *apptest.World) granter{xeroGranter, quickBooksGranter("quickbooks", 0), hubSpotGranter("hubspot", false)} {
		for way, look := range map[string]struct {
			begin  func(t *testing.T, b *books, g granter)
			within time.Duration // is seen, and a minute
		}{
			"a look that is due": {func(*testing.T, *books, granter) {}, pollEvery},
			"a webhook":          {func(_ *testing.T, _ *books, g granter) { g.rename("Patel") }, 5 * time.Second},
			"sync now":           {func(t *testing.T, b *books, _ granter) { must(t, b.Accounts.Sync(t.Context(), b.M, b.id)) }, time.Second},
		} {
			apptest.Each(t, func(t *testing.T, w *apptest.World) {
				g := start(w)
				b, hooks := other(t, w, g.kind, g.handler, g.consent, nil)
				b.sync(t)
				g.tell(hooks)
				g.kill()
				calls, begun := len(g.calls()), b.Now()
				look.begin(t, b, g)
				for b.overview(t).State == crm.Connected && b.Now().Sub(begun) < time.Hour {
					b.work(t, crm.FeedContacts)
					b.Sleep(time.Second + look.within/20)
				}
				if o := b.overview(t); o.State != crm.Reconnect || b.Now().Sub(begun) > look.within+time.Minute || len(g.calls()) != calls+1 || g.refreshes() != 0 {
					t.Fatalf("%s, by %s: it is %s after %s and %d calls, %d refreshes", g.name, way, o.State, b.Now().Sub(begun), len(g.calls())-calls, g.refreshes())
				}
				if names, err := b.Accounts.Broken(t.Context(), b.M); err != nil || len(names) != 1 {
					t.Errorf("%s, by %s: admins see %v, %v", g.name, way, names, err)
				}
				for range 30 {
					b.Sleep(10 * time.Minute)
					for _, kind := range []crm.FeedKind{crm.FeedContacts, crm.FeedInvoices, crm.FeedPush} {
						b.work(t, kind)
					}
				}
				if n := len(g.calls()); n != calls+1 {
					t.Errorf("%s, by %s: %d calls after it was dead", g.name, way, n-calls-1)
				}
			})
		}
	}
}

// pollEvery is how often changes are looked for without a webhook.
const pollEvery = 15 * time.Minute
