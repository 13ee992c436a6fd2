package twilio_test

import (
	"net/http"
	"net/url"
	"testing"

	"parley/internal/channel"
	"parley/internal/channel/channeltest"
	"parley/internal/channel/channeltest/captured"
	"parley/internal/channel/twilio"
)

var fuzzed = twilio.Open(channel.Config{Settings: channeltest.NewTwilio().Settings()})

func FuzzParse(f *testing.F) { captured.FuzzParse(f, fuzzed, "testdata") }

func FuzzVerify(f *testing.F) {
	f.Add("RSOYDt4T1cUTdK1PDd93/VVr8B8=", "https://mycompany.com/myapp.php?foo=1&bar=2", []byte("Digits=1234"))
	f.Add("Klp85180pYIxzIO5cuyxpfh1BKw=", "https://example.com/myapp?bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620", []byte(`{"property": "value", "boolean": true}`))
	f.Add(twilio.Sign("other", "http://[::1]:80/x", nil), "http://[::1]:80/x", []byte(""))
	f.Fuzz(func(t *testing.T, header, address string, body []byte) {
		call := channel.Call{Header: http.Header{"X-Twilio-Signature": {header}}, URL: address, Body: body}
		if err := fuzzed.Verify(call); err == nil {
			t.Errorf("%q passes for %q", header, address)
		}
		form, _ := url.ParseQuery(string(body))
		call.Header.Set("X-Twilio-Signature", twilio.Sign("twilio-auth-token", address, form))
		parsed, err := url.Parse(address)
		_, formErr := url.ParseQuery(string(body))
		plain := err == nil && parsed.Query().Get("bodySHA256") == "" && formErr == nil
		if err := fuzzed.Verify(call); plain && err != nil {
			t.Errorf("a right signature for %q does not pass", address)
		}
	})
}
