package api_test

import (
	"strings"
	"testing"
	"time"
)

func TestContactRoundTrip(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.as(h.admin)
		admin.post("/tags", J{"name": "Gold"}).want(201)
		made := admin.post("/contacts", J{"first_name": "Priya", "last_name": "Shah", "business_name": "Shah & Co", "email": "Priya@Shah.example",
			"phone": "07400 123456", "tags": []string{"gold"}, "contact_address": J{"street": "1 High St\nFlat 2", "city": "Leeds", "country": "gb"}}).want(201)
		made.is("priya@shah.example", "identities", 1, "value").is("Priya@Shah.example", "email").is("+447400123456", "phone").
			is([]string{"Gold"}, "tags").is("GB", "contact_address", "country").is(J{}, "custom").is([]any{}, "opt_outs").
			is("active", "status").is("manual", "source").is(1, "version").is("everyone", "visibility", "mode").is([]any{}, "visibility", "user_ids").
			is("", "assignee_id").is("", "middle_name").is("mobile", "identities", 0, "label").is("", "billing_address", "street")
		if made.header.Get("ETag") != `"1"` {
			t.Errorf("ETag %q", made.header.Get("ETag"))
		}
		for _, key := range strings.Fields(`id first_name middle_name last_name business_name email phone contact_address billing_address tags notes
			custom status name_is_placeholder profile_name identities visibility assignee_id opt_outs source version created_at updated_at`) {
			if made.at(key) == nil {
				t.Errorf("%s is missing", key)
			}
		}
		id := "/contacts/" + made.str("id")
		admin.get(id).want(200).is("Priya", "first_name")
		admin.patch(id, J{"first_name": "P"}).refused(428, "if_match_required")
		changed := admin.with("If-Match", `"1"`).patch(id, J{"contact_address": J{"city": "York"}, "notes": "x", "tags": []string{}}).want(200)
		changed.is("York", "contact_address", "city").is("1 High St\nFlat 2", "contact_address", "street").is(2, "version").is([]any{}, "tags")
		admin.with("If-Match", `"1"`).patch(id, J{"notes": "y"}).refused(412, "stale_version").is("x", "current", "notes").is("admin", "changed_by")
		admin.with("If-Match", "nonsense").patch(id, J{"notes": "y"}).refused(412, "stale_version")
		admin.with("If-Match", `"2"`).patch(id, J{"identities": []J{{"kind": "phone", "value": "+447400123457"}}}).want(200).
			is("+447400123457", "phone").is("", "email")
		history := admin.get(id + "/history").want(200)
		history.is("phone", "items", 0, "field").is("+447400123456", "items", 0, "old").is("+447400123457", "items", 0, "new").is("admin", "items", 0, "by").
			is("email", "items", 1, "field")
		first := admin.get(id+"/history?limit=1&count=true").want(200).is(5, "count")
		second := admin.get(id+"/history?limit=4&after="+first.str("next")).want(200).is("email", "items", 0, "field").is("", "next")
		if len(second.items()) != 4 {
			t.Errorf("%d items after the first: %s", len(second.items()), second.body)
		}
		back := J{"event": history.str("items", 1, "event"), "field": "email"}
		admin.with("If-Match", `"1"`).post(id+"/put-back", back).refused(412, "stale_version")
		admin.post(id+"/put-back", J{"event": "nonsense", "field": "email"}).refused(422, "invalid").is("event", "errors", 0, "field")
		admin.post(id+"/put-back", back).want(200).is("Priya@Shah.example", "email").is("+447400123457", "phone")
		admin.get(id+"/history?limit=1").want(200).is("Put back as it was before.", "items", 0, "note").is("api", "items", 0, "via")
		admin.with("If-Match", `"4"`).patch(id, J{"email": ""}).want(200)
		admin.post(id+"/archive", nil).want(200).is("archived", "status")
		admin.get("/contacts").want(200).is([]any{}, "items")
		admin.get("/contacts?status=archived&count=true").want(200).is(1, "count")
		admin.post("/contacts", J{"first_name": "A", "last_name": "B", "phone": "+447400123457"}).refused(409, "identity_taken").
			is("archived_contact", "conflict", "held_by").is("phone", "conflict", "field").is(made.str("id"), "conflict", "id").is([]string{"open", "restore", "merge", "free"}, "conflict", "actions")
		admin.with("If-Match", `"1"`).post(id+"/restore", J{}).refused(412, "stale_version")
		admin.post(id+"/restore", J{}).want(200).is("active", "status")
		admin.get(id+"/history").want(200).is("status", "items", 0, "field").is("status", "items", 1, "field").is("email", "items", 2, "field")
		admin.delete(id).want(200).is(J{"outcome": "deleted"})
		admin.get(id).refused(404, "not_found")
	})
}

