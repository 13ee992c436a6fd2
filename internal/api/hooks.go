package api

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"parley/internal/channel"
	"parley/internal/connector"
	"parley/internal/crm"
	"parley/internal/store"
)

// maxCall is the largest body of a provider.
const maxCall = 3 << 20

func (a *API) addHooks() {
	a.handle(http.MethodPost, "/hooks/{channel_id}", Provider, a.receive)
	a.handle(http.MethodGet, "/hooks/{channel_id}", Provider, a.challenge)
}

// webhook finds the channel that a provider calls.
func (a *API) webhook(r *http.Request) (ch store.Channel, open channel.Channel, err error) {
	id, ok := crm.ParseID(r.PathValue("channel_id"))
	if !ok {
		return ch, nil, crm.ErrNotFound
	}
	return a.Team.Webhook(r.Context(), id)
}

// receive takes what a provider hands over. The signature is checked on the raw bytes
// before anything is read; 200 says that everything is on disk.
func (a *API) receive(w http.ResponseWriter, r *http.Request) {
	if _, known := a.Accounts.Kind(r.PathValue("channel_id")); known {
		a.receiveHints(w, r, r.PathValue("channel_id"))
		return
	}
	ch, open, err := a.webhook(r)
	if err != nil {
		a.refuseCall(w, r, err)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCall))
	if err != nil {
		a.refuseCall(w, r, unread(err, maxCall))
		return
	}
	call := channel.Call{Method: r.Method, Header: r.Header, Query: r.URL.Query(), URL: a.PublicURL(r) + requestURI(r), Body: body, Now: a.Team.Now()}
	if err := open.Verify(call); err != nil {
		a.metrics.refused.WithLabelValues(ch.Kind).Inc()
		a.refuseCall(w, r, err)
		return
	}
	items, err := open.Parse(call)
	if err == nil {
		err = a.Inbox.Receive(r.Context(), ch, open.Scope(), items)
	}
	if err != nil {
		a.refuseCall(w, r, err)
		return
	}
	a.metrics.items.WithLabelValues(ch.Kind).Add(float64(len(items)))
	answer := open.Answer()
	if answer.ContentType != "" {
		w.Header().Set("Content-Type", answer.ContentType)
	}
	w.WriteHeader(http.StatusOK)
	_, _ = io.WriteString(w, answer.Body)
}

// receiveHints takes a webhook of an accounting system or a CRM: /hooks/xero. What it names
// is looked at soon; the answer has no body, as Xero demands.
func (a *API) receiveHints(w http.ResponseWriter, r *http.Request, provider string) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCall))
	if err != nil {
		a.refuseCall(w, r, unread(err, maxCall))
		return
	}
	err = a.Accounts.Receive(r.Context(), provider, connector.Call{Method: r.Method, URL: a.PublicURL(r) + requestURI(r), Header: r.Header, Body: body, Now: a.Accounts.Now()})
	if err != nil {
		a.refuseCall(w, r, err)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// requestURI is path and query exactly as they were called: Twilio signs them.
func requestURI(r *http.Request) string {
	if strings.HasPrefix(r.RequestURI, "/") {
		return r.RequestURI
	}
	return r.URL.RequestURI()
}

// refuseCall answers a provider that something was not stored. What it can do nothing
// about is 503, so that it tries again. Body and signature go into no log.
func (a *API) refuseCall(w http.ResponseWriter, r *http.Request, err error) {
	var known *Problem
	switch kind := crm.KindOf(err); {
	case errors.Is(err, channel.ErrSignature), errors.Is(err, connector.ErrSignature):
		w.WriteHeader(http.StatusUnauthorized)
	case errors.As(err, &known):
		known.write(w, r)
	case kind == crm.NotFound:
		a.problem(r.Context(), crm.ErrNotFound).write(w, r)
	case kind == crm.Invalid:
		p := a.problem(r.Context(), err)
		p.Status, p.Title = http.StatusBadRequest, http.StatusText(http.StatusBadRequest)
		p.write(w, r)
	default:
		p := newProblem(http.StatusServiceUnavailable, "not_stored", "This could not be stored now. Please try again.")
		p.header.Set("Retry-After", "5")
		a.Log.ErrorContext(r.Context(), "a webhook could not be stored", "channel", r.PathValue("channel_id"), "error", err)
		p.write(w, r)
	}
}

// challenge answers a provider that asks for proof before it calls.
func (a *API) challenge(w http.ResponseWriter, r *http.Request) {
	_, open, err := a.webhook(r)
	if err != nil {
		a.refuseCall(w, r, err)
		return
	}
	challenger, ok := open.(channel.Challenger)
	if !ok {
		w.Header().Set("Allow", http.MethodPost)
		newProblem(http.StatusMethodNotAllowed, "method_not_allowed", "This channel's provider calls by POST.").write(w, r)
		return
	}
	answer, err := challenger.Challenge(r.URL.Query())
	if err != nil {
		a.refuseCall(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, answer)
}
