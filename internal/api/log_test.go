package api_test

import (
	"strings"
	"testing"

	"parley/internal/channel/whatsapp"
	"parley/internal/crm"
)

// A5, C10: the log names nobody, not even at its most talkative and when everything fails:
// no number, no name, no word of a message.
func TestLogNamesNobody(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		marks := []string{"Zebediah", "Quillfeather", "7400777888", "quill.example", "Brontosaur", "Xylophonic"}
		admin := h.as(h.admin)
		ch := h.channel()
		person := J{"first_name": "Zebediah", "last_name": "Quillfeather", "phone": "+447400777888", "email": "zebediah@quill.example", "notes": "Xylophonic"}
		id := admin.post("/contacts", person).want(201).str("id")
		admin.post("/contacts", person).refused(409, "identity_taken")
		admin.post("/contacts", J{"first_name": "Zebediah", "phone": "7400777888-Quillfeather"}).want(422)
		admin.get("/contacts?q=Quillfeather").want(200)
		admin.with("If-Match", `"9"`).patch("/contacts/"+id, J{"notes": "Xylophonic"}).want(412)
		m := h.hears(ch, "+447400777888", "Brontosaur")
		admin.post("/conversations/"+m.str("id")+"/messages", J{"text": "Brontosaur"}).want(201)
		admin.get("/contacts/" + id + "/export?format=html").want(200)

		message := whatsapp.Signed("app-secret", publicURL+"/hooks/"+ch, whatsapp.Notification(whatsapp.Value{PhoneNumberID: "1001",
			Messages: []any{whatsapp.TextMessage(crm.Sender{Phone: "+447400777888"}, "Brontosaur", "wamid.2", h.clock.now())}}))
		h.exec("alter table message rename to message_away")
		h.call(message).want(200) // unfiled
		h.exec("alter table unfiled rename to unfiled_away")
		h.call(message).want(503)
		h.exec("alter table unfiled_away rename to unfiled")
		h.exec("alter table message_away rename to message")
		h.exec("alter table identity rename to identity_away")
		admin.post("/contacts", person).want(500)
		admin.get("/contacts?q=Quillfeather").want(500)
		h.exec("alter table identity_away rename to identity")
		admin.post("/contacts/"+id+"/erase", nil).want(200)

		log := h.log.String()
		if !strings.Contains(log, "level=ERROR") {
			t.Fatal("nothing failed loudly: it proves nothing")
		}
		for _, mark := range marks {
			if at := strings.Index(log, mark); at >= 0 {
				t.Errorf("the log holds %s: …%s…", mark, log[max(0, at-200):min(len(log), at+100)])
			}
		}
	})
}
