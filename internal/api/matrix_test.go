package api_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"parley/internal/api"
)

// marker is in everything about the hidden person, and in no answer to somebody who may
// not see it.
const marker = "MARKER"

// hidden is a business with one of everything, a person in it whom only some may see,
// and everyone who may ask.
type hidden struct {
	ids                   map[string]string // by the first part of the path
	seer, blind, stranger actor
}

func hide(h *house) hidden {
	x := hidden{ids: map[string]string{}, seer: h.agent("seer@acme.example"), blind: h.agent("blind@acme.example"), stranger: h.business("Other")}
	admin := h.as(h.admin)
	chosen := J{"mode": "chosen", "user_ids": []string{h.admin.id, x.seer.id}}
	x.ids["contacts"] = h.contact(marker, "+447400999005", J{"visibility": chosen, "notes": marker})
	x.ids["channels"] = h.channel()
	m := h.photo(x.ids["channels"], "+447400999005")
	x.ids["conversations"], x.ids["messages"], x.ids["media"] = m.str("conversation_id"), m.str("id"), m.str("media", 0, "id")
	x.ids["tags"] = admin.post("/tags", J{"name": "Gold"}).want(201).str("id")
	x.ids["custom-fields"] = admin.post("/custom-fields", J{"label": "Size", "kind": "number"}).want(201).str("id")
	x.ids["views"] = admin.post("/views", J{"name": "All", "shared": true}).want(201).str("id")
	x.ids["users"] = admin.post("/users", J{"name": "Tom", "email": "tom@acme.example", "phone": "+447400999006"}).want(201).str("id")
	twin := h.contact(marker, "+447400999007", J{"visibility": chosen})
	x.ids["merges"] = admin.post("/contacts/"+twin+"/merge", J{"into": x.ids["contacts"]}).want(200).str("merge_id")
	h.contact(marker, "+447400999015", J{"visibility": chosen, "business_name": marker})
	h.contact(marker, "+447400999008", J{"visibility": chosen, "business_name": marker})
	x.ids["duplicates"] = h.duplicates(1).str("items", 0, "id")
	h.hears2(x.ids["channels"], "+447400999006", marker)
	x.ids["invoices"] = admin.post("/invoices", J{"contact_id": x.ids["contacts"], "number": marker, "currency": "GBP", "total": 120}).want(201).str("id")
	x.ids["imports"] = h.as(x.seer).upload(marker+".csv", "First name,Last name,Phone\n"+marker+",Shah,+447400999016\n").want(201).str("id")
	x.ids["bulk"] = admin.post("/contacts/bulk", J{"ids": []string{x.ids["contacts"]}, "action": "add_tags", "tags": []string{"Gold"}}).want(202).str("id")
	played := admin.post("/channels", J{"kind": "simulator", "name": "Played"}).want(201).str("id")
	x.ids["templates"] = admin.post("/templates", J{"channel_id": played, "name": "visit", "language": "en", "category": "utility", "body": "We come at nine."}).want(201).str("id")
	x.ids["broadcasts"] = admin.post("/broadcasts", J{"name": "Spring", "channel_id": x.ids["channels"], "audience": J{"any_tags": []string{"Gold"}}, "text": "Hello"}).want(201).str("id")
	x.ids["connections"] = admin.post("/connections", J{"provider": "xero"}).want(201).str("id")
	x.ids["saved-replies"] = admin.post("/saved-replies", J{"name": "Hours", "text": "Nine to five."}).want(201).str("id")
	x.ids["webhook-endpoints"] = admin.post("/webhook-endpoints", J{"url": "https://hooks.example/in"}).want(201).str("id")
	x.ids["unfiled"] = admin.get("/unfiled").want(200).str("items", 0, "id")
	return x
}

// path fills in the id of a pattern.
func (x hidden) path(pattern, id string) string {
	rest, ours := strings.CutPrefix(pattern, api.Prefix)
	if !ours {
		rest = "/" + pattern
	}
	if id == "" {
		id = x.ids[strings.Split(strings.TrimPrefix(rest, "/"), "/")[0]]
	}
	return strings.NewReplacer("{id}", id, "{recipient}", strings.Repeat("0", 26), "{item}", strings.Repeat("0", 26), "{channel_id}", x.ids["channels"]).Replace(rest)
}

// isHidden reports whether a route is about something that V2 hides.
func isHidden(pattern string) bool {
	for _, part := range []string{"/contacts/{", "/conversations/{", "/messages/{", "/media/{", "/duplicates/{", "/invoices/{", "/imports/{", "/bulk/{"} {
		if strings.Contains(pattern, part) {
			return true
		}
	}
	return false
}

