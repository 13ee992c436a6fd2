package web

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"parley/internal/crm"
	"parley/internal/store"
)

// bring posts a file as the composer does.
func (s *site) bring(t *testing.T, path, name, content string) (int, string) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write([]byte(content))
	_ = form.Close()
	r, err := http.NewRequest("POST", s.URL+path, &body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("HX-Request", "true")
	answer, err := s.browser.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// Files, a quote, a reaction and a saved reply, as the page does it.
func TestComposer(t *testing.T) {
	s := newSite(t)
	s.Put(t, "Priya", "Shah", "+447400123456", "")
	s.Receive(t, s.WhatsApp, s.Text("+447400123456", "Do you have a picture?"))
	v := s.Conversations(t, s.M, store.ViewOpen)[0]
	path, asked := "/inbox/"+v.ID.String(), s.Thread(t, v.ID)[0]
	m := s.signIn(t, s.M)
	wants(t, m.get(t, path, http.StatusOK), "data-attach", "data-quote", "data-react", `data-accept="image/jpeg`)

	status, body := m.bring(t, path+"/files?channel_id="+s.WhatsApp.ID.String(), "vase.jpg", "MZ\x90\x00")
	if status != http.StatusUnprocessableEntity || !strings.Contains(body, "vase.jpg is not what its name says") {
		t.Errorf("a lie: %d %s", status, body)
	}
	var ids []string
	for _, name := range []string{"vase.jpg", "pot.jpg", "gone.jpg"} {
		status, body := m.bring(t, path+"/files", name, "\xff\xd8\xff "+name)
		if status != http.StatusOK {
			t.Fatalf("%s: %d %s", name, status, body)
		}
		ids = append(ids, regexp.MustCompile(`data-file="(\w+)"`).FindStringSubmatch(body)[1])
	}
	m.part(t, "POST", path+"/files/"+ids[2]+"/delete", nil, http.StatusNoContent)
	send := url.Values{"text": {"Two of them"}, "channel_id": {s.WhatsApp.ID.String()}, "quoted": {asked.ID.String()}, "file": {ids[0], ids[2]}}
	status, body, answer := m.do(t, "POST", path+"/messages", send, true)
	if status != http.StatusUnprocessableEntity || answer.Header.Get("HX-Retarget") != "#composer" {
		t.Errorf("a file that is gone: %d", status)
	}
	wants(t, body, "There is no such file", "vase.jpg", "Two of them")
	if n := len(s.Thread(t, v.ID)); n != 1 {
		t.Fatalf("%d messages: half of it was sent", n)
	}
	send["file"] = ids[:2]
	wants(t, m.part(t, "POST", path+"/messages", send, http.StatusOK), "Two of them", "Do you have a picture?")
	thread := s.Thread(t, v.ID)
	if len(thread) != 3 || thread[1].Text != "Two of them" || thread[1].Content.QuotedID == "" || thread[2].Text != "" || thread[2].Type != crm.ImageMessage || thread[2].Content.QuotedID != "" {
		t.Errorf("sent %+v", thread)
	}

	wants(t, m.part(t, "POST", path+"/messages/"+asked.ID.String()+"/reaction", url.Values{"emoji": {"👍"}}, http.StatusOK), "👍", "Your team")
	m.part(t, "POST", path+"/messages/"+asked.ID.String()+"/reaction", url.Values{"emoji": {"hello"}}, http.StatusUnprocessableEntity)

	wants(t, m.get(t, "/settings/replies", http.StatusOK), "No saved replies yet")
	wants(t, m.post(t, "/settings/replies", url.Values{"name": {"Hours"}, "text": {"{{nobody}}"}}, http.StatusUnprocessableEntity), "There is no field {{nobody}}.")
	m.post(t, "/settings/replies", url.Values{"name": {"Opening hours"}, "text": {"Hi {{first_name|there}}, from nine."}}, http.StatusOK)
	wants(t, m.part(t, "GET", path+"/replies?q=hou", nil, http.StatusOK), `data-insert="Hi Priya, from nine."`)
	wants(t, m.part(t, "GET", path+"/replies?q=zzz", nil, http.StatusOK), "No saved reply begins so.")

	wants(t, m.part(t, "POST", "/sms-parts", url.Values{"text": {strings.Repeat("a", 161)}}, http.StatusOK), "2 SMS parts · 145 left · GSM-7")
	wants(t, m.part(t, "POST", "/sms-parts", url.Values{"text": {"it’s"}}, http.StatusOK), "1 SMS · 66 left · UCS-2", "“’” is not in the alphabet")
}
