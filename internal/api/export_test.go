package api_test

import (
	"strings"
	"testing"
)

// M7: the file of a filter, of a selection and of everybody, as far as the caller sees them.
func TestExport(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin, ana := h.as(h.admin), h.agent("ana@acme.example")
		tag := admin.post("/tags", J{"name": "Gold"}).want(201).str("id")
		priya := h.contact("Priya", "+447400123456", J{"tags": []string{tag}, "contact_address": J{"street": "1 High St\nFlat 2"}})
		omar := h.contact("Omar", "+447400123457", J{})
		hidden := h.contact("Hidden", "+447400123458", J{"visibility": J{"mode": "chosen", "user_ids": []string{h.admin.id}}})
		has := func(file answer, names ...string) {
			t.Helper()
			for _, name := range []string{"Priya", "Omar", "Hidden"} {
				want := strings.Contains(strings.Join(names, " "), name)
				if strings.Contains(file.body, name) != want {
					t.Errorf("%s is there: %v\n%s", name, !want, file.body)
				}
			}
		}
		all := h.as(ana).get("/contacts/export").want(200)
		has(all, "Priya", "Omar")
		if kind := all.header.Get("Content-Type"); kind != "text/csv; charset=utf-8" || !strings.HasPrefix(all.header.Get("Content-Disposition"), "attachment; filename=\"contacts-") {
			t.Errorf("%v", all.header)
		}
		if !strings.Contains(all.body, ",+447400123456,") || !strings.Contains(all.body, "\"1 High St\nFlat 2\"") {
			t.Errorf("%q", all.body)
		}
		has(admin.get("/contacts/export?format=vcard4&status=any").want(200), "Priya", "Omar", "Hidden")
		has(admin.get("/contacts/export?tag=Gold").want(200), "Priya")
		has(admin.get("/contacts/export?q=oma").want(200), "Omar")
		has(h.as(ana).get("/contacts/export?format=vcard3&ids="+priya+","+hidden+"&ids="+omar).want(200), "Priya", "Omar")
		if got := admin.get("/contacts/export?format=xlsx").want(200); !strings.HasPrefix(got.body, "PK") {
			t.Errorf("%q", got.body[:20])
		}
		admin.get("/contacts/export?format=pdf").refused(422, "invalid")
		admin.get("/contacts/export?ids=nonsense").refused(422, "invalid")
		admin.get("/contacts/export?ids=" + strings.Repeat(priya+",", 1999) + priya).want(200)
		admin.get("/contacts/export?ids="+strings.Repeat(priya+",", 2000)+priya).refused(422, "invalid").field("ids", "too_many")
		admin.get("/contacts/export?tag=Nope").refused(422, "invalid")
		admin.get("/contacts/export?nope=1").refused(422, "invalid")
		admin.get("/contacts/export?tag=Gold&ids="+priya).refused(422, "invalid")
		back := admin.upload("back.csv", admin.get("/contacts/export").want(200).body).want(201)
		if back.str("status") != "mapping" || len(back.at("missing").([]any)) != 0 {
			t.Errorf("back: %s", back.body)
		}
		admin.post("/imports/"+back.str("id")+"/preview", J{}).want(202)
		h.work(h.admin.business)
		if got := admin.get("/imports/" + back.str("id")).want(200); got.at("counts", "unchanged") != 3.0 || got.at("rows") != 3.0 {
			t.Errorf("back: %s", got.body)
		}
	})
}
