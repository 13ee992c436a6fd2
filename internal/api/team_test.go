package api_test

import (
	"strings"
	"testing"
)

func TestTags(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin, agent := h.as(h.admin), h.as(h.agent("tom@acme.example"))
		gold := admin.post("/tags", J{"name": " Gold "}).want(201).is("Gold", "name").is("grey", "colour").is(0, "contacts").str("id")
		admin.post("/tags", J{"name": "GOLD"}).refused(409, "tag_exists").field("name", "tag_exists")
		admin.post("/tags", J{}).refused(422, "invalid").field("name", "required")
		admin.post("/tags", J{"name": "x", "colour": "mauve"}).refused(422, "invalid").field("colour", "unknown_colour")
		agent.post("/tags", J{"name": "x"}).refused(403, "forbidden")
		h.contact("Ann", "+447400000001", J{"tags": []string{"Gold"}})
		admin.patch("/tags/"+gold, J{"colour": "red"}).want(200).is("Gold", "name").is("red", "colour").is(1, "contacts")
		admin.post("/tags", J{"name": "Amber"}).want(201)
		agent.get("/tags?count=true").want(200).is("Amber", "items", 0, "name").is(1, "items", 1, "contacts").is(2, "count").is("", "next")
		page := agent.get("/tags?limit=1").want(200).is("Amber", "items", 0, "name")
		agent.get("/tags?limit=1&after="+page.str("next")).want(200).is("Gold", "items", 0, "name").is("", "next")
		amber := page.str("items", 0, "id")
		agent.post("/tags/"+gold+"/merge", J{"into": amber}).refused(403, "forbidden")
		agent.delete("/tags/"+gold).refused(403, "forbidden")
		admin.post("/tags/"+gold+"/merge", J{"into": gold}).refused(422, "invalid").field("into", "same_tag")
		admin.post("/tags/"+gold+"/merge", J{}).refused(422, "invalid").field("into", "required")
		admin.post("/tags/"+gold+"/merge", J{"into": strings.Repeat("0", 26)}).refused(422, "invalid").field("into", "unknown_tag")
		admin.post("/tags/"+amber+"/merge", J{"into": gold}).want(200).is("Gold", "name").is(1, "contacts")
		admin.get("/contacts?tag="+amber).want(200).is("Ann", "items", 0, "first_name")
		admin.delete("/tags/" + gold).want(204)

		// An accent makes another tag, in whichever form it is written.
		plain, accent := admin.post("/tags", J{"name": "Cafe"}).want(201).str("id"), admin.post("/tags", J{"name": "Café"}).want(201).str("id")
		admin.post("/tags", J{"name": " CAFE\u0301"}).refused(409, "tag_exists").field("name", "tag_exists")
		admin.patch("/tags/"+plain, J{"name": "café"}).refused(409, "tag_exists")
		admin.post("/tags", J{"name": "Zürich"}).want(201)
		agent.get("/tags").want(200).is("Cafe", "items", 0, "name").is("Café", "items", 1, "name").is("Zürich", "items", 2, "name")
		h.contact("Zoe", "+447400000002", J{"tags": []string{"cafe"}})
		h.contact("Bea", "+447400000003", J{"tags": []string{"CAFÉ", "zürich"}})
		admin.get("/contacts?tag=cafe").want(200).is("Zoe", "items", 0, "first_name").is("", "next")
		admin.get("/contacts?tag=caf%C3%A9").want(200).is("Bea", "items", 0, "first_name").is("", "next")
		admin.get("/contacts?tag=zurich").want(200).is("Bea", "items", 0, "first_name") // nobody else has it without the accent
		admin.get("/contacts?tag=caf%C3%A8").refused(422, "invalid").field("tag", "unknown_tag")
		admin.post("/contacts", J{"first_name": "A", "last_name": "B", "phone": "+447400000004", "tags": []string{"zurich"}}).refused(422, "invalid").field("tags", "unknown_tag")
		admin.get("/contacts?tag="+accent+"&count=true").want(200).is(1, "count")
		if detail := admin.get("/contacts?tag="+gold).refused(422, "invalid").str("errors", 0, "detail"); !strings.Contains(detail, "Gold") {
			t.Errorf("a filter on a deleted tag says %q", detail)
		}
		admin.delete("/tags/"+gold).refused(404, "not_found")
	})
}

