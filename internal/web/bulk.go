package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"parley/internal/app/contacts"
	"parley/internal/crm"
)

// bulkDraft reads which contacts and what: all with query, the list, or id (repeated);
// action, and tags, assignee_id, visibility with visible_to. The filter is read anew, so
// one that asks for what is gone by now is refused.
func (s *Server) bulkDraft(r *http.Request) (d contacts.BulkDraft, query string, err error) {
	d.Action, query = crm.BulkAction(r.Form.Get("action")), r.Form.Get("query")
	if !crm.MayBulk(actor(r), d.Action, false) {
		return d, query, crm.ErrForbidden
	}
	if r.Form.Get("all") != "" {
		values, _ := url.ParseQuery(query)
		for _, name := range []string{"sort", "columns", "view", "after", "said", "menu"} {
			delete(values, name)
		}
		f, err := s.Contacts.ReadFilter(r.Context(), actor(r), values)
		if err != nil {
			return d, query, err
		}
		d.Filter = &f
	} else {
		d.IDs = knownIDs(r.Form["id"])
	}
	d.What.Tags = knownIDs(r.Form["tags"])
	d.What.AssigneeID, _ = crm.ParseID(r.Form.Get("assignee_id"))
	if mode := r.Form.Get("visibility"); mode != "" {
		d.What.Visibility = &crm.Visibility{Mode: crm.VisibilityMode(mode), UserIDs: knownIDs(r.Form["visible_to"])}
	}
	return d, query, nil
}

