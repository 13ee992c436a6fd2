package api_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"parley/internal/channel"
	"parley/internal/channel/whatsapp"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// call makes a provider's call as it is.
func (h *house) call(c channel.Call) answer {
	h.t.Helper()
	r := httptest.NewRequest(c.Method, strings.TrimPrefix(c.URL, publicURL), strings.NewReader(string(c.Body)))
	r.Header = c.Header.Clone()
	w := httptest.NewRecorder()
	h.api.ServeHTTP(w, r)
	return answer{t: h.t, call: c.Method + " " + c.URL, status: w.Code, header: w.Header(), body: w.Body.String()}
}

// hears delivers a message of a stranger and returns its conversation.
func (h *house) hears(ch, phone, text string) answer {
	h.t.Helper()
	h.call(whatsapp.Signed("app-secret", publicURL+"/hooks/"+ch, whatsapp.Notification(whatsapp.Value{PhoneNumberID: "1001",
		Contacts: []any{whatsapp.Contact(crm.Sender{Phone: phone, ProfileName: "Zoe Zimmer"})},
		Messages: []any{whatsapp.TextMessage(crm.Sender{Phone: phone}, text, "wamid."+phone+text, h.clock.now())}}))).want(200)
	list := h.as(h.admin).get("/conversations?limit=1").want(200)
	list.json, _ = list.items()[0].(J)
	return list
}

func TestInbox(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.as(h.admin)
		agent := h.agent("tom@acme.example")
		v := h.hears(h.channel(), "+447400999001", "hello")
		v.is("open", "status").is("hello", "last_text").is(true, "unread").is("", "assignee_id").is("", "closed_at").is("everyone", "visibility", "mode")
		if v.str("window_closes_at") == "" || v.str("opened_at") == "" || v.str("channel_id") == "" {
			t.Errorf("a time is missing: %s", v.body)
		}
		path := "/conversations/" + v.str("id")
		contact := admin.get("/contacts/"+v.str("contact_id")).want(200).is(true, "name_is_placeholder").is("Zoe Zimmer", "profile_name").is("whatsapp", "source")
		admin.post("/contacts/"+contact.str("id")+"/use-profile-name", nil).want(200).is("Zoe", "first_name").is("Zimmer", "last_name").is(false, "name_is_placeholder")

		messages := admin.get(path+"/messages?count=true").want(200).is(1, "count").is("in", "items", 0, "direction").is("received", "items", 0, "status").
			is([]any{}, "items", 0, "media").is([]any{}, "items", 0, "reactions").is(J{}, "items", 0, "content")
		admin.get("/messages/"+messages.str("items", 0, "id")).want(200).is("hello", "text").is("+447400999001", "address").is("text", "type")

		admin.post(path+"/seen", nil).want(204)
		admin.get(path).want(200).is(false, "unread")
		h.as(agent).get(path).want(200).is(true, "unread")
		h.as(agent).post(path+"/assign", J{"user_id": agent.id}).want(200).is(agent.id, "assignee_id")
		admin.post(path+"/assign", J{"user_id": "nobody"}).refused(422, "invalid").field("user_id", "unknown_user")
		admin.post(path+"/assign", nil).refused(400, "body_missing")
		admin.post(path+"/assign", J{}).refused(422, "invalid").field("user_id", "required")
		admin.get("/conversations?view=mine&count=true").want(200).is([]any{}, "items").is(0, "count")
		h.as(agent).get("/conversations?view=mine&count=true").want(200).is(1, "count")
		admin.get("/conversations?q=zimmer&view=open").want(200).is(v.str("id"), "items", 0, "id")
		admin.get("/conversations?contact="+contact.str("id")).want(200).is(v.str("id"), "items", 0, "id")
		admin.get("/conversations?view=all").refused(422, "invalid").field("view", "unknown_value")

		sent := h.as(agent).post(path+"/messages", J{"text": "hi there"}).want(201).is("out", "direction").is("queued", "status").is("", "external_id")
		admin.get(path+"/messages?limit=1").want(200).is(sent.str("id"), "items", 0, "id")
		older := admin.get(path + "/messages?limit=1").want(200).str("next")
		admin.get(path+"/messages?limit=1&after="+older).want(200).is("hello", "items", 0, "text").is("", "next")
		admin.post(path+"/messages", J{"text": ""}).refused(422, "invalid").field("text", "required")
		admin.post(path+"/messages", J{"text": "x", "channel_id": "nope"}).refused(422, "invalid").field("channel_id", "unknown_channel")
		admin.post(path+"/messages", J{"text": "x", "template": J{"name": "y", "language": "en"}}).refused(422, "invalid").field("text", "not_with_template")

		h.as(agent).post(path+"/visibility", J{"mode": "everyone"}).refused(403, "forbidden")
		admin.post(path+"/visibility", J{"mode": "chosen", "user_ids": []string{}}).refused(422, "invalid")
		admin.post(path+"/visibility", J{"mode": "chosen", "user_ids": []string{agent.id}}).want(200).is("chosen", "visibility", "mode")
		admin.get(path).refused(404, "not_found")
		other := h.agent("eve@acme.example")
		h.as(other).get(path).refused(404, "not_found")
		h.as(agent).post(path+"/close", nil).want(200).is("closed", "status")
		h.as(agent).post(path+"/reopen", J{}).want(200).is("open", "status").is("everyone", "visibility", "mode")
		admin.post(path+"/assign", J{"user_id": h.admin.id}).want(200)
		h.as(agent).post(path+"/close", nil).refused(403, "assigned_to_other")

		h.clock.advance(25 * time.Hour)
		admin.post(path+"/messages", J{"text": "late"}).refused(409, "window_closed")
		admin.delete("/contacts/" + contact.str("id")).want(200).is(J{"outcome": "archived", "open_conversations": 1, "open_invoices": 0})
	})
}

