package inbox

import (
	"context"
	"time"

	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Receive files what a provider handed over and returns when it is on disk: nil means
// that the provider may be told so. Items seen before change nothing. All items share one
// transaction, and with the items of calls that wait beside them (gatherer); when that
// fails on one of them, each is tried in a transaction of its own and what still fails is
// kept under Unfiled (I7). An error is of kind Unavailable or a
// fault: the provider must try again.
func (s *Inbox) Receive(ctx context.Context, ch store.Channel, scope string, items []crm.Inbound) error {
	if len(items) == 0 {
		return nil
	}
	return s.gather(&arrival{ctx: ctx, channel: ch, scope: scope, items: items, done: make(chan error, 1)})
}

func (s *Inbox) receiveTogether(ctx context.Context, ch store.Channel, scope string, items []crm.Inbound) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		r := &receipt{Inbox: s, tx: tx, channel: ch, scope: scope, now: s.Now(),
			who: crm.Actor{BusinessID: ch.BusinessID, Name: ch.Family.Title(), Via: crm.ViaMessage}}
		return r.file(items)
	})
}

func (s *Inbox) receiveAlone(ctx context.Context, ch store.Channel, scope string, item crm.Inbound) error {
	cause := s.receiveTogether(ctx, ch, scope, []crm.Inbound{item})
	if cause == nil || crm.KindOf(cause) == crm.Unavailable || ctx.Err() != nil {
		return cause
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		r := &receipt{Inbox: s, tx: tx, channel: ch, scope: scope, now: s.Now(), who: crm.System(ch.BusinessID)}
		if err := r.unfile(item, "failed", "This could not be filed: "+cause.Error()); err != nil {
			return err
		}
		return s.record(tx, r.events...)
	})
}

// receipt is the filing of items that came in together.
type receipt struct {
	*Inbox
	tx      *db.Tx
	channel store.Channel
	scope   string
	now     time.Time
	who     crm.Actor
	again   *store.Unfiled // what is filed once more; nil for what comes in
	stays   bool           // and could not be

	senders  map[crm.IdentityKey]*sender
	threads  map[crm.ID]*thread // by conversation
	created  []*crm.Draft       // contacts to make
	opened   []crm.Conversation
	messages []crm.Message
	moved    map[crm.ID]bool // broadcasts of which there was news
	events   []crm.Event
	said     []said                   // keywords (B5)
	robots   map[crm.ID]bool          // messages of senders that are no person
	sent     map[string]*store.SentTo // who news of broadcasts is about, by our id and the provider's
}

// sender is how somebody who wrote stands while the items are filed one after another.
type sender struct {
	contact *crm.Contact
	user    crm.ID // a team member
	open    *crm.Conversation
	reopen  crm.ID
}

// thread is a conversation that gets messages.
type thread struct {
	last        crm.Message
	lastInbound time.Time
}

// file files messages together, then what is news about messages and people, one by one.
func (r *receipt) file(items []crm.Inbound) error {
	seen, err := r.look(items)
	if err != nil {
		return err
	}
	r.threads = map[crm.ID]*thread{}
	for _, item := range items {
		if item.Message == nil || seen[item.ExternalID] {
			continue
		}
		seen[item.ExternalID] = item.ExternalID != ""
		if err := r.fileMessage(item); err != nil {
			return err
		}
	}
	if err := r.write(); err != nil {
		return err
	}
	if err := r.heed(items); err != nil {
		return err
	}
	if err := r.lookUpSent(items); err != nil {
		return err
	}
	for _, item := range items {
		if err := r.fileNews(item); err != nil {
			return err
		}
	}
	if err := r.answer(); err != nil { // last: a provider may tell of an opt-out beside the message
		return err
	}
	r.tellBroadcasts()
	return r.record(r.tx, r.events...)
}

func (r *receipt) fileNews(item crm.Inbound) error {
	switch {
	case item.Message != nil:
		return nil
	case item.Unreadable != "":
		return r.unfile(item, "unreadable", item.Unreadable)
	case item.Status != nil:
		return r.applyStatus(*item.Status)
	case item.Reaction != nil:
		return r.react(item)
	case item.Consent != nil:
		return r.consent(item)
	case item.Moved != nil:
		return r.move(item)
	case item.Template != nil:
		return r.template(*item.Template)
	}
	return r.unfile(item, "unreadable", "The provider sent something that says nothing.")
}

