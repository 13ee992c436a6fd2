package api_test

import (
	"net/http"
	"strings"
	"testing"

	"parley/internal/channel"
	"parley/internal/channel/twilio"
	"parley/internal/channel/whatsapp"
	"parley/internal/crm"
)

// TestWebhookBadInput: what is not the provider's own leaves no trace.
func TestWebhookBadInput(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.channel()
		address := publicURL + "/hooks/" + id
		body := whatsapp.Notification(whatsapp.Value{PhoneNumberID: "1001", Messages: []any{
			whatsapp.TextMessage(crm.Sender{Phone: "+447400999001"}, "MARKER", "wamid.1", h.clock.now())}})
		good := whatsapp.Signed("app-secret", address, body)
		before := h.rows()
		altered := func(change func(c *channel.Call)) channel.Call {
			c := channel.Call{Method: good.Method, URL: good.URL, Header: good.Header.Clone(), Body: good.Body}
			change(&c)
			return c
		}
		signature := good.Header.Get("X-Hub-Signature-256")
		for name, c := range map[string]struct {
			call   channel.Call
			status int
		}{
			"wrong":         {altered(func(c *channel.Call) { c.Header.Set("X-Hub-Signature-256", "sha256="+strings.Repeat("0", 64)) }), 401},
			"missing":       {altered(func(c *channel.Call) { c.Header.Del("X-Hub-Signature-256") }), 401},
			"not hex":       {altered(func(c *channel.Call) { c.Header.Set("X-Hub-Signature-256", "sha256=zz") }), 401},
			"foreign":       {whatsapp.Signed("another secret", address, body), 401},
			"re-serialised": {altered(func(c *channel.Call) { c.Body = append([]byte(" "), body...) }), 401},
			"empty secret":  {whatsapp.Signed("", address, body), 401},
			"unknown":       {altered(func(c *channel.Call) { c.URL = publicURL + "/hooks/" + strings.Repeat("0", 26) }), 404},
			"malformed id":  {altered(func(c *channel.Call) { c.URL = publicURL + "/hooks/x" }), 404},
			"too large":     {whatsapp.Signed("app-secret", address, []byte(`{"a":"`+strings.Repeat("x", 3<<20)+`"}`)), 413},
			"not JSON":      {whatsapp.Signed("app-secret", address, []byte("hello")), 400},
			"empty":         {whatsapp.Signed("app-secret", address, nil), 400},
			"deep":          {whatsapp.Signed("app-secret", address, []byte(strings.Repeat("[", 200_000))), 400},
			"deep object":   {whatsapp.Signed("app-secret", address, []byte(strings.Repeat(`{"entry":`, 20_000)+"1"+strings.Repeat("}", 20_000))), 400},
		} {
			got := h.call(c.call)
			if got.status != c.status {
				t.Errorf("%s: %d, want %d: %s", name, got.status, c.status, got.body)
			}
			if strings.Contains(got.body, "MARKER") || c.status == 401 && got.body != "" {
				t.Errorf("%s: the answer says %s", name, got.body)
			}
		}
		h.unchanged(t, before, "refused webhooks")
		for name, text := range map[string]string{
			"nulls":    `{"object":"whatsapp_business_account","entry":[null,{"changes":null},{"changes":[{"field":"messages","value":null}]}]}`,
			"not UTF8": `{"object":"whatsapp_business_account","entry":[{"id":"` + "\xff\xfe" + `"}]}`,
			"null":     "null",
			"list":     "[]",
		} {
			if got := h.call(whatsapp.Signed("app-secret", address, []byte(text))); got.status >= 500 {
				t.Errorf("%s: %d %s", name, got.status, got.body)
			}
		}
		log := h.log.String()
		if strings.Contains(log, "MARKER") || strings.Contains(log, strings.TrimPrefix(signature, "sha256=")) || strings.Contains(log, "app-secret") {
			t.Errorf("the log holds what could be replayed:\n%s", log)
		}
		h.call(good).want(200)
		after := h.rows()
		h.call(good).want(200)
		h.unchanged(t, after, "a replay")
	})
}

func TestTwilioWebhook(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		made := h.as(h.admin).post("/channels", J{"kind": "twilio_sms", "settings": J{"account_sid": "AC1", "auth_token": "twilio-secret", "from": "+447400000099"}}).want(201)
		form := twilio.MessageForm("AC1", "SM1", "+447400999003", "+447400000099", "hello by sms")
		// The query belongs to what is signed, exactly as it was called.
		answered := h.call(twilio.Signed("twilio-secret", made.str("webhook_url")+"?a=%2F&b", form)).want(200)
		if kind := answered.header.Get("Content-Type"); !strings.Contains(kind, "xml") {
			t.Errorf("answered %s %q", kind, answered.body)
		}
		h.call(twilio.Signed("twilio-secret", made.str("webhook_url")+"?a=/&b", form)).want(200)
		wrong := twilio.Signed("twilio-secret", made.str("webhook_url")+"?a=1", form)
		wrong.URL = made.str("webhook_url") + "?a=2"
		h.call(wrong).want(401)
		h.as(h.admin).get("/conversations").want(200).is("hello by sms", "items", 0, "last_text").is("", "items", 0, "window_closes_at")
	})
}

func TestChallenge(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		hook := "//hooks/" + h.channel()
		nobody := h.as(actor{})
		got := nobody.get(hook + "?hub.mode=subscribe&hub.verify_token=verify-me&hub.challenge=42").want(200)
		if got.body != "42" {
			t.Errorf("answered %q", got.body)
		}
		nobody.get(hook + "?hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=42").want(401)
		nobody.get("//hooks/nope").want(404)
		sms := h.as(h.admin).post("/channels", J{"kind": "twilio_sms", "settings": J{"account_sid": "AC1", "auth_token": "t", "from": "+447400000099"}}).want(201)
		nobody.get("//hooks/"+sms.str("id")).refused(405, "method_not_allowed")
		h.as(h.admin).patch("/channels/"+sms.str("id"), J{"active": false}).want(200)
		h.call(twilio.Signed("t", sms.str("webhook_url"), twilio.MessageForm("AC1", "SM1", "+447400999003", "+447400000099", "x"))).want(404)
	})
}

// TestWebhookWhileTheDatabaseIsAway: 503, and the retry succeeds.
func TestWebhookWhileTheDatabaseIsAway(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.channel()
		call := whatsapp.Signed("app-secret", publicURL+"/hooks/"+id, whatsapp.Notification(whatsapp.Value{PhoneNumberID: "1001", Messages: []any{
			whatsapp.TextMessage(crm.Sender{Phone: "+447400999001"}, "MARKER", "wamid.1", h.clock.now())}}))
		rename := func(from, to string) { h.exec("alter table " + from + " rename to " + to) }
		rename("message", "message_away")
		rename("unfiled", "unfiled_away")
		got := h.call(call).want(http.StatusServiceUnavailable)
		if got.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		if strings.Contains(h.log.String(), "MARKER") {
			t.Error("the log holds the message")
		}
		rename("message_away", "message")
		rename("unfiled_away", "unfiled")
		h.call(call).want(200)
		h.as(h.admin).get("/conversations").want(200).is("MARKER", "items", 0, "last_text")
	})
}
