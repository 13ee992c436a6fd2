package web

import (
	"net/url"
	"slices"
	"time"

	"parley/internal/crm"
	"parley/internal/store"
)

// InboxPage is the inbox: the list, the open thread and its contact. The template "inbox"
// includes the same blocks that the fragments below render.
type InboxPage struct {
	Shell
	List   ConversationList
	Thread *Thread // nil when none is open
}

func (InboxPage) template() string { return "inbox" }

// ListView says which conversations the list shows.
type ListView string

// The views of the list, as in the address (?view=) and the API.
const (
	ViewOpen       ListView = "open"
	ViewUnassigned ListView = "unassigned"
	ViewMine       ListView = "mine"
	ViewClosed     ListView = "closed"
)

// ListTab is one view with how many are in it. Count below 0 is not shown.
type ListTab struct {
	View  ListView
	Label string
	Count int
	Href  string
	Shown bool
}

// ConversationList is the left column.
type ConversationList struct {
	View   ListView
	Query  string
	Counts map[ListView]int // a view that is missing has no count
	Manage bool             // the reader may hand conversations out many at once
	ConversationRows
}

func (ConversationList) template() string { return "conversation-list" }

// Tabs are the views in their order.
func (l ConversationList) Tabs() []ListTab {
	var tabs []ListTab
	for _, t := range []ListTab{{View: ViewOpen, Label: "Open"}, {View: ViewUnassigned, Label: "Unassigned"}, {View: ViewMine, Label: "Mine"}, {View: ViewClosed, Label: "Closed"}} {
		count, ok := l.Counts[t.View]
		if !ok {
			count = -1
		}
		t.Count, t.Href, t.Shown = count, "/inbox?view="+string(t.View), t.View == l.View
		tabs = append(tabs, t)
	}
	return tabs
}

// ConversationRows are rows of the list and where they go on: the fragment of
// GET /inbox/list.
type ConversationRows struct {
	Rows []ConversationRow
	Next string // address of the next rows; empty at the end
	Cut  Cut    // the search did not look at all hits, and this is the end
}

func (ConversationRows) template() string { return "conversation-rows" }

// ConversationRow is one row of the list: the fragment of GET /inbox/{id}/row.
type ConversationRow struct {
	Clock
	Conversation crm.Conversation
	Name         string
	Assignee     string // name; empty when unassigned
	Family       crm.Family
	Unread       bool
	View         ListView
	Query        string
	Current      bool // it is open in the middle
}

func (ConversationRow) template() string { return "conversation-row" }

// Href is the address of the conversation within the view.
func (r ConversationRow) Href() string {
	q := url.Values{"view": {string(r.View)}}
	if r.Query != "" {
		q.Set("q", r.Query)
	}
	return "/inbox/" + r.Conversation.ID.String() + "?" + q.Encode()
}

// Last is the last line as the list shows it.
func (r ConversationRow) Last() string {
	if r.Conversation.LastText == "" {
		return "No messages yet"
	}
	return r.Conversation.LastText
}

// Thread is the middle column with the contact at its right: the fragment of
// GET /inbox/{id}.
type Thread struct {
	Header   ThreadHeader
	Messages Messages
	Composer Composer
	Panel    ContactPanel
}

func (Thread) template() string { return "thread" }

// ThreadHeader is the line above the messages with what can be done: the fragment of
// GET /inbox/{id}/header and the answer to assign, take, close and reopen.
type ThreadHeader struct {
	Conversation crm.Conversation
	Name         string
	Known        string // by what the contact is known: a number, an e-mail
	Assignee     string
	Users        []crm.User // whom it can be assigned to: those who may see it
	Me           crm.ID
	Back         string // address of the list, for a narrow screen
	MayClose     bool   // V5
}

func (ThreadHeader) template() string { return "thread-header" }

// Mine reports whether it is assigned to the reader.
func (h ThreadHeader) Mine() bool { return h.Conversation.AssigneeID == h.Me }

// Open reports whether the conversation is open.
func (h ThreadHeader) Open() bool { return h.Conversation.Status == crm.Open }

// Messages are messages of a thread, oldest first: the fragment of
// GET /inbox/{id}/messages?before= and ?after=.
type Messages struct {
	List  []MessageView
	Older string // address of the older ones; empty when these begin the conversation
}

func (Messages) template() string { return "messages" }

// Days groups the messages by the day they were written.
func (m Messages) Days() []MessageDay {
	var days []MessageDay
	for _, msg := range m.List {
		date := msg.Date(msg.Message.At)
		if len(days) == 0 || days[len(days)-1].Date != date {
			days = append(days, MessageDay{Date: date, Label: msg.Day(msg.Message.At)})
		}
		last := &days[len(days)-1]
		last.Messages = append(last.Messages, msg)
	}
	return days
}

// MessageDay is what was written on one day.
type MessageDay struct {
	Date, Label string
	Messages    []MessageView
}

// MessageView is one message: the fragment of GET /inbox/{id}/messages/{message}.
type MessageView struct {
	Clock
	Message crm.Message
	Family  crm.Family
	Channel string // its name
	From    string // who wrote it, for a screen reader and for several agents
	Quoted  *Quoted
	// Mirrored turns the sides round: the simulator sees them from over there.
	Mirrored bool
}

