package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/internal/crm"
)

// lane sends what waits in broadcasts over a channel, as the jobs would.
func (h *house) lane(ch string) {
	h.t.Helper()
	for again := time.Millisecond; again > 0 && again < time.Second; {
		var err error
		if again, err = h.broadcasts.WorkLane(h.t.Context(), h.admin.business, crm.ID(ch)); err != nil {
			h.t.Fatal(err)
		}
	}
}

// B1–B4 as the contract writes them, from the draft to what became of each.
func TestBroadcasts(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.as(h.admin)
		ch := admin.post("/channels", J{"kind": "simulator", "name": "SMS", "settings": J{"family": "sms"}}).want(201).str("id")
		gold := admin.post("/tags", J{"name": "Gold"}).want(201).str("id")
		admin.post("/tags", J{"name": "Blue"}).want(201)
		var ids []string
		for i := range 5 {
			tags := []string{"Gold"}
			if i == 4 {
				tags = []string{"Gold", "Blue"}
			}
			ids = append(ids, h.contact(fmt.Sprintf("N%d", i), fmt.Sprintf("+44740099%04d", i), J{"tags": tags}))
		}
		admin.post("/contacts/"+ids[0]+"/archive", nil).want(200)
		admin.with("If-Match", `"1"`).patch("/contacts/"+ids[1], J{"opt_outs": []string{"sms"}}).want(200)

		draft := J{"name": "Spring", "channel_id": ch, "audience": J{"any_tags": []string{"gold"}, "not_tags": []string{"Blue"}}, "text": "Hello {{first_name|there}}"}
		made := admin.post("/broadcasts", draft).want(201).is("draft", "status").is([]string{"Gold"}, "audience", "any_tags").is("", "start_at").is(0, "total")
		at := "/broadcasts/" + made.str("id")
		admin.get(at+"/preflight").want(200).is(2, "will_send").is("archived", "skipped", 0, "reason").is(1, "skipped", 0, "count").is("opted_out", "skipped", 1, "reason")
		admin.get(at+"/preflight/recipients?reason=archived").want(200).is(ids[0], "items", 0, "contact_id").is("skipped", "items", 0, "status").is("", "next")
		page := admin.get(at+"/preflight/recipients?limit=1").want(200).is(ids[2], "items", 0, "contact_id")
		admin.get(at+"/preflight/recipients?limit=1&after="+page.str("next")).want(200).is(ids[3], "items", 0, "contact_id").is("", "next")
		admin.get(at+"/preview").want(200).is("Hello N2", "items", 0, "text").is(1, "items", 0, "parts").is("GSM-7", "items", 0, "alphabet")
		admin.patch(at, J{"text": "Hi {{first_name}}"}).want(200).is("Hi {{first_name}}", "text")
		admin.post(at+"/test", J{"to": "07400 990099"}).want(200).is("Hi N2", "text").is("+447400990099", "address")

		for range 2 {
			admin.post(at+"/start", nil).want(200).is("running", "status").is(4, "total").is(2, "counts", "queued").is(2, "counts", "skipped")
		}
		admin.post(at+"/pause", nil).want(200).is("paused", "status")
		admin.patch(at, J{"text": "x"}).refused(409, "began")
		h.lane(ch)
		admin.get(at).want(200).is(2, "counts", "queued")
		admin.post(at+"/resume", nil).want(200).is("running", "status")
		h.lane(ch)
		admin.get(at).want(200).is("done", "status").is(2, "counts", "sent").is(2, "counts", "skipped").is("", "problem")
		sent := admin.get(at+"/recipients?status=sent&count=true").want(200).is(2, "count").is(ids[2], "items", 0, "contact_id").is("+447400990002", "items", 0, "address").
			is("", "items", 0, "reason").is("Hi N2", "items", 0, "text")
		skipped := admin.get(at+"/recipients?status=skipped").want(200).is(ids[0], "items", 0, "contact_id").is("archived", "items", 0, "reason")
		if skipped.str("items", 0, "detail") == "" {
			t.Error("no reason is said")
		}
		file := admin.get(at + "/recipients.csv").want(200)
		if n := strings.Count(file.body, "\r\n"); n != 5 || !strings.Contains(file.body, "'+447400990002") {
			t.Errorf("the file has %d lines: %s", n, file.body)
		}
		admin.post(at+"/tag", J{"tag": "Blue", "status": "sent"}).want(202).is(2, "total")
		admin.post(at+"/tag", J{"tag": "Blue", "status": "read"}).refused(422, "invalid")
		admin.post(at+"/retry", nil).want(200).is(0, "count")
		admin.post(at+"/recipients/"+sent.str("items", 0, "id")+"/decide", J{"outcome": "sent"}).refused(409, "known")
		admin.post(at+"/start", nil).refused(409, "ended")
		admin.post(at+"/cancel", nil).refused(409, "ended")
		admin.delete(at).refused(409, "began")
		admin.get("/broadcasts?limit=1&count=true").want(200).is(1, "count").is(made.str("id"), "items", 0, "id").is("", "next")
		agent := h.as(h.agent("tom@acme.example"))
		agent.get("/broadcasts").refused(403, "forbidden")
		h.as(h.business("Other")).get(at).refused(404, "not_found")

		// At a time in the business's zone.
		later := h.clock.now().Add(48*time.Hour).Format("2006-01-02") + "T09:30"
		draft["start_at"], draft["audience"] = later, J{"filter": J{"tag": []string{"Gold"}}}
		plan := admin.post("/broadcasts", draft).want(201).is("scheduled", "status").is(J{"tag": []any{gold}}, "audience", "filter")
		at = "/broadcasts/" + plan.str("id")
		admin.post(at+"/start", nil).want(200).is("scheduled", "status")
		admin.patch(at, J{"start_at": ""}).want(200).is("draft", "status")
		admin.patch(at, J{"start_at": later}).want(200).is("scheduled", "status")
		admin.post(at+"/start", J{"now": true}).want(200).is("running", "status")
		admin.post(at+"/cancel", nil).want(200).is("cancelled", "status").is(0, "counts", "queued")
		h.lane(ch)
		admin.get(at+"/recipients?status=sent").want(200).is([]any{}, "items")
	})
}

