package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parley/internal/connector/hubspotemulator"
	"parley/internal/connector/quickbooksemulator"
	"parley/internal/connector/xeroemulator"
)

// connection is one over the API, as far as it is looked at.
type connection struct {
	ID           string `json:"id"`
	State        string `json:"state"`
	AuthorizeURL string `json:"authorize_url"`
	Problem      string `json:"problem"`
	LastRun      string `json:"last_run"`
	Running      bool   `json:"running"`
	Counts       map[string]int
}

// books are an emulated system that a server follows.
type books struct {
	name    string
	handler http.Handler
	consent func(address string, which ...string) string
	address string // the variable with its address, and that of where one consents
	sign    string
}

// settings have a server call an address for it.
func (b books) settings(address string) []string {
	variable := "PARLEY_" + strings.ToUpper(b.name)
	return []string{b.address + "=" + address, b.sign + "=" + address, variable + "_CLIENT_ID=client", variable + "_CLIENT_SECRET=hush", variable + "_WEBHOOK_KEY=key"}
}

// filled are the three systems with people in them.
func filled(people int) []books {
	x := xeroemulator.New(xeroemulator.Config{ClientID: "client", ClientSecret: "hush", WebhookKey: "key", PageSize: 500, PerMinute: 1 << 30, PerDay: 1 << 30})
	q := quickbooksemulator.New(quickbooksemulator.Config{ClientID: "client", ClientSecret: "hush", WebhookKey: "key", PerSecond: -1, PerMinute: -1})
	h := hubspotemulator.New(hubspotemulator.Config{ClientID: "client", ClientSecret: "hush", PerTenSeconds: -1, SearchesPerSecond: -1, Rotate: true})
	e := emulators{x, q, h, x.AddOrg("Firm Ltd", "GB", "GBP"), q.AddCompany("Firm Ltd", "GB", "GBP", false), h.AddAccount("firm.example", "GBP")}
	e.fill(0, people)
	return e.books()
}

// emulators are those of the three systems, with one organisation each.
type emulators struct {
	x                  *xeroemulator.Emulator
	q                  *quickbooksemulator.Emulator
	h                  *hubspotemulator.Emulator
	org, realm, portal string
}

// fill adds the people from one number up to another.
func (e emulators) fill(from, to int) {
	var contacts []xeroemulator.Contact
	var customers []quickbooksemulator.Customer
	var properties []map[string]string
	for n := from; n < to; n++ {
		last, email := fmt.Sprint(n), fmt.Sprintf("c%d@many.example", n)
		contacts = append(contacts, xeroemulator.Contact{Name: "Customer " + last, FirstName: "Customer", LastName: last, EmailAddress: email})
		customers = append(customers, quickbooksemulator.Customer{DisplayName: "Customer " + last, GivenName: "Customer", FamilyName: last, PrimaryEmailAddr: &quickbooksemulator.Email{Address: email}})
		properties = append(properties, map[string]string{"firstname": "Customer", "lastname": last, "email": email})
	}
	e.x.Fill(e.org, contacts...)
	e.q.Fill(e.realm, customers...)
	e.h.Fill(e.portal, properties...)
}

func (e emulators) books() []books {
	return []books{{"xero", e.x.Handler(), e.x.Consent, "PARLEY_XERO_URL", "PARLEY_XERO_IDENTITY_URL"},
		{"quickbooks", e.q.Handler(), e.q.Consent, "PARLEY_QUICKBOOKS_URL", "PARLEY_INTUIT_OAUTH_URL"}, {"hubspot", e.h.Handler(), e.h.Consent, "PARLEY_HUBSPOT_URL", "PARLEY_HUBSPOT_IDENTITY_URL"}}
}

// syncRun is how many people TestKilledInASync takes, and how often the server is killed.
// The long run:
//
//	PARLEY_TEST_SYNC=10000,20 go test ./e2e -run TestKilledInASync -timeout 60m
func syncRun(t *testing.T) (people, kills int) {
	people, kills = 900, 2
	if text := os.Getenv("PARLEY_TEST_SYNC"); text != "" {
		if _, err := fmt.Sscanf(text, "%d,%d", &people, &kills); err != nil {
			t.Fatalf("PARLEY_TEST_SYNC: %v", err)
		}
	}
	return people, kills
}

// TestKilledInASync kills a server again and again while it takes thousands of contacts of
// an emulated system, over the API alone: each is here once, and counted once.
func TestKilledInASync(t *testing.T) {
	t.Parallel()
	people, kills := syncRun(t)
	systems := []string{"xero", "quickbooks", "hubspot"}
	if raced {
		systems = systems[:1] // what runs beside each other is the same for all
	}
	for n, name := range systems {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engines(t, func(t *testing.T, i *installation) { killedInASync(t, i, filled(people)[n], people, kills) })
		})
	}
}

