package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/api"
	"parley/internal/app/accounts"
	"parley/internal/app/broadcasts"
	"parley/internal/app/contacts"
	"parley/internal/app/hooks"
	"parley/internal/app/imports"
	"parley/internal/app/inbox"
	"parley/internal/app/team"
	"parley/internal/auth"
	"parley/internal/channel"
	"parley/internal/channel/simulator"
	"parley/internal/channel/twilio"
	"parley/internal/channel/vonage"
	"parley/internal/channel/whatsapp"
	"parley/internal/connector"
	"parley/internal/connector/hubspot"
	"parley/internal/connector/quickbooks"
	"parley/internal/connector/xero"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/db/dbtest"
	"parley/internal/events"
)

const publicURL = "https://parley.example"

// house is Parley without pages and jobs, on one database.
type house struct {
	t     testing.TB
	db    *db.DB
	team  *team.Team
	book  *contacts.Contacts
	inbox *inbox.Inbox
	api   *api.API

	imports    *imports.Imports
	broadcasts *broadcasts.Broadcasts
	accounts   *accounts.Accounts
	books      connector.App // where accounting systems are
	waiting    []crm.ID      // imports at which there is something to do
	log        *logged
	stop       chan struct{}
	hooks      *hooks.Hooks
	told       []hooks.Call // what endpoints were told
	clock      *clock
	base       string                      // of the providers
	ready      func(context.Context) error // nil: ready
	admin      actor
}

// clock is what the rooms take for now.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(time.Millisecond) // no two things happen at the same time
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// logged is everything that was logged.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// actor is a user with a token.
type actor struct {
	id       string
	business crm.ID
	token    string
}

// each runs a test in a house of its own on both engines.
func each(t *testing.T, f func(t *testing.T, h *house)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(t, build(t, d)) })
}

