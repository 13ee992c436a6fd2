package web

import (
	"net/http"
	"strings"

	"parley/internal/crm"
)

// addToContact handles POST /contacts/{id}/add: what was typed into the form of a new
// contact, laid over one that is there (I6). What the contact has stays, what it lacks is
// filled in, and nothing is saved before the person says so.
func (s *Server) addToContact(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	c, err := s.Contacts.Get(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	typed, err := readContact(r, id)
	if err != nil {
		return err
	}
	form, err := s.contactForm(r, c, "")
	if err != nil {
		return err
	}
	values := map[string]string{}
	for name, value := range form.Values {
		values[name] = value
	}
	for _, f := range crm.TextFields {
		name := string(f)
		placeholder := c.NameIsPlaceholder && (f == crm.FirstName || f == crm.LastName)
		if text := typed.typed[name]; text != "" && (values[name] == "" || placeholder) {
			values[name] = text
		}
	}
	values["tags"] = joinIDs(splitIDs(values["tags"] + "," + typed.typed["tags"]))
	for name, kind := range identityLists {
		values[name] = joinRows(values[name], typed.typed[name], kind, form)
	}
	form.Values, form.Added = values, true
	if err := s.completeForm(r, &form); err != nil {
		return err
	}
	return s.showContact(w, r, http.StatusOK, c, form)
}

// joinRows adds rows that are not there yet.
func joinRows(has, more string, kind crm.IdentityKind, f ContactForm) string {
	rows := decodeRows(has)
	held := strings.ReplaceAll(has, " ", "")
	for _, row := range decodeRows(more) {
		if phone, err := crm.ParsePhone(row.Text, f.Country, f.Demo); kind == crm.PhoneIdentity && err == nil {
			row.Text = crm.ShowPhone(phone.E164)
		}
		if !strings.Contains(strings.ToLower(held), strings.ToLower(strings.ReplaceAll(row.Text, " ", ""))) {
			row.Primary = len(rows) == 0
			rows = append(rows, row)
		}
	}
	return encodeRows(rows)
}
