package channel

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync/atomic"
	"time"
)

// userAgent is how Parley names itself to providers; Meta asks for one.
const userAgent = "parley/1.0"

// longPatience is the same for a large body.
const longPatience = 85 * time.Second

// patience is how long one exchange may take when the caller sets no earlier end.
const patience = 30 * time.Second

// maxReply is how much of an answer is read.
const maxReply = 1 << 20

// Reply is a provider's answer, read whole.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// OK reports whether the provider took the request.
func (r Reply) OK() bool { return r.Status/100 == 2 }

// RetryAfter is how long the provider asked to wait, in seconds or until a date, or 0.
func (r Reply) RetryAfter() time.Duration {
	value := r.Header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	asked, err := http.ParseTime(r.Header.Get("Date")) // by the provider's own clock
	if err != nil {
		return 0
	}
	return max(0, until.Sub(asked))
}

// API is a provider's API as one account sees it.
type API struct {
	Client *http.Client // nil stands for http.DefaultClient
	Base   string       // without a slash at its end
	// Authorize puts the account's secret on a request.
	Authorize func(*http.Request)
	// Refusal reads an answer that is not a success.
	Refusal func(Reply) *SendError
}

// Post sends a body below Base and reads the JSON of the answer.
func (a API) Post(ctx context.Context, path, contentType string, body []byte, into any) error {
	return a.call(ctx, http.MethodPost, path, contentType, body, into)
}

// PostLarge is Post with a body that may take its time, given in parts so that nobody has to
// copy a large one.
func (a API) PostLarge(ctx context.Context, path, contentType string, into any, body ...[]byte) error {
	return a.callFor(ctx, longPatience, http.MethodPost, path, contentType, into, body...)
}

// Get asks for what lies below Base and reads the JSON of the answer.
func (a API) Get(ctx context.Context, path string, into any) error {
	return a.call(ctx, http.MethodGet, path, "", nil, into)
}

// Delete removes what lies below Base.
func (a API) Delete(ctx context.Context, path string) error {
	var ignored json.RawMessage
	return a.call(ctx, http.MethodDelete, path, "", nil, &ignored)
}

// call makes one request. The error is a *SendError: that of exchange, or the refusal. A
// success that is not the JSON awaited leaves into without what it should hold, which the
// caller must look for.
func (a API) call(ctx context.Context, method, path, contentType string, body []byte, into any) error {
	return a.callFor(ctx, patience, method, path, contentType, into, body)
}

func (a API) callFor(ctx context.Context, patience time.Duration, method, path, contentType string, into any, body ...[]byte) error {
	request, err := newRequest(ctx, method, a.Base+path, contentType, body...)
	if err != nil {
		return err
	}
	a.Authorize(request)
	reply, err := exchange(a.Client, request, patience)
	if err != nil {
		return err
	}
	if !reply.OK() {
		return a.Refusal(reply)
	}
	_ = json.Unmarshal(reply.Body, into)
	return nil
}

// newRequest makes a request to a provider. The error is a *SendError: nothing was sent.
func newRequest(ctx context.Context, method, address, contentType string, body ...[]byte) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, http.NoBody)
	if err != nil {
		return nil, &SendError{Outcome: NotSent, Code: "address", Err: err,
			Reason: "The address of the provider is not valid. Ask whoever runs Parley to check it."}
	}
	switch len(body) {
	case 0:
	case 1: // what net/http knows to be in memory goes out in one with the headers
		request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body[0])), nil }
	default:
		request.GetBody = func() (io.ReadCloser, error) {
			var parts []io.Reader
			for _, part := range body {
				parts = append(parts, bytes.NewReader(part))
			}
			return io.NopCloser(io.MultiReader(parts...)), nil
		}
	}
	for _, part := range body {
		request.ContentLength += int64(len(part))
	}
	if request.ContentLength > 0 {
		request.Body, _ = request.GetBody() // never fails
	}
	request.Header.Set("User-Agent", userAgent)
	request.Header.Set("Accept", "application/json")
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	return request, nil
}

// exchange sends a request once and reads the answer. It follows no redirect, so that
// neither a message nor a secret goes anywhere else. The error is a *SendError: NotSent
// when no connection came about, Unknown from the moment there was one, since the
// provider may then have read the request.
func exchange(client *http.Client, request *http.Request, patience time.Duration) (Reply, error) {
	ctx, cancel := context.WithTimeout(request.Context(), patience)
	defer cancel()
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
		// The body is written after this, and without it nothing was asked for.
		WroteHeaders: func() { HandingOver(request.Context()) },
	})
	response, err := stayingHere(client).Do(request.WithContext(ctx))
	if err != nil {
		return Reply{}, lost(err, connected.Load())
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxReply))
	if err != nil && response.StatusCode/100 == 2 {
		return Reply{}, lost(err, true)
	}
	return Reply{Status: response.StatusCode, Header: response.Header, Body: body}, nil
}

// lost is the failure of an exchange that brought no answer.
func lost(err error, connected bool) *SendError {
	if connected {
		return &SendError{Outcome: Unknown, Code: "no answer", Err: err,
			Reason: "The connection broke before the provider answered. The message may or may not have gone out, so it is not sent again by itself."}
	}
	return &SendError{Outcome: NotSent, Code: "no connection", Err: err,
		Reason: "The provider could not be reached. Nothing was sent."}
}

// stayingHere is the client without following redirects.
func stayingHere(client *http.Client) *http.Client {
	if client == nil {
		client = http.DefaultClient
	}
	here := *client
	here.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &here
}
