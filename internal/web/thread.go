package web

import (
	"net/http"
	"net/url"

	"parley/internal/app/inbox"
	"parley/internal/crm"
	"parley/internal/store"
)

// thread is everything about one open conversation.
func (s *Server) thread(r *http.Request, id crm.ID) (*Thread, error) {
	row, err := s.Inbox.Conversation(r.Context(), actor(r), id)
	if err != nil {
		return nil, err
	}
	t := &Thread{}
	if t.Header, err = s.header(r, row); err != nil {
		return nil, err
	}
	if t.Messages, err = s.newest(r, row.Conversation, row.Contact.Name()); err != nil {
		return nil, err
	}
	if t.Composer, err = s.composerOf(r, id, ""); err != nil {
		return nil, err
	}
	t.Panel, err = s.panel(r, row, "")
	return t, err
}

// threadHeader handles GET /inbox/{id}/header.
func (s *Server) threadHeader(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	row, err := s.Inbox.Conversation(r.Context(), actor(r), id)
	return s.showHeader(w, r, row, err)
}

// showHeader answers with the header after something was done to a conversation.
func (s *Server) showHeader(w http.ResponseWriter, r *http.Request, row store.ConversationRow, err error) error {
	if err != nil {
		return err
	}
	if !isFragment(r) {
		return seeOther(w, r, "/inbox/"+row.ID.String())
	}
	header, err := s.header(r, row)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, header)
}

func (s *Server) header(r *http.Request, row store.ConversationRow) (h ThreadHeader, err error) {
	who := actor(r)
	users, err := s.Team.Users(r.Context(), who)
	if err != nil {
		return h, err
	}
	known := row.Address
	c, err := s.Contacts.Get(r.Context(), who, row.ContactID)
	switch {
	case err == nil:
		row.Contact = *c
		known = firstText(crm.ShowPhone(c.Phone()), c.Email(), row.Address)
	case crm.KindOf(err) != crm.NotFound: // a hidden contact may have a visible conversation
		return h, err
	}
	back := "/inbox"
	if view := r.URL.Query().Get("view"); view != "" {
		back += "?" + url.Values{"view": {view}, "q": {r.URL.Query().Get("q")}}.Encode()
	}
	return ThreadHeader{Conversation: row.Conversation, Name: row.Contact.Name(), Known: known, Assignee: names(users)[row.AssigneeID],
		Users: seeing(users, row.Visibility), Me: who.UserID, Back: back,
		MayClose: who.IsAdmin() || row.AssigneeID == "" || row.AssigneeID == who.UserID}, nil
}

// take handles POST /inbox/{id}/take: assign to oneself.
func (s *Server) take(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	row, err := s.Inbox.Assign(r.Context(), actor(r), id, actor(r).UserID)
	return s.showHeader(w, r, row, err)
}

// assign handles POST /inbox/{id}/assign: user_id, empty for nobody.
func (s *Server) assign(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	row, err := s.Inbox.Assign(r.Context(), actor(r), id, crm.ID(r.PostFormValue("user_id")))
	return s.showHeader(w, r, row, err)
}

// closeConversation handles POST /inbox/{id}/close.
func (s *Server) closeConversation(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	row, err := s.Inbox.Close(r.Context(), actor(r), id)
	return s.showHeader(w, r, row, err)
}

// reopen handles POST /inbox/{id}/reopen.
func (s *Server) reopen(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	row, err := s.Inbox.Reopen(r.Context(), actor(r), id)
	return s.showHeader(w, r, row, err)
}

// seen handles POST /inbox/{id}/seen.
func (s *Server) seen(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err == nil {
		err = s.Inbox.See(r.Context(), actor(r), id)
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// composer handles GET /inbox/{id}/composer.
func (s *Server) composer(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	c, err := s.composerOf(r, id, "")
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, c)
}

// composerOf says on which channels a conversation can be answered and on which not, with
// the reason (V6).
func (s *Server) composerOf(r *http.Request, id, chosen crm.ID) (c Composer, err error) {
	clock, _, err := s.clock(r)
	if err != nil {
		return c, err
	}
	c = Composer{Clock: clock, ConversationID: id}
	usual, err := s.Inbox.Route(r.Context(), actor(r), id, chosen)
	if err != nil {
		return c, err
	}
	c.ChannelID = usual.Channel.ID
	channels, err := s.Team.Channels(r.Context(), actor(r))
	if err != nil {
		return c, err
	}
	for _, ch := range channels {
		if !ch.Active && ch.ID != c.ChannelID {
			continue
		}
		route := usual
		if ch.ID != usual.Channel.ID {
			if route, err = s.Inbox.Route(r.Context(), actor(r), id, ch.ID); err != nil {
				return c, err
			}
		}
		files, err := s.Inbox.Files(r.Context(), actor(r), ch.ID)
		if err != nil {
			return c, err
		}
		c.Channels = append(c.Channels, ComposerChannel{Files: files, ID: ch.ID, Name: ch.Name, Family: ch.Family, Refusal: route.Refusal, WindowClosed: route.WindowClosed, Warning: route.Warning, OpenUntil: route.ClosesAt})
	}
	switch {
	case len(c.Channels) == 0:
		c.Blocked = "There is no channel to answer on. An admin can add one under Settings > Channels."
	case c.ChannelID == "":
		c.ChannelID = c.Channels[0].ID
	}
	return c, nil
}

// reply handles POST /inbox/{id}/messages: text, channel_id, quoted, file (several). It answers with the message,
// or with the composer and what was typed, and the reason.
func (s *Server) reply(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	reply := inbox.Reply{Conversation: id, Text: cleanBreaks(r.PostFormValue("text")), ChannelID: crm.ID(r.PostFormValue("channel_id")), Quoted: crm.ID(r.PostFormValue("quoted"))}
	var files []crm.ID
	for _, file := range r.PostForm["file"] {
		files = append(files, crm.ID(file))
	}
	list, err := s.Inbox.ReplyWithFiles(r.Context(), actor(r), reply, files)
	if kind := crm.KindOf(err); kind == crm.Invalid || kind == crm.Conflicting {
		return s.refusedReply(w, r, reply, files, err)
	}
	if err != nil {
		return err
	}
	return s.showSent(w, r, id, list...)
}

// showSent answers with the messages that were queued.
func (s *Server) showSent(w http.ResponseWriter, r *http.Request, id crm.ID, sent ...crm.Message) error {
	if !isFragment(r) {
		return seeOther(w, r, "/inbox/"+id.String())
	}
	row, err := s.Inbox.Conversation(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	var list Messages
	for _, m := range sent {
		view, err := s.oneMessage(r, row, m.ID)
		if err != nil {
			return err
		}
		list.List = append(list.List, view)
	}
	return s.show(w, r, http.StatusOK, list)
}

func (s *Server) refusedReply(w http.ResponseWriter, r *http.Request, reply inbox.Reply, files []crm.ID, refusal error) error {
	if !isFragment(r) {
		return refusal
	}
	c, err := s.composerOf(r, reply.Conversation, reply.ChannelID)
	if err != nil {
		return err
	}
	var form Form
	form.Fail(refusal)
	c.Text, c.Error = reply.Text, firstText(form.Error("text"), form.Error("media_id"), form.Error("quoted_id"), form.Error(""))
	if c.Attached, err = s.Inbox.Attached(r.Context(), actor(r), reply.Conversation, files); err != nil {
		return err
	}
	w.Header().Set("HX-Retarget", "#composer")
	w.Header().Set("HX-Reswap", "outerHTML")
	return s.show(w, r, statusOf(refusal), c)
}
