package web

import (
	"errors"
	"net/http"
	"net/url"

	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/store"
)

const historyAtOnce = 30

// contactHistory handles GET /contacts/{id}/history?after=.
func (s *Server) contactHistory(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	clock, _, err := s.clock(r)
	if err != nil {
		return err
	}
	var before *store.Cursor
	if cursor, ok := store.ParseCursor(r.URL.Query().Get("after")); ok {
		before = &cursor
	}
	c, err := s.Contacts.Get(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	list, err := s.history(r, clock, c, before)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, list)
}

func (s *Server) history(r *http.Request, clock Clock, c *crm.Contact, before *store.Cursor) (list HistoryList, err error) {
	entries, err := s.Contacts.History(r.Context(), actor(r), c.ID, before, historyAtOnce+1)
	if err != nil {
		return list, err
	}
	names, err := s.namesInHistory(r)
	if err != nil {
		return list, err
	}
	undoable, err := s.Contacts.Undoable(r.Context(), actor(r), c.ID)
	if err != nil {
		return list, err
	}
	if len(entries) > historyAtOnce {
		entries = entries[:historyAtOnce]
		list.Next = "/contacts/" + c.ID.String() + "/history?" + url.Values{"after": {entries[historyAtOnce-1].Cursor}}.Encode()
	}
	for _, e := range entries {
		entry := HistoryEntry{Clock: clock, Contact: c, Event: e, Names: names}
		for _, m := range undoable {
			if e.Type == crm.ContactMerged && e.SubjectID == m.ID {
				entry.UndoMerge = m.ID
			}
		}
		list.Entries = append(list.Entries, entry)
	}
	return list, nil
}

// namesInHistory are the names of tags and users, which the history keeps by id, and of
// custom fields, which it keeps by key.
func (s *Server) namesInHistory(r *http.Request) (map[string]string, error) {
	m := map[string]string{}
	users, err := s.Team.Users(r.Context(), actor(r))
	if err != nil {
		return nil, err
	}
	for _, u := range users {
		m[u.ID.String()] = u.Name
	}
	tags, err := s.Team.TagNames(r.Context(), actor(r))
	if err != nil {
		return nil, err
	}
	for _, t := range tags {
		m[t.ID.String()] = t.Name
	}
	fields, err := s.Contacts.CustomFields(r.Context(), actor(r))
	for _, f := range fields {
		m["custom."+f.Key] = f.Label
	}
	return m, err
}

// putBack handles POST /contacts/{id}/put-back: event and field of the history (C5). What
// cannot be put back is said above the form, with who holds a number by now (I6).
func (s *Server) putBack(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	_, err = s.Contacts.PutBack(r.Context(), actor(r), id, contacts.Earlier{Event: r.PostFormValue("event"),
		Field: r.PostFormValue("field"), Version: parseInt(r.PostFormValue("version"))})
	switch crm.KindOf(err) {
	case crm.Invalid, crm.Conflicting, crm.Stale:
		return s.refusedPutBack(w, r, id, err)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/contacts/"+id.String()+"?said=put-back")
}

func (s *Server) refusedPutBack(w http.ResponseWriter, r *http.Request, id crm.ID, refusal error) error {
	c, err := s.Contacts.Get(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	form, err := s.contactForm(r, c, "")
	if err != nil {
		return err
	}
	var e *crm.Error
	errors.As(refusal, &e)
	form.Fail(refusal, contactFields...)
	switch form.Conflict = e.Conflict; {
	case e.Kind == crm.Stale:
		form.Errors[""] = e.Detail + " Nothing was put back; this is the contact as it is now."
	case form.Conflict != nil:
		form.Errors[""] = "" // the box says it better
	case form.Errors[""] == "":
		form.Errors[""] = "Nothing was put back. See below why."
	}
	return s.showContact(w, r, statusOf(refusal), c, form)
}