// look reads how the senders stand and which messages were seen before.
func (r *receipt) look(items []crm.Inbound) (seen map[string]bool, err error) {
	a := store.Arrival{Channel: r.channel, Scope: r.scope, Now: r.now}
	var keys []crm.IdentityKey
	for _, item := range items {
		if item.Message != nil && item.ExternalID != "" {
			a.ExternalIDs = append(a.ExternalIDs, item.ExternalID)
		}
		for _, i := range r.identities(item.Sender) {
			keys = append(keys, i.Key())
			if i.Kind == crm.WhatsAppIdentity {
				a.UserIDs = append(a.UserIDs, i.Value)
			} else {
				a.Phones = append(a.Phones, i.Value)
			}
		}
	}
	store.LockIdentities(r.tx, r.channel.BusinessID, keys)
	seen, standings, err := store.Standings(r.tx, a)
	if err != nil {
		return nil, err
	}
	r.senders = map[crm.IdentityKey]*sender{}
	byContact := map[crm.ID]*sender{}
	for _, st := range standings {
		s := byContact[st.Owner.ContactID]
		if s == nil || st.Owner.UserID != "" {
			s = &sender{contact: st.Contact, user: st.Owner.UserID, open: st.Open, reopen: st.Reopen}
			byContact[st.Owner.ContactID] = s
		}
		r.senders[st.Key] = s
	}
	return seen, nil
}

// identities are the identities under which a sender may be known, the surest first (I5).
func (r *receipt) identities(s crm.Sender) []crm.Identity {
	var list []crm.Identity
	for _, id := range []string{s.UserID, s.ParentUserID} {
		if id != "" {
			list = append(list, crm.Identity{Kind: crm.WhatsAppIdentity, Scope: r.scope, Value: id, Entered: id, Label: s.Username})
		}
	}
	if s.Phone != "" {
		list = append(list, crm.InboundPhone(s.Phone))
	}
	return list
}

// find is the sender behind identities: the first that is known decides.
func (r *receipt) find(identities []crm.Identity) *sender {
	for _, i := range identities {
		if s := r.senders[i.Key()]; s != nil {
			return s
		}
	}
	return nil
}

// fileMessage files one message: contact, conversation, message, events.
func (r *receipt) fileMessage(item crm.Inbound) error {
	identities := r.identities(item.Sender)
	if len(identities) == 0 {
		return r.unfile(item, "no_sender", "The provider did not say who wrote this.")
	}
	s := r.find(identities)
	if s != nil && s.user != "" {
		return r.unfile(item, "team_member", "This was sent from the number of a team member, who is no contact.")
	}
	if s == nil {
		s = r.newContact(item.Sender, identities)
	} else if err := r.learn(s, item.Sender, identities); err != nil {
		return err
	}
	if s.contact.Status == crm.Archived {
		if err := r.reactivate(s); err != nil {
			return err
		}
	}
	if err := r.converse(s); err != nil {
		return err
	}
	m := r.message(s, item)
	r.messages = append(r.messages, m)
	r.keyword(m)
	if item.Sender.IsRobot() {
		if r.robots == nil {
			r.robots = map[crm.ID]bool{}
		}
		r.robots[m.ID] = true
	}
	t := r.threads[s.open.ID]
	if t == nil {
		t = &thread{}
		r.threads[s.open.ID] = t
	}
	t.last = m
	if m.At.After(t.lastInbound) {
		t.lastInbound = m.At
	}
	event := about(r.who, crm.MessageReceived, r.now, s.contact.ID, s.open.ID)
	event.MessageID = m.ID
	r.events = append(r.events, event)
	return nil
}

// newContact drafts a contact for a stranger, with placeholder names (C3).
func (r *receipt) newContact(from crm.Sender, identities []crm.Identity) *sender {
	id := crm.NewID(r.now)
	first, last := crm.PlaceholderName(r.channel.Family, id)
	profile := clean(from.ProfileName, 200)
	if profile == "" && from.Username != "" {
		profile = "@" + clean(from.Username, 100)
	}
	r.created = append(r.created, &crm.Draft{
		ID: id, Fields: map[crm.Field]string{crm.FirstName: first, crm.LastName: last}, NameIsPlaceholder: true,
		ProfileName: profile, Inbound: identities, Source: crm.Source(r.channel.Family),
	})
	s := &sender{contact: &crm.Contact{ID: id, FirstName: first, LastName: last, NameIsPlaceholder: true, Status: crm.Active,
		ProfileName: profile, Visibility: crm.Visibility{Mode: crm.Everyone}}}
	for _, i := range identities {
		r.senders[i.Key()] = s
	}
	return s
}