// C2, I5, I8: of phones and e-mails that are given in two ways none is dropped, and blanks are nothing.
func TestIdentitiesBesidePhone(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.as(h.admin)
		further := func(kind, value string) J { return J{"kind": kind, "value": value, "primary": true} }
		made := admin.post("/contacts", J{"first_name": "Ann", "last_name": "Lee", "phone": "07400 123456", "email": "ann@x.example",
			"identities": []J{further("phone", "07400 123457"), further("email", "ann@y.example")}}).want(201).
			is("+447400123456", "phone").is("ann@x.example", "email").is("+447400123457", "identities", 1, "value").is("ann@y.example", "identities", 3, "value").
			is(true, "identities", 0, "primary").is(false, "identities", 1, "primary")
		// The old main number makes room for the new one, as it does without identities (C9).
		admin.with("If-Match", `"1"`).patch("/contacts/"+made.str("id"), J{"phone": "07400 123458", "identities": made.at("identities")}).want(200).
			is("+447400123458", "phone").is("+447400123457", "identities", 1, "value").is("ann@x.example", "identities", 2, "value")
		admin.post("/contacts", J{"first_name": "Bea", "last_name": "Lee", "phone": "", "identities": []J{further("phone", "07400 123459")}}).want(201).is("+447400123459", "phone")

		whatsapp := J{"kind": "whatsapp", "value": "GB.1234567890"}
		admin.post("/contacts", J{"first_name": "Cid", "last_name": "Lee", "phone": "07400 123460", "identities": []J{whatsapp}}).
			refused(422, "invalid").field("identities[0].value", "whatsapp_id")
		admin.with("If-Match", `"2"`).patch("/contacts/"+made.str("id"), J{"identities": []J{further("phone", "07400 123458"), whatsapp}}).
			refused(422, "invalid").field("identities[1].value", "whatsapp_id")

		long := J{"kind": "email", "value": "ann@z.example", "label": strings.Repeat("x", 41)}
		admin.with("If-Match", `"2"`).patch("/contacts/"+made.str("id"), J{"identities": []J{further("phone", "07400 123458"), long}}).
			refused(422, "invalid").field("identities[1].label", "too_long")

		admin.post("/contacts", J{"first_name": "Dee", "last_name": "Lee", "phone": " ", "email": "dee@x.example"}).want(201).is("", "phone")
		admin.post("/contacts", J{"first_name": "\u200b", "last_name": "\u00a0", "phone": " ", "email": "\t"}).refused(422, "invalid").
			field("first_name", "required").field("last_name", "required").field("phone", "phone_or_email_required").field("email", "phone_or_email_required")
	})
}

// The answer to a change says what the next look says: times have the microseconds that are kept.
func TestAnswersSayWhatIsKept(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.as(h.admin)
		h.clock.advance(789 * time.Nanosecond)
		made := admin.post("/contacts", J{"first_name": "Ann", "last_name": "Lee", "phone": "+447400123456"}).want(201)
		if read := admin.get("/contacts/" + made.str("id")).want(200); read.body != made.body {
			t.Errorf("made %s, read %s", made.body, read.body)
		}
		sent := admin.post("/conversations/"+h.hears(h.channel(), "+447400999001", "hello").str("id")+"/messages", J{"text": "x"}).want(201)
		if read := admin.get("/messages/" + sent.str("id")).want(200); read.str("at") != sent.str("at") {
			t.Errorf("sent at %s, read %s", sent.str("at"), read.str("at"))
		}
	})
}

