package inbox

import (
	"context"
	"unicode/utf8"

	"parley/internal/channel"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// ourReaction is by whom a reaction of the business is: WhatsApp knows one of it, whoever
// of the team put it there.
const ourReaction = "Your team"

// React puts an emoji on a message of a conversation, or with an empty one takes it back.
// It goes the way of a message: queued, sent once, and gone again when it was refused. The
// error is of kind Invalid, Conflicting (the window) or NotFound.
func (s *Inbox) React(ctx context.Context, who crm.Actor, message crm.ID, emoji string) (m crm.Message, err error) {
	if !isEmoji(emoji) {
		var problems crm.Problems
		problems.Add("emoji", "not_emoji", "Send one emoji, or none to take it back.")
		return m, problems.Err()
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		to, err := store.MessageByID(tx, who.BusinessID, message)
		if err != nil {
			return err
		}
		store.LockConversation(tx, who.BusinessID, to.ConversationID)
		v, err := store.ConversationByID(tx, who, to.ConversationID)
		if err != nil {
			return err
		}
		r, err := s.route(tx, v, to.ChannelID)
		if err != nil {
			return err
		}
		if err := s.checkReaction(to, r); err != nil {
			return err
		}
		now := s.Now()
		reaction := crm.Message{BusinessID: who.BusinessID, ID: crm.NewID(now), ConversationID: v.ID, ContactID: v.ContactID, ChannelID: to.ChannelID,
			Direction: crm.Out, Address: r.Address, Type: crm.ReactionMessage, Text: emoji, Content: crm.Content{QuotedID: to.ExternalID},
			Status: crm.Queued, SentBy: who.UserID, At: now, ReceivedAt: now}
		store.AddMessages(tx, []crm.Message{reaction})
		store.React(tx, who.BusinessID, to.ChannelID, to.ExternalID, ourReaction, emoji, now)
		event := about(who, crm.MessageReaction, now, v.ContactID, v.ID)
		event.MessageID = to.ID
		if err := s.record(tx, event); err != nil {
			return err
		}
		if m, err = store.MessageByID(tx, who.BusinessID, message); err != nil {
			return err
		}
		return s.Deliver(tx, who.BusinessID, v.ID)
	})
	return m, err
}

func (s *Inbox) checkReaction(to crm.Message, r Route) error {
	var problems crm.Problems
	open, err := s.Open(r.Channel)
	if err != nil {
		return err
	}
	if reactor, ok := open.(channel.Reactor); !ok || !reactor.Reacts() || to.ExternalID == "" || to.Type == crm.ReactionMessage {
		problems.Add("emoji", "not_on_channel", "Only messages on WhatsApp can have a reaction.")
		return problems.Err()
	}
	if r.Refusal != "" {
		return crm.Errorf(crm.Conflicting, refusalCode(r), "%s", r.Refusal)
	}
	return nil
}

// isEmoji takes what may be one: a few characters, none of them of a plain text.
func isEmoji(text string) bool {
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > 12 {
		return false
	}
	for _, r := range text {
		if r < 0x203c && r != 0xa9 && r != 0xae && r != 0x200d && (r < '0' || r > '9') && r != '#' && r != '*' {
			return false
		}
	}
	return text == "" || text[0] > 0x7f || utf8.RuneCountInString(text) > 1
}