// learn keeps what a message says beyond what is known of its sender: a user id or phone
// that nobody holds, a profile name. One that another contact holds is only pointed out,
// never merged by itself (I5).
func (r *receipt) learn(s *sender, from crm.Sender, identities []crm.Identity) error {
	draft := crm.Draft{ID: s.contact.ID}
	if profile := clean(from.ProfileName, 200); profile != "" && profile != s.contact.ProfileName {
		draft.ProfileName = profile
		s.contact.ProfileName = profile
	}
	for _, i := range identities {
		other := r.senders[i.Key()]
		switch {
		case other == nil:
			i.Primary = false
			draft.Inbound = append(draft.Inbound, i)
			r.senders[i.Key()] = s
		case other != s && other.contact != nil:
			event := about(r.who, crm.ContactLookalike, r.now, s.contact.ID, "")
			event.SubjectID = other.contact.ID
			event.Note = "Seems to be the same person as " + other.contact.Name() + ": both ids came with one message."
			r.events = append(r.events, event)
		}
	}
	if d := r.draftOf(s.contact.ID); d != nil { // made by an earlier message of this call
		d.Inbound = append(d.Inbound, draft.Inbound...)
		return nil
	}
	if draft.ProfileName == "" && draft.Inbound == nil {
		return nil
	}
	_, err := r.Contacts.Save(r.tx, r.who, []*crm.Draft{&draft}, contacts.Policy{}, r.now)
	return err
}

func (r *receipt) draftOf(contact crm.ID) *crm.Draft {
	for _, d := range r.created {
		if d.ID == contact {
			return d
		}
	}
	return nil
}

// reactivate brings back an archived sender under its old name (C8).
func (r *receipt) reactivate(s *sender) error {
	full, err := store.ContactsByID(r.tx, r.who.BusinessID, []crm.ID{s.contact.ID})
	if err != nil || len(full) == 0 {
		return err
	}
	s.contact.Status = crm.Active
	return r.Contacts.Reactivate(r.tx, r.who, full[0])
}

// converse makes sure that the sender has an open conversation (V1), with the contact's
// visibility (V2) and assignee (V3).
func (r *receipt) converse(s *sender) error {
	assignee, err := r.assignee(s)
	if err != nil {
		return err
	}
	switch {
	case s.open != nil:
		if assignee != s.open.AssigneeID {
			s.open.AssigneeID = assignee
			store.AssignConversation(r.tx, r.who.BusinessID, s.open.ID, assignee, false, "")
			r.noteAssigned(s)
		}
		return nil
	case s.reopen != "":
		s.open = &crm.Conversation{ID: s.reopen, AssigneeID: assignee, Visibility: s.contact.Visibility}
		store.ReopenConversation(r.tx, r.who.BusinessID, s.reopen, s.contact.Visibility, assignee)
		r.events = append(r.events, about(r.who, crm.ConversationReopened, r.now, s.contact.ID, s.reopen))
	default:
		s.open = &crm.Conversation{BusinessID: r.who.BusinessID, ID: crm.NewID(r.now), ContactID: s.contact.ID, Status: crm.Open,
			AssigneeID: assignee, Visibility: s.contact.Visibility, LastDirection: crm.In, OpenedAt: r.now}
		r.opened = append(r.opened, *s.open)
		r.events = append(r.events, about(r.who, crm.ConversationOpened, r.now, s.contact.ID, s.open.ID))
	}
	if assignee != "" {
		r.noteAssigned(s)
	}
	return nil
}

// assignee is whom a sender's message is assigned to: the contact's assignee only where
// that one may see the conversation, which may be open under an older visibility (V3).
func (r *receipt) assignee(s *sender) (crm.ID, error) {
	assignee, as, see := crm.AssigneeFor(s.contact, s.open), crm.ID(""), s.contact.Visibility
	if s.open != nil {
		as, see = s.open.AssigneeID, s.open.Visibility
	}
	if assignee == as || see.Mode != crm.Chosen {
		return assignee, nil
	}
	users, err := store.Users(r.tx, r.who.BusinessID)
	if err != nil || crm.MaySee(users, assignee, see) {
		return assignee, err
	}
	return as, nil
}

