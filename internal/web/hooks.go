package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"parley/internal/crm"
	"parley/internal/store"
)

// HooksPage lists the endpoints of outgoing webhooks. Making one posts to
// /settings/webhooks: url, event (several).
type HooksPage struct {
	Settings
	Form   Form
	Chosen []string // events of the form
	Hooks  []crm.HookEndpoint
}

func (HooksPage) template() string { return "hooks" }

// Groups are the choices.
func (p HooksPage) Groups() []EventChoice { return eventChoices(p.Chosen) }

// EventChoice is a group of events to follow.
type EventChoice struct {
	Value, Label string
	Chosen       bool
}

func eventChoices(chosen []string) []EventChoice {
	var list []EventChoice
	for _, g := range crm.HookGroups {
		list = append(list, EventChoice{g, upperFirst(g) + "s", slices.Contains(chosen, g)})
	}
	return list
}

// HookPage is one endpoint with its deliveries. It posts to /settings/webhooks/{id}: url,
// event, active; to …/test, …/rotate, …/replay: delivery, …/delete.
type HookPage struct {
	Settings
	Hook   crm.HookEndpoint
	Form   Form
	Chosen []string
	Secret string // just made: shown once
	Tested *HookTested
	HookRows
}

func (HookPage) template() string { return "hook" }

// Groups are the choices.
func (p HookPage) Groups() []EventChoice { return eventChoices(p.Chosen) }

// Types are what it follows beside groups, chosen one by one over the API.
func (p HookPage) Types() string {
	var list []string
	for _, e := range p.Hook.Events {
		if strings.Contains(e, ".") {
			list = append(list, e)
		}
	}
	return strings.Join(list, ", ")
}

// Types are none for a new endpoint.
func (HooksPage) Types() string { return "" }

// HookTested is what an endpoint said to a test.
type HookTested struct {
	Answer  int
	Problem string
}

// HookRows are deliveries: the fragment of GET /settings/webhooks/{id}?after=.
type HookRows struct {
	Clock
	ID   crm.ID
	Rows []store.HookDelivery
	Next string
}

func (HookRows) template() string { return "hook-rows" }

const deliveriesAtOnce = 50

// hooksPage handles GET /settings/webhooks.
func (s *Server) hooksPage(w http.ResponseWriter, r *http.Request) error {
	return s.showHooks(w, r, http.StatusOK, Form{}, nil)
}

func (s *Server) showHooks(w http.ResponseWriter, r *http.Request, status int, form Form, chosen []string) error {
	settings, err := s.settingsShell(r, "settings", "webhooks", "Webhooks")
	if err != nil {
		return err
	}
	list, err := s.Webhooks.List(r.Context(), actor(r))
	if err != nil {
		return err
	}
	return s.show(w, r, status, HooksPage{settings, form, chosen, list})
}

// makeHook handles POST /settings/webhooks. The page of the new endpoint shows its secret.
func (s *Server) makeHook(w http.ResponseWriter, r *http.Request) error {
	form := readForm(r, "url")
	chosen := r.PostForm["event"]
	h, secret, err := s.Webhooks.Create(r.Context(), actor(r), crm.HookEndpoint{URL: form.Value("url"), Events: chosen})
	if crm.KindOf(err) == crm.Invalid {
		form.Fail(err, "url")
		return s.showHooks(w, r, statusOf(err), form, chosen)
	}
	if err != nil {
		return err
	}
	return s.showHook(w, r, http.StatusCreated, h, HookPage{Secret: secret})
}

// hookPage handles GET /settings/webhooks/{id}.
func (s *Server) hookPage(w http.ResponseWriter, r *http.Request) error {
	h, err := s.hookOf(r)
	if err != nil {
		return err
	}
	if r.URL.Query().Get("after") != "" && isFragment(r) {
		rows, err := s.hookRows(r, h.ID)
		if err != nil {
			return err
		}
		return s.show(w, r, http.StatusOK, rows)
	}
	return s.showHook(w, r, http.StatusOK, h, HookPage{})
}

