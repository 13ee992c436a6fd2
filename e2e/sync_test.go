package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"parley/internal/connector/xeroemulator"
)

// connection is one over the API, as far as it is looked at.
type connection struct {
	ID           string `json:"id"`
	State        string `json:"state"`
	AuthorizeURL string `json:"authorize_url"`
	Problem      string `json:"problem"`
	LastRun      string `json:"last_run"`
	Counts       map[string]int
}

// TestKilledInASync kills a server again and again while it takes thousands of contacts of
// an emulated Xero, over the API alone: each is here once, and counted once.
func TestKilledInASync(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, i *installation) {
		const people = 3000
		xero := xeroemulator.New(xeroemulator.Config{ClientID: "client", ClientSecret: "hush", WebhookKey: "key", PageSize: 500})
		org := xero.AddOrg("Firm Ltd", "GB", "GBP")
		var list []xeroemulator.Contact
		for n := range people {
			list = append(list, xeroemulator.Contact{Name: fmt.Sprintf("Customer %d", n), FirstName: "Customer", LastName: fmt.Sprint(n), EmailAddress: fmt.Sprintf("c%d@many.example", n)})
		}
		xero.Fill(org, list...)
		provider := httptest.NewServer(xero.Handler())
		t.Cleanup(provider.Close)
		server := i.serve(t, "PARLEY_XERO_URL="+provider.URL, "PARLEY_XERO_IDENTITY_URL="+provider.URL, "PARLEY_XERO_CLIENT_ID=client", "PARLEY_XERO_CLIENT_SECRET=hush", "PARLEY_XERO_WEBHOOK_KEY=key")
		api := client{server, i.token}
		var c connection
		api.must(t, "POST", "/connections", map[string]string{"provider": "xero"}, &c)
		back, err := url.Parse(xero.Consent(c.AuthorizeURL))
		if err != nil {
			t.Fatal(err)
		}
		for token, want := range map[string]int{"": http.StatusUnauthorized, i.token: http.StatusOK} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.address()+back.RequestURI(), nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Authorization", "Bearer "+token)
			response, err := httpClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			if _ = response.Body.Close(); token != "" && response.StatusCode != want || token == "" && response.StatusCode < 400 {
				t.Fatalf("the way back answers %d to %q", response.StatusCode, token)
			}
		}
		look := func() (connection, error) {
			var now connection
			err := api.call(context.WithoutCancel(t.Context()), "GET", "/connections/"+c.ID, nil, &now)
			return now, err
		}
		api.must(t, "POST", "/connections/"+c.ID+"/sync", nil, nil)
		for kill := range kills {
			goal := (kill + 1) * people / (kills + 2)
			eventually(t, "it goes on", func() (bool, any) {
				now, err := look()
				return err == nil && now.Counts["contacts"] >= goal, now.Counts
			})
			server.kill()
			server.start()
		}
		eventually(t, "everybody is here", func() (bool, any) {
			now, err := look()
			return err == nil && now.LastRun != "", errors.Join(err, fmt.Errorf("%v %s", now.Counts, now.Problem))
		})
		now, err := look()
		if err != nil || now.Counts["contacts"] != people || now.Counts["create"]+now.Counts["unchanged"] != people || now.Counts["review"] != 0 || now.State != "connected" {
			t.Errorf("in the end: %+v %v", now, err)
		}
	})
}
