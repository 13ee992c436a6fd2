package web

import (
	"net/http"
	"net/url"

	"parley/internal/crm"
	"parley/internal/store"
)

const unfiledAtOnce = 50

// unfiledPage handles GET /settings/unfiled?after= (I7).
func (s *Server) unfiledPage(w http.ResponseWriter, r *http.Request) error {
	settings, err := s.settingsShell(r, "settings", "unfiled", "Unfiled messages")
	if err != nil {
		return err
	}
	before, _ := crm.ParseID(r.URL.Query().Get("after"))
	list, err := s.Inbox.Unfiled(r.Context(), actor(r), before, unfiledAtOnce+1)
	if err != nil {
		return err
	}
	channels, err := s.Team.Channels(r.Context(), actor(r))
	if err != nil {
		return err
	}
	channelNames := map[crm.ID]string{}
	for _, ch := range channels {
		channelNames[ch.ID] = ch.Name
	}
	page := UnfiledPage{Settings: settings}
	if len(list) > unfiledAtOnce {
		list = list[:unfiledAtOnce]
		page.Next = "/settings/unfiled?" + url.Values{"after": {list[unfiledAtOnce-1].ID.String()}}.Encode()
	}
	for _, u := range list {
		page.Rows = append(page.Rows, UnfiledRow{Clock: settings.Clock, ID: u.ID, Reason: firstText(u.Detail, u.Reason), Sender: u.Sender,
			Text: u.Text, Channel: channelNames[u.ChannelID], At: u.At})
	}
	return s.show(w, r, http.StatusOK, page)
}

// retryUnfiled handles POST /settings/unfiled/{id}/retry.
func (s *Server) retryUnfiled(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	filed, err := s.Inbox.Retry(r.Context(), actor(r), id, func(ch store.Channel) string {
		open, err := s.Team.Open(ch)
		if err != nil {
			return "" // a channel that cannot be opened knows no portfolio (I5)
		}
		return open.Scope()
	})
	if err != nil {
		return err
	}
	if filed {
		return seeOther(w, r, "/settings/unfiled?said=filed")
	}
	return seeOther(w, r, "/settings/unfiled?said=not-filed")
}
