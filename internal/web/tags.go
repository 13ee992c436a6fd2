package web

import (
	"net/http"

	"parley/internal/crm"
)

// tagsPage handles GET /settings/tags.
func (s *Server) tagsPage(w http.ResponseWriter, r *http.Request) error {
	return s.showTags(w, r, http.StatusOK, Form{}, "")
}

// showTags shows the tags; refused is the tag to which the form belongs, or empty for a
// new one.
func (s *Server) showTags(w http.ResponseWriter, r *http.Request, status int, form Form, refused crm.ID) error {
	settings, err := s.settingsShell(r, "settings", "tags", "Tags")
	if err != nil {
		return err
	}
	list, err := s.Team.Tags(r.Context(), actor(r))
	if err != nil {
		return err
	}
	page := TagsPage{Settings: settings}
	if refused == "" {
		page.Form = form
	}
	for _, t := range list {
		row := TagRow{Tag: t.Tag, Contacts: t.Contacts}
		if t.ID == refused {
			row.Form = form
		}
		page.Tags = append(page.Tags, row)
	}
	return s.show(w, r, status, page)
}

// makeTag handles POST /settings/tags: name, colour (T1).
func (s *Server) makeTag(w http.ResponseWriter, r *http.Request) error { return s.putTag(w, r, "") }

// changeTag handles POST /settings/tags/{id}: name, colour.
func (s *Server) changeTag(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	if _, err := s.Team.Tag(r.Context(), actor(r), id); err != nil { // what is not there is not looked at any closer
		return err
	}
	return s.putTag(w, r, id)
}

// putTag answers a picker that made a tag with the box of it.
func (s *Server) putTag(w http.ResponseWriter, r *http.Request, id crm.ID) error {
	form := readForm(r, "name", "colour")
	made, err := s.Team.PutTag(r.Context(), actor(r), crm.Tag{ID: id, Name: form.Value("name"), Colour: form.Value("colour")})
	if isFragment(r) {
		if err != nil {
			return err
		}
		return s.show(w, r, http.StatusOK, TagChoice{Tag: made})
	}
	if isAnswer(err) {
		form.Fail(err)
		return s.showTags(w, r, statusOf(err), form, id)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/settings/tags?said=tag")
}

// deleteTag handles POST /settings/tags/{id}/delete.
func (s *Server) deleteTag(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	if err := s.Team.DeleteTag(r.Context(), actor(r), id); err != nil {
		return err
	}
	return seeOther(w, r, "/settings/tags?said=deleted")
}

// mergeTagPage handles GET /settings/tags/{id}/merge.
func (s *Server) mergeTagPage(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	return s.showTagMerge(w, r, http.StatusOK, id, Form{})
}

func (s *Server) showTagMerge(w http.ResponseWriter, r *http.Request, status int, id crm.ID, form Form) error {
	settings, err := s.settingsShell(r, "settings", "tags", "Merge tags")
	if err != nil {
		return err
	}
	list, err := s.Team.Tags(r.Context(), actor(r))
	if err != nil {
		return err
	}
	page := TagMergePage{Settings: settings, Form: form}
	for _, t := range list {
		row := TagRow{Tag: t.Tag, Contacts: t.Contacts}
		if t.ID == id {
			page.Tag = row
		} else {
			page.Others = append(page.Others, row)
		}
	}
	if page.Tag.Tag.ID == "" {
		return crm.ErrNotFound
	}
	return s.show(w, r, status, page)
}

// mergeTag handles POST /settings/tags/{id}/merge: into.
func (s *Server) mergeTag(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	form := readForm(r, "into")
	_, err = s.Team.MergeTags(r.Context(), actor(r), id, crm.ID(form.Value("into")))
	if isAnswer(err) {
		form.Fail(err)
		return s.showTagMerge(w, r, statusOf(err), id, form)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/settings/tags?said=tags-merged")
}

// tagChoice handles GET /tags/{id}: a tag as a picker offers it, for pages that were told
// of a change. One that was merged answers with what it became.
func (s *Server) tagChoice(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	t, err := s.Team.TagNow(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, TagChoice{Tag: t})
}
