package web

import (
	"net/http"

	"parley/internal/app/team"
	"parley/internal/crm"
	"parley/internal/store"
)

// foundAtOnce is how many contacts and how many conversations a search shows.
const foundAtOnce = 6

// search handles GET /search?q=: contacts, conversations, and pages of Settings and of the
// account. A script of any page asks for the results alone and shows them in a dialog.
func (s *Server) search(w http.ResponseWriter, r *http.Request) error {
	query := cleanBreaks(r.URL.Query().Get("q"))
	results := SearchResults{Query: query, Subjects: team.FindSubjects(actor(r), query)}
	found, err := s.Contacts.Find(r.Context(), actor(r), query, foundAtOnce)
	status := http.StatusOK
	if isAnswer(err) {
		results.Problem, status = err.Error(), statusOf(err)
	} else if err != nil {
		return err
	}
	clock, _, err := s.clock(r)
	if err != nil {
		return err
	}
	results.Cut = Cut(found.Cut)
	for _, c := range found.Contacts {
		results.Contacts = append(results.Contacts, ContactRow{Clock: clock, Contact: c})
	}
	for _, v := range found.Conversations {
		results.Conversations = append(results.Conversations, conversationRowView(clock, v, store.ConversationFilter{View: viewOf(v)}, ""))
	}
	if isFragment(r) {
		return s.show(w, r, status, results)
	}
	page := SearchPage{Results: results}
	if page.Shell, err = s.shell(r, "search", "Search"); err != nil {
		return err
	}
	return s.show(w, r, status, page)
}

// viewOf is the view of the inbox in which a conversation stands.
func viewOf(v store.ConversationRow) store.View {
	if v.Status == crm.Open {
		return store.ViewOpen
	}
	return store.ViewClosed
}
