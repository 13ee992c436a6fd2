package crm

import (
	"slices"
	"time"
)

// Broadcast is one message to many contacts over one channel (B1).
type Broadcast struct {
	BusinessID ID
	ID         ID
	Name       string
	ChannelID  ID
	Audience   Audience
	Text       string          // with merge fields; empty with a template
	Template   *TemplateChoice // of WhatsApp
	StartAt    time.Time       // zero: when somebody starts it
	Quiet      QuietHours
	Status     BroadcastStatus
	// Problem says why it was paused, where nobody did that, or what it waits for.
	Problem string
	// UserID is the sender, whose visibility the audience has (V2): who made it, and then
	// who started it.
	UserID    ID
	ByName    string
	CreatedAt time.Time
	StartedAt time.Time
	FrozenAt  time.Time // when the audience was complete; zero before
	EndedAt   time.Time
	MovedAt   time.Time // when something was last done to it
	// Accepted are deleted tags of the audience with which somebody said to go on.
	Accepted []ID
	// Round goes up each time that the audience is frozen anew.
	Round int
	Total int // how many people the frozen audience has, those left out included
}

// BroadcastStatus says how far a broadcast is.
type BroadcastStatus string

// The statuses.
const (
	BroadcastDraft     BroadcastStatus = "draft"
	BroadcastScheduled BroadcastStatus = "scheduled"
	BroadcastRunning   BroadcastStatus = "running"
	BroadcastPaused    BroadcastStatus = "paused"
	BroadcastDone      BroadcastStatus = "done"
	BroadcastCancelled BroadcastStatus = "cancelled"
)

// Began reports whether it was started once: then its audience stands (B3).
func (b *Broadcast) Began() bool { return !b.StartedAt.IsZero() }

// Editable reports whether its text, audience and channel can still be changed.
func (b *Broadcast) Editable() bool {
	return !b.Began() && (b.Status == BroadcastDraft || b.Status == BroadcastScheduled || b.Status == BroadcastPaused)
}

// MayBroadcast reports whether somebody may make, see and send broadcasts: admins. They
// cost money and speak for the whole business.
func MayBroadcast(who Actor) bool { return who.IsAdmin() }

// Audience says who is meant. Tags, views and contacts are kept by id, so that it follows
// a tag that is renamed. With several parts all of them must hold.
type Audience struct {
	AnyTags []ID `json:"any_tags,omitempty"`
	AllTags []ID `json:"all_tags,omitempty"`
	NotTags []ID `json:"not_tags,omitempty"`
	// Filter is one of contacts, as Filter.Values writes it.
	Filter map[string][]string `json:"filter,omitempty"`
	ViewID ID                  `json:"view_id,omitempty"` // a saved view, as it is at the start
	// ContactIDs are single contacts that somebody chose.
	ContactIDs []ID `json:"contact_ids,omitempty"`
}

// Named reports whether the audience names anybody at all. An empty one is nobody, and
// never everyone (B3).
func (a Audience) Named() bool {
	return len(a.AnyTags)+len(a.AllTags)+len(a.NotTags)+len(a.ContactIDs) > 0 || a.Filter != nil || a.ViewID != ""
}

// Tags are all tags that the audience names.
func (a Audience) Tags() []ID { return slices.Concat(a.AnyTags, a.AllTags, a.NotTags) }

// Values are the audience's tags and filter by the names under which ParseFilter reads
// them, beside the filter of its view. Both naming any_tag is for the caller to refuse.
func (a Audience) Values(view map[string][]string) map[string][]string {
	values := map[string][]string{}
	for _, more := range []map[string][]string{view, a.Filter} {
		for name, list := range more {
			values[name] = slices.Concat(values[name], list)
		}
	}
	for name, tags := range map[string][]ID{"any_tag": a.AnyTags, "tag": a.AllTags, "not_tag": a.NotTags} {
		if len(tags) > 0 {
			values[name] = slices.Concat(values[name], texts(tags))
		}
	}
	return values
}

// SkipReason says why somebody in the audience does not get a broadcast (B2).
type SkipReason string

// The reasons.
const (
	SkipArchived   SkipReason = "archived"
	SkipOptedOut   SkipReason = "opted_out"
	SkipNoAddress  SkipReason = "no_address"
	SkipDuplicate  SkipReason = "duplicate"
	SkipNotVisible SkipReason = "not_visible"
	SkipWindow     SkipReason = "window_closed"
	SkipGone       SkipReason = "gone"       // deleted since the start
	SkipCancelled  SkipReason = "cancelled"  // the broadcast was cancelled before its turn
	SkipEmpty      SkipReason = "empty_text" // nothing is left of the text for this contact
	SkipTooLong    SkipReason = "too_long"
)

// SkipReasons are all of them in the order in which they are shown.
var SkipReasons = []SkipReason{SkipArchived, SkipOptedOut, SkipNoAddress, SkipDuplicate, SkipNotVisible, SkipWindow, SkipGone, SkipCancelled, SkipEmpty, SkipTooLong}

// Words are the reason in a sentence.
func (r SkipReason) Words() string {
	return map[SkipReason]string{
		SkipArchived:   "This contact is archived.",
		SkipOptedOut:   "This person opted out of broadcasts on this kind of channel.",
		SkipNoAddress:  "There is no number that can be reached on this channel.",
		SkipDuplicate:  "The same number is in the audience already.",
		SkipNotVisible: "The sender may not see this contact.",
		SkipWindow:     "Outside WhatsApp's 24 hours only a template can be sent.",
		SkipGone:       "The contact was deleted.",
		SkipCancelled:  "The broadcast was cancelled before its turn.",
		SkipEmpty:      "The text would be empty, or have a gap, for this contact.",
		SkipTooLong:    "The text is too long once it is filled in for this contact.",
	}[r]
}

// Recipient is one person of a frozen audience, and what became of the message to them.
type Recipient struct {
	Position  int
	ID        ID // our own id of the message, which providers hand back
	ContactID ID // empty where the contact was deleted or may not be seen
	ChannelID ID
	Address   string
	Text      string // what was sent, filled in
	Status    MessageStatusValue
	Skip      SkipReason // with Skipped
	Error     string     // why it failed or is unknown, in words a person understands
	ErrorCode string
	// RetryAt is from when on a failure may end otherwise; zero for never.
	RetryAt     time.Time
	ExternalID  string
	Attempts    int
	ClaimedAt   time.Time
	SentAt      time.Time
	DeliveredAt time.Time
	ReadAt      time.Time
	RepliedAt   time.Time
}

// Reason is why the person does not have the message, in a sentence; empty for who has.
func (r Recipient) Reason() string {
	if r.Status == Skipped {
		return r.Skip.Words()
	}
	return r.Error
}

// MayRetry reports whether a failure may end otherwise now.
func (r Recipient) MayRetry(now time.Time) bool {
	return !r.RetryAt.IsZero() && !now.Before(r.RetryAt)
}

// RecipientStatuses are the states in which recipients are counted, in the order in which
// they are shown. One whose message is on its way counts as queued.
var RecipientStatuses = []MessageStatusValue{Queued, Sent, Delivered, Read, Failed, Unknown, Skipped}

// BroadcastCounts counts the recipients by state, and those who answered.
type BroadcastCounts struct {
	ByStatus map[MessageStatusValue]int
	Replied  int
	MayRetry int // of the failed, now
}

// Of is how many are in a state.
func (c BroadcastCounts) Of(s MessageStatusValue) int { return c.ByStatus[s] }

// All is how many there are.
func (c BroadcastCounts) All() (n int) {
	for _, m := range c.ByStatus {
		n += m
	}
	return n
}
