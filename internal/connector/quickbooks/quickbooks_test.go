package quickbooks_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"parley/internal/connector"
	"parley/internal/connector/connectortest"
	"parley/internal/connector/emulator"
	"parley/internal/connector/quickbooks"
	qb "parley/internal/connector/quickbooksemulator"
)

const callbackURL = "https://parley.example/oauth/callback/quickbooks"

// clock is one that goes on when it is told to. The one over there may be ahead of ours.
type clock struct {
	at    time.Time
	ahead time.Duration
}

func (c *clock) now() time.Time        { return c.at }
func (c *clock) there() time.Time      { return c.at.Add(c.ahead) }
func (c *clock) sleep(d time.Duration) { c.at = c.at.Add(d) }

// company is an emulated QuickBooks with one company.
type company struct {
	*clock
	*qb.Emulator
	realm string
	app   connector.App
}

func start(t *testing.T, change func(*qb.Config)) *company {
	t.Helper()
	c := &company{clock: &clock{at: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}}
	config := qb.Config{ClientID: "client", ClientSecret: "hush", WebhookKey: "verifier-token", PerSecond: -1, PerMinute: -1, Now: c.there}
	if change != nil {
		change(&config)
	}
	c.Emulator = qb.New(config)
	c.realm = c.AddCompany("Birch & Sons", "GB", "GBP", false)
	server := httptest.NewServer(c.Handler())
	t.Cleanup(server.Close)
	c.app = connector.App{ClientID: "client", ClientSecret: "hush", WebhookKey: "verifier-token", BaseURL: server.URL, IdentityURL: server.URL, RedirectURL: callbackURL,
		HTTP: server.Client(), Now: c.now}
	held(t, c)
	return c
}

// connect consents and answers with the connector and what it may call.
func (c *company) connect(t *testing.T) (connector.Connector, connector.Access, connector.Token) {
	t.Helper()
	conn := quickbooks.Kind.Open(c.app)
	token, orgs, err := conn.Exchange(t.Context(), callback(t, c.Consent(conn.AuthorizeURL("s", "v"))), "v")
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

func person(p connectortest.Person) qb.Customer {
	k := qb.Customer{ID: p.ID, Active: true, GivenName: p.First, FamilyName: p.Last, CompanyName: p.Business, DisplayName: p.First + " " + p.Last,
		PrimaryEmailAddr: &qb.Email{Address: p.Email}, ShipAddr: &qb.Address{City: p.City}}
	if p.Phone != "" {
		k.Mobile = &qb.Phone{FreeFormNumber: p.Phone}
	}
	return k
}

func TestConformance(t *testing.T) {
	connectortest.Run(t, func(t *testing.T) connectortest.Subject {
		t.Cleanup(quickbooks.SetPageSize(25))
		c := start(t, nil)
		s := connectortest.Subject{Kind: quickbooks.Kind, App: c.app, Wait: c.sleep, Kill: c.Kill, Expire: c.Expire}
		s.Consent = func(address string) url.Values { return callback(t, c.Consent(address)) }
		s.Put = func(p connectortest.Person) string { return c.PutCustomer(c.realm, person(p)) }
		s.Get = func(id string) connectortest.Person {
			k := c.Customer(c.realm, id)
			p := connectortest.Person{ID: id, First: k.GivenName, Last: k.FamilyName, Business: k.CompanyName}
			if k.Mobile != nil {
				p.Phone = k.Mobile.FreeFormNumber
			}
			if k.PrimaryEmailAddr != nil {
				p.Email = k.PrimaryEmailAddr.Address
			}
			if k.ShipAddr != nil {
				p.City = k.ShipAddr.City
			}
			return p
		}
		s.Archive = func(id string) { c.Deactivate(c.realm, id) }
		s.Bill = func(person string) string {
			return c.PutInvoice(c.realm, qb.Invoice{CustomerRef: qb.Ref{Value: person}, TotalAmt: "120.00", Balance: "120.00"})
		}
		s.Settle = func(id string) { c.Pay(c.realm, id) }
		s.Fail = c.Fail
		s.Ahead = func(d time.Duration) { c.ahead, c.Last = d, time.Time{} }
		s.Hook = func(person string) connector.Call {
			body := c.Hook(c.realm, person)
			return connector.Call{Method: http.MethodPost, URL: "https://parley.example/hooks/quickbooks", Body: body, Now: c.now(),
				Header: http.Header{"Intuit-Signature": {emulator.Sign("verifier-token", body)}}}
		}
		return s
	})
}
