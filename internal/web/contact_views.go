package web

import (
	"net/http"
	"net/url"

	"parley/internal/crm"
)

// ViewTab is a saved view above the list.
type ViewTab struct {
	ID      crm.ID
	Name    string
	Shared  bool
	Mine    bool // the reader may change it
	Current bool
	Address string
	Missing bool // it asks for what is not there any more
}

// viewTabs are the views of the reader.
func (s *Server) viewTabs(r *http.Request, l contactList) ([]ViewTab, error) {
	views, err := s.Contacts.Views(r.Context(), actor(r))
	var tabs []ViewTab
	for _, v := range views {
		tabs = append(tabs, ViewTab{ID: v.ID, Name: v.Name, Shared: v.Shared(), Mine: !v.Shared() || actor(r).IsAdmin(), Current: l.view == v.ID,
			Address: viewAddress(v), Missing: crm.ParseFilter(v.Filter, l.words).Err() != nil})
	}
	return tabs, err
}

// viewAddress is the list of a view: its filter stands in the address, so that it can be
// given to anybody.
func viewAddress(v crm.View) string {
	values := url.Values{}
	for name, list := range v.Filter {
		values[name] = list
	}
	if v.Sort != "" && v.Sort != crm.LastActiveFirst {
		values.Set("sort", string(v.Sort))
	}
	if len(v.Columns) > 0 {
		values["columns"] = v.Columns
	}
	values.Set("view", v.ID.String())
	return listAddress(values)
}

// saveView handles POST /views and POST /views/{id}: name, shared, and
// query, the list that is saved; without query a view is renamed only.
func (s *Server) saveView(w http.ResponseWriter, r *http.Request) error {
	v := crm.View{OwnerID: actor(r).UserID}
	if r.PathValue("id") != "" {
		id, err := pathID(r, "id")
		if err != nil {
			return err
		}
		if v, err = s.Contacts.View(r.Context(), actor(r), id); err != nil {
			return err
		}
	} else if r.PostFormValue("shared") != "" {
		v.OwnerID = ""
	}
	if name := r.PostFormValue("name"); name != "" || v.ID == "" {
		v.Name = name
	}
	var err error
	if query, ok := r.PostForm["query"]; ok {
		values, _ := url.ParseQuery(query[0])
		v.Sort, v.Columns = crm.Sort(values.Get("sort")), values["columns"]
		if v.Columns == nil {
			var fields []crm.CustomField
			if fields, err = s.Contacts.CustomFields(r.Context(), actor(r)); err != nil {
				return err
			}
			if v.Columns, err = s.Contacts.Columns(r.Context(), actor(r), fields); err != nil {
				return err
			}
		}
		for _, name := range []string{"sort", "columns", "view"} {
			delete(values, name)
		}
		v.Filter = values
		v, err = s.Contacts.PutView(r.Context(), actor(r), v)
	} else {
		v, err = s.Contacts.RenameView(r.Context(), actor(r), v.ID, v.Name)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, viewAddress(v))
}

// deleteView handles POST /views/{id}/delete.
func (s *Server) deleteView(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	if err := s.Contacts.DeleteView(r.Context(), actor(r), id); err != nil {
		return err
	}
	return seeOther(w, r, "/contacts?said=view-gone")
}
