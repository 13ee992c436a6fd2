package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

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
	var contacts []xeroemulator.Contact
	var customers []quickbooksemulator.Customer
	var properties []map[string]string
	for n := range people {
		last, email := fmt.Sprint(n), fmt.Sprintf("c%d@many.example", n)
		contacts = append(contacts, xeroemulator.Contact{Name: "Customer " + last, FirstName: "Customer", LastName: last, EmailAddress: email})
		customers = append(customers, quickbooksemulator.Customer{DisplayName: "Customer " + last, GivenName: "Customer", FamilyName: last, PrimaryEmailAddr: &quickbooksemulator.Email{Address: email}})
		properties = append(properties, map[string]string{"firstname": "Customer", "lastname": last, "email": email})
	}
	x.Fill(x.AddOrg("Firm Ltd", "GB", "GBP"), contacts...)
	q.Fill(q.AddCompany("Firm Ltd", "GB", "GBP", false), customers...)
	h.Fill(h.AddAccount("firm.example", "GBP"), properties...)
	return []books{{"xero", x.Handler(), x.Consent, "PARLEY_XERO_URL", "PARLEY_XERO_IDENTITY_URL"}, {"quickbooks", q.Handler(), q.Consent, "PARLEY_QUICKBOOKS_URL", "PARLEY_INTUIT_OAUTH_URL"},
		{"hubspot", h.Handler(), h.Consent, "PARLEY_HUBSPOT_URL", "PARLEY_HUBSPOT_IDENTITY_URL"}}
}

// syncRun is how many people TestKilledInASync takes, and how often the server is killed.
// The long run:
//
//	PARLEY_TEST_SYNC=10000,20 go test ./e2e -run TestKilledInASync -timeout 60m
func syncRun(t *testing.T) (people, kills int) {
	people, kills = 1500, 2
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
