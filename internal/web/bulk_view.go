package web

import (
	"slices"
	"strings"

	"parley/internal/app/contacts"
	"parley/internal/crm"
)

// BulkChoices are the actions that the bar of the table offers (T2, V5).
func (p ContactsPage) BulkChoices() []Option {
	var list []Option
	for _, a := range crm.BulkActions {
		if crm.MayBulk(crm.Actor{Role: p.User.Role}, a, false) {
			list = append(list, Option{string(a), bulkLabels[a]})
		}
	}
	if crm.MayBroadcast(crm.Actor{Role: p.User.Role}) {
		list = append(list, Option{broadcastAction, "Send a broadcast"})
	}
	return append(list, Option{exportAction, "Export"})
}

// MaxChosen is how many contacts can be chosen one by one.
func (ContactsPage) MaxChosen() int { return crm.MaxChosen }

// exportAction is the choice in the bar that leads to an export; it changes nobody.
const exportAction = "export"

// broadcastAction is the choice in the bar that leads to a new broadcast.
const broadcastAction = "broadcast"

var bulkLabels = map[crm.BulkAction]string{crm.BulkAddTags: "Add tags", crm.BulkRemoveTags: "Remove tags", crm.BulkAssign: "Assign",
	crm.BulkVisibility: "Set who sees them", crm.BulkArchive: "Archive", crm.BulkRestore: "Restore", crm.BulkDelete: "Delete"}

// BulkAsk says what will be done to how many, and asks for what is needed. It posts to
// /contacts/bulk.
type BulkAsk struct {
	Shell
	Draft contacts.BulkDraft
	Query string // the list that all are of
	Count int
	Tags  TagPicker
	Users []crm.User
	Error string
}

func (BulkAsk) template() string { return "bulk-ask" }

// Label is the action.
func (p BulkAsk) Label() string { return firstText(bulkLabels[p.Draft.Action], "Many at once") }

// People is how many there are.
func (p BulkAsk) People() string { return plural(p.Count, "contact", "contacts") }

// Is reports whether it is an action.
func (p BulkAsk) Is(action string) bool { return string(p.Draft.Action) == action }

// Back is the list that was chosen from.
func (p BulkAsk) Back() string {
	if p.Query == "" {
		return "/contacts"
	}
	return "/contacts?" + p.Query
}

// Sees reports whether a user is among the chosen ones.
func (p BulkAsk) Sees(id crm.ID) bool {
	v := p.Draft.What.Visibility
	return v != nil && slices.Contains(v.UserIDs, id)
}

// ChosenOnly reports whether only chosen people see new conversations.
func (p BulkAsk) ChosenOnly() bool {
	return p.Draft.What.Visibility != nil && p.Draft.What.Visibility.Mode == crm.Chosen
}

// Assign is the drop-down of who gets their messages.
func (p BulkAsk) Assign() Input {
	options := []Option{{"", "Nobody"}}
	for _, u := range p.Users {
		options = append(options, Option{u.ID.String(), u.Name})
	}
	i := Form{Values: map[string]string{"assignee_id": p.Draft.What.AssigneeID.String()}}.Input("assignee_id", "Assign messages to", "select")
	return i.Choose(options)
}

// BulkProgress is how far an act on many is: the fragment of GET /bulk/{id}/progress.
type BulkProgress struct {
	Clock
	Bulk    *crm.Bulk
	Names   map[crm.ID]string // of tags and users
	CanUndo bool
}

func (BulkProgress) template() string { return "bulk-progress" }

// Running reports whether there is more to come.
func (p BulkProgress) Running() bool { return p.Bulk.Status == crm.BulkRunning }

// Title is what is done: "Add tags: Gold".
func (p BulkProgress) Title() string {
	title := bulkLabels[p.Bulk.Action]
	var names []string
	for _, id := range p.Bulk.What.Tags {
		names = append(names, firstText(p.Names[id], "a deleted tag"))
	}
	if p.Bulk.Action == crm.BulkAssign {
		names = append(names, firstText(p.Names[p.Bulk.What.AssigneeID], "nobody"))
	}
	if len(names) > 0 {
		title += ": " + strings.Join(names, ", ")
	}
	if p.Bulk.UndoOf != "" {
		title = "Undo of “" + title + "”"
	}
	return title
}

