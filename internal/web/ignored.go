package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"parley/internal/app/accounts"
	"parley/internal/crm"
	"parley/internal/store"
)

// ignoredPage handles GET /settings/integrations/{id}/ignored?after=: what an admin chose to
// ignore. After some were taken up, their counts by outcome stand in the address.
func (s *Server) ignoredPage(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	return s.showIgnored(w, r, http.StatusOK, id, "")
}

func (s *Server) showIgnored(w http.ResponseWriter, r *http.Request, status int, id crm.ID, problem string) error {
	o, err := s.Accounts.Connection(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	var after *store.IgnoredPlace
	if at, remote, ok := strings.Cut(query.Get("after"), "."); ok {
		if micros, err := strconv.ParseInt(at, 10, 64); err == nil {
			after = &store.IgnoredPlace{At: time.UnixMicro(micros), RemoteID: remote}
		}
	}
	list, next, err := s.Accounts.Ignored(r.Context(), actor(r), id, after, syncRowsAtOnce)
	if err != nil {
		return err
	}
	page := IgnoredPage{Error: problem, Taken: crm.SyncCounts{}}
	if page.Settings, err = s.settingsShell(r, "settings", "integrations", "Ignored"); err != nil {
		return err
	}
	page.ConnectionRow = ConnectionRow{page.Settings.Clock, o}
	for _, l := range list {
		page.Items = append(page.Items, IgnoredRow{page.Settings.Clock, l})
	}
	if next != nil {
		page.Next = page.Path() + "/ignored?" + url.Values{"after": {strconv.FormatInt(next.At.UnixMicro(), 10) + "." + next.RemoteID}}.Encode()
	}
	for outcome := range takenWords {
		if n, err := strconv.Atoi(query.Get(takenName(outcome))); err == nil && n > 0 && n <= syncRowsAtOnce {
			page.Taken[outcome] = n
		}
	}
	return s.show(w, r, status, page)
}

// takeUpIgnored handles POST /settings/integrations/{id}/ignored: one, or item (repeated).
func (s *Server) takeUpIgnored(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	remotes := r.PostForm["item"]
	if one := r.PostForm.Get("one"); one != "" {
		remotes = []string{one}
	}
	if len(remotes) == 0 || len(remotes) > syncRowsAtOnce {
		return s.showIgnored(w, r, http.StatusUnprocessableEntity, id, "Choose at least one record, and "+strconv.Itoa(syncRowsAtOnce)+" at the most.")
	}
	list, err := s.Accounts.TakeUp(r.Context(), actor(r), id, remotes)
	problem := ""
	switch {
	case err == nil:
	case isAnswer(err) && crm.KindOf(err) != crm.NotFound && crm.KindOf(err) != crm.Forbidden:
		return s.showIgnored(w, r, statusOf(err), id, err.Error())
	default:
		return err
	}
	counts := map[crm.SyncOutcome]int{}
	for _, one := range list {
		switch {
		case one.Err == nil:
			counts[one.Outcome]++
		case crm.KindOf(one.Err) != crm.NotFound:
			problem = one.Err.Error()
		case len(list) == 1:
			return one.Err
		} // else somebody was faster
	}
	if problem != "" {
		return s.showIgnored(w, r, http.StatusConflict, id, problem)
	}
	said := url.Values{}
	for outcome, n := range counts {
		said.Set(takenName(outcome), strconv.Itoa(n))
	}
	return seeOther(w, r, integrationsPath+"/"+id.String()+"/ignored?"+said.Encode())
}

// takenName is an outcome as it stands in an address.
func takenName(outcome crm.SyncOutcome) string { return firstText(string(outcome), "later") }

// takenWords say what became of records that were taken up again: of one, and of several.
var takenWords = map[crm.SyncOutcome][2]string{
	crm.SyncNew:       {"became a contact", "became contacts"},
	crm.SyncUpdated:   {"belongs to a contact that was here", "belong to contacts that were here"},
	crm.SyncUnchanged: {"belongs to a contact that was here", "belong to contacts that were here"},
	crm.SyncReview:    {"waits on the review list", "wait on the review list"},
	crm.SyncLeftOut:   {"is of a kind that is left out, see “How it is followed”", "are of a kind that is left out, see “How it is followed”"},
	crm.SyncArchived:  {"is archived over there, or not there any more", "are archived over there, or not there any more"},
	crm.SyncIgnored:   {"was blocked over there for data protection, and stays ignored", "were blocked over there for data protection, and stay ignored"},
	"":                {"has no id over there: all records are being read again now", "have no id over there: all records are being read again now"},
}

// IgnoredPage is the list of records that an admin chose to ignore.
type IgnoredPage struct {
	Settings
	ConnectionRow
	Items []IgnoredRow
	Next  string
	Error string
	Taken crm.SyncCounts // what became of those that were just taken up
}

func (IgnoredPage) template() string { return "sync-ignored" }

// Became says what became of those that were just taken up, or "".
func (p IgnoredPage) Became() string {
	var list []string
	for _, outcome := range append(crm.SyncOutcomes[:len(crm.SyncOutcomes):len(crm.SyncOutcomes)], "") {
		words := takenWords[outcome]
		switch n := p.Taken[outcome]; n {
		case 0:
		case 1:
			list = append(list, "1 record "+words[0])
		default:
			list = append(list, strconv.Itoa(n)+" records "+words[1])
		}
	}
	if len(list) == 0 {
		return ""
	}
	return strings.Join(list, "; ") + "."
}

// ToReview reports whether some of those wait on the review list.
func (p IgnoredPage) ToReview() bool { return p.Taken[crm.SyncReview] > 0 }

// IgnoredRow is one of them.
type IgnoredRow struct {
	Clock
	crm.Link
}

// Title is what it was called.
func (r IgnoredRow) Title() string { return firstText(r.Name, "No name") }

// Number is what the record goes by over there, where it has something.
func (r IgnoredRow) Number() string {
	if number, ok := accounts.NumberOf(r.RemoteID); ok {
		return number
	}
	return "it came without an id"
}

// ShownURL is the original, where there is an address of it.
func (r IgnoredRow) ShownURL() string { return accounts.Original(r.URL) }

// Told is by what it can be told.
func (r IgnoredRow) Told() string {
	var parts []string
	if phone := r.Base["phone"]; phone != "" {
		parts = append(parts, crm.ShowPhone(phone))
	}
	if email := r.Base["email"]; email != "" {
		parts = append(parts, email)
	}
	return strings.Join(parts, " · ")
}
