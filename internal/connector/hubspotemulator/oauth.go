package hubspotemulator

import (
	"encoding/json"
	"html/template"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Lifetimes of HubSpot's tokens.
const (
	accessFor = 30 * time.Minute
	codeFor   = 10 * time.Minute
)

type grant struct {
	portal  string
	current string
	scopes  []string
	dead    bool
}

type code struct {
	grant    *grant
	redirect string
	expires  time.Time
}

type access struct {
	grant   *grant
	expires time.Time
}

var consentForm = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><title>Emulated HubSpot</title>
<body style="font:16px/1.5 system-ui;max-width:32rem;margin:4rem auto"><h1>Emulated HubSpot</h1>
<p>Choose the account that <b>Parley</b> is to be connected with.</p><form method="post"><input type="hidden" name="query" value="{{.Query}}">
{{range $n, $o := .Accounts}}<p><label><input type="radio" name="portal" value="{{$o.Portal}}"{{if not $n}} checked{{end}}> {{$o.Domain}} ({{$o.Portal}})</label></p>{{end}}
<p>Scopes: {{.Scope}}</p><p><button name="allow" value="yes">Connect app</button> <button name="allow" value="no">Cancel</button></p></form>`))

func (e *Emulator) consentPage(w http.ResponseWriter, r *http.Request) {
	if problem := e.checkAuthorize(r.URL.Query()); problem != "" {
		http.Error(w, problem, http.StatusBadRequest)
		return
	}
	type row struct{ Portal, Domain string }
	var rows []row
	e.mu.Lock()
	for _, o := range e.accounts {
		rows = append(rows, row{o.portal, o.domain})
	}
	e.mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = consentForm.Execute(w, map[string]any{"Query": r.URL.RawQuery, "Accounts": rows, "Scope": r.URL.Query().Get("scope")})
}

// checkAuthorize says what is wrong with a request for consent, or "".
func (e *Emulator) checkAuthorize(q url.Values) string {
	scopes := strings.Fields(q.Get("scope"))
	switch {
	case q.Get("client_id") != e.ClientID:
		return "unknown client_id"
	case q.Get("redirect_uri") == "" || q.Get("state") == "":
		return "redirect_uri and state are needed"
	case !slices.Contains(scopes, "oauth") || !slices.Contains(scopes, "crm.objects.contacts.read"):
		return "the scopes do not match those of the app"
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
	portal := r.PostForm.Get("portal")
	e.mu.Lock()
	if r.PostForm.Get("allow") == "yes" && e.account(portal) != nil {
		g := &grant{portal: portal, scopes: strings.Fields(q.Get("scope"))}
		e.grants = append(e.grants, g)
		text := random(16)
		e.codes[text] = &code{g, q.Get("redirect_uri"), e.Now().Add(codeFor)}
		answer.Set("code", text)
	} else {
		answer.Set("error", "access_denied")
	}
	e.mu.Unlock()
	back.RawQuery = answer.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

// Consent is what an admin does in the browser: it chooses an account, or the first one,
// and answers with the address that the browser is sent back to.
func (e *Emulator) Consent(authorizeURL string, portal ...string) string {
	u, err := url.Parse(authorizeURL)
	if err != nil {
		return ""
	}
	e.mu.Lock()
	chosen := e.accounts[0].portal
	e.mu.Unlock()
	if len(portal) > 0 {
		chosen = portal[0]
	}
	form := url.Values{"query": {u.RawQuery}, "portal": {chosen}, "allow": {"yes"}}
	r := httptest.NewRequest(http.MethodPost, "/oauth/authorize", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	e.consent(w, r)
	return w.Header().Get("Location")
}

func (e *Emulator) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	e.mu.Lock()
	defer e.mu.Unlock()
	if r.PostForm.Get("client_id") != e.ClientID || r.PostForm.Get("client_secret") != e.ClientSecret {
		reply(w, http.StatusBadRequest, map[string]string{"status": "BAD_CLIENT_ID", "error": "invalid_client", "message": "missing or unknown client id"})
		return
	}
	now := e.Now()
	var g *grant
	problem := "BAD_AUTH_CODE"
	switch r.PostForm.Get("grant_type") {
	case "authorization_code":
		c := e.codes[r.PostForm.Get("code")]
		delete(e.codes, r.PostForm.Get("code"))
		if c != nil && now.Before(c.expires) && c.redirect == r.PostForm.Get("redirect_uri") {
			g = c.grant
			g.current = random(18)
		}
	case "refresh_token":
		problem = "BAD_REFRESH_TOKEN"
		for _, known := range e.grants {
			if given := r.PostForm.Get("refresh_token"); !known.dead && given != "" && given == known.current {
				g = known
				e.refresh++
				if e.Rotate {
					g.current = random(18)
				}
			}
		}
	}
	if g == nil {
		reply(w, http.StatusBadRequest, map[string]string{"status": problem, "message": "missing or invalid", "correlationId": random(16)})
		return
	}
	text := random(24)
	e.access[text] = access{g, now.Add(accessFor)}
	reply(w, http.StatusOK, map[string]any{"token_type": "bearer", "access_token": text, "refresh_token": g.current, "expires_in": int(accessFor / time.Second)})
}

// about says what an access token opens.
func (e *Emulator) about(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	a, ok := e.access[r.PathValue("token")]
	if !ok || a.grant.dead || !e.Now().Before(a.expires) {
		fail(w, http.StatusNotFound, "INVALID_AUTHENTICATION", "access token was not found")
		return
	}
	o := e.account(a.grant.portal)
	reply(w, http.StatusOK, map[string]any{"token": r.PathValue("token"), "user": "owner@" + o.domain, "hub_domain": o.domain, "scopes": a.grant.scopes, "hub_id": json.Number(o.portal), "app_id": 4,
		"expires_in": int(a.expires.Sub(e.Now()) / time.Second), "user_id": 1, "token_type": "access"})
}

func (e *Emulator) details(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	g := e.bearer(r)
	if g == nil {
		expired(w)
		return
	}
	o := e.account(g.portal)
	reply(w, http.StatusOK, map[string]any{"portalId": json.Number(o.portal), "timeZone": "Europe/London", "companyCurrency": o.currency, "uiDomain": "app-eu1.hubspot.com", "dataHostingLocation": "eu1"})
}

func expired(w http.ResponseWriter) {
	fail(w, http.StatusUnauthorized, "EXPIRED_AUTHENTICATION", "The OAuth token used to make this call expired.")
}

func (e *Emulator) revoke(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, g := range e.grants {
		if !g.dead && g.current == r.PathValue("token") {
			g.dead = true
			w.WriteHeader(http.StatusNoContent)
			return
		}
	}
	w.WriteHeader(http.StatusNotFound)
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

// Kill ends all grants: somebody took the app off the account.
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

// Granted counts the accounts that are connected.
func (e *Emulator) Granted() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := 0
	for _, g := range e.grants {
		if !g.dead {
			n++
		}
	}
	return n
}