func TestContactRefusals(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.as(h.admin)
		id := "/contacts/" + h.contact("Ann", "+447400000001")
		deep := strings.Repeat(`{"custom":`, 40) + "1" + strings.Repeat("}", 40)
		for _, c := range []struct {
			body   string
			status int
			code   string
			field  string
			why    string
		}{
			{`{"first_name":"A"}`, 422, "invalid", "last_name", "required"},
			{`{"first_name":"A","last_name":"B"}`, 422, "invalid", "phone", "phone_or_email_required"},
			{`{"first_name":"A","last_name":"B","phone":"12"}`, 422, "invalid", "phone", "phone_too_short"},
			{`{"nickname":"A"}`, 422, "invalid", "nickname", "unknown_field"},
			{`{"First_Name":"A"}`, 422, "invalid", "First_Name", "unknown_field"},
			{`{"contact_address":{"town":"A"}}`, 422, "invalid", "contact_address.town", "unknown_field"},
			{`{"contact_address":null}`, 422, "invalid", "contact_address", "null"},
			{`{"contact_address":"Leeds"}`, 422, "invalid", "contact_address", "wrong_type"},
			{`{"first_name":7}`, 422, "invalid", "first_name", "wrong_type"},
			{`{"first_name":null}`, 422, "invalid", "first_name", "null"},
			{`{"first_name":"a\u0000"}`, 422, "invalid", "first_name", "control_character"},
			{`{"first_name":"A","first_name":"B"}`, 422, "invalid", "first_name", "twice"},
			{`{"first_name":"\ud800"}`, 400, "not_utf8", "", ""},
			{"{\"first_name\":\"\xff\"}", 400, "not_utf8", "", ""},
			{`{"custom":{"size":4}}`, 422, "invalid", "custom.size", "unknown_field"},
			{`{"custom":{"size":1e999}}`, 400, "bad_json", "", ""},
			{`{"tags":["Nope"]}`, 422, "invalid", "tags", "unknown_tag"},
			{`{"tags":"Gold"}`, 422, "invalid", "tags", "wrong_type"},
			{`{"identities":[{"kind":"fax","value":"1"}]}`, 422, "invalid", "identities[0].kind", "unknown_value"},
			{`{"identities":[{"value":"1"}]}`, 422, "invalid", "identities[0].kind", "required"},
			{`{"visibility":{"mode":"chosen","user_ids":[]},"first_name":"A","last_name":"B","phone":"+447400000009"}`, 422, "invalid", "visibility", "nobody_chosen"},
			{`{"contact_address":{"country":"ZZ"}}`, 422, "invalid", "contact_address.country", "unknown_country"},
			{`{"first_name":"` + strings.Repeat("x", 300) + `"}`, 422, "invalid", "first_name", "too_long"},
			{`{"status":"archived"}`, 422, "invalid", "status", "unknown_field"},
			{`[]`, 422, "invalid", "", "wrong_type"},
			{`null`, 422, "invalid", "", "null"},
			{`{`, 400, "bad_json", "", ""},
			{`{"a":1}}`, 400, "bad_json", "", ""},
			{`{"a" 1}`, 400, "bad_json", "", ""},
			{deep, 400, "too_deep", "custom" + strings.Repeat(".custom", 7) + "…", "too_deep"},
			{`{"custom":{"size":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}}`, 400, "too_deep", "custom.size" + strings.Repeat("[0]", 16) + "…", "too_deep"},
			{`{"` + strings.Repeat("é", 500) + `":` + strings.Repeat("[", 33) + strings.Repeat("]", 33) + `}`, 400, "too_deep", strings.Repeat("é", 30) + "…", "too_deep"},
			{`{"notes":"` + strings.Repeat("x", 1<<20) + `"}`, 413, "body_too_large", "", ""},
		} {
			got := admin.post("/contacts", c.body).refused(c.status, c.code)
			if c.why != "" {
				got.field(c.field, c.why)
			}
			if c.field == "last_name" || strings.HasPrefix(c.body, `{"tags":["`) {
				continue
			}
			again := admin.with("If-Match", `"1"`).patch(id, c.body)
			if again.status >= 500 || again.status == 200 && !strings.Contains(c.body, "phone") && !strings.Contains(c.body, `"first_name":"A"`) {
				t.Errorf("PATCH %s: %d %s", c.body, again.status, again.body)
			}
		}
		admin.post("/contacts", nil).refused(400, "body_missing")
		admin.with("Content-Type", "text/plain").post("/contacts", `{}`).refused(415, "not_json")
		admin.with("Content-Type", "application/x-www-form-urlencoded").post("/contacts", `{}`).refused(415, "not_json")
		admin.post(id+"/restore", J{"why": "x"}).refused(422, "invalid").field("why", "unknown_field")
		admin.post(id+"/use-profile-name", nil).refused(409, "no_profile_name")
		admin.get("/contacts?limit=201").refused(422, "invalid").field("limit", "out_of_range")
		admin.get("/contacts?limit=0").refused(422, "invalid").field("limit", "out_of_range")
		admin.get("/contacts?limit=99999999999999999999").refused(422, "invalid").field("limit", "wrong_type")
		admin.get("/contacts?status=gone").refused(422, "invalid").field("status", "unknown_value")
		admin.get("/contacts?colour=red").refused(422, "invalid").field("colour", "unknown_parameter")
		admin.get("/contacts?tag=nope").refused(422, "invalid").field("tag", "unknown_tag")
		for _, q := range []string{"q=%00", "q=%ff", "source=%00", "assignee=%00", "q=%ff%fe"} {
			admin.get("/contacts?"+q).refused(422, "invalid")
			admin.get("/conversations?" + strings.Replace(q, "source", "contact", 1)).want(422)
		}
		admin.get("/contacts?q=%zz").refused(400, "bad_query")
		for query, want := range map[string]string{"not_tag=nope": "not_tag unknown_tag", "assignee=" + strings.Repeat("0", 26): "assignee unknown_user", "custom.nope=1": "custom.nope unknown_field",
			"custom.nope.min=": "", "status=dead": "status unknown_value", "sort=size": "sort unknown_sort", "country=XX": "country unknown_country", "last_message_after=x": "last_message_after not_a_date"} {
			if field, code, ok := strings.Cut(want, " "); ok {
				admin.get("/contacts?"+query).refused(422, "invalid").field(field, code)
			}
		}
		byName := admin.get("/contacts?sort=name&limit=1").want(200)
		h.contact("Zed", "+447400000099")
		if next := admin.get("/contacts?sort=name&limit=1").want(200).str("next"); next == "" {
			t.Errorf("no next: %s", byName.body)
		} else {
			admin.get("/contacts?sort=-name&after="+next).refused(422, "bad_cursor") // of another order
		}
		for _, cursor := range []string{"x", "%00", "Y29udGFjdHMKMQox", "Y29udmVyc2F0aW9ucwoxCjE", strings.Repeat("A", 5000)} {
			for _, list := range []string{"/contacts", "/conversations", "/tags", "/users", "/channels", "/unfiled", id + "/history"} {
				if got := admin.get(list + "?after=" + cursor); got.status != 422 {
					t.Errorf("%s: %d %s", got.call, got.status, got.body)
				}
			}
			admin.get("/contacts?after="+strings.ReplaceAll(cursor, "%00", "y")).refused(422, "bad_cursor")
		}
	})
}

