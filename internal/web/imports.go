package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"

	"parley/internal/app/imports"
	"parley/internal/crm"
)

const (
	importsPath      = "/imports"
	importsAtOnce    = 30
	importRowsAtOnce = 50
)

func importPath(id crm.ID) string { return importsPath + "/" + id.String() }

// importsPage handles GET /imports: a place for a file, and the imports so far.
func (s *Server) importsPage(w http.ResponseWriter, r *http.Request) error {
	return s.showImports(w, r, http.StatusOK, "")
}

func (s *Server) showImports(w http.ResponseWriter, r *http.Request, status int, refusal string) error {
	page := ImportsPage{Error: refusal, MaxMB: int(s.Imports.Limit() >> 20)}
	var err error
	if page.Shell, err = s.shell(r, "contacts", "Import contacts"); err != nil {
		return err
	}
	if page.ImportList, err = s.importList(r); err != nil {
		return err
	}
	return s.show(w, r, status, page)
}

// importSettings handles GET /settings/imports: the receipts of everybody. Admins only.
func (s *Server) importSettings(w http.ResponseWriter, r *http.Request) error {
	page := ImportSettings{}
	var err error
	if page.Settings, err = s.settingsShell(r, "settings", "imports", "Imports"); err != nil {
		return err
	}
	if page.ImportList, err = s.importList(r); err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, page)
}

func (s *Server) importList(r *http.Request) (l ImportList, err error) {
	clock, _, err := s.clock(r)
	if err != nil {
		return l, err
	}
	after, _ := crm.ParseID(r.URL.Query().Get("after"))
	list, err := s.Imports.List(r.Context(), actor(r), after, importsAtOnce+1)
	if err != nil {
		return l, err
	}
	if len(list) > importsAtOnce {
		list = list[:importsAtOnce]
		l.Next = r.URL.Path + "?" + url.Values{"after": {list[importsAtOnce-1].ID.String()}}.Encode()
	}
	for _, i := range list {
		l.Items = append(l.Items, ImportLine{clock, i})
	}
	return l, nil
}

// bringImport handles POST /imports: a file.
func (s *Server) bringImport(w http.ResponseWriter, r *http.Request) error {
	parts, err := r.MultipartReader()
	if err != nil {
		return s.showImports(w, r, http.StatusUnprocessableEntity, "Choose a file.")
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) || err == nil && part.FormName() == "file" && part.FileName() == "" {
			return s.showImports(w, r, http.StatusUnprocessableEntity, "Choose a file.")
		}
		if err != nil {
			return brokenUpload(err)
		}
		if part.FormName() != "file" {
			continue
		}
		i, err := s.Imports.Keep(r.Context(), actor(r), part.FileName(), part)
		var e *crm.Error
		if errors.As(err, &e) && e.Kind == crm.Invalid {
			return s.showImports(w, r, http.StatusUnprocessableEntity, refusalText(e))
		}
		if err != nil {
			return brokenUpload(err)
		}
		return seeOther(w, r, importPath(i.ID))
	}
}

// brokenUpload says of a body that is no form, or ends in the middle of one, that the
// sender is at fault.
func brokenUpload(err error) error {
	var header textproto.ProtocolError
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &header) {
		return crm.Errorf(crm.Invalid, "body_incomplete", "The file did not arrive whole. Nothing of it was kept.")
	}
	return err
}

// importPage handles GET /imports/{id}: the columns, the preview, the progress or
// the receipt, as far as the import is. ?step=columns goes back to the columns.
func (s *Server) importPage(w http.ResponseWriter, r *http.Request) error {
	i, err := s.importOf(r)
	if err != nil {
		return err
	}
	if i.Status == crm.ImportMapping || r.URL.Query().Get("step") == "columns" && !i.Status.Began() {
		return s.showColumns(w, r, http.StatusOK, i, "")
	}
	return s.showReview(w, r, http.StatusOK, i, "")
}

func (s *Server) importOf(r *http.Request) (*crm.Import, error) {
	id, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	return s.Imports.Get(r.Context(), actor(r), id)
}

// showColumns shows the columns and what they hold; to a script only that part.
func (s *Server) showColumns(w http.ResponseWriter, r *http.Request, status int, i *crm.Import, refusal string) error {
	page := ImportColumnsPage{}
	var err error
	if page.Shell, err = s.shell(r, "contacts", "Import "+i.Name); err != nil {
		return err
	}
	fields, err := s.Contacts.CustomFields(r.Context(), actor(r))
	if err != nil {
		return err
	}
	same, err := s.Imports.SameFile(r.Context(), actor(r), i)
	if err != nil {
		return err
	}
	page.ImportColumns = ImportColumns{Import: i, Error: refusal, Same: same, Groups: importFields(fields)}
	if isFragment(r) {
		return s.show(w, r, status, page.ImportColumns)
	}
	return s.show(w, r, status, page)
}

