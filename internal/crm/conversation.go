package crm

import "time"

// Conversation is one stretch of talking with a contact over all channels (V1).
type Conversation struct {
	BusinessID    ID
	ID            ID
	ContactID     ID
	Status        ConversationStatus
	AssigneeID    ID
	HandedOver    bool // a person assigned it: stands until it closes (V3)
	AssignNote    string
	Visibility    Visibility
	ChannelID     ID     // of the last message
	Address       string // the other side's exact id on that channel
	LastMessageAt time.Time
	LastInboundAt time.Time // when the contact last wrote, as the provider says; zero: never
	// LastReceivedAt is when that reached us: what unread marks go by.
	LastReceivedAt time.Time
	LastText       string
	LastDirection  Direction
	OpenedAt       time.Time
	ClosedAt       time.Time
}

// ConversationStatus is open or closed.
type ConversationStatus string

// The statuses of a conversation.
const (
	Open   ConversationStatus = "open"
	Closed ConversationStatus = "closed"
)

// Message is one message of a conversation, or a note that something happened there.
type Message struct {
	BusinessID     ID
	ID             ID
	ConversationID ID
	ContactID      ID
	ChannelID      ID
	Direction      Direction
	Address        string // the other side's exact id
	ExternalID     string // the provider's id; empty until sent
	Type           MessageType
	Text           string
	Content        Content
	Media          []Media
	Reactions      []Reaction
	Status         MessageStatusValue
	Error          string // why it failed, in words a person understands (V7)
	ErrorCode      string // the provider's own code
	SentBy         ID
	SentByName     string
	BroadcastID    ID        // of the broadcast that it was part of; empty for what was written in the thread
	Broadcast      string    // its name
	At             time.Time // when it was written, as the provider says; ours for our own
	ReceivedAt     time.Time
}

// Direction of a message.
type Direction string

// The directions.
const (
	In  Direction = "in"
	Out Direction = "out"
)

// MessageType says what a message is.
type MessageType string

// The types of message.
const (
	TextMessage     MessageType = "text"
	ImageMessage    MessageType = "image"
	VideoMessage    MessageType = "video"
	AudioMessage    MessageType = "audio"
	DocumentMessage MessageType = "document"
	StickerMessage  MessageType = "sticker"
	LocationMessage MessageType = "location"
	ContactsMessage MessageType = "contacts"
	ButtonMessage   MessageType = "button" // a tap on a button or a list
	OrderMessage    MessageType = "order"
	ReactionMessage MessageType = "reaction" // an emoji of ours on a message; in no thread
	TemplateMessage MessageType = "template" // one of ours, filled for the contact
	SystemMessage   MessageType = "system"
	Unsupported     MessageType = "unsupported"
)

// Content is what a message holds beside its text; each part only where it applies.
type Content struct {
	Location *Location       `json:"location,omitempty"`
	Contacts []SharedContact `json:"contacts,omitempty"`
	Order    *Order          `json:"order,omitempty"`
	Button   *Button         `json:"button,omitempty"`
	Template *FilledTemplate `json:"template,omitempty"`
	// QuotedID is the provider's id of the message this one answers.
	QuotedID string `json:"quoted_id,omitempty"`
	// Referral is the advertisement or post the sender came from.
	Referral  string `json:"referral,omitempty"`
	Forwarded bool   `json:"forwarded,omitempty"`
	// Automatic marks what the business answered by itself.
	Automatic bool `json:"automatic,omitempty"`
}

// Location is a place somebody shared.
type Location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Name      string  `json:"name,omitempty"`
	Address   string  `json:"address,omitempty"`
	URL       string  `json:"url,omitempty"`
}

// SharedContact is a card somebody shared.
type SharedContact struct {
	Name    string   `json:"name"`
	Company string   `json:"company,omitempty"`
	Phones  []string `json:"phones,omitempty"`
	Emails  []string `json:"emails,omitempty"`
}

// Order is a basket sent from a catalogue.
type Order struct {
	Catalogue string      `json:"catalogue,omitempty"`
	Items     []OrderItem `json:"items"`
}

// OrderItem is one line of an Order. Price is decimal text as sent.
type OrderItem struct {
	Product  string `json:"product"`
	Quantity int    `json:"quantity"`
	Price    string `json:"price,omitempty"`
	Currency string `json:"currency,omitempty"`
}

// Button is what was tapped: its words are the message's text.
type Button struct {
	ID          string `json:"id,omitempty"` // the payload or row id that the business chose
	Description string `json:"description,omitempty"`
}

// Media is a file of a message. Reference is what the provider needs to hand it out;
// Size is 0 until known.
type Media struct {
	ID        ID     `json:"id"`
	Type      string `json:"content_type"`
	Name      string `json:"name,omitempty"`
	SHA256    string `json:"sha256,omitempty"` // hex
	Size      int64  `json:"size,omitempty"`
	Reference string `json:"reference,omitempty"`
}

// Reaction is somebody's emoji on a message.
type Reaction struct {
	By    string `json:"by"` // the address of who reacted, or a user's name
	Emoji string `json:"emoji"`
}

// MessageStatusValue is the state of a message; it only moves forward (V7).
type MessageStatusValue string

// The states of a message.
const (
	Received  MessageStatusValue = "received" // every incoming message
	Queued    MessageStatusValue = "queued"
	Sending   MessageStatusValue = "sending" // claimed: the provider may have it
	Unknown   MessageStatusValue = "unknown" // claimed, and nobody knows how it ended
	Sent      MessageStatusValue = "sent"
	Delivered MessageStatusValue = "delivered"
	Read      MessageStatusValue = "read"
	Failed    MessageStatusValue = "failed"
	// Skipped is one that was left out, and why is said with it: an automatic reply that came
	// to be none, or a recipient who does not get a broadcast.
	Skipped MessageStatusValue = "skipped"
)

// Rank orders the states: an update applies only when its rank is higher. A failure
// ranks below delivered: what was delivered did not fail. Queued 1, sending 2, unknown 3,
// sent 4, failed 5, delivered 6, read 7, skipped 9.
func (s MessageStatusValue) Rank() int {
	switch s {
	case Queued:
		return 1
	case Sending:
		return 2
	case Unknown:
		return 3
	case Sent:
		return 4
	case Failed:
		return 5
	case Delivered:
		return 6
	case Read:
		return 7
	case Skipped:
		return 9
	}
	return 0
}

// WhatsAppWindow is how long after the contact's last message free text may be sent (V6).
const WhatsAppWindow = 24 * time.Hour

// windowMargin keeps us clear of the provider's own clock at the end of the window.
const windowMargin = 2 * time.Minute

// WindowOpen reports whether free text may go out on WhatsApp to somebody who last wrote
// there at lastInbound (zero: never).
func WindowOpen(lastInbound, now time.Time) bool { return lastInbound.After(WindowSince(now)) }

// WindowSince is since when somebody must have written for the window to be open now.
func WindowSince(now time.Time) time.Time { return now.Add(windowMargin - WhatsAppWindow) }

// AssigneeFor is who a message from a contact is assigned to (V3): whom a person handed
// the open conversation to, else the contact's own assignee, else as it was.
func AssigneeFor(c *Contact, open *Conversation) ID {
	if open != nil && open.HandedOver {
		return open.AssigneeID
	}
	if c.AssigneeID != "" {
		return c.AssigneeID
	}
	if open != nil {
		return open.AssigneeID
	}
	return ""
}
