package web

import (
	"net/http"

	"parley/internal/crm"
)

// SavedRepliesPage lists the saved replies. Making one posts to /settings/replies: name,
// text; changing to /settings/replies/{id}; deleting to /settings/replies/{id}/delete.
type SavedRepliesPage struct {
	Settings
	Form    Form
	Replies []SavedReplyRow
	Fields  crm.MergeFieldList
}

func (SavedRepliesPage) template() string { return "saved-replies" }

// SavedReplyRow is one of them, with what was typed and refused.
type SavedReplyRow struct {
	crm.SavedReply
	Form Form
}

// savedReplies handles GET /settings/replies.
func (s *Server) savedReplies(w http.ResponseWriter, r *http.Request) error {
	return s.showSavedReplies(w, r, http.StatusOK, Form{}, "")
}

// showSavedReplies shows them; refused is the one to which the form belongs, or empty for a
// new one.
func (s *Server) showSavedReplies(w http.ResponseWriter, r *http.Request, status int, form Form, refused crm.ID) error {
	settings, err := s.settingsShell(r, "settings", "replies", "Saved replies")
	if err != nil {
		return err
	}
	list, err := s.Inbox.SavedReplies(r.Context(), actor(r))
	if err != nil {
		return err
	}
	custom, err := s.Contacts.CustomFields(r.Context(), actor(r))
	if err != nil {
		return err
	}
	page := SavedRepliesPage{Settings: settings, Fields: crm.MergeFieldsWith(custom)}
	if refused == "" {
		page.Form = form
	}
	for _, reply := range list {
		row := SavedReplyRow{SavedReply: reply}
		if reply.ID == refused {
			row.Form = form
		}
		page.Replies = append(page.Replies, row)
	}
	return s.show(w, r, status, page)
}

// makeSavedReply handles POST /settings/replies: name, text.
func (s *Server) makeSavedReply(w http.ResponseWriter, r *http.Request) error {
	return s.putSavedReply(w, r, "")
}

// changeSavedReply handles POST /settings/replies/{id}: name, text.
func (s *Server) changeSavedReply(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	return s.putSavedReply(w, r, id)
}

func (s *Server) putSavedReply(w http.ResponseWriter, r *http.Request, id crm.ID) error {
	form := readForm(r, "name", "text")
	_, err := s.Inbox.PutSavedReply(r.Context(), actor(r), crm.SavedReply{ID: id, Name: form.Value("name"), Text: form.Value("text")})
	if crm.KindOf(err) == crm.Invalid {
		form.Fail(err)
		return s.showSavedReplies(w, r, statusOf(err), form, id)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/settings/replies?said=saved")
}

// deleteSavedReply handles POST /settings/replies/{id}/delete.
func (s *Server) deleteSavedReply(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err == nil {
		err = s.Inbox.DeleteSavedReply(r.Context(), actor(r), id)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/settings/replies?said=ended")
}
