package accounts_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"parley/internal/app/accounts"
	"parley/internal/app/apptest"
	"parley/internal/connector"
	"parley/internal/connector/hubspot"
	hs "parley/internal/connector/hubspotemulator"
	"parley/internal/connector/xero"
	"parley/internal/connector/xeroemulator"
	"parley/internal/crm"
)

// Two systems that change one field in turn are stopped at the third change: the field of
// that contact stays as it is and says so, all else is followed, and an admin has it go on
// either way (H.3).
func TestChangedInTurn(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		b := newBooks(t, w)
		hub := hs.New(hs.Config{ClientID: "client", ClientSecret: "hush", PerTenSeconds: -1, SearchesPerSecond: -1, Now: w.Now})
		portal := hub.AddAccount("acme.example", "GBP")
		server := httptest.NewServer(hub.Handler())
		t.Cleanup(server.Close)
		ofXero := w.Accounts.App
		w.Accounts.Kinds = []connector.Kind{xero.Kind, unpaced(hubspot.Kind)}
		w.Accounts.App = func(kind string) connector.App {
			if kind == "xero" {
				return ofXero(kind)
			}
			return connector.App{ClientID: "client", ClientSecret: "hush", BaseURL: server.URL, IdentityURL: server.URL, RedirectURL: "https://parley.example/oauth/callback/hubspot"}
		}
		at := []xeroemulator.Address{{AddressType: "STREET", City: "Leeds"}}
		book := b.xero.PutContact(b.org, xeroemulator.Contact{Name: "Ana Ruiz", FirstName: "Ana", LastName: "Ruiz", EmailAddress: "ana@both.example", Addresses: at})
		b.connect(t)
		b.sync(t)
		c, address, err := w.Accounts.Connect(t.Context(), w.M, secret, "hubspot")
		must(t, err)
		_, err = w.Accounts.Callback(t.Context(), w.M, secret, "hubspot", query(t, hub.Consent(address)))
		must(t, err)
		other := &books{World: w, id: c.ID}
		card := hub.PutContact(portal, "", map[string]string{"firstname": "Ana", "lastname": "Ruiz", "email": "ana@both.example", "city": "Leeds"})
		other.sync(t)
		look := func(b *books) {
			t.Helper()
			w.Sleep(time.Minute)
			must(t, w.Accounts.Sync(t.Context(), w.M, b.id))
			b.work(t, crm.FeedContacts)
		}
		inXero := func(city, last string) {
			t.Helper()
			b.xero.Change(b.org, book, func(c *xeroemulator.Contact) {
				c.Addresses, c.LastName = []xeroemulator.Address{{AddressType: "STREET", City: city}}, last
			})
			look(b)
		}
		inHub := func(city string) {
			t.Helper()
			hub.PutContact(portal, card, map[string]string{"city": city})
			look(other)
		}
		is := func(city, last string) {
			t.Helper()
			c := b.holder(t, crm.EmailIdentity, "ana@both.example")
			if *c.Text("contact_address.city") != city || c.LastName != last {
				t.Fatalf("it is %s of %s, want %s of %s", c.LastName, *c.Text("contact_address.city"), last, city)
			}
		}
		frozen := func(want string) {
			t.Helper()
			list, fields, err := w.Accounts.RecordsOf(t.Context(), w.M, b.holder(t, crm.EmailIdentity, "ana@both.example").ID)
			must(t, err)
			if len(list) != 2 || strings.Join(fields, " ") != want {
				t.Fatalf("%d records, frozen %v, want %q", len(list), fields, want)
			}
		}
		for n, action := range []accounts.ResolveAction{accounts.ResolveLink, accounts.ResolveIgnore} {
			w.Sleep(time.Hour) // changes long ago are no swing
			x := []string{"Bath", "Hull"}[n]
			inXero(x, "Ruiz")
			inHub("York" + x)
			is("York"+x, "Ruiz")
			frozen("")
			inXero(x+" again", "Ruiz-Lee")
			is("York"+x, "Ruiz-Lee")
			frozen("contact_address.city")
			inHub(x + ", says HubSpot")
			is("York"+x, "Ruiz-Lee")
			item := b.review(t)["Ana Ruiz"]
			if item.Reason != crm.ReviewSwings || len(item.Fields) != 1 || item.Fields[0].Ours != "York"+x || item.Fields[0].Theirs != x+" again" {
				t.Fatalf("to review: %+v", item)
			}
			must(t, w.Accounts.Resolve(t.Context(), w.M, b.id, item.ID, accounts.Resolution{Action: action}))
			frozen("")
			is(map[accounts.ResolveAction]string{accounts.ResolveLink: x + " again", accounts.ResolveIgnore: "York" + x}[action], "Ruiz-Lee")
			if len(b.review(t)) != 0 {
				t.Fatalf("still to review: %+v", b.review(t))
			}
			must(t, w.Accounts.Sweep(t.Context(), w.M, other.id)) // HubSpot's last word is heard now
			other.work(t, crm.FeedContacts)
			is(x+", says HubSpot", "Ruiz-Lee")
		}
	})
}
