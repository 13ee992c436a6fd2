package web

import (
	"net/http"

	"parley/internal/app/contacts"
	"parley/internal/crm"
)

// exportPerson handles GET /contacts/{id}/export?format=json|vcard|html: all that is kept
// of a person in one file (C10). Admins only.
func (s *Server) exportPerson(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	format, ok := contacts.DossierFormatOf(r.URL.Query().Get("format"))
	if !ok {
		return crm.ErrNotFound
	}
	dossier, err := s.Contacts.Dossier(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", format.Type)
	h.Set("Content-Security-Policy", format.Policy+"; frame-ancestors 'none'")
	disposition := "attachment"
	if format.Inline() {
		disposition = "inline"
	}
	h.Set("Content-Disposition", disposition+`; filename="person-`+id.String()+format.Extension+`"`)
	w.WriteHeader(http.StatusOK)
	if err := format.Write(dossier, w); err != nil {
		s.Log.WarnContext(r.Context(), "the export of a person broke off", "error", err)
		panic(http.ErrAbortHandler) // so that nobody takes it for the whole
	}
	return nil
}
