package api_test

import (
	"strconv"
	"testing"

	"parley/internal/crm"
)

// T2: many at once over the API, its receipt and the way back.
func TestBulk(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		tom := h.agent("tom@acme.example")
		admin, agent := h.as(h.admin), h.as(tom)
		gold := admin.post("/tags", J{"name": "Gold"}).want(201).str("id")
		var ids []string
		for n := range 5 {
			ids = append(ids, h.contact("Priya", "+44740012345"+strconv.Itoa(n)))
		}
		hidden := h.contact("Hidden", "+447400123459", J{"visibility": J{"mode": "chosen", "user_ids": []string{h.admin.id}}})
		finish := func(job answer) {
			t.Helper()
			if err := h.book.FinishBulk(t.Context(), h.admin.business, crm.ID(job.str("id"))); err != nil {
				t.Fatal(err)
			}
		}
		job := agent.post("/contacts/bulk", J{"filter": J{"q": "priya"}, "action": "add_tags", "tags": []string{" gold "}}).want(202)
		job.is("running", "status").is(float64(5), "total").is(float64(0), "done").is(float64(5), "counts", "waiting").is(false, "can_undo")
		finish(job)
		one := "/bulk/" + job.str("id")
		agent.get(one).want(200).is("done", "status").is(float64(5), "done").is(float64(5), "counts", "done").is(true, "can_undo")
		admin.get(one).want(200).is(tom.id, "user_id").is(false, "can_undo").is(gold, "tags", 0)
		admin.post(one+"/undo", nil).refused(403, "forbidden")
		admin.post(one+"/cancel", nil).refused(403, "forbidden")
		other := h.as(h.agent("bea@acme.example"))
		other.get(one).want(404)
		other.get("/bulk?count=true").want(200).is(0, "count").is([]any{}, "items")
		admin.get("/bulk?count=true").want(200).is(1, "count").is(job.str("id"), "items", 0, "id")
		agent.get("/contacts?tag=Gold&count=true").want(200).is(float64(5), "count")
		page := agent.get(one+"/results?limit=2").want(200).is("done", "items", 1, "outcome").is("", "items", 0, "reason")
		agent.get(one+"/results?limit=200&after="+page.str("next")).want(200).is("", "next").is("done", "items", 2, "outcome")
		agent.get(one+"/results?outcome=not_done").want(200).is("", "next")
		agent.get(one + "/results?outcome=nonsense").want(422)
		agent.get(one + "/results?after=nonsense").want(422)
		undo := agent.post(one+"/undo", nil).want(202).is(job.str("id"), "undo_of").is(float64(5), "total")
		finish(undo)
		agent.get("/bulk/"+undo.str("id")).want(200).is(float64(5), "counts", "done").is(false, "can_undo")
		agent.get(one).want(200).is(undo.str("id"), "undone_by")
		agent.post(one+"/undo", nil).want(409).is("already_undone", "code")
		agent.post(one+"/cancel", nil).want(409).is("wrong_status", "code")
		agent.get("/contacts?tag=Gold&count=true").want(200).is(float64(0), "count")
		first := agent.get("/bulk?limit=1&count=true").want(200).is(undo.str("id"), "items", 0, "id").is(float64(2), "count")
		agent.get("/bulk?after="+first.str("next")).want(200).is(job.str("id"), "items", 0, "id").is("", "next")

		// What is not theirs to see, and what is not there, end alike and are not told apart.
		never := "0123456789abcdefghijklmnop"
		job = agent.post("/contacts/bulk", J{"ids": []string{hidden, never, ids[0]}, "action": "set_visibility", "visibility": J{"mode": "everyone", "user_ids": []string{}}}).want(202).is(float64(3), "total")
		finish(job)
		results := agent.get("/bulk/" + job.str("id") + "/results?outcome=not_done").want(200)
		results.is(never, "items", 0, "contact_id").is(hidden, "items", 1, "contact_id").is(results.str("items", 0, "reason"), "items", 1, "reason")
		agent.get("/contacts/" + hidden).want(404)

		// What is hidden from an admin counts in no act of another, and is not listed (V2).
		whisper := h.contact("Whisper", "+447400123460", J{"visibility": J{"mode": "chosen", "user_ids": []string{tom.id}}})
		job = agent.post("/contacts/bulk", J{"ids": []string{whisper, ids[1]}, "action": "add_tags", "tags": []string{"gold"}}).want(202)
		one = "/bulk/" + job.str("id")
		admin.get(one).want(200).is(float64(1), "total").is(float64(1), "counts", "waiting")
		finish(job)
		agent.get(one).want(200).is(float64(2), "total").is(float64(2), "counts", "done")
		admin.get(one).want(200).is(float64(1), "total").is(float64(1), "done").is(float64(1), "counts", "done").is(float64(0), "counts", "waiting")
		admin.get("/bulk").want(200).is(float64(1), "items", 0, "total")
		for _, query := range []string{"", "?outcome=done"} {
			if list := admin.get(one + "/results" + query).want(200).items(); len(list) != 1 || list[0].(map[string]any)["contact_id"] != ids[1] {
				t.Errorf("an admin reads of %v", list)
			}
		}
		if list := agent.get(one + "/results").want(200).items(); len(list) != 2 {
			t.Errorf("the agent reads of %v", list)
		}

		for _, action := range []string{"archive", "delete"} {
			agent.post("/contacts/bulk", J{"ids": ids, "action": action}).want(403)
		}
		job = admin.post("/contacts/bulk", J{"filter": J{"q": "priya"}, "action": "delete"}).want(202)
		finish(job)
		admin.get("/bulk/"+job.str("id")).want(200).is(float64(5), "counts", "done").is(false, "can_undo")
		admin.post("/bulk/"+job.str("id")+"/undo", nil).want(409).is("deleted", "code")
		admin.get("/contacts/" + ids[0]).want(404)

		for field, body := range map[string]J{
			"filter.tag":   {"filter": J{"tag": "Tin"}, "action": "restore"},
			"filter.nope":  {"filter": J{"nope": "x"}, "action": "restore"},
			"ids[0]":       {"ids": []string{"nonsense"}, "action": "restore"},
			"ids":          {"action": "restore"},
			"action":       {"ids": ids, "action": "export"},
			"tags":         {"ids": ids, "action": "add_tags", "tags": []string{"Tin"}},
			"assignee_id":  {"ids": ids, "action": "assign", "assignee_id": gold},
			"visibility":   {"ids": ids, "action": "set_visibility"},
			"unknown_name": {"ids": ids, "action": "restore", "unknown_name": 1},
		} {
			admin.post("/contacts/bulk", body).want(422).is(field, "errors", 0, "field")
		}
	})
}
