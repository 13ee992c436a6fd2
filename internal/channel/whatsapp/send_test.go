package whatsapp_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/channel"
	"parley/internal/channel/channeltest"
	"parley/internal/channel/whatsapp"
	"parley/internal/crm"
)

// The parts of the seam that go beyond Channel.
var (
	_ channel.Channel     = (*whatsapp.Channel)(nil)
	_ channel.Challenger  = (*whatsapp.Channel)(nil)
	_ channel.MediaSource = (*whatsapp.Channel)(nil)
)

func TestSendRequest(t *testing.T) {
	for _, row := range []struct {
		name string
		send crm.Outbound
		want map[string]any // beside what all have
	}{
		{"to a number", crm.Outbound{ID: "1", Address: "+447700900123", Text: "hi"}, map[string]any{"to": "+447700900123"}},
		{"the plus is added", crm.Outbound{ID: "1", Address: "447700900123", Text: "hi"}, map[string]any{"to": "+447700900123"}},
		{"to a user id", crm.Outbound{ID: "1", Address: "GB.13491208655302741918", Text: "hi"}, map[string]any{"recipient": "GB.13491208655302741918"}},
		{"to a user id of the parent", crm.Outbound{ID: "1", Address: "GB.ENT.118", Text: "hi"}, map[string]any{"recipient": "GB.ENT.118"}},
		{"quoting", crm.Outbound{ID: "1", Address: "+447700900123", Text: "hi", QuotedID: "wamid.1"}, map[string]any{
			"to": "+447700900123", "context": map[string]any{"message_id": "wamid.1"}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got map[string]any
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodPost || r.URL.Path != "/v23.0/42/messages" || r.UserAgent() != "parley/1.0" || r.Header.Get("Content-Type") != "application/json" {
					t.Errorf("%s %s, %v", r.Method, r.URL, r.Header)
				}
				body, err := io.ReadAll(r.Body)
				if err != nil || json.Unmarshal(body, &got) != nil {
					t.Errorf("%s: %v", body, err)
				}
				_, _ = w.Write([]byte(`{"messages":[{"id":"wamid.9"}]}`))
			}))
			defer server.Close()
			c := whatsapp.Open(channel.Config{Settings: map[string]string{"phone_number_id": " 42\n"}, BaseURL: server.URL + "/"})
			if _, err := c.Send(t.Context(), row.send); err != nil {
				t.Fatal(err)
			}
			want := map[string]any{
				"messaging_product": "whatsapp", "recipient_type": "individual", "type": "text",
				"text": map[string]any{"body": "hi", "preview_url": false}, "biz_opaque_callback_data": "1",
			}
			for key, value := range row.want {
				want[key] = value
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
		})
	}
}

func TestChallenge(t *testing.T) {
	c := whatsapp.Open(channel.Config{Settings: channeltest.NewMeta().Settings()})
	right := url.Values{"hub.mode": {"subscribe"}, "hub.challenge": {"1158201444"}, "hub.verify_token": {"meta-verify-token"}}
	if got, err := c.Challenge(right); got != "1158201444" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	for _, wrong := range []url.Values{
		{},
		{"hub.mode": {"unsubscribe"}, "hub.challenge": {"1"}, "hub.verify_token": {"meta-verify-token"}},
		{"hub.mode": {"subscribe"}, "hub.challenge": {"1"}, "hub.verify_token": {"other"}},
		{"hub.mode": {"subscribe"}, "hub.challenge": {"1"}},
	} {
		if got, err := c.Challenge(wrong); got != "" || err != channel.ErrSignature {
			t.Errorf("%v: got %q, %v", wrong, got, err)
		}
	}
	bare := whatsapp.Open(channel.Config{})
	if _, err := bare.Challenge(url.Values{"hub.mode": {"subscribe"}, "hub.verify_token": {""}}); err != channel.ErrSignature {
		t.Errorf("a channel without a token: %v", err)
	}
}
