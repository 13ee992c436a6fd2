package hubspotemulator

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"parley/internal/connector/emulator"
)

// Lifetimes of HubSpot's tokens.
const (
	accessFor = 30 * time.Minute
	codeFor   = 10 * time.Minute
)

type grant = emulator.Grant[granted]

type granted struct {
	portal string
	scopes []string
}

func (e *Emulator) oauth() emulator.OAuth[granted] {
	return emulator.OAuth[granted]{
		ClientID: e.ClientID, CodeFor: codeFor, Now: e.Now,
		Form: emulator.Form{Title: "Emulated HubSpot", Asks: "Choose the account that <b>Parley</b> is to be connected with.", Button: "Connect app"},
		Choices: func() (list []emulator.Choice) {
			for _, o := range e.accounts {
				list = append(list, emulator.Choice{ID: o.portal, Name: o.domain + " (" + o.portal + ")"})
			}
			return list
		},
		Refuse: func(q url.Values) string {
			scopes := strings.Fields(q.Get("scope"))
			if !slices.Contains(scopes, "oauth") || !slices.Contains(scopes, "crm.objects.contacts.read") {
				return "the scopes do not match those of the app"
			}
			return ""
		},
		Allow: func(q url.Values, chosen []string, _ url.Values) (granted, bool) {
			if len(chosen) == 0 || e.account(chosen[0]) == nil {
				return granted{}, false
			}
			return granted{chosen[0], strings.Fields(q.Get("scope"))}, true
		},
	}
}

func (e *Emulator) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	e.Mu.Lock()
	defer e.Mu.Unlock()
	if r.PostForm.Get("client_id") != e.ClientID || r.PostForm.Get("client_secret") != e.ClientSecret {
		reply(w, http.StatusBadRequest, map[string]string{"status": "BAD_CLIENT_ID", "error": "invalid_client", "message": "missing or unknown client id"})
		return
	}
	var g *grant
	problem := "BAD_AUTH_CODE"
	switch r.PostForm.Get("grant_type") {
	case "authorization_code":
		if g = e.Redeem(r.PostForm); g != nil {
			g.Current = emulator.Random(18)
		}
	case "refresh_token":
		problem = "BAD_REFRESH_TOKEN"
		for _, known := range e.Grants {
			if given := r.PostForm.Get("refresh_token"); !known.Dead && given != "" && given == known.Current {
				g = known
				e.Refreshed++
				if e.Rotate {
					g.Current = emulator.Random(18)
				}
			}
		}
	}
	if g == nil {
		reply(w, http.StatusBadRequest, map[string]string{"status": problem, "message": "missing or invalid", "correlationId": emulator.Random(16)})
		return
	}
	text := emulator.Random(24)
	e.Issue(g, text, accessFor)
	reply(w, http.StatusOK, map[string]any{"token_type": "bearer", "access_token": text, "refresh_token": g.Current, "expires_in": int(accessFor / time.Second)})
}

// about says what an access token opens.
func (e *Emulator) about(w http.ResponseWriter, r *http.Request) {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	g, until := e.Opens(r.PathValue("token"))
	if g == nil {
		fail(w, http.StatusNotFound, "INVALID_AUTHENTICATION", "access token was not found")
		return
	}
	o := e.account(g.Is.portal)
	reply(w, http.StatusOK, map[string]any{"token": r.PathValue("token"), "user": "owner@" + o.domain, "hub_domain": o.domain, "scopes": g.Is.scopes, "hub_id": json.Number(o.portal), "app_id": 4,
		"expires_in": int(until.Sub(e.Now()) / time.Second), "user_id": 1, "token_type": "access"})
}

func (e *Emulator) details(w http.ResponseWriter, r *http.Request) {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	g := e.Bearer(r)
	if g == nil {
		expired(w)
		return
	}
	o := e.account(g.Is.portal)
	reply(w, http.StatusOK, map[string]any{"portalId": json.Number(o.portal), "timeZone": "Europe/London", "companyCurrency": o.currency, "uiDomain": "app-eu1.hubspot.com", "dataHostingLocation": "eu1"})
}

func expired(w http.ResponseWriter) {
	fail(w, http.StatusUnauthorized, "EXPIRED_AUTHENTICATION", "The OAuth token used to make this call expired.")
}

func (e *Emulator) revoke(w http.ResponseWriter, r *http.Request) {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	for _, g := range e.Grants {
		if !g.Dead && g.Current == r.PathValue("token") {
			g.Dead = true
			w.WriteHeader(http.StatusNoContent)
			return
		}
	}
	w.WriteHeader(http.StatusNotFound)
}
