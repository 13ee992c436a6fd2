package api_test

import (
	"strings"
	"testing"
)

// The example of a header with a file is brought first, and named by the template.
func TestTemplateMedia(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin, agent := h.as(h.admin), h.as(h.agent("tom@acme.example"))
		channel := admin.post("/channels", J{"kind": "simulator", "name": "Played"}).want(201).str("id")
		const picture = "\xff\xd8\xff\xe0 picture"
		file := admin.uploadTo("/templates/media", "vase.jpg", picture).want(201).is("image/jpeg", "content_type").is("vase.jpg", "name").str("id")
		admin.uploadTo("/templates/media", "vase.gif", "GIF89a").refused(422, "invalid").field("file", "wrong_type")
		admin.uploadTo("/templates/media", "vase.jpg", picture+strings.Repeat("x", 5<<20)).refused(422, "invalid").field("file", "file_too_large")
		agent.uploadTo("/templates/media", "vase.jpg", picture).refused(403, "forbidden")
		draft := J{"channel_id": channel, "name": "spring", "language": "en", "category": "marketing", "header_format": "image", "body": "It is here."}
		admin.post("/templates", draft).refused(422, "invalid").field("header_file", "required")
		draft["header_file"], draft["header"] = file, "Look"
		admin.post("/templates", draft).refused(422, "invalid").field("header", "not_with_file")
		draft["header"], draft["header_format"] = "", "video"
		admin.post("/templates", draft).refused(422, "invalid").field("header_file", "wrong_kind")
		draft["header_format"] = "location"
		admin.post("/templates", draft).refused(422, "invalid").field("header_format", "unknown_format")
		delete(draft, "header_format")
		for _, nothing := range []string{"nope", strings.Repeat("x", 100_000)} {
			draft["header_file"] = nothing
			admin.post("/templates", draft).refused(422, "invalid").field("header_file", "unknown_file")
		}
		draft["header_file"] = file
		stranger := h.as(h.business("Other"))
		theirs := stranger.post("/channels", J{"kind": "simulator", "name": "Played"}).want(201).str("id")
		stranger.post("/templates", J{"channel_id": theirs, "name": "spring", "language": "en", "category": "marketing", "body": "It is here.", "header_file": file}).
			refused(422, "invalid").field("header_file", "unknown_file")
		made := admin.post("/templates", draft).want(201).is("image", "parts", "header", "format").is([]any{"header"}, "variables")
		path := "/templates/" + made.str("id") + "/edit"
		admin.post(path, J{"header_format": "image", "body": "It is still here."}).want(200).is("image", "parts", "header", "format")
		admin.post(path, J{"header_format": "document", "body": "It is still here."}).refused(422, "invalid").field("header_file", "required")
		admin.post(path, J{"body": "It is over."}).want(200).is([]any{}, "variables")
	})
}

func TestTemplates(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.as(h.admin)
		channel := admin.post("/channels", J{"kind": "simulator", "name": "Played"}).want(201).str("id")
		draft := J{"channel_id": channel, "name": "visit", "language": "en_GB", "category": "utility", "header": "Your visit", "body": "Hi {{1}}, we come at {{2}}.", "footer": "Acme",
			"buttons": []J{{"kind": "quick_reply", "text": "Fine"}}, "examples": J{"1": "Ann", "2": "nine"}}
		made := admin.post("/templates", draft).want(201).is("approved", "status").is("unknown", "quality").is([]any{"1", "2"}, "variables").is("Your visit", "parts", "header", "text").is(true, "usable")
		admin.post("/templates", draft).refused(422, "invalid").field("name", "taken")
		draft["name"], draft["body"], draft["examples"] = "Visit", "{{1}}", J{}
		admin.post("/templates", draft).refused(422, "invalid").field("name", "bad_name").field("body", "variable_at_edge").field("examples.1", "required")
		draft["channel_id"] = "nope"
		admin.post("/templates", draft).refused(422, "invalid").field("channel_id", "no_templates")

		path := "/templates/" + made.str("id")
		admin.patch(path, J{"fills": J{"1": "{{first_name|there}}"}}).want(200).is("{{first_name|there}}", "fills", "1")
		admin.patch(path, J{"fills": J{"1": "{{nobody}}", "9": "x"}}).refused(422, "invalid").field("variables.1", "unknown_merge_field").field("variables.9", "unknown_variable")
		text := J{"body": "Dear {{1}}, we come.", "examples": J{"1": "Ann"}}
		admin.post(path+"/edit", text).want(200).is("approved", "status").is("Dear {{1}}, we come.", "parts", "body").is([]any{"1"}, "variables").is("{{first_name|there}}", "fills", "1").is("visit", "name")
		admin.post(path+"/edit", J{"body": "{{1}}"}).refused(422, "invalid").field("body", "variable_at_edge").field("examples.1", "required")
		admin.post("/templates/sync", nil).want(204)
		agent := h.as(h.agent("tom@acme.example"))
		agent.get("/templates?count=true&channel_id="+channel).want(200).is(4, "count")
		agent.get(path).want(200).is("visit", "name")
		agent.delete(path).refused(403, "forbidden")
		agent.post(path+"/edit", text).refused(403, "forbidden")
		admin.delete(path).want(204)
		admin.get(path).refused(404, "not_found")
	})
}
