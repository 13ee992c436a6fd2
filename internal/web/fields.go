package web

import (
	"net/http"
	"slices"
	"strings"

	"parley/internal/app/contacts"
	"parley/internal/crm"
)

// FieldsPage lists the custom fields. Making one posts to /settings/fields: label, key,
// kind, options (one a line); changing to /settings/fields/{id}: label, option and
// option_value in pairs, options for more; moving to /settings/fields/{id}/move: place;
// deleting to /settings/fields/{id}/delete.
type FieldsPage struct {
	Settings
	Form   Form
	Fields []FieldRow
}

func (FieldsPage) template() string { return "fields" }

// Kinds are the choices.
func (FieldsPage) Kinds() []Option {
	return []Option{{"text", "Text"}, {"number", "Number"}, {"date", "Date"}, {"choice", "One of several"}, {"boolean", "Yes or no"}}
}

// FieldRow is one custom field with what uses it.
type FieldRow struct {
	Field crm.CustomField
	Use   contacts.FieldUse
	Place int
	Last  bool
	Form  Form // what was typed and refused
}

// KindName is the kind as people call it.
func (r FieldRow) KindName() string {
	for _, o := range (FieldsPage{}).Kinds() {
		if o.Value == string(r.Field.Kind) {
			return o.Label
		}
	}
	return string(r.Field.Kind)
}

// Up and Down are the places to move to.
func (r FieldRow) Up() int { return r.Place - 1 }

// Down is the place one further.
func (r FieldRow) Down() int { return r.Place + 1 }

// UsedBy is how many contacts have an option.
func (r FieldRow) UsedBy(value string) int { return r.Use.Options[value] }

// fieldsPage handles GET /settings/fields.
func (s *Server) fieldsPage(w http.ResponseWriter, r *http.Request) error {
	return s.showFields(w, r, http.StatusOK, Form{}, "")
}

// showFields shows the custom fields; refused is the field to which the form belongs, or
// empty for a new one.
func (s *Server) showFields(w http.ResponseWriter, r *http.Request, status int, form Form, refused crm.ID) error {
	settings, err := s.settingsShell(r, "settings", "fields", "Custom fields")
	if err != nil {
		return err
	}
	list, err := s.Contacts.CustomFields(r.Context(), actor(r))
	if err != nil {
		return err
	}
	page := FieldsPage{Settings: settings}
	if refused == "" {
		page.Form = form
	}
	for i, f := range list {
		row := FieldRow{Field: f, Place: i + 1, Last: i == len(list)-1}
		if row.Use, err = s.Contacts.UseOfField(r.Context(), actor(r), f); err != nil {
			return err
		}
		if f.ID == refused {
			row.Form = form
		}
		page.Fields = append(page.Fields, row)
	}
	return s.show(w, r, status, page)
}

// makeField handles POST /settings/fields: label, key, kind, options.
func (s *Server) makeField(w http.ResponseWriter, r *http.Request) error {
	form := readForm(r, "label", "key", "kind", "options")
	f := crm.CustomField{Label: form.Value("label"), Key: form.Value("key"), Kind: crm.CustomKind(form.Value("kind"))}
	if f.Kind == crm.CustomChoice {
		f.Options = moreOptions(form.Value("options"))
	}
	return s.putField(w, r, f, form, "")
}

// changeField handles POST /settings/fields/{id}: label, option_value and option, options.
func (s *Server) changeField(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	f, err := s.Contacts.CustomField(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	form := readForm(r, "label", "options")
	f.Label = form.Value("label")
	if f.Kind == crm.CustomChoice {
		f.Options = postedOptions(r, f.Options)
		f.Options = append(f.Options, moreOptions(form.Value("options"))...)
	}
	return s.putField(w, r, f, form, id)
}

// postedOptions are the options that were there, with their labels as posted; one whose
// label was emptied is left out.
func postedOptions(r *http.Request, old []crm.CustomOption) []crm.CustomOption {
	var list []crm.CustomOption
	labels := r.PostForm["option"]
	for i, value := range r.PostForm["option_value"] {
		at := slices.IndexFunc(old, func(o crm.CustomOption) bool { return o.Value == value })
		if at < 0 || i >= len(labels) || strings.TrimSpace(labels[i]) == "" {
			continue
		}
		list = append(list, crm.CustomOption{Value: value, Label: labels[i], Retired: old[at].Retired})
	}
	return list
}

func moreOptions(lines string) []crm.CustomOption {
	var list []crm.CustomOption
	for line := range strings.SplitSeq(lines, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, crm.CustomOption{Label: line})
		}
	}
	return list
}

func (s *Server) putField(w http.ResponseWriter, r *http.Request, f crm.CustomField, form Form, id crm.ID) error {
	_, err := s.Contacts.PutCustomField(r.Context(), actor(r), f)
	if crm.KindOf(err) == crm.Invalid {
		form.Fail(err)
		return s.showFields(w, r, statusOf(err), form, id)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/settings/fields?said=saved")
}

// moveField handles POST /settings/fields/{id}/move: place.
func (s *Server) moveField(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	if err := s.Contacts.MoveCustomField(r.Context(), actor(r), id, int(parseInt(r.PostFormValue("place")))); err != nil {
		return err
	}
	return seeOther(w, r, "/settings/fields")
}

// deleteField handles POST /settings/fields/{id}/delete.
func (s *Server) deleteField(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	if err := s.Contacts.DeleteCustomField(r.Context(), actor(r), id); err != nil {
		return err
	}
	return seeOther(w, r, "/settings/fields?said=ended-field")
}
