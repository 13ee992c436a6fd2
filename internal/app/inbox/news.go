package inbox

import (
	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/store"
)

// applyStatus moves one of our messages forward; news of a message that we do not know
// yet waits for it.
func (r *receipt) applyStatus(s crm.InboundStatus) error {
	business := r.who.BusinessID
	if to := r.sentTo(s); to != nil {
		return r.moveRecipient(to, s)
	}
	m, found, err := store.MessageByExternal(r.tx, business, r.channel.ID, s.ExternalID)
	if err != nil {
		return err
	}
	if !found && s.ClientID != "" {
		m, err = store.MessageByID(r.tx, business, s.ClientID)
		found = err == nil && m.ChannelID == r.channel.ID
		if err != nil && crm.KindOf(err) != crm.NotFound {
			return err
		}
	}
	if !found {
		store.ParkStatus(r.tx, business, r.channel.ID, s, r.now)
		return nil
	}
	changed, err := store.ApplyStatus(r.tx, business, m.ID, s)
	if err != nil || !changed {
		return err
	}
	event := about(r.who, crm.MessageStatus, r.now, m.ContactID, m.ConversationID)
	event.MessageID = m.ID
	r.events = append(r.events, event)
	if s.OptedOut {
		stopped, err := optedOutBy(r.tx, m, r.channel.Family, r.now, s.Error)
		r.events = append(r.events, stopped...)
		return err
	}
	return nil
}

// react hangs an emoji on the message it belongs to; it makes no message and no contact.
func (r *receipt) react(item crm.Inbound) error {
	business, target := r.who.BusinessID, item.Reaction.ToExternalID
	at := item.At
	if at.IsZero() {
		at = r.now
	}
	store.React(r.tx, business, r.channel.ID, target, item.Sender.Address, clean(item.Reaction.Emoji, 32), at)
	m, found, err := store.MessageByExternal(r.tx, business, r.channel.ID, target)
	if err != nil || !found {
		return err
	}
	event := about(r.who, crm.MessageReaction, r.now, m.ContactID, m.ConversationID)
	event.MessageID = m.ID
	r.events = append(r.events, event)
	return nil
}

// consent notes an opt-out or opt-in that the provider reports (B5). One from a stranger
// is kept under Unfiled: there is nobody yet to note it on.
func (r *receipt) consent(item crm.Inbound) error {
	s := r.find(r.identities(item.Sender))
	if s == nil || s.contact == nil {
		return r.unfile(item, "stranger", "An opt-out or opt-in of somebody who is no contact.")
	}
	stop := store.SaidStop{Family: r.channel.Family, At: r.now, Source: "provider", Wording: clean(item.Consent.Category, 200)}
	_, err := r.noteConsent(s.contact.ID, item.Consent.Stop, stop)
	return err
}

// move follows a person who changed number or user id: the contact keeps its name and
// gets the new id; the old one is free, for it may soon be a stranger's (C9).
func (r *receipt) move(item crm.Inbound) error {
	business := r.who.BusinessID
	s := r.find(r.identities(item.Sender))
	if s == nil || s.contact == nil {
		return nil // nobody we know
	}
	came := r.identities(item.Moved.To)
	holders, err := store.Holders(r.tx, business, came)
	if err != nil {
		return err
	}
	for _, h := range holders {
		if h.ContactID == s.contact.ID {
			continue
		}
		event := about(r.who, crm.ContactLookalike, r.now, s.contact.ID, "")
		event.SubjectID = h.ContactID
		event.Note = "Changed to an id that somebody else has: " + h.Shown() + "."
		r.events = append(r.events, event)
		return nil
	}
	full, err := store.ContactsByID(r.tx, business, []crm.ID{s.contact.ID})
	if err != nil || len(full) == 0 {
		return err
	}
	var gone []crm.IdentityKey
	for _, old := range r.identities(item.Sender) {
		for _, now := range came {
			if old.Kind == now.Kind && old.Key() != now.Key() {
				gone = append(gone, old.Key())
			}
		}
	}
	store.RemoveIdentities(r.tx, business, crm.Owner{ContactID: s.contact.ID}, gone)
	_, err = r.Contacts.Save(r.tx, r.who, []*crm.Draft{{ID: s.contact.ID, Inbound: missing(full[0], came)}}, contacts.Policy{}, r.now)
	for _, i := range came {
		r.senders[i.Key()] = s
	}
	for _, key := range gone {
		delete(r.senders, key)
	}
	return err
}

// missing are the identities that a contact does not have yet.
func missing(c *crm.Contact, list []crm.Identity) []crm.Identity {
	var result []crm.Identity
	for _, i := range list {
		known := false
		for _, had := range c.Identities {
			known = known || had.Key() == i.Key()
		}
		if !known {
			result = append(result, i)
		}
	}
	return result
}
