package emulator

import (
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"
)

// OAuth is in what one provider's consent differs from another's. Its functions are called
// with Mu held, but for Refuse.
type OAuth[T any] struct {
	ClientID string
	CodeFor  time.Duration // how long a code lives
	Now      func() time.Time
	Form     Form
	// Choices are what an admin chooses from.
	Choices func() []Choice
	// Refuse says what else is wrong with a request for consent, or "".
	Refuse func(q url.Values) string
	// Allow is what a grant of what was chosen says. It may add to the answer. Not ok denies it.
	Allow func(q url.Values, chosen []string, answer url.Values) (is T, ok bool)
}

// Form is what the page of consent says.
type Form struct {
	Title, Button string
	Asks          template.HTML
	Several       bool // may be chosen at a time
}

// Choice is an organisation that access can be given to.
type Choice struct{ ID, Name string }

// Grant is access that an admin gave.
type Grant[T any] struct {
	Is      T
	Current string // its refresh token
	Dead    bool
}

type code[T any] struct {
	grant               *Grant[T]
	redirect, challenge string
	expires             time.Time
}

type access[T any] struct {
	grant   *Grant[T]
	expires time.Time
}

var consentForm = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><title>{{.Form.Title}}</title>
<body style="font:16px/1.5 system-ui;max-width:32rem;margin:4rem auto"><h1>{{.Form.Title}}</h1>
<p>{{.Form.Asks}}</p><form method="post"><input type="hidden" name="query" value="{{.Query}}">
{{range $n, $c := .Choices}}<p><label><input type="{{if $.Form.Several}}checkbox{{else}}radio{{end}}" name="choice" value="{{$c.ID}}"{{if or $.Form.Several (not $n)}} checked{{end}}> {{$c.Name}}</label></p>{{end}}
<p>Scopes: {{.Scope}}</p><p><button name="allow" value="yes">{{.Form.Button}}</button> <button name="allow" value="no">Cancel</button></p></form>`))

// ConsentPage asks an admin for access.
func (p *Provider[T]) ConsentPage(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if problem := p.refuse(q); problem != "" {
		http.Error(w, problem, http.StatusBadRequest)
		return
	}
	p.Mu.Lock()
	choices := p.oauth.Choices()
	p.Mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = consentForm.Execute(w, map[string]any{"Form": p.oauth.Form, "Query": r.URL.RawQuery, "Choices": choices, "Scope": q.Get("scope")})
}

// refuse says what is wrong with a request for consent, or "".
func (p *Provider[T]) refuse(q url.Values) string {
	switch {
	case q.Get("client_id") != p.oauth.ClientID:
		return "unknown client_id"
	case q.Get("redirect_uri") == "" || q.Get("state") == "":
		return "redirect_uri and state are needed"
	}
	return p.oauth.Refuse(q)
}

// TakeConsent takes the form of the page, and sends the browser back with a code.
func (p *Provider[T]) TakeConsent(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	q, _ := url.ParseQuery(r.PostForm.Get("query"))
	if problem := p.refuse(q); problem != "" {
		http.Error(w, problem, http.StatusBadRequest)
		return
	}
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil {
		http.Error(w, "redirect_uri", http.StatusBadRequest)
		return
	}
	answer := url.Values{"state": {q.Get("state")}}
	if text := p.allow(q, r.PostForm, answer); text != "" {
		answer.Set("code", text)
	} else {
		answer.Set("error", "access_denied")
	}
	back.RawQuery = answer.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

// allow makes a grant of a form, and answers with its code, or "".
func (p *Provider[T]) allow(q, form, answer url.Values) string {
	if form.Get("allow") != "yes" {
		return ""
	}
	p.Mu.Lock()
	defer p.Mu.Unlock()
	is, ok := p.oauth.Allow(q, form["choice"], answer)
	if !ok {
		return ""
	}
	g := &Grant[T]{Is: is}
	p.Grants = append(p.Grants, g)
	text := Random(16)
	p.codes[text] = code[T]{g, q.Get("redirect_uri"), q.Get("code_challenge"), p.oauth.Now().Add(p.oauth.CodeFor)}
	return text
}

// Consent is what an admin does in the browser: it chooses, or leaves what is chosen at
// first, and answers with the address that the browser is sent back to.
func (p *Provider[T]) Consent(authorizeURL string, chosen ...string) string {
	u, err := url.Parse(authorizeURL)
	if err != nil {
		return ""
	}
	if len(chosen) == 0 {
		p.Mu.Lock()
		for n, c := range p.oauth.Choices() {
			if n == 0 || p.oauth.Form.Several {
				chosen = append(chosen, c.ID)
			}
		}
		p.Mu.Unlock()
	}
	form := url.Values{"query": {u.RawQuery}, "choice": chosen, "allow": {"yes"}}
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	p.TakeConsent(w, r)
	return w.Header().Get("Location")
}

// Redeem is the grant of a code, which works once, or nil. Mu is held.
func (p *Provider[T]) Redeem(form url.Values) *Grant[T] {
	c, known := p.codes[form.Get("code")]
	delete(p.codes, form.Get("code"))
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	if !known || !p.oauth.Now().Before(c.expires) || c.redirect != form.Get("redirect_uri") ||
		c.challenge != "" && c.challenge != base64.RawURLEncoding.EncodeToString(sum[:]) {
		return nil
	}
	return c.grant
}

// Issue makes a text an access token of a grant. Mu is held.
func (p *Provider[T]) Issue(g *Grant[T], text string, lives time.Duration) {
	p.access[text] = access[T]{g, p.oauth.Now().Add(lives)}
}

// Opens is the grant of an access token and until when, or nil. Mu is held.
func (p *Provider[T]) Opens(token string) (*Grant[T], time.Time) {
	a, ok := p.access[token]
	if !ok || a.grant.Dead || !p.oauth.Now().Before(a.expires) {
		return nil, time.Time{}
	}
	return a.grant, a.expires
}

// Bearer is the grant of a call, or nil. Mu is held.
func (p *Provider[T]) Bearer(r *http.Request) *Grant[T] {
	text, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	g, _ := p.Opens(text)
	return g
}

// Refreshes counts the tokens that were made of a refresh token.
func (p *Provider[T]) Refreshes() int {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	return p.Refreshed
}

// Kill ends all grants: somebody took the permission back.
func (p *Provider[T]) Kill() {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	for _, g := range p.Grants {
		g.Dead = true
	}
}

// TakeBack is Kill from a page, which it goes back to.
func (p *Provider[T]) TakeBack(w http.ResponseWriter, r *http.Request) {
	p.Kill()
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// TakeBackForm is the form for it.
const TakeBackForm = `<form method="post" action="/permission"><button>Take Parley's permission back</button></form>`

// Expire ends all access tokens, as time does.
func (p *Provider[T]) Expire() {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	clear(p.access)
}

// Granted counts the grants that live.
func (p *Provider[T]) Granted() (n int) {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	for _, g := range p.Grants {
		if !g.Dead {
			n++
		}
	}
	return n
}
