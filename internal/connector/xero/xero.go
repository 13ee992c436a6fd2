// Package xero connects Xero: contacts and sales invoices of an organisation.
package xero

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"parley/internal/connector"
	"parley/internal/crm"
)

// Xero's own addresses.
const (
	apiURL      = "https://api.xero.com"
	loginURL    = "https://login.xero.com"
	identityURL = "https://identity.xero.com"
)

// scopes are those of apps made since March 2026, which older ones may ask for, too.
var scopes = []connector.Scope{
	{Name: "offline_access", Why: "To go on following changes while nobody is signed in."},
	{Name: "openid profile email", Why: "To know who connected."},
	{Name: "accounting.contacts", Why: "To read contacts, and to send changes back where you switch that on."},
	{Name: "accounting.invoices.read", Why: "To see which sales invoices are open. Parley cannot change one."},
	{Name: "accounting.settings.read", Why: "To know the country and currency of the organisation."},
}

// Kind is Xero.
var Kind = connector.Kind{
	Name: "xero", Title: "Xero", Source: crm.SourceXero, Organisation: "organisation",
	Scopes: scopes,
	Fields: []string{"first_name", "last_name", "business_name", "email", "phone",
		"contact_address.street", "contact_address.city", "contact_address.region", "contact_address.postal_code", "contact_address.country",
		"billing_address.street", "billing_address.city", "billing_address.region", "billing_address.postal_code", "billing_address.country"},
	Addresses: [2]string{"Street address", "Postal address"},
	Phones:    []string{"MOBILE", "DEFAULT", "DDI", "OFFICE"},
	LeftOut:   "suppliers",
	Invoices:  true,
	Limits:    connector.Limits{PerMinute: 60, PerDay: 5000},
	Settings:  []string{"PARLEY_XERO_CLIENT_ID", "PARLEY_XERO_CLIENT_SECRET", "PARLEY_XERO_WEBHOOK_KEY"},
	Open:      func(app connector.App) connector.Connector { return open(app) },
}

type client struct {
	app   connector.App
	api   string // without a slash at its end
	oauth connector.OAuth
	calls connector.Client
}

func open(app connector.App) client {
	identity := strings.TrimRight(cmp.Or(app.IdentityURL, identityURL), "/")
	login := strings.TrimRight(cmp.Or(app.IdentityURL, loginURL), "/")
	c := client{app: app, api: strings.TrimRight(cmp.Or(app.BaseURL, apiURL), "/"), calls: connector.Client{HTTP: app.HTTP, Refusal: refusal, DayLeft: "X-DayLimit-Remaining"}}
	c.oauth = connector.OAuth{App: app, PKCE: true, Authorize: login + "/identity/connect/authorize", Token: identity + "/connect/token"}
	for _, s := range scopes {
		c.oauth.Scopes = append(c.oauth.Scopes, strings.Fields(s.Name)...)
	}
	return c
}

func (c client) AuthorizeURL(state, verifier string) string { return c.oauth.URL(state, verifier) }

// Exchange answers with the organisations that this consent opens; where Xero does not
// say which those are, with all that the app may reach.
func (c client) Exchange(ctx context.Context, callback url.Values, verifier string) (connector.Token, []crm.Organisation, error) {
	token, err := c.oauth.Exchange(ctx, callback, verifier)
	if err != nil {
		return token, nil, err
	}
	var reached []struct {
		ID, AuthEventID, TenantID, TenantType, TenantName string
	}
	r, err := connector.Request(http.MethodGet, c.api+"/connections", nil)
	if err != nil {
		return token, nil, err
	}
	if _, err := c.calls.Do(ctx, connector.Access{Token: token.Access}, r, &reached); err != nil {
		return token, nil, err
	}
	event := authEvent(token.Access)
	var list, all []crm.Organisation
	for _, t := range reached {
		if t.TenantType != "" && t.TenantType != "ORGANISATION" || t.TenantID == "" {
			continue
		}
		org := crm.Organisation{ID: t.TenantID, Name: t.TenantName, Details: map[string]string{"connection": t.ID}}
		all = append(all, org)
		if event != "" && t.AuthEventID == event {
			list = append(list, org)
		}
	}
	if len(list) == 0 {
		list = all
	}
	for n := range list {
		if err := c.describe(ctx, token, &list[n]); err != nil {
			return token, nil, err
		}
	}
	return token, list, nil
}

