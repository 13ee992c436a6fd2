package web

import (
	"strings"

	"parley/internal/app/team"
	"parley/internal/crm"
)

// AuditPage is the audit log (A4). The filter is a form of GET: person, kind, from, to,
// contact. Checking all posts to /settings/audit/check.
type AuditPage struct {
	Settings
	Users    []crm.User
	Person   crm.ID
	Kind     crm.AuditKind
	From, To string // days
	Contact  crm.ID
	AuditRows
	Check      team.AuditCheck
	CheckedAll bool
}

func (AuditPage) template() string { return "audit" }

// Kinds are the choices of the filter.
func (AuditPage) Kinds() []Option {
	options := []Option{{"", "Everything"}}
	for _, k := range crm.AuditKinds {
		options = append(options, Option{string(k), auditKinds[k]})
	}
	return options
}

var auditKinds = map[crm.AuditKind]string{crm.AuditSignIns: "Sign-ins", crm.AuditUsers: "Users and tokens", crm.AuditVisibility: "Who sees what",
	crm.AuditDeletes: "Deletes and archiving", crm.AuditMerges: "Merges", crm.AuditErasures: "Erasures", crm.AuditImports: "Imports", crm.AuditExports: "Exports",
	crm.AuditTags: "Tags", crm.AuditChannels: "Channels", crm.AuditBroadcasts: "Broadcasts", crm.AuditConnections: "Connections", crm.AuditSettings: "Settings"}

// Narrowed reports whether a filter is on.
func (p AuditPage) Narrowed() bool { return len(p.query()) > 0 }

// Export is where the same entries are had as CSV.
func (p AuditPage) Export() string {
	if q := p.query(); len(q) > 0 {
		return "/settings/audit/export?" + q.Encode()
	}
	return "/settings/audit/export"
}

// AuditRows are its rows: the fragment of GET /settings/audit?after=.
type AuditRows struct {
	Rows []AuditRow
	Next string
}

func (AuditRows) template() string { return "audit-rows" }

// AuditRow is one entry.
type AuditRow struct {
	Clock
	Entry team.AuditEntry
	Names map[string]string // of users and tags, by their ids
}

// What says what was done.
func (a AuditRow) What() string {
	if text, ok := auditWords[a.Entry.Type]; ok {
		return text
	}
	area, act, _ := strings.Cut(string(a.Entry.Type), ".")
	text := strings.ReplaceAll(area+" "+act, "_", " ")
	return strings.ToUpper(text[:1]) + text[1:]
}

// Way says by which way it came, where that is not the page.
func (a AuditRow) Way() string {
	return map[crm.Via]string{crm.ViaAPI: "API", crm.ViaImport: "import", crm.ViaSync: "sync", crm.ViaMessage: "message", crm.ViaSystem: "by itself"}[a.Entry.Via]
}

// Note is the sentence of the entry, where it does not only repeat whom it is about.
func (a AuditRow) Note() string {
	if a.Entry.Note == a.Entry.User {
		return ""
	}
	return a.Entry.Note
}

// Changed are the changes in words.
func (a AuditRow) Changed() []ShownChange {
	h := HistoryEntry{Names: a.Names}
	var list []ShownChange
	for _, c := range a.Entry.Changes {
		list = append(list, ShownChange{Label: fieldLabel(c.Field), Old: h.show(c.Old), New: h.show(c.New)})
	}
	return list
}

var auditWords = map[crm.EventType]string{
	crm.SignedIn: "Signed in", crm.SignInFailed: "Sign-in refused", crm.SignedOut: "Signed out", crm.PasswordChanged: "Password changed",
	crm.UserInvited: "User invited", crm.UserJoined: "User joined", crm.UserChanged: "User changed", crm.UserDeactivated: "User deactivated", crm.UserReactivated: "User reactivated",
	crm.TokenCreated: "API token made", crm.TokenEnded: "API token ended",
	crm.TagCreated: "Tag made", crm.TagChanged: "Tag changed", crm.TagDeleted: "Tag deleted",
	crm.FieldCreated: "Custom field made", crm.FieldChanged: "Custom field changed", crm.FieldDeleted: "Custom field deleted",
	crm.SavedReplyCreated: "Saved reply made", crm.SavedReplyChanged: "Saved reply changed", crm.SavedReplyDeleted: "Saved reply deleted",
	crm.HookCreated: "Webhook address added", crm.HookChanged: "Webhook address changed", crm.HookDeleted: "Webhook address deleted", crm.HookEnded: "Webhook address switched off",
	crm.TemplateSubmitted: "Template submitted", crm.TemplateChanged: "Template changed", crm.TemplateDeleted: "Template deleted",
	crm.BroadcastCreated: "Broadcast made", crm.BroadcastChanged: "Broadcast changed", crm.BroadcastDeleted: "Broadcast deleted", crm.BroadcastStarted: "Broadcast started",
	crm.BroadcastHalted: "Broadcast paused", crm.BroadcastResumed: "Broadcast resumed", crm.BroadcastDropped: "Broadcast cancelled", crm.BroadcastEnded: "Broadcast ended",
	crm.BroadcastRetried: "Broadcast sent once more", crm.BroadcastDecided: "An unknown message decided", crm.BroadcastTried: "Broadcast tried out", crm.BroadcastExported: "People of a broadcast exported",
	crm.ChannelCreated: "Channel added", crm.ChannelChanged: "Channel changed",
	crm.ConnectionCreated: "Connection begun", crm.ConnectionChanged: "Connection changed", crm.ConnectionRefused: "An answer to a connection was refused",
	crm.BusinessCreated: "Business made", crm.BusinessChanged: "Business changed", crm.AuditExported: "Audit log exported", crm.ContactsExported: "Contacts exported", crm.ContactExported: "All of a person exported",
	crm.ContactArchived: "Contact archived", crm.ContactRestored: "Contact restored", crm.ContactDeleted: "Contact deleted", crm.ContactErased: "Contact erased",
	crm.ContactMerged: "Contacts merged", crm.ContactParted: "Merge undone", crm.ContactChanged: "Who sees a contact was changed", crm.ConversationVisible: "Who sees a conversation was changed",
}
