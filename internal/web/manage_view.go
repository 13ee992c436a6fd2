package web

import (
	"parley/internal/crm"
)

// ManagePage is where admins hand conversations out, one or many at once. It posts to
// /inbox/manage: view, q, user_id, and ids (repeated) or one.
type ManagePage struct {
	Shell
	View  ListView // unassigned, or open for all
	Query string
	Users []crm.User // active ones
	To    crm.ID     // chosen last
	Error string
	Cut   Cut // the search did not look at all hits
	// Report is what became of those that were handed out just now.
	Report *HandOutReport
	ManageRows
}

func (ManagePage) template() string { return "manage" }

// Tabs are the two views.
func (p ManagePage) Tabs() []ListTab {
	return []ListTab{
		{View: ViewUnassigned, Label: "Unassigned", Href: "/inbox/manage", Shown: p.View != ViewOpen},
		{View: ViewOpen, Label: "All open", Href: "/inbox/manage?view=open", Shown: p.View == ViewOpen},
	}
}

// ManageRows are its rows: the fragment of GET /inbox/manage?after=.
type ManageRows struct {
	Rows []ConversationRow
	Next string
}

func (ManageRows) template() string { return "manage-rows" }

// HandOutReport says what was handed out, and what was not and why.
type HandOutReport struct {
	Done int
	To   string // empty: to nobody
	Left []NotHandedOut
}

// NotHandedOut is one conversation that stayed where it was.
type NotHandedOut struct {
	ID          crm.ID
	Name, Cause string
}
