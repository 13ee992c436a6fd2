package simulator_test

import (
	"testing"
	"time"

	"parley/internal/channel"
	"parley/internal/channel/simulator"
	"parley/internal/crm"
)

var (
	_ channel.Channel   = (*simulator.Channel)(nil)
	_ channel.Rehearser = (*simulator.Channel)(nil)
)

var at = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, settings map[string]string) *simulator.Channel {
	t.Helper()
	opened, err := simulator.Kind.Open(channel.Config{Settings: settings, WebhookURL: "http://127.0.0.1:8080/hooks/1"})
	if err != nil {
		t.Fatal(err)
	}
	return opened.(*simulator.Channel)
}

// families are the settings by what they play.
var families = map[crm.Family]map[string]string{
	crm.WhatsApp: {"secret": "made up"},
	crm.SMS:      {"family": "sms", "secret": "made up", "number": "+447700900999"},
}

func TestIncoming(t *testing.T) {
	for family, settings := range families {
		c := open(t, settings)
		if c.Family() != family {
			t.Errorf("plays %s, want %s", c.Family(), family)
		}
		call, err := c.Incoming(crm.Sender{Phone: "+447700900123", ProfileName: "Ada"}, "Hello é 👋", "sim-in-1", at)
		if err != nil {
			t.Fatal(err)
		}
		if call.URL != "http://127.0.0.1:8080/hooks/1" || call.Method != "POST" {
			t.Errorf("%s: %s %s", family, call.Method, call.URL)
		}
		if err := c.Verify(call); err != nil {
			t.Errorf("%s: %v", family, err)
		}
		if err := open(t, map[string]string{"family": string(family), "secret": "other"}).Verify(call); err != channel.ErrSignature {
			t.Errorf("%s: another secret: %v", family, err)
		}
		if err := open(t, map[string]string{"family": string(family)}).Verify(call); err != channel.ErrSignature {
			t.Errorf("%s: no secret: %v", family, err)
		}
		items, err := c.Parse(call)
		if err != nil || len(items) != 1 || items[0].Message == nil || items[0].Message.Text != "Hello é 👋" ||
			items[0].ExternalID != "sim-in-1" || items[0].Sender.Address != "+447700900123" {
			t.Errorf("%s: %v, %+v", family, err, items)
		}
	}
}

// TestIncomingByUserID has a sender without a number, which only WhatsApp knows (I5).
func TestIncomingByUserID(t *testing.T) {
	ada := crm.Sender{UserID: "GB.1", Username: "ada"}
	call, err := open(t, families[crm.WhatsApp]).Incoming(ada, "hi", "1", at)
	if err != nil {
		t.Fatal(err)
	}
	items, err := open(t, families[crm.WhatsApp]).Parse(call)
	if err != nil || len(items) != 1 || items[0].Sender.Address != "GB.1" || items[0].Sender.Username != "ada" || !items[0].At.Equal(at) {
		t.Errorf("%v, %+v", err, items)
	}
	if _, err := open(t, families[crm.SMS]).Incoming(ada, "hi", "1", at); crm.KindOf(err) != crm.Invalid {
		t.Errorf("sms by a user id: %v", err)
	}
	if _, err := open(t, families[crm.WhatsApp]).Incoming(crm.Sender{}, "hi", "1", at); crm.KindOf(err) != crm.Invalid {
		t.Errorf("nobody: %v", err)
	}
}

func TestStatus(t *testing.T) {
	for family, settings := range families {
		c := open(t, settings)
		id, err := c.Send(t.Context(), crm.Outbound{ID: "m-1", Address: "+447700900123", Text: "hi"})
		if id != "sim-m-1" || err != nil {
			t.Errorf("%s: sent as %q, %v", family, id, err)
		}
		for _, status := range []crm.MessageStatusValue{crm.Sent, crm.Delivered, crm.Read, crm.Failed} {
			call, err := c.Status(id, status, "+447700900123", at)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Verify(call); err != nil {
				t.Errorf("%s, %s: %v", family, status, err)
			}
			items, err := c.Parse(call)
			if err != nil || len(items) != 1 || items[0].Status == nil || items[0].Status.Status != status || items[0].Status.ExternalID != id {
				t.Errorf("%s, %s: %v, %+v", family, status, err, items)
			}
		}
		if _, err := c.Status(id, crm.Queued, "+447700900123", at); crm.KindOf(err) != crm.Invalid {
			t.Errorf("%s: a state no provider reports: %v", family, err)
		}
	}
}

func TestCheck(t *testing.T) {
	if note, err := open(t, nil).Check(t.Context()); note == "" || err != nil {
		t.Errorf("%q, %v", note, err)
	}
	if _, err := simulator.Kind.Open(channel.Config{Settings: map[string]string{"family": "fax"}}); crm.KindOf(err) != crm.Invalid {
		t.Errorf("a family that is none: %v", err)
	}
}