func TestContactList(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.as(h.admin)
		gold := admin.post("/tags", J{"name": "Gold"}).want(201).str("id")
		admin.post("/tags", J{"name": "Blue, dark"}).want(201)
		h.contact("Ann", "+447400000001", J{"tags": []string{"Gold"}})
		h.contact("Bea", "+447400000002", J{"tags": []string{gold, "blue, DARK"}, "assignee_id": h.admin.id})
		h.contact("Cid", "+447400000003")
		names := func(query string) string {
			list := ""
			for _, c := range admin.get("/contacts" + query).want(200).items() {
				list += c.(J)["first_name"].(string)[:1]
			}
			return list
		}
		for query, want := range map[string]string{
			"": "CBA", "?q=bea": "B", "?q=07400+000003": "C", "?tag=gold": "BA", "?tag=" + gold: "BA", "?any_tag=Gold": "BA",
			"?tag=gold&tag=gold": "BA", "?any_tag=gold," + gold: "BA", "?tag=Blue,+dark": "B", "?tag=Blue,+dark&tag=Gold": "B",
			"?assignee=" + h.admin.id: "B", "?assignee=nobody": "CA", "?status=any&sort=name": "ABC", "?sort=-name": "CBA", "?sort=created": "ABC", "?not_tag=gold": "C",
			"?has_not=email&has=phone": "CBA", "?last_message=never": "CBA", "?country=none,GB": "CBA", "?opt_out=sms": "",
			"?source=manual": "CBA", "?source=import": "", "?status=archived": "",
		} {
			if got := names(query); got != want {
				t.Errorf("%s: %q, want %q", query, got, want)
			}
		}
		seen, next := "", "?limit=1&count=true"
		for range 3 {
			page := admin.get("/contacts"+next).want(200).is(3, "count")
			seen += page.str("items", 0, "first_name")[:1]
			next = "?limit=1&count=true&after=" + page.str("next")
			if done := page.str("next") == ""; done != (len(seen) == 3) {
				t.Fatalf("after %s: next %q", seen, page.str("next"))
			}
		}
		if seen != "CBA" {
			t.Errorf("page by page: %s", seen)
		}
	})
}

func TestIdentityOfATeamMember(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		agent := h.agent("tom@acme.example")
		h.as(agent).post("/contacts", J{"first_name": "A", "last_name": "B", "email": "ADMIN@acme.example"}).refused(409, "identity_taken").
			is("user", "conflict", "held_by").is(nil, "conflict", "id").is([]any{}, "conflict", "actions")
		hidden := h.contact("Secret", "+447400000001", J{"visibility": J{"mode": "chosen", "user_ids": []string{h.admin.id}}})
		h.as(agent).get("/contacts/"+hidden).refused(404, "not_found")
		h.as(agent).post("/contacts", J{"first_name": "A", "last_name": "B", "phone": "+447400000001"}).refused(409, "identity_taken").
			is("contact", "conflict", "held_by").is(nil, "conflict", "id").is(nil, "conflict", "name")
	})
}