func build(t testing.TB, d *db.DB) *house {
	t.Helper()
	h := &house{t: t, db: d, log: &logged{}, stop: make(chan struct{}), base: "http://127.0.0.1:1", clock: &clock{at: time.Now().UTC().Truncate(time.Microsecond)}}
	log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	feed := events.New(d, log)
	sealer, err := auth.NewSealer(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	h.team = &team.Team{DB: d, Now: h.clock.now, Sealer: sealer, Wake: feed.Wake,
		Kinds: []channel.Kind{whatsapp.Kind, twilio.Kind, vonage.Kind, simulator.Kind},
		Config: func(_ string, id crm.ID) channel.Config {
			return channel.Config{BaseURL: h.base, WebhookURL: publicURL + "/hooks/" + id.String()}
		}}
	book := &contacts.Contacts{DB: d, Now: h.clock.now, Wake: feed.Wake, WorkLater: func(*db.Tx, crm.ID, crm.ID) error { return nil }}
	h.book = book
	h.inbox = &inbox.Inbox{DB: d, Contacts: book, Now: h.clock.now, Wake: feed.Wake, Open: h.team.Open,
		Deliver: func(*db.Tx, crm.ID, crm.ID) error { return nil }, SyncLater: func(*db.Tx, crm.ID, crm.ID) error { return nil }}
	h.imports = &imports.Imports{DB: d, Contacts: book, Now: h.clock.now, Wake: feed.Wake, MaxBytes: 1 << 20,
		Enqueue: func(_ *db.Tx, _, id crm.ID) error { h.waiting = append(h.waiting, id); return nil }}
	h.broadcasts = &broadcasts.Broadcasts{DB: d, Contacts: book, Now: h.clock.now, Wake: feed.Wake, Open: h.team.Open,
		Work: func(*db.Tx, crm.ID, crm.ID) error { return nil }}
	h.accounts = &accounts.Accounts{DB: d, Now: h.clock.now, Wake: feed.Wake, Contacts: book, Sealer: sealer, Kinds: []connector.Kind{xero.Kind, unpaced(quickbooks.Kind), unpaced(hubspot.Kind)},
		App: func(kind string) connector.App {
			app := h.books
			app.RedirectURL = publicURL + "/oauth/callback/" + kind
			return app
		},
		Enqueue: func(*db.Tx, crm.ID, crm.ID, crm.FeedKind) error { return nil }}
	h.books = connector.App{ClientID: "client", ClientSecret: "hush", WebhookKey: "xero-webhook-key", BaseURL: "http://127.0.0.1:1", IdentityURL: "http://127.0.0.1:1"}
	h.hooks = &hooks.Hooks{DB: d, Now: h.clock.now, Sealer: h.team.Sealer, Wake: feed.Wake, Body: api.BodyOf,
		Later: func(*db.Tx, crm.ID, crm.ID) error { return nil },
		Post: func(_ context.Context, c hooks.Call) (int, error) {
			h.told = append(h.told, c)
			return 200, nil
		}}
	h.api = api.New(api.Deps{Hooks: h.hooks, Broadcasts: h.broadcasts, Contacts: book, Accounts: h.accounts, Inbox: h.inbox, Imports: h.imports, Team: h.team, Events: feed, Log: log, Stop: h.stop, Heartbeat: 50 * time.Millisecond,
		PublicURL:     func(*http.Request) string { return publicURL },
		InvitationURL: func(base, token string) string { return base + "/join/" + token },
		Ready: func(ctx context.Context) error {
			if h.ready == nil {
				return nil
			}
			return h.ready(ctx)
		},
		MetricsToken: "metrics-token"})
	h.admin = h.business("Acme")
	return h
}

// unpaced is a kind whose calls are not spaced: its emulator here does not count by the
// second.
func unpaced(k connector.Kind) connector.Kind {
	k.Limits.PerSecond = 0
	return k
}

// business makes a business and returns its admin.
func (h *house) business(name string) actor {
	h.t.Helper()
	made, err := h.team.Found(h.t.Context(), team.Founding{Name: name, Country: "GB", AdminEmail: "admin@" + strings.ToLower(name) + ".example", Demo: true}, false)
	if err != nil {
		h.t.Fatal(err)
	}
	return actor{made.Admin.ID.String(), made.Business.ID, made.Token}
}

// agent makes an agent of the first business.
func (h *house) agent(email string) actor {
	h.t.Helper()
	u := h.as(h.admin).post("/users", J{"name": "Agent " + email, "email": email, "role": "agent"}).want(201)
	token := h.as(h.admin).post("/users/"+u.str("id")+"/tokens", nil).want(201)
	return actor{u.str("id"), h.admin.business, token.str("token")}
}

// contact makes a contact with a phone.
func (h *house) contact(first, phone string, more ...J) string {
	h.t.Helper()
	body := J{"first_name": first, "last_name": "Test", "phone": phone}
	for _, m := range more {
		for k, v := range m {
			body[k] = v
		}
	}
	return h.as(h.admin).post("/contacts", body).want(201).str("id")
}

// channel makes a WhatsApp channel with a known secret.
func (h *house) channel() string {
	h.t.Helper()
	return h.as(h.admin).post("/channels", J{"kind": "whatsapp", "name": "Line", "settings": J{"phone_number_id": "1001",
		"business_account_id": "2002", "app_secret": "app-secret", "verify_token": "verify-me", "access_token": "access-token"}}).want(201).str("id")
}

// J is a JSON object.
type J = map[string]any

// client calls as somebody.
type client struct {
	h      *house
	token  string
	header http.Header
}

func (h *house) as(a actor) *client { return &client{h, a.token, http.Header{}} }

func (c *client) with(name, value string) *client {
	header := c.header.Clone()
	header.Set(name, value)
	return &client{c.h, c.token, header}
}

// answer is what came back.
type answer struct {
	t      testing.TB
	call   string
	status int
	header http.Header
	body   string
	json   J
}

func (c *client) get(path string) answer    { return c.send("GET", path, nil) }
func (c *client) delete(path string) answer { return c.send("DELETE", path, nil) }

func (c *client) post(path string, body any) answer { return c.send("POST", path, encode(c.h.t, body)) }
func (c *client) patch(path string, body any) answer {
	return c.send("PATCH", path, encode(c.h.t, body))
}

func encode(t testing.TB, body any) []byte {
	t.Helper()
	if body == nil {
		return nil
	}
	if text, ok := body.(string); ok {
		return []byte(text)
	}
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// send makes a call; path is below /api/v1 unless it begins with //. The answer has to be
// as the document says.
func (c *client) send(method, path string, body []byte) answer {
	c.h.t.Helper()
	if rooted, ok := strings.CutPrefix(path, "//"); ok {
		return c.raw(method, "/"+rooted, body)
	}
	got := c.raw(method, api.Prefix+path, body)
	document.check(c.h.t, c.h, method, path, body, got)
	return got
}

// raw makes a call whose answer nothing is known of.
func (c *client) raw(method, path string, body []byte) answer {
	c.h.t.Helper()
	r := httptest.NewRequest(method, path, bytes.NewReader(body))
	if len(body) > 0 && c.header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, values := range c.header {
		r.Header[name] = values
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	w := httptest.NewRecorder()
	c.h.api.ServeHTTP(w, r)
	out := answer{t: c.h.t, call: method + " " + path, status: w.Code, header: w.Header(), body: w.Body.String()}
	if strings.Contains(w.Header().Get("Content-Type"), "json") && w.Header().Get("Content-Encoding") == "" {
		if err := json.Unmarshal(w.Body.Bytes(), &out.json); err != nil {
			c.h.t.Fatalf("%s: %v in %s", out.call, err, out.body)
		}
	}
	return out
}

func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: %d, want %d: %s", a.call, a.status, status, a.body)
	}
	return a
}

// refused checks status and code of a problem.
func (a answer) refused(status int, code string) answer {
	a.t.Helper()
	a.want(status)
	if a.json["code"] != code || a.header.Get("Content-Type") != "application/problem+json" || a.json["status"] != float64(status) ||
		a.json["type"] == nil || a.json["title"] == nil || a.json["detail"] == nil {
		a.t.Fatalf("%s: want the problem %s: %s %s", a.call, code, a.header.Get("Content-Type"), a.body)
	}
	return a
}

// field checks that a problem names a field with a code.
func (a answer) field(field, code string) answer {
	a.t.Helper()
	list, _ := a.json["errors"].([]any)
	for _, e := range list {
		if e, _ := e.(J); e["field"] == field && e["code"] == code && e["detail"] != "" {
			return a
		}
	}
	a.t.Fatalf("%s: no %s at %s: %s", a.call, code, field, a.body)
	return a
}

// at reads a value by its path; numbers are indexes.
func (a answer) at(path ...any) any {
	var v any = a.json
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(J)
			v = m[p]
		case int:
			list, _ := v.([]any)
			if p >= len(list) {
				return nil
			}
			v = list[p]
		}
	}
	return v
}

func (a answer) str(path ...any) string {
	s, _ := a.at(path...).(string)
	return s
}

func (a answer) items() []any {
	list, _ := a.json["items"].([]any)
	return list
}

// is compares a value by its path.
func (a answer) is(want any, path ...any) answer {
	a.t.Helper()
	if got := a.at(path...); !same(got, want) {
		a.t.Fatalf("%s: %v is %v, want %v: %s", a.call, path, got, want, a.body)
	}
	return a
}

func same(a, b any) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return bytes.Equal(x, y)
}

func readAll(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
