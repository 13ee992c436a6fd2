package quickbooks_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"parley/internal/connector"
	"parley/internal/connector/connectortest"
	"parley/internal/connector/emulator"
	"parley/internal/connector/quickbooks"
	qb "parley/internal/connector/quickbooksemulator"
	"parley/internal/crm"
)

func jsonNumber(text string) json.Number { return json.Number(text) }

// hear has the emulator's webhooks read by a connector.
func hear(t *testing.T, c *company, conn connector.Connector, into *[]connector.Hint) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := make([]byte, r.ContentLength)
		_, _ = r.Body.Read(body)
		hints, err := conn.Hints(connector.Call{Method: r.Method, Header: r.Header, Body: body, Now: c.now()})
		if err != nil {
			t.Errorf("the webhook: %v", err)
		}
		*into = append(*into, hints...)
	}))
	t.Cleanup(server.Close)
	c.TellAt(server.URL)
}

// drain reads on until there is no more, with a new grant, and counts what came of each
// record.
func drain(t *testing.T, c *company, cursor string) (seen map[string]int, last string, calls int) {
	t.Helper()
	conn, a, _ := c.connect(t)
	before := ""
	seen = map[string]int{}
	for range 300 {
		page, err := conn.Changes(t.Context(), a, crm.FeedContacts, cursor)
		must(t, err)
		ids := ""
		for _, r := range page.Contacts {
			seen[r.ID]++
			ids += r.ID + " "
		}
		if page.More && ids != "" && ids == before {
			t.Fatalf("the same page came again: %.60s", ids)
		}
		before = ids
		calls++
		if cursor = page.Next; !page.More {
			return seen, cursor, calls
		}
	}
	t.Fatal("the pages do not end")
	return nil, "", 0
}

// TestWalk: more changed at one moment than fits on a page.
func TestWalk(t *testing.T) {
	t.Cleanup(quickbooks.SetPageSize(10))
	c := start(t, nil)
	for n := range 35 {
		c.Fill(c.realm, qb.Customer{DisplayName: fmt.Sprint("Of one second ", n)})
	}
	c.sleep(time.Minute)
	for n := range 15 {
		c.Fill(c.realm, qb.Customer{DisplayName: fmt.Sprint("Later ", n)})
		c.sleep(time.Second)
	}
	seen, cursor, _ := drain(t, c, "")
	if len(seen) != 50 {
		t.Errorf("%d of 50 were seen", len(seen))
	}
	c.sleep(time.Hour)
	if seen, _, calls := drain(t, c, cursor); len(seen) != 15 && len(seen) != 50 || calls != 1 { // those of the last five minutes
		t.Errorf("a poll: %d records in %d calls", len(seen), calls)
	}
}

// TestMuchChanged: where more changed than one answer holds, a query reads them all; after
// a month everything is read.
func TestMuchChanged(t *testing.T) {
	c := start(t, nil)
	c.Fill(c.realm, qb.Customer{DisplayName: "Old"})
	_, cursor, _ := drain(t, c, "")
	c.sleep(time.Hour)
	for n := range 1200 {
		c.Fill(c.realm, qb.Customer{DisplayName: fmt.Sprint("New ", n)})
		if n%7 == 0 {
			c.sleep(time.Second)
		}
	}
	c.sleep(time.Hour)
	seen, cursor, _ := drain(t, c, cursor)
	if len(seen) != 1201 { // and the old one, of the last five minutes
		t.Errorf("%d of 1201 were seen", len(seen))
	}
	if calls := c.Calls(); !strings.Contains(strings.Join(calls, "\n"), "/cdc?") || !strings.Contains(calls[len(calls)-1], "/query?") {
		t.Errorf("the calls were %v", calls)
	}
	c.sleep(24 * time.Hour)
	if seen, _, _ := drain(t, c, cursor); len(seen) != 0 {
		t.Errorf("%d came again", len(seen))
	}
	c.sleep(26 * 24 * time.Hour)
	if seen, _, _ := drain(t, c, cursor); len(seen) != 1201 {
		t.Errorf("after a month %d were seen", len(seen))
	}
}

// TestTroubles: what QuickBooks says is sorted by what can be done.
func TestTroubles(t *testing.T) {
	c := start(t, func(config *qb.Config) { config.PerSecond = 4 })
	conn, a, _ := c.connect(t)
	c.sleep(time.Second)
	for fault, want := range map[emulator.Fault]connector.Trouble{emulator.TooMany: connector.Wait, emulator.Broken: connector.Away, emulator.Away: connector.Away, emulator.Page: connector.Garbled, emulator.Truncated: connector.Garbled,
		emulator.Unauthorised: connector.Expired, qb.NoAccess: connector.Dead, qb.Ended: connector.Dead} {
		c.sleep(time.Second)
		c.Fail(fault)
		_, err := conn.Changes(t.Context(), a, crm.FeedContacts, "")
		if connector.TroubleOf(err) != want {
			t.Errorf("%s: %v", fault, err)
		}
	}
	var told connector.Told
	a.After = func(_ ctx, heard connector.Told) { told = heard }
	var err error
	for range 6 {
		_, err = conn.Changes(t.Context(), a, crm.FeedContacts, "")
	}
	if e, ok := err.(*connector.Error); !ok || e.Trouble != connector.Wait || e.After != time.Minute || told.RetryAfter != time.Minute { //nolint:errorlint // bare
		t.Errorf("too many: %v, told %v", err, told)
	}
	other := a
	other.Org.ID = c.AddCompany("Another", "GB", "GBP", false)
	c.sleep(time.Minute)
	if _, err := conn.Changes(t.Context(), other, crm.FeedContacts, ""); connector.TroubleOf(err) != connector.Dead {
		t.Errorf("another company: %v", err)
	}
}

// TestClockAhead: QuickBooks says once that it is years later. What changes after that is
// not missed.
func TestClockAhead(t *testing.T) {
	c := start(t, nil)
	here := c.at
	c.app.Now = func() time.Time { return here }
	c.at = here.AddDate(10, 0, 0)
	conn, a, _ := c.connect(t)
	page, err := conn.Changes(t.Context(), a, crm.FeedContacts, "")
	must(t, err)
	here = here.Add(time.Hour)
	c.at = here
	id := c.PutCustomer(c.realm, person(connectortest.Person{First: "Ada", Last: "Byron", Email: "ada@byron.example"}))
	here = here.Add(time.Hour)
	c.at = here
	if page, err = conn.Changes(t.Context(), a, crm.FeedContacts, page.Next); err != nil || len(page.Contacts) != 1 || page.Contacts[0].ID != id {
		t.Errorf("%+v, %v", page, err)
	}
}
