package crm

import (
	"bytes"
	"encoding/json"
	"time"
)

// Event is one thing that happened, written in the transaction that made it happen. It
// is history, audit, live feed and outbox in one; it is never changed. Only erasure
// (C10) takes a person's details out of it.
type Event struct {
	BusinessID     ID
	Cursor         string // where it stands in the order of the business; opaque
	Type           EventType
	At             time.Time
	ActorID        ID
	ActorName      string
	Via            Via
	Address        string
	ContactID      ID
	ConversationID ID
	MessageID      ID
	UserID         ID // the user it is about
	SubjectID      ID // anything else it is about: a tag, a channel
	Changes        []Change
	Note           string    // a sentence for people where the type does not say enough
	Kind           AuditKind // as the audit log files it, once it is written; empty for what is not in the log
}

// Event starts an event of what the actor did at a time; the caller says about what.
func (a Actor) Event(t EventType, at time.Time) Event {
	return Event{BusinessID: a.BusinessID, Type: t, At: at, ActorID: a.UserID, ActorName: a.Name, Via: a.Via, Address: a.Address}
}

// OtherContact is the second contact that an event names, where it is about two of them.
func (e Event) OtherContact() ID {
	if e.Type == ContactLookalike {
		return e.SubjectID
	}
	return ""
}

// Change is one field of a contact before and after (C5).
type Change struct {
	Field string `json:"field"`
	Old   any    `json:"old"`
	New   any    `json:"new"`
}

// UnmarshalJSON reads numbers digit by digit, so that none of them is lost.
func (c *Change) UnmarshalJSON(text []byte) error {
	type plain Change
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode((*plain)(c))
}

// EventType says what happened.
type EventType string

// The types of event.
const (
	ContactCreated       EventType = "contact.created"
	ContactChanged       EventType = "contact.changed"
	ContactReactivated   EventType = "contact.reactivated"
	ContactArchived      EventType = "contact.archived"
	ContactRestored      EventType = "contact.restored"
	ContactDeleted       EventType = "contact.deleted"
	ContactErased        EventType = "contact.erased"
	ContactExported      EventType = "contact.exported"    // all that is kept of the person was given out
	ContactsExported     EventType = "contacts.exported"   // a file of many was given out
	ContactLookalike     EventType = "contact.lookalike"   // two contacts that seem to be one person
	ContactMerged        EventType = "contact.merged"      // another one became part of it; the subject is the merge
	ContactMergedAway    EventType = "contact.merged_away" // it became part of another
	ContactDistinct      EventType = "contact.distinct"    // said not to be the same person as another
	ContactParted        EventType = "contact.parted"      // a merge was undone; told of both
	ContactRetagged      EventType = "contact.retagged"    // a tag it carried was deleted or merged; the subject is the tag
	ContactOptedOut      EventType = "contact.opted_out"
	ContactOptedIn       EventType = "contact.opted_in"
	ConversationOpened   EventType = "conversation.opened"
	ConversationReopened EventType = "conversation.reopened"
	ConversationAssigned EventType = "conversation.assigned"
	ConversationClosed   EventType = "conversation.closed"
	ConversationSeen     EventType = "conversation.seen"
	ConversationVisible  EventType = "conversation.visibility"
	ConversationMoved    EventType = "conversation.moved" // to another contact, by a merge or its undoing
	MessageReceived      EventType = "message.received"
	MessageQueued        EventType = "message.queued"
	MessageStatus        EventType = "message.status"
	MessageReaction      EventType = "message.reaction"
	MessageUnfiled       EventType = "message.unfiled"
	UnfiledResolved      EventType = "unfiled.resolved"
	InvoiceCreated       EventType = "invoice.created"
	InvoiceChanged       EventType = "invoice.changed"
	InvoiceGone          EventType = "invoice.deleted"
	TagCreated           EventType = "tag.created"
	TagChanged           EventType = "tag.changed"
	TagDeleted           EventType = "tag.deleted"
	TagMerged            EventType = "tag.merged" // it became part of another
	TagMoved             EventType = "tag.moved"  // a merge goes on: more got the tag that another one becomes
	FieldCreated         EventType = "custom_field.created"
	FieldChanged         EventType = "custom_field.changed"
	FieldDeleted         EventType = "custom_field.deleted"
	ImportUploaded       EventType = "import.uploaded"
	ImportMoved          EventType = "import.moved" // it went on: progress, or another status
	ImportStarted        EventType = "import.started"
	ImportEnded          EventType = "import.ended"
	ImportReverted       EventType = "import.undone"
	BulkStarted          EventType = "bulk.started"
	BulkEnded            EventType = "bulk.ended"
	BroadcastCreated     EventType = "broadcast.created"
	BroadcastChanged     EventType = "broadcast.changed"
	BroadcastDeleted     EventType = "broadcast.deleted"
	BroadcastStarted     EventType = "broadcast.started"
	BroadcastMoved       EventType = "broadcast.moved" // it went on: progress
	BroadcastHalted      EventType = "broadcast.paused"
	BroadcastResumed     EventType = "broadcast.resumed"
	BroadcastRetried     EventType = "broadcast.retried"
	BroadcastEnded       EventType = "broadcast.ended"
	BroadcastDropped     EventType = "broadcast.cancelled"
	BroadcastTried       EventType = "broadcast.tried"    // sent once to somebody, for a look at it
	BroadcastDecided     EventType = "broadcast.decided"  // a person said what became of an unknown message
	BroadcastExported    EventType = "broadcast.exported" // a file of its people was given out
	ConnectionCreated    EventType = "connection.created"
	ConnectionChanged    EventType = "connection.changed" // its state or its settings
	ConnectionRefused    EventType = "connection.refused" // a call back that was not the one that was begun
	ConnectionMoved      EventType = "connection.moved"   // it went on: progress, or a change that came
	ChannelCreated       EventType = "channel.created"
	ChannelChanged       EventType = "channel.changed"
	TemplateSubmitted    EventType = "template.submitted"
	TemplateChanged      EventType = "template.changed" // status, category or quality; the note says what
	TemplateDeleted      EventType = "template.deleted"
	SavedReplyCreated    EventType = "saved_reply.created"
	SavedReplyChanged    EventType = "saved_reply.changed"
	SavedReplyDeleted    EventType = "saved_reply.deleted"
	HookCreated          EventType = "webhook.created"
	HookChanged          EventType = "webhook.changed"
	HookDeleted          EventType = "webhook.deleted"
	HookEnded            EventType = "webhook.ended" // switched off, because it failed for days
	UserInvited          EventType = "user.invited"
	UserChanged          EventType = "user.changed"
	UserDeactivated      EventType = "user.deactivated"
	UserReactivated      EventType = "user.reactivated"
	UserJoined           EventType = "user.joined"
	PasswordChanged      EventType = "user.password"
	SignedIn             EventType = "session.started"
	SignInFailed         EventType = "session.refused"
	SignedOut            EventType = "session.ended"
	TokenCreated         EventType = "token.created"
	TokenEnded           EventType = "token.ended"
	AuditExported        EventType = "audit.exported"
	BusinessCreated      EventType = "business.created"
	BusinessChanged      EventType = "business.changed"
)

// ChangesAccess reports whether the user whom an event is about may see less after it, or
// nothing: what streams to that user is looked at again.
func (t EventType) ChangesAccess() bool {
	switch t {
	case UserChanged, UserDeactivated, UserJoined, PasswordChanged, SignedOut, TokenEnded:
		return true
	}
	return false
}
