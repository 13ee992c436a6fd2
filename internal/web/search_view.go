package web

import (
	"net/url"

	"parley/internal/app/team"
	"parley/internal/store"
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
	Cut           Cut // not all contacts that match were looked at
}

func (SearchResults) template() string { return "search-results" }

// Count is how much was found.
func (r SearchResults) Count() int { return len(r.Contacts) + len(r.Conversations) + len(r.Subjects) }

// Missing says that there may be others than those shown, where no list behind More does.
func (r SearchResults) Missing() string {
	if r.More() != "" || r.Count() > 0 && r.Cut == Cut(store.CutHits) {
		return ""
	}
	return r.Cut.Words()
}

// Cut says why a search does not show everybody who matches; empty when it does.
type Cut store.Cut

// Words are the reason and what to do.
func (c Cut) Words() string {
	switch store.Cut(c) {
	case store.CutHits:
		return "What you typed has more hits than the " + number(store.MaxHits) + " contacts that are looked at. Type more to find the others."
	case store.CutIndex:
		return "Very many contacts changed a moment ago, and the search is still behind. Look again in a minute to find the others."
	}
	return ""
}

// More is the list of all contacts that match, where there may be more than are shown.
func (r SearchResults) More() string {
	if len(r.Contacts) < foundAtOnce {
		return ""
	}
	return "/contacts?" + url.Values{"q": {r.Query}}.Encode()
}