// TestMatrix calls every route as everyone with a body that is wrong: who is denied hears
// that and nothing else, and nothing has changed.
func TestMatrix(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		close(h.stop) // streams end at once
		x := hide(h)
		document := h.as(actor{}).get("/openapi.json").want(200)
		before := h.rows()
		denied := func(r api.Route, name string, c *client, status int) {
			t.Helper()
			ask := func(id string) answer {
				if r.Method == "GET" || r.Method == "DELETE" {
					return c.send(r.Method, x.path(r.Pattern, id)+"?nope=1", nil)
				}
				return c.send(r.Method, x.path(r.Pattern, id), []byte(`{"nope":null`))
			}
			got := ask("")
			if got.status != status || strings.Contains(got.body, marker) {
				t.Errorf("%s %s as %s: %d, want %d: %s", r.Method, r.Pattern, name, got.status, status, got.body)
			}
			declared(t, document, r, got)
			if status == 404 {
				// The same answer, to the byte, as for what never was.
				for _, id := range []string{strings.Repeat("0", 26), "nonsense"} {
					if never := ask(id); never.body != got.body || never.status != got.status || !same(never.header, got.header) {
						t.Errorf("%s %s as %s: %s for what is hidden, %s for %s", r.Method, r.Pattern, name, got.body, never.body, id)
					}
				}
			}
			h.unchanged(t, before, r.Method+" "+r.Pattern+" as "+name)
		}
		for _, r := range h.api.Routes() {
			switch r.Access {
			case api.Anyone:
				if r.Pattern != "/metrics" && !strings.HasPrefix(r.Pattern, "/files/") { // anyone's on the same machine: see TestOperations
					h.as(actor{}).send(r.Method, x.path(r.Pattern, ""), nil).want(200)
				}
				continue
			case api.Provider:
				denied(r, "nobody", h.as(actor{}), 401)
				denied(r, "an admin", h.as(h.admin), 401)
				continue
			}
			denied(r, "nobody", h.as(actor{}), 401)
			denied(r, "a wrong token", h.as(actor{token: "parley_wrong"}), 401)
			id := strings.Contains(r.Pattern, "{id}")
			if id {
				denied(r, "another business", h.as(x.stranger), 404)
			}
			switch {
			case r.Access == api.Admin || strings.HasPrefix(r.Pattern, api.Prefix+"/users/{"):
				denied(r, "an agent", h.as(x.blind), 403)
			case isHidden(r.Pattern):
				denied(r, "an agent who may not see it", h.as(x.blind), 404)
			}
			if r.Method == "GET" && !isHidden(r.Pattern) {
				for name, who := range map[string]actor{"another business": x.stranger, "an agent who may not see it": x.blind} {
					if got := h.as(who).send("GET", x.path(r.Pattern, ""), nil); strings.Contains(got.body, marker) || got.status >= 500 {
						t.Errorf("%s as %s: %s", r.Pattern, name, got.body)
					}
				}
				before = h.rows() // an export is written down
			}
		}
		allowed(t, h, x, document)
	})
}

// allowed calls every route as those who may: none of them is told 401, 403 or 404.
func allowed(t *testing.T, h *house, x hidden, document answer) {
	t.Helper()
	routes := slices.Clone(h.api.Routes())
	slices.SortStableFunc(routes, func(a, b api.Route) int {
		return strings.Compare(strconv.FormatBool(a.Method == "DELETE"), strconv.FormatBool(b.Method == "DELETE"))
	})
	for _, r := range routes {
		if r.Access == api.Anyone || r.Access == api.Provider {
			continue
		}
		callers := map[string]*client{"an admin": h.as(h.admin)}
		onlyTheirs := strings.HasPrefix(r.Pattern, api.Prefix+"/users/{") || strings.HasPrefix(r.Pattern, api.Prefix+"/bulk/{")
		if r.Access != api.Admin && r.Method != "DELETE" && !onlyTheirs { // deleted by the admin already
			callers["an agent who may see it"] = h.as(x.seer)
		}
		for name, c := range callers {
			var body []byte
			if r.Method != "GET" && r.Method != "DELETE" {
				body = []byte(`{"nope":1}`)
			}
			got := c.send(r.Method, x.path(r.Pattern, ""), body)
			if strings.Contains(r.Pattern, "{item}") || strings.Contains(r.Pattern, "{recipient}") {
				got.refused(404, "not_found") // there is none, which goes before a wrong body
				continue
			}
			if slices.Contains([]int{401, 403, 404, 405, 500}, got.status) || body != nil && got.status != wrongBody(r) {
				t.Errorf("%s %s as %s: %d %s", r.Method, r.Pattern, name, got.status, got.body)
			}
			declared(t, document, r, got)
		}
	}
}

// declared checks that a status is one that the document names.
func declared(t *testing.T, document answer, r api.Route, got answer) {
	t.Helper()
	path, ours := strings.CutPrefix(r.Pattern, api.Prefix)
	if ours && document.at("paths", path, strings.ToLower(r.Method), "responses", strconv.Itoa(got.status)) == nil {
		t.Errorf("%s %s answers %d, which the document does not name", r.Method, r.Pattern, got.status)
	}
}

// wrongBody is the answer to a body that a route cannot take.
func wrongBody(r api.Route) int {
	if r.Method == "POST" && (r.Pattern == api.Prefix+"/imports" || strings.HasSuffix(r.Pattern, "/media")) {
		return 415 // it takes a file
	}
	return 422
}
