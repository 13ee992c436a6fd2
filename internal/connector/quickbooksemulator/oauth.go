package quickbooksemulator

import (
	"html/template"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"
)

// Lifetimes of Intuit's tokens.
const (
	accessFor   = time.Hour
	rotateAfter = 24 * time.Hour // the refresh token is another one about once a day
	refreshFor  = 100 * 24 * time.Hour
	codeFor     = 5 * time.Minute
)

type grant struct {
	realm      string
	current    string
	made       time.Time // when the refresh token was made
	used       time.Time
	refreshing bool
	dead       bool
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

var consentForm = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><title>Emulated QuickBooks</title>
<body style="font:16px/1.5 system-ui;max-width:32rem;margin:4rem auto"><h1>Emulated QuickBooks</h1>
<p><b>Parley</b> wants access to one company. Which?</p><form method="post"><input type="hidden" name="query" value="{{.Query}}">
{{range $n, $c := .Companies}}<p><label><input type="radio" name="realm" value="{{$c.Realm}}"{{if not $n}} checked{{end}}> {{$c.Name}}</label></p>{{end}}
<p>Scope: {{.Scope}}</p><p><button name="allow" value="yes">Connect</button> <button name="allow" value="no">Cancel</button></p></form>`))

func (e *Emulator) consentPage(w http.ResponseWriter, r *http.Request) {
	if problem := e.checkAuthorize(r.URL.Query()); problem != "" {
		http.Error(w, problem, http.StatusBadRequest)
		return
	}
	type row struct{ Realm, Name string }
	var rows []row
	e.mu.Lock()
	for _, c := range e.companies {
		rows = append(rows, row{c.realm, c.name})
	}
	e.mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = consentForm.Execute(w, map[string]any{"Query": r.URL.RawQuery, "Companies": rows, "Scope": r.URL.Query().Get("scope")})
}

// checkAuthorize says what is wrong with a request for consent, or "".
func (e *Emulator) checkAuthorize(q url.Values) string {
	switch {
	case q.Get("response_type") != "code":
		return "unsupported response_type"
	case q.Get("client_id") != e.ClientID:
		return "unknown client_id"
	case q.Get("redirect_uri") == "" || q.Get("state") == "":
		return "redirect_uri and state are needed"
	case q.Get("scope") != "com.intuit.quickbooks.accounting":
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
	realm := r.PostForm.Get("realm")
	e.mu.Lock()
	known := e.company(realm) != nil
	if r.PostForm.Get("allow") == "yes" && known {
		g := &grant{realm: realm}
		e.grants = append(e.grants, g)
		text := random(16)
		e.codes[text] = &code{g, q.Get("redirect_uri"), e.Now().Add(codeFor)}
		answer.Set("code", text)
		answer.Set("realmId", realm)
	} else {
		answer.Set("error", "access_denied")
	}
	e.mu.Unlock()
	back.RawQuery = answer.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

// Consent is what an admin does in the browser: it chooses a company, or the first one, and
// answers with the address that the browser is sent back to.
func (e *Emulator) Consent(authorizeURL string, realm ...string) string {
	u, err := url.Parse(authorizeURL)
	if err != nil {
		return ""
	}
	e.mu.Lock()
	chosen := e.companies[0].realm
	e.mu.Unlock()
	if len(realm) > 0 {
		chosen = realm[0]
	}
	form := url.Values{"query": {u.RawQuery}, "realm": {chosen}, "allow": {"yes"}}
	r := httptest.NewRequest(http.MethodPost, "/connect/oauth2", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	e.consent(w, r)
	return w.Header().Get("Location")
}

// known reports whether a call is of the app.
func (e *Emulator) known(w http.ResponseWriter, r *http.Request) bool {
	id, secret, ok := r.BasicAuth()
	if !ok || id != e.ClientID || secret != e.ClientSecret {
		reply(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
		return false
	}
	return true
}

func (e *Emulator) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	if !e.known(w, r) {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.Now()
	var g *grant
	switch r.PostForm.Get("grant_type") {
	case "authorization_code":
		c := e.codes[r.PostForm.Get("code")]
		delete(e.codes, r.PostForm.Get("code"))
		if c != nil && now.Before(c.expires) && c.redirect == r.PostForm.Get("redirect_uri") {
			g = c.grant
			g.current, g.made = random(24), now
		}
	case "refresh_token":
		g = e.refreshed(r.PostForm.Get("refresh_token"), now)
	}
	if g == nil {
		reply(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant", "error_description": "Token invalid"})
		return
	}
	g.used = now
	text := random(24)
	e.access[text] = access{g, now.Add(accessFor)}
	reply(w, http.StatusOK, map[string]any{"access_token": text, "refresh_token": g.current, "expires_in": int(accessFor / time.Second), "token_type": "bearer",
		"x_refresh_token_expires_in": int(refreshFor / time.Second)})
}

// refreshed is the grant of a refresh token, which is another one after a day. Two
// refreshes at a time end the grant.
func (e *Emulator) refreshed(token string, now time.Time) *grant {
	for _, g := range e.grants {
		if g.dead || token == "" || token != g.current || now.Sub(g.used) > refreshFor {
			continue
		}
		if g.refreshing {
			g.dead = true
			return nil
		}
		if e.RefreshTakes > 0 {
			g.refreshing = true
			e.mu.Unlock()
			time.Sleep(e.RefreshTakes)
			e.mu.Lock()
			if g.refreshing = false; g.dead {
				return nil
			}
		}
		e.refresh++
		if now.Sub(g.made) >= rotateAfter {
			g.current, g.made = random(24), now
		}
		return g
	}
	return nil
}

func (e *Emulator) revoke(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	if !e.known(w, r) {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	token := r.PostForm.Get("token")
	for _, g := range e.grants {
		if !g.dead && token != "" && (token == g.current || e.access[token].grant == g) {
			g.dead = true
			w.WriteHeader(http.StatusOK)
			return
		}
	}
	w.WriteHeader(http.StatusBadRequest)
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

// Kill ends all grants: somebody took the permission back.
func (e *Emulator) Kill() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, g := range e.grants {
		g.dead = true
	}
}

// Expire ends all access tokens, as an hour does.
func (e *Emulator) Expire() {
	e.mu.Lock()
	defer e.mu.Unlock()
	clear(e.access)
}

// Granted counts the companies that are connected.
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
