package accounts_test

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"sync/atomic"
	"testing"

	"parley/internal/app/apptest"
	"parley/internal/connector/xeroemulator"
	"parley/internal/db"
	"parley/internal/db/dbtest"
)

// What a round asks PostgreSQL does not grow with its records: a database that is a
// millisecond away would cost more than the provider.
func TestRoundTrips(t *testing.T) {
	var turns atomic.Int64
	address := counted(t, dbtest.PostgresURL(t, true), &turns)
	d, err := db.Open(t.Context(), db.Config{URL: address})
	must(t, err)
	t.Cleanup(func() { _ = d.Close() })
	b := newBooks(t, apptest.New(t, d))
	b.connect(t)
	b.sync(t)
	trips := func(records int) (list [4]int64) {
		people := make([]xeroemulator.Contact, records)
		for n := range people {
			name := fmt.Sprintf("%d of %d", n, records)
			people[n] = xeroemulator.Contact{Name: name, FirstName: "P", LastName: name, EmailAddress: fmt.Sprintf("p%d.%d@many.example", n, records)}
		}
		of := func(f func(n int)) int64 {
			for n := range people {
				f(n)
			}
			before := turns.Load()
			b.sync(t)
			return turns.Load() - before
		}
		list[0] = of(func(n int) { people[n].ContactID = b.xero.PutContact(b.org, people[n]) })
		list[1] = of(func(n int) {
			people[n].FirstName, people[n].Phones = "Q", mobile(fmt.Sprintf("7400 %03d%03d", records, n))
			b.xero.PutContact(b.org, people[n])
		})
		list[2] = of(func(n int) {
			b.xero.PutInvoice(b.org, xeroemulator.Invoice{ContactID: people[n].ContactID, InvoiceNumber: fmt.Sprintf("%d-%d", records, n), Type: "ACCREC", Status: "AUTHORISED", CurrencyCode: "GBP",
				Total: "10", AmountDue: "10", Date: b.Now()})
		})
		list[3] = of(func(n int) { people[n].ContactStatus = "ARCHIVED"; b.xero.PutContact(b.org, people[n]) })
		return list
	}
	trips(50) // what is asked once
	few, many := trips(51), trips(95)
	for n, act := range []string{"new", "changed", "billed", "archived"} {
		if more := many[n] - few[n]; more > 20 { // each connection of the pool learns a statement once
			t.Errorf("%s: %d round trips for 51 records, %d for 95", act, few[n], many[n])
		}
	}
	t.Logf("%v round trips", many)
	if o := b.overview(t); o.Linked != 196 || o.Invoices != 196 || o.Trouble() != "" {
		t.Errorf("%d linked, %d invoices: %s", o.Linked, o.Invoices, o.Trouble())
	}
}

// counted is an address through which a database is reached, and turns the number of
// times that something was asked of it after it had answered.
func counted(t *testing.T, address string, turns *atomic.Int64) string {
	u, err := url.Parse(address)
	must(t, err)
	q := u.Query()
	real := filepath.Join(q.Get("host"), ".s.PGSQL.5432")
	q.Set("host", t.TempDir())
	u.RawQuery = q.Encode()
	listener, err := net.Listen("unix", filepath.Join(q.Get("host"), ".s.PGSQL.5432"))
	must(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("unix", real)
			if err != nil {
				_ = client.Close()
				return
			}
			answered := &atomic.Bool{}
			answered.Store(true)
			go pass(server, client, func() {
				if answered.Swap(false) {
					turns.Add(1)
				}
			})
			go pass(client, server, func() { answered.Store(true) })
		}
	}()
	return u.String()
}

func pass(to, from net.Conn, seen func()) {
	defer func() { _, _ = to.Close(), from.Close() }()
	_, _ = io.Copy(writer{to, seen}, from)
}

// writer says that something goes through before it does.
type writer struct {
	net.Conn
	seen func()
}

func (w writer) Write(p []byte) (int, error) {
	w.seen()
	return w.Conn.Write(p)
}
