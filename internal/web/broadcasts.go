package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"parley/internal/app/broadcasts"
	"parley/internal/crm"
	"parley/internal/store"
)

const (
	broadcastsPath    = "/broadcasts"
	broadcastsAtOnce  = 30
	recipientsAtOnce  = 50
	samplesOfAudience = 3
)

func broadcastPath(id crm.ID) string { return broadcastsPath + "/" + id.String() }

// broadcastsPage handles GET /broadcasts?after=.
func (s *Server) broadcastsPage(w http.ResponseWriter, r *http.Request) error {
	page := BroadcastsPage{}
	var err error
	if page.Shell, err = s.shell(r, "broadcasts", "Broadcasts"); err != nil {
		return err
	}
	after, _ := crm.ParseID(r.URL.Query().Get("after"))
	list, err := s.Broadcasts.List(r.Context(), actor(r), after, broadcastsAtOnce+1)
	if err != nil {
		return err
	}
	if len(list) > broadcastsAtOnce {
		list = list[:broadcastsAtOnce]
		page.Next = broadcastsPath + "?" + url.Values{"after": {list[broadcastsAtOnce-1].ID.String()}}.Encode()
	}
	for _, b := range list {
		page.Items = append(page.Items, BroadcastLine{page.Clock, b})
	}
	return s.show(w, r, http.StatusOK, page)
}

func (s *Server) broadcastOf(r *http.Request) (b broadcasts.Row, err error) {
	id, err := pathID(r, "id")
	if err != nil {
		return b, err
	}
	return s.Broadcasts.Get(r.Context(), actor(r), id)
}

// broadcastPage handles GET /broadcasts/{id}: what will happen, for one that has not
// begun, else what became of each; ?status=, ?replied=, ?reason= and ?after= choose whom it
// lists.
func (s *Server) broadcastPage(w http.ResponseWriter, r *http.Request) error {
	b, err := s.broadcastOf(r)
	if err != nil {
		return err
	}
	if !b.Began() && b.Status != crm.BroadcastCancelled {
		return s.showBroadcastReview(w, r, http.StatusOK, b, Form{})
	}
	page := BroadcastPage{}
	if page.Shell, err = s.shell(r, "broadcasts", b.Name); err != nil {
		return err
	}
	if page.BroadcastProgress, err = s.broadcastProgressOf(r, page.Clock, b); err != nil {
		return err
	}
	if page.People, err = s.broadcastPeopleOf(r, page.Clock, b); err != nil {
		return err
	}
	words, err := s.Contacts.FilterWords(r.Context(), actor(r))
	if err != nil {
		return err
	}
	page.Tags = words.Tags
	if page.Filter.Status == crm.Skipped || page.Filter.Reason != "" {
		if page.Skips, err = s.Broadcasts.Skips(r.Context(), actor(r), b.ID); err != nil {
			return err
		}
	}
	return s.show(w, r, http.StatusOK, page)
}

// broadcastPeople handles GET /broadcasts/{id}/rows with the same choice: the rows of the
// page, which move as well.
func (s *Server) broadcastPeople(w http.ResponseWriter, r *http.Request) error {
	b, err := s.broadcastOf(r)
	if err != nil {
		return err
	}
	clock, _, err := s.clock(r)
	if err != nil {
		return err
	}
	p, err := s.broadcastPeopleOf(r, clock, b)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, p)
}

func (s *Server) broadcastPeopleOf(r *http.Request, clock Clock, b broadcasts.Row) (p BroadcastPeople, err error) {
	p = BroadcastPeople{Clock: clock, Broadcast: b.ID}
	f := readPeopleFilter(r.URL.Query())
	after, _ := strconv.Atoi(r.URL.Query().Get("after"))
	if p.List, err = s.Broadcasts.People(r.Context(), actor(r), b.ID, f.filter(), after, recipientsAtOnce+1); err != nil {
		return p, err
	}
	if len(p.List) > recipientsAtOnce {
		p.List = p.List[:recipientsAtOnce]
		values := f.values()
		values.Set("after", strconv.Itoa(p.List[recipientsAtOnce-1].Position))
		p.Next = broadcastPath(b.ID) + "?" + values.Encode()
	}
	return p, nil
}

