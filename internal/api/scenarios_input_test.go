package api_test

import (
	"net/http"
	"strings"
	"testing"
)

// Text is text, whatever it looks like: it comes back as it was given, or is refused by
// its length.
func TestScenarioHostileText(t *testing.T) {
	scenario(t, func(t *testing.T, r *rosas) {
		id := "/contacts/" + r.A.post("/contacts", named("Ann", "Lee", "+447400777888", "")).want(201).str("id")
		r.M.post("/tags", J{"name": "t"}).want(201)
		for name, text := range map[string]string{
			"markup":     `<img src=x onerror=alert(1)>`,
			"template":   `{{.}} ${x} %s '"--`,
			"right left": "\u202eevil\u202c שלום\u200f",
			"emoji":      "👩‍👩‍👧‍👦 é 🏳️‍🌈",
			"long":       strings.Repeat("x", 10_000),
			"long emoji": strings.Repeat("💥", 10_000),
		} {
			for _, field := range []string{"first_name", "notes", "business_name"} {
				got := r.A.with("If-Match", r.A.get(id).header.Get("ETag")).patch(id, J{field: text})
				if got.status == http.StatusUnprocessableEntity {
					got.field(field, "too_long")
					continue
				}
				if got.want(200).str(field) != text || r.B.get(id).want(200).str(field) != text || strings.Contains(got.body, "<img") && got.header.Get("Content-Type") != "application/json" {
					t.Errorf("%s in %s came back as %.200s", name, field, got.body)
				}
			}
			tag := r.M.post("/tags", J{"name": text})
			if tag.status == http.StatusUnprocessableEntity {
				tag.field("name", "too_long")
			} else if tag.want(201).str("name") != text {
				t.Errorf("the tag %s came back as %s", name, tag.body)
			}
		}
	})
}