// knownIDs reads ids that come one by one or, since a form has room for so many values only,
// with commas between them (joinIDs).
func knownIDs(texts []string) (ids []crm.ID) {
	for _, text := range strings.Split(strings.Join(texts, ","), ",") {
		if id, ok := crm.ParseID(text); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// askBulk handles GET /contacts/bulk: what will be done to how many, before it is.
func (s *Server) askBulk(w http.ResponseWriter, r *http.Request) error {
	d, query, err := s.bulkDraft(r)
	if err != nil {
		return err
	}
	return s.showBulkAsk(w, r, http.StatusOK, d, query, "")
}

func (s *Server) showBulkAsk(w http.ResponseWriter, r *http.Request, status int, d contacts.BulkDraft, query, problem string) error {
	page := BulkAsk{Draft: d, Query: query, Error: problem}
	var err error
	if page.Shell, err = s.shell(r, "contacts", "Many at once"); err != nil {
		return err
	}
	words, err := s.Contacts.FilterWords(r.Context(), actor(r))
	if err != nil {
		return err
	}
	page.Tags, page.Users = TagPicker{All: words.Tags}, active(words.Users)
	for _, t := range words.Tags {
		for _, id := range d.What.Tags {
			if t.ID == id {
				page.Tags.Chosen = append(page.Tags.Chosen, t)
			}
		}
	}
	if d.Filter == nil || len(d.Filter.Problems) == 0 {
		if page.Count, err = s.Contacts.CountForBulk(r.Context(), actor(r), d); err != nil {
			return err
		}
	}
	return s.show(w, r, status, page)
}

// startBulk handles POST /contacts/bulk.
func (s *Server) startBulk(w http.ResponseWriter, r *http.Request) error {
	d, query, err := s.bulkDraft(r)
	if err != nil {
		return err
	}
	b, err := s.Contacts.StartBulk(r.Context(), actor(r), d)
	if crm.KindOf(err) == crm.Invalid {
		return s.showBulkAsk(w, r, http.StatusUnprocessableEntity, d, query, refusalText(err))
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/bulk/"+b.ID.String())
}

const (
	bulksAtOnce    = 30
	bulkRowsAtOnce = 100
)

// bulksPage handles GET /bulk?after=: what was done to many contacts.
func (s *Server) bulksPage(w http.ResponseWriter, r *http.Request) error {
	page := BulksPage{}
	var err error
	if page.Settings, err = s.settingsShell(r, "account", "bulk", "Recent actions"); err != nil {
		return err
	}
	after, _ := crm.ParseID(r.URL.Query().Get("after"))
	list, err := s.Contacts.Bulks(r.Context(), actor(r), after, bulksAtOnce+1)
	if err != nil {
		return err
	}
	if len(list) > bulksAtOnce {
		list = list[:bulksAtOnce]
		page.Next = "/bulk?" + url.Values{"after": {list[bulksAtOnce-1].ID.String()}}.Encode()
	}
	words, err := s.bulkWords(r)
	if err != nil {
		return err
	}
	for _, b := range list {
		page.Items = append(page.Items, words.of(b))
	}
	return s.show(w, r, http.StatusOK, page)
}

// bulkPage handles GET /bulk/{id}?outcome=&after=: how far it is, and the receipt.
func (s *Server) bulkPage(w http.ResponseWriter, r *http.Request) error {
	page := BulkPage{Outcome: crm.BulkOutcome(r.URL.Query().Get("outcome"))}
	var err error
	if page.BulkProgress, err = s.bulkProgressOf(r); err != nil {
		return err
	}
	if page.Shell, err = s.shell(r, "contacts", page.Title()); err != nil {
		return err
	}
	if !crm.IsBulkOutcome(string(page.Outcome)) {
		page.Outcome = ""
	}
	after, _ := strconv.Atoi(r.URL.Query().Get("after"))
	list, err := s.Contacts.BulkResults(r.Context(), actor(r), page.Bulk.ID, page.Outcome, after, bulkRowsAtOnce+1)
	if err != nil {
		return err
	}
	if len(list) > bulkRowsAtOnce {
		list = list[:bulkRowsAtOnce]
		next := url.Values{"after": {strconv.Itoa(list[len(list)-1].Position)}}
		if page.Outcome != "" {
			next.Set("outcome", string(page.Outcome))
		}
		page.Next = "/bulk/" + page.Bulk.ID.String() + "?" + next.Encode()
	}
	page.Results = list
	return s.show(w, r, http.StatusOK, page)
}

// bulkProgress handles GET /bulk/{id}/progress, which a running page asks for again and
// again; at the end the whole page is loaded.
func (s *Server) bulkProgress(w http.ResponseWriter, r *http.Request) error {
	p, err := s.bulkProgressOf(r)
	if err != nil {
		return err
	}
	if !p.Running() {
		return seeOther(w, r, "/bulk/"+p.Bulk.ID.String())
	}
	return s.show(w, r, http.StatusOK, p)
}

func (s *Server) bulkProgressOf(r *http.Request) (p BulkProgress, err error) {
	id, err := pathID(r, "id")
	if err != nil {
		return p, err
	}
	b, err := s.Contacts.Bulk(r.Context(), actor(r), id)
	if err != nil {
		return p, err
	}
	words, err := s.bulkWords(r)
	return words.of(b), err
}

// bulkWords is what acts on many are shown with.
type bulkWords struct {
	clock Clock
	names map[crm.ID]string
	undo  func(*crm.Bulk) error
}

func (s *Server) bulkWords(r *http.Request) (w bulkWords, err error) {
	if w.clock, _, err = s.clock(r); err != nil {
		return w, err
	}
	words, err := s.Contacts.FilterWords(r.Context(), actor(r))
	w.names = map[crm.ID]string{}
	for _, t := range words.Tags {
		w.names[t.ID] = t.Name
	}
	for _, u := range words.Users {
		w.names[u.ID] = u.Name
	}
	w.undo = func(b *crm.Bulk) error { return s.Contacts.CanUndoBulk(actor(r), b) }
	return w, err
}

func (w bulkWords) of(b *crm.Bulk) BulkProgress {
	return BulkProgress{Clock: w.clock, Bulk: b, Names: w.names, CanUndo: w.undo(b) == nil}
}

// undoBulk handles POST /bulk/{id}/undo.
func (s *Server) undoBulk(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	b, err := s.Contacts.UndoBulk(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	return seeOther(w, r, "/bulk/"+b.ID.String())
}

// cancelBulk handles POST /bulk/{id}/cancel.
func (s *Server) cancelBulk(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	if _, err := s.Contacts.CancelBulk(r.Context(), actor(r), id); err != nil && crm.KindOf(err) != crm.Conflicting {
		return err // one that ended meanwhile shows that it did
	}
	return seeOther(w, r, "/bulk/"+id.String())
}
