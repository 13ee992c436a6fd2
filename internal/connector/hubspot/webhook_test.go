package hubspot_test

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"parley/internal/connector"
	"parley/internal/connector/hubspot"
	hs "parley/internal/connector/hubspotemulator"
	"parley/internal/crm"
)

// TestSignature: the known answer of HubSpot's third scheme, and what spoils it.
func TestSignature(t *testing.T) {
	const body = `[{"eventId":1,"subscriptionId":2,"portalId":3,"appId":4,"occurredAt":1790000000000,"subscriptionType":"contact.propertyChange","attemptNumber":0,"objectId":123,"propertyName":"phone","propertyValue":"+447700900123","changeSource":"CRM_UI"}]`
	const address = "https://hooks.example.com/hubspot"
	at := time.UnixMilli(1790000001000)
	good := func() connector.Call {
		return connector.Call{Method: "POST", URL: address, Body: []byte(body), Now: at.Add(4 * time.Minute), Header: http.Header{"X-Hubspot-Request-Timestamp": {"1790000001000"},
			"X-Hubspot-Signature-V3": {"ClGZCbE61vh0eVyGr/rdsoJPQF50/bW6QxCpv7J0QtM="}}}
	}
	for _, app := range []connector.App{{ClientSecret: "client-secret"}, {ClientSecret: "another", WebhookKey: "client-secret"}} {
		hints, err := hubspot.Kind.Open(app).Hints(good())
		if err != nil || !slices.Equal(hints, []connector.Hint{{Org: "3", Feed: crm.FeedContacts, ID: "123"}}) {
			t.Errorf("%+v, %v", hints, err)
		}
	}
	conn := hubspot.Kind.Open(connector.App{ClientSecret: "client-secret"})
	for name, spoil := range map[string]func(*connector.Call){
		"a byte": func(c *connector.Call) { c.Body = append(c.Body, ' ') }, "the method": func(c *connector.Call) { c.Method = "PUT" }, "the address": func(c *connector.Call) { c.URL += "?x=1" },
		"the time": func(c *connector.Call) { c.Header.Set("X-HubSpot-Request-Timestamp", "1790000001001") }, "no time": func(c *connector.Call) { c.Header.Del("X-HubSpot-Request-Timestamp") },
		"too old": func(c *connector.Call) { c.Now = at.Add(6 * time.Minute) }, "no signature": func(c *connector.Call) { c.Header.Del("X-HubSpot-Signature-v3") },
	} {
		c := good()
		spoil(&c)
		if _, err := conn.Hints(c); err != connector.ErrSignature { //nolint:errorlint // bare
			t.Errorf("%s: %v", name, err)
		}
	}
	c := good() // HubSpot decodes some characters of the address before it signs, and only those
	c.URL = "https://hooks.example.com/hub%3Aspot%2Fx?a=%40b%20c%26"
	c.Header.Set("X-HubSpot-Signature-v3", hs.Sign("client-secret", "POST", "https://hooks.example.com/hub:spot/x?a=@b%20c%26", c.Body, "1790000001000"))
	if _, err := conn.Hints(c); err != nil {
		t.Errorf("an address with escapes: %v", err)
	}
}

// TestEvents: what each kind of event has looked at.
func TestEvents(t *testing.T) {
	conn := hubspot.Kind.Open(connector.App{ClientSecret: "client-secret"})
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	for body, want := range map[string][]string{
		`[]`: nil,
		`[{"portalId":3,"subscriptionType":"contact.creation","objectId":12}]`:                                                                   {"12"},
		`[{"portalId":3,"subscriptionType":"contact.deletion","objectId":12},{"portalId":3,"subscriptionType":"contact.restore","objectId":13}]`: {"12", "13"},
		`[{"portalId":3,"subscriptionType":"contact.privacyDeletion","objectId":12}]`:                                                            {"12!"},
		`[{"portalId":3,"subscriptionType":"contact.merge","objectId":12,"primaryObjectId":12,"mergedObjectIds":[11,10],"newObjectId":14}]`:      {"12", "14", "11", "10"},
		`[{"portalId":3,"subscriptionType":"object.propertyChange","objectTypeId":"0-1","objectId":12}]`:                                         {"12"},
		`[{"portalId":3,"subscriptionType":"object.creation","objectTypeId":"0-2","objectId":12}]`:                                               nil,
		`[{"portalId":3,"subscriptionType":"company.creation","objectId":12}]`:                                                                   nil,
		`[{"subscriptionType":"contact.creation","objectId":12}]`:                                                                                nil,
		`[{"portalId":3,"subscriptionType":"contact.creation","objectId":-1}]`:                                                                   nil,
	} {
		hints, err := conn.Hints(call(body, now))
		var ids []string
		for _, h := range hints {
			if ids = append(ids, h.ID); h.Org != "3" || h.Feed != crm.FeedContacts {
				t.Errorf("%s: %+v", body, h)
			}
		}
		if err != nil || !slices.Equal(ids, want) {
			t.Errorf("%s: %v, %v", body, ids, err)
		}
	}
	for _, body := range []string{"", "[", `{"portalId":3}`, `["x"]`} {
		if _, err := conn.Hints(call(body, now)); crm.KindOf(err) != crm.Invalid {
			t.Errorf("%q: %v", body, err)
		}
	}
}

// TestGrant: a refresh token that stays, one that is another each time, and giving it back.
func TestGrant(t *testing.T) {
	for _, rotate := range []bool{false, true} {
		o := start(t, func(c *hs.Config) { c.Rotate = rotate })
		conn, a, token := o.connect(t)
		if a.Org.ID != o.portal || a.Org.Name != "stillwater.example" || a.Org.Details["currency"] != "GBP" {
			t.Errorf("the account is %+v", a.Org)
		}
		fresh, err := conn.Refresh(t.Context(), token)
		must(t, err)
		if rotate == (fresh.Refresh == token.Refresh) {
			t.Errorf("rotating %v: %s, %s", rotate, token.Refresh, fresh.Refresh)
		}
		must(t, conn.Revoke(t.Context(), fresh, a.Org))
		must(t, conn.Revoke(t.Context(), fresh, a.Org)) // it is gone: that is all that was wanted
		if _, err := conn.Refresh(t.Context(), fresh); connector.TroubleOf(err) != connector.Dead || o.Granted() != 0 {
			t.Errorf("given back: %v", err)
		}
		away := o.app
		away.BaseURL = "http://127.0.0.1:1"
		err = hubspot.Kind.Open(away).Revoke(t.Context(), fresh, a.Org)
		if connector.TroubleOf(err) == "" || errors.Unwrap(err) != nil {
			t.Errorf("a token may stand in the log: %v", errors.Unwrap(err))
		}
	}
}
