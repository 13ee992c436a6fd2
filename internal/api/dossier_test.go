package api_test

import (
	"strings"
	"testing"
)

// C10: one call gives all that is kept of a person, to admins, and the audit trail has it.
func TestExportContact(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.as(h.admin)
		ch := h.channel()
		id := h.contact("Priya", "+447400123456", J{})
		h.hears2(ch, "+447400123456", "where is my order?")
		path := "/contacts/" + id + "/export"
		for format, want := range map[string]string{"json": "application/json", "vcard": "text/vcard; charset=utf-8", "html": "text/html; charset=utf-8"} {
			got := admin.get(path + "?format=" + format).want(200)
			if got.header.Get("Content-Type") != want || !strings.HasPrefix(got.header.Get("Content-Disposition"), `attachment; filename="person-`+id) {
				t.Errorf("%q: %v", format, got.header)
			}
			if !strings.Contains(got.body, "Priya") || format != "vcard" && !strings.Contains(got.body, "where is my order?") {
				t.Errorf("%q: %s", format, got.body)
			}
		}
		admin.get(path).is("Priya", "contact", "first_name").is("where is my order?", "conversations", 0, "messages", 0, "text").
			is("contact.exported", "history", 2, "type")
		admin.get(path+"?format=pdf").refused(422, "invalid")
		h.as(h.agent("agent@acme.example")).get(path).refused(403, "forbidden")
		h.as(h.business("Other")).get(path).refused(404, "not_found")
	})
}
