package web

import (
	"net/http"

	"parley/internal/crm"
)

// ErasePage asks before a person is erased (C10).
type ErasePage struct {
	Shell
	Contact *crm.Contact
	Error   string
}

func (ErasePage) template() string { return "erase-contact" }

// askErase handles GET /contacts/{id}/erase. Admins only.
func (s *Server) askErase(w http.ResponseWriter, r *http.Request) error {
	return s.showErase(w, r, http.StatusOK, "")
}

func (s *Server) showErase(w http.ResponseWriter, r *http.Request, status int, problem string) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	page := ErasePage{Error: problem}
	if page.Contact, err = s.Contacts.Get(r.Context(), actor(r), id); err != nil {
		return err
	}
	if page.Shell, err = s.shell(r, "contacts", page.Contact.Name()); err != nil {
		return err
	}
	return s.show(w, r, status, page)
}

// eraseContact handles POST /contacts/{id}/erase with sure=yes. Admins only.
func (s *Server) eraseContact(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	if r.PostFormValue("sure") != "yes" {
		return s.showErase(w, r, http.StatusUnprocessableEntity, "Tick the box to say that you are sure.")
	}
	if err := s.Contacts.Erase(r.Context(), actor(r), id); err != nil {
		return err
	}
	return seeOther(w, r, "/contacts?said=erased")
}