// What is wrong is named at its field, before anything is sent.
func TestBroadcastsRefused(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.as(h.admin)
		ch := admin.post("/channels", J{"kind": "simulator", "name": "SMS", "settings": J{"family": "sms"}}).want(201).str("id")
		admin.post("/tags", J{"name": "Gold"}).want(201)
		h.contact("N", "+447400990000", J{"tags": []string{"Gold"}})
		audience := J{"any_tags": []string{"Gold"}}
		for field, body := range map[string]J{
			"text":                 {"text": "Hello {{frist_name}}"},
			"start_at":             {"channel_id": ch, "audience": audience, "text": "x", "start_at": "2020-01-01T10:00:00Z"},
			"audience":             {"audience": J{}},
			"audience.any_tags":    {"audience": J{"any_tags": []string{"Nope"}}},
			"audience.filter.tag":  {"audience": J{"filter": J{"tag": "Nope"}}},
			"audience.view_id":     {"audience": J{"view_id": strings.Repeat("0", 26)}},
			"audience.contact_ids": {"audience": J{"contact_ids": []string{"nonsense"}}},
			"channel_id":           {"channel_id": "nonsense"},
			"quiet_hours.to":       {"quiet_hours": J{"from": "21:00", "to": "late"}},
			"template":             {"channel_id": ch, "template": J{"name": "x", "language": "en"}},
		} {
			admin.post("/broadcasts", body).refused(422, "invalid").is(field, "errors", 0, "field")
		}
		admin.post("/broadcasts", J{"channel_id": ch, "text": strings.Repeat("x", 1601)}).refused(422, "invalid").is("text", "errors", 0, "field").is("too_long", "errors", 0, "code")
		// All that is wrong is said at once, and nothing that only follows from it.
		wrong := admin.post("/broadcasts", J{"channel_id": "nonsense", "audience": J{"any_tags": []string{"Nope"}}, "text": "Hello {{frist_name}}", "start_at": "2020-01-01T10:00:00Z"}).refused(422, "invalid")
		for n, field := range []string{"channel_id", "audience.any_tags", "start_at", "text"} {
			wrong.is(field, "errors", n, "field")
		}
		if list := wrong.at("errors").([]any); len(list) != 4 {
			t.Errorf("%d problems: %v", len(list), list)
		}
		admin.get("/broadcasts").want(200).is([]any{}, "items")
		at := "/broadcasts/" + admin.post("/broadcasts", J{"name": "Empty"}).want(201).str("id")
		admin.post(at+"/start", nil).refused(422, "invalid").is("channel_id", "errors", 0, "field").is("audience", "errors", 1, "field").is("text", "errors", 2, "field")
		admin.patch(at, J{"channel_id": ch, "text": "x", "audience": J{"filter": J{"q": "nobody at all"}}}).want(200)
		admin.post(at+"/start", nil).refused(422, "invalid").is("audience", "errors", 0, "field").is("nobody", "errors", 0, "code")
		admin.patch(at, J{"audience": J{"filter": J{}}}).want(200).is(J{"status": []any{"active"}}, "audience", "filter")
		admin.patch("/channels/"+ch, J{"active": false}).want(200)
		admin.post(at+"/start", nil).refused(422, "invalid").is("channel_id", "errors", 0, "field").is("channel_off", "errors", 0, "code")
		admin.delete(at).want(204)
		admin.get(at).refused(404, "not_found")
	})
}
