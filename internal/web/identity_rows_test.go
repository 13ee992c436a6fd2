package web

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"parley/internal/crm"
	"parley/internal/store"
)

// I8: several phones and e-mails in the form, with labels and one main one, with nothing
// but forms.
func TestSeveralIdentities(t *testing.T) {
	s := newSite(t)
	a := s.signIn(t, s.A)
	typed := url.Values{"first_name": {"Priya"}, "last_name": {"Shah"},
		"phones": {"07400 111333", "0113 496 0999"}, "phones.label": {"mobile", "work"}, "phones.primary": {"1"},
		"emails": {""}, "emails.label": {""}}
	more := maps.Clone(typed)
	more.Set("more", "phones")
	wants(t, a.post(t, "/contacts", more, http.StatusOK), `id="f-phone-3"`, `value="work"`, `value="07400 111333"`)
	dropped := maps.Clone(typed)
	dropped.Set("drop", "phones.0")
	if body := a.post(t, "/contacts", dropped, http.StatusOK); strings.Contains(body, "07400 111333") {
		t.Error("the row is still there")
	}
	wrong := maps.Clone(typed)
	wrong["phones"] = []string{"07400 111333", "0113"}
	wants(t, a.post(t, "/contacts", wrong, http.StatusUnprocessableEntity), `id="f-phone-2-error">`)
	page := a.post(t, "/contacts", typed, http.StatusOK)
	wants(t, page, `value="&#43;44 113 496 0999"`, `id="f-phone-hint">This is a landline`, `value="&#43;44 7400 111333"`)
	// A label alone is a change, and what nobody touched stays as it was entered.
	c := s.All(t)[0]
	was := "+44 113 496 0999\twork\tmain\n+44 7400 111333\tmobile"
	a.post(t, "/contacts/"+c.ID.String(), url.Values{"version": {"1"}, "was.phones": {was}, "phones": {"+44 113 496 0999", "+44 7400 111333"},
		"phones.label": {"office", "mobile"}, "phones.primary": {"0"}}, http.StatusOK)
	got := s.All(t)[0]
	if i := got.Identities[0]; i.Label != "office" || i.Entered != "0113 496 0999" || i.Value != "+441134960999" || !i.Primary {
		t.Errorf("%+v", i)
	}
}

// I6: a number that somebody has is taken over with the save, or what was typed is added
// to whoever has it; each one click.
func TestTakenNumber(t *testing.T) {
	s := newSite(t)
	a := s.signIn(t, s.A)
	holder := s.Put(t, "Priya", "Shah", "07400 777888", "priya@shah.example")
	typed := url.Values{"first_name": {"Amir"}, "last_name": {"Khan"}, "notes": {"tulips"}, "phones": {"07400 777888"}, "phones.label": {""}, "emails": {"amir@khan.example"}, "emails.label": {""}}
	add := "/contacts/" + holder.ID.String() + "/add"
	wants(t, a.post(t, "/contacts", typed, http.StatusConflict), add, `name="take" value="`+holder.ID.String(), `id="f-phone-error"`)
	wants(t, a.post(t, add, typed, http.StatusOK), "Nothing is saved yet", `value="amir@khan.example"`, "tulips", `value="Priya"`)
	typed.Set("take", holder.ID.String())
	wants(t, a.post(t, "/contacts", typed, http.StatusOK), "Amir Khan", `value="&#43;44 7400 777888"`)
	if now, err := s.Contacts.Get(t.Context(), s.M, holder.ID); err != nil || now.Phone() != "" || now.Email() != "priya@shah.example" {
		t.Errorf("%+v, %v", now, err)
	}
}

// The panel beside a thread shows all that somebody is known by, and each leads to its field.
func TestPanelShowsAllIdentities(t *testing.T) {
	s := newSite(t)
	a := s.signIn(t, s.A)
	s.Receive(t, s.WhatsApp, s.Text("+447400333444", "hello"))
	row := s.Conversations(t, s.A, store.ViewOpen)[0]
	wants(t, a.get(t, "/inbox/"+row.ID.String()+"/panel", http.StatusOK), "Add another<span")
	identities := []crm.Identity{{Kind: crm.PhoneIdentity, Value: "+447400333444", Label: "mobile"}, {Kind: crm.PhoneIdentity, Value: "+441134960999", Label: "work"},
		{Kind: crm.EmailIdentity, Value: "one@shah.example"}, {Kind: crm.EmailIdentity, Value: "two@shah.example", Label: "home"}}
	if _, err := s.Contacts.Put(t.Context(), s.A, crm.Draft{ID: row.ContactID, Identities: &identities}); err != nil {
		t.Fatal(err)
	}
	panel := a.get(t, "/inbox/"+row.ID.String()+"/panel", http.StatusOK)
	wants(t, panel, `>mobile</span>`, "&#43;44 113 496 0999</a>", ">work</span>", "two@shah.example</a>", ">home</span>", "Edit all")
	page := a.get(t, "/contacts/"+row.ContactID.String(), http.StatusOK)
	for _, field := range []string{"f-phone-2", "f-email-2", "phones"} {
		wants(t, panel, "/contacts/"+row.ContactID.String()+"#"+field)
		wants(t, page, `id="`+field+`"`)
	}
}
