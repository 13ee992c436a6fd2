package web

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"parley/internal/app/contacts"
	"parley/internal/app/imports"
	"parley/internal/crm"
)

// exportDraft reads which contacts: id (repeated), or the names of a list of contacts.
func (s *Server) exportDraft(r *http.Request) (d imports.ExportDraft, list contactList, err error) {
	d.IDs = knownIDs(r.URL.Query()["id"])
	if len(d.IDs) > 0 {
		return d, list, nil
	}
	if list, err = s.contactList(r); err != nil {
		return d, list, err
	}
	for _, name := range []string{"sort", "columns", "view", "format"} {
		delete(list.values, name)
	}
	d.Filter, d.By = &list.filter, slices.Collect(maps.Keys(list.values))
	return d, list, nil
}

// exportPage handles GET /contacts/export with id or the names of a list: how many there
// are, and the choice of a format.
func (s *Server) exportPage(w http.ResponseWriter, r *http.Request) error {
	d, list, err := s.exportDraft(r)
	if err != nil {
		return err
	}
	page := ExportPage{Back: "/contacts", Everybody: len(list.values) == 0 && len(d.IDs) == 0}
	if page.Shell, err = s.shell(r, "contacts", "Export contacts"); err != nil {
		return err
	}
	if len(d.IDs) > 0 {
		page.Hidden = append(page.Hidden, Option{"id", joinIDs(d.IDs)})
	}
	if d.Filter != nil {
		page.Back, page.Chips = listAddress(list.values), chips(list)
		page.Query = d.Filter.Query
		for name, values := range list.values {
			for _, v := range values {
				page.Hidden = append(page.Hidden, Option{name, v})
			}
		}
		slices.SortFunc(page.Hidden, func(a, b Option) int { return strings.Compare(a.Value+a.Label, b.Value+b.Label) })
	}
	page.Count, err = s.Imports.CountForExport(r.Context(), actor(r), d, contacts.CountCap)
	if crm.KindOf(err) == crm.Invalid {
		page.Error = refusalText(err)
		return s.show(w, r, http.StatusUnprocessableEntity, page)
	}
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, page)
}

// exportFile handles GET /contacts/export/file?format= with the same names: the file. By
// POST they come as a form, for more contacts than an address has room for.
func (s *Server) exportFile(w http.ResponseWriter, r *http.Request) error {
	format, ok := imports.ExportFormatOf(firstText(r.Form.Get("format"), "csv"))
	if !ok {
		return crm.ErrNotFound
	}
	values := maps.Clone(r.Form)
	values.Del("format")
	d, _, err := s.exportDraft(asked(r, r.URL.Path, values))
	if err != nil {
		return err
	}
	d.Format = format
	export, err := s.Imports.BeginExport(r.Context(), actor(r), d)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", format.Type)
	w.Header().Set("Content-Disposition", `attachment; filename="`+d.FileName(s.Now())+`"`)
	w.WriteHeader(http.StatusOK)
	if err := export.Write(r.Context(), w, nil); err != nil {
		s.Log.WarnContext(r.Context(), "an export of contacts broke off", "error", err)
		panic(http.ErrAbortHandler) // so that nobody takes it for the whole
	}
	return nil
}
