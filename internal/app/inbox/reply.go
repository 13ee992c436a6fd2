package inbox

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Reply is what somebody wants to send in a conversation.
type Reply struct {
	Conversation crm.ID
	Text         string
	ChannelID    crm.ID // empty: the channel the contact last wrote on
	Quoted       crm.ID // the message of the conversation that it answers, or empty
	// File is an attachment that was brought to the conversation; Text is its caption.
	File crm.ID
	// Template goes instead of Text, also when the window is closed (V6).
	Template *crm.TemplateChoice
}

// Route is where a reply would go, and whether it may.
type Route struct {
	Channel store.Channel
	Address string
	// Refusal says in words why free text will not be sent now; empty when it will.
	Refusal string
	// WindowClosed is true where the refusal is WhatsApp's window: a template may go (V6).
	WindowClosed bool
	// Held is true on a restored copy that no admin has released: that is the refusal.
	Held bool
	// Warning says why a reply that is taken will probably not get through.
	Warning string
	// ClosesAt is when WhatsApp's window closes (V6); zero on other channels.
	ClosesAt time.Time
}

// Route says where a reply in a conversation would go: before anyone types (V6).
func (s *Inbox) Route(ctx context.Context, who crm.Actor, conversation, channel crm.ID) (r Route, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		v, err := store.ConversationByID(tx, who, conversation)
		if err != nil {
			return err
		}
		r, err = s.route(tx, v, channel)
		return err
	})
	return r, err
}

// route finds the channel and the exact address (I3): the one that wrote last, on a chosen
// channel the one that last wrote there, as long as it is the contact's; else the
// contact's number of now (C9).
func (s *Inbox) route(tx *db.Tx, v crm.Conversation, channel crm.ID) (r Route, err error) {
	list, err := store.ContactsByID(tx, v.BusinessID, []crm.ID{v.ContactID})
	if err != nil {
		return r, err
	}
	if len(list) == 0 {
		return r, crm.ErrNotFound
	}
	lastChannel, lastAddress, wrote, err := store.LastAddress(tx, v.BusinessID, v.ID)
	if err != nil {
		return r, err
	}
	if channel == "" {
		channel = lastChannel
	}
	if channel == "" {
		return Route{Refusal: "This contact has not written yet, so there is no channel to answer on. Choose one."}, nil
	}
	if r.Channel, err = store.ChannelByID(tx, v.BusinessID, channel); err != nil {
		return r, err
	}
	if channel != lastChannel {
		if lastAddress, err = store.LastAddressOn(tx, v.BusinessID, v.ContactID, channel); err != nil {
			return r, err
		}
		wrote = lastAddress != ""
	}
	if wrote && belongs(list[0], lastAddress) {
		r.Address = lastAddress
	} else {
		r.Address = list[0].Phone()
	}
	b, err := store.Business(tx, v.BusinessID)
	if err != nil {
		return r, err
	}
	if r.Warning, err = stopWarning(tx, list[0], r.Channel.Family); err != nil {
		return r, err
	}
	switch {
	case b.Held:
		r.Held = true
		r.Refusal = "This is a restored copy of Parley, and sending is on hold until an admin releases it under Settings > Business."
	case r.Address == "":
		r.Refusal = "This contact has no phone number any more."
	case !r.Channel.Active:
		r.Refusal = "The channel " + r.Channel.Name + " is switched off in Settings > Channels."
	case r.Channel.Family == crm.WhatsApp:
		last, err := store.LastInboundOn(tx, v, channel, r.Address, s.Now().Add(-crm.WhatsAppWindow))
		if err != nil {
			return r, err
		}
		if !last.IsZero() {
			r.ClosesAt = last.Add(crm.WhatsAppWindow)
		}
		if !crm.WindowOpen(last, s.Now()) {
			r.Refusal, r.WindowClosed = windowRefusal(last), true
		}
	}
	return r, nil
}

func windowRefusal(last time.Time) string {
	if last.IsZero() {
		return "WhatsApp lets a business write freely only to somebody who wrote from this number within the last 24 hours. This number has not written yet."
	}
	return "WhatsApp lets a business write freely only within 24 hours of the customer's last message, and that time is over. As soon as the customer writes again, you can answer."
}

// belongs reports whether an address that wrote is still one of the contact's.
func belongs(c *crm.Contact, address string) bool {
	canonical := crm.InboundPhone(address).Value
	return slices.ContainsFunc(c.Identities, func(i crm.Identity) bool {
		return i.Kind == crm.WhatsAppIdentity && i.Value == address || i.Kind == crm.PhoneIdentity && i.Value == canonical
	})
}

// Reply queues a message and the job that sends it, in one transaction. A reply in a
// closed conversation opens it again. The error is of kind Invalid, Conflicting (the
// window, code window_closed) or NotFound.
func (s *Inbox) Reply(ctx context.Context, who crm.Actor, reply Reply) (m crm.Message, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		m, err = s.reply(tx, who, reply)
		return err
	})
	return m, err
}