func TestUsersAndTokens(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.as(h.admin)
		admin.get("/users/me").want(200).is(h.admin.id, "id").is("admin", "role").is("admin@acme.example", "email")
		tom := admin.post("/users", J{"name": "Tom", "email": "tom@acme.example", "phone": "07400 000001", "role": "agent"}).want(201).
			is("+447400000001", "phone").is(true, "invited").is(true, "active")
		if !strings.HasPrefix(tom.str("invitation_url"), publicURL+"/join/") {
			t.Errorf("invitation %q", tom.str("invitation_url"))
		}
		admin.post("/users", J{"name": "Tim", "email": "TOM@acme.example"}).refused(409, "identity_taken").is("user", "conflict", "held_by")
		admin.post("/users", J{"name": "Tim", "email": "x", "role": "owner"}).refused(422, "invalid").field("role", "unknown_value")
		admin.post("/users", J{"name": "Tim"}).refused(422, "invalid").field("email", "required")
		path := "/users/" + tom.str("id")
		agent := h.as(actor{token: admin.post(path+"/tokens", J{"name": "script"}).want(201).str("token")})
		agent.get("/users/me").want(200).is("Tom", "name")
		agent.get("/users").refused(403, "forbidden")
		own := h.as(actor{token: agent.post(path+"/tokens", nil).want(201).str("token")})
		own.get("/users/me").want(200)
		agent.post("/users/"+h.admin.id+"/tokens", J{"name": 5}).refused(403, "forbidden")
		agent.patch(path, J{"name": "Tommy"}).refused(403, "forbidden")
		admin.patch(path, J{"name": "Tommy"}).want(200).is("Tommy", "name").is("tom@acme.example", "email")
		admin.get("/users?limit=1&count=true").want(200).is("admin", "items", 0, "name").is(2, "count")
		admin.patch("/users/"+h.admin.id, J{"active": false}).refused(409, "yourself")
		admin.patch(path, J{"active": false}).want(200).is(false, "active")
		refused := agent.get("/users/me").refused(401, "bad_token")
		if refused.header.Get("WWW-Authenticate") == "" {
			t.Error("no WWW-Authenticate")
		}
		own.get("/contacts").refused(401, "bad_token")
		admin.post(path+"/tokens", nil).refused(409, "not_active")
	})
}

func TestChannels(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.as(h.admin)
		admin.post("/channels", J{"kind": "fax"}).refused(422, "invalid").field("kind", "unknown_kind")
		admin.post("/channels", J{"kind": "whatsapp", "settings": J{"nope": "x"}}).refused(422, "invalid").field("settings.nope", "unknown_setting").
			field("settings.phone_number_id", "required")
		admin.post("/channels", J{"kind": "whatsapp", "settings": J{"phone_number_id": 1001}}).refused(422, "invalid").field("settings.phone_number_id", "wrong_type")
		admin.post("/channels", J{"kind": "whatsapp", "settings": J{"max_per_second": "many"}}).refused(422, "invalid").field("settings.max_per_second", "out_of_range")
		id := h.channel()
		got := admin.get("/channels/"+id).want(200).is(publicURL+"/hooks/"+id, "webhook_url").is(80, "max_per_second").
			is([]string{"access_token", "app_secret", "verify_token"}, "secrets").is("1001", "settings", "phone_number_id").is("", "last_inbound_at").is(true, "active")
		got = admin.patch("/channels/"+id, J{"settings": J{"max_per_second": 5, "access_token": "new-access"}}).want(200).is("Line", "name").is(5, "max_per_second")
		got.body += admin.get("/channels").want(200).is(id, "items", 0, "id").body
		got = admin.patch("/channels/"+id, J{"name": "Main"}).want(200).is("Main", "name").is(5, "max_per_second")
		for _, secret := range []string{"app-secret", "access-token", "new-access", "verify-me"} {
			if strings.Contains(got.body, secret) || strings.Contains(h.log.String(), secret) {
				t.Errorf("%s comes back", secret)
			}
		}
		admin.post("/channels/"+id+"/check", nil).want(200).is(false, "ok")
		sim := admin.post("/channels", J{"kind": "simulator"}).want(201).str("id")
		admin.post("/channels/"+sim+"/check", J{}).want(200).is(true, "ok").is("", "problem")
	})
}

func TestBusiness(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin, agent := h.as(h.admin), h.as(h.agent("tom@acme.example"))
		agent.get("/business").want(200).is("Acme", "name").is("GB", "country").is("UTC", "time_zone")
		agent.patch("/business", J{"name": "Mine"}).refused(403, "forbidden")
		admin.patch("/business", J{"time_zone": "Europe/London"}).want(200).is("Acme", "name").is("Europe/London", "time_zone")
		admin.patch("/business", J{"country": "ZZ", "time_zone": "Mars"}).refused(422, "invalid").field("country", "unknown_country").field("time_zone", "unknown_time_zone")
	})
}
