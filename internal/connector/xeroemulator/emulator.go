// Package xeroemulator plays Xero: consent, tokens, contacts, invoices, limits, faults and
// webhooks, with a memory. Tests run against it, and `parley demo --with-xero` lets anyone
// try the connection without an account. It holds to what Xero documents, and is stricter
// than Xero where that is vague.
package xeroemulator

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Config is how an emulator is set up.
type Config struct {
	ClientID, ClientSecret, WebhookKey string
	// PerMinute and PerDay are the limits of an organisation; 0 is Xero's own.
	PerMinute, PerDay int
	// PageSize is the size of a page where none is asked for, and the most where one is;
	// 0 is 100 and 1000.
	PageSize int
	Now      func() time.Time
}

// Emulator is one Xero. Its methods may be called while it serves.
type Emulator struct {
	Config
	mu      sync.Mutex
	orgs    []*org
	grants  []*grant
	codes   map[string]*code
	access  map[string]access
	written map[string]written // by Idempotency-Key
	faults  []Fault
	calls   []string
	refresh int
	last    time.Time
	seq     int
	webhook string
	events  []event
}

type org struct {
	id, name, country, currency, shortCode string
	contacts                               []*Contact
	invoices                               []*Invoice
	minute, day                            time.Time
	inMinute, inDay                        int
}

// New makes an emulator without organisations.
func New(c Config) *Emulator {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.PerMinute == 0 {
		c.PerMinute = 60
	}
	if c.PerDay == 0 {
		c.PerDay = 5000
	}
	return &Emulator{Config: c, codes: map[string]*code{}, access: map[string]access{}, written: map[string]written{}}
}

// Handler answers under Xero's paths: /identity, /connect, /connections and /api.xro/2.0,
// and shows a page of its own at /.
func (e *Emulator) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /identity/connect/authorize", e.consentPage)
	mux.HandleFunc("POST /identity/connect/authorize", e.consent)
	mux.HandleFunc("POST /connect/token", e.token)
	mux.HandleFunc("GET /connections", e.connections)
	mux.HandleFunc("DELETE /connections/{id}", e.disconnect)
	mux.Handle("/api.xro/2.0/", http.HandlerFunc(e.api))
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /{$}", e.page)
	mux.HandleFunc("POST /contacts", e.edit)
	mux.HandleFunc("POST /invoices", e.editInvoice)
	return mux
}

// AddOrg adds an organisation and answers with its id.
func (e *Emulator) AddOrg(name, country, currency string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	o := &org{id: newID(), name: name, country: country, currency: currency, shortCode: "!" + random(3)}
	e.orgs = append(e.orgs, o)
	return o.id
}

// Fault makes calls of the accounting API go wrong.
type Fault string

// The faults.
const (
	TooMany      Fault = "429"
	Broken       Fault = "500"
	Away         Fault = "503"
	Page         Fault = "html"      // HTML with status 200
	Truncated    Fault = "truncated" // JSON that breaks off
	Lost         Fault = "lost"      // done, and the answer never comes
	Unauthorised Fault = "401"
	Repeat       Fault = "repeat" // the first page again, called by the number asked for
)

// Fail makes the next calls go wrong, one fault each; "" is one that goes well.
func (e *Emulator) Fail(faults ...Fault) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.faults = append(e.faults, faults...)
}

// Calls are the calls of the accounting API so far: method and path with its query.
func (e *Emulator) Calls() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.calls)
}

// Refreshes counts the tokens that were made of a refresh token.
func (e *Emulator) Refreshes() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.refresh
}

func (e *Emulator) orgByID(id string) *org {
	for _, o := range e.orgs {
		if o.id == id {
			return o
		}
	}
	return nil
}

// tick is now, later than ever before: changes have an order.
func (e *Emulator) tick() time.Time {
	now := e.Now().UTC().Truncate(time.Millisecond)
	if !now.After(e.last) {
		now = e.last.Add(time.Millisecond)
	}
	e.last = now
	return now
}

// limit counts a call of an organisation. It answers whether it may be made.
func (e *Emulator) limit(w http.ResponseWriter, o *org) bool {
	now := e.Now()
	if now.Sub(o.minute) >= time.Minute {
		o.minute, o.inMinute = now, 0
	}
	if now.Sub(o.day) >= 24*time.Hour {
		o.day, o.inDay = now, 0
	}
	o.inMinute++
	o.inDay++
	h := w.Header()
	h.Set("X-MinLimit-Remaining", fmt.Sprint(max(0, e.PerMinute-o.inMinute)))
	h.Set("X-DayLimit-Remaining", fmt.Sprint(max(0, e.PerDay-o.inDay)))
	h.Set("X-AppMinLimit-Remaining", "9999")
	problem, wait := "", time.Duration(0)
	switch {
	case o.inDay > e.PerDay:
		problem, wait = "day", o.day.Add(24*time.Hour).Sub(now)
	case o.inMinute > e.PerMinute:
		problem, wait = "minute", o.minute.Add(time.Minute).Sub(now)
	default:
		return true
	}
	h.Set("X-Rate-Limit-Problem", problem)
	h.Set("Retry-After", fmt.Sprint(int(wait/time.Second)+1))
	w.WriteHeader(http.StatusTooManyRequests)
	return false
}

func newID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// Sign is the signature of a webhook.
func Sign(key string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key))
	_, _ = mac.Write(body) // never fails
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func date(t time.Time) string { return fmt.Sprintf("/Date(%d+0000)/", t.UnixMilli()) }

func has(list, item string) bool { return slices.Contains(strings.Split(list, ","), item) }
