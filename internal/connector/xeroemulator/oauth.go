package xeroemulator

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Lifetimes of Xero's tokens.
const (
	accessFor = 30 * time.Minute
	graceFor  = 30 * time.Minute // a refresh token may be used again, should the answer be lost
	codeFor   = 5 * time.Minute
)

type grant struct {
	event       string
	current     string
	previous    string
	graceUntil  time.Time
	connections []connection
	dead        bool
}

type connection struct{ id, org string }

type code struct {
	grant     *grant
	redirect  string
	challenge string
	expires   time.Time
}

type access struct {
	grant   *grant
	expires time.Time
}

var consentForm = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><title>Emulated Xero</title>
<body style="font:16px/1.5 system-ui;max-width:32rem;margin:4rem auto"><h1>Emulated Xero</h1>
<p><b>Parley</b> wants access to</p><form method="post"><input type="hidden" name="query" value="{{.Query}}">
{{range .Orgs}}<p><label><input type="checkbox" name="org" value="{{.ID}}" checked> {{.Name}}</label></p>{{end}}
<p>Scopes: {{.Scope}}</p><p><button name="allow" value="yes">Allow access</button> <button name="allow" value="no">Cancel</button></p></form>`))

func (e *Emulator) consentPage(w http.ResponseWriter, r *http.Request) {
	if problem := e.checkAuthorize(r.URL.Query()); problem != "" {
		http.Error(w, problem, http.StatusBadRequest)
		return
	}
	type row struct{ ID, Name string }
	var rows []row
	e.mu.Lock()
	for _, o := range e.orgs {
		rows = append(rows, row{o.id, o.name})
	}
	e.mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = consentForm.Execute(w, map[string]any{"Query": r.URL.RawQuery, "Orgs": rows, "Scope": r.URL.Query().Get("scope")})
}

// checkAuthorize says what is wrong with a request for consent, or "".
func (e *Emulator) checkAuthorize(q url.Values) string {
	scopes := strings.Fields(q.Get("scope"))
	switch {
	case q.Get("response_type") != "code":
		return "unsupported response_type"
	case q.Get("client_id") != e.ClientID:
		return "unknown client_id"
	case q.Get("redirect_uri") == "" || q.Get("state") == "":
		return "redirect_uri and state are needed"
	case slices.Contains(scopes, "accounting.transactions"):
		return "invalid_scope: apps of 2026 cannot ask for accounting.transactions"
	case !slices.Contains(scopes, "offline_access") || !slices.Contains(scopes, "accounting.contacts"):
		return "invalid_scope"
	}
	return ""
}

func (e *Emulator) consent(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	q, _ := url.ParseQuery(r.PostForm.Get("query"))
	if problem := e.checkAuthorize(q); problem != "" {
		http.Error(w, problem, http.StatusBadRequest)
		return
	}
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil {
		http.Error(w, "redirect_uri", http.StatusBadRequest)
		return
	}
	answer := url.Values{"state": {q.Get("state")}}
	if r.PostForm.Get("allow") != "yes" {
		answer.Set("error", "access_denied")
	} else {
		answer.Set("code", e.grantCode(q, r.PostForm["org"]))
		answer.Set("scope", q.Get("scope"))
	}
	back.RawQuery = answer.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

func (e *Emulator) grantCode(q url.Values, orgs []string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	g := &grant{event: newID()}
	for _, o := range e.orgs {
		if slices.Contains(orgs, o.id) {
			g.connections = append(g.connections, connection{newID(), o.id})
		}
	}
	e.grants = append(e.grants, g)
	text := random(16)
	e.codes[text] = &code{g, q.Get("redirect_uri"), q.Get("code_challenge"), e.Now().Add(codeFor)}
	return text
}

// Consent is what an admin does in the browser: it allows the organisations, or all, and
// answers with the address that the browser is sent back to.
func (e *Emulator) Consent(authorizeURL string, orgs ...string) string {
	u, err := url.Parse(authorizeURL)
	if err != nil {
		return ""
	}
	if len(orgs) == 0 {
		e.mu.Lock()
		for _, o := range e.orgs {
			orgs = append(orgs, o.id)
		}
		e.mu.Unlock()
	}
	form := url.Values{"query": {u.RawQuery}, "org": orgs, "allow": {"yes"}}
	r := httptest.NewRequest(http.MethodPost, "/identity/connect/authorize", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	e.consent(w, r)
	return w.Header().Get("Location")
}

func (e *Emulator) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	e.mu.Lock()
	defer e.mu.Unlock()
	id, secret, ok := r.BasicAuth()
	if !ok || id != e.ClientID || secret != e.ClientSecret {
		reply(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
		return
	}
	now := e.Now()
	var g *grant
	switch r.PostForm.Get("grant_type") {
	case "authorization_code":
		c := e.codes[r.PostForm.Get("code")]
		delete(e.codes, r.PostForm.Get("code"))
		sum := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
		if c != nil && now.Before(c.expires) && c.redirect == r.PostForm.Get("redirect_uri") &&
			(c.challenge == "" || c.challenge == base64.RawURLEncoding.EncodeToString(sum[:])) {
			g = c.grant
		}
	case "refresh_token":
		for _, known := range e.grants {
			given := r.PostForm.Get("refresh_token")
			if !known.dead && given != "" && (given == known.current || given == known.previous && now.Before(known.graceUntil)) {
				g = known
				e.refresh++
				if given == known.current {
					known.previous, known.graceUntil = given, now.Add(graceFor)
				}
			}
		}
	}
	if g == nil {
		reply(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant"})
		return
	}
	g.current = random(24)
	claims, _ := json.Marshal(map[string]any{"authentication_event_id": g.event, "exp": now.Add(accessFor).Unix()})
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString(claims) + "." + random(8)
	e.access[text] = access{g, now.Add(accessFor)}
	reply(w, http.StatusOK, map[string]any{"access_token": text, "refresh_token": g.current, "expires_in": int(accessFor / time.Second), "token_type": "Bearer"})
}

// bearer is the grant of a call, or nil.
func (e *Emulator) bearer(r *http.Request) *grant {
	text, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	a, ok := e.access[text]
	if !ok || a.grant.dead || !e.Now().Before(a.expires) {
		return nil
	}
	return a.grant
}

func (e *Emulator) connections(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	g := e.bearer(r)
	if g == nil {
		reply(w, http.StatusUnauthorized, map[string]string{"Title": "Unauthorized"})
		return
	}
	list := []map[string]string{}
	for _, c := range g.connections {
		list = append(list, map[string]string{"id": c.id, "authEventId": g.event, "tenantId": c.org, "tenantType": "ORGANISATION", "tenantName": e.orgByID(c.org).name,
			"createdDateUtc": "2026-11-01T00:00:00.0000000", "updatedDateUtc": "2026-11-01T00:00:00.0000000"})
	}
	reply(w, http.StatusOK, list)
}

func (e *Emulator) disconnect(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	g := e.bearer(r)
	if g == nil {
		reply(w, http.StatusUnauthorized, map[string]string{"Title": "Unauthorized"})
		return
	}
	before := len(g.connections)
	g.connections = slices.DeleteFunc(g.connections, func(c connection) bool { return c.id == r.PathValue("id") })
	if len(g.connections) == before {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// Kill ends all grants: somebody took the permission back.
func (e *Emulator) Kill() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, g := range e.grants {
		g.dead = true
	}
}

// Expire ends all access tokens, as half an hour does.
func (e *Emulator) Expire() {
	e.mu.Lock()
	defer e.mu.Unlock()
	clear(e.access)
}

// Granted counts the organisations that are connected.
func (e *Emulator) Granted() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := 0
	for _, g := range e.grants {
		if !g.dead {
			n += len(g.connections)
		}
	}
	return n
}
