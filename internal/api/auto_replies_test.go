package api_test

import (
	"fmt"
	"sync"
	"testing"
)

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

// TestPartsChangedAtTheSameInstant: of admins who change different parts of one thing at the
// same instant, none takes back what another did.
func TestPartsChangedAtTheSameInstant(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.as(h.admin)
		hook := "/webhook-endpoints/" + admin.post("/webhook-endpoints", J{"url": "https://hooks.example/in"}).want(201).str("id")
		for n := range 12 {
			text, odd := fmt.Sprint("round ", n), n%2 == 1
			address, event := fmt.Sprint("https://hooks.example/", n), []string{"message", "contact"}[n%2]
			changes := []struct {
				path string
				body J
			}{
				{"/auto-replies", J{"new_contact": J{"on": odd, "text": text}}},
				{"/auto-replies", J{"known_contact": J{"on": odd, "text": text}}},
				{"/auto-replies", J{"hours": J{"monday": []J{{"from": "09:00", "to": fmt.Sprintf("%02d:30", n+10)}}}}},
				{hook, J{"url": address}}, {hook, J{"events": []string{event}}}, {hook, J{"active": odd}},
			}
			answers := make([]answer, len(changes))
			var wait sync.WaitGroup
			for i, c := range changes {
				wait.Go(func() { answers[i] = h.as(h.admin).patch(c.path, c.body) })
			}
			wait.Wait()
			for _, a := range answers {
				a.want(200)
			}
			admin.get("/auto-replies").want(200).is(text, "new_contact", "text").is(odd, "new_contact", "on").is(text, "known_contact", "text").
				is(fmt.Sprintf("%02d:30", n+10), "hours", "monday", 0, "to")
			admin.get(hook).want(200).is(address, "url").is([]any{event}, "events").is(odd, "active")
		}
	})
}
