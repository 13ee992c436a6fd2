package whatsapp_test

import (
	"cmp"
	"testing"
	"time"

	"parley/internal/channel"
	"parley/internal/channel/channeltest/captured"
	"parley/internal/channel/whatsapp"
)

func TestCaptured(t *testing.T) {
	captured.Run(t, whatsapp.Kind, sign, "testdata")
}

func sign(settings map[string]string, secret, address string, body []byte, _ time.Time) channel.Call {
	return whatsapp.Signed(cmp.Or(secret, settings["app_secret"]), address, body)
}
