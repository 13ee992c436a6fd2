package web

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"parley/internal/crm"
)

// showReview shows the preview, the progress or the receipt of an import.
func (s *Server) showReview(w http.ResponseWriter, r *http.Request, status int, i *crm.Import, refusal string) error {
	page := ImportReview{Error: refusal}
	var err error
	if page.Shell, err = s.shell(r, "contacts", "Import "+i.Name); err != nil {
		return err
	}
	page.ImportState = s.importStateOf(r, i)
	if page.Rows, err = s.importRows(r, i); err != nil {
		return err
	}
	if page.Same, err = s.Imports.SameFile(r.Context(), actor(r), i); err != nil {
		return err
	}
	if i.Status == crm.ImportUndone {
		undone, err := s.Imports.Undone(r.Context(), actor(r), i)
		if err != nil {
			return err
		}
		page.Undone = &undone
	}
	if page.TagNames, err = s.Team.TagNames(r.Context(), actor(r)); err != nil {
		return err
	}
	return s.show(w, r, status, page)
}

func (s *Server) importStateOf(r *http.Request, i *crm.Import) ImportState {
	return ImportState{Import: i, CanUndo: actor(r).IsAdmin() && s.Imports.CanUndo(i) == nil, Admin: actor(r).IsAdmin()}
}

// importState handles GET /imports/{id}/state: how far it is. Once it is over, the
// whole page is to be looked at anew.
func (s *Server) importState(w http.ResponseWriter, r *http.Request) error {
	i, err := s.importOf(r)
	if err != nil {
		return err
	}
	if !i.Status.Working() {
		return seeOther(w, r, importPath(i.ID))
	}
	return s.show(w, r, http.StatusOK, s.importStateOf(r, i))
}

// importMark handles GET /imports/mark: what is being imported just now, for the
// menu of every page.
func (s *Server) importMark(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Imports.List(r.Context(), actor(r), "", 5)
	if err != nil {
		return err
	}
	mark := ImportMark{}
	for _, i := range list {
		if i.Status == crm.ImportRunning || i.Status == crm.ImportUndoing {
			mark.Import = i
		}
	}
	return s.show(w, r, http.StatusOK, mark)
}

// importRowsPart handles GET /imports/{id}/rows?outcome=&q=&after=.
func (s *Server) importRowsPart(w http.ResponseWriter, r *http.Request) error {
	i, err := s.importOf(r)
	if err != nil {
		return err
	}
	rows, err := s.importRows(r, i)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, rows)
}

func (s *Server) importRows(r *http.Request, i *crm.Import) (rows ImportRows, err error) {
	query := r.URL.Query()
	rows = ImportRows{Import: i, Outcome: crm.RowOutcome(query.Get("outcome")), Query: strings.TrimSpace(query.Get("q"))}
	if _, known := outcomeWords[rows.Outcome]; !known {
		rows.Outcome = ""
	}
	after, _ := strconv.Atoi(query.Get("after"))
	list, next, err := s.Imports.Rows(r.Context(), actor(r), i.ID, rows.Outcome, rows.Query, after, importRowsAtOnce)
	for _, row := range list {
		rows.Rows = append(rows.Rows, ImportRow{Row: row, Import: i})
	}
	if next > 0 {
		rows.Next = importPath(i.ID) + "/rows?" + url.Values{"outcome": {string(rows.Outcome)}, "q": {rows.Query}, "after": {strconv.Itoa(next)}}.Encode()
	}
	return rows, err
}

// mendImport handles POST /imports/{id}/mend: cells of one row, and the preview
// anew.
func (s *Server) mendImport(w http.ResponseWriter, r *http.Request) error {
	i, err := s.importOf(r)
	if err != nil {
		return err
	}
	line, _ := strconv.Atoi(r.PostFormValue("line"))
	cells := map[int]string{}
	for name, values := range r.PostForm {
		if column, ok := strings.CutPrefix(name, "cell."); ok {
			if n, err := strconv.Atoi(column); err == nil {
				cells[n] = cleanBreaks(values[0])
			}
		}
	}
	_, err = s.Imports.Mend(r.Context(), actor(r), i.ID, map[int]map[int]string{line: cells})
	if err == nil {
		_, err = s.Imports.Preview(r.Context(), actor(r), i.ID)
	}
	var e *crm.Error
	if errors.As(err, &e) && (e.Kind == crm.Invalid || e.Kind == crm.Conflicting) {
		return s.showReview(w, r, statusOf(err), i, refusalText(e))
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, importPath(i.ID))
}

// refusedRows handles GET /imports/{id}/refused.csv.
func (s *Server) refusedRows(w http.ResponseWriter, r *http.Request) error {
	i, err := s.importOf(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="refused.csv"`)
	if err := s.Imports.Refused(r.Context(), actor(r), i.ID, w); err != nil {
		s.Log.WarnContext(r.Context(), "a file of refused rows ends early", "error", err)
		panic(http.ErrAbortHandler) // nobody must take half of it for the whole
	}
	return nil
}

// undoImportPage handles GET /imports/{id}/undo: what undoing would do. Admins
// only.
func (s *Server) undoImportPage(w http.ResponseWriter, r *http.Request) error {
	i, err := s.importOf(r)
	if err != nil {
		return err
	}
	page := ImportUndoPage{Import: i}
	if page.Shell, err = s.shell(r, "contacts", "Undo the import of "+i.Name); err != nil {
		return err
	}
	if page.Plan, err = s.Imports.PreviewUndo(r.Context(), actor(r), i.ID); err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, page)
}
