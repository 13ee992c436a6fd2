package bench

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/app/team"
	"parley/internal/connector"
	"parley/internal/connector/xero"
	"parley/internal/connector/xeroemulator"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

const (
	connected = 1000 // connections, each of a business of its own
	atOnce    = 16   // feeds that a node works at (jobs.syncWorkers)
	perBook   = 20   // contacts of each, and invoices
)

// BenchmarkConnections follows 1,000 connections on one node through an hour of a clock
// that goes on by seconds, and another one after the node was off for an hour. The goals:
// at most 300 MB more than before, emulator included, at most 10 calls an hour of each, and
// no burst.
func BenchmarkConnections(b *testing.B) {
	for _, e := range engines {
		b.Run(e.name, func(b *testing.B) {
			for b.Loop() {
				n := &node{World: apptest.New(b, e.open(b))}
				n.open(b)
				before := resident(b)
				n.connect(b)
				peak := &highest{b: b}
				n.hour(b, peak) // what follows on the first run
				first := n.calls(b)
				begun := time.Now()
				most, behind := n.hour(b, peak)
				took := time.Since(begun)
				calls := 0
				for id, all := range n.calls(b) {
					calls = max(calls, all-first[id])
				}
				n.Sleep(time.Hour)
				late, afterwards := n.hour(b, peak)
				b.ReportMetric(float64(peak.bytes-min(peak.bytes, before))/(1<<20), "MB-above")
				b.ReportMetric(float64(most), "most-in-a-second")
				b.ReportMetric(float64(behind), "s-behind")
				b.ReportMetric(float64(late), "most-in-a-second-after-a-rest")
				b.ReportMetric(float64(afterwards), "s-behind-after-a-rest")
				b.ReportMetric(float64(calls), "calls/hour")
				b.ReportMetric(took.Seconds(), "s/hour")
				b.ReportMetric(0, "ns/op")
				if peak.bytes > before+300<<20 || calls > 10 || most > 20 {
					b.Errorf("%d MB more, %d calls an hour, %d in one second", (peak.bytes-before)>>20, calls, most)
				}
			}
		})
	}
}

// node is one with many connections. What is due waits in its queue.
type node struct {
	*apptest.World
	xero    *xeroemulator.Emulator
	admins  []crm.Actor
	ids     []crm.ID
	mu      sync.Mutex
	waiting []store.ConnectionPlace
}

func (n *node) open(b *testing.B) {
	n.xero = xeroemulator.New(xeroemulator.Config{ClientID: "client", ClientSecret: "hush", Now: n.Now})
	server := httptest.NewServer(n.xero.Handler())
	b.Cleanup(server.Close)
	n.Accounts.Kinds = []connector.Kind{xero.Kind}
	n.Accounts.App = func(string) connector.App {
		return connector.App{ClientID: "client", ClientSecret: "hush", BaseURL: server.URL, IdentityURL: server.URL, RedirectURL: "https://parley.example/oauth/callback/xero"}
	}
	n.Accounts.Enqueue = func(_ *db.Tx, business, connection crm.ID, kind crm.FeedKind) error {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.waiting = append(n.waiting, store.ConnectionPlace{Business: business, ID: connection, Kind: kind})
		return nil
	}
}

// connect founds the businesses and begins to follow their books.
func (n *node) connect(b *testing.B) {
	for at := range connected {
		name := fmt.Sprintf("Business %d", at)
		founded, err := n.Team.Found(b.Context(), team.Founding{Name: name, Country: "GB", TimeZone: "Europe/London", AdminName: "M", AdminEmail: fmt.Sprintf("m@b%d.example", at)}, false)
		if err != nil {
			b.Fatal(err)
		}
		admin := crm.Actor{BusinessID: founded.Business.ID, UserID: founded.Admin.ID, Role: crm.Admin, Name: "M", Via: crm.ViaAPI}
		org := n.xero.AddOrg(name, "GB", "GBP")
		for p := range perBook {
			who := n.xero.PutContact(org, xeroemulator.Contact{Name: fmt.Sprintf("P %d", p), FirstName: "P", LastName: strconv.Itoa(p), EmailAddress: fmt.Sprintf("p%d@many.example", p)})
			n.xero.PutInvoice(org, xeroemulator.Invoice{ContactID: who, InvoiceNumber: strconv.Itoa(p), Type: "ACCREC", Status: "AUTHORISED", CurrencyCode: "GBP", Total: "10",
				AmountDue: "10", Date: n.Now()})
		}
		c, address, err := n.Accounts.Connect(b.Context(), admin, "secret", "xero")
		if err == nil {
			u, _ := url.Parse(n.xero.Consent(address, org))
			c, err = n.Accounts.Callback(b.Context(), admin, "secret", "xero", u.Query())
		}
		if err == nil {
			err = n.Accounts.Sync(b.Context(), admin, c.ID)
		}
		if err != nil {
			b.Fatal(err)
		}
		n.admins, n.ids = append(n.admins, admin), append(n.ids, c.ID)
	}
}

// hour goes on by an hour, and works off what is due as a node's workers do. most is how
// many looks began in one second, behind for how many seconds some had to wait.
func (n *node) hour(b *testing.B, peak *highest) (most, behind int) {
	for second := range 3600 {
		n.Sleep(time.Second)
		if second%2 == 0 { // as jobs look
			if err := n.Accounts.TakeUpDue(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		n.mu.Lock()
		now := n.waiting
		n.waiting = nil
		if len(now) > 5*atOnce { // what 16 workers get done in a second, when each look takes 200 ms
			n.waiting, now = now[5*atOnce:], now[:5*atOnce]
			behind++
		}
		n.mu.Unlock()
		most = max(most, len(now))
		var working sync.WaitGroup
		slots := make(chan struct{}, atOnce)
		for _, p := range now {
			slots <- struct{}{}
			working.Go(func() {
				defer func() { <-slots }()
				again, err := n.Accounts.Work(b.Context(), p.Business, p.ID, p.Kind)
				if err != nil {
					b.Error(err)
				}
				if again > 0 {
					_ = n.Accounts.Enqueue(nil, p.Business, p.ID, p.Kind)
				}
			})
		}
		working.Wait()
		if second%30 == 0 || len(now) >= atOnce {
			peak.look()
		}
	}
	return most, behind
}

// calls are those that each connection made so far, on the day that it is.
func (n *node) calls(b *testing.B) map[crm.ID]int {
	all := map[crm.ID]int{}
	for at, id := range n.ids {
		o, err := n.Accounts.Connection(b.Context(), n.admins[at], id)
		if err != nil || o.Linked != perBook || o.Invoices != perBook || o.Trouble() != "" {
			b.Fatalf("%d linked, %d invoices: %v %s", o.Linked, o.Invoices, err, o.Trouble())
		}
		all[id] = o.CallsToday
	}
	return all
}

// highest is the most memory that the process was seen to hold.
type highest struct {
	b     *testing.B
	bytes uint64
}

func (h *highest) look() { h.bytes = max(h.bytes, resident(h.b)) }

// resident is the memory of this process.
func resident(b *testing.B) uint64 {
	text, err := os.ReadFile("/proc/self/statm")
	fields := bytes.Fields(text)
	if err != nil || len(fields) < 2 {
		b.Skip("there is no /proc here")
	}
	pages, _ := strconv.ParseUint(string(fields[1]), 10, 64)
	return pages * uint64(os.Getpagesize())
}
