package web

import (
	"net/http"
	"strconv"

	"parley/internal/app/team"
	"parley/internal/channel"
	"parley/internal/crm"
	"parley/internal/store"
)

// channelsPage handles GET /settings/channels.
func (s *Server) channelsPage(w http.ResponseWriter, r *http.Request) error {
	settings, err := s.settingsShell(r, "settings", "channels", "Channels")
	if err != nil {
		return err
	}
	list, err := s.Team.Channels(r.Context(), actor(r))
	if err != nil {
		return err
	}
	page := ChannelsPage{Settings: settings}
	for _, ch := range list {
		page.Channels = append(page.Channels, s.channelRow(settings.Clock, ch))
	}
	return s.show(w, r, http.StatusOK, page)
}

func (s *Server) channelRow(clock Clock, ch store.Channel) ChannelRow {
	kind, ok := s.Team.Kind(ch.Kind)
	if !ok {
		kind = channel.Kind{Name: ch.Kind, Title: ch.Kind}
	}
	return ChannelRow{Clock: clock, ID: ch.ID, Name: ch.Name, Kind: kind, Family: ch.Family, LastIn: ch.LastInboundAt, Active: ch.Active, Trouble: ch.Problem}
}

// newChannelPage handles GET /settings/channels/new?kind=.
func (s *Server) newChannelPage(w http.ResponseWriter, r *http.Request) error {
	return s.showNewChannel(w, r, http.StatusOK, r.URL.Query().Get("kind"), Form{})
}

func (s *Server) showNewChannel(w http.ResponseWriter, r *http.Request, status int, name string, form Form) error {
	settings, err := s.settingsShell(r, "settings", "channels", "Add a channel")
	if err != nil {
		return err
	}
	page := NewChannelPage{Settings: settings, Kinds: s.Team.Kinds, Form: form}
	if kind, ok := s.Team.Kind(name); ok {
		page.Kind = &kind
	}
	return s.show(w, r, status, page)
}

// addChannel handles POST /settings/channels: kind, name, settings.*.
func (s *Server) addChannel(w http.ResponseWriter, r *http.Request) error {
	kind, _ := s.Team.Kind(r.PostFormValue("kind")) // what is unknown the verb refuses
	form, draft := readChannel(r, kind)
	draft.Kind = r.PostFormValue("kind")
	ch, err := s.Team.PutChannel(r.Context(), actor(r), draft)
	if isAnswer(err) {
		form.Fail(err)
		return s.showNewChannel(w, r, statusOf(err), draft.Kind, form)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/settings/channels/"+ch.ID.String()+"?said=saved")
}

// readChannel takes what the form says of a channel of a kind. A setting that is not in
// the form stays as it is.
func readChannel(r *http.Request, kind channel.Kind) (Form, team.ChannelDraft) {
	form := readForm(r, "name", "max_per_second")
	draft := team.ChannelDraft{Name: form.Value("name"), Settings: map[string]string{}}
	for _, setting := range kind.Settings {
		if _, ok := r.PostForm["settings."+setting.Key]; ok {
			draft.Settings[setting.Key] = cleanBreaks(r.PostFormValue("settings." + setting.Key))
			if !setting.Secret {
				form.Values["settings."+setting.Key] = draft.Settings[setting.Key]
			}
		}
	}
	if text := form.Value("max_per_second"); text != "" {
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || n == 0 {
			n = -1 // no number: out of range, says the verb
		}
		draft.MaxPerSecond = n
	}
	return form, draft
}

// channelPage handles GET /settings/channels/{id}.
func (s *Server) channelPage(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	return s.showChannel(w, r, http.StatusOK, id, Form{}, nil)
}

func (s *Server) showChannel(w http.ResponseWriter, r *http.Request, status int, id crm.ID, form Form, check *CheckResult) error {
	ch, kept, err := s.Team.Channel(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	settings, err := s.settingsShell(r, "settings", "channels", ch.Name)
	if err != nil {
		return err
	}
	if form.Values == nil {
		form.Values = map[string]string{"name": ch.Name, "max_per_second": strconv.FormatFloat(ch.MaxPerSecond, 'f', -1, 64)}
		for key, value := range ch.Settings {
			form.Values["settings."+key] = value
		}
	}
	return s.show(w, r, status, ChannelPage{Settings: settings, Form: form, Channel: s.channelRow(settings.Clock, ch),
		WebhookURL: s.PublicURL + "/hooks/" + id.String(), Kept: kept, Check: check})
}

// saveChannel handles POST /settings/channels/{id}: name, max_per_second, active,
// settings.*.
func (s *Server) saveChannel(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	ch, _, err := s.Team.Channel(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	kind, _ := s.Team.Kind(ch.Kind)
	form, draft := readChannel(r, kind)
	draft.ID, draft.Active = id, new(r.PostFormValue("active") != "")
	_, err = s.Team.PutChannel(r.Context(), actor(r), draft)
	if isAnswer(err) {
		form.Fail(err)
		return s.showChannel(w, r, statusOf(err), id, form, nil)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/settings/channels/"+id.String()+"?said=saved")
}

// checkChannel handles POST /settings/channels/{id}/check: asks the provider.
func (s *Server) checkChannel(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	note, problem, err := s.Team.CheckChannel(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	result := CheckResult{OK: problem == "", Text: firstText(problem, note, "It works.")}
	if !isFragment(r) {
		return s.showChannel(w, r, http.StatusOK, id, Form{}, &result)
	}
	return s.show(w, r, http.StatusOK, result)
}