func (MessageView) template() string { return "message" }

// CanAnswer reports whether the message can be quoted and have a reaction.
func (m MessageView) CanAnswer() bool {
	return !m.Mirrored && m.Family == crm.WhatsApp && m.Message.ExternalID != ""
}

// Quoted is the message that another one answers.
type Quoted struct{ From, Text string }

// Outgoing reports at which side the message stands.
func (m MessageView) Outgoing() bool { return (m.Message.Direction == crm.Out) != m.Mirrored }

// Tick is the state of an outgoing message: its icon, a class and what it means in words
// (V7).
func (m MessageView) Tick() Tick {
	switch m.Message.Status {
	case crm.Queued, crm.Sending:
		return Tick{"clock", "waiting", "Waiting to be sent"}
	case crm.Sent:
		return Tick{"check", "sent", "Sent"}
	case crm.Delivered:
		return Tick{"check-check", "delivered", "Delivered"}
	case crm.Read:
		return Tick{"check-check", "read", "Read"}
	case crm.Failed:
		return Tick{"circle-alert", "failed", "Not sent"}
	case crm.Skipped:
		return Tick{"ban", "skipped", "Left out"}
	case crm.Unknown:
		return Tick{"circle-help", "unknown", "Nobody knows whether it was sent"}
	}
	return Tick{}
}

// Tick is a state as it is shown.
type Tick struct{ Icon, Class, Label string }

// mediaURL is the address of a file of a message.
func mediaURL(id crm.ID) string { return "/media/" + id.String() }

// MapURL is the address of a place on a map.
func (m MessageView) MapURL() string {
	l := m.Message.Content.Location
	if l == nil {
		return ""
	}
	return "https://www.openstreetmap.org/?" + url.Values{"mlat": {decimal(l.Latitude)}, "mlon": {decimal(l.Longitude)}}.Encode()
}

// Composer is where an answer is written: the fragment of GET /inbox/{id}/composer and of
// the answer to a message that was refused. It is never replaced while somebody types.
type Composer struct {
	Clock
	ConversationID crm.ID
	Channels       []ComposerChannel // those on which the contact can be answered
	ChannelID      crm.ID            // the one chosen: where the contact wrote last
	Text           string            // what was typed, after a refusal
	Error          string
	Attached       []store.Attachment // files that wait to be sent
	// Blocked says why nothing can be sent at all: archived, no channel, no number.
	Blocked string
}

func (Composer) template() string { return "composer" }

// Chosen is the channel chosen, or nil.
func (c Composer) Chosen() *ComposerChannel {
	for i := range c.Channels {
		if c.Channels[i].ID == c.ChannelID {
			return &c.Channels[i]
		}
	}
	return nil
}

// Emoji are those that the composer offers; a system's own picker has the rest.
func (Composer) Emoji() []Option {
	return []Option{{"😀", "grinning"}, {"😊", "smiling"}, {"😉", "winking"}, {"😂", "tears of joy"}, {"🤔", "thinking"}, {"😢", "crying"}, {"😮", "astonished"}, {"😍", "heart eyes"},
		{"👍", "thumbs up"}, {"👎", "thumbs down"}, {"👌", "OK hand"}, {"🙏", "folded hands"}, {"👏", "clapping"}, {"💪", "strong arm"}, {"👋", "waving"}, {"🤝", "handshake"},
		{"❤️", "red heart"}, {"🎉", "party"}, {"🎁", "present"}, {"🌹", "rose"}, {"🌞", "sun"}, {"⭐", "star"}, {"🔥", "fire"}, {"💐", "flowers"},
		{"✅", "done"}, {"❌", "cross"}, {"❗", "exclamation mark"}, {"❓", "question mark"}, {"📞", "telephone"}, {"📅", "calendar"}, {"📍", "place"}, {"🚚", "delivery van"}}
}

// NeedsTemplate reports whether nothing but a template can go out on the channel chosen.
func (c Composer) NeedsTemplate() bool {
	chosen := c.Chosen()
	return c.Blocked == "" && chosen != nil && chosen.WindowClosed
}

// HasTemplates reports whether one of the channels has templates.
func (c Composer) HasTemplates() bool {
	return slices.ContainsFunc(c.Channels, func(ch ComposerChannel) bool {
		return ch.Family == crm.WhatsApp && (ch.Refusal == "" || ch.WindowClosed)
	})
}

// ComposerChannel is one channel on which an answer can go.
type ComposerChannel struct {
	ID     crm.ID
	Name   string
	Family crm.Family
	// Refusal says why this channel will not take free text now, before anyone types
	// (V6); empty when it will.
	Refusal string
	// Warning says why an answer will probably not get through (B5).
	Warning string
	// Files are what can be sent as a file; with a refusal none can.
	Files crm.FileRules
	// WindowClosed says that the refusal is WhatsApp's window: a template may go (V6).
	WindowClosed bool
	// OpenUntil is when WhatsApp's window closes; zero where there is none.
	OpenUntil time.Time
}
