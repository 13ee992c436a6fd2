package inbox

import (
	"time"

	"parley/internal/channel"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// repliesCountFor is how long after a broadcast a message from its recipient counts as an
// answer to it.
const repliesCountFor = 7 * 24 * time.Hour

// lookUpSent finds, for all news of a call together, the recipients of broadcasts that it
// is about: there may be a thousand.
func (r *receipt) lookUpSent(items []crm.Inbound) error {
	var ids []crm.ID
	var externals []string
	for _, item := range items {
		if s := item.Status; s != nil {
			if s.ClientID != "" {
				ids = append(ids, s.ClientID)
			}
			if s.ExternalID != "" {
				externals = append(externals, s.ExternalID)
			}
		}
	}
	list, err := store.SentTos(r.tx, r.who.BusinessID, r.channel.ID, ids, externals)
	if err != nil || len(list) == 0 {
		return err
	}
	r.sent, r.moved = map[string]*store.SentTo{}, map[crm.ID]bool{}
	for n := range list {
		to := &list[n]
		if same := r.sent[to.ID.String()]; same != nil {
			to = same
		}
		r.sent[to.ID.String()] = to
		if to.ExternalID != "" {
			r.sent[to.ExternalID] = to
		}
	}
	return nil
}

// sentTo is the recipient of a broadcast that news is about, or nil.
func (r *receipt) sentTo(s crm.InboundStatus) *store.SentTo {
	if to := r.sent[s.ExternalID]; to != nil {
		return to
	}
	return r.sent[s.ClientID.String()]
}

// moveRecipient moves the message of a broadcast forward.
func (r *receipt) moveRecipient(to *store.SentTo, s crm.InboundStatus) error {
	if s.Status.Rank() <= to.Rank {
		return nil
	}
	to.Rank = s.Status.Rank()
	store.MoveRecipient(r.tx, r.who.BusinessID, to.ID, s, channel.RetryAt(s.ErrorCode, r.now), r.now)
	r.moved[to.BroadcastID] = true
	if !s.OptedOut || to.ContactID == "" {
		return nil
	}
	stop := store.SaidStop{Family: r.channel.Family, At: r.now, Source: "provider", Wording: clean(s.Error, 200)}
	_, err := r.noteConsent(to.ContactID, true, stop)
	return err
}

// tellBroadcasts has pages look again at the broadcasts of which there was news, at most
// once a second.
func (r *receipt) tellBroadcasts() {
	for id := range r.moved {
		if !r.broadcastNews.due(id, r.now) {
			continue
		}
		event := crm.System(r.who.BusinessID).Event(crm.BroadcastMoved, r.now)
		event.SubjectID = id
		r.events = append(r.events, event)
	}
}

// withBroadcasts lays the broadcasts that a contact got beside the messages of a page of
// their conversation, where they belong by time: from the end of the conversation before
// to the end of this one, or to now in the newest. So whoever answers a broadcast has it
// above their answer, and none makes a conversation by itself.
func withBroadcasts(tx *db.Tx, v crm.Conversation, page []crm.Message, before *store.MessagePlace, more bool) ([]crm.Message, error) {
	from, to, err := store.ConversationSpan(tx, v)
	if err != nil {
		return nil, err
	}
	if more && len(page) > 0 && page[len(page)-1].At.After(from) {
		from = page[len(page)-1].At // what is older stands on the page before
	}
	if before != nil && (to.IsZero() || before.At.Before(to)) {
		to = before.At
	}
	got, err := store.GotBroadcasts(tx, v.BusinessID, v.ContactID, from, to, 50)
	if err != nil || len(got) == 0 {
		return page, err
	}
	list := make([]crm.Message, 0, len(page)+len(got))
	for _, m := range page {
		for len(got) > 0 && got[0].ClaimedAt.After(m.At) {
			list, got = append(list, asMessage(v, got[0])), got[1:]
		}
		list = append(list, m)
	}
	for _, g := range got {
		list = append(list, asMessage(v, g))
	}
	return list, nil
}

// asMessage is a broadcast's message as one of a thread.
func asMessage(v crm.Conversation, g store.GotBroadcast) crm.Message {
	return crm.Message{BusinessID: v.BusinessID, ID: g.ID, ConversationID: v.ID, ContactID: v.ContactID, ChannelID: g.ChannelID, Direction: crm.Out,
		Address: g.Address, ExternalID: g.ExternalID, Type: crm.TextMessage, Text: g.Text, Status: g.Status, Error: g.Error, ErrorCode: g.ErrorCode,
		SentByName: g.By, BroadcastID: g.BroadcastID, Broadcast: g.Name, At: g.ClaimedAt, ReceivedAt: g.ClaimedAt}
}
