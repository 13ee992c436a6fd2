package api_test

import "testing"

// B5: opt-outs are set by hand as well, each with its entry in the history; a change that
// does not mention them leaves them alone.
func TestOptOutsByHand(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		agent := h.as(h.agent("tom@acme.example"))
		id := "/contacts/" + agent.post("/contacts", J{"first_name": "Priya", "last_name": "Shah", "phone": "07400 123456"}).want(201).str("id")
		agent.with("If-Match", `"1"`).patch(id, J{"opt_outs": []string{"whatsapp", "sms"}}).want(200).is([]string{"sms", "whatsapp"}, "opt_outs").is(2, "version")
		agent.with("If-Match", `"2"`).patch(id, J{"notes": "x"}).want(200).is([]string{"sms", "whatsapp"}, "opt_outs")
		agent.with("If-Match", `"3"`).patch(id, J{"opt_outs": []string{"fax"}}).refused(422, "invalid")
		agent.with("If-Match", `"1"`).patch(id, J{"opt_outs": []string{}}).refused(412, "stale_version")
		agent.get("/contacts?opt_out=sms&count=true").want(200).is(1, "count")
		agent.with("If-Match", `"3"`).patch(id, J{"opt_outs": []string{}}).want(200).is([]any{}, "opt_outs")
		agent.get(id+"/history").want(200).is("opt_outs", "items", 0, "field").is("", "items", 0, "new").is("opt_outs", "items", 1, "field").
			is("notes", "items", 2, "field").is("opt_outs", "items", 3, "field").is("", "items", 3, "old")
		agent.get("/contacts?opt_out=sms&count=true").want(200).is(0, "count")
	})
}
