package bench

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/connector"
	"parley/internal/connector/hubspot"
	"parley/internal/connector/hubspotemulator"
	"parley/internal/connector/quickbooks"
	"parley/internal/connector/quickbooksemulator"
	"parley/internal/connector/xero"
	"parley/internal/connector/xeroemulator"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/db/dbtest"
)

// booked is how many contacts there are over there, and invoices: one for each.
const booked = 10_000

// system is an emulated one with contacts.
type system struct {
	kind    connector.Kind
	handler http.Handler
	consent func(string, ...string) string
	calls   func() []string
}

// xeroWithout has no limits, so that what Parley does itself shows.
func xeroWithout(now func() time.Time) system {
	e := xeroemulator.New(xeroemulator.Config{ClientID: "client", ClientSecret: "hush", PerMinute: 1 << 30, PerDay: 1 << 30, Now: now})
	org := e.AddOrg("Acme", "GB", "GBP")
	var list []xeroemulator.Contact
	for n := range booked {
		list = append(list, xeroemulator.Contact{Name: fmt.Sprintf("Firm %d", n), FirstName: "First", LastName: fmt.Sprintf("Last %d", n), EmailAddress: fmt.Sprintf("c%d@many.example", n),
			Phones:    []xeroemulator.Phone{{PhoneType: "MOBILE", PhoneCountryCode: "44", PhoneNumber: fmt.Sprintf("7400%06d", n)}},
			Addresses: []xeroemulator.Address{{AddressType: "STREET", AddressLine1: "1 High St", City: "Leeds", Country: "United Kingdom"}}})
	}
	e.Fill(org, list...)
	for n, c := range e.Contacts(org) {
		e.PutInvoice(org, xeroemulator.Invoice{ContactID: c.ContactID, InvoiceNumber: fmt.Sprintf("INV-%d", n), Status: "AUTHORISED", Total: "120.00", AmountDue: "120.00"})
	}
	kind := xero.Kind
	kind.Limits = connector.Limits{}
	return system{kind, e.Handler(), e.Consent, e.Calls}
}

// quickBooksWith and hubSpotWith have the limits that QuickBooks and HubSpot have, and
// count by a clock that goes on.
func quickBooksWith(func() time.Time) system {
	e := quickbooksemulator.New(quickbooksemulator.Config{ClientID: "client", ClientSecret: "hush"})
	realm := e.AddCompany("Acme", "GB", "GBP", false)
	list := make([]quickbooksemulator.Customer, booked)
	for n := range list {
		list[n] = quickbooksemulator.Customer{GivenName: "First", FamilyName: fmt.Sprintf("Last %d", n), CompanyName: fmt.Sprintf("Firm %d", n), DisplayName: fmt.Sprintf("Firm %d", n),
			PrimaryEmailAddr: &quickbooksemulator.Email{Address: fmt.Sprintf("c%d@many.example", n)}, Mobile: &quickbooksemulator.Phone{FreeFormNumber: fmt.Sprintf("07400 %06d", n)},
			ShipAddr: &quickbooksemulator.Address{Line1: "1 High St", City: "Leeds", Country: "United Kingdom"}}
	}
	e.Fill(realm, list...)
	for _, k := range e.Customers(realm) {
		e.PutInvoice(realm, quickbooksemulator.Invoice{CustomerRef: quickbooksemulator.Ref{Value: k.ID}, TotalAmt: "120.00", Balance: "120.00"})
	}
	return system{quickbooks.Kind, e.Handler(), e.Consent, e.Calls}
}

func hubSpotWith(func() time.Time) system {
	e := hubspotemulator.New(hubspotemulator.Config{ClientID: "client", ClientSecret: "hush"})
	portal := e.AddAccount("acme.example", "GBP")
	list := make([]map[string]string, booked)
	for n := range list {
		list[n] = map[string]string{"firstname": "First", "lastname": fmt.Sprintf("Last %d", n), "company": fmt.Sprintf("Firm %d", n), "email": fmt.Sprintf("c%d@many.example", n),
			"mobilephone": fmt.Sprintf("07400 %06d", n), "address": "1 High St", "city": "Leeds", "country": "United Kingdom"}
	}
	e.Fill(portal, list...)
	return system{hubspot.Kind, e.Handler(), e.Consent, e.Calls}
}

