package channeltest_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"parley/internal/channel"
	"parley/internal/channel/channeltest"
	"parley/internal/channel/twilio"
	"parley/internal/channel/vonage"
	"parley/internal/crm"
)

// Twilio fetches a file from the address that goes with the message; without one of ours
// nothing is sent. Vonage carries none.
func TestSendFileBySMS(t *testing.T) {
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/jpeg")
		_, _ = w.Write([]byte("picture"))
	}))
	defer files.Close()
	file := &crm.OutboundFile{Media: crm.Media{Type: "image/jpeg", Name: "vase.jpg"}, As: crm.ImageMessage, Bytes: []byte("picture"), URL: files.URL}
	m := crm.Outbound{ID: "m-1", Address: "+447700900123", File: file}
	emulator := channeltest.NewTwilio()
	c := providers[1].open(t, emulator, emulator.Settings())
	if _, err := c.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if taken := emulator.Accepted(); len(taken) != 1 || taken[0].Text != "" || string(taken[0].File.Data) != "picture" {
		t.Errorf("taken %+v", taken)
	}
	if rules := channel.FilesOf(c); rules.Refusal != "" || len(rules.Rules) == 0 {
		t.Errorf("with a public address: %+v", rules)
	}
	inside := twilio.Open(channel.Config{Settings: emulator.Settings(), WebhookURL: "http://127.0.0.1:8080/hooks/1"})
	if rules := inside.Files(); rules.Refusal == "" {
		t.Error("without a public address files are taken")
	}
	without := m
	without.File = &crm.OutboundFile{Media: file.Media, As: crm.ImageMessage}
	if _, err := inside.Send(t.Context(), without); sendError(t, err, emulator.AuthToken).Outcome != channel.Refused {
		t.Errorf("without a public address: %v", err)
	}
	silent := channeltest.NewVonage()
	v := providers[2].open(t, silent, silent.Settings())
	if _, err := v.Send(t.Context(), m); sendError(t, err, silent.Settings()["api_secret"]).Outcome != channel.Refused || silent.Requests() != 0 {
		t.Errorf("over Vonage: %v, %d requests", err, silent.Requests())
	}
	if rules := channel.FilesOf(vonage.Open(channel.Config{})); rules.Refusal == "" {
		t.Error("Vonage takes files")
	}
}
