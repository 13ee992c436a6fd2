package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"parley/internal/app/inbox"
	"parley/internal/crm"
	"parley/internal/store"
)

// AttachedFile is a file that waits to be sent, or why it was not taken: the answer to POST
// /inbox/{id}/files.
type AttachedFile struct {
	File  store.Attachment
	Name  string // of one that was not taken
	Error string
}

func (AttachedFile) template() string { return "attached" }

// attach handles POST /inbox/{id}/files: channel_id, and then a file.
func (s *Server) attach(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	if _, err := s.Inbox.Conversation(r.Context(), actor(r), id); err != nil {
		return err
	}
	name, content, err := postedFile(r)
	if err != nil {
		return err
	}
	f, err := s.Inbox.Attach(r.Context(), actor(r), id, crm.ID(r.URL.Query().Get("channel_id")), name, content)
	if crm.KindOf(err) == crm.Invalid {
		var form Form
		form.Fail(err)
		return s.show(w, r, statusOf(err), AttachedFile{Name: name, Error: firstText(form.Error("file"), form.Error(""))})
	}
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, AttachedFile{File: f})
}

// postedFile is the part named file of a form.
func postedFile(r *http.Request) (name string, content io.Reader, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return "", nil, crm.Errorf(crm.Invalid, "no_file", "Choose a file.")
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return "", nil, crm.Errorf(crm.Invalid, "no_file", "Choose a file.")
		}
		if err != nil {
			return "", nil, err
		}
		if part.FormName() == "file" {
			return part.FileName(), part, nil
		}
	}
}

// detach handles POST /inbox/{id}/files/{file}/delete.
func (s *Server) detach(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	file, err := pathID(r, "file")
	if err == nil {
		err = s.Inbox.Detach(r.Context(), actor(r), id, file)
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// react handles POST /inbox/{id}/messages/{message}/reaction: emoji. It answers with the
// message.
func (s *Server) react(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	message, err := pathID(r, "message")
	if err != nil {
		return err
	}
	row, err := s.Inbox.Conversation(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	if _, err := s.oneMessage(r, row, message); err != nil { // it must be of this conversation
		return err
	}
	if _, err := s.Inbox.React(r.Context(), actor(r), message, strings.TrimSpace(r.PostFormValue("emoji"))); err != nil {
		return err
	}
	view, err := s.oneMessage(r, row, message)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, view)
}

// ReplyChoices are saved replies to choose from, filled for the contact: the fragment of
// GET /inbox/{id}/replies?q=.
type ReplyChoices struct {
	Query   string
	Replies []inbox.FilledReply
	Admin   bool
}

func (ReplyChoices) template() string { return "reply-choices" }

// repliesAtOnce is how many saved replies are offered.
const repliesAtOnce = 8

// replyChoices handles GET /inbox/{id}/replies?q=.
func (s *Server) replyChoices(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	query := r.URL.Query().Get("q")
	list, err := s.Inbox.OfferReplies(r.Context(), actor(r), id, query, repliesAtOnce)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, ReplyChoices{query, list, actor(r).IsAdmin()})
}

// SMSCount says how a text travels by SMS: the fragment of POST /sms-parts.
type SMSCount struct{ crm.SMSCount }

func (SMSCount) template() string { return "sms-count" }

// Words is the count in a line.
func (c SMSCount) Words() string {
	if c.Parts == 0 {
		return ""
	}
	return fmt.Sprintf("%s · %d left · %s", plural(c.Parts, "SMS", "SMS parts"), c.Left, c.Alphabet)
}

// Why says which character made it UCS-2, or "".
func (c SMSCount) Why() string {
	if c.Turned == 0 {
		return ""
	}
	return fmt.Sprintf("“%c” is not in the alphabet of SMS: fewer characters fit into each part.", c.Turned)
}

// smsParts handles POST /sms-parts: text.
func (s *Server) smsParts(w http.ResponseWriter, r *http.Request) error {
	return s.show(w, r, http.StatusOK, SMSCount{crm.SMSParts(cleanBreaks(r.PostFormValue("text")))})
}
