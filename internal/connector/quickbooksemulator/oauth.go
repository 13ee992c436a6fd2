package quickbooksemulator

import (
	"net/http"
	"net/url"
	"time"

	"parley/internal/connector/emulator"
)

// Lifetimes of Intuit's tokens.
const (
	accessFor   = time.Hour
	rotateAfter = 24 * time.Hour // the refresh token is another one about once a day
	refreshFor  = 100 * 24 * time.Hour
	codeFor     = 5 * time.Minute
)

type grant = emulator.Grant[*granted]

type granted struct {
	realm      string
	made       time.Time // when the refresh token was made
	used       time.Time
	refreshing bool
	previous   string // the refresh token before this one
	graceUntil time.Time
}

func (e *Emulator) oauth() emulator.OAuth[*granted] {
	return emulator.OAuth[*granted]{
		ClientID: e.ClientID, CodeFor: codeFor, Now: e.Now,
		Form: emulator.Form{Title: "Emulated QuickBooks", Asks: "<b>Parley</b> wants access to one company. Which?", Button: "Connect"},
		Choices: func() (list []emulator.Choice) {
			for _, c := range e.companies {
				list = append(list, emulator.Choice{ID: c.realm, Name: c.name})
			}
			return list
		},
		Refuse: func(q url.Values) string {
			switch {
			case q.Get("response_type") != "code":
				return "unsupported response_type"
			case q.Get("scope") != "com.intuit.quickbooks.accounting":
				return "invalid_scope"
			}
			return ""
		},
		Allow: func(_ url.Values, chosen []string, answer url.Values) (*granted, bool) {
			if len(chosen) == 0 || e.company(chosen[0]) == nil {
				return nil, false
			}
			answer.Set("realmId", chosen[0])
			return &granted{realm: chosen[0]}, true
		},
	}
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
	e.Mu.Lock()
	defer e.Mu.Unlock()
	now := e.Now()
	var g *grant
	switch r.PostForm.Get("grant_type") {
	case "authorization_code":
		if g = e.Redeem(r.PostForm); g != nil {
			g.Current, g.Is.made = emulator.Random(24), now
		}
	case "refresh_token":
		g = e.refreshed(r.PostForm.Get("refresh_token"), now)
	}
	if g == nil {
		reply(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant", "error_description": "Token invalid"})
		return
	}
	g.Is.used = now
	text := emulator.Random(24)
	e.Issue(g, text, accessFor)
	reply(w, http.StatusOK, map[string]any{"access_token": text, "refresh_token": g.Current, "expires_in": int(accessFor / time.Second), "token_type": "bearer",
		"x_refresh_token_expires_in": int(refreshFor / time.Second)})
}

// refreshed is the grant of a refresh token, which is another one after a day; the one
// before may be taken for a while. Two refreshes at a time end the grant.
func (e *Emulator) refreshed(token string, now time.Time) *grant {
	for _, g := range e.Grants {
		late := token == g.Is.previous && now.Before(g.Is.graceUntil)
		if g.Dead || token == "" || token != g.Current && !late || now.Sub(g.Is.used) > refreshFor {
			continue
		}
		if g.Is.refreshing {
			g.Dead = true
			return nil
		}
		if e.RefreshTakes > 0 {
			g.Is.refreshing = true
			e.Mu.Unlock()
			time.Sleep(e.RefreshTakes)
			e.Mu.Lock()
			if g.Is.refreshing = false; g.Dead {
				return nil
			}
		}
		e.Refreshed++
		if now.Sub(g.Is.made) >= rotateAfter {
			g.Is.previous, g.Is.graceUntil = g.Current, now.Add(e.Grace)
			g.Current, g.Is.made = emulator.Random(24), now
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
	e.Mu.Lock()
	defer e.Mu.Unlock()
	token := r.PostForm.Get("token")
	opened, _ := e.Opens(token)
	for _, g := range e.Grants {
		if !g.Dead && token != "" && (token == g.Current || opened == g) {
			g.Dead = true
			w.WriteHeader(http.StatusOK)
			return
		}
	}
	w.WriteHeader(http.StatusBadRequest)
}
