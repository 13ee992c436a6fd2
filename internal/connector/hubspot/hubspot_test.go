package hubspot_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"parley/internal/connector"
	"parley/internal/connector/connectortest"
	"parley/internal/connector/hubspot"
	hs "parley/internal/connector/hubspotemulator"
)

const (
	callbackURL = "https://parley.example/oauth/callback/hubspot"
	hookURL     = "https://parley.example/hooks/hubspot"
)

// clock is one that goes on when it is told to. The one over there may be ahead of ours.
type clock struct {
	mu    sync.Mutex
	at    time.Time
	ahead time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) there() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at.Add(c.ahead)
}

func (c *clock) sleep(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// account is an emulated HubSpot with one account.
type account struct {
	*clock
	*hs.Emulator
	portal string
	app    connector.App
}

func start(t *testing.T, change func(*hs.Config)) *account {
	t.Helper()
	o := &account{clock: &clock{at: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}}
	config := hs.Config{ClientID: "client", ClientSecret: "client-secret", PerTenSeconds: -1, SearchesPerSecond: -1, Now: o.there}
	if change != nil {
		change(&config)
	}
	o.Emulator = hs.New(config)
	o.portal = o.AddAccount("stillwater.example", "GBP")
	server := httptest.NewServer(o.Handler())
	t.Cleanup(server.Close)
	o.app = connector.App{ClientID: "client", ClientSecret: "client-secret", BaseURL: server.URL, RedirectURL: callbackURL, HTTP: server.Client(), Now: o.now}
	return o
}

// connect consents and answers with the connector and what it may call.
func (o *account) connect(t *testing.T) (connector.Connector, connector.Access, connector.Token) {
	t.Helper()
	conn := hubspot.Kind.Open(o.app)
	token, orgs, err := conn.Exchange(t.Context(), callback(t, o.Consent(conn.AuthorizeURL("s", "v"))), "v")
	must(t, err)
	return conn, connector.Access{Token: token.Access, Org: orgs[0]}, token
}

func callback(t *testing.T, address string) url.Values {
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

// call is a webhook, signed.
func call(body string, at time.Time) connector.Call {
	stamp := strconv.FormatInt(at.UnixMilli(), 10)
	return connector.Call{Method: http.MethodPost, URL: hookURL, Body: []byte(body), Now: at, Header: http.Header{"X-Hubspot-Request-Timestamp": {stamp},
		"X-Hubspot-Signature-V3": {hs.Sign("client-secret", http.MethodPost, hookURL, []byte(body), stamp)}}}
}

func TestConformance(t *testing.T) {
	connectortest.Run(t, func(t *testing.T) connectortest.Subject {
		o := start(t, func(c *hs.Config) { c.PageSize = 25 })
		s := connectortest.Subject{Kind: hubspot.Kind, App: o.app, Wait: o.sleep, Kill: o.Kill, Expire: o.Expire}
		s.Consent = func(address string) url.Values { return callback(t, o.Consent(address)) }
		s.Put = func(p connectortest.Person) string {
			return o.PutContact(o.portal, p.ID, map[string]string{"firstname": p.First, "lastname": p.Last, "company": p.Business, "email": p.Email, "mobilephone": p.Phone, "city": p.City})
		}
		s.Get = func(id string) connectortest.Person {
			p := o.Contact(o.portal, id).Properties
			return connectortest.Person{ID: id, First: p["firstname"], Last: p["lastname"], Business: p["company"], Email: p["email"], Phone: p["mobilephone"], City: p["city"]}
		}
		s.Archive = func(id string) { o.Archive(o.portal, id) }
		s.Fail = o.Fail
		s.Ahead = func(d time.Duration) {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.ahead, o.Last = d, time.Time{}
		}
		s.Hook = func(person string) connector.Call { return call(string(o.Hook(o.portal, person)), o.now()) }
		return s
	})
}
