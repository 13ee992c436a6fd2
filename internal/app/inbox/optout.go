package inbox

import (
	"slices"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// said is a keyword that somebody wrote (B5).
type said struct {
	keyword crm.Keyword
	message crm.Message
}

// keyword notes that a message is nothing but a keyword; what follows from it is written
// after the message and its sender are. A tap on a button counts by its words and by what
// the business put behind them.
func (r *receipt) keyword(m crm.Message) {
	texts := []string{m.Text}
	switch m.Type {
	case crm.TextMessage:
	case crm.ButtonMessage:
		if m.Content.Button != nil {
			texts = append(texts, m.Content.Button.ID)
		}
	default:
		return
	}
	for _, text := range texts {
		if k, ok := crm.KeywordOf(text); ok {
			r.said = append(r.said, said{k, m})
			return
		}
	}
}

// heed does what keywords ask for, in the order in which they were written. items are what
// came with them.
func (r *receipt) heed(items []crm.Inbound) error {
	for _, s := range r.said {
		stop := store.SaidStop{Family: r.channel.Family, At: r.now, Source: string(crm.ViaMessage), Wording: clean(s.message.Text, 200)}
		changed, err := r.noteConsent(s.message.ContactID, s.keyword.Stop, stop)
		if err != nil {
			return err
		}
		if changed && r.confirms(s, items) {
			if err := r.confirm(s); err != nil {
				return err
			}
		}
	}
	return nil
}

// noteConsent opts a contact out or in, with an entry in its history where that is new.
func (r *receipt) noteConsent(contact crm.ID, stop bool, s store.SaidStop) (changed bool, err error) {
	event := about(r.who, crm.ContactOptedOut, r.now, contact, "")
	if stop {
		changed, err = store.SayStop(r.tx, r.who.BusinessID, contact, s)
	} else {
		event.Type = crm.ContactOptedIn
		changed, err = store.TakeStopBack(r.tx, r.who.BusinessID, contact, s.Family)
	}
	if changed {
		event.Note = s.Family.Title()
		r.events = append(r.events, event)
	}
	return changed, err
}

// confirms reports whether a keyword is answered: on SMS once, as networks ask for, but
// not where Twilio does so itself, which it does to the standard words and to whatever else
// it says that it took for one. A short number or a word is a robot, which would answer
// back or cannot be written to; and a channel that is switched off sends nothing.
func (r *receipt) confirms(s said, items []crm.Inbound) bool {
	if r.channel.Family != crm.SMS || !r.channel.Active || r.robots[s.message.ID] {
		return false
	}
	answered := r.channel.Kind == "twilio_sms" && s.keyword.Standard
	return !answered && !slices.ContainsFunc(items, func(i crm.Inbound) bool { return i.Consent != nil && i.Sender.Address == s.message.Address })
}

// confirm queues the one answer to a keyword. A restored copy gives none: what is released
// days later confirms nothing.
func (r *receipt) confirm(s said) error {
	b, err := store.Business(r.tx, r.who.BusinessID)
	if err != nil || b.Held {
		return err
	}
	m := crm.Message{BusinessID: b.ID, ID: crm.NewID(r.now), ConversationID: s.message.ConversationID, ContactID: s.message.ContactID,
		ChannelID: r.channel.ID, Direction: crm.Out, Address: s.message.Address, Type: crm.TextMessage, Text: s.keyword.Confirmation(b.Name),
		Status: crm.Queued, At: r.now, ReceivedAt: r.now}
	store.AddMessages(r.tx, []crm.Message{m})
	event := about(crm.System(b.ID), crm.MessageQueued, r.now, m.ContactID, m.ConversationID)
	event.MessageID = m.ID
	r.events = append(r.events, event)
	return r.Deliver(r.tx, b.ID, m.ConversationID)
}

// optedOutBy notes that a provider refused one of our messages because the person had
// stopped them there; it returns what StoppedAtProvider does.
func optedOutBy(tx *db.Tx, m crm.Message, family crm.Family, at time.Time, why string) ([]crm.Event, error) {
	contact, err := store.ContactOfConversation(tx, m.BusinessID, m.ConversationID) // a merge may have moved it
	if err != nil {
		return nil, err
	}
	return StoppedAtProvider(tx, m.BusinessID, contact, family, at, why)
}

// StoppedAtProvider notes that a provider sends a contact nothing because they stopped
// messages there (B5); it returns the entry for the history, or nothing that is new.
func StoppedAtProvider(tx *db.Tx, business, contact crm.ID, family crm.Family, at time.Time, why string) ([]crm.Event, error) {
	changed, err := store.SayStop(tx, business, contact, store.SaidStop{Family: family, At: at, Source: "provider", Wording: clean(why, 200)})
	if err != nil || !changed {
		return nil, err
	}
	event := about(crm.System(business), crm.ContactOptedOut, at, contact, "")
	event.Note = family.Title()
	return []crm.Event{event}, nil
}

// stopWarning says why a reply will not reach somebody who stopped messages: on SMS the
// network lets nothing through any more, which it tells of each message. What somebody
// noted by hand keeps broadcasts away and no answer (B5).
func stopWarning(tx *db.Tx, c *crm.Contact, family crm.Family) (string, error) {
	if family != crm.SMS || !slices.Contains(c.OptOuts, family) {
		return "", nil
	}
	s, found, err := store.StoppedOn(tx, c.BusinessID, c.ID, family)
	if err != nil || !found || s.Source != string(crm.ViaMessage) && s.Source != "provider" {
		return "", err
	}
	return "This person stopped SMS from you, and the network lets nothing through until they send START. Another channel or a call can still reach them.", nil
}