func (s *Server) hookOf(r *http.Request) (h crm.HookEndpoint, err error) {
	id, err := pathID(r, "id")
	if err != nil {
		return h, err
	}
	return s.Webhooks.Get(r.Context(), actor(r), id)
}

func (s *Server) hookRows(r *http.Request, id crm.ID) (rows HookRows, err error) {
	if rows.Clock, _, err = s.clock(r); err != nil {
		return rows, err
	}
	var before *store.Cursor
	if at, ok := store.ParseCursor(r.URL.Query().Get("after")); ok {
		before = &at
	}
	list, next, err := s.Webhooks.Deliveries(r.Context(), actor(r), id, "", before, deliveriesAtOnce)
	if err != nil {
		return rows, err
	}
	rows.ID, rows.Rows = id, list
	if next != nil {
		rows.Next = "/settings/webhooks/" + id.String() + "?" + url.Values{"after": {next.String()}}.Encode()
	}
	return rows, nil
}

func (s *Server) showHook(w http.ResponseWriter, r *http.Request, status int, h crm.HookEndpoint, page HookPage) (err error) {
	if page.Settings, err = s.settingsShell(r, "settings", "webhooks", "Webhook"); err != nil {
		return err
	}
	if page.HookRows, err = s.hookRows(r, h.ID); err != nil {
		return err
	}
	page.Hook = h
	if page.Form.Values == nil {
		page.Form.Values, page.Chosen = map[string]string{"url": h.URL}, h.Events
	}
	return s.show(w, r, status, page)
}

// changeHook handles POST /settings/webhooks/{id}: url, event, active.
func (s *Server) changeHook(w http.ResponseWriter, r *http.Request) error {
	h, err := s.hookOf(r)
	if err != nil {
		return err
	}
	form := readForm(r, "url")
	_, err = s.Webhooks.Change(r.Context(), actor(r), h.ID, func(h *crm.HookEndpoint) {
		h.URL, h.Active = form.Value("url"), r.PostFormValue("active") != ""
		events := slices.Clone(r.PostForm["event"])
		for _, e := range h.Events {
			if strings.Contains(e, ".") { // chosen one by one over the API
				events = append(events, e)
			}
		}
		h.Events = events
	})
	if crm.KindOf(err) == crm.Invalid {
		form.Fail(err, "url")
		h.Active = r.PostFormValue("active") != "" // as it was chosen
		return s.showHook(w, r, statusOf(err), h, HookPage{Form: form, Chosen: r.PostForm["event"]})
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/settings/webhooks/"+h.ID.String()+"?said=saved")
}

// testHook handles POST /settings/webhooks/{id}/test.
func (s *Server) testHook(w http.ResponseWriter, r *http.Request) error {
	h, err := s.hookOf(r)
	if err != nil {
		return err
	}
	answer, problem, err := s.Webhooks.Test(r.Context(), actor(r), h.ID)
	if err != nil {
		return err
	}
	return s.showHook(w, r, http.StatusOK, h, HookPage{Tested: &HookTested{answer, problem}})
}

// rotateHook handles POST /settings/webhooks/{id}/rotate.
func (s *Server) rotateHook(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	h, secret, err := s.Webhooks.Rotate(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	return s.showHook(w, r, http.StatusOK, h, HookPage{Secret: secret})
}

// replayHook handles POST /settings/webhooks/{id}/replay: delivery, or all that failed.
func (s *Server) replayHook(w http.ResponseWriter, r *http.Request) error {
	h, err := s.hookOf(r)
	if err != nil {
		return err
	}
	if _, err := s.Webhooks.Replay(r.Context(), actor(r), h.ID, crm.ID(r.PostFormValue("delivery")), h.CreatedAt); err != nil {
		return err
	}
	return seeOther(w, r, "/settings/webhooks/"+h.ID.String()+"?said=replayed")
}

// deleteHook handles POST /settings/webhooks/{id}/delete.
func (s *Server) deleteHook(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err == nil {
		err = s.Webhooks.Delete(r.Context(), actor(r), id)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/settings/webhooks?said=ended")
}
