// Package hubspotemulator plays HubSpot: consent, tokens, contacts, lists, searches, limits,
// faults and webhooks, with a memory. Tests run against it, and `parley demo --with-hubspot`
// lets anyone try the connection without an account. It holds to what HubSpot documents, and
// is stricter than HubSpot where that is vague.
package hubspotemulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"parley/internal/connector/emulator"
)

// Config is how an emulator is set up. The secret signs webhooks, too.
type Config struct {
	ClientID, ClientSecret string
	// PerTenSeconds, SearchesPerSecond and PerDay are the limits of an account; 0 is
	// HubSpot's own, and less is none.
	PerTenSeconds, SearchesPerSecond, PerDay int
	// PageSize is the most of a page of a list and of a search; 0 is 100 and 200.
	PageSize int
	// IndexLag is how long a search does not see what changed.
	IndexLag time.Duration
	// Rotate gives a new refresh token with each refresh, and ends the old one.
	Rotate bool
	Now    func() time.Time
}

// Emulator is one HubSpot. Its methods may be called while it serves.
type Emulator struct {
	Config
	emulator.Provider[granted]
	accounts []*account
	id       int
	webhook  string
	signedAs string
	events   []event
}

type account struct {
	portal, domain, currency string
	contacts                 []*Contact
	merged                   map[string]string // into which
	custom                   []string          // properties that it made
	tens, second, day        emulator.Window
}

// New makes an emulator without accounts.
func New(c Config) *Emulator {
	if c.Now == nil {
		c.Now = time.Now
	}
	for _, limit := range []struct {
		of  *int
		own int
	}{{&c.PerTenSeconds, 110}, {&c.SearchesPerSecond, 5}, {&c.PerDay, 250_000}} {
		if *limit.of == 0 {
			*limit.of = limit.own
		}
	}
	e := &Emulator{Config: c, id: 500}
	e.Start(e.oauth())
	return e
}

// Handler answers under HubSpot's paths, and shows a page of its own at /.
func (e *Emulator) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /oauth/authorize", e.ConsentPage)
	mux.HandleFunc("POST /oauth/authorize", e.TakeConsent)
	mux.HandleFunc("POST /oauth/v1/token", e.token)
	mux.HandleFunc("GET /oauth/v1/access-tokens/{token}", e.about)
	mux.HandleFunc("DELETE /oauth/v1/refresh-tokens/{token}", e.revoke)
	mux.HandleFunc("GET /account-info/v3/details", e.details)
	mux.Handle("/crm/v3/objects/contacts", http.HandlerFunc(e.api))
	mux.Handle("/crm/v3/objects/contacts/", http.HandlerFunc(e.api))
	mux.Handle("GET /crm/v3/properties/contacts", http.HandlerFunc(e.api))
	mux.HandleFunc("GET /{$}", e.page)
	mux.HandleFunc("POST /permission", e.TakeBack)
	mux.HandleFunc("POST /contacts", e.edit)
	return mux
}

// AddAccount adds an account and answers with its portal id.
func (e *Emulator) AddAccount(domain, currency string) string {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	o := &account{portal: fmt.Sprint(62515 + len(e.accounts)*101), domain: domain, currency: currency, merged: map[string]string{}}
	e.accounts = append(e.accounts, o)
	return o.portal
}

// Scopes is the fault that the app may not do this.
const Scopes emulator.Fault = "403"

func (e *Emulator) account(portal string) *account {
	for _, o := range e.accounts {
		if o.portal == portal {
			return o
		}
	}
	return nil
}

// limit counts a call of an account. It answers whether it may be made.
func (e *Emulator) limit(w http.ResponseWriter, r *http.Request, o *account) bool {
	now := e.Now()
	today, tens := o.day.Add(now, 24*time.Hour), o.tens.Add(now, 10*time.Second)
	h := w.Header()
	h.Set("X-HubSpot-RateLimit-Daily", strconv.Itoa(e.PerDay))
	h.Set("X-HubSpot-RateLimit-Daily-Remaining", strconv.Itoa(max(0, e.PerDay-today)))
	h.Set("X-HubSpot-RateLimit-Interval-Milliseconds", "10000")
	h.Set("X-HubSpot-RateLimit-Max", strconv.Itoa(e.PerTenSeconds))
	h.Set("X-HubSpot-RateLimit-Remaining", strconv.Itoa(max(0, e.PerTenSeconds-tens)))
	policy := ""
	switch {
	case strings.HasSuffix(r.URL.Path, "/search") && e.SearchesPerSecond > 0 && o.second.Add(now, time.Second) > e.SearchesPerSecond:
		policy = "SECONDLY"
	case e.PerTenSeconds > 0 && tens > e.PerTenSeconds:
		policy = "TEN_SECONDLY_ROLLING"
	case e.PerDay > 0 && today > e.PerDay:
		policy = "DAILY"
	default:
		return true
	}
	tooMany(w, policy)
	return false
}

func tooMany(w http.ResponseWriter, policy string) {
	reply(w, http.StatusTooManyRequests, map[string]string{"status": "error", "message": "You have reached your " + strings.ToLower(policy) + " limit.", "errorType": "RATE_LIMIT",
		"policyName": policy, "category": "RATE_LIMITS", "correlationId": emulator.Random(16)})
}

// Sign is the signature of a webhook to an address.
func Sign(secret, method, address string, body []byte, stamp string) string {
	return emulator.Sign(secret, []byte(method+address+string(body)+stamp))
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// fail answers with an error.
func fail(w http.ResponseWriter, status int, category, message string) {
	reply(w, status, map[string]string{"status": "error", "message": message, "category": category, "correlationId": emulator.Random(16)})
}
