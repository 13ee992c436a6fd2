// Package hubspot connects HubSpot: contacts of an account. It has no invoices.
package hubspot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley/internal/connector"
	"parley/internal/crm"
)

// HubSpot's own addresses.
const (
	apiURL = "https://api.hubapi.com"
	appURL = "https://app.hubspot.com"
)

// objects is the address of contacts. HubSpot keeps this version beside dated ones.
const objects = "/crm/v3/objects/contacts"

var scopes = []connector.Scope{
	{Name: "oauth", Why: "To connect at all, and to know which account it is."},
	{Name: "crm.objects.contacts.read", Why: "To read contacts."},
	{Name: "crm.objects.contacts.write", Why: "To send changes back where you switch that on."},
	{Name: "crm.schemas.contacts.read", Why: "To see whether your account has a place for a middle name and a billing address."},
}

// Kind is HubSpot. It has no place of its own for a middle name or a second address: where
// an account has made none, those stay here and are not compared.
var Kind = connector.Kind{
	Name: "hubspot", Title: "HubSpot", Source: crm.SourceHubSpot, Organisation: "account",
	Scopes: scopes,
	Fields: []string{"first_name", "last_name", "business_name", "email", "phone",
		"contact_address.street", "contact_address.city", "contact_address.region", "contact_address.postal_code", "contact_address.country"},
	Extra:     slices.Sorted(maps.Keys(custom)),
	Addresses: [2]string{"Address", ""},
	Phones:    phones,
	Limits:    connector.Limits{PerSecond: 10, PerMinute: 600, PerDay: 250_000},
	Settings:  []string{"PARLEY_HUBSPOT_CLIENT_ID", "PARLEY_HUBSPOT_CLIENT_SECRET"},
	Open:      func(app connector.App) connector.Connector { return open(app) },
}

type client struct {
	app   connector.App
	api   string // without a slash at its end
	oauth connector.OAuth
	calls connector.Client
}

func open(app connector.App) client {
	trim := func(address string) string { return strings.TrimRight(address, "/") }
	c := client{app: app, api: trim(cmp.Or(app.BaseURL, apiURL)), calls: connector.Client{HTTP: app.HTTP, Refusal: refusal, DayLeft: "X-HubSpot-RateLimit-Daily-Remaining", Pause: pause}}
	c.oauth = connector.OAuth{App: app, InBody: true, Authorize: trim(cmp.Or(app.IdentityURL, app.BaseURL, appURL)) + "/oauth/authorize", Token: c.api + "/oauth/v1/token"}
	for _, s := range scopes {
		c.oauth.Scopes = append(c.oauth.Scopes, s.Name)
	}
	return c
}

func (c client) AuthorizeURL(state, verifier string) string { return c.oauth.URL(state, verifier) }

// Exchange answers with the account that was chosen over there: a token opens one.
func (c client) Exchange(ctx context.Context, callback url.Values, verifier string) (connector.Token, []crm.Organisation, error) {
	token, err := c.oauth.Exchange(ctx, callback, verifier)
	if err != nil {
		return token, nil, err
	}
	var about struct {
		HubID     json.Number `json:"hub_id"`
		HubDomain string      `json:"hub_domain"`
		Scopes    []string
	}
	a := connector.Access{Token: token.Access}
	if _, err := c.send(ctx, a, http.MethodGet, "/oauth/v1/access-tokens/"+url.PathEscape(token.Access), nil, &about); err != nil {
		return token, nil, quiet(err)
	}
	if !isID(about.HubID.String()) {
		return token, nil, connector.Fail(connector.Garbled, "no account", "It did not say which account this is.")
	}
	if len(about.Scopes) > 0 && !slices.Contains(about.Scopes, "crm.objects.contacts.read") {
		return token, nil, connector.Fail(connector.Refused, "scopes", "The permission does not let Parley read contacts.")
	}
	org := crm.Organisation{ID: about.HubID.String(), Name: cmp.Or(about.HubDomain, "HubSpot "+about.HubID.String()), Details: map[string]string{}}
	var details struct{ CompanyCurrency, UIDomain string }
	_, err = c.send(ctx, a, http.MethodGet, "/account-info/v3/details", nil, &details)
	switch connector.TroubleOf(err) {
	case "":
		org.Details["currency"], org.Details["ui"] = details.CompanyCurrency, details.UIDomain
	case connector.Missing, connector.Refused, connector.Dead: // the account keeps that to itself
		err = nil
	}
	if err == nil {
		org.Details["fields"], err = c.made(ctx, a)
	}
	return token, []crm.Organisation{org}, err
}