// broadcastProgress handles GET /broadcasts/{id}/progress: the part of the page that
// moves.
func (s *Server) broadcastProgress(w http.ResponseWriter, r *http.Request) error {
	b, err := s.broadcastOf(r)
	if err != nil {
		return err
	}
	clock, _, err := s.clock(r)
	if err != nil {
		return err
	}
	p, err := s.broadcastProgressOf(r, clock, b)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, p)
}

func (s *Server) broadcastProgressOf(r *http.Request, clock Clock, b broadcasts.Row) (p BroadcastProgress, err error) {
	p = BroadcastProgress{BroadcastLine: BroadcastLine{clock, b}, Filter: readPeopleFilter(r.URL.Query())}
	p.Chart, err = s.Broadcasts.Chart(r.Context(), b.Broadcast)
	return p, err
}

// broadcastAct handles the actions that need nothing but the broadcast.
func broadcastAct(said string, act func(*broadcasts.Broadcasts, *http.Request, crm.Actor, crm.ID) error) handler {
	return func(s *Server, w http.ResponseWriter, r *http.Request) error {
		id, err := pathID(r, "id")
		if err != nil {
			return err
		}
		err = act(s.Broadcasts, r, actor(r), id)
		if crm.KindOf(err) == crm.Invalid { // what is missing stands on the page
			b, getErr := s.broadcastOf(r)
			if getErr != nil {
				return getErr
			}
			var form Form
			form.Fail(err, "to")
			if !b.Began() {
				return s.showBroadcastReview(w, r, http.StatusUnprocessableEntity, b, form)
			}
		}
		if err != nil {
			return err
		}
		return seeOther(w, r, broadcastPath(id)+"?said="+said)
	}
}

func startBroadcast(s *broadcasts.Broadcasts, r *http.Request, who crm.Actor, id crm.ID) error {
	_, err := s.Start(r.Context(), who, id, r.PostFormValue("now") != "")
	return err
}

func pauseBroadcast(s *broadcasts.Broadcasts, r *http.Request, who crm.Actor, id crm.ID) error {
	_, err := s.Pause(r.Context(), who, id)
	return err
}

func resumeBroadcast(s *broadcasts.Broadcasts, r *http.Request, who crm.Actor, id crm.ID) error {
	_, err := s.Resume(r.Context(), who, id)
	return err
}

func cancelBroadcast(s *broadcasts.Broadcasts, r *http.Request, who crm.Actor, id crm.ID) error {
	_, err := s.Cancel(r.Context(), who, id)
	return err
}

func retryBroadcast(s *broadcasts.Broadcasts, r *http.Request, who crm.Actor, id crm.ID) error {
	_, err := s.Retry(r.Context(), who, id, r.PostFormValue("status") == string(crm.Unknown))
	return err
}

// decideRecipient takes recipient, and sent=yes or no.
func decideRecipient(s *broadcasts.Broadcasts, r *http.Request, who crm.Actor, id crm.ID) error {
	recipient, ok := crm.ParseID(r.PostFormValue("recipient"))
	if !ok {
		return crm.ErrNotFound
	}
	return s.Decide(r.Context(), who, id, recipient, r.PostFormValue("sent") == "yes")
}

// testBroadcast handles POST /broadcasts/{id}/test: to.
func (s *Server) testBroadcast(w http.ResponseWriter, r *http.Request) error {
	b, err := s.broadcastOf(r)
	if err != nil {
		return err
	}
	form := readForm(r, "to")
	tried, err := s.Broadcasts.Try(r.Context(), actor(r), b.ID, form.Value("to"))
	switch crm.KindOf(err) {
	case crm.Invalid:
		form.Fail(err, "to")
		return s.showBroadcastReview(w, r, http.StatusUnprocessableEntity, b, form)
	case crm.Conflicting:
		form.Errors = map[string]string{"to": err.Error()}
		return s.showBroadcastReview(w, r, http.StatusConflict, b, form)
	}
	if err != nil {
		return err
	}
	form.Hints = map[string]string{"to": "Sent to " + crm.ShowPhone(tried.Address) + "."}
	return s.showBroadcastReview(w, r, http.StatusOK, b, form)
}

