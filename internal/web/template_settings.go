package web

import (
	"net/http"

	"parley/internal/crm"
	"parley/internal/store"
)

// templatesPage handles GET /settings/templates.
func (s *Server) templatesPage(w http.ResponseWriter, r *http.Request) error {
	settings, err := s.settingsShell(r, "settings", "templates", "Templates")
	if err != nil {
		return err
	}
	channels, err := s.whatsAppChannels(r)
	if err != nil {
		return err
	}
	list, err := s.Inbox.Templates(r.Context(), actor(r), "")
	if err != nil {
		return err
	}
	syncs, err := s.Inbox.TemplateSyncs(r.Context(), actor(r))
	if err != nil {
		return err
	}
	page := TemplatesPage{Settings: settings}
	for _, ch := range channels {
		group := TemplateGroup{Clock: settings.Clock, Channel: ch, Sync: syncs[ch.ID]}
		for _, t := range list {
			if t.ChannelID == ch.ID {
				group.Templates = append(group.Templates, templateRow(t))
			}
		}
		page.Groups = append(page.Groups, group)
	}
	return s.show(w, r, http.StatusOK, page)
}

func (s *Server) whatsAppChannels(r *http.Request) ([]store.Channel, error) {
	all, err := s.Team.Channels(r.Context(), actor(r))
	var list []store.Channel
	for _, ch := range all {
		if ch.Family == crm.WhatsApp && ch.Active {
			list = append(list, ch)
		}
	}
	return list, err
}

// syncTemplates handles POST /settings/templates/sync.
func (s *Server) syncTemplates(w http.ResponseWriter, r *http.Request) error {
	if err := s.Inbox.SyncTemplatesNow(r.Context(), actor(r), ""); err != nil && crm.KindOf(err) != crm.Conflicting {
		return err // what a provider did not like stands beside its channel
	}
	return seeOther(w, r, "/settings/templates")
}

// newTemplatePage handles GET /settings/templates/new.
func (s *Server) newTemplatePage(w http.ResponseWriter, r *http.Request) error {
	return s.showNewTemplate(w, r, http.StatusOK, Form{Values: map[string]string{"language": "en", "category": "utility", "header_format": "none"}})
}

func (s *Server) showNewTemplate(w http.ResponseWriter, r *http.Request, status int, form Form) error {
	settings, err := s.settingsShell(r, "settings", "templates", "New template")
	if err != nil {
		return err
	}
	file, err := s.headerFile(r, form)
	if err != nil {
		return err
	}
	page := NewTemplatePage{Settings: settings, Form: form, Draft: draftOf(form, file, "")}
	if page.Channels, err = s.whatsAppChannels(r); err != nil {
		return err
	}
	return s.show(w, r, status, page)
}

var templateFields = []string{"channel_id", "name", "language", "category", "header_format", "header", "header_file", "body", "footer", "buttons", "examples"}

// submitTemplate handles POST /settings/templates.
func (s *Server) submitTemplate(w http.ResponseWriter, r *http.Request) error {
	form := readForm(r, templateFields...)
	t := readTemplateDraft(form)
	_, err := s.Inbox.SubmitTemplate(r.Context(), actor(r), t, headerFileOf(form, t))
	if isAnswer(err) || crm.KindOf(err) == crm.Unavailable { // what was typed stays for another try
		form.Fail(err)
		foldTemplateErrors(&form)
		return s.showNewTemplate(w, r, statusOf(err), form)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/settings/templates?said=submitted")
}

// previewTemplate handles POST /settings/templates/preview.
func (s *Server) previewTemplate(w http.ResponseWriter, r *http.Request) error {
	form := readForm(r, templateFields...)
	file, err := s.headerFile(r, form)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, previewOf(form, file))
}

// templatePage handles GET /settings/templates/{id}.
func (s *Server) templatePage(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	return s.showTemplate(w, r, http.StatusOK, id, Form{})
}

func (s *Server) showTemplate(w http.ResponseWriter, r *http.Request, status int, id crm.ID, form Form) error {
	t, err := s.Inbox.Template(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	settings, err := s.settingsShell(r, "settings", "templates", t.Name)
	if err != nil {
		return err
	}
	ch, _, err := s.Team.Channel(r.Context(), actor(r), t.ChannelID)
	if err != nil {
		return err
	}
	custom, err := s.Contacts.CustomFields(r.Context(), actor(r))
	if err != nil {
		return err
	}
	page := TemplatePage{Settings: settings, Form: form, Row: templateRow(t), Channel: ch, Fields: crm.MergeFieldsWith(custom)}
	if form.Values == nil {
		page.Form.Values = map[string]string{}
		for key, fill := range t.Suggest(page.Fields) {
			page.Form.Values["variables."+key] = fill
		}
	}
	return s.show(w, r, status, page)
}

// editTemplatePage handles GET /settings/templates/{id}/edit.
func (s *Server) editTemplatePage(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	t, err := s.Inbox.Template(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	return s.showEditTemplate(w, r, http.StatusOK, t, Form{Values: templateDraftOf(t.Parts)})
}

func (s *Server) showEditTemplate(w http.ResponseWriter, r *http.Request, status int, t crm.Template, form Form) error {
	settings, err := s.settingsShell(r, "settings", "templates", "Change "+t.Name)
	if err != nil {
		return err
	}
	file, err := s.headerFile(r, form)
	if err != nil {
		return err
	}
	kept := t.Parts.Header.Format
	if !t.Parts.Header.IsMedia() {
		kept = ""
	}
	return s.show(w, r, status, EditTemplatePage{Settings: settings, Row: templateRow(t), Draft: draftOf(form, file, kept)})
}

// editTemplate handles POST /settings/templates/{id}/edit.
func (s *Server) editTemplate(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	form := readForm(r, templateFields...)
	draft := readTemplateDraft(form)
	t, err := s.Inbox.EditTemplate(r.Context(), actor(r), id, draft.Parts, headerFileOf(form, draft))
	if (isAnswer(err) || crm.KindOf(err) == crm.Unavailable) && t.ID != "" {
		form.Fail(err)
		foldTemplateErrors(&form)
		return s.showEditTemplate(w, r, statusOf(err), t, form)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/settings/templates/"+id.String()+"?said=submitted")
}

// fillTemplate handles POST /settings/templates/{id}: variables.KEY.
func (s *Server) fillTemplate(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	t, err := s.Inbox.Template(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	var names []string
	for _, v := range t.Parts.Variables() {
		names = append(names, "variables."+v.Key)
	}
	form := readForm(r, names...)
	fills := map[string]string{}
	for _, v := range t.Parts.Variables() {
		fills[v.Key] = form.Value("variables." + v.Key)
	}
	_, err = s.Inbox.FillTemplate(r.Context(), actor(r), id, fills)
	if isAnswer(err) {
		form.Fail(err)
		return s.showTemplate(w, r, statusOf(err), id, form)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/settings/templates/"+id.String()+"?said=saved")
}

// deleteTemplate handles POST /settings/templates/{id}/delete.
func (s *Server) deleteTemplate(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	err = s.Inbox.DeleteTemplate(r.Context(), actor(r), id)
	if isAnswer(err) && crm.KindOf(err) != crm.NotFound {
		form := Form{}
		form.Fail(err)
		return s.showTemplate(w, r, statusOf(err), id, form)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/settings/templates?said=no-template")
}
