package twilio_test

import (
	"cmp"
	"net/url"
	"testing"
	"time"

	"parley/internal/channel"
	"parley/internal/channel/channeltest/captured"
	"parley/internal/channel/twilio"
)

func TestCaptured(t *testing.T) {
	captured.Run(t, twilio.Kind, sign, "testdata")
}

func sign(settings map[string]string, secret, address string, body []byte, _ time.Time) channel.Call {
	form, _ := url.ParseQuery(string(body)) // a form that is none is signed as if it were empty
	call := twilio.Signed(cmp.Or(secret, settings["auth_token"]), address, form)
	call.Body = body
	return call
}
