package api_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"parley/internal/crm"
)

// A file is brought, sent with a message, and can be had by whoever has the link to it.
func TestFiles(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		v := h.hears(h.channel(), "+447400999001", "hello")
		admin, path := h.as(h.admin), "/conversations/"+v.str("id")
		const picture = "\xff\xd8\xff\xe0 picture"
		f := admin.uploadTo(path+"/media", "vase.jpg", picture).want(201).is("image/jpeg", "content_type").is("vase.jpg", "name")
		admin.uploadTo(path+"/media", "vase.jpg", "MZ\x90\x00").refused(422, "invalid").field("file", "wrong_type")
		admin.uploadTo(path+"/media?channel_id=nope", "vase.jpg", picture).refused(404, "not_found")
		first := admin.get(path+"/messages").want(200).str("items", 0, "id")
		sent := admin.post(path+"/messages", J{"text": "The vase", "media_id": f.str("id"), "quoted_id": first}).want(201).is("image", "type").is("image/jpeg", "media", 0, "content_type")
		admin.post(path+"/messages", J{"media_id": f.str("id")}).refused(422, "invalid").field("media_id", "unknown_file")
		admin.post(path+"/messages", J{"text": "x", "quoted_id": "nope"}).refused(422, "invalid").field("quoted_id", "unknown_message")
		if got := admin.get("/media/" + sent.str("media", 0, "id")).want(200); got.body != picture {
			t.Errorf("got %q", got.body)
		}
		admin.post("/messages/"+first+"/reaction", J{"emoji": "👍"}).want(200).is("👍", "reactions", 0, "emoji").is("Your team", "reactions", 0, "by")
		admin.post("/messages/"+first+"/reaction", J{"emoji": "hello"}).refused(422, "invalid").field("emoji", "not_emoji")
		admin.post("/messages/"+first+"/reaction", J{"emoji": ""}).want(200).is([]any{}, "reactions")

		id, _ := crm.ParseID(sent.str("media", 0, "id"))
		link := func(token string) answer {
			w := httptest.NewRecorder()
			h.api.ServeHTTP(w, httptest.NewRequest("GET", "/files/"+token, nil))
			return answer{t: t, call: "GET /files/" + token, status: w.Code, header: w.Header(), body: w.Body.String()}
		}
		token := h.team.FileToken(h.admin.business, id)
		if got := link(token).want(200); got.body != picture || got.header.Get("Content-Type") != "image/jpeg" {
			t.Errorf("got %q, %v", got.body, got.header)
		}
		for _, wrong := range []string{"x", "AB"[token[0]&1:][:1] + token[1:], strings.ToLower(token), h.team.FileToken(h.business("Other").business, id)} {
			link(wrong).want(404)
		}
		h.clock.advance(7 * 3600e9)
		link(token).want(404)
	})
}

func TestSavedReplies(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin, agent := h.as(h.admin), h.as(h.agent("tom@acme.example"))
		made := admin.post("/saved-replies", J{"name": " Opening  hours ", "text": "Hi {{first_name|there}}, from nine to five."}).want(201).is("Opening hours", "name")
		admin.post("/saved-replies", J{"name": "OPENING hours", "text": "x"}).refused(422, "invalid").field("name", "taken")
		admin.post("/saved-replies", J{"name": "", "text": "{{nobody}}"}).refused(422, "invalid").field("name", "required").field("text", "unknown_merge_field")
		path := "/saved-replies/" + made.str("id")
		admin.patch(path, J{"text": "We are open."}).want(200).is("We are open.", "text").is("Opening hours", "name")
		agent.get("/saved-replies?count=true").want(200).is(1, "count")
		agent.patch(path, J{"text": "x"}).refused(403, "forbidden")
		admin.delete(path).want(204)
		admin.patch(path, J{"text": "x"}).refused(404, "not_found")
	})
}
