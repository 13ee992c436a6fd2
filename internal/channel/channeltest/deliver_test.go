package channeltest_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"parley/internal/channel"
	"parley/internal/channel/channeltest"
	"parley/internal/channel/channeltest/captured"
	"parley/internal/crm"
)

// hook is a webhook that keeps what comes in by the channel's own Verify and Parse.
type hook struct {
	t       *testing.T
	mu      sync.Mutex
	channel channel.Channel
	items   []crm.Inbound
	calls   int
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		h.t.Error(err)
	}
	call := channel.Call{
		Method: r.Method, Header: r.Header, Query: r.URL.Query(), Body: body, Now: at,
		URL: "http://" + r.Host + r.URL.RequestURI(),
	}
	if err := h.channel.Verify(call); err != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	items, err := h.channel.Parse(call)
	if err != nil {
		h.t.Error(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	captured.Sound(h.t, items)
	h.items = append(h.items, items...)
	h.calls++
}

// TestDeliver sends a message and reads the provider's news of it, and messages, by the
// channel's own webhook.
func TestDeliver(t *testing.T) {
	each(t, func(t *testing.T, p provider) {
		e := p.emulator()
		if v, ok := e.(*channeltest.Vonage); ok {
			v.Now = clock
		}
		api := httptest.NewServer(e)
		defer api.Close()
		h := &hook{t: t}
		web := httptest.NewServer(h)
		defer web.Close()
		var err error
		h.channel, err = p.kind.Open(channel.Config{Settings: e.Settings(), BaseURL: api.URL, WebhookURL: web.URL + "/hooks/1"})
		if err != nil {
			t.Fatal(err)
		}
		m := message()
		id, err := h.channel.Send(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		sent := e.Accepted()[0]
		failed := sent.Status(crm.Failed, at)
		failed.Code = 130429 // "more slowly", which in answer to a send means another try
		switch e.(type) {
		case *channeltest.Twilio:
			failed.Code = 20429
		case *channeltest.Vonage:
			failed.Code = 1241
		}
		items := []channeltest.Item{
			sent.Status(crm.Read, at), sent.Status(crm.Sent, at), sent.Status(crm.Delivered, at), failed,
			{ID: "in-1", From: crm.Sender{Phone: "+447700900123"}, Text: "hi", At: at},
		}
		if err := e.Deliver(t.Context(), web.URL+"/hooks/1", channeltest.Repeat(items, 2)...); err != nil {
			t.Fatal(err)
		}
		if len(h.items) != 10 {
			t.Fatalf("%d items, want 10", len(h.items))
		}
		for i, want := range []crm.MessageStatusValue{crm.Read, crm.Sent, crm.Delivered, crm.Failed} {
			first, again := h.items[2*i], h.items[2*i+1]
			if first.Status == nil || first.Status.Status != want || first.Status.ExternalID != id || first.Status.ClientID != m.ID {
				t.Errorf("status %d: %+v, want %s of %s, %s", i, first.Status, want, id, m.ID)
			}
			if first.ExternalID != again.ExternalID {
				t.Errorf("the same status has two ids: %s, %s", first.ExternalID, again.ExternalID)
			}
			if (first.Status.Error != "") != (want == crm.Failed) {
				t.Errorf("status %s with the reason %q", want, first.Status.Error)
			}
			if want == crm.Failed && !strings.HasSuffix(first.Status.Error, "The message is not tried again by itself.") {
				t.Errorf("a message that failed afterwards: %q", first.Status.Error)
			}
		}
		if got := h.items[8]; got.Message == nil || got.Message.Text != "hi" || got.Sender.Address != "+447700900123" || got.ExternalID != "in-1" {
			t.Errorf("message: %+v", got)
		}
	})
}

// TestDeliverRefused has a webhook that cannot tell the signature.
func TestDeliverRefused(t *testing.T) {
	each(t, func(t *testing.T, p provider) {
		e := p.emulator()
		settings := e.Settings()
		settings["app_secret"], settings["auth_token"], settings["signature_secret"] = "other", "other", "other"
		h := &hook{t: t, channel: p.at(t, "", settings)}
		web := httptest.NewServer(h)
		defer web.Close()
		err := e.Deliver(t.Context(), web.URL, channeltest.Item{ID: "1", From: crm.Sender{Phone: "+447700900123"}, Text: "hi", At: at})
		var rejected *channeltest.Rejected
		if !errors.As(err, &rejected) || rejected.Status != http.StatusUnauthorized {
			t.Errorf("got %v, want 401", err)
		}
	})
}

// TestDeliverBatches puts many items into one call of Meta's, in an order of our choice.
func TestDeliverBatches(t *testing.T) {
	e := channeltest.NewMeta()
	h := &hook{t: t, channel: providers[0].at(t, "", e.Settings())}
	web := httptest.NewServer(h)
	defer web.Close()
	var items []channeltest.Item
	for range 2500 {
		items = append(items, channeltest.Item{ID: crm.NewID(at).String(), From: crm.Sender{Phone: "+447700900123"}, Text: "hi", At: at})
	}
	items = channeltest.Shuffle(items, 1)
	if err := e.Deliver(t.Context(), web.URL, items...); err != nil {
		t.Fatal(err)
	}
	if h.calls != 3 || len(h.items) != 2500 {
		t.Errorf("%d calls with %d items, want 3 with 2500", h.calls, len(h.items))
	}
	for i, item := range h.items {
		if item.ExternalID != items[i].ID {
			t.Fatalf("item %d is out of order", i)
		}
	}
}
