package api_test

import (
	"strings"
	"testing"
)

func TestCustomFields(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin, agent := h.as(h.admin), h.as(h.agent("tom@acme.example"))
		size := admin.post("/custom-fields", J{"label": "Size", "kind": "number"}).want(201).is("size", "key").is(1, "position").is([]any{}, "options")
		plan := admin.post("/custom-fields", J{"label": "Plan", "kind": "choice", "position": 1, "options": []J{{"label": "Gold"}, {"label": "Silver", "value": "s"}}}).want(201).
			is("gold", "options", 0, "value").is("s", "options", 1, "value").is(1, "position")
		agent.get("/custom-fields").want(200).is("plan", "items", 0, "key").is("size", "items", 1, "key").is(2, "items", 1, "position")
		agent.post("/custom-fields", J{"label": "X", "kind": "text"}).refused(403, "forbidden")
		admin.post("/custom-fields", J{"label": "X", "kind": "colour"}).refused(422, "invalid").field("kind", "unknown_kind")
		admin.post("/custom-fields", J{"label": "SIZE", "kind": "text"}).refused(422, "invalid").field("label", "field_exists").field("key", "field_exists")
		admin.patch("/custom-fields/"+size.str("id"), J{"kind": "text"}).refused(422, "invalid").field("key", "fixed")
		id := "/contacts/" + h.contact("Ann", "+447400000001", J{"custom": J{"size": 4, "plan": "gold"}})
		admin.get(id).want(200).is(J{"size": 4.0, "plan": "gold"}, "custom")
		admin.with("If-Match", `"1"`).patch(id, J{"custom": J{"size": "big", "nope": 1}}).refused(422, "invalid").field("custom.size", "not_a_number").field("custom.nope", "unknown_field")
		changed := admin.with("If-Match", `"1"`).send("PATCH", id, []byte(`{"custom":{"size":123456789012345678901.25,"plan":""}}`)).want(200)
		if !strings.Contains(changed.body, `"custom":{"size":123456789012345678901.25}`) {
			t.Errorf("a number was lost: %s", changed.body)
		}
		for query, want := range map[string]int{"custom.size=4": 0, "custom.size.min=5": 1, "custom.size.min=5&custom.size.max=6": 0, "custom.plan.set=no": 1, "custom.plan=Gold": 0} {
			admin.get("/contacts?count=true&"+query).want(200).is(want, "count")
		}
		admin.get("/contacts?custom.plan=Bronze").refused(422, "invalid").field("custom.plan", "unknown_option")
		admin.get("/custom-fields/"+size.str("id")+"/use").want(200).is(1, "contacts")
		admin.patch("/custom-fields/"+plan.str("id"), J{"label": "Tariff", "options": []J{{"label": "Silber", "value": "s"}}}).want(200).is("plan", "key").is("Silber", "options", 0, "label")
		admin.delete("/custom-fields/" + size.str("id")).want(204)
		admin.get(id).want(200).is(J{}, "custom")
		admin.get("/contacts?custom.size=4").refused(422, "invalid").field("custom.size", "unknown_field")
	})
}

func TestViews(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin, agent := h.as(h.admin), h.as(h.agent("tom@acme.example"))
		gold := admin.post("/tags", J{"name": "Gold"}).want(201).str("id")
		shared := admin.post("/views", J{"name": "Gold ones", "shared": true, "filter": J{"tag": "gold", "has": []string{"phone"}}, "sort": "name", "columns": []string{"phone", "city"}}).want(201).
			is([]string{gold}, "filter", "tag").is("name", "sort").is(true, "shared").is([]any{}, "problems")
		own := agent.post("/views", J{"name": "Mine", "filter": J{"assignee": "nobody"}}).want(201).is(false, "shared").is("-last_message", "sort")
		agent.get("/views").want(200).is("Gold ones", "items", 0, "name").is("Mine", "items", 1, "name")
		if items := admin.get("/views").want(200).items(); len(items) != 1 {
			t.Errorf("an admin sees somebody's own view: %v", items)
		}
		admin.get("/views/"+own.str("id")).refused(404, "not_found")
		agent.post("/views", J{"name": "X", "shared": true}).refused(403, "forbidden")
		agent.patch("/views/"+own.str("id"), J{"shared": true}).refused(403, "forbidden")
		agent.patch("/views/"+shared.str("id"), J{"name": "X"}).refused(403, "forbidden")
		agent.delete("/views/"+shared.str("id")).refused(403, "forbidden")
		for _, bad := range []J{{"name": " "}, {"name": "x", "filter": J{"tag": "nope"}}, {"name": "x", "filter": J{"nope": "1"}}, {"name": "x", "filter": J{"tag": J{"a": "b"}}}, {"name": "x", "sort": "size"}, {"name": "x", "columns": []string{"nope"}}} {
			agent.post("/views", bad).refused(422, "invalid")
		}
		agent.post("/views", J{"name": "x", "filter": J{"tag": "nope"}}).refused(422, "invalid").field("filter.tag", "unknown_tag")
		deep := strings.Repeat(`{"a":`, 1000) + "1" + strings.Repeat("}", 1000)
		agent.send("POST", "/views", []byte(`{"name":"x","filter":`+deep+`}`)).refused(400, "too_deep").field("filter"+strings.Repeat(".a", 27)+"…", "too_deep")
		admin.patch("/tags/"+gold, J{"name": "Platinum"}).want(200)
		admin.get("/views/"+shared.str("id")).want(200).is([]string{gold}, "filter", "tag").is([]any{}, "problems")
		admin.delete("/tags/" + gold).want(204)
		admin.get("/views/"+shared.str("id")).want(200).is("unknown_tag", "problems", 0, "code")
		admin.get("/contacts?tag="+gold).refused(422, "invalid").field("tag", "unknown_tag")
		admin.patch("/views/"+shared.str("id"), J{"name": "Renamed"}).want(200).is("Renamed", "name").is("unknown_tag", "problems", 0, "code")
		admin.patch("/views/"+shared.str("id"), J{"filter": J{"has": "email"}}).want(200).is([]any{}, "problems").is([]string{"email"}, "filter", "has")
		agent.delete("/views/" + own.str("id")).want(204)
	})
}
