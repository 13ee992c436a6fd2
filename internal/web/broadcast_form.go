package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"parley/internal/app/broadcasts"
	"parley/internal/crm"
)

// newBroadcast handles GET /broadcasts/new. With query (a list of contacts) or id
// (repeated) the audience is what somebody chose on the contacts page.
func (s *Server) newBroadcast(w http.ResponseWriter, r *http.Request) error {
	return s.showBroadcastForm(w, r, http.StatusOK, &crm.Broadcast{Audience: audienceFrom(r.URL.Query())}, Form{Values: map[string]string{}})
}

func audienceFrom(v url.Values) (a crm.Audience) {
	a.ContactIDs = knownIDs(v["id"])
	if query := v.Get("query"); query != "" || v.Get("all") != "" {
		values, _ := url.ParseQuery(query)
		for _, name := range []string{"sort", "columns", "view", "after", "said", "menu"} {
			delete(values, name)
		}
		if len(values) == 0 {
			values = url.Values{"status": {string(crm.Active)}}
		}
		a.Filter = values
	}
	return a
}

// editBroadcast handles GET /broadcasts/{id}/edit.
func (s *Server) editBroadcast(w http.ResponseWriter, r *http.Request) error {
	b, err := s.broadcastOf(r)
	if err != nil {
		return err
	}
	if !b.Editable() {
		return seeOther(w, r, broadcastPath(b.ID))
	}
	clock, _, err := s.clock(r)
	if err != nil {
		return err
	}
	form := Form{Values: map[string]string{"name": b.Name, "channel_id": b.ChannelID.String(), "text": b.Text, "quiet_from": b.Quiet.From, "quiet_to": b.Quiet.To}}
	if !b.StartAt.IsZero() {
		form.Values["when"], form.Values["start_at"] = "later", clock.local(b.StartAt).Format("2006-01-02T15:04")
	}
	return s.showBroadcastForm(w, r, http.StatusOK, b.Broadcast, form)
}

// broadcastFields are the fields that the form shows; problems of others are said at its
// top.
var broadcastFields = []string{"name", "channel_id", "text", "audience", "start_at", "quiet_from", "quiet_to", "template.name"}

// postedBroadcast reads the form: name, channel_id, any_tags, all_tags, not_tags (repeated),
// view_id, query, id (repeated), text, template and var.KEY, when with start_at, and quiet
// with quiet_from and quiet_to.
func postedBroadcast(r *http.Request) (form Form, d broadcasts.Draft, err error) {
	form = readForm(r, "name", "channel_id", "text", "template", "when", "start_at", "quiet", "quiet_from", "quiet_to", "view_id")
	channel, _ := crm.ParseID(form.Value("channel_id"))
	view, _ := crm.ParseID(form.Value("view_id"))
	a := audienceFrom(url.Values{"id": r.PostForm["id"], "query": {r.PostFormValue("query")}, "all": {r.PostFormValue("all")}})
	a.AnyTags, a.AllTags, a.NotTags, a.ViewID = knownIDs(r.PostForm["any_tags"]), knownIDs(r.PostForm["all_tags"]), knownIDs(r.PostForm["not_tags"]), view
	text, start, quiet := form.Value("text"), "", crm.QuietHours{}
	t := crm.TemplateChoice{}
	if name, language, ok := strings.Cut(form.Value("template"), "/"); ok {
		t = crm.TemplateChoice{Name: name, Language: language, Variables: map[string]string{}}
		text = ""
		for field, values := range r.PostForm {
			if key, ok := strings.CutPrefix(field, "var."); ok {
				t.Variables[key] = values[0]
				form.Values[field] = values[0]
			}
		}
	}
	if form.Value("when") == "later" {
		start = firstText(form.Value("start_at"), "?") // an empty one is said to be wrong
	}
	if form.Value("quiet") != "" {
		quiet = crm.QuietHours{From: form.Value("quiet_from"), To: form.Value("quiet_to")}
	}
	name := form.Value("name")
	d = broadcasts.Draft{Name: &name, ChannelID: &channel, Text: &text, Template: &t, StartAt: &start, Quiet: &quiet}
	if a.Named() {
		d.Audience = &a
	}
	return form, d, nil
}

// unsaved is what the form says as a broadcast, for a look at it.
func (s *Server) unsaved(r *http.Request, id crm.ID, d broadcasts.Draft) *crm.Broadcast {
	who := actor(r)
	b := &crm.Broadcast{BusinessID: who.BusinessID, ID: id, ChannelID: *d.ChannelID, Text: *d.Text, UserID: who.UserID, ByName: who.Name, Quiet: *d.Quiet}
	if d.Template.Name != "" {
		b.Template = d.Template
	}
	if d.Audience != nil {
		b.Audience = *d.Audience
	}
	return b
}

// saveBroadcast handles POST /broadcasts and POST /broadcasts/{id}. With again, because
// another channel or template was chosen, the form is shown anew and nothing is saved.
func (s *Server) saveBroadcast(w http.ResponseWriter, r *http.Request) error {
	var id crm.ID
	if r.PathValue("id") != "" {
		b, err := s.broadcastOf(r)
		if err != nil {
			return err
		}
		id = b.ID
	}
	form, d, err := postedBroadcast(r)
	if err != nil {
		return err
	}
	if r.PostFormValue("again") != "" {
		return s.showBroadcastForm(w, r, http.StatusOK, s.unsaved(r, id, d), form)
	}
	b, err := s.Broadcasts.Put(r.Context(), actor(r), id, d)
	if crm.KindOf(err) == crm.Invalid {
		form.Fail(renamed(err), append(slices.Clone(broadcastFields), variableFields(d)...)...)
		return s.showBroadcastForm(w, r, http.StatusUnprocessableEntity, s.unsaved(r, id, d), form)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, broadcastPath(b.ID))
}

