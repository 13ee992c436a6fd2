package crm

import "time"

// Inbound is one item that a provider handed us: a message, or news about one. Exactly
// one of the pointers is set, by what it is.
type Inbound struct {
	// ExternalID is the provider's id of the item; with the channel it is unique, and
	// an item seen twice is dropped (V7).
	ExternalID string
	At         time.Time // as the provider says; zero when it did not
	Sender     Sender
	// Raw is the item as it came, kept for what cannot be filed (I7).
	Raw []byte

	Message    *InboundMessage
	Reaction   *InboundReaction
	Status     *InboundStatus
	Moved      *InboundMove
	Consent    *InboundConsent
	Template   *InboundTemplate
	Unreadable string // why the item could not be read; it goes to Unfiled
}

// Sender is who wrote, as the provider names them. At least one of Phone and UserID is
// set on a message; what is unknown is empty.
type Sender struct {
	Phone string // as sent: digits with or without +, a short code, a word (I3)
	// UserID is a WhatsApp business-scoped user id, ParentUserID that of the portfolio
	// above (I5).
	UserID       string
	ParentUserID string
	Username     string
	ProfileName  string
	// Address is the exact id a reply must go to.
	Address string
}

// InboundMessage is what somebody wrote.
type InboundMessage struct {
	Type    MessageType
	Text    string // also for media (caption), buttons (their words), orders: a readable line
	Content Content
	Media   []Media
}

// InboundReaction is an emoji put on a message, or taken back when Emoji is empty.
type InboundReaction struct {
	ToExternalID string
	Emoji        string
}

// InboundStatus is news of a message we sent.
type InboundStatus struct {
	ExternalID string
	// ClientID is our own id of the message where the provider hands it back.
	ClientID  ID
	Status    MessageStatusValue
	ErrorCode string
	Error     string // in plain words
	// OptedOut says that it failed because the person stopped messages at the provider.
	OptedOut bool
}

// InboundMove says that a person changed number or user id: To is the new sender, the
// Inbound's Sender the old one.
type InboundMove struct {
	To Sender
}

// InboundConsent is an opt-out (Stop) or opt-in that the provider itself reports.
type InboundConsent struct {
	Stop     bool
	Category string // the provider's word, such as marketing_messages
}

// InboundTemplate is news of a template; what the provider does not tell is empty.
type InboundTemplate struct {
	ExternalID string
	Name       string
	Language   string
	Status     TemplateStatus
	Category   TemplateCategory
	Quality    TemplateQuality
	Reason     string
	Gone       bool // it was deleted
}

// Outbound is one message on its way to a provider.
type Outbound struct {
	ID      ID     // our own id; handed over where the provider takes one
	Address string // exactly where it goes
	Text    string
	// QuotedID is the provider's id of the message this one answers, or empty.
	QuotedID string
	// Template goes instead of Text, which then says what it looks like.
	Template *FilledTemplate
	// File goes with Text as its caption; Type says as what.
	File *OutboundFile
	// Reaction goes instead of Text: an emoji on the message QuotedID, or, empty, none any
	// more.
	Reaction *string
}

// OutboundFile is a file on its way to a provider.
type OutboundFile struct {
	Media
	As    MessageType // image, video, audio or document
	Bytes []byte
	// URL is a public address of the file for a while, for providers that fetch it; empty
	// where Parley has no public address.
	URL string
}
