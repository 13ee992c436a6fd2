package team

import (
	"slices"
	"strings"

	"parley/internal/crm"
)

// Subject is one page of Settings or of a user's own account. The menu beside those pages
// and the search both read Subjects: a page that is listed there is found.
type Subject struct {
	Name    string // what a page calls itself
	Title   string
	Path    string
	Account bool   // of the user's own account, open to agents too; else of Settings
	Words   string // by which it is found beside its title
}

// Subjects are all of them in the order of the menu.
var Subjects = []Subject{
	{"business", "Business", "/settings/business", false, "company name country time zone release backup"},
	{"users", "Users", "/settings/users", false, "team people agents admins invite role deactivate reset"},
	{"channels", "Channels", "/settings/channels", false, "numbers whatsapp sms twilio vonage webhook connect"},
	{"templates", "Templates", "/settings/templates", false, "whatsapp template approved messages window submit"},
	{"integrations", "Integrations", "/settings/integrations", false, "xero quickbooks hubspot accounting crm invoices sync connect connections"},
	{"auto-replies", "Automatic replies", "/settings/auto-replies", false, "auto replies greeting welcome away working opening hours out of office"},
	{"replies", "Saved replies", "/settings/replies", false, "saved replies snippets canned shortcuts merge fields"},
	{"tags", "Tags", "/settings/tags", false, "labels colours rename merge"},
	{"fields", "Custom fields", "/settings/fields", false, "custom fields options choice number date columns"},
	{"imports", "Imports", "/settings/imports", false, "files csv xlsx receipts undo"},
	{"webhooks", "Webhooks", "/settings/webhooks", false, "outgoing webhooks endpoints events deliveries integrations programs secret"},
	{"audit", "Audit log", "/settings/audit", false, "history who did what security sign-ins seal export"},
	{"unfiled", "Unfiled messages", "/settings/unfiled", false, "refused lost unknown retry"},
	{"profile", "Profile", "/account", true, "account name e-mail email phone password"},
	{"sessions", "Sessions", "/account/sessions", true, "account signed in browsers devices"},
	{"tokens", "API tokens", "/account/tokens", true, "account keys programs"},
	{"bulk", "Recent actions", "/bulk", true, "account many at once contacts bulk receipts undo"},
}

// SubjectsOf are those that somebody may open: agents have no Settings (V5).
func SubjectsOf(who crm.Actor) []Subject {
	return slices.DeleteFunc(slices.Clone(Subjects), func(s Subject) bool { return !s.Account && !who.IsAdmin() })
}

// FindSubjects are those of SubjectsOf in which every word of a query begins a word.
func FindSubjects(who crm.Actor, query string) []Subject {
	words := strings.Fields(crm.Fold(query))
	if len(words) == 0 {
		return nil
	}
	return slices.DeleteFunc(SubjectsOf(who), func(s Subject) bool {
		area := " settings "
		if s.Account {
			area = " "
		}
		text := " " + crm.Fold(s.Title) + area + s.Words
		return slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, " "+word) })
	})
}
