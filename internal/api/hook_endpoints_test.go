package api_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"parley/internal/crm"
)

// The endpoint is told of a message with the records it is about; the secret is shown once;
// deliveries are listed and sent again.
func TestWebhookEndpoints(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.as(h.admin)
		made := admin.post("/webhook-endpoints", J{"url": "https://hooks.example/in", "events": []string{"message"}}).want(201).is(true, "active").is([]any{"message"}, "events")
		secret, path := made.str("secret"), "/webhook-endpoints/"+made.str("id")
		if !strings.HasPrefix(secret, "whsec_") {
			t.Errorf("secret %q", secret)
		}
		if got := admin.get(path).want(200); strings.Contains(got.body, "whsec_") {
			t.Errorf("the secret is shown again: %s", got.body)
		}
		admin.post("/webhook-endpoints", J{"url": "http://10.0.0.1", "events": []string{"nope"}}).refused(422, "invalid").field("url", "not_https").field("events[0]", "unknown_event")
		h.as(h.agent("tom@acme.example")).get("/webhook-endpoints").refused(403, "forbidden")

		v := h.hears(h.channel(), "+447400999001", "hello")
		work := func() {
			t.Helper()
			if err := h.hooks.Follow(t.Context()); err != nil {
				t.Fatal(err)
			}
			id, _ := crm.ParseID(made.str("id"))
			if _, err := h.hooks.Deliver(t.Context(), h.admin.business, id, h.clock.now().Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
		}
		work()
		if len(h.told) != 1 {
			t.Fatalf("told %d times", len(h.told))
		}
		var body J
		if err := json.Unmarshal(h.told[0].Body, &body); err != nil {
			t.Fatal(err)
		}
		data := body["data"].(J)
		if body["type"] != "message.received" || data["message"].(J)["text"] != "hello" || data["contact"].(J)["id"] != v.str("contact_id") || data["conversation"].(J)["id"] != v.str("id") {
			t.Errorf("told %s", h.told[0].Body)
		}
		list := admin.get(path+"/deliveries").want(200).is("delivered", "items", 0, "status").is("message.received", "items", 0, "event_type").is(200, "items", 0, "answer")
		admin.post(path+"/replay", J{"delivery_id": list.str("items", 0, "id")}).want(200).is(1, "deliveries")
		work()
		if len(h.told) != 2 || h.told[1].Headers["webhook-id"] != h.told[0].Headers["webhook-id"] {
			t.Errorf("replayed: told %d times", len(h.told))
		}
		admin.post(path+"/replay", J{}).refused(422, "invalid").field("delivery_id", "required")
		admin.post(path+"/replay", J{"since": "yesterday"}).refused(422, "invalid").field("since", "bad_time")
		admin.post(path+"/replay", J{"delivery_id": "nope"}).refused(422, "invalid").field("delivery_id", "unknown_delivery")
		admin.post(path+"/replay", J{"since": "2020-01-01T00:00:00Z"}).want(200).is(0, "deliveries")
		admin.post(path+"/test", nil).want(200).is(true, "ok")
		if rotated := admin.post(path+"/rotate", nil).want(200).str("secret"); rotated == secret || !strings.HasPrefix(rotated, "whsec_") {
			t.Errorf("rotated to %q", rotated)
		}
		admin.patch(path, J{"active": false}).want(200).is(false, "active")
		admin.delete(path).want(204)
		admin.get(path).refused(404, "not_found")
	})
}
