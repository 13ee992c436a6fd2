package vonage_test

import (
	"cmp"
	"net/http"
	"testing"
	"time"

	"parley/internal/channel"
	"parley/internal/channel/channeltest/captured"
	"parley/internal/channel/vonage"
)

func TestCaptured(t *testing.T) {
	captured.Run(t, vonage.Kind, sign, "testdata")
}

func sign(settings map[string]string, secret, _ string, body []byte, at time.Time) channel.Call {
	token := vonage.Sign(cmp.Or(secret, settings["signature_secret"]), settings["api_key"], "", body, at)
	return channel.Call{Method: http.MethodPost, Header: http.Header{"Authorization": {"Bearer " + token}}, Body: body}
}
