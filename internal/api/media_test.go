package api_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"parley/internal/channel/channeltest"
	"parley/internal/channel/whatsapp"
	"parley/internal/crm"
)

// photo delivers a picture from somebody and returns the message.
func (h *house) photo(ch, phone string) answer {
	h.t.Helper()
	m := whatsapp.TextMessage(crm.Sender{Phone: phone}, "", "wamid.photo"+phone, h.clock.now())
	delete(m, "text")
	m["type"], m["image"] = "image", J{"id": "photo-1", "mime_type": "image/jpeg", "caption": "MARKER caption"}
	h.call(whatsapp.Signed("app-secret", publicURL+"/hooks/"+ch, whatsapp.Notification(whatsapp.Value{PhoneNumberID: "1001", Messages: []any{m}}))).want(200)
	v := h.as(h.admin).get("/conversations?limit=1").want(200)
	list := h.as(h.admin).get("/conversations/" + v.str("items", 0, "id") + "/messages?limit=1").want(200)
	list.json, _ = list.items()[0].(J)
	return list
}

func TestMedia(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		meta := channeltest.NewMeta()
		meta.AccessToken = "access-token"
		server := httptest.NewServer(meta)
		defer server.Close()
		h.base = server.URL
		m := h.photo(h.channel(), "+447400999004").is("image", "type").is("image/jpeg", "media", 0, "content_type")
		url := m.str("media", 0, "url")
		admin := h.as(h.admin)
		if got := admin.get("/"+url).refused(503, "file_away"); got.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		meta.AddFile("photo-1", channeltest.File{ContentType: "image/jpeg", Data: []byte("not really a photo")})
		got := admin.get("/" + url).want(200)
		if got.body != "not really a photo" || got.header.Get("Content-Type") != "image/jpeg" || !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment") ||
			got.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%v %q", got.header, got.body)
		}
		server.Close() // it was kept
		if again := admin.get("/" + url).want(200); again.body != got.body {
			t.Errorf("again: %q", again.body)
		}
		h.as(h.business("Other")).get("/"+url).refused(404, "not_found")
	})
}