// BenchmarkFirstSync takes 10,000 contacts of an emulated system, and then looks at all of
// them again; and their 10,000 invoices, where it has any. Of Xero without limits, records/s is what Parley does besides waiting: it
// should be 5,000 and more. QuickBooks and HubSpot have their limits: the first run should
// take at most 1.3 times as long as the calls that they allow.
func BenchmarkFirstSync(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *db.DB{"sqlite": dbtest.NewSQLite, "postgres": dbtest.NewPostgres} {
		for title, system := range map[string]func(func() time.Time) system{"xero": xeroWithout, "quickbooks": quickBooksWith, "hubspot": hubSpotWith} {
			b.Run(title+"/"+name, func(b *testing.B) {
				for b.Loop() {
					b.StopTimer()
					w := apptest.New(b, open(b))
					ctx, end := context.WithCancel(b.Context())
					go w.DB.KeepAnalyzed(ctx, func(err error) { b.Error(err) }) // as the program does
					firstSync(b, w, system(w.Now))
					end()
					b.StartTimer()
				}
			})
		}
	}
}

func firstSync(b *testing.B, w *apptest.World, s system) {
	server := httptest.NewServer(s.handler)
	defer server.Close()
	w.Accounts.Kinds = []connector.Kind{s.kind}
	w.Accounts.App = func(string) connector.App {
		return connector.App{ClientID: "client", ClientSecret: "hush", BaseURL: server.URL, IdentityURL: server.URL, RedirectURL: "https://parley.example/oauth/callback/" + s.kind.Name}
	}
	c, address, err := w.Accounts.Connect(b.Context(), w.M, "secret", s.kind.Name)
	if err == nil {
		u, _ := url.Parse(s.consent(address))
		c, err = w.Accounts.Callback(b.Context(), w.M, "secret", s.kind.Name, u.Query())
	}
	run := func(name string, kind crm.FeedKind, begin func() error) time.Duration {
		if err == nil {
			err = begin()
		}
		begun, spent := time.Now(), processorTime(b)+backendTime(b, w.DB)
		for again := time.Duration(1); again > 0 && err == nil; {
			again, err = w.Accounts.Work(b.Context(), w.M.BusinessID, c.ID, kind)
		}
		b.ReportMetric(float64((processorTime(b)+backendTime(b, w.DB)-spent).Microseconds())/booked, "CPU-µs/"+name)
		return time.Since(begun)
	}
	b.StartTimer()
	first := run("first", crm.FeedContacts, func() error { return w.Accounts.Sync(b.Context(), w.M, c.ID) })
	calls := len(s.calls())
	again := run("again", crm.FeedContacts, func() error { return w.Accounts.Sweep(b.Context(), w.M, c.ID) })
	invoices := 0
	if s.kind.Invoices {
		invoices = booked
		took := run("invoice", crm.FeedInvoices, func() error { return nil }) // it is due since the first run
		b.ReportMetric(booked/took.Seconds(), "invoices/s")
	}
	b.StopTimer()
	o, problem := w.Accounts.Connection(b.Context(), w.M, c.ID)
	if err != nil || problem != nil || o.Linked != booked || o.Invoices != invoices || o.Trouble() != "" {
		b.Fatalf("%d linked, %d invoices: %v %v %s", o.Linked, o.Invoices, err, problem, o.Trouble())
	}
	b.ReportMetric(booked/first.Seconds(), "records/s")
	b.ReportMetric(first.Seconds(), "s/first")
	b.ReportMetric(booked/again.Seconds(), "unchanged/s")
	b.ReportMetric(float64(calls), "calls/first")
}

// backendTime is the processor time that PostgreSQL's processes have spent on a database;
// none on SQLite, which is part of ours.
func backendTime(b *testing.B, d *db.DB) (spent time.Duration) {
	if d.Engine() != db.Postgres {
		return 0
	}
	var pids []int
	err := d.Read(b.Context(), func(tx *db.Tx) (err error) {
		pids, err = db.All(tx, db.Column[int], "select pid from pg_stat_activity where datname = current_database()")
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		_, fields, ok := strings.Cut(string(text), ") ")
		if part := strings.Fields(fields); err == nil && ok && len(part) > 12 {
			for _, ticks := range part[11:13] { // user and system time, in hundredths of a second
				n, _ := strconv.Atoi(ticks)
				spent += time.Duration(n) * 10 * time.Millisecond
			}
		}
	}
	return spent
}
