package vonage_test

import (
	"net/http"
	"testing"
	"time"

	"parley/internal/channel"
	"parley/internal/channel/channeltest"
	"parley/internal/channel/channeltest/captured"
	"parley/internal/channel/vonage"
)

var (
	fuzzed = vonage.Open(channel.Config{Settings: channeltest.NewVonage().Settings()})
	now    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

func FuzzParse(f *testing.F) { captured.FuzzParse(f, fuzzed, "testdata") }

func FuzzVerify(f *testing.F) {
	f.Add("Bearer "+vonage.Sign("other", "abcd1234", "", []byte("{}"), now), []byte("{}"))
	f.Add("Bearer eyJhbGciOiJub25lIn0.e30.", []byte("{}"))
	f.Add("Bearer ..", []byte(""))
	f.Fuzz(func(t *testing.T, header string, body []byte) {
		call := channel.Call{Header: http.Header{"Authorization": {header}}, Body: body, Now: now}
		if fuzzed.Verify(call) == nil {
			t.Errorf("%q passes", header)
		}
		call.Header.Set("Authorization", "Bearer "+vonage.Sign("vonage-signature-secret", "abcd1234", "", body, now))
		if err := fuzzed.Verify(call); err != nil {
			t.Errorf("a right token for %q does not pass", body)
		}
	})
}
