package web

import (
	"net/http"
	"net/url"
	"testing"
	"time"

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
