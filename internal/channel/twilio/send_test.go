package twilio_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/channel"
	"parley/internal/channel/channeltest"
	"parley/internal/channel/twilio"
	"parley/internal/crm"
)

// The parts of the seam that go beyond Channel.
var (
	_ channel.Channel     = (*twilio.Channel)(nil)
	_ channel.MediaSource = (*twilio.Channel)(nil)
)

func TestSendRequest(t *testing.T) {
	for _, row := range []struct {
		name, from, hook string
		want             url.Values // beside what all have
	}{
		{"from a number", "+447700900999", "https://parley.example/hooks/1", url.Values{
			"From": {"+447700900999"}, "StatusCallback": {"https://parley.example/hooks/1?message=m-1"}}},
		{"from a messaging service", "MG00000000000000000000000000000001", "https://parley.example/hooks/1?a=b", url.Values{
			"MessagingServiceSid": {"MG00000000000000000000000000000001"}, "StatusCallback": {"https://parley.example/hooks/1?a=b&message=m-1"}}},
		{"without a webhook", "PARLEY", "", url.Values{"From": {"PARLEY"}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got url.Values
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				user, password, _ := r.BasicAuth()
				if r.Method != http.MethodPost || r.URL.Path != "/2010-04-01/Accounts/AC1/Messages.json" || user != "AC1" || password != "token" {
					t.Errorf("%s %s as %s, %s", r.Method, r.URL, user, password)
				}
				if err := r.ParseForm(); err != nil {
					t.Error(err)
				}
				got = r.PostForm
				w.WriteHeader(http.StatusCreated)
				_, _ = w.Write([]byte(`{"sid":"SM1","status":"queued"}`))
			}))
			defer server.Close()
			c := twilio.Open(channel.Config{
				Settings: map[string]string{"account_sid": "AC1", "auth_token": "token", "from": row.from},
				BaseURL:  server.URL, WebhookURL: row.hook,
			})
			if id, err := c.Send(t.Context(), crm.Outbound{ID: "m-1", Address: "+447700900123", Text: "a b&c"}); id != "SM1" || err != nil {
				t.Fatalf("%q, %v", id, err)
			}
			want := url.Values{"To": {"+447700900123"}, "Body": {"a b&c"}}
			for key, value := range row.want {
				want[key] = value
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("form (-want +got):\n%s", diff)
			}
		})
	}
}

// TestStatusCallback gives the real Twilio only an address that it can call.
func TestStatusCallback(t *testing.T) {
	for hook, wanted := range map[string]bool{"https://parley.example/hooks/1": true, "http://127.0.0.1:8080/hooks/1": false, "": false} {
		network := &kept{}
		c := twilio.Open(channel.Config{
			Settings: channeltest.NewTwilio().Settings(), WebhookURL: hook, HTTP: &http.Client{Transport: network},
		})
		_, _ = c.Send(t.Context(), crm.Outbound{ID: "m-1", Address: "+447700900123", Text: "hi"})
		if network.form.Get("Body") != "hi" || network.form.Has("StatusCallback") != wanted {
			t.Errorf("%q: sent %v", hook, network.form)
		}
	}
}

// kept is a network that keeps the last form and answers 500.
type kept struct{ form url.Values }

func (k *kept) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	k.form = r.PostForm
	return &http.Response{StatusCode: http.StatusInternalServerError, Body: http.NoBody, Request: r}, nil
}

// TestAnswer keeps Twilio from sending an answer to the customer.
func TestAnswer(t *testing.T) {
	answer := twilio.Open(channel.Config{}).Answer()
	if answer.ContentType != "text/xml" || answer.Body != `<?xml version="1.0" encoding="UTF-8"?><Response/>` {
		t.Errorf("%+v", answer)
	}
}

// TestCheckSuspended has an account that is there but may not send.
func TestCheckSuspended(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"friendly_name":"x","status":"suspended"}`))
	}))
	defer server.Close()
	_, err := twilio.Open(channel.Config{BaseURL: server.URL}).Check(t.Context())
	if failed, ok := err.(*channel.SendError); !ok || failed.Outcome != channel.Dead || failed.Code != "suspended" {
		t.Errorf("%v", err)
	}
}
