// Package emulator is what emulators of providers have in common: consent, grants and
// tokens, faults to come, calls so far, and how webhooks are posted. Each provider's own
// emulator embeds a Provider and adds what only that one does.
package emulator

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"time"
)

// Provider is one provider. T is what a grant there says besides its token. Mu guards it
// all, with what the provider's own emulator keeps.
type Provider[T any] struct {
	Mu        sync.Mutex
	Grants    []*Grant[T]
	Refreshed int       // tokens that were made of a refresh token
	Last      time.Time // of the last change

	oauth  OAuth[T]
	codes  map[string]code[T]
	access map[string]access[T]
	faults []Fault
	calls  []string
}

// Start sets a provider up.
func (p *Provider[T]) Start(o OAuth[T]) {
	p.oauth, p.codes, p.access = o, map[string]code[T]{}, map[string]access[T]{}
}

// Fault makes calls of the API go wrong.
type Fault string

// The faults that any provider can have.
const (
	TooMany      Fault = "429"
	Broken       Fault = "500"
	Away         Fault = "503"
	Page         Fault = "html"      // HTML with status 200
	Truncated    Fault = "truncated" // JSON that breaks off
	Other        Fault = "other"     // JSON with status 200 without what was asked for
	Lost         Fault = "lost"      // done, and the answer never comes
	Unauthorised Fault = "401"
)

// Fail makes the next calls go wrong, one fault each; "" is one that goes well.
func (p *Provider[T]) Fail(faults ...Fault) {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	p.faults = append(p.faults, faults...)
}

// Called notes a call of the API, and answers with the fault that it is to have. Mu is held.
func (p *Provider[T]) Called(r *http.Request) (f Fault) {
	p.calls = append(p.calls, r.Method+" "+r.URL.RequestURI())
	if len(p.faults) > 0 {
		f, p.faults = p.faults[0], p.faults[1:]
	}
	return f
}

// Calls are the calls of the API so far: method and path with its query.
func (p *Provider[T]) Calls() []string {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	return slices.Clone(p.calls)
}

// Answer sends on what do answers, unless the fault spoils it on its way.
func Answer(w http.ResponseWriter, f Fault, do func(w http.ResponseWriter)) {
	recorded := httptest.NewRecorder()
	do(recorded)
	if f == Lost {
		panic(http.ErrAbortHandler) // done, and the answer never comes
	}
	for name, values := range recorded.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(recorded.Code)
	answer := recorded.Body.Bytes()
	switch f {
	case Truncated:
		answer = answer[:len(answer)/2]
	case Other:
		answer = []byte("{}")
	}
	_, _ = w.Write(answer)
}

// Tick is now, to the millisecond, and later than the last change: changes have an order.
// Mu is held.
func (p *Provider[T]) Tick() time.Time {
	now := p.oauth.Now().UTC().Truncate(time.Millisecond)
	if !now.After(p.Last) {
		now = p.Last.Add(time.Millisecond)
	}
	p.Last = now
	return now
}

// Window counts calls for a limit.
type Window struct {
	From time.Time
	N    int
}

// Add counts one more, in a new window when the last is over.
func (w *Window) Add(now time.Time, length time.Duration) int {
	if now.Sub(w.From) >= length {
		w.From, w.N = now, 0
	}
	w.N++
	return w.N
}

// Random is a text that nobody guesses, of n bytes.
func Random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// Sign is the signature of a webhook.
func Sign(key string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key))
	_, _ = mac.Write(body) // never fails
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Post posts a webhook, within a time, and answers with the status, or 0 when nobody
// answered. header is pairs of name and value.
func Post(address string, body []byte, within time.Duration, header ...string) int {
	r, err := http.NewRequest(http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return 0
	}
	for pair := range slices.Chunk(header, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	client := http.Client{Timeout: within}
	response, err := client.Do(r)
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}
