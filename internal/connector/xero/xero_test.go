package xero_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"parley/internal/connector"
	"parley/internal/connector/connectortest"
	"parley/internal/connector/emulator"
	"parley/internal/connector/xero"
	"parley/internal/connector/xeroemulator"
	"parley/internal/crm"
)

func TestConnector(t *testing.T) {
	connectortest.Run(t, func(t *testing.T) connectortest.Subject {
		now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
		clock := func() time.Time { return now }
		ahead := time.Duration(0)
		e := xeroemulator.New(xeroemulator.Config{ClientID: "client", ClientSecret: "hush", WebhookKey: "key", PageSize: 25, Now: func() time.Time { return now.Add(ahead) }})
		org := e.AddOrg("Acme", "GB", "GBP")
		server := httptest.NewServer(e.Handler())
		t.Cleanup(server.Close)
		return connectortest.Subject{Kind: xero.Kind,
			App: connector.App{ClientID: "client", ClientSecret: "hush", WebhookKey: "key", BaseURL: server.URL, IdentityURL: server.URL,
				RedirectURL: "https://parley.example/oauth/callback/xero", HTTP: checked(t, server), Now: clock},
			Consent: func(address string) url.Values {
				u, err := url.Parse(e.Consent(address))
				if err != nil {
					t.Fatal(err)
				}
				return u.Query()
			},
			Put: func(p connectortest.Person) string {
				c := xeroemulator.Contact{ContactID: p.ID, Name: p.Business, FirstName: p.First, LastName: p.Last, EmailAddress: p.Email,
					Phones:    []xeroemulator.Phone{{PhoneType: "DEFAULT"}, {PhoneType: "MOBILE", PhoneNumber: p.Phone}},
					Addresses: []xeroemulator.Address{{AddressType: "STREET", City: p.City}}}
				if c.Name == "" {
					c.Name = p.First + " " + p.Last
				}
				return e.PutContact(org, c)
			},
			Get: func(id string) connectortest.Person {
				c := e.Contact(org, id)
				p := connectortest.Person{ID: id, First: c.FirstName, Last: c.LastName, Business: c.Name, Email: c.EmailAddress}
				for _, phone := range c.Phones {
					p.Phone += phone.PhoneCountryCode + phone.PhoneNumber
				}
				return p
			},
			Archive: func(id string) { e.Change(org, id, func(c *xeroemulator.Contact) { c.ContactStatus = "ARCHIVED" }) },
			Bill: func(person string) string {
				return e.PutInvoice(org, xeroemulator.Invoice{InvoiceNumber: "INV-1", Status: "AUTHORISED", ContactID: person, Total: "120.00", AmountDue: "120.00"})
			},
			Settle: func(id string) {
				i := e.Invoice(org, id)
				i.Status, i.AmountDue = "PAID", "0.00"
				e.PutInvoice(org, i)
			},
			Fail: e.Fail,
			Kill: e.Kill, Expire: e.Expire,
			Hook: func(id string) connector.Call {
				body := []byte(`{"events":[{"resourceUrl":"https://api.xero.com/api.xro/2.0/Contacts/` + id + `","resourceId":"` + id + `","tenantId":"` + org +
					`","tenantType":"ORGANISATION","eventCategory":"CONTACT","eventType":"UPDATE","eventDateUtc":"2026-11-22T00:44:09.923"}],"firstEventSequence":76,"lastEventSequence":76,"entropy":"FXNG"}`)
				return connector.Call{Method: http.MethodPost, Header: http.Header{"X-Xero-Signature": {emulator.Sign("key", body)}}, Body: body, Now: now}
			},
			Wait:  func(d time.Duration) { now = now.Add(d) },
			Ahead: func(d time.Duration) { ahead, e.Last = d, time.Time{} },
		}
	})
}

// Xero's dates in all their forms.
func TestDates(t *testing.T) {
	for text, want := range map[string]string{"/Date(1551399321121+0000)/": "2019-03-01T00:15:21Z", "/Date(1551399321121+1300)/": "2019-03-01T00:15:21Z",
		"/Date(1551399321121)/": "2019-03-01T00:15:21Z", "/Date(-1000)/": "1969-12-31T23:59:59Z", "2019-03-01T00:15:21": "2019-03-01T00:15:21Z",
		"2019-03-01T13:15:21+13:00": "2019-03-01T00:15:21Z", "2019-03-01": "2019-03-01T00:00:00Z", "": "", "yesterday": "", "/Date(x)/": ""} {
		got := ""
		if at := xero.ReadTime(text); !at.IsZero() {
			got = at.Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

// The number that people typed, from its three parts.
func TestPhones(t *testing.T) {
	for want, parts := range map[string][3]string{"+44 7400 123456": {"44", "7400", "123456"}, "+44 20 7946 0018": {"+44", "020", "7946 0018"}, "+447400123456": {"44", "", "+447400123456"},
		"00447400123456": {"", "", "00447400123456"}, "01632 960001": {"", "01632", "960001"}, "": {"44", "7400", ""}, "+44 7400123456": {"0044", "", "07400123456"}} {
		if got := xero.JoinPhone(parts[2], parts[1], parts[0]); got != want {
			t.Errorf("%q is %q, want %q", parts, got, want)
		}
	}
}

// A record that cannot be read is damaged alone; the page around it is fine.
func TestDamaged(t *testing.T) {
	for _, raw := range []string{`{"ContactID":"x","Name":17}`, `{"ContactID":"x","Name":"A","UpdatedDateUTC":"soon"}`, `"x"`} {
		if r := xero.Record([]byte(raw)); r.Damaged == "" || strings.HasPrefix(raw, "{") && r.ID != "x" {
			t.Errorf("%s is %+v", raw, r)
		}
	}
}

// A contact that says that it was changed years from now does not move the place behind
// which changes are asked for: what really changes meanwhile would be missed.
func TestChangedInTheFuture(t *testing.T) {
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"pagination":{"page":1,"pageSize":1000,"pageCount":1,"itemCount":1},"Contacts":[{"ContactID":"bd2270c3-8706-4c11-9cfb-000b551c3f51","ContactStatus":"ACTIVE","Name":"Ada Byron","UpdatedDateUTC":"\/Date(4070908800000+0000)\/"}]}`))
	}))
	t.Cleanup(server.Close)
	conn := xero.Kind.Open(connector.App{ClientID: "client", ClientSecret: "hush", BaseURL: server.URL, IdentityURL: server.URL, HTTP: server.Client(), Now: func() time.Time { return now }})
	page, err := conn.Changes(t.Context(), connector.Access{Token: "t", Org: crm.Organisation{ID: "o"}}, crm.FeedContacts, "")
	if err != nil || len(page.Contacts) != 1 || page.Contacts[0].Damaged != "" {
		t.Fatalf("%+v, %v", page, err)
	}
	if strings.Contains(page.Next, "2099") || strings.Contains(page.Next, "2098") || !strings.Contains(page.Next, "2026-11-24T08:59") {
		t.Errorf("it goes on behind %s", page.Next)
	}
}