func killedInASync(t *testing.T, i *installation, b books, people, kills int) {
	provider := httptest.NewServer(b.handler)
	t.Cleanup(provider.Close)
	server := i.serve(t, b.settings(provider.URL)...)
	api := client{server, i.token}
	c := connectBooks(t, api, b)
	look := func() (connection, error) {
		var now connection
		err := api.call(context.WithoutCancel(t.Context()), "GET", "/connections/"+c.ID, nil, &now)
		return now, err
	}
	api.must(t, "POST", "/connections/"+c.ID+"/sync", nil, nil)
	middle := 0
	for kill := range kills {
		goal := (kill + 1) * people / (kills + 2)
		eventually(t, "it goes on", func() (bool, any) {
			now, err := look()
			return err == nil && now.Counts["contacts"] >= goal, now.Counts
		})
		server.kill()
		server.start()
		if now, err := look(); err == nil && now.Counts["contacts"] < people {
			middle++
		}
	}
	eventually(t, "everybody is here", func() (bool, any) {
		now, err := look()
		return err == nil && now.LastRun != "", errors.Join(err, fmt.Errorf("%v %s", now.Counts, now.Problem))
	})
	now, err := look()
	if err != nil || now.Counts["contacts"] != people || now.Counts["create"]+now.Counts["unchanged"] != people || now.Counts["review"] != 0 || now.State != "connected" {
		t.Errorf("in the end: %+v %v", now, err)
	}
	t.Logf("%d of %d kills were in the middle", middle, kills)
}

// connectBooks connects as a program does, and looks whether only it may.
func connectBooks(t *testing.T, api client, b books) (c connection) {
	t.Helper()
	api.must(t, "POST", "/connections", map[string]string{"provider": b.name}, &c)
	back, err := url.Parse(b.consent(c.AuthorizeURL))
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{"", api.token} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, api.server.address()+back.RequestURI(), nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := httpClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if _ = response.Body.Close(); (response.StatusCode == http.StatusOK) != (token != "") {
			t.Fatalf("the way back answers %d to %q", response.StatusCode, token)
		}
	}
	return c
}

// TestKilledWithANewToken kills a server at the very moment at which the provider has made a
// new token of the old one. Where the old one is taken again, nothing is lost; where it ended
// at once, an admin is told to connect again within a minute. A minute of waiting each: all of
// them are part of the long run.
func TestKilledWithANewToken(t *testing.T) {
	t.Parallel()
	list := []string{"quickbooks"}
	if os.Getenv("PARLEY_TEST_SYNC") != "" {
		list = []string{"quickbooks", "quickbooks with grace", "xero", "hubspot"}
	}
	for _, name := range list {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engines(t, func(t *testing.T, i *installation) { killedWithANewToken(t, i, name) })
		})
	}
}

func killedWithANewToken(t *testing.T, i *installation, name string) {
	var ahead atomic.Int64 // of the clock over there
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	x := xeroemulator.New(xeroemulator.Config{ClientID: "client", ClientSecret: "hush", WebhookKey: "key", Now: now})
	q := quickbooksemulator.New(quickbooksemulator.Config{ClientID: "client", ClientSecret: "hush", WebhookKey: "key", PerSecond: -1, PerMinute: -1, Now: now})
	h := hubspotemulator.New(hubspotemulator.Config{ClientID: "client", ClientSecret: "hush", PerTenSeconds: -1, SearchesPerSecond: -1, Now: now})
	if name == "quickbooks with grace" {
		q.Grace = 24 * time.Hour
	}
	e := emulators{x, q, h, x.AddOrg("Firm Ltd", "GB", "GBP"), q.AddCompany("Firm Ltd", "GB", "GBP", false), h.AddAccount("firm.example", "GBP")}
	e.fill(0, 3)
	all := e.books()
	b := all[slices.IndexFunc(all, func(b books) bool { return strings.HasPrefix(name, b.name) })]
	var server *process
	killed := make(chan time.Time, 1)
	armed := &atomic.Bool{}
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Path, "token") || !armed.CompareAndSwap(true, false) {
			b.handler.ServeHTTP(w, r)
			return
		}
		b.handler.ServeHTTP(httptest.NewRecorder(), r) // it is made over there
		server.kill()
		killed <- time.Now()
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(provider.Close)
	server = i.serve(t, b.settings(provider.URL)...)
	api := client{server, i.token}
	c := connectBooks(t, api, b)
	look := func() (now connection, err error) {
		err = api.call(context.WithoutCancel(t.Context()), "GET", "/connections/"+c.ID, nil, &now)
		return now, err
	}
	api.must(t, "POST", "/connections/"+c.ID+"/sync", nil, nil)
	eventually(t, "the first run", func() (bool, any) {
		now, err := look()
		return err == nil && now.LastRun != "" && now.Counts["contacts"] == 3 && !now.Running, now
	})
	ahead.Store(int64(25 * time.Hour)) // Intuit makes another refresh token once a day
	e.fill(3, 4)
	armed.Store(true)
	_ = api.call(t.Context(), "POST", "/connections/"+c.ID+"/sync", nil, nil) // it may be dead before it has answered
	died := <-killed
	server.start()
	again := time.NewTicker(200 * time.Millisecond) // as often as an impatient person looks
	defer again.Stop()
	for {
		now, err := look()
		took := time.Since(died)
		switch {
		case err == nil && name == "quickbooks" && now.State == "reconnect" && strings.Contains(now.Problem, "Connect it again."):
		case err == nil && name != "quickbooks" && now.State == "connected" && now.Counts["contacts"] == 4:
		case took > time.Minute*slower:
			t.Fatalf("a minute after the kill it is %+v %v", now, err)
		default:
			<-again.C
			continue
		}
		t.Logf("%s after the kill", took)
		return
	}
}
