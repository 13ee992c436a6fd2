package web

import (
	"net/http"
	"slices"

	"parley/internal/app/inbox"
	"parley/internal/crm"
)

// TemplateForm sends a template in a conversation: the fragment of GET
// /inbox/{id}/template, and the answer when one was refused. It posts to
// /inbox/{id}/template: channel_id, template, variables.KEY.
type TemplateForm struct {
	ConversationID crm.ID
	ChannelID      crm.ID
	Templates      []crm.Template // those that can be sent; none: nothing is offered
	Template       crm.Template   // the one chosen
	Form           Form
	Shown          crm.RenderedTemplate
	Admin          bool // the reader can make some
}

func (TemplateForm) template() string { return "template-form" }

// Inputs are the fields for its variables.
func (f TemplateForm) Inputs() []Input {
	var list []Input
	for _, v := range f.Template.Parts.Variables() {
		input := f.Form.Input("variables."+v.Key, variableTitle(v), "text").With("required", "autocomplete:off")
		if example := f.Template.Parts.Examples[v.Key]; example != "" && input.Value == "" {
			input = input.With("help:Such as " + example)
		}
		if v.IsFile() {
			input = input.With(fileHelp)
		}
		list = append(list, input)
	}
	return list
}

// TemplateFilled is a template as it will look with what is typed: the fragment of GET
// /inbox/{id}/template/preview.
type TemplateFilled struct{ Shown crm.RenderedTemplate }

func (TemplateFilled) template() string { return "template-filled" }

// templateForm handles GET /inbox/{id}/template?channel_id=&template=: the form, filled
// from the contact.
func (s *Server) templateForm(w http.ResponseWriter, r *http.Request) error {
	form, _, err := s.templateFormOf(r, r.URL.Query().Get("channel_id"), r.URL.Query().Get("template"))
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, form)
}

// templateFormOf makes the form with a template chosen, the first where none is named, and
// its variables filled from the contact.
func (s *Server) templateFormOf(r *http.Request, channel, chosen string) (f TemplateForm, o inbox.TemplateOffer, err error) {
	id, err := pathID(r, "id")
	if err != nil {
		return f, o, err
	}
	if o, err = s.Inbox.OfferTemplates(r.Context(), actor(r), id, crm.ID(channel)); err != nil {
		return f, o, err
	}
	f = TemplateForm{ConversationID: id, ChannelID: o.Route.Channel.ID, Templates: o.Templates, Admin: actor(r).IsAdmin(), Form: Form{Values: map[string]string{}}}
	if len(o.Templates) == 0 {
		return f, o, nil
	}
	f.Template = o.Templates[max(0, slices.IndexFunc(o.Templates, func(t crm.Template) bool { return t.ID.String() == chosen }))]
	for key, value := range o.Fill(f.Template) {
		f.Form.Values["variables."+key] = value
	}
	f.Shown = f.shown()
	return f, o, nil
}

// shown is the template with what stands in the fields.
func (f TemplateForm) shown() crm.RenderedTemplate {
	values := map[string]string{}
	for _, v := range f.Template.Parts.Variables() {
		if value := f.Form.Value("variables." + v.Key); value != "" {
			values[v.Key] = value
		}
	}
	return f.Template.Parts.Render(values)
}

// typed takes what was typed for the variables.
func (f *TemplateForm) typed(value func(string) string) map[string]string {
	variables := map[string]string{}
	for _, v := range f.Template.Parts.Variables() {
		text := cleanBreaks(value("variables." + v.Key))
		f.Form.Values["variables."+v.Key], variables[v.Key] = text, text
	}
	return variables
}

// templateFilled handles GET /inbox/{id}/template/preview?template=&variables.KEY=.
func (s *Server) templateFilled(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	form, _, err := s.templateFormOf(r, query.Get("channel_id"), query.Get("template"))
	if err != nil {
		return err
	}
	form.typed(query.Get)
	return s.show(w, r, http.StatusOK, TemplateFilled{form.shown()})
}

// sendTemplate handles POST /inbox/{id}/template. It answers with the message, or with the
// form and what is wrong.
func (s *Server) sendTemplate(w http.ResponseWriter, r *http.Request) error {
	form, o, err := s.templateFormOf(r, r.PostFormValue("channel_id"), r.PostFormValue("template"))
	if err != nil {
		return err
	}
	variables := form.typed(r.PostFormValue)
	form.Shown = form.shown()
	m, err := s.Inbox.Reply(r.Context(), actor(r), inbox.Reply{Conversation: form.ConversationID, ChannelID: o.Route.Channel.ID,
		Template: &crm.TemplateChoice{Name: form.Template.Name, Language: form.Template.Language, Variables: variables, Literal: true}})
	if isAnswer(err) && crm.KindOf(err) != crm.NotFound && isFragment(r) {
		form.Form.Fail(err)
		for _, v := range form.Template.Parts.Variables() {
			if text := form.Form.Errors["template.variables."+v.Key]; text != "" {
				form.Form.Errors["variables."+v.Key] = text
			}
		}
		form.Form.Errors[""] = firstText(form.Form.Error(""), form.Form.Error("template.name"), form.Form.Error("template"))
		w.Header().Set("HX-Retarget", "#template-box")
		w.Header().Set("HX-Reswap", "innerHTML")
		return s.show(w, r, statusOf(err), form)
	}
	if err != nil {
		return err
	}
	return s.showSent(w, r, form.ConversationID, m)
}
