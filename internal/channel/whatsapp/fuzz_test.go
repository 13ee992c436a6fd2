package whatsapp_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"parley/internal/channel"
	"parley/internal/channel/channeltest"
	"parley/internal/channel/channeltest/captured"
	"parley/internal/channel/whatsapp"
	"parley/internal/crm"
)

var fuzzed = whatsapp.Open(channel.Config{Settings: channeltest.NewMeta().Settings()})

func FuzzParse(f *testing.F) { captured.FuzzParse(f, fuzzed, "testdata") }

func FuzzVerify(f *testing.F) {
	f.Add("sha256=4ab833056b09e5cb10bffa14733af57bcdf6f69a71981c3a76df10756ba2f97a", []byte("{}"))
	f.Add(whatsapp.Sign("meta-app-secret", []byte("{}")), []byte("{}"))
	f.Fuzz(func(t *testing.T, header string, body []byte) {
		call := channel.Call{Header: http.Header{"X-Hub-Signature-256": {header}}, Body: body}
		right := header == whatsapp.Sign("meta-app-secret", body)
		if err := fuzzed.Verify(call); (err == nil) != right {
			t.Errorf("header %q passes: %v", header, err)
		}
	})
}

// TestDeepNesting has a body that no reader should follow to its end.
func TestDeepNesting(t *testing.T) {
	nested := func(depth int) []byte {
		return fmt.Appendf(nil, `{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"106540352242922"},"messages":[{"id":"wamid.1","from":"447700900123","type":"text","text":{"body":"hi"},"new":%s%s}]}}]}]}`,
			strings.Repeat("[", depth), strings.Repeat("]", depth))
	}
	_, err := fuzzed.Parse(channel.Call{Body: nested(100_000)})
	if invalid, ok := err.(*crm.Error); !ok || invalid.Code != "body_depth" {
		t.Errorf("too deep: %v", err)
	}
	items, err := fuzzed.Parse(channel.Call{Body: nested(1000)})
	if err != nil || len(items) != 1 || items[0].Message == nil {
		t.Errorf("deep in a field that nobody reads: %v, %+v", err, items)
	}
	unclosed := bytes.TrimRight(nested(1000), "]}")
	if _, err := fuzzed.Parse(channel.Call{Body: unclosed}); crm.KindOf(err) != crm.Invalid {
		t.Errorf("unclosed: %v", err)
	}
}

func BenchmarkParse(b *testing.B) {
	var value whatsapp.Value
	value.PhoneNumberID = "106540352242922"
	ada := crm.Sender{Phone: "447700900123", ProfileName: "Ada Okafor"}
	value.Contacts = []any{whatsapp.Contact(ada)}
	for i := range 1000 {
		value.Messages = append(value.Messages, whatsapp.TextMessage(ada, "Does it come in another colour?", fmt.Sprintf("wamid.%d", i), time.Unix(1750091045, 0)))
	}
	call := channel.Call{Body: whatsapp.Notification(value)}
	for b.Loop() {
		if items, err := fuzzed.Parse(call); err != nil || len(items) != 1000 {
			b.Fatal(len(items), err)
		}
	}
	b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "messages/s")
}
