package api_test

import "testing"

func TestAutoReplies(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.as(h.admin)
		admin.get("/auto-replies").want(200).is(false, "new_contact", "on").is(J{}, "hours")
		admin.patch("/auto-replies", J{"new_contact": J{"on": true, "text": "Hello {{first_name|there}}"}}).want(200).is(true, "new_contact", "on")
		admin.patch("/auto-replies", J{"away": J{"on": true, "text": "Closed"}}).refused(422, "invalid").field("hours", "required")
		admin.patch("/auto-replies", J{"hours": J{"monday": []J{{"from": "09:00", "to": "08:00"}}}, "away": J{"on": false, "text": "{{x}}"}}).refused(422, "invalid").
			field("hours.monday", "bad_order").field("away.text", "unknown_merge_field")
		admin.get("/auto-replies").want(200).is("Hello {{first_name|there}}", "new_contact", "text").is("", "away", "text")
		h.as(h.agent("tom@acme.example")).get("/auto-replies").refused(403, "forbidden")
		v := h.hears(h.channel(), "+447400999001", "hello")
		list := admin.get("/conversations/"+v.str("id")+"/messages?count=true").want(200).is(2, "count")
		if list.str("items", 0, "text") != "Hello there" || list.str("items", 0, "direction") != "out" {
			t.Errorf("answered %s", list.body)
		}
	})
}
