package web

import (
	"maps"
	"net/http"
	"net/url"

	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/store"
)

// contactsPage handles GET /contacts with the names of a filter (crm.ParseFilter) and sort.
// The address is the list: whoever opens it sees the same filter. One that cannot be read
// or asks for what is not there any more shows nobody, and says why.
func (s *Server) contactsPage(w http.ResponseWriter, r *http.Request) error {
	page := ContactsPage{}
	var err error
	if page.Shell, err = s.shell(r, "contacts", "Contacts"); err != nil {
		return err
	}
	list, err := s.contactList(r)
	if err != nil {
		return err
	}
	if page.ContactRows, page.Total, err = s.contactRowsOf(r, list, true); err != nil {
		return err
	}
	page.Query, page.Archived, page.Tags, page.Users = list.filter.Query, list.filter.Status == crm.Archived, list.words.Tags, active(list.words.Users)
	if len(list.filter.Tags) == 1 {
		page.TagID = list.filter.Tags[0]
	}
	if len(list.filter.Assignees) == 1 {
		page.Assignee = list.filter.Assignees[0].String()
	}
	if page.Duplicates, err = s.duplicatesCount(r); err != nil {
		return err
	}
	return s.show(w, r, list.status(), page)
}

// contactRows handles GET /contacts/rows with the same names, and after.
func (s *Server) contactRows(w http.ResponseWriter, r *http.Request) error {
	list, err := s.contactList(r)
	if err != nil {
		return err
	}
	rows, _, err := s.contactRowsOf(r, list, false)
	if err != nil {
		return err
	}
	return s.show(w, r, list.status(), rows)
}

// contactList is what an address asks for.
type contactList struct {
	words  crm.FilterWords
	filter crm.Filter
	sort   crm.Sort
	values url.Values // what of the address makes the list
	after  *store.ContactPlace
}

// status is that of a page that shows the list.
func (l contactList) status() int {
	if len(l.filter.Problems) > 0 {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

func (s *Server) contactList(r *http.Request) (l contactList, err error) {
	if l.words, err = s.Contacts.FilterWords(r.Context(), actor(r)); err != nil {
		return l, err
	}
	l.values = r.URL.Query()
	after := l.values.Get("after")
	for _, name := range []string{"after", "said"} {
		delete(l.values, name)
	}
	named := maps.Clone(l.values)
	delete(named, "sort")
	l.filter = crm.ParseFilter(named, l.words)
	l.sort = crm.ParseSort(l.values.Get("sort"), &l.filter.Problems)
	if after != "" {
		place, ok := parseContactPlace(after)
		if !ok {
			l.filter.Problems.Add("after", "bad_cursor", "This is not where a page ended.")
		}
		l.after = place
	}
	return l, nil
}

func (s *Server) contactRowsOf(r *http.Request, l contactList, counted bool) (rows ContactRows, total string, err error) {
	page, err := s.Contacts.List(r.Context(), actor(r), l.filter, l.sort, l.after, rowsAtOnce, counted)
	if err != nil {
		return rows, "", err
	}
	clock, _, err := s.clock(r)
	if err != nil {
		return rows, "", err
	}
	assignees := names(l.words.Users)
	for _, c := range page.Contacts {
		rows.Rows = append(rows.Rows, ContactRow{Clock: clock, Contact: c, Assignee: assignees[c.AssigneeID]})
	}
	rows.Narrowed = l.filter.Narrows()
	for _, p := range l.filter.Problems {
		rows.Problems = append(rows.Problems, p.Detail)
	}
	if page.Next != nil {
		next := maps.Clone(l.values)
		next["after"] = []string{contactPlaceText(page.Next)}
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
