package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"parley/internal/crm"
	"parley/internal/store"
)

// once answers a POST with an Idempotency-Key: the first call runs and its answer is
// kept for 24 hours, another with the same body gets that answer. The key is taken
// before anything else is checked, so that it holds for two calls at the same instant,
// and given back when the call does not get as far as its handler or fails through our
// fault. Another call waits for a first one that runs on this node. One that runs on another
// node or too long, or of which nobody knows how it ended, answers 409.
func (a *API) once(w http.ResponseWriter, r *http.Request, c *call, key string, body []byte, check func(*http.Request) error, answer http.HandlerFunc) {
	if !goodKey(key) {
		if err := check(r); err != nil {
			a.problem(r.Context(), err).write(w, r)
			return
		}
		newProblem(http.StatusBadRequest, "bad_idempotency_key", "An Idempotency-Key has 1 to 200 printable ASCII characters.").write(w, r)
		return
	}
	defer a.turns.take(r.Context(), turn{c.who.BusinessID, c.who.UserID, key})()
	// The caller may leave; the call goes on, for its answer will be asked for again.
	r = r.WithContext(context.WithoutCancel(r.Context()))
	ctx := r.Context()
	request := requestHash(r, body)
	kept, found, err := a.Team.ReserveAnswer(ctx, c.who, key, request)
	if err != nil {
		a.problem(ctx, err).write(w, r)
		return
	}
	if found && kept.Request == request && kept.Status != 0 {
		replay(w, kept)
		return
	}
	done := false
	defer func() {
		if !found && !done {
			if err := a.Team.ReleaseAnswer(ctx, c.who, key); err != nil {
				a.Log.WarnContext(ctx, "an idempotency key could not be given back", "error", err)
			}
		}
	}()
	err = check(r)
	switch {
	case err != nil:
	case found && kept.Request != request:
		var problems crm.Problems
		problems.Add("Idempotency-Key", "idempotency_mismatch", "This key was used for another call.")
		err = &crm.Error{Kind: crm.Invalid, Code: "idempotency_mismatch", Fields: problems,
			Detail: "This Idempotency-Key was used for another call. Use a new key for a new call."}
	case found:
		err = crm.Errorf(crm.Conflicting, "idempotency_in_progress", "The first call with this Idempotency-Key has not ended, or nobody knows how it ended. Look whether it took effect before trying with a new key.")
	}
	if err != nil {
		a.problem(ctx, err).write(w, r)
		return
	}
	recorded := &recorder{header: w.Header()}
	answer(recorded, r)
	if recorded.status < 500 {
		made := store.Answer{Request: request, Status: recorded.status, Header: recorded.kept(), Body: recorded.body.String()}
		if err := a.Team.KeepAnswer(ctx, c.who, key, made); err != nil {
			a.Log.ErrorContext(ctx, "the answer to an idempotent call could not be kept", "error", err)
		}
		done = true // even when it was not kept: the call took effect
	}
	w.WriteHeader(recorded.status)
	_, _ = w.Write(recorded.body.Bytes())
}

func goodKey(key string) bool {
	for i := range len(key) {
		if key[i] < 0x20 || key[i] > 0x7e {
			return false
		}
	}
	return len(key) <= 200
}

// requestHash tells calls apart by what they ask for.
func requestHash(r *http.Request, body []byte) string {
	h := sha256.New()
	_, _ = h.Write([]byte(r.Method + " " + r.URL.RequestURI() + "\n"))
	_, _ = h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

func replay(w http.ResponseWriter, kept store.Answer) {
	for name, value := range kept.Header {
		w.Header().Set(name, value)
	}
	w.Header().Set("Idempotency-Replayed", "true")
	w.WriteHeader(kept.Status)
	_, _ = w.Write([]byte(kept.Body))
}

// recorder holds an answer until it is kept.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *recorder) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

// kept are the headers that belong to the answer.
func (w *recorder) kept() map[string]string {
	list := map[string]string{}
	for _, name := range []string{"Content-Type", "ETag", "Location", "Retry-After"} {
		if value := w.header.Get(name); value != "" {
			list[name] = value
		}
	}
	return list
}
