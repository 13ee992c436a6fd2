// Package quickbooksemulator plays QuickBooks Online: consent, tokens, customers, invoices,
// queries, what changed, limits, faults and webhooks, with a memory. Tests run against it,
// and `parley demo --with-quickbooks` lets anyone try the connection without an account. It
// holds to what Intuit documents, and is stricter than QuickBooks where that is vague.
package quickbooksemulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"parley/internal/connector/emulator"
)

// Config is how an emulator is set up.
type Config struct {
	// WebhookKey is the verifier token.
	ClientID, ClientSecret, WebhookKey string
	// PerSecond and PerMinute are the limits of a company; 0 is QuickBooks' own, and less
	// is none.
	PerSecond, PerMinute int
	// Most is how many records an answer holds; 0 is 1000.
	Most int
	// RefreshTakes is how long a refresh takes. A second one of the same grant meanwhile
	// kills it.
	RefreshTakes time.Duration
	// Grace is how long a refresh token is taken after another one came in its place.
	// Intuit's own client says 24 hours, its help says not at all: that is 0.
	Grace time.Duration
	// OldHooks sends webhooks in the shape before CloudEvents.
	OldHooks bool
	Now      func() time.Time
}

// Emulator is one QuickBooks. Its methods may be called while it serves.
type Emulator struct {
	Config
	emulator.Provider[*granted]
	companies []*company
	written   map[string]written // by requestid
	webhook   string
	events    []event
}

type company struct {
	realm, name, country, currency string
	several                        bool // currencies
	id                             int
	customers                      []*Customer
	invoices                       []*Invoice
	others                         []string // names of vendors and employees
	stubs                          []stub
	second, minute                 emulator.Window
}

// stub is what is left of a record that was deleted.
type stub struct {
	entity, id string
	at         time.Time
}

// New makes an emulator without companies.
func New(c Config) *Emulator {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.PerSecond == 0 {
		c.PerSecond = 10
	}
	if c.PerMinute == 0 {
		c.PerMinute = 500
	}
	if c.Most == 0 {
		c.Most = 1000
	}
	e := &Emulator{Config: c, written: map[string]written{}}
	e.Start(e.oauth())
	return e
}

// Handler answers under Intuit's paths, and shows a page of its own at /.
func (e *Emulator) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /connect/oauth2", e.ConsentPage)
	mux.HandleFunc("POST /connect/oauth2", e.TakeConsent)
	mux.HandleFunc("POST /oauth2/v1/tokens/bearer", e.token)
	mux.HandleFunc("POST /v2/oauth2/tokens/revoke", e.revoke)
	mux.Handle("/v3/company/", http.HandlerFunc(e.api))
	mux.HandleFunc("GET /{$}", e.page)
	mux.HandleFunc("POST /permission", e.TakeBack)
	mux.HandleFunc("POST /customers", e.edit)
	mux.HandleFunc("POST /invoices", e.editInvoice)
	return mux
}

// AddCompany adds a company and answers with its realm. With several currencies its
// invoices say theirs.
func (e *Emulator) AddCompany(name, country, currency string, several bool) string {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	c := &company{realm: fmt.Sprint(9130347000000000 + len(e.companies)*7919), name: name, country: country, currency: currency, several: several}
	e.companies = append(e.companies, c)
	return c.realm
}

// AddVendor takes a name, which no customer can have then.
func (e *Emulator) AddVendor(realm, name string) {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	c := e.company(realm)
	c.others = append(c.others, name)
}

// The faults that are QuickBooks' own.
const (
	NoAccess emulator.Fault = "120"  // whoever connected has left
	Ended    emulator.Fault = "6190" // the subscription has ended
)

func (e *Emulator) company(realm string) *company {
	for _, c := range e.companies {
		if c.realm == realm {
			return c
		}
	}
	return nil
}

// tick is now, to the second, and never earlier than the last change.
func (e *Emulator) tick() time.Time {
	now := e.Now().UTC().Truncate(time.Second)
	if now.Before(e.Last) {
		now = e.Last
	}
	e.Last = now
	return now
}

// limit counts a call of a company. It answers whether it may be made. QuickBooks does not
// say how long to wait.
func (e *Emulator) limit(w http.ResponseWriter, c *company) bool {
	now := e.Now()
	inSecond, inMinute := c.second.Add(now, time.Second), c.minute.Add(now, time.Minute)
	if e.PerSecond > 0 && inSecond > e.PerSecond || e.PerMinute > 0 && inMinute > e.PerMinute {
		fail(w, http.StatusTooManyRequests, "THROTTLE", "3001", "message=ThrottleExceeded", "The request limit was reached")
		return false
	}
	return true
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// fail answers with a fault.
func fail(w http.ResponseWriter, status int, kind, code, message, detail string) {
	reply(w, status, map[string]any{"Fault": map[string]any{"type": kind, "Error": []map[string]string{{"Message": message, "Detail": detail, "code": code}}},
		"time": time.Now().UTC().Format(timeForm)})
}

// timeForm is how QuickBooks writes times.
const timeForm = "2006-01-02T15:04:05.000-07:00"
