// Package inbox is the room of conversations: what comes in is filed, what goes out is
// queued and handed over once, and who sees and answers what is decided here.
package inbox

import (
	"context"
	"time"

	"parley/internal/app/contacts"
	"parley/internal/channel"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Inbox holds what the verbs of this room need.
type Inbox struct {
	DB       *db.DB
	Contacts *contacts.Contacts
	Now      func() time.Time
	// Wake is called after a commit that wrote events of a business.
	Wake func(business crm.ID)
	// Deliver enqueues, in the transaction, the job that sends what waits in a
	// conversation.
	Deliver func(tx *db.Tx, business, conversation crm.ID) error
	// SyncLater enqueues, in the transaction, the job that brings the templates of a channel
	// up to date.
	SyncLater func(tx *db.Tx, business, channel crm.ID) error
	// FileLink is a public address under which a file can be had for some hours, or "" when
	// Parley has none. Optional.
	FileLink func(business, media crm.ID) string
	// Open makes a working channel of a stored one.
	Open func(store.Channel) (channel.Channel, error)

	pacer         pacer
	large         largeFiles
	broadcastNews seldom
	gatherer      gatherer
	auto          autoReplies
}

// Conversation reads one conversation as far as who may see it.
func (s *Inbox) Conversation(ctx context.Context, who crm.Actor, id crm.ID) (row store.ConversationRow, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		row, err = store.ConversationRowByID(tx, who, id)
		return err
	})
	return row, err
}

// Page is a page of conversations and where the next one begins.
type Page struct {
	Rows []store.ConversationRow
	Next *store.ConversationPlace // nil on the last page
	Cut  store.Cut                // the search did not look at all hits
}

// List is a page of the conversations that match and that who may see.
func (s *Inbox) List(ctx context.Context, who crm.Actor, f store.ConversationFilter, after *store.ConversationPlace, limit int) (p Page, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if p.Rows, p.Cut, err = store.Conversations(tx, who, f, after, limit+1); err != nil {
			return err
		}
		if len(p.Rows) > limit {
			p.Rows = p.Rows[:limit]
			p.Next = &store.ConversationPlace{LastMessageAt: p.Rows[limit-1].LastMessageAt, ID: p.Rows[limit-1].ID}
		}
		return nil
	})
	return p, err
}

// Counts are the numbers beside the views.
func (s *Inbox) Counts(ctx context.Context, who crm.Actor) (n store.Counts, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		n, err = store.CountConversations(tx, who)
		return err
	})
	return n, err
}

// Thread is a page of a conversation's messages, newest first.
type Thread struct {
	Messages []crm.Message
	Older    *store.MessagePlace // nil when there are none
	// Notes are what happened beside the messages: assigned, closed, reopened. Only on
	// the newest page.
	Notes []crm.Event
}

// Messages is a page of a conversation's messages before a place; before nil starts at
// the newest.
func (s *Inbox) Messages(ctx context.Context, who crm.Actor, conversation crm.ID, before *store.MessagePlace, limit int) (t Thread, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		v, err := store.ConversationByID(tx, who, conversation)
		if err != nil {
			return err
		}
		if t.Messages, err = store.Messages(tx, who.BusinessID, conversation, before, limit+1); err != nil {
			return err
		}
		if len(t.Messages) > limit {
			t.Messages = t.Messages[:limit]
			last := t.Messages[limit-1]
			t.Older = &store.MessagePlace{At: last.At, ID: last.ID}
		}
		if t.Messages, err = withBroadcasts(tx, v, t.Messages, before, t.Older != nil); err != nil {
			return err
		}
		if len(t.Messages) > limit {
			t.Messages = t.Messages[:limit]
			last := t.Messages[limit-1]
			t.Older = &store.MessagePlace{At: last.At, ID: last.ID}
		}
		if before == nil {
			t.Notes, err = store.ConversationEvents(tx, who.BusinessID, conversation, 200)
		}
		return err
	})
	return t, err
}

// Message reads one message as far as who may see its conversation.
func (s *Inbox) Message(ctx context.Context, who crm.Actor, id crm.ID) (m crm.Message, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if m, err = store.MessageByID(tx, who.BusinessID, id); err != nil {
			return err
		}
		_, err = store.ConversationByID(tx, who, m.ConversationID)
		return err
	})
	return m, err
}

// record appends events and has them told to everyone after the commit.
func (s *Inbox) record(tx *db.Tx, events ...crm.Event) error {
	if len(events) == 0 {
		return nil
	}
	tx.After(func() { s.Wake(events[0].BusinessID) })
	return store.AddEvents(tx, events)
}

// about starts an event about a conversation.
func about(who crm.Actor, t crm.EventType, at time.Time, contact, conversation crm.ID) crm.Event {
	event := who.Event(t, at)
	event.ContactID, event.ConversationID = contact, conversation
	return event
}