// Whatever is wrong with a call, the answer names it, is no fault of ours, and nothing has
// changed.
func TestScenarioBadInput(t *testing.T) {
	scenario(t, func(t *testing.T, r *rosas) {
		contact := r.A.post("/contacts", named("Ann", "Lee", "+447400777888", "")).want(201).str("id")
		r.writes("+447400777888", true)
		talk := r.open(contact).str("id")
		other := r.business("Other")
		theirs := r.as(other).post("/contacts", named("Bea", "Li", "+447400777888", "")).want(201).str("id")
		unknown := strings.Repeat("0", 26)
		long := strings.Repeat("x", 20_000)
		deep := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
		before := r.rows()
		for _, c := range []struct {
			method, path string
			body         any
			status       int
			field        string // that is named; "" where none is at fault
		}{
			{"POST", "/contacts", J{"first_name": long, "last_name": "L", "phone": "+447400777000"}, 422, "first_name"},
			{"POST", "/contacts", J{"first_name": "a\u0007", "last_name": "L", "phone": "+447400777000"}, 422, "first_name"},
			{"POST", "/contacts", `{"first_name":"\udc00","last_name":"L"}`, 400, ""},
			{"POST", "/contacts", "{\"first_name\":\"\xed\xa0\x80\"}", 400, ""},
			{"POST", "/contacts", J{"first_nam": "A"}, 422, "first_nam"},
			{"POST", "/contacts", J{"phone": "07400"}, 422, "phone"},
			{"POST", "/contacts", J{"email": "a@b@c"}, 422, "email"},
			{"POST", "/contacts", J{"contact_address": J{"country": "UK?"}}, 422, "contact_address.country"},
			{"POST", "/contacts", J{"first_name": "A", "last_name": "L", "phone": "+447400777000", "assignee_id": unknown}, 422, "assignee_id"},
			{"POST", "/contacts", J{"first_name": "A", "last_name": "L", "phone": "+447400777000", "assignee_id": other.id}, 422, "assignee_id"},
			{"POST", "/contacts", J{"first_name": "A", "last_name": "L", "phone": "+447400777000", "visibility": J{"mode": "chosen", "user_ids": []string{other.id}}}, 422, "visibility"},
			{"POST", "/contacts", J{"first_name": "A", "last_name": "L", "phone": "+447400777000", "tags": []string{"nope"}}, 422, "tags"},
			{"POST", "/contacts", `{"custom":` + deep(1000) + `}`, 400, ""},
			{"POST", "/views", `{"name":"x","filter":` + deep(1000) + `}`, 400, ""},
			{"PATCH", "/contacts/" + contact, J{"phone": "12", "notes": "x"}, 422, "phone"},
			{"PATCH", "/contacts/" + contact, J{"last_name": "", "notes": "x"}, 422, "last_name"},
			{"PATCH", "/contacts/" + contact, J{"identities": []J{}, "notes": "x"}, 422, "phone"},
			{"GET", "/contacts/" + unknown, nil, 404, ""},
			{"GET", "/contacts/" + theirs, nil, 404, ""},
			{"PATCH", "/contacts/" + theirs, J{"notes": "x"}, 404, ""},
			{"DELETE", "/contacts/" + theirs, nil, 404, ""},
			{"POST", "/contacts/" + contact + "/merge", J{"into": theirs}, 422, "into"},
			{"POST", "/contacts/" + contact + "/merge", J{"into": "\u0000"}, 422, "into"},
			{"POST", "/contacts/" + theirs + "/merge", J{"into": contact}, 404, ""},
			{"POST", "/contacts/" + contact + "/identities/free", J{"kind": "phone", "value": "nonsense"}, 422, "value"},
			{"POST", "/contacts/" + contact + "/identities/free", J{"kind": "fax", "value": "1"}, 422, "kind"},
			{"POST", "/contacts/" + contact + "/identities/free", J{"kind": "phone", "value": "07400 777888", "to": theirs}, 404, ""},
			{"POST", "/contacts/" + contact + "/identities/free", J{"kind": "phone", "value": "07400 777888", "to": unknown}, 404, ""},
			{"POST", "/invoices", J{"contact_id": contact, "number": "1", "currency": "GBP", "total": "1", "issued_on": "2026-02-30"}, 422, "issued_on"},
			{"POST", "/invoices", J{"contact_id": contact, "number": "1", "currency": "GBP", "total": "1", "due_on": "31.12.2026"}, 422, "due_on"},
			{"POST", "/invoices", J{"contact_id": theirs, "number": "1", "currency": "GBP", "total": "1"}, 422, "contact_id"},
			{"POST", "/conversations/" + talk + "/assign", J{"user_id": other.id}, 422, "user_id"},
			{"POST", "/conversations/" + talk + "/assign", J{}, 422, "user_id"},
			{"POST", "/conversations/" + talk + "/messages", J{"text": ""}, 422, "text"},
			{"POST", "/conversations/" + talk + "/messages", J{"text": " \n\u00a0"}, 422, "text"},
			{"POST", "/conversations/" + talk + "/messages", J{"text": "x", "channel_id": unknown}, 422, "channel_id"},
			{"POST", "/conversations/" + talk + "/visibility", J{"mode": "chosen", "user_ids": []string{other.id}}, 422, "user_ids"},
			{"POST", "/tags", J{"name": " "}, 422, "name"},
			{"POST", "/tags", J{"name": "a\nb"}, 422, "name"},
			{"POST", "/users", J{"name": "X", "email": "x"}, 422, "email"},
			{"POST", "/users", J{"name": "X", "email": "x@rosas.example", "phone": "1", "role": "owner"}, 422, "role"},
			{"PATCH", "/users/" + other.id, J{"active": false}, 404, ""},
			{"GET", "/contacts?last_message_after=2026-02-30", nil, 422, "last_message_after"},
			{"GET", "/contacts?after=" + strings.Repeat("A", 40), nil, 422, ""},
			{"GET", "/contacts?tag=" + unknown, nil, 422, "tag"},
			{"GET", "/contacts?limit=1000", nil, 422, "limit"},
		} {
			var body []byte
			if c.body != nil {
				body = encode(t, c.body)
			}
			m := r.M
			if c.method == "PATCH" {
				m = m.with("If-Match", `"1"`)
			}
			got := m.send(c.method, c.path, body)
			named := c.field == "" || strings.Contains(got.body, `"field":"`+c.field)
			if got.status != c.status || !named || got.str("detail") == "" {
				t.Errorf("%s %s %.200v: %d %.400s, want %d naming %q", c.method, c.path, c.body, got.status, got.body, c.status, c.field)
			}
			r.unchanged(t, before, c.method+" "+c.path)
		}
		r.tamper(t)
	})
}

// tamper changes each character of a cursor: it is refused, or names another place.
func (r *rosas) tamper(t *testing.T) {
	t.Helper()
	r.A.post("/contacts", named("Cid", "Li", "+447400777001", "")).want(201)
	for _, path := range []string{"/contacts?limit=1", "/contacts?limit=1&sort=name"} {
		cursor := r.A.get(path).want(200).str("next")
		for n := range cursor {
			for _, with := range []string{"A", "z", "-", "", "%00"} {
				got := r.A.get(path + "&after=" + cursor[:n] + with + cursor[n+1:])
				if got.status == 422 && got.str("code") == "invalid" {
					got.field("after", "not_text")
				} else if got.status != 200 && (got.status != 422 || got.str("code") != "bad_cursor") {
					t.Errorf("%s with %q at %d: %d %s", path, with, n, got.status, got.body)
				}
			}
		}
		if got := r.B.get("/conversations?limit=1&after=" + cursor); got.status != 422 {
			t.Errorf("a cursor of contacts is one of conversations, %s: %d", cursor, got.status)
		}
	}
}
