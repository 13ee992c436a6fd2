package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"parley/internal/api"
)

// stream is a connection to /events.
type stream struct {
	t      *testing.T
	lines  *bufio.Scanner
	status int
	id     string
}

// follow connects to the stream of a user.
func (h *house) follow(t *testing.T, a actor, lastID string) *stream {
	t.Helper()
	server := httptest.NewServer(h.api)
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	t.Cleanup(func() { cancel(); server.Close() })
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+api.Prefix+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+a.token)
	r.Header.Set("Accept-Encoding", "gzip")
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	if response.StatusCode == 200 && response.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("content type %q", response.Header.Get("Content-Type"))
	}
	return &stream{t: t, lines: bufio.NewScanner(response.Body), status: response.StatusCode}
}

// next is the next event; ok is false at the end of the stream.
func (s *stream) next() (e api.Event, ok bool) {
	s.t.Helper()
	name := ""
	for s.lines.Scan() {
		line := s.lines.Text()
		switch key, value, _ := strings.Cut(line, ": "); {
		case key == "id":
			s.id = value
		case key == "event":
			name = value
		case key == "data":
			if err := json.Unmarshal([]byte(value), &e); err != nil || string(e.Type) != name {
				s.t.Fatalf("event %s with data %s: %v", name, value, err)
			}
			return e, true
		}
	}
	if err := s.lines.Err(); err != nil {
		s.t.Fatalf("the stream broke off instead of ending: %v", err)
	}
	return e, false
}

func (s *stream) wants(types ...string) {
	s.t.Helper()
	for _, want := range types {
		if e, ok := s.next(); !ok || string(e.Type) != want {
			s.t.Fatalf("event %q (%v), want %s", e.Type, ok, want)
		}
	}
}

func TestEvents(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		agent := h.agent("tom@acme.example")
		ch := h.channel()
		admin := h.as(h.admin)
		seen := h.follow(t, h.admin, "")
		hidden := h.follow(t, agent, "")
		secret := h.contact("Secret", "+447400000001", J{"visibility": J{"mode": "chosen", "user_ids": []string{h.admin.id}}})
		if e, _ := seen.next(); string(e.Type) != "contact.created" || e.ContactID.String() != secret || e.At == "" {
			t.Errorf("%+v", e)
		}
		v := h.hears(ch, "+447400000001", "psst")
		seen.wants("conversation.opened", "message.received")
		public := h.hears(ch, "+447400999002", "hello")
		for _, want := range []string{"contact.created", "conversation.opened", "message.received"} {
			e, _ := hidden.next()
			if string(e.Type) != want || e.ContactID.String() != public.str("contact_id") || e.ConversationID.String() == v.str("id") {
				t.Fatalf("the agent hears %+v, want %s", e, want)
			}
		}
		seen.wants("contact.created", "conversation.opened")
		// Resume from there on.
		resumed := h.follow(t, h.admin, seen.id)
		resumed.wants("message.received")
		seen.wants("message.received")
		if s := h.follow(t, h.admin, "rubbish"); s.status != 422 {
			t.Errorf("a cursor that is none: %d", s.status)
		}
		if s := h.follow(t, h.admin, "9223372036854775807.9223372036854775807"); s.status != 200 {
			t.Errorf("a cursor far away: %d", s.status)
		}
		admin.patch("/users/"+agent.id, J{"active": false}).want(200)
		if e, ok := hidden.next(); ok {
			t.Errorf("a deactivated user still hears %+v", e)
		}
		close(h.stop)
		for {
			if _, ok := seen.next(); !ok {
				break // ends with the server
			}
		}
	})
}