func variableFields(d broadcasts.Draft) (names []string) {
	for key := range d.Template.Variables {
		names = append(names, "template.variables."+key)
	}
	return names
}

// renamed gives problems the names that fields have in the form.
func renamed(err error) error {
	e, ok := err.(*crm.Error)
	if !ok {
		return err
	}
	out := *e
	out.Fields = nil
	for _, f := range e.Fields {
		switch {
		case strings.HasPrefix(f.Field, "audience"):
			f.Field = "audience"
		case f.Field == "quiet_hours.from":
			f.Field = "quiet_from"
		case f.Field == "quiet_hours.to":
			f.Field = "quiet_to"
		}
		out.Fields = append(out.Fields, f)
	}
	return &out
}

// lookAtBroadcast handles POST /broadcasts/look: who would get what the form says, and how
// it reads for three of them. Nothing is saved.
func (s *Server) lookAtBroadcast(w http.ResponseWriter, r *http.Request) error {
	_, d, err := postedBroadcast(r)
	if err != nil {
		return err
	}
	look, err := s.look(r, s.unsaved(r, "", d))
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, look)
}

func (s *Server) look(r *http.Request, b *crm.Broadcast) (l BroadcastLook, err error) {
	l.Broadcast = b
	if l.Preflight, err = s.Broadcasts.PreflightOf(r.Context(), actor(r), b); err != nil {
		return l, err
	}
	channels, err := s.Team.Channels(r.Context(), actor(r))
	if err != nil {
		return l, err
	}
	for _, ch := range channels {
		if ch.ID == b.ChannelID {
			l.SMS = ch.Family == crm.SMS
		}
	}
	l.Samples, err = s.Broadcasts.Samples(r.Context(), actor(r), b, samplesOfAudience)
	return l, err
}

func (s *Server) showBroadcastForm(w http.ResponseWriter, r *http.Request, status int, b *crm.Broadcast, form Form) error {
	who := actor(r)
	b.BusinessID, b.UserID, b.ByName = who.BusinessID, who.UserID, who.Name
	page := BroadcastForm{Form: form, Broadcast: b}
	title := "New broadcast"
	if b.ID != "" {
		title = firstText(form.Value("name"), "Broadcast")
	}
	var err error
	if page.Shell, err = s.shell(r, "broadcasts", title); err != nil {
		return err
	}
	words, err := s.Contacts.FilterWords(r.Context(), who)
	if err != nil {
		return err
	}
	page.Zone = words.Zone.String()
	for _, part := range []struct {
		name, label string
		chosen      []crm.ID
	}{{"any_tags", "With any of these tags", b.Audience.AnyTags}, {"all_tags", "With all of these tags", b.Audience.AllTags}, {"not_tags", "With none of these tags", b.Audience.NotTags}} {
		picker := NamedPicker{Name: part.name, Label: part.label, TagPicker: TagPicker{All: words.Tags}}
		for _, t := range words.Tags {
			if slices.Contains(part.chosen, t.ID) {
				picker.Chosen = append(picker.Chosen, t)
			}
		}
		page.Pickers = append(page.Pickers, picker)
	}
	if page.Views, err = s.Contacts.Views(r.Context(), who); err != nil {
		return err
	}
	channels, err := s.Team.Channels(r.Context(), who)
	if err != nil {
		return err
	}
	for _, ch := range channels {
		if ch.Active || ch.ID == b.ChannelID {
			page.Channels = append(page.Channels, ch)
		}
	}
	if b.ChannelID == "" && len(page.Channels) > 0 {
		b.ChannelID = page.Channels[0].ID
	}
	for _, ch := range page.Channels {
		if ch.ID == b.ChannelID {
			page.Family = ch.Family
		}
	}
	if page.Fields, err = s.mergeFields(r); err != nil {
		return err
	}
	if page.Family == crm.WhatsApp {
		if page.Templates, err = s.Inbox.Templates(r.Context(), who, b.ChannelID); err != nil {
			return err
		}
	}
	if page.Look, err = s.look(r, b); err != nil {
		return err
	}
	if b.Audience.Filter != nil {
		page.Query = url.Values(b.Audience.Filter).Encode()
		page.Chips = chips(contactList{words: words, values: b.Audience.Filter, filter: crm.ParseFilter(b.Audience.Filter, words)})
	}
	return s.show(w, r, status, page)
}

// mergeFields are what a text can be filled with.
func (s *Server) mergeFields(r *http.Request) (crm.MergeFieldList, error) {
	custom, err := s.Contacts.CustomFields(r.Context(), actor(r))
	return crm.MergeFieldsWith(custom), err
}

// showBroadcastReview shows what a broadcast will do before it begins.
func (s *Server) showBroadcastReview(w http.ResponseWriter, r *http.Request, status int, b broadcasts.Row, form Form) error {
	if b.Began() {
		return seeOther(w, r, broadcastPath(b.ID))
	}
	page := BroadcastReview{Form: form}
	var err error
	if page.Shell, err = s.shell(r, "broadcasts", b.Name); err != nil {
		return err
	}
	page.BroadcastLine = BroadcastLine{page.Shell.Clock, b}
	b.UserID, b.ByName = actor(r).UserID, actor(r).Name // as it would be when the reader starts it
	if page.Look, err = s.look(r, b.Broadcast); err != nil {
		return err
	}
	if form.Values == nil {
		page.Form.Values = map[string]string{"to": page.User.Phone}
	}
	return s.show(w, r, status, page)
}
