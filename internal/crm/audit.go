package crm

import (
	"slices"
	"strings"
)

// AuditKind groups what the audit log tells of (A4). It is kept with each event, so that
// the log is read without the messages around it; empty for what is no matter of audit.
type AuditKind string

// The kinds, in the order in which they are offered.
const (
	AuditSignIns     AuditKind = "sign_ins"
	AuditUsers       AuditKind = "users"
	AuditVisibility  AuditKind = "visibility"
	AuditDeletes     AuditKind = "deletes"
	AuditMerges      AuditKind = "merges"
	AuditErasures    AuditKind = "erasures"
	AuditImports     AuditKind = "imports"
	AuditExports     AuditKind = "exports"
	AuditTags        AuditKind = "tags"
	AuditChannels    AuditKind = "channels"
	AuditBroadcasts  AuditKind = "broadcasts"
	AuditConnections AuditKind = "connections"
	AuditSettings    AuditKind = "settings"
)

// AuditKinds are all of them.
var AuditKinds = []AuditKind{AuditSignIns, AuditUsers, AuditVisibility, AuditDeletes, AuditMerges, AuditErasures,
	AuditImports, AuditExports, AuditTags, AuditChannels, AuditBroadcasts, AuditConnections, AuditSettings}

// auditAreas are the kinds of events by the first part of their type.
var auditAreas = map[string]AuditKind{"session": AuditSignIns, "user": AuditUsers, "token": AuditUsers, "tag": AuditTags,
	"channel": AuditChannels, "broadcast": AuditBroadcasts, "connection": AuditConnections, "import": AuditImports, "export": AuditExports,
	"business": AuditSettings, "custom_field": AuditSettings, "template": AuditChannels, "saved_reply": AuditSettings, "webhook": AuditSettings}

// AuditKindOf is the kind of what is about to be written, or "". The migration that made
// the column says the same in SQL for the events before it.
func AuditKindOf(e Event) AuditKind {
	switch e.Type {
	case ContactDeleted, ContactArchived, ContactRestored:
		return AuditDeletes
	case ContactErased:
		return AuditErasures
	case ContactMerged, ContactParted:
		return AuditMerges
	case ConversationVisible:
		return AuditVisibility
	case ContactChanged:
		if slices.ContainsFunc(e.Changes, func(c Change) bool { return c.Field == "visibility" || c.Field == "visible_to" }) {
			return AuditVisibility
		}
		return ""
	}
	area, act, _ := strings.Cut(string(e.Type), ".")
	switch act {
	case "exported":
		return AuditExports
	case "moved": // progress, many times a minute
		return ""
	}
	return auditAreas[area]
}

// Harmless is a text for a cell of a spreadsheet that would take it for a formula
// otherwise: such a text gets an apostrophe in front (M7). Unguarded takes it off again.
func Harmless(cell string) string {
	if actsLikeFormula(cell) {
		return "'" + cell
	}
	return cell
}

// Unguarded is the text that Harmless was given.
func Unguarded(cell string) string {
	if rest, guarded := strings.CutPrefix(cell, "'"); guarded && actsLikeFormula(rest) {
		return rest
	}
	return cell
}

// actsLikeFormula reports whether a text begins as formulas do, behind the apostrophes that
// somebody may have typed.
func actsLikeFormula(cell string) bool {
	bare := strings.TrimLeft(cell, "'")
	return bare != "" && strings.ContainsRune("=+-@\t\r\n", rune(bare[0]))
}
