package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"parley/internal/crm"
	"parley/internal/store"
)

// messages handles GET /inbox/{id}/messages?before=: a page of older messages, or the
// newest ones.
func (s *Server) messages(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	row, err := s.Inbox.Conversation(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	at, place, older := parsePlace(r.URL.Query().Get("before"))
	var list Messages
	if older {
		list, err = s.older(r, row.Conversation, row.Contact.Name(), store.MessagePlace{At: at, ID: place})
	} else {
		list, err = s.newest(r, row.Conversation, row.Contact.Name())
	}
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, list)
}

// message handles GET /inbox/{id}/messages/{message}: one message, after news of it.
func (s *Server) message(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	messageID, err := pathID(r, "message")
	if err != nil {
		return err
	}
	row, err := s.Inbox.Conversation(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	view, err := s.oneMessage(r, row, messageID)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, view)
}

// oneMessage is one message as its thread shows it; what it quotes is looked for among the
// newest ones.
func (s *Server) oneMessage(r *http.Request, row store.ConversationRow, id crm.ID) (view MessageView, err error) {
	builder, err := s.messageBuilder(r, row.Contact.Name())
	if err != nil {
		return view, err
	}
	page, err := s.Inbox.Messages(r.Context(), actor(r), row.ID, nil, messagesAtOnce)
	if err != nil {
		return view, err
	}
	m, err := s.Inbox.Message(r.Context(), actor(r), id)
	if err != nil {
		return view, err
	}
	if m.ConversationID != row.ID {
		return view, crm.ErrNotFound
	}
	builder.remember(page.Messages)
	return builder.view(m), nil
}

// newest are the newest messages of a conversation and what happened beside them.
func (s *Server) newest(r *http.Request, v crm.Conversation, contact string) (Messages, error) {
	return s.messagePage(r, v, contact, nil)
}

func (s *Server) older(r *http.Request, v crm.Conversation, contact string, before store.MessagePlace) (Messages, error) {
	return s.messagePage(r, v, contact, &before)
}

func (s *Server) messagePage(r *http.Request, v crm.Conversation, contact string, before *store.MessagePlace) (list Messages, err error) {
	builder, err := s.messageBuilder(r, contact)
	if err != nil {
		return list, err
	}
	page, err := s.Inbox.Messages(r.Context(), actor(r), v.ID, before, messagesAtOnce)
	if err != nil {
		return list, err
	}
	notes := page.Notes
	if before != nil {
		// Notes come with the newest page only; older pages take theirs from it.
		newest, err := s.Inbox.Messages(r.Context(), actor(r), v.ID, nil, 1)
		if err != nil {
			return list, err
		}
		notes = newest.Notes
	}
	builder.remember(page.Messages)
	for _, m := range page.Messages {
		list.List = append(list.List, builder.view(m))
	}
	for _, e := range notes {
		if page.Older != nil && e.At.Before(page.Older.At) || before != nil && !e.At.Before(before.At) {
			continue
		}
		if text := noteText(e); text != "" {
			list.List = append(list.List, builder.note(e, text))
		}
	}
	slices.SortStableFunc(list.List, func(a, b MessageView) int {
		if c := a.Message.At.Compare(b.Message.At); c != 0 {
			return c
		}
		return strings.Compare(a.Message.ID.String(), b.Message.ID.String())
	})
	if page.Older != nil {
		list.Older = "/inbox/" + v.ID.String() + "/messages?" + url.Values{"before": {placeText(page.Older.At, page.Older.ID)}}.Encode()
	}
	return list, nil
}

// messageBuilder makes views of messages: it knows channels, names and what is quoted.
type messageBuilder struct {
	clock    Clock
	contact  string
	channels map[crm.ID]store.Channel
	quotable map[string]crm.Message // by the provider's id
}

func (s *Server) messageBuilder(r *http.Request, contact string) (*messageBuilder, error) {
	clock, _, err := s.clock(r)
	if err != nil {
		return nil, err
	}
	channels, err := s.Team.Channels(r.Context(), actor(r))
	if err != nil {
		return nil, err
	}
	b := &messageBuilder{clock: clock, contact: contact, channels: map[crm.ID]store.Channel{}, quotable: map[string]crm.Message{}}
	for _, ch := range channels {
		b.channels[ch.ID] = ch
	}
	return b, nil
}

func (b *messageBuilder) remember(list []crm.Message) {
	for _, m := range list {
		if m.ExternalID != "" {
			b.quotable[m.ExternalID] = m
		}
	}
}

func (b *messageBuilder) from(m crm.Message) string {
	if m.Direction == crm.Out {
		return firstText(m.SentByName, "Your team")
	}
	return b.contact
}

func (b *messageBuilder) view(m crm.Message) MessageView {
	channel := b.channels[m.ChannelID]
	v := MessageView{Clock: b.clock, Message: m, Family: channel.Family, Channel: channel.Name, From: b.from(m)}
	if id := m.Content.QuotedID; id != "" {
		v.Quoted = &Quoted{Text: "An earlier message"}
		if quoted, ok := b.quotable[id]; ok {
			v.Quoted = &Quoted{From: b.from(quoted), Text: firstText(quoted.Text, string(quoted.Type))}
		}
	}
	return v
}

func (b *messageBuilder) note(e crm.Event, text string) MessageView {
	id := crm.ID("note-" + strings.ReplaceAll(e.Cursor, ".", "-"))
	return MessageView{Clock: b.clock, Message: crm.Message{ID: id, Type: crm.SystemMessage, Text: text, At: e.At, Direction: crm.Out}}
}

// noteText is what happened beside the messages, in words; empty for what goes without
// saying.
func noteText(e crm.Event) string {
	by := firstText(e.ActorName, "Parley")
	switch e.Type {
	case crm.ConversationAssigned:
		switch {
		case e.UserID == "" && e.Note != "":
			return "Unassigned: " + e.Note
		case e.UserID == "":
			return by + " unassigned this"
		case e.UserID == e.ActorID:
			return by + " took this"
		}
		return by + " assigned this to " + firstText(e.Note, "somebody")
	case crm.ConversationMoved:
		return e.Note
	case crm.ConversationClosed:
		if e.Note != "" {
			return e.Note
		}
		return by + " closed this"
	case crm.ConversationReopened:
		if e.Via == crm.ViaMessage {
			return "Open again, because a message came"
		}
		return by + " opened this again"
	case crm.ConversationVisible:
		return by + " changed who can see this"
	}
	return ""
}

// media handles GET /media/{id}: a file of a message. Only pictures, sound and films are
// shown in the browser; anything else is a download and runs nothing.
func (s *Server) media(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	file, err := s.Inbox.File(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	defer file.Close()
	h := w.Header()
	h.Set("Cache-Control", "private, max-age=86400")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Content-Type", "application/octet-stream")
	disposition := "attachment"
	if shownInline(file.Type) {
		h.Set("Content-Type", file.Type)
		disposition = "inline"
	}
	if file.Name != "" {
		disposition += "; filename*=UTF-8''" + url.PathEscape(file.Name)
	}
	h.Set("Content-Disposition", disposition)
	http.ServeContent(w, r, "", time.Time{}, file)
	return nil
}

func shownInline(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	switch strings.TrimSpace(strings.ToLower(kind)) {
	case "image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4", "video/3gpp", "video/webm",
		"audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac", "audio/amr", "audio/wav", "audio/webm":
		return true
	}
	return false
}
