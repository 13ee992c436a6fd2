package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"parley/internal/app/contacts"
	"parley/internal/crm"
)

// mergePage handles GET /contacts/{id}/merge?into=: both side by side; without into, a
// search for the other one (?q=). Admins only.
func (s *Server) mergePage(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	into, ok := crm.ParseID(r.URL.Query().Get("into"))
	if !ok {
		return s.mergeChooser(w, r, id)
	}
	return s.showMerge(w, r, http.StatusOK, contacts.Merging{From: id, Into: into}, "")
}

func (s *Server) showMerge(w http.ResponseWriter, r *http.Request, status int, m contacts.Merging, refusal string) error {
	page := MergePage{Error: refusal}
	choices := m.Choices
	if refusal != "" {
		m.Choices = nil // what was refused cannot be previewed; the page shows the choices
	}
	var err error
	if page.Preview, err = s.Contacts.PreviewMerge(r.Context(), actor(r), m); err != nil {
		return err
	}
	if page.Shell, err = s.shell(r, "contacts", "Merge two contacts"); err != nil {
		return err
	}
	if page.Names, err = s.namesInHistory(r); err != nil {
		return err
	}
	page.mergeRows(choices)
	return s.show(w, r, status, page)
}

func (s *Server) mergeChooser(w http.ResponseWriter, r *http.Request, id crm.ID) error {
	page := MergeChooser{Query: strings.TrimSpace(r.URL.Query().Get("q"))}
	var err error
	if page.Contact, err = s.Contacts.Get(r.Context(), actor(r), id); err != nil {
		return err
	}
	if page.Shell, err = s.shell(r, "contacts", "Merge "+page.Contact.Name()); err != nil {
		return err
	}
	if page.Query == "" {
		return s.show(w, r, http.StatusOK, page)
	}
	for _, status := range []crm.Status{crm.Active, crm.Archived} {
		list, err := s.Contacts.List(r.Context(), actor(r), crm.Filter{Query: page.Query, Status: status}, "", nil, 20, false)
		if err != nil {
			return err
		}
		for _, c := range list.Contacts {
			if c.ID != id {
				page.Found = append(page.Found, c)
			}
		}
	}
	return s.show(w, r, http.StatusOK, page)
}

// merge handles POST /contacts/{id}/merge (C11). Admins only.
func (s *Server) merge(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	into, _ := crm.ParseID(r.PostFormValue("into"))
	m := contacts.Merging{From: id, Into: into, Choices: map[string]crm.MergeChoice{}}
	for name, values := range r.PostForm {
		if field, ok := strings.CutPrefix(name, "choose."); ok {
			m.Choices[field] = crm.MergeChoice(values[0])
		}
	}
	c, merge, err := s.Contacts.Merge(r.Context(), actor(r), m)
	var e *crm.Error
	if errors.As(err, &e) && (e.Kind == crm.Invalid || e.Kind == crm.Conflicting) {
		if _, problem := s.Contacts.PreviewMerge(r.Context(), actor(r), contacts.Merging{From: id, Into: into}); problem == nil {
			return s.showMerge(w, r, statusOf(err), m, refusalText(e))
		}
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/contacts/"+c.ID.String()+"?"+url.Values{"said": {"merged"}, "merge": {merge.String()}}.Encode())
}

// refusalText is what an error says in one text.
func refusalText(err error) string {
	var e *crm.Error
	if errors.As(err, &e) {
		return e.Sentences()
	}
	return err.Error()
}

// undoMerge handles POST /merges/{id}/undo (C11). Admins only.
func (s *Server) undoMerge(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	p, err := s.Contacts.Undo(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	return seeOther(w, r, "/contacts/"+p.Kept.ID.String()+"?said=parted")
}

// goneContact answers for a contact that is not there: where it became part of another
// one, that is where it leads (C11).
func (s *Server) goneContact(w http.ResponseWriter, r *http.Request, id crm.ID, notFound error) error {
	into, err := s.Contacts.MergedInto(r.Context(), actor(r), id)
	if err != nil || into == "" {
		return errors.Join(err, notFound)
	}
	return seeOther(w, r, "/contacts/"+into.String()+"?said=merged-away")
}
