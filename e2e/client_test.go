package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"
)

// client calls the API of a process with a token.
type client struct {
	server *process
	token  string
}

var httpClient = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

// refused is an answer that was not what was asked for.
type refused struct {
	Status int
	Body   string
}

func (r *refused) Error() string { return fmt.Sprintf("answered %d: %s", r.Status, r.Body) }

// call makes one call and reads its answer into out. The error is a *refused when there
// was an answer of 300 or more.
func (c client) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.server.address()+"/api/v1"+path, body)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	if in != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := httpClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= 300 {
		return &refused{response.StatusCode, string(answer)}
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

// must makes a call that has to succeed.
func (c client) must(t testing.TB, method, path string, in, out any) {
	t.Helper()
	if err := c.call(t.Context(), method, path, in, out); err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
}

// all reads every page of a list.
func all[T any](t testing.TB, c client, path string, query url.Values) []T {
	t.Helper()
	var items []T
	if query == nil {
		query = url.Values{}
	}
	query.Set("limit", "200")
	for {
		var page struct {
			Items []T    `json:"items"`
			Next  string `json:"next"`
		}
		c.must(t, http.MethodGet, path+"?"+query.Encode(), nil, &page)
		items = append(items, page.Items...)
		if page.Next == "" {
			return items
		}
		query.Set("after", page.Next)
	}
}

// message, conversation and contact are what the tests look at of each.
type message struct {
	ID         string `json:"id"`
	ContactID  string `json:"contact_id"`
	Direction  string `json:"direction"`
	Text       string `json:"text"`
	Status     string `json:"status"`
	Error      string `json:"error"`
	ExternalID string `json:"external_id"`
}

type conversation struct {
	ID        string `json:"id"`
	ContactID string `json:"contact_id"`
	Status    string `json:"status"`
}

type contact struct {
	ID    string `json:"id"`
	Phone string `json:"phone"`
}

func (c client) conversations(t testing.TB) []conversation {
	t.Helper()
	return all[conversation](t, c, "/conversations", nil)
}

func (c client) messages(t testing.TB, conversation string) []message {
	t.Helper()
	return all[message](t, c, "/conversations/"+conversation+"/messages", nil)
}

// channel makes a channel and returns the path of its webhook.
func (c client) channel(t testing.TB, kind string, settings map[string]string) string {
	t.Helper()
	fields := map[string]any{"max_per_second": 1000}
	for name, value := range settings {
		fields[name] = value
	}
	var made struct {
		ID string `json:"id"`
	}
	c.must(t, http.MethodPost, "/channels", map[string]any{"kind": kind, "name": kind, "settings": fields}, &made)
	return "/hooks/" + made.ID
}
