package web

import (
	"net/url"

	"parley/internal/app/team"
)

// SearchPage is the search over everything as a page, for those without scripts.
type SearchPage struct {
	Shell
	Results SearchResults
}

func (SearchPage) template() string { return "search" }

// SearchResults are what a search found, in groups: the fragment of GET /search?q=.
type SearchResults struct {
	Query         string
	Problem       string // why the query cannot be read
	Contacts      []ContactRow
	Conversations []ConversationRow
	Subjects      []team.Subject
}

func (SearchResults) template() string { return "search-results" }

// Count is how much was found.
func (r SearchResults) Count() int { return len(r.Contacts) + len(r.Conversations) + len(r.Subjects) }

// More is the list of all contacts that match, where there may be more than are shown.
func (r SearchResults) More() string {
	if len(r.Contacts) < foundAtOnce {
		return ""
	}
	return "/contacts?" + url.Values{"q": {r.Query}}.Encode()
}
