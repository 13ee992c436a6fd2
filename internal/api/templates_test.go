package api_test

import "testing"

func TestTemplates(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.as(h.admin)
		channel := admin.post("/channels", J{"kind": "simulator", "name": "Played"}).want(201).str("id")
		draft := J{"channel_id": channel, "name": "visit", "language": "en_GB", "category": "utility", "header": "Your visit", "body": "Hi {{1}}, we come at {{2}}.", "footer": "Acme",
			"buttons": []J{{"kind": "quick_reply", "text": "Fine"}}, "examples": J{"1": "Ann", "2": "nine"}}
		made := admin.post("/templates", draft).want(201).is("approved", "status").is("unknown", "quality").is([]any{"1", "2"}, "variables").is("Your visit", "parts", "header", "text").is(true, "usable")
		admin.post("/templates", draft).refused(422, "invalid").field("name", "taken")
		draft["name"], draft["body"], draft["examples"] = "Visit", "{{1}}", J{}
		admin.post("/templates", draft).refused(422, "invalid").field("name", "bad_name").field("body", "variable_at_edge").field("examples.1", "required")
		draft["channel_id"] = "nope"
		admin.post("/templates", draft).refused(422, "invalid").field("channel_id", "no_templates")

		path := "/templates/" + made.str("id")
		admin.patch(path, J{"fills": J{"1": "{{first_name|there}}"}}).want(200).is("{{first_name|there}}", "fills", "1")
		admin.patch(path, J{"fills": J{"1": "{{nobody}}", "9": "x"}}).refused(422, "invalid").field("variables.1", "unknown_merge_field").field("variables.9", "unknown_variable")
		text := J{"body": "Dear {{1}}, we come.", "examples": J{"1": "Ann"}}
		admin.post(path+"/edit", text).want(200).is("approved", "status").is("Dear {{1}}, we come.", "parts", "body").is([]any{"1"}, "variables").is("{{first_name|there}}", "fills", "1").is("visit", "name")
		admin.post(path+"/edit", J{"body": "{{1}}"}).refused(422, "invalid").field("body", "variable_at_edge").field("examples.1", "required")
		admin.post("/templates/sync", nil).want(204)
		agent := h.as(h.agent("tom@acme.example"))
		agent.get("/templates?count=true&channel_id="+channel).want(200).is(4, "count")
		agent.get(path).want(200).is("visit", "name")
		agent.delete(path).refused(403, "forbidden")
		agent.post(path+"/edit", text).refused(403, "forbidden")
		admin.delete(path).want(204)
		admin.get(path).refused(404, "not_found")
	})
}
