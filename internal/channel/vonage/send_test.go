package vonage_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/channel"
	"parley/internal/channel/vonage"
	"parley/internal/crm"
)

var _ channel.Channel = (*vonage.Channel)(nil)

func TestSendRequest(t *testing.T) {
	var got map[string]any
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if r.Method != http.MethodPost || r.URL.Path != "/v1/messages" || user != "key" || password != "secret" {
			t.Errorf("%s %s as %s, %s", r.Method, r.URL, user, password)
		}
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write([]byte(`{"message_uuid":"u-1"}`))
	}))
	defer server.Close()
	c := vonage.Open(channel.Config{
		Settings: map[string]string{"api_key": "key", "api_secret": "secret", "from": "+447700900999"}, BaseURL: server.URL,
	})
	if id, err := c.Send(t.Context(), crm.Outbound{ID: "m-1", Address: "+447700900123", Text: "hi"}); id != "u-1" || err != nil {
		t.Fatalf("%q, %v", id, err)
	}
	want := map[string]any{
		"message_type": "text", "channel": "sms", "to": "447700900123", "from": "447700900999", "text": "hi", "client_ref": "m-1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

// TestCheckApplication asks for the application that is set.
func TestCheckApplication(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v2/applications/there" {
			_, _ = w.Write([]byte(`{"id":"there"}`))
			return
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	defer server.Close()
	for id, want := range map[string]channel.Outcome{"there": "", "gone": channel.Dead} {
		c := vonage.Open(channel.Config{Settings: map[string]string{"application_id": id}, BaseURL: server.URL})
		_, err := c.Check(t.Context())
		if want == "" && err != nil {
			t.Errorf("%s: %v", id, err)
		}
		if failed, ok := err.(*channel.SendError); want != "" && (!ok || failed.Outcome != want) {
			t.Errorf("%s: %v, want %s", id, err, want)
		}
	}
}
