package web

import (
	"maps"
	"net/http"
	"net/url"
	"slices"

	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/store"
)

// contactsPage handles GET /contacts with the names of a filter (crm.ParseFilter) and sort.
// The address is the list: whoever opens it sees the same filter. One that cannot be read
// or asks for what is not there any more shows nobody, and says why.
func (s *Server) contactsPage(w http.ResponseWriter, r *http.Request) error {
	if address, tidy := tidied(r.URL.Query()); !tidy {
		return seeOther(w, r, address)
	}
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
	page.Query, page.Order, page.Menu = list.filter.Query, list.values.Get("sort"), r.URL.Query().Get("menu")
	page.Chips, page.Filters, page.Address = chips(list), filterMenu(list), list.values.Encode()
	if page.Views, err = s.viewTabs(r, list); err != nil {
		return err
	}
	shown := make([]string, len(page.Columns))
	for i, c := range page.Columns {
		shown[i] = c.Name
		page.Columns[i].orderBy(list)
	}
	page.AllColumns = allColumns(shown, list.words.Fields)
	page.NameColumn = Column{Name: "name", Label: "Name"}
	page.NameColumn.orderBy(list)
	for _, name := range slices.Sorted(maps.Keys(list.values)) {
		if name != "q" && name != "sort" {
			for _, v := range list.values[name] {
				page.Hidden = append(page.Hidden, Option{name, v})
			}
		}
	}
	if page.Duplicates, err = s.duplicatesCount(r); err != nil {
		return err
	}
	return s.show(w, r, list.status(), page)
}

// tidied is the address of a list without what a form sends empty; tidy is true when there
// was nothing of that.
func tidied(values url.Values) (address string, tidy bool) {
	tidy = true
	for name, list := range values {
		kept := slices.DeleteFunc(slices.Clone(list), func(v string) bool { return v == "" })
		if len(kept) < len(list) {
			tidy = false
			values[name] = kept
		}
	}
	return listAddress(values), tidy
}

// contactRows handles GET /contacts/rows with the same names, and after.
func (s *Server) contactRows(w http.ResponseWriter, r *http.Request) error {
	list, err := s.contactList(r)
	if err != nil {
		return err
	}
	rows, total, err := s.contactRowsOf(r, list, list.after == nil)
	if err != nil {
		return err
	}
	if rows.More = list.after != nil; !rows.More {
		rows.NewTotal = total
	}
	return s.show(w, r, list.status(), rows)
}

// contactList is what an address asks for.
type contactList struct {
	words   crm.FilterWords
	filter  crm.Filter
	sort    crm.Sort
	columns []string
	view    crm.ID     // the saved view that it came from
	values  url.Values // what of the address makes the list
	after   *store.ContactPlace
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
	for _, name := range []string{"after", "said", "menu"} {
		delete(l.values, name)
	}
	for name, list := range l.values {
		if list = slices.DeleteFunc(list, func(v string) bool { return v == "" }); len(list) == 0 && slices.Contains(crm.FilterNames, name) || name == "sort" && len(list) == 0 {
			delete(l.values, name)
		} else {
			l.values[name] = list
		}
	}
	named := maps.Clone(l.values)
	for _, name := range []string{"sort", "columns", "view"} {
		delete(named, name)
	}
	l.filter = crm.ParseFilter(named, l.words)
	l.sort = crm.ParseSort(l.values.Get("sort"), &l.filter.Problems)
	l.view, _ = crm.ParseID(l.values.Get("view"))
	if l.columns = crm.ParseColumns(l.values["columns"], l.words.Fields, new(crm.Problems)); len(l.columns) == 0 {
		if l.columns, err = s.Contacts.Columns(r.Context(), actor(r), l.words.Fields); err != nil {
			return l, err
		}
	}
	if after != "" {
		place, ok := parseContactPlace(after)
		if !ok {
			l.filter.Problems.Add("after", "bad_cursor", "This is not where a page ended.")
		}
		l.after = place
	}
	return l, nil
}

// orderBy says how a column is in the order of the list and where its heading leads.
func (c *Column) orderBy(l contactList) {
	ascending := crm.Sort(c.Name)
	if !slices.Contains(crm.Sorts, ascending) {
		return
	}
	next := "-" + ascending // newest first; names from A
	if c.Name == "name" {
		next = ascending
	}
	switch l.sort {
	case ascending:
		c.Sorted, next = "ascending", "-"+ascending
	case "-" + ascending:
		c.Sorted, next = "descending", ascending
	}
	values := maps.Clone(l.values)
	values.Set("sort", string(next))
	if next == crm.LastActiveFirst {
		values.Del("sort")
	}
	c.Sort = listAddress(values)
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
	rows.Columns = columnsOf(l.columns, l.words.Fields)
	for _, c := range page.Contacts {
		rows.Rows = append(rows.Rows, ContactRow{Clock: clock, Contact: c, Assignee: assignees[c.AssigneeID], Columns: rows.Columns})
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
	if l.after == nil {
		rows.Cut = Cut(page.Cut)
	}
	total = totalText(page.Count)
	switch page.Cut {
	case store.CutHits:
		total += " among the first " + number(store.MaxHits) + " hits"
	case store.CutIndex:
		total += " so far"
	}
	return rows, total, nil
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
