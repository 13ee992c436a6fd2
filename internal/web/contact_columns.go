package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"parley/internal/crm"
)

// Column is one column of the table of contacts.
type Column struct {
	Name, Label string
	Shown       bool
	Sort        string // where its heading leads to; empty: it has no order
	Sorted      string // ascending or descending, when the list is in its order
	field       *crm.CustomField
}

var columnLabels = map[string]string{"phone": "Phone", "email": "E-mail", "tags": "Tags", "assignee": "Assigned", "last_message": "Last message",
	"business_name": "Business", "country": "Country", "city": "City", "source": "Source", "opt_outs": "Opted out", "created": "Made"}

// columnsOf are the columns by their names.
func columnsOf(names []string, fields []crm.CustomField) []Column {
	var list []Column
	for _, name := range names {
		c := Column{Name: name, Label: columnLabels[name], Shown: true}
		if key, custom := strings.CutPrefix(name, "custom."); custom {
			at := slices.IndexFunc(fields, func(f crm.CustomField) bool { return f.Key == key })
			c.field, c.Label = &fields[at], fields[at].Label
		}
		list = append(list, c)
	}
	return list
}

// allColumns are those that are shown, in their order, and then the others.
func allColumns(shown []string, fields []crm.CustomField) []Column {
	list := columnsOf(shown, fields)
	names := slices.Clone(crm.ListColumns)
	for _, f := range fields {
		names = append(names, "custom."+f.Key)
	}
	for _, c := range columnsOf(names, fields) {
		if !slices.Contains(shown, c.Name) {
			c.Shown = false
			list = append(list, c)
		}
	}
	return list
}

// Custom is the value of a custom field as people read it.
func (c Column) Custom(contact *crm.Contact) string {
	if c.field == nil {
		return ""
	}
	return c.field.Show(contact.Custom[c.field.Key])
}

// Number reports whether its values stand at the right.
func (c Column) Number() bool { return c.field != nil && c.field.Kind == crm.CustomNumber }

// saveColumns handles POST /contacts/columns: shown (repeated, in order), the one to move
// as up or down, and query, the list to go back to. They are kept for the user alone.
func (s *Server) saveColumns(w http.ResponseWriter, r *http.Request) error {
	shown := slices.Clone(r.PostForm["shown"])
	for name, step := range map[string]int{"up": -1, "down": 1} {
		at := slices.Index(shown, r.PostFormValue(name))
		if to := at + step; at >= 0 && to >= 0 && to < len(shown) {
			shown[at], shown[to] = shown[to], shown[at]
		}
	}
	if err := s.Contacts.SetColumns(r.Context(), actor(r), shown); err != nil {
		return err
	}
	query, _ := url.ParseQuery(r.PostFormValue("query"))
	query.Del("columns") // of the view; now it is the user's own
	query.Set("menu", "columns")
	return seeOther(w, r, "/contacts?"+query.Encode())
}
