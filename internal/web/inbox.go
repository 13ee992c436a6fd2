package web

import (
	"encoding/json"
	"net/http"
	"net/url"

	"parley/internal/crm"
	"parley/internal/store"
)

const (
	rowsAtOnce     = 40
	messagesAtOnce = 40
)

// inboxPage handles GET /inbox?view=&q=: the list without an open conversation.
func (s *Server) inboxPage(w http.ResponseWriter, r *http.Request) error {
	live, err := s.liveFrom(r)
	if err != nil {
		return err
	}
	list, err := s.conversationList(r, "")
	if err != nil {
		return err
	}
	shell, err := s.shell(r, "inbox", "Inbox")
	if err != nil {
		return err
	}
	shell.Live = live
	return s.show(w, r, http.StatusOK, InboxPage{Shell: shell, List: list})
}

// conversation handles GET /inbox/{id}: one conversation, as a page or as the fragment
// that takes the place of another. Opening it is seeing it.
func (s *Server) conversation(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	live, err := s.liveFrom(r)
	if err != nil {
		return err
	}
	if err := s.Inbox.See(r.Context(), actor(r), id); err != nil {
		return err
	}
	thread, err := s.thread(r, id)
	if err != nil {
		return err
	}
	if isFragment(r) {
		return s.show(w, r, http.StatusOK, *thread)
	}
	list, err := s.conversationList(r, id)
	if err != nil {
		return err
	}
	shell, err := s.shell(r, "inbox", thread.Header.Name)
	if err != nil {
		return err
	}
	shell.Live = live
	return s.show(w, r, http.StatusOK, InboxPage{Shell: shell, List: list, Thread: thread})
}

// conversationRows handles GET /inbox/list?view=&q=&after=.
func (s *Server) conversationRows(w http.ResponseWriter, r *http.Request) error {
	rows, err := s.rows(r, "")
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, rows)
}

// conversationRow handles GET /inbox/{id}/row?view=&q=: one row of the list, or 204 when
// the conversation is not in that view.
func (s *Server) conversationRow(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	row, err := s.Inbox.Conversation(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	filter := readFilter(r)
	filter.Contact = row.ContactID
	page, err := s.Inbox.List(r.Context(), actor(r), filter, nil, rowsAtOnce)
	if err != nil {
		return err
	}
	for _, row := range page.Rows {
		if row.ID == id {
			clock, _, err := s.clock(r)
			if err != nil {
				return err
			}
			return s.show(w, r, http.StatusOK, conversationRowView(clock, row, filter, ""))
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// inboxCounts handles GET /inbox/counts: the numbers beside the views, as JSON.
func (s *Server) inboxCounts(w http.ResponseWriter, r *http.Request) error {
	n, err := s.Inbox.Counts(r.Context(), actor(r))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(map[string]any{"unread": n.Unread, "views": viewCounts(n)})
}

func viewCounts(n store.Counts) map[ListView]int {
	return map[ListView]int{ViewOpen: n.Open, ViewUnassigned: n.Unassigned, ViewMine: n.Mine}
}

// readFilter takes view and search from the address; anything unknown is the open ones.
func readFilter(r *http.Request) store.ConversationFilter {
	f := store.ConversationFilter{View: store.View(r.URL.Query().Get("view")), Query: r.URL.Query().Get("q")}
	switch f.View {
	case store.ViewUnassigned, store.ViewMine, store.ViewClosed:
	default:
		f.View = store.ViewOpen
	}
	return f
}

func (s *Server) conversationList(r *http.Request, current crm.ID) (list ConversationList, err error) {
	filter := readFilter(r)
	list.View, list.Query, list.Manage = ListView(filter.View), filter.Query, actor(r).IsAdmin()
	if list.ConversationRows, err = s.rows(r, current); err != nil {
		return list, err
	}
	n, err := s.Inbox.Counts(r.Context(), actor(r))
	list.Counts = viewCounts(n)
	return list, err
}

func (s *Server) rows(r *http.Request, current crm.ID) (rows ConversationRows, err error) {
	filter := readFilter(r)
	var after *store.ConversationPlace
	if at, id, ok := parsePlace(r.URL.Query().Get("after")); ok {
		after = &store.ConversationPlace{LastMessageAt: at, ID: id}
	}
	page, err := s.Inbox.List(r.Context(), actor(r), filter, after, rowsAtOnce)
	if err != nil {
		return rows, err
	}
	clock, _, err := s.clock(r)
	if err != nil {
		return rows, err
	}
	for _, row := range page.Rows {
		rows.Rows = append(rows.Rows, conversationRowView(clock, row, filter, current))
	}
	if rows.Cut = Cut(page.Cut); page.Next != nil {
		rows.Cut = "" // the last rows tell
		rows.Next = "/inbox/list?" + url.Values{"view": {string(filter.View)}, "q": {filter.Query}, "after": {placeText(page.Next.LastMessageAt, page.Next.ID)}}.Encode()
	}
	return rows, nil
}

func conversationRowView(clock Clock, row store.ConversationRow, f store.ConversationFilter, current crm.ID) ConversationRow {
	return ConversationRow{Clock: clock, Conversation: row.Conversation, Name: row.Contact.Name(), Assignee: row.AssigneeName,
		Family: row.Family, Unread: row.Unread && row.ID != current, View: ListView(f.View), Query: f.Query, Current: row.ID == current}
}
