package xeroemulator

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"parley/internal/connector/emulator"
)

// Lifetimes of Xero's tokens.
const (
	accessFor = 30 * time.Minute
	graceFor  = 30 * time.Minute // a refresh token may be used again, should the answer be lost
	codeFor   = 5 * time.Minute
)

type grant = emulator.Grant[*granted]

type granted struct {
	event       string
	previous    string // the refresh token before this one
	graceUntil  time.Time
	connections []connection
}

type connection struct{ id, org string }

func (e *Emulator) oauth() emulator.OAuth[*granted] {
	return emulator.OAuth[*granted]{
		ClientID: e.ClientID, CodeFor: codeFor, Now: e.Now,
		Form:   emulator.Form{Title: "Emulated Xero", Asks: "<b>Parley</b> wants access to", Button: "Allow access", Several: true},
		Refuse: refuse,
		Choices: func() (list []emulator.Choice) {
			for _, o := range e.orgs {
				list = append(list, emulator.Choice{ID: o.id, Name: o.name})
			}
			return list
		},
		Allow: func(q url.Values, chosen []string, answer url.Values) (*granted, bool) {
			g := &granted{event: newID()}
			for _, o := range e.orgs {
				if slices.Contains(chosen, o.id) {
					g.connections = append(g.connections, connection{newID(), o.id})
				}
			}
			answer.Set("scope", q.Get("scope"))
			return g, true
		},
	}
}

// refuse says what is wrong with a request for consent, or "".
func refuse(q url.Values) string {
	scopes := strings.Fields(q.Get("scope"))
	switch {
	case q.Get("response_type") != "code":
		return "unsupported response_type"
	case slices.Contains(scopes, "accounting.transactions"):
		return "invalid_scope: apps of 2026 cannot ask for accounting.transactions"
	case !slices.Contains(scopes, "offline_access") || !slices.Contains(scopes, "accounting.contacts"):
		return "invalid_scope"
	}
	return ""
}

func (e *Emulator) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	e.Mu.Lock()
	defer e.Mu.Unlock()
	id, secret, ok := r.BasicAuth()
	if !ok || id != e.ClientID || secret != e.ClientSecret {
		reply(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
		return
	}
	now := e.Now()
	var g *grant
	switch r.PostForm.Get("grant_type") {
	case "authorization_code":
		g = e.Redeem(r.PostForm)
	case "refresh_token":
		g = e.refreshed(r.PostForm.Get("refresh_token"), now)
	}
	if g == nil {
		reply(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant"})
		return
	}
	g.Current = emulator.Random(24)
	claims, _ := json.Marshal(map[string]any{"authentication_event_id": g.Is.event, "exp": now.Add(accessFor).Unix()})
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString(claims) + "." + emulator.Random(8)
	e.Issue(g, text, accessFor)
	reply(w, http.StatusOK, map[string]any{"access_token": text, "refresh_token": g.Current, "expires_in": int(accessFor / time.Second), "token_type": "Bearer"})
}

// refreshed is the grant of a refresh token, which works once, and again for a while.
func (e *Emulator) refreshed(token string, now time.Time) *grant {
	for _, g := range e.Grants {
		if g.Dead || token == "" || token != g.Current && (token != g.Is.previous || !now.Before(g.Is.graceUntil)) {
			continue
		}
		e.Refreshed++
		if token == g.Current {
			g.Is.previous, g.Is.graceUntil = token, now.Add(graceFor)
		}
		return g
	}
	return nil
}

func (e *Emulator) connections(w http.ResponseWriter, r *http.Request) {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	g := e.Bearer(r)
	if g == nil {
		reply(w, http.StatusUnauthorized, map[string]string{"Title": "Unauthorized"})
		return
	}
	list := []map[string]string{}
	for _, c := range g.Is.connections {
		list = append(list, map[string]string{"id": c.id, "authEventId": g.Is.event, "tenantId": c.org, "tenantType": "ORGANISATION", "tenantName": e.orgByID(c.org).name,
			"createdDateUtc": "2026-11-01T00:00:00.0000000", "updatedDateUtc": "2026-11-01T00:00:00.0000000"})
	}
	reply(w, http.StatusOK, list)
}

func (e *Emulator) disconnect(w http.ResponseWriter, r *http.Request) {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	g := e.Bearer(r)
	if g == nil {
		reply(w, http.StatusUnauthorized, map[string]string{"Title": "Unauthorized"})
		return
	}
	before := len(g.Is.connections)
	g.Is.connections = slices.DeleteFunc(g.Is.connections, func(c connection) bool { return c.id == r.PathValue("id") })
	if len(g.Is.connections) == before {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// Granted counts the organisations that are connected: a grant may open several, or none.
func (e *Emulator) Granted() (n int) {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	for _, g := range e.Grants {
		if !g.Dead {
			n += len(g.Is.connections)
		}
	}
	return n
}