// ReplyWithFiles queues a reply with several files in one transaction: each is a message of
// its own, and the text is the caption of the first that can have one, else a message
// before them. Without files it is Reply.
func (s *Inbox) ReplyWithFiles(ctx context.Context, who crm.Actor, reply Reply, files []crm.ID) (list []crm.Message, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		list = nil
		parts, err := s.part(tx, who, reply, files)
		for _, p := range parts {
			m, replyErr := s.reply(tx, who, p)
			if replyErr != nil {
				return replyErr
			}
			list = append(list, m)
		}
		return err
	})
	return list, err
}

// part makes a reply with files into replies with one each.
func (s *Inbox) part(tx *db.Tx, who crm.Actor, reply Reply, files []crm.ID) ([]Reply, error) {
	if len(files) == 0 {
		return []Reply{reply}, nil
	}
	if len(files) > maxFiles {
		var problems crm.Problems
		problems.Add("media_id", "too_many", "At most %d files at once.", maxFiles)
		return nil, problems.Err()
	}
	var parts []Reply
	text := reply.Text
	for _, file := range files {
		a, found, err := store.AttachmentByID(tx, who.BusinessID, reply.Conversation, who.UserID, file)
		if err != nil {
			return nil, err
		}
		p := reply
		p.File, p.Text = file, ""
		if found && !strings.HasPrefix(a.Type, "audio/") {
			p.Text, text = text, ""
		}
		parts = append(parts, p)
	}
	if text != "" {
		alone := reply
		alone.Text = text
		parts = append([]Reply{alone}, parts...)
	}
	for i := 1; i < len(parts); i++ {
		parts[i].Quoted = "" // the first one answers
	}
	return parts, nil
}

// maxFiles is how many files one reply may bring.
const maxFiles = 10

// reply queues one message and the job that sends it.
func (s *Inbox) reply(tx *db.Tx, who crm.Actor, reply Reply) (m crm.Message, err error) {
	store.LockConversation(tx, who.BusinessID, reply.Conversation)
	v, err := store.ConversationByID(tx, who, reply.Conversation)
	if err != nil {
		return m, err
	}
	r, err := s.route(tx, v, reply.ChannelID)
	if err != nil {
		return m, err
	}
	now := s.Now()
	m = crm.Message{BusinessID: who.BusinessID, ID: crm.NewID(now), ConversationID: v.ID, ContactID: v.ContactID, ChannelID: r.Channel.ID,
		Direction: crm.Out, Address: r.Address, Type: crm.TextMessage, Text: reply.Text,
		Status: crm.Queued, SentBy: who.UserID, SentByName: who.Name, At: now, ReceivedAt: now}
	if reply.Template != nil {
		err = s.putTemplate(tx, who, v, r, reply, &m)
	} else if err = checkReply(reply, r); err == nil {
		err = s.putParts(tx, reply, r, &m)
	}
	if err != nil {
		return m, err
	}
	if err := s.reopenFor(tx, who, &v); err != nil {
		return m, err
	}
	store.AddMessages(tx, []crm.Message{m})
	if reply.File != "" {
		store.SendAttachment(tx, who.BusinessID, reply.File, now)
	}
	store.NoteReply(tx, who.BusinessID, m, line(m))
	store.TouchContacts(tx, who.BusinessID, []crm.ID{v.ContactID}, now)
	if who.UserID != "" {
		store.MarkSeen(tx, who.BusinessID, who.UserID, v.ID, now)
	}
	event := about(who, crm.MessageQueued, now, v.ContactID, v.ID)
	event.MessageID = m.ID
	if err := s.record(tx, event); err != nil {
		return m, err
	}
	return m, s.Deliver(tx, who.BusinessID, v.ID)
}

// checkReply refuses what cannot be sent, with the reason.
func checkReply(reply Reply, r Route) error {
	var problems crm.Problems
	most := 4096
	switch {
	case r.Channel.Family == crm.SMS:
		most = 1600
	case reply.File != "":
		most = 1024
	}
	switch n := utf8.RuneCountInString(reply.Text); {
	case !utf8.ValidString(reply.Text) || clean(reply.Text, maxText+1) != reply.Text && n <= maxText:
		problems.Add("text", "not_text", "This is not valid text.")
	case strings.TrimSpace(reply.Text) == "" && reply.File == "":
		problems.Add("text", "required", "There is nothing to send.")
	case n > most:
		problems.Add("text", "too_long", "Too long: %d characters, at most %d fit into one message here.", n, most)
	}
	if err := problems.Err(); err != nil {
		return err
	}
	if r.Refusal != "" {
		return crm.Errorf(crm.Conflicting, refusalCode(r), "%s", r.Refusal)
	}
	return nil
}

func refusalCode(r Route) string {
	switch {
	case r.Held:
		return "on_hold"
	case r.Address == "" || r.Channel.ID == "":
		return "no_address"
	case !r.Channel.Active:
		return "channel_off"
	}
	return "window_closed"
}

// reopenFor opens a closed conversation again because of a reply in it.
func (s *Inbox) reopenFor(tx *db.Tx, who crm.Actor, v *crm.Conversation) error {
	if v.Status == crm.Open {
		return nil
	}
	return s.reopen(tx, who, v)
}