// chooseImport handles POST /imports/{id}: the choices. With go it continues to
// the preview.
func (s *Server) chooseImport(w http.ResponseWriter, r *http.Request) error {
	i, err := s.importOf(r)
	if err != nil {
		return err
	}
	ctx, who := r.Context(), actor(r)
	review := r.PostFormValue("step") == "preview"
	changed, err := s.Imports.Choose(ctx, who, i.ID, importDraft(r, i))
	if err == nil && (review || r.PostFormValue("go") != "") {
		_, err = s.Imports.Preview(ctx, who, i.ID)
	}
	var e *crm.Error
	switch {
	case errors.As(err, &e) && (e.Kind == crm.Invalid || e.Kind == crm.Conflicting && !review):
		if changed != nil {
			i = changed
		}
		return s.showColumns(w, r, statusOf(err), i, refusalText(e))
	case err != nil:
		return err
	case review || r.PostFormValue("go") != "":
		return seeOther(w, r, importPath(i.ID))
	}
	return s.showColumns(w, r, http.StatusOK, changed, "")
}

// importDraft reads the choices that a form has. What was not changed is left out, for
// reading the file otherwise proposes the columns anew.
func importDraft(r *http.Request, i *crm.Import) imports.Draft {
	var d imports.Draft
	value := func(name string) (string, bool) {
		list, ok := r.PostForm[name]
		if !ok {
			return "", false
		}
		return list[0], true
	}
	if v, ok := value("country"); ok {
		d.Country = &v
	}
	if v, ok := value("existing"); ok {
		existing := crm.Existing(v)
		d.Existing = &existing
	}
	if v, ok := value("encoding"); ok && v != i.File.Encoding {
		d.Encoding = &v
	}
	if v, ok := value("delimiter"); ok && v != i.File.Delimiter {
		d.Delimiter = &v
	}
	if v, ok := value("sheet"); ok && v != i.File.Sheet {
		d.Sheet = &v
	}
	if v, ok := value("header_line"); ok && v != strconv.Itoa(i.File.HeaderLine) {
		line, err := strconv.Atoi(strings.TrimSpace(v))
		at := &line
		if err != nil || line < 0 {
			at = nil
		}
		d.HeaderLine = &at
	}
	if r.PostForm.Has("tags") {
		tags := []string{}
		for name := range strings.SplitSeq(r.PostFormValue("tags"), ",") {
			if name = strings.TrimSpace(name); name != "" {
				tags = append(tags, name)
			}
		}
		d.Tags = &tags
		create := r.PostFormValue("create_tags") != ""
		if create != i.Choices.CreateTags {
			d.CreateTags = &create
		}
	}
	if d.Encoding != nil || d.Delimiter != nil || d.HeaderLine != nil || d.Sheet != nil {
		return d // the columns are others now
	}
	for _, c := range i.File.Columns {
		if v, ok := value("column." + strconv.Itoa(c.Index)); ok {
			if d.Mapping == nil {
				d.Mapping = map[int]string{}
			}
			d.Mapping[c.Index] = v
		}
	}
	return d
}

// importAct is one of the verbs of an import that a button stands for.
func importAct(act func(*imports.Imports, context.Context, crm.Actor, crm.ID) (*crm.Import, error)) handler {
	return func(s *Server, w http.ResponseWriter, r *http.Request) error {
		i, err := s.importOf(r)
		if err != nil {
			return err
		}
		_, err = act(s.Imports, r.Context(), actor(r), i.ID)
		var e *crm.Error
		if errors.As(err, &e) && (e.Kind == crm.Invalid || e.Kind == crm.Conflicting) {
			return s.showReview(w, r, statusOf(err), i, refusalText(e))
		}
		if err != nil {
			return err
		}
		return seeOther(w, r, importPath(i.ID))
	}
}

// forgetImport handles POST /imports/{id}/delete.
func (s *Server) forgetImport(w http.ResponseWriter, r *http.Request) error {
	i, err := s.importOf(r)
	if err != nil {
		return err
	}
	if err := s.Imports.Delete(r.Context(), actor(r), i.ID); err != nil {
		return err
	}
	return seeOther(w, r, importsPath)
}
