package api_test

import "testing"

// C11: a merge over the API, where the merged one went, and back.
func TestMerge(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin, agent := h.as(h.admin), h.as(h.agent("agent@acme.example"))
		from, into := h.contact("Pria", "+447400000001", J{"notes": "a", "business_name": "Shah & Co"}), h.contact("Priya", "+447400000002", J{"notes": "b"})
		merge := "/contacts/" + from + "/merge"
		agent.post(merge, J{"into": into}).refused(403, "forbidden")
		admin.post(merge, J{"into": from}).refused(422, "invalid").is("into", "errors", 0, "field").is("same_contact", "errors", 0, "code")
		admin.post(merge, J{"into": "nonsense"}).refused(422, "invalid").is("unknown_contact", "errors", 0, "code")
		admin.post(merge, J{"into": into, "fields": J{"nickname": "from"}}).refused(422, "invalid").is("fields.nickname", "errors", 0, "field")
		admin.with("If-Match", `"7"`).post(merge, J{"into": into}).refused(412, "stale_version")
		kept := admin.post(merge, J{"into": into, "fields": J{"first_name": "from", "phone": "from"}}).want(200)
		kept.is(into, "id").is("Pria", "first_name").is("+447400000001", "phone").is("b\n\na", "notes").is("Shah & Co", "business_name").is(2, "version")
		if len(kept.at("identities").([]any)) != 2 {
			t.Errorf("identities %v", kept.at("identities"))
		}
		agent.get("/contacts/"+from).refused(404, "not_found").is(into, "merged_into")
		agent.post("/merges/"+kept.str("merge_id")+"/undo", nil).refused(403, "forbidden")
		undone := admin.post("/merges/"+kept.str("merge_id")+"/undo", nil).want(200)
		undone.is("Priya", "contact", "first_name").is(into, "contact", "id").is(from, "restored", "id").is("a", "restored", "notes").
			is([]any{}, "stayed").is([]any{}, "freed")
		admin.post("/merges/"+kept.str("merge_id")+"/undo", J{}).refused(409, "already_undone")
		agent.get("/contacts/"+from).want(200).is("+447400000001", "phone")
		if h.as(h.business("Other")).get("/contacts/"+from).refused(404, "not_found").at("merged_into") != nil {
			t.Error("another business is told of a merge")
		}
	})
}
