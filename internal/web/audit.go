package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"parley/internal/crm"
	"parley/internal/store"
)

const auditAtOnce = 50

// auditPage handles GET /settings/audit?person=&kind=&from=&to=&contact=&after= (A4). The
// newest seals are checked each time.
func (s *Server) auditPage(w http.ResponseWriter, r *http.Request) error {
	return s.showAudit(w, r, false)
}

// checkAudit handles POST /settings/audit/check: every seal there is.
func (s *Server) checkAudit(w http.ResponseWriter, r *http.Request) error {
	return s.showAudit(w, r, true)
}

func (s *Server) showAudit(w http.ResponseWriter, r *http.Request, all bool) (err error) {
	var page AuditPage
	if page.Settings, err = s.settingsShell(r, "settings", "audit", "Audit log"); err != nil {
		return err
	}
	filter := page.read(r, page.Clock)
	if page.Users, err = s.Team.Users(r.Context(), actor(r)); err != nil {
		return err
	}
	var before *store.AuditPlace
	if at, cursor, ok := strings.Cut(r.URL.Query().Get("after"), "_"); ok {
		micros, err := strconv.ParseInt(at, 10, 64)
		place, ok := store.ParseCursor(cursor)
		if err == nil && ok {
			before = &store.AuditPlace{At: time.UnixMicro(micros).UTC(), Cursor: place}
		}
	}
	list, more, err := s.Team.Audit(r.Context(), actor(r), filter, before, auditAtOnce)
	if err != nil {
		return err
	}
	shown, err := s.namesInHistory(r)
	if err != nil {
		return err
	}
	for _, e := range list {
		page.Rows = append(page.Rows, AuditRow{Clock: page.Clock, Entry: e, Names: shown})
	}
	if more {
		last := list[len(list)-1]
		query := page.query()
		query.Set("after", strconv.FormatInt(last.At.UnixMicro(), 10)+"_"+last.Cursor)
		page.Next = "/settings/audit?" + query.Encode()
	}
	if isFragment(r) {
		return s.show(w, r, http.StatusOK, page.AuditRows)
	}
	page.CheckedAll = all
	if page.Check, err = s.Team.CheckAudit(r.Context(), actor(r), all); err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, page)
}

// exportAudit handles GET /settings/audit/export with the same filter: CSV.
func (s *Server) exportAudit(w http.ResponseWriter, r *http.Request) error {
	clock, _, err := s.clock(r)
	if err != nil {
		return err
	}
	filter := new(AuditPage).read(r, clock)
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="audit.csv"`)
	if err := s.Team.ExportAudit(r.Context(), actor(r), filter, w); err != nil {
		s.Log.ErrorContext(r.Context(), "an export of the audit log broke off", "error", err)
		panic(http.ErrAbortHandler) // else a part would look whole
	}
	return nil
}

// read takes the filter from the address. Days are those of the business; what cannot be
// read does not narrow.
func (p *AuditPage) read(r *http.Request, clock Clock) (f store.AuditFilter) {
	q := r.URL.Query()
	p.Person, _ = crm.ParseID(q.Get("person"))
	p.Contact, _ = crm.ParseID(q.Get("contact"))
	for _, kind := range crm.AuditKinds {
		if string(kind) == q.Get("kind") {
			p.Kind = kind
		}
	}
	zone := clock.Zone
	if zone == nil {
		zone = time.UTC
	}
	f = store.AuditFilter{Actor: p.Person, Kind: p.Kind, Contact: p.Contact}
	if day, err := time.ParseInLocation(time.DateOnly, q.Get("from"), zone); err == nil {
		p.From, f.From = q.Get("from"), day
	}
	if day, err := time.ParseInLocation(time.DateOnly, q.Get("to"), zone); err == nil {
		p.To, f.To = q.Get("to"), day.AddDate(0, 0, 1)
	}
	return f
}

// query is the filter as an address has it.
func (p *AuditPage) query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"person": p.Person.String(), "kind": string(p.Kind), "from": p.From, "to": p.To, "contact": p.Contact.String()} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}
