package web

import (
	"net/http"
	"net/url"
	"slices"
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
	fixed := list[slices.IndexFunc(list, func(t crm.Template) bool { return t.Parts.Header.IsMedia() })]
	wants(t, m.get(t, "/settings/templates/"+fixed.ID.String()+"/edit", http.StatusOK), "is changed in WhatsApp Manager")
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