// deleteBroadcast handles POST /broadcasts/{id}/delete.
func (s *Server) deleteBroadcast(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	if err := s.Broadcasts.Delete(r.Context(), actor(r), id); err != nil {
		return err
	}
	return seeOther(w, r, broadcastsPath+"?said=broadcast-gone")
}

// exportBroadcast handles GET /broadcasts/{id}/recipients.csv with the same choice as the
// page.
func (s *Server) exportBroadcast(w http.ResponseWriter, r *http.Request) error {
	b, err := s.broadcastOf(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="broadcast.csv"`)
	w.WriteHeader(http.StatusOK)
	if err := s.Broadcasts.Export(r.Context(), actor(r), b.ID, readPeopleFilter(r.URL.Query()).filter(), w); err != nil {
		s.Log.WarnContext(r.Context(), "a file of recipients ends early", "error", err)
		panic(http.ErrAbortHandler) // the reader must not take half of it for the whole
	}
	return nil
}

// tagBroadcast handles POST /broadcasts/{id}/tag: whom (a status, or replied) and tag.
func (s *Server) tagBroadcast(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	f := PeopleFilter{Status: crm.MessageStatusValue(r.PostFormValue("whom"))}
	if f.Status == "replied" {
		f = PeopleFilter{Replied: true}
	}
	tag, _ := crm.ParseID(r.PostFormValue("tag"))
	b, err := s.Broadcasts.TagPeople(r.Context(), actor(r), id, f.filter(), tag)
	if crm.KindOf(err) == crm.Invalid {
		return crm.Errorf(crm.Conflicting, "nobody", "%s", refusalText(err))
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/bulk/"+b.ID.String())
}

// leftOut handles GET /broadcasts/{id}/people?reason=&after=: who would be left out of one
// that has not begun, or without a reason who would get it.
func (s *Server) leftOut(w http.ResponseWriter, r *http.Request) error {
	b, err := s.broadcastOf(r)
	if err != nil {
		return err
	}
	page := LeftOutPage{Broadcast: b, Reason: crm.SkipReason(r.URL.Query().Get("reason"))}
	if page.Shell, err = s.shell(r, "broadcasts", b.Name); err != nil {
		return err
	}
	after, _ := crm.ParseID(r.URL.Query().Get("after"))
	list, next, err := s.Broadcasts.WouldSkip(r.Context(), actor(r), b.ID, page.Reason, after, recipientsAtOnce)
	if err != nil {
		return err
	}
	page.People = list
	if next != "" {
		page.Next = broadcastPath(b.ID) + "/people?" + url.Values{"reason": {string(page.Reason)}, "after": {next.String()}}.Encode()
	}
	return s.show(w, r, http.StatusOK, page)
}

// PeopleFilter is whom the page of a broadcast lists.
type PeopleFilter struct {
	Status  crm.MessageStatusValue
	Reason  crm.SkipReason
	Replied bool
}

func readPeopleFilter(v url.Values) PeopleFilter {
	f := PeopleFilter{Status: crm.MessageStatusValue(v.Get("status")), Reason: crm.SkipReason(v.Get("reason")), Replied: v.Get("replied") != ""}
	if !slices.Contains(crm.RecipientStatuses, f.Status) {
		f.Status = ""
	}
	return f
}

func (f PeopleFilter) filter() store.RecipientFilter {
	return store.RecipientFilter{Status: f.Status, Skip: f.Reason, Replied: f.Replied}
}

func (f PeopleFilter) values() url.Values {
	v := url.Values{}
	for name, value := range map[string]string{"status": string(f.Status), "reason": string(f.Reason), "replied": map[bool]string{true: "1"}[f.Replied]} {
		if value != "" {
			v.Set(name, value)
		}
	}
	return v
}

// At is the choice behind an address.
func (f PeopleFilter) At(path string) string {
	if query := f.values().Encode(); query != "" {
		return path + "?" + query
	}
	return path
}
