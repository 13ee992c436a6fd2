package bench

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/connector"
	"parley/internal/connector/xero"
	"parley/internal/connector/xeroemulator"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/db/dbtest"
)

// BenchmarkFirstSync takes 10,000 contacts of an emulated Xero that has no limits, and
// then looks at all of them again. records/s is what Parley does besides waiting: it
// should be 5,000 and more.
func BenchmarkFirstSync(b *testing.B) {
	const people = 10_000
	for name, open := range map[string]func(testing.TB) *db.DB{"sqlite": dbtest.NewSQLite, "postgres": dbtest.NewPostgres} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				w := apptest.New(b, open(b))
				e := xeroemulator.New(xeroemulator.Config{ClientID: "client", ClientSecret: "hush", PerMinute: 1 << 30, PerDay: 1 << 30, Now: w.Now})
				org := e.AddOrg("Acme", "GB", "GBP")
				var list []xeroemulator.Contact
				for n := range people {
					list = append(list, xeroemulator.Contact{Name: fmt.Sprintf("Firm %d", n), FirstName: "First", LastName: fmt.Sprintf("Last %d", n), EmailAddress: fmt.Sprintf("c%d@many.example", n),
						Phones:    []xeroemulator.Phone{{PhoneType: "MOBILE", PhoneCountryCode: "44", PhoneNumber: fmt.Sprintf("7400%06d", n)}},
						Addresses: []xeroemulator.Address{{AddressType: "STREET", AddressLine1: "1 High St", City: "Leeds", Country: "United Kingdom"}}})
				}
				e.Fill(org, list...)
				server := httptest.NewServer(e.Handler())
				kind := xero.Kind
				kind.Limits = connector.Limits{}
				w.Accounts.Kinds = []connector.Kind{kind}
				w.Accounts.App = func(string) connector.App {
					return connector.App{ClientID: "client", ClientSecret: "hush", BaseURL: server.URL, IdentityURL: server.URL, RedirectURL: "https://parley.example/oauth/callback/xero"}
				}
				c, address, err := w.Accounts.Connect(b.Context(), w.M, "secret", "xero")
				if err == nil {
					u, _ := url.Parse(e.Consent(address))
					c, err = w.Accounts.Callback(b.Context(), w.M, "secret", "xero", u.Query())
				}
				run := func(begin func() error) time.Duration {
					if err == nil {
						err = begin()
					}
					begun := time.Now()
					for again := time.Duration(1); again > 0 && err == nil; {
						again, err = w.Accounts.Work(b.Context(), w.M.BusinessID, c.ID, crm.FeedContacts)
					}
					return time.Since(begun)
				}
				b.StartTimer()
				first := run(func() error { return w.Accounts.Sync(b.Context(), w.M, c.ID) })
				again := run(func() error { return w.Accounts.Sweep(b.Context(), w.M, c.ID) })
				b.StopTimer()
				o, problem := w.Accounts.Connection(b.Context(), w.M, c.ID)
				if err != nil || problem != nil || o.Linked != people {
					b.Fatalf("%d linked: %v %v %s", o.Linked, err, problem, o.Trouble())
				}
				b.ReportMetric(people/first.Seconds(), "records/s")
				b.ReportMetric(people/again.Seconds(), "unchanged/s")
				b.ReportMetric(float64(len(e.Calls())), "calls")
				server.Close()
				b.StartTimer()
			}
		})
	}
}
