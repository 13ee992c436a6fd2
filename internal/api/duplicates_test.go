package api_test

import (
	"slices"
	"testing"
)

// duplicates are those that the admin is told of once what changed was looked through: at
// least so many.
func (h *house) duplicates(least int) answer {
	for range 1000 {
		if err := h.book.FindDuplicates(h.t.Context()); err != nil {
			h.t.Fatal(err)
		}
		if list := h.as(h.admin).get("/duplicates?count=true").want(200); len(list.items()) >= least {
			return list
		}
	}
	h.t.Fatalf("fewer than %d duplicates", least)
	return answer{}
}

// C12: pairs with their reason, page by page, and "not the same person".
func TestDuplicates(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin, agent := h.as(h.admin), h.as(h.agent("agent@acme.example"))
		a := h.contact("Priya", "+447400000001", J{"business_name": "Shah & Co", "last_name": "Shah"})
		b := h.contact("Pria", "+447411110002", J{"business_name": "Shah and Co. Ltd", "last_name": "Shah"})
		h.contact("Omar", "+447400000003", J{"last_name": "Khan"})
		h.contact("Lucía", "+541123456789", J{"last_name": "García"})
		h.contact("Lucia", "+5491123456789", J{"last_name": "Garcia"})
		list := h.duplicates(2)
		list.is(2, "count").is("Numbers that differ only by a national variant", "items", 0, "reason").
			is("Similar name and the same business", "items", 1, "reason").is(78, "items", 1, "score")
		ids := list.at("items", 1, "contact_ids").([]any)
		if !slices.Contains(ids, any(a)) || !slices.Contains(ids, any(b)) || len(ids) != 2 {
			t.Errorf("%v", ids)
		}
		first := admin.get("/duplicates?limit=1").want(200)
		admin.get("/duplicates?limit=1&after="+first.str("next")).want(200).is(list.str("items", 1, "id"), "items", 0, "id").is("", "next")
		admin.get("/duplicates?after=nonsense").refused(422, "bad_cursor")
		agent.post("/duplicates/"+list.str("items", 1, "id")+"/dismiss", nil).want(204)
		admin.get("/duplicates?count=true").want(200).is(1, "count")
		admin.get("/contacts/" + a + "/history").want(200)
	})
}
