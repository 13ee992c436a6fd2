package connector

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	patience = 60 * time.Second
	// maxReply is how much of an answer is read: a page of a thousand records is about
	// three megabytes.
	maxReply = 32 << 20
)

// Client makes the calls of a connector.
type Client struct {
	HTTP *http.Client
	// Refusal reads an answer that is not a success and is neither about tokens, limits
	// nor a fault of theirs. Nil says Refused with the status.
	Refusal func(Reply) *Error
	// DayLeft is the header with the calls that are left today, if there is one.
	DayLeft string
	// Pause is how long to wait after an answer of too many calls that does not say. Nil is
	// a second.
	Pause func(Reply) time.Duration
}

// Reply is a provider's answer, read whole.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do makes one call and reads the JSON of the answer into, when that is not nil. A write
// that broke off after it was sent is Unsure.
func (c Client) Do(ctx context.Context, a Access, r *http.Request, into any) (Reply, error) {
	if a.Before != nil {
		if err := a.Before(ctx); err != nil {
			return Reply{}, err
		}
	}
	r.Header.Set("Authorization", "Bearer "+a.Token)
	reply, err := c.exchange(ctx, r)
	if err != nil {
		return reply, err
	}
	told := Told{RetryAfter: reply.retryAfter(), DayLeft: -1}
	if told.RetryAfter == 0 && reply.Status == http.StatusTooManyRequests && c.Pause != nil {
		told.RetryAfter = c.Pause(reply)
	}
	if n, err := strconv.Atoi(reply.Header.Get(c.DayLeft)); c.DayLeft != "" && err == nil {
		told.DayLeft = n
	}
	if a.After != nil && (told.RetryAfter > 0 || told.DayLeft >= 0) {
		a.After(ctx, told)
	}
	if err := c.judge(reply, r.Method != http.MethodGet, told.RetryAfter); err != nil {
		return reply, err
	}
	if reply.Status == http.StatusNotModified || into == nil {
		return reply, nil
	}
	return reply, reply.decode(into)
}

// exchange sends a request once. It follows no redirect, so that a token goes nowhere else.
func (c Client) exchange(ctx context.Context, r *http.Request) (Reply, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r.Header.Set("User-Agent", "parley/1.0")
	if r.Header.Get("Accept") == "" {
		r.Header.Set("Accept", "application/json")
	}
	client := http.DefaultClient
	if c.HTTP != nil {
		client = c.HTTP
	}
	here := *client
	here.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := here.Do(r.WithContext(ctx))
	if err != nil {
		return Reply{}, broke(r, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxReply))
	if err != nil {
		return Reply{}, broke(r, err)
	}
	return Reply{Status: response.StatusCode, Header: response.Header, Body: body}, nil
}

func broke(r *http.Request, err error) *Error {
	if r.Method == http.MethodGet {
		return &Error{Trouble: Away, Code: "no answer", Err: err, Reason: "It could not be reached."}
	}
	return &Error{Trouble: Unsure, Code: "no answer", Err: err, Reason: "The connection broke before it answered."}
}

func (c Client) judge(r Reply, write bool, after time.Duration) *Error {
	code := "http " + strconv.Itoa(r.Status)
	switch {
	case r.Status/100 == 2 || r.Status == http.StatusNotModified:
		return nil
	case r.Status == http.StatusTooManyRequests:
		return &Error{Trouble: Wait, Code: code, Reason: "It asks to call less often.", After: max(after, time.Second)}
	case r.Status == http.StatusUnauthorized:
		return Fail(Expired, code, "It does not take the token.")
	case r.Status == http.StatusServiceUnavailable && after > 0:
		return &Error{Trouble: Away, Code: code, Reason: "It is away for a while.", After: after}
	case r.Status/100 == 5 && write:
		return Fail(Unsure, code, "It had a fault while it took the change.")
	case r.Status/100 == 5:
		return Fail(Away, code, "It has a fault.")
	case c.Refusal != nil:
		return c.Refusal(r)
	case r.Status == http.StatusForbidden:
		return Fail(Dead, code, "It does not let Parley in any more.")
	case r.Status == http.StatusNotFound:
		return Fail(Missing, code, "There is no such record.")
	}
	return Fail(Refused, code, "It refused the call: "+Excerpt(r.Body))
}

// decode reads the JSON of an answer. What is none, or ends in the middle, is Garbled and
// says what it saw.
func (r Reply) decode(into any) error {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "text/html" {
		return Fail(Garbled, "not json", "It answered with a page instead of data: "+Excerpt(r.Body))
	}
	d := json.NewDecoder(bytes.NewReader(r.Body))
	d.UseNumber()
	err := d.Decode(into)
	if err == nil {
		return nil
	}
	what := "It answered with something that cannot be read: " + Excerpt(r.Body)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		what = "Its answer broke off after " + strconv.Itoa(len(r.Body)) + " bytes."
	}
	return &Error{Trouble: Garbled, Code: "not json", Reason: what, Err: err}
}

// retryAfter is how long the provider asked to wait, by its own clock, or 0.
func (r Reply) retryAfter() time.Duration {
	text := r.Header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	until, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	asked, err := http.ParseTime(r.Header.Get("Date"))
	if err != nil {
		return 0
	}
	return max(0, until.Sub(asked))
}

// Excerpt is the beginning of an answer in one line, for people.
func Excerpt(body []byte) string {
	text := strings.Join(strings.Fields(strings.ToValidUTF8(string(body[:min(len(body), 200)]), "?")), " ")
	if len(body) > 200 {
		text += "…"
	}
	return text
}

// Request makes a call with a JSON body, or none.
func Request(method, address string, body any) (*http.Request, error) {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	r, err := http.NewRequest(method, address, bytes.NewReader(text))
	if err != nil {
		return nil, &Error{Trouble: Away, Code: "address", Err: err, Reason: "The address of the provider is not valid. Ask whoever runs Parley."}
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return r, nil
}
