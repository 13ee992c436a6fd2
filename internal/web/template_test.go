package web

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/internal/crm"
	"parley/internal/store"
)

// V6: outside the window the page offers templates, filled from the contact, and sends one.
func TestTemplateInTheComposer(t *testing.T) {
	s := newSite(t)
	s.Put(t, "Priya", "Shah", "+447400123456", "")
	s.Receive(t, s.WhatsApp, s.Text("+447400123456", "hello"))
	path := "/inbox/" + s.Conversations(t, s.M, store.ViewOpen)[0].ID.String()
	m := s.signIn(t, s.M)
	m.post(t, "/settings/templates/sync", nil, http.StatusOK)
	s.Sleep(25 * time.Hour)
	wants(t, m.get(t, path, http.StatusOK), `hx-get="`+path+`/template?channel_id=`, "data-window")
	form := m.part(t, "GET", path+"/template?channel_id="+s.WhatsApp.ID.String(), nil, http.StatusOK)
	wants(t, form, "Hello Priya, you wrote", `value="Priya"`, "order_ready")
	list, err := s.Inbox.Templates(t.Context(), s.M, "")
	if err != nil {
		t.Fatal(err)
	}
	var chosen crm.ID
	for _, t := range list {
		if t.Name == "order_ready" {
			chosen = t.ID
		}
	}
	values := url.Values{"channel_id": {s.WhatsApp.ID.String()}, "template": {chosen.String()}, "variables.1": {"{{first_name}}"}}
	wants(t, m.part(t, "POST", path+"/template", values, http.StatusUnprocessableEntity), "The template needs a value for {{2}}.")
	values.Set("variables.2", "A-7")
	// What is typed stands as it is: it holds no merge fields.
	wants(t, m.part(t, "POST", path+"/template", values, http.StatusOK), "Hi {{first_name}}, your order A-7 is ready.")
}

// A template is changed on its page, with what it says now in the form.
func TestEditTemplate(t *testing.T) {
	s := newSite(t)
	m := s.signIn(t, s.M)
	m.post(t, "/settings/templates/sync", nil, http.StatusOK)
	list, err := s.Inbox.Templates(t.Context(), s.M, "")
	if err != nil {
		t.Fatal(err)
	}
	ready := list[slices.IndexFunc(list, func(t crm.Template) bool { return t.Name == "order_ready" })]
	path := "/settings/templates/" + ready.ID.String()
	wants(t, m.get(t, path, http.StatusOK), path+"/edit")
	form := templateDraftOf(ready.Parts)
	wants(t, m.get(t, path+"/edit", http.StatusOK), ready.Parts.Body)
	if diff := cmp.Diff(ready.Parts, readTemplateDraft(Form{Values: form}).Parts); diff != "" {
		t.Errorf("the form is read otherwise than it was written (-is +read):\n%s", diff)
	}
	values := url.Values{}
	for name, value := range form {
		values.Set(name, value)
	}
	values.Set("body", "{{1}}")
	wants(t, m.post(t, path+"/edit", values, http.StatusUnprocessableEntity), "may not begin or end with a variable")
	values.Set("body", "Hello {{1}}, all is new.")
	values.Set("examples", "1 = Ann")
	m.post(t, path+"/edit", values, http.StatusOK)
	if now, err := s.Inbox.Template(t.Context(), s.M, ready.ID); err != nil || now.Parts.Body != "Hello {{1}}, all is new." {
		t.Errorf("%+v, %v", now, err)
	}
}

// A picture is brought for the head of a template, is shown in it, outlives what is wrong
// elsewhere in the form, and another may take its place later.
func TestTemplateWithFile(t *testing.T) {
	s := newSite(t)
	m := s.signIn(t, s.M)
	wants(t, m.get(t, "/settings/templates/new", http.StatusOK), `name="header_format"`, `id="header-file"`)
	const files = "/settings/template-files"
	if status, body := m.bring(t, files, "vase.gif", "GIF89a"); status != http.StatusUnprocessableEntity || !strings.Contains(body, "vase.gif cannot be the header of a template") {
		t.Errorf("a GIF: %d %s", status, body)
	}
	if status, body := m.bring(t, files+"?kept=image", "vase.jpg", "%PDF-1.7"); status != http.StatusUnprocessableEntity || !strings.Contains(body, "Without another one the picture") {
		t.Errorf("a lie: %d %s", status, body)
	}
	bring := func(name, content string) string {
		t.Helper()
		status, body := m.bring(t, files, name, content)
		if status != http.StatusOK {
			t.Fatalf("%s: %d %s", name, status, body)
		}
		return regexp.MustCompile(`name="header_file" value="(\w+)"`).FindStringSubmatch(body)[1]
	}
	vase, prices := bring("vase.jpg", "\xff\xd8\xff a vase"), bring("prices.pdf", "%PDF-1.7 prices")
	if got := m.get(t, files+"/"+vase, http.StatusOK); got != "\xff\xd8\xff a vase" {
		t.Errorf("the picture is %q", got)
	}
	m.get(t, files+"/"+prices, http.StatusNotFound) // a document is not shown
	s.signIn(t, s.A).get(t, files+"/"+vase, http.StatusForbidden)
	values := url.Values{"channel_id": {s.WhatsApp.ID.String()}, "name": {"spring"}, "language": {"en"}, "category": {"marketing"}, "header_format": {"image"}, "header": {"a line from before"}, "body": {""}}
	wants(t, m.post(t, "/settings/templates", values, http.StatusUnprocessableEntity), "Choose an example")
	values.Set("header_file", prices)
	wants(t, m.post(t, "/settings/templates", values, http.StatusUnprocessableEntity), "prices.pdf is a document", `value="`+prices+`"`)
	values.Set("header_file", vase)
	wants(t, m.post(t, "/settings/templates", values, http.StatusUnprocessableEntity), "This is needed", `value="`+vase+`"`, `src="`+files+"/"+vase+`"`)
	wants(t, m.part(t, "POST", "/settings/templates/preview", values, http.StatusOK), `src="`+files+"/"+vase+`"`)
	values.Set("header_format", "video")
	wants(t, m.part(t, "POST", "/settings/templates/preview", values, http.StatusOK), "vase.jpg")
	values.Set("header_format", "image")
	values.Set("body", "It is here.")
	m.post(t, "/settings/templates", values, http.StatusOK)
	list, err := s.Inbox.Templates(t.Context(), s.M, "")
	if err != nil || len(list) != 1 || list[0].Parts.Header != (crm.TemplateHeader{Format: crm.HeaderImage}) {
		t.Fatalf("%+v, %v", list, err)
	}
	path := "/settings/templates/" + list[0].ID.String() + "/edit"
	wants(t, m.get(t, path, http.StatusOK), "Without another one the picture that it has now stays")
	values.Del("header_file")
	values.Set("body", "It is here again.")
	m.post(t, path, values, http.StatusOK)
	values.Set("header_format", "document")
	wants(t, m.post(t, path, values, http.StatusUnprocessableEntity), "Choose an example")
	values.Set("header_file", prices)
	m.post(t, path, values, http.StatusOK)
	if list, err = s.Inbox.Templates(t.Context(), s.M, ""); err != nil || list[0].Parts.Header.Format != crm.HeaderDocument || list[0].Parts.Body != "It is here again." {
		t.Errorf("%+v, %v", list, err)
	}
}