var bulkDone = map[crm.BulkAction]string{crm.BulkAddTags: "Tagged", crm.BulkRemoveTags: "Took tags off", crm.BulkAssign: "Assigned",
	crm.BulkVisibility: "Changed who sees", crm.BulkArchive: "Archived", crm.BulkRestore: "Restored", crm.BulkDelete: "Deleted"}

// Said is what was done in a sentence: "Tagged 4,312 contacts."
func (p BulkProgress) Said() string {
	verb := bulkDone[p.Bulk.Action]
	if p.Bulk.UndoOf != "" {
		verb = "Put back"
	}
	said := verb + " " + plural(p.Bulk.Counts[crm.BulkChanged], "contact", "contacts") + "."
	if p.Bulk.Status == crm.BulkCancelled {
		said = "Cancelled. " + said
	}
	return said
}

// By is who did it.
func (p BulkProgress) By() string { return firstText(p.Names[p.Bulk.UserID], "Somebody") }

// State is in a word or two how far it is, and whether it can be taken back.
func (p BulkProgress) State() string {
	switch {
	case p.Running():
		return "Running"
	case p.Bulk.UndoneBy != "":
		return "Taken back"
	case p.CanUndo:
		return "Can be undone"
	case p.Bulk.Status == crm.BulkCancelled:
		return "Cancelled"
	}
	return "Done"
}

// Tone is the colour of the state.
func (p BulkProgress) Tone() string {
	switch {
	case p.Running():
		return "blue"
	case p.State() == "Can be undone", p.State() == "Done":
		return "green"
	}
	return "grey"
}

// Totals is what became of them in a few words: "4,290 done, 2 not done".
func (p BulkProgress) Totals() string {
	var list []string
	for _, o := range crm.BulkOutcomes {
		n := p.Bulk.Counts[o]
		if o == crm.BulkWaiting {
			n = p.Waiting()
		}
		if n > 0 {
			list = append(list, number(n)+" "+strings.ToLower(bulkOutcomeLabels[o]))
		}
	}
	return firstText(strings.Join(list, ", "), "Nobody")
}

// Waiting is how many are still to come.
func (p BulkProgress) Waiting() int { return p.Bulk.Total - p.Bulk.Done }

// BulksPage lists acts on many: one's own, and for admins everybody's.
type BulksPage struct {
	Settings
	Items []BulkProgress
	Next  string
}

func (BulksPage) template() string { return "bulks" }

// BulkPage is the receipt of an act on many.
type BulkPage struct {
	Shell
	BulkProgress
	Outcome crm.BulkOutcome // the one that is listed; empty for all
	Results []contacts.BulkResult
	Next    string
}

func (BulkPage) template() string { return "bulk" }

// Title is what is done.
func (p BulkPage) Title() string { return p.BulkProgress.Title() }

// Said is what was done.
func (p BulkPage) Said() string { return p.BulkProgress.Said() }

var bulkOutcomeLabels = map[crm.BulkOutcome]string{crm.BulkChanged: "Done", crm.BulkArchived: "Archived instead", crm.BulkUnchanged: "So already",
	crm.BulkNotDone: "Not done", crm.BulkWaiting: "Waiting"}

// Outcomes are the outcomes that there are, with how many.
func (p BulkPage) Outcomes() (list []BulkTab) {
	list = append(list, BulkTab{Label: "All", Count: p.Bulk.Total})
	for _, o := range crm.BulkOutcomes {
		n := p.Bulk.Counts[o]
		if o == crm.BulkWaiting {
			n = p.Waiting()
		}
		if n > 0 {
			list = append(list, BulkTab{string(o), bulkOutcomeLabels[o], n})
		}
	}
	return list
}

// Label is an outcome in words.
func (BulkPage) Label(o crm.BulkOutcome) string { return bulkOutcomeLabels[o] }

// BulkTab is one outcome of a receipt with how many contacts it has.
type BulkTab struct {
	Outcome, Label string
	Count          int
}
