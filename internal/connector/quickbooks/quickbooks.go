// Package quickbooks connects QuickBooks Online: customers and sales invoices of a company.
package quickbooks

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"parley/internal/connector"
	"parley/internal/crm"
)

// Intuit's own addresses.
const (
	apiURL       = "https://quickbooks.api.intuit.com"
	authorizeURL = "https://appcenter.intuit.com"
	tokenURL     = "https://oauth.platform.intuit.com"
	revokeURL    = "https://developer.api.intuit.com"
)

// minorVersion is the form of records that is asked for. Lower ones were retired in 2025.
const minorVersion = "75"

// scope is the one right that there is.
const scope = "com.intuit.quickbooks.accounting"

// Kind is QuickBooks Online.
var Kind = connector.Kind{
	Name: "quickbooks", Title: "QuickBooks", Source: crm.SourceQuickBooks, Organisation: "company",
	Scopes: []connector.Scope{{Name: scope,
		Why: "To read customers and sales invoices, and to send changes of customers back where you switch that on. Intuit has no narrower right; Parley writes nothing else."}},
	Fields: []string{"first_name", "middle_name", "last_name", "business_name", "email", "phone",
		"contact_address.street", "contact_address.city", "contact_address.region", "contact_address.postal_code", "contact_address.country",
		"billing_address.street", "billing_address.city", "billing_address.region", "billing_address.postal_code", "billing_address.country"},
	Addresses: [2]string{"Shipping address", "Billing address"},
	Phones:    []string{"Mobile", "Phone", "Alternate"},
	LeftOut:   "sub-customers and projects",
	Invoices:  true,
	Limits:    connector.Limits{PerSecond: 8, PerMinute: 450},
	Settings:  []string{"PARLEY_QUICKBOOKS_CLIENT_ID", "PARLEY_QUICKBOOKS_CLIENT_SECRET", "PARLEY_QUICKBOOKS_WEBHOOK_KEY"},
	Open:      func(app connector.App) connector.Connector { return open(app) },
}

type client struct {
	app    connector.App
	api    string // without a slash at its end
	revoke string
	oauth  connector.OAuth
	calls  connector.Client
}

func open(app connector.App) client {
	at := func(address string) string { return strings.TrimRight(cmp.Or(app.IdentityURL, address), "/") }
	return client{app: app, api: strings.TrimRight(cmp.Or(app.BaseURL, apiURL), "/"), revoke: at(revokeURL) + "/v2/oauth2/tokens/revoke",
		calls: connector.Client{HTTP: app.HTTP, Refusal: refusal, Pause: pause},
		oauth: connector.OAuth{App: app, Authorize: at(authorizeURL) + "/connect/oauth2", Token: at(tokenURL) + "/oauth2/v1/tokens/bearer", Scopes: []string{scope}}}
}

// pause is how long QuickBooks wants to be left alone after too many calls.
func pause(connector.Reply) time.Duration { return time.Minute }

func (c client) AuthorizeURL(state, verifier string) string { return c.oauth.URL(state, verifier) }

// Exchange answers with the company that was chosen over there. Its realm comes in the
// address that the browser brings, so that it is believed only once the token opens it.
func (c client) Exchange(ctx context.Context, callback url.Values, verifier string) (connector.Token, []crm.Organisation, error) {
	token, err := c.oauth.Exchange(ctx, callback, verifier)
	if err != nil {
		return token, nil, err
	}
	realm := callback.Get("realmId")
	if !isID(realm) {
		return token, nil, connector.Fail(connector.Refused, "no_realm", "QuickBooks did not say which company was chosen.")
	}
	org, err := c.describe(ctx, connector.Access{Token: token.Access, Org: crm.Organisation{ID: realm}})
	if trouble := connector.TroubleOf(err); trouble == connector.Expired || trouble == connector.Dead || trouble == connector.Missing {
		err = connector.Fail(connector.Refused, "other_realm", "The permission does not open the company that was named.")
	}
	if err != nil {
		return token, nil, err
	}
	return token, []crm.Organisation{org}, nil
}

