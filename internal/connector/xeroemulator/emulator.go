// Package xeroemulator plays Xero: consent, tokens, contacts, invoices, limits, faults and
// webhooks, with a memory. Tests run against it, and `parley demo --with-xero` lets anyone
// try the connection without an account. It holds to what Xero documents, and is stricter
// than Xero where that is vague.
package xeroemulator

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"parley/internal/connector/emulator"
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
	emulator.Provider[*granted]
	orgs    []*org
	written map[string]written // by Idempotency-Key
	seq     int
	webhook string
	events  []event
}

type org struct {
	id, name, country, currency, shortCode string
	contacts                               []*Contact
	invoices                               []*Invoice
	minute, day                            emulator.Window
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
	e := &Emulator{Config: c, written: map[string]written{}}
	e.Start(e.oauth())
	return e
}

// Handler answers under Xero's paths: /identity, /connect, /connections and /api.xro/2.0,
// and shows a page of its own at /.
func (e *Emulator) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /identity/connect/authorize", e.ConsentPage)
	mux.HandleFunc("POST /identity/connect/authorize", e.TakeConsent)
	mux.HandleFunc("POST /connect/token", e.token)
	mux.HandleFunc("GET /connections", e.connections)
	mux.HandleFunc("DELETE /connections/{id}", e.disconnect)
	mux.Handle("/api.xro/2.0/", http.HandlerFunc(e.api))
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /{$}", e.page)
	mux.HandleFunc("POST /permission", e.TakeBack)
	mux.HandleFunc("POST /contacts", e.edit)
	mux.HandleFunc("POST /invoices", e.editInvoice)
	return mux
}

// AddOrg adds an organisation and answers with its id.
func (e *Emulator) AddOrg(name, country, currency string) string {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	o := &org{id: newID(), name: name, country: country, currency: currency, shortCode: "!" + emulator.Random(3)}
	e.orgs = append(e.orgs, o)
	return o.id
}

// Repeat answers with the first page again, called by the number asked for.
const Repeat emulator.Fault = "repeat"

func (e *Emulator) orgByID(id string) *org {
	for _, o := range e.orgs {
		if o.id == id {
			return o
		}
	}
	return nil
}

// limit counts a call of an organisation. It answers whether it may be made.
func (e *Emulator) limit(w http.ResponseWriter, o *org) bool {
	now := e.Now()
	thisMinute, today := o.minute.Add(now, time.Minute), o.day.Add(now, 24*time.Hour)
	h := w.Header()
	h.Set("X-MinLimit-Remaining", fmt.Sprint(max(0, e.PerMinute-thisMinute)))
	h.Set("X-DayLimit-Remaining", fmt.Sprint(max(0, e.PerDay-today)))
	h.Set("X-AppMinLimit-Remaining", "9999")
	problem, wait := "", time.Duration(0)
	switch {
	case today > e.PerDay:
		problem, wait = "day", o.day.From.Add(24*time.Hour).Sub(now)
	case thisMinute > e.PerMinute:
		problem, wait = "minute", o.minute.From.Add(time.Minute).Sub(now)
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

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func date(t time.Time) string { return fmt.Sprintf("/Date(%d+0000)/", t.UnixMilli()) }

func has(list, item string) bool { return slices.Contains(strings.Split(list, ","), item) }