func (c client) Refresh(ctx context.Context, old connector.Token) (connector.Token, error) {
	return c.oauth.Refresh(ctx, old)
}

// Revoke deletes the refresh token. The access token ends by itself within half an hour.
func (c client) Revoke(ctx context.Context, token connector.Token, _ crm.Organisation) error {
	_, err := c.send(ctx, connector.Access{Token: token.Access}, http.MethodDelete, "/oauth/v1/refresh-tokens/"+url.PathEscape(token.Refresh), nil, nil)
	if connector.TroubleOf(err) == connector.Missing {
		return nil
	}
	return quiet(err)
}

// quiet is an error without its cause, which names the address: HubSpot has tokens stand
// in addresses, and they belong into no log (A5).
func quiet(err error) error {
	var e *connector.Error
	if !errors.As(err, &e) {
		return err
	}
	return &connector.Error{Trouble: e.Trouble, Code: e.Code, Reason: e.Reason, After: e.After}
}

func (c client) send(ctx context.Context, a connector.Access, method, path string, body, into any) (connector.Reply, error) {
	r, err := connector.Request(method, c.api+path, body)
	if err != nil {
		return connector.Reply{}, err
	}
	return c.calls.Do(ctx, a, r, into)
}

// pause is how long HubSpot wants to be left alone, by the limit that was reached.
func pause(r connector.Reply) time.Duration {
	var said struct{ PolicyName string }
	_ = json.Unmarshal(r.Body, &said)
	switch said.PolicyName {
	case "SECONDLY":
		return time.Second
	case "DAILY":
		return time.Hour
	}
	return 10 * time.Second
}

var existing = regexp.MustCompile(`Existing ID: (\d+)`)

// refusal reads an answer that is no success.
func refusal(r connector.Reply) *connector.Error {
	var said struct {
		Message, Category string
		Errors            []struct{ Message string }
	}
	_ = json.Unmarshal(r.Body, &said)
	text := cmp.Or(said.Message, connector.Excerpt(r.Body))
	for _, e := range said.Errors {
		if e.Message != "" && !strings.Contains(text, e.Message) {
			text += " " + e.Message
		}
	}
	switch r.Status {
	case http.StatusConflict:
		if m := existing.FindStringSubmatch(text); m != nil {
			return connector.Fail(connector.Taken, "email_taken", "Another contact over there has this e-mail already: the one with the id "+m[1]+".")
		}
		return connector.Fail(connector.Taken, "email_taken", text)
	case http.StatusNotFound:
		return connector.Fail(connector.Missing, "http 404", "There is no such record.")
	case http.StatusForbidden:
		return connector.Fail(connector.Dead, cmp.Or(said.Category, "http 403"), "The permission does not reach that far any more: "+text)
	case http.StatusLocked, 477: // the account is being moved
		return &connector.Error{Trouble: connector.Away, Code: "http " + strconv.Itoa(r.Status), Reason: "The account is locked for a while.", After: time.Minute}
	}
	return connector.Fail(connector.Refused, cmp.Or(said.Category, "http "+strconv.Itoa(r.Status)), text)
}

// isID reports whether a text is an id as HubSpot gives them.
func isID(text string) bool {
	return text != "" && len(text) <= 24 && strings.Trim(text, "0123456789") == ""
}
