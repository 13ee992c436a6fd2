package web

import (
	"net/http"
	"net/url"
	"testing"

	"parley/internal/db"
	"parley/internal/db/dbtest"
)

// What no database takes is no fault of ours: a form that holds it is refused.
func TestFormsThatAreNoText(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newSiteOn(t, d)
		m := s.signIn(t, s.M)
		for _, row := range []struct {
			path string
			form url.Values
		}{
			{"/settings/templates", url.Values{"channel_id": {"a\x00b"}, "name": {"x"}, "language": {"en"}, "category": {"utility"}, "body": {"Hi."}}},
			{"/settings/templates", url.Values{"channel_id": {s.WhatsApp.ID.String()}, "name": {"x"}, "language": {"en"}, "category": {"utility"}, "header_format": {"image"}, "header_file": {"a\x00b"}, "body": {"Hi."}}},
			{"/settings/tags", url.Values{"name": {"a\x00b"}}},
			{"/contacts", url.Values{"first_name": {"a\x00b"}, "last_name": {"x"}, "phone": {"+447400123456"}}},
			{"/settings/replies", url.Values{"name": {"a"}, "text": {"\x00\xff"}}},
		} {
			if status, body, _ := m.do(t, "POST", row.path, row.form, false); status != http.StatusUnprocessableEntity {
				t.Errorf("%s %q: %d %.200s", row.path, row.form, status, body)
			}
		}
		for _, query := range []string{"/contacts?tag=a%00b", "/inbox?channel=%ff", "/search?q=%00", "/settings/audit?user=%00"} {
			if status, body, _ := m.do(t, "GET", query, nil, false); status != http.StatusUnprocessableEntity {
				t.Errorf("%s: %d %.200s", query, status, body)
			}
		}
		m.get(t, "/contacts?q=%C3%A9", http.StatusOK)
	})
}