// describe asks for country and currency. Without an answer the business's own stand.
func (c client) describe(ctx context.Context, token connector.Token, org *crm.Organisation) error {
	var answer struct {
		Organisations []struct{ Name, CountryCode, BaseCurrency, ShortCode string }
	}
	if _, err := c.get(ctx, connector.Access{Token: token.Access, Org: *org}, "/Organisation", nil, "", &answer); connector.TroubleOf(err) == connector.Expired {
		return err
	} else if err != nil || len(answer.Organisations) == 0 {
		return nil //nolint:nilerr // it is connected all the same
	}
	o := answer.Organisations[0]
	org.Details["country"], org.Details["currency"], org.Details["short_code"] = o.CountryCode, o.BaseCurrency, o.ShortCode
	return nil
}

func (c client) Refresh(ctx context.Context, old connector.Token) (connector.Token, error) {
	return c.oauth.Refresh(ctx, old)
}

// Revoke takes this organisation off the grant. The grant itself may open others.
func (c client) Revoke(ctx context.Context, token connector.Token, org crm.Organisation) error {
	r, err := connector.Request(http.MethodDelete, c.api+"/connections/"+url.PathEscape(org.Details["connection"]), nil)
	if err != nil {
		return err
	}
	_, err = c.calls.Do(ctx, connector.Access{Token: token.Access}, r, nil)
	if connector.TroubleOf(err) == connector.Missing {
		return nil
	}
	return err
}

// get reads below the accounting API. since is an If-Modified-Since, or empty.
func (c client) get(ctx context.Context, a connector.Access, path string, query url.Values, since string, into any) (connector.Reply, error) {
	address := c.api + "/api.xro/2.0" + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	r, err := connector.Request(http.MethodGet, address, nil)
	if err != nil {
		return connector.Reply{}, err
	}
	r.Header.Set("xero-tenant-id", a.Org.ID)
	if since != "" {
		r.Header.Set("If-Modified-Since", since)
	}
	return c.calls.Do(ctx, a, r, into)
}

// listed refuses an answer without the list that was asked for: to take it for an empty one
// would lose what changed. Where nothing changed there need be none.
func listed(r connector.Reply, list []json.RawMessage) error {
	if list == nil && r.Status != http.StatusNotModified {
		return connector.Fail(connector.Garbled, "no list", "It answered without the records that it was asked for: "+connector.Excerpt(r.Body))
	}
	return nil
}

// refusal reads an answer that is no success: 403 is an organisation that was taken off
// the grant, 400 says what is wrong with a write.
func refusal(r connector.Reply) *connector.Error {
	switch r.Status {
	case http.StatusForbidden:
		return connector.Fail(connector.Dead, "http 403", "The organisation was taken off the permission.")
	case http.StatusNotFound:
		return connector.Fail(connector.Missing, "http 404", "There is no such record.")
	}
	var said struct {
		Type, Message string
		Elements      []validated
	}
	_ = json.Unmarshal(r.Body, &said)
	for _, e := range said.Elements {
		if err := e.refusal(); err != nil {
			return err
		}
	}
	if said.Message == "" {
		said.Message = connector.Excerpt(r.Body)
	}
	return connector.Fail(connector.Refused, cmp.Or(said.Type, "http "+strconv.Itoa(r.Status)), said.Message)
}

// validated is the part of a written record that says whether it was taken.
type validated struct {
	StatusAttributeString string
	HasValidationErrors   bool
	ValidationErrors      []struct{ Message string }
}

func (v validated) refusal() *connector.Error {
	if len(v.ValidationErrors) == 0 && !v.HasValidationErrors && v.StatusAttributeString != "ERROR" {
		return nil
	}
	var all []string
	for _, e := range v.ValidationErrors {
		all = append(all, e.Message)
	}
	text := cmp.Or(strings.Join(all, " "), "Xero did not say why.")
	if strings.Contains(text, "already assigned to another contact") || strings.Contains(text, "must be unique") {
		return connector.Fail(connector.Taken, "name_taken", text)
	}
	return connector.Fail(connector.Refused, "validation", text)
}
