package web

import (
	"net/http"
	"net/url"

	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/store"
)

// contactsPage handles GET /contacts?q=&tag=&assignee=&archived=.
func (s *Server) contactsPage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	page := ContactsPage{Query: q.Get("q"), TagID: crm.ID(q.Get("tag")), Assignee: q.Get("assignee"), Archived: q.Get("archived") != ""}
	var err error
	if page.Shell, err = s.shell(r, "contacts", "Contacts"); err != nil {
		return err
	}
	if page.Tags, err = s.Team.TagNames(r.Context(), actor(r)); err != nil {
		return err
	}
	if page.Users, err = s.Team.Users(r.Context(), actor(r)); err != nil {
		return err
	}
	if page.ContactRows, page.Total, err = s.contactRowsOf(r, page.Users, true); err != nil {
		return err
	}
	page.Users = active(page.Users)
	return s.show(w, r, http.StatusOK, page)
}

// contactRows handles GET /contacts/rows with the same query, and after.
func (s *Server) contactRows(w http.ResponseWriter, r *http.Request) error {
	users, err := s.Team.Users(r.Context(), actor(r))
	if err != nil {
		return err
	}
	rows, _, err := s.contactRowsOf(r, users, false)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, rows)
}

func (s *Server) contactRowsOf(r *http.Request, users []crm.User, counted bool) (rows ContactRows, total string, err error) {
	q := r.URL.Query()
	filter := store.ContactFilter{Query: q.Get("q"), Status: crm.Active}
	if id, ok := crm.ParseID(q.Get("tag")); ok {
		filter.Tags = []crm.ID{id}
	}
	if id, ok := crm.ParseID(q.Get("assignee")); ok {
		filter.Assignee = id
	}
	if q.Get("archived") != "" {
		filter.Status = crm.Archived
	}
	var after *store.ContactPlace
	if at, id, ok := parsePlace(q.Get("after")); ok {
		after = &store.ContactPlace{ActiveAt: at, ID: id}
	}
	page, err := s.Contacts.List(r.Context(), actor(r), filter, after, rowsAtOnce, counted)
	if err != nil {
		return rows, "", err
	}
	clock, _, err := s.clock(r)
	if err != nil {
		return rows, "", err
	}
	assignees := names(users)
	for _, c := range page.Contacts {
		rows.Rows = append(rows.Rows, ContactRow{Clock: clock, Contact: c, Assignee: assignees[c.AssigneeID]})
	}
	rows.Narrowed = filter.Query != "" || len(filter.Tags) > 0 || filter.Assignee != "" || filter.Status == crm.Archived
	if page.Next != nil {
		next := url.Values{"after": {placeText(page.Next.ActiveAt, page.Next.ID)}}
		for _, name := range []string{"q", "tag", "assignee", "archived"} {
			if v := q.Get(name); v != "" {
				next.Set(name, v)
			}
		}
		rows.Next = "/contacts/rows?" + next.Encode()
	}
	return rows, totalText(page.Count), nil
}

// totalText is how many match; large numbers are not counted out.
func totalText(n int) string {
	switch {
	case n == 0:
		return "Nobody"
	case n == 1:
		return "1 person"
	case n > contacts.CountCap:
		return "More than " + number(contacts.CountCap) + " people"
	}
	return number(n) + " people"
}
