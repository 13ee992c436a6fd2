package web

import (
	"bytes"
	"net/http"
	"net/url"

	"parley/internal/crm"
	"parley/internal/store"
)

// headerFileOf is the file that a form names as the example of its header; none where the
// header has no file, whatever was brought before.
func headerFileOf(form Form, t crm.Template) crm.ID {
	if !t.Parts.Header.IsMedia() {
		return ""
	}
	return crm.ID(form.Value("header_file"))
}

// headerFile is what is known of that file, nothing where it is gone.
func (s *Server) headerFile(r *http.Request, form Form) (f store.TemplateFile, err error) {
	id, ok := crm.ParseID(form.Value("header_file"))
	if !ok {
		return f, nil
	}
	f, _, err = s.Inbox.TemplateFile(r.Context(), actor(r), id)
	return f, err
}

// bringTemplateFile handles POST /settings/template-files?kept=: a file. It answers with the
// field, and with what is wrong where it was not taken.
func (s *Server) bringTemplateFile(w http.ResponseWriter, r *http.Request) error {
	view := HeaderFile{}
	if kept := (crm.TemplateHeader{Format: crm.HeaderFormat(r.URL.Query().Get("kept"))}); kept.IsMedia() {
		view.Kept = kept.Format
	}
	name, content, err := postedFile(r)
	if err == nil {
		view.File, err = s.Inbox.BringTemplateFile(r.Context(), actor(r), name, content)
	}
	if crm.KindOf(err) == crm.Invalid {
		var form Form
		form.Fail(err)
		view.Error = firstText(form.Error("file"), form.Error(""))
		return s.show(w, r, statusOf(err), view)
	}
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, view)
}

// templateFile handles GET /settings/template-files/{id}: a picture that the asker brought.
func (s *Server) templateFile(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	f, content, err := s.Inbox.TemplatePicture(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Cache-Control", "private, max-age=86400")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Content-Type", f.Type)
	h.Set("Content-Disposition", "inline; filename*=UTF-8''"+url.PathEscape(f.Name))
	http.ServeContent(w, r, "", f.CreatedAt, bytes.NewReader(content))
	return nil
}