func TestUnfiledRetry(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.as(h.admin)
		ch := h.channel()
		u := admin.post("/users", J{"name": "Tom", "email": "tom@acme.example", "phone": "+447400999002", "role": "agent"}).want(201)
		h.hears2(ch, "+447400999002", "from my own phone")
		list := admin.get("/unfiled?count=true").want(200).is(1, "count").is("team_member", "items", 0, "reason").is("from my own phone", "items", 0, "text")
		path := "/unfiled/" + list.str("items", 0, "id") + "/retry"
		admin.post(path, nil).want(200).is(false, "filed")
		// What could not be filed again stands as it stood, under its id.
		if again := admin.get("/unfiled?count=true").want(200); again.body != list.body {
			t.Errorf("after a retry in vain: %s, before: %s", again.body, list.body)
		}
		admin.patch("/users/"+u.str("id"), J{"phone": ""}).want(200).is("", "phone")
		first := admin.with("Idempotency-Key", "retry").post(path, nil).want(200).is(true, "filed")
		// The message is no longer there, and the answer is the same (contract).
		again := admin.with("Idempotency-Key", "retry").post(path, nil).want(200)
		if again.body != first.body {
			t.Errorf("again: %s", again.body)
		}
		admin.post(path, nil).refused(404, "not_found")
	})
}

// hears2 delivers a message that makes no conversation.
func (h *house) hears2(ch, phone, text string) {
	h.t.Helper()
	h.call(whatsapp.Signed("app-secret", publicURL+"/hooks/"+ch, whatsapp.Notification(whatsapp.Value{PhoneNumberID: "1001",
		Messages: []any{whatsapp.TextMessage(crm.Sender{Phone: phone}, text, "wamid."+phone+text, h.clock.now())}}))).want(200)
}

// V6: a template is taken where free text is not; what is wrong with it is said at its field.
func TestSendTemplate(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		v := h.hears(h.channel(), "+447400999001", "hello")
		channel, _ := crm.ParseID(v.str("channel_id"))
		if err := h.db.Write(t.Context(), func(tx *db.Tx) error {
			store.PutTemplate(tx, crm.Template{BusinessID: h.admin.business, ID: crm.NewID(h.clock.now()), ChannelID: channel, Name: "visit", Language: "en_GB",
				Category: crm.Utility, Status: crm.TemplateApproved, Parts: crm.TemplateParts{Body: "Hi {{1}}, we come at nine."}, SyncedAt: h.clock.now()})
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		h.clock.advance(25 * time.Hour)
		admin, path := h.as(h.admin), "/conversations/"+v.str("id")+"/messages"
		admin.post(path, J{"text": "hi"}).refused(409, "window_closed")
		admin.post(path, J{"template": J{"name": "visit", "language": "en_GB", "variables": J{"1": "{{first_name|there}}"}}}).want(201).
			is("template", "type").is("Hi there, we come at nine.", "text").is("Hi there, we come at nine.", "content", "template", "shown", "body")
		admin.post(path, J{"template": J{"name": "visit", "language": "en_GB", "variables": J{"1": "{{first_nam}}"}}}).refused(422, "invalid").field("template.variables.1", "unknown_merge_field")
		admin.post(path, J{"template": J{"name": "visit", "language": "en_GB"}}).refused(422, "invalid").field("template.variables.1", "required")
		admin.post(path, J{"template": J{"name": "other", "language": "en_GB"}}).refused(422, "invalid").field("template.name", "unknown_template")
	})
}
