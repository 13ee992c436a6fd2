package api_test

import (
	"fmt"
	"strings"
	"testing"

	"parley/internal/db/dbtest"
)

// A search finds contacts, conversations and pages, and nothing that the asker may not
// see (V2, V5).
func TestSearch(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		x := hide(h)
		admin, seer, blind, stranger := h.as(h.admin), h.as(x.seer), h.as(x.blind), h.as(x.stranger)
		gone := h.contact("Gone", "+447400999020")
		admin.post("/contacts/"+gone+"/archive", nil).want(200)
		for _, c := range []*client{admin, seer} {
			c.get("/search?q="+marker).want(200).is(x.ids["conversations"], "conversations", 0, "id")
			c.get("/search?q=07400+999005").want(200).is(x.ids["contacts"], "contacts", 0, "id").is(x.ids["conversations"], "conversations", 0, "id")
		}
		for _, c := range []*client{blind, stranger} {
			for _, q := range []string{marker, "07400+999005", "999005", "gone"} {
				c.get("/search?q="+q).want(200).is([]any{}, "contacts").is([]any{}, "conversations")
			}
		}
		admin.get("/search?q=gone").want(200).is([]any{}, "contacts")
		admin.get("/search?q=tags").want(200).is("/settings/tags", "settings", 0, "path").is("Tags", "settings", 0, "title")
		blind.get("/search?q=tags").want(200).is([]any{}, "settings")
		blind.get("/search?q=sess").want(200).is("/account/sessions", "settings", 0, "path")
		blind.get("/search?q=+").refused(422, "invalid").field("q", "required")
		blind.get("/search").refused(422, "invalid").field("q", "required")
		h.as(actor{}).get("/search?q=x").want(401)
	})
}

// A list of a search that has more hits than are looked at says so.
func TestSearchIsCapped(t *testing.T) {
	h := build(t, dbtest.NewSQLite(t)) // that hits are cut alike on both engines is tested beside List
	admin := h.as(h.admin)
	for n := range 200 {
		h.contact("Zofia", fmt.Sprintf("+4474009%05d", n))
	}
	for _, query := range []string{"/contacts?q=zofia&count=true&limit=1", "/conversations?q=zofia&count=true"} {
		if body := admin.get(query).want(200).body; strings.Contains(string(body), "capped") {
			t.Errorf("%s is capped: %s", query, body)
		}
	}
	h.contact("Zofia", "+447400999999")
	admin.get("/contacts?q=zofia&count=true&limit=1").want(200).is(true, "search_capped").is(200, "count").is(true, "count_capped")
	admin.get("/contacts?q=zofia&limit=1").want(200).is(true, "search_capped").is(nil, "count_capped")
	admin.get("/conversations?q=zofia&count=true").want(200).is(true, "search_capped").is(0, "count").is(true, "count_capped")
	admin.get("/contacts?q=999999").want(200).is(nil, "search_capped")
}