// describe asks for name, country and currency of a company.
func (c client) describe(ctx context.Context, a connector.Access) (crm.Organisation, error) {
	org := a.Org
	var company struct {
		CompanyInfo *struct{ CompanyName, Country string }
	}
	_, err := c.get(ctx, a, "/companyinfo/"+org.ID, nil, &company)
	if err != nil {
		return org, err
	}
	if company.CompanyInfo == nil {
		return org, connector.Fail(connector.Garbled, "no company", "It answered without the company.")
	}
	country := crm.CountryCode(company.CompanyInfo.Country)
	org.Name = cmp.Or(company.CompanyInfo.CompanyName, "QuickBooks "+org.ID)
	org.Details = map[string]string{"country": country, "currency": crm.CurrencyOf(country)}
	var said struct {
		Preferences struct {
			CurrencyPrefs struct{ HomeCurrency reference }
		}
	}
	_, err = c.get(ctx, a, "/preferences", nil, &said)
	if trouble := connector.TroubleOf(err); err != nil && trouble != connector.Refused && trouble != connector.Missing { // the country's own currency stands
		return org, err
	}
	if home := said.Preferences.CurrencyPrefs.HomeCurrency.Value; home != "" {
		org.Details["currency"] = home
	}
	return org, nil
}

func (c client) Refresh(ctx context.Context, old connector.Token) (connector.Token, error) {
	return c.oauth.Refresh(ctx, old)
}

// Revoke ends the grant, which opens one company only.
func (c client) Revoke(ctx context.Context, token connector.Token, _ crm.Organisation) error {
	return c.oauth.Revoke(ctx, c.revoke, url.Values{"token": {cmp.Or(token.Refresh, token.Access)}})
}

func (c client) address(a connector.Access, path string, query url.Values) string {
	if query == nil {
		query = url.Values{}
	}
	query.Set("minorversion", minorVersion)
	return c.api + "/v3/company/" + url.PathEscape(a.Org.ID) + path + "?" + query.Encode()
}

// get reads below a company. QuickBooks may say what is wrong with status 200, too.
func (c client) get(ctx context.Context, a connector.Access, path string, query url.Values, into any) (connector.Reply, error) {
	r, err := connector.Request(http.MethodGet, c.address(a, path, query), nil)
	if err != nil {
		return connector.Reply{}, err
	}
	reply, err := c.calls.Do(ctx, a, r, into)
	if err != nil {
		return reply, err
	}
	return reply, faultOf(reply)
}

type reference struct {
	Value string `json:"value"`
}

type fault struct {
	Fault *struct {
		Error []struct {
			Message, Detail string
			Code            string `json:"code"`
			Element         string `json:"element"`
		}
		Type string `json:"type"`
	}
}

func faultOf(r connector.Reply) error {
	var f fault
	if _ = json.Unmarshal(r.Body, &f); f.Fault == nil {
		return nil
	}
	return refusal(r)
}

// refusal reads an answer that is no success, by the code of its fault.
func refusal(r connector.Reply) *connector.Error {
	var f fault
	_ = json.Unmarshal(r.Body, &f)
	code, said := "http "+strconv.Itoa(r.Status), connector.Excerpt(r.Body)
	if f.Fault != nil && len(f.Fault.Error) > 0 {
		e := f.Fault.Error[0]
		code, said = strings.TrimLeft(cmp.Or(e.Code, code), "0"), crm.FullName(e.Message+":", e.Detail)
		if e.Detail == "" || strings.HasPrefix(e.Detail, e.Message) {
			said = cmp.Or(e.Detail, e.Message)
		}
	}
	if trace := r.Header.Get("intuit_tid"); trace != "" {
		said += " (Intuit's number for this call is " + trace + ".)"
	}
	switch {
	case code == "5010":
		return connector.Fail(connector.Stale, code, said)
	case code == "6240":
		return connector.Fail(connector.Taken, "name_taken", said)
	case code == "610" || r.Status == http.StatusNotFound:
		return connector.Fail(connector.Missing, code, "There is no such record.")
	case code == "120":
		return connector.Fail(connector.Dead, code, "Whoever connected it has no right to this company any more.")
	case code == "6190":
		return connector.Fail(connector.Dead, code, "The subscription of this company has ended.")
	case code == "3001" || f.Fault != nil && strings.EqualFold(f.Fault.Type, "THROTTLE"):
		return &connector.Error{Trouble: connector.Wait, Code: code, Reason: "It asks to call less often.", After: pause(r)}
	case code == "3200" || f.Fault != nil && strings.EqualFold(f.Fault.Type, "AUTHENTICATION"):
		return connector.Fail(connector.Expired, code, "It does not take the token.")
	case r.Status == http.StatusForbidden:
		return connector.Fail(connector.Dead, code, "It does not let Parley in any more.")
	}
	return connector.Fail(connector.Refused, code, said)
}

// isID reports whether a text is an id as QuickBooks gives them, so that it can stand in a
// query.
func isID(text string) bool {
	return text != "" && len(text) <= 24 && strings.Trim(text, "0123456789") == ""
}