func (r *receipt) noteAssigned(s *sender) {
	event := about(r.who, crm.ConversationAssigned, r.now, s.contact.ID, s.open.ID)
	event.UserID = s.open.AssigneeID
	event.Note = "Messages from this contact are assigned so."
	r.events = append(r.events, event)
}

func (r *receipt) message(s *sender, item crm.Inbound) crm.Message {
	m := crm.Message{BusinessID: r.who.BusinessID, ID: crm.NewID(r.now), ConversationID: s.open.ID, ContactID: s.contact.ID,
		ChannelID: r.channel.ID, Direction: crm.In, Address: item.Sender.Address, ExternalID: item.ExternalID,
		Type: item.Message.Type, Text: clean(item.Message.Text, maxText), Content: item.Message.Content, Media: item.Message.Media,
		Status: crm.Received, At: r.written(item), ReceivedAt: r.now}
	for i := range m.Media {
		m.Media[i].ID = crm.NewID(r.now)
	}
	return m
}

// written is when a message was written. Providers name the second it began in; taking
// its end keeps a quick answer below the message of ours that it follows.
func (r *receipt) written(item crm.Inbound) time.Time {
	at := item.At
	if at.Nanosecond() == 0 {
		at = at.Add(time.Second - time.Millisecond)
	}
	if item.At.IsZero() || at.After(r.now) {
		return r.now
	}
	return at
}

// write writes what was collected: contacts before conversations before messages.
func (r *receipt) write() error {
	if len(r.created) > 0 {
		planned, err := r.Contacts.Save(r.tx, r.who, r.created, contacts.Policy{Free: true}, r.now)
		if err != nil {
			return err
		}
		for _, p := range planned {
			if p.Err != nil {
				return p.Err
			}
		}
	}
	for _, v := range r.opened {
		last := r.threads[v.ID]
		v.ChannelID, v.Address = last.last.ChannelID, last.last.Address
		v.LastMessageAt, v.LastReceivedAt, v.LastInboundAt = r.now, r.now, last.lastInbound
		v.LastText = line(last.last)
		store.OpenConversation(r.tx, v)
	}
	store.AddMessages(r.tx, r.messages)
	var touched []crm.ID
	for id, t := range r.threads {
		touched = append(touched, t.last.ContactID)
		if !r.isOpened(id) {
			store.NoteReceived(r.tx, r.who.BusinessID, t.last, line(t.last), t.lastInbound)
		}
	}
	if len(touched) > 0 {
		store.TouchContacts(r.tx, r.who.BusinessID, touched, r.now)
		store.NoteReplies(r.tx, r.who.BusinessID, touched, r.now.Add(-repliesCountFor), r.now)
	}
	if r.now.Sub(r.channel.LastInboundAt) > time.Minute {
		store.TouchChannel(r.tx, r.who.BusinessID, r.channel.ID, r.now)
	}
	return nil
}

func (r *receipt) isOpened(conversation crm.ID) bool {
	for _, v := range r.opened {
		if v.ID == conversation {
			return true
		}
	}
	return false
}

// unfile keeps an item that cannot be filed, for admins to see (I7).
func (r *receipt) unfile(item crm.Inbound, reason, detail string) error {
	u := store.Unfiled{BusinessID: r.who.BusinessID, ID: crm.NewID(r.now), ChannelID: r.channel.ID, Reason: reason, Detail: clean(detail, 1000),
		Sender: clean(senderName(item.Sender), 300), Item: item, At: r.now}
	if item.Message != nil {
		u.Text = clean(item.Message.Text, maxText)
	}
	if r.again != nil { // no news: it stays as it stood, with the reason of today
		r.stays, u.ID, u.At = true, r.again.ID, r.again.At
		return store.AddUnfiled(r.tx, u)
	}
	event := r.who.Event(crm.MessageUnfiled, r.now)
	event.SubjectID = u.ID
	r.events = append(r.events, event)
	return store.AddUnfiled(r.tx, u)
}

func senderName(s crm.Sender) string {
	if s.Phone != "" {
		return crm.FullName(s.Phone, s.ProfileName)
	}
	return crm.FullName(s.UserID, s.ProfileName)
}
