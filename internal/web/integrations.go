package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"parley/internal/app/accounts"
	"parley/internal/crm"
)

const integrationsPath = "/settings/integrations"

// integrationsPage handles GET /settings/integrations: what is connected, and what can be.
func (s *Server) integrationsPage(w http.ResponseWriter, r *http.Request) error {
	return s.showIntegrations(w, r, http.StatusOK, "")
}

func (s *Server) showIntegrations(w http.ResponseWriter, r *http.Request, status int, problem string) error {
	settings, err := s.settingsShell(r, "settings", "integrations", "Integrations")
	if err != nil {
		return err
	}
	list, err := s.Accounts.Connections(r.Context(), actor(r))
	if err != nil {
		return err
	}
	page := IntegrationsPage{Settings: settings, Error: problem}
	for _, o := range list {
		if o.State == crm.Disconnected && o.ConnectedAt.IsZero() { // given up before it was one
			continue
		}
		page.Connections = append(page.Connections, ConnectionRow{settings.Clock, o})
	}
	for _, k := range s.Accounts.Kinds {
		page.Offers = append(page.Offers, ConnectionOffer{k, s.Accounts.Ready(k.Name)})
	}
	return s.show(w, r, status, page)
}

// brokenMark handles GET /settings/integrations/mark: what must be connected again, for
// pages that hear that something changed.
func (s *Server) brokenMark(w http.ResponseWriter, r *http.Request) error {
	names, err := s.Accounts.Broken(r.Context(), actor(r))
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, BrokenMark{names})
}

// newIntegrationPage handles GET /settings/integrations/new?provider=: what is asked for
// over there, and why.
func (s *Server) newIntegrationPage(w http.ResponseWriter, r *http.Request) error {
	kind, known := s.Accounts.Kind(r.URL.Query().Get("provider"))
	if !known {
		return seeOther(w, r, integrationsPath)
	}
	settings, err := s.settingsShell(r, "settings", "integrations", "Connect "+kind.Title)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, NewIntegrationPage{Settings: settings, Offer: ConnectionOffer{kind, s.Accounts.Ready(kind.Name)},
		Hook: s.PublicURL + "/hooks/" + kind.Name, Back: s.PublicURL + "/oauth/callback/" + kind.Name})
}

// connect handles POST /settings/integrations: provider. A form may not lead to another
// site (form-action), so a page does.
func (s *Server) connect(w http.ResponseWriter, r *http.Request) error {
	c, address, err := s.Accounts.Connect(r.Context(), actor(r), readerOf(r).token, r.PostFormValue("provider"))
	if err != nil {
		return err
	}
	return s.leave(w, r, c.Provider, address)
}

// reconnect handles POST /settings/integrations/{id}/reconnect.
func (s *Server) reconnect(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	address, err := s.Accounts.Reconnect(r.Context(), actor(r), readerOf(r).token, id)
	if err != nil {
		return err
	}
	o, err := s.Accounts.Connection(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	return s.leave(w, r, o.Provider, address)
}

func (s *Server) leave(w http.ResponseWriter, r *http.Request, provider, address string) error {
	kind, _ := s.Accounts.Kind(provider)
	settings, err := s.settingsShell(r, "settings", "integrations", "Connect "+kind.Title)
	if err != nil {
		return err
	}
	w.Header().Set("Refresh", "0; url="+address)
	return s.show(w, r, http.StatusOK, DeparturePage{Settings: settings, Title: kind.Title, Address: address})
}

// oauthCallback handles GET /oauth/callback/{provider}: the way back. A program that began
// with a token comes with it, and is answered in JSON.
func (s *Server) oauthCallback(w http.ResponseWriter, r *http.Request) error {
	c, err := s.Accounts.Callback(r.Context(), actor(r), readerOf(r).token, r.PathValue("provider"), r.URL.Query())
	if err != nil && actor(r).Via != crm.ViaAPI && isAnswer(err) && crm.KindOf(err) != crm.NotFound && crm.KindOf(err) != crm.Forbidden {
		return s.notConnected(w, r, c.ID, err)
	}
	if err != nil {
		return err
	}
	if actor(r).Via == crm.ViaAPI {
		w.Header().Set("Content-Type", "application/json")
		return json.NewEncoder(w).Encode(map[string]any{"id": c.ID, "provider": c.Provider, "state": c.State, "name": c.Name})
	}
	return seeOther(w, r, integrationsPath+"/"+c.ID.String())
}

// notConnected leads somebody on whom a provider sent back without a permission: to the page
// of the connection, which says why and how it goes on, or to all of them where it is none.
func (s *Server) notConnected(w http.ResponseWriter, r *http.Request, id crm.ID, why error) error {
	if id == "" {
		return s.showIntegrations(w, r, statusOf(why), why.Error())
	}
	o, err := s.Accounts.Connection(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	if o.Trouble() == why.Error() { // the page says it by itself
		return seeOther(w, r, integrationsPath+"/"+id.String())
	}
	return s.showIntegration(w, r, statusOf(why), id, why.Error())
}

// integrationPage handles GET /settings/integrations/{id}.
func (s *Server) integrationPage(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	return s.showIntegration(w, r, http.StatusOK, id, "")
}

func (s *Server) showIntegration(w http.ResponseWriter, r *http.Request, status int, id crm.ID, problem string) error {
	o, err := s.Accounts.Connection(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	settings, err := s.settingsShell(r, "settings", "integrations", o.Kind.Title)
	if err != nil {
		return err
	}
	return s.show(w, r, status, IntegrationPage{Settings: settings, ConnectionState: ConnectionState{ConnectionRow{settings.Clock, o}}, Error: problem})
}

// integrationState handles GET /settings/integrations/{id}/state, which the page asks for
// again and again.
func (s *Server) integrationState(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	o, err := s.Accounts.Connection(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	clock, _, err := s.clock(r)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, ConnectionState{ConnectionRow{clock, o}})
}

// integrationAct makes a handler of something that is done to a connection; it leads back
// to its page, or says there why it was not done.
func integrationAct(said string, do func(s *Server, r *http.Request, id crm.ID) error) handler {
	return func(s *Server, w http.ResponseWriter, r *http.Request) error {
		id, err := pathID(r, "id")
		if err != nil {
			return err
		}
		err = do(s, r, id)
		if e := (*crm.Error)(nil); errors.As(err, &e) && e.Code == "reconnect" { // it died since the page was shown, which says so now
			return seeOther(w, r, integrationsPath+"/"+id.String())
		}
		if isAnswer(err) && crm.KindOf(err) != crm.NotFound && crm.KindOf(err) != crm.Forbidden {
			return s.showIntegration(w, r, statusOf(err), id, err.Error())
		}
		if err != nil {
			return err
		}
		to := integrationsPath + "/" + id.String()
		if said != "" {
			to += "?said=" + said
		}
		return seeOther(w, r, to)
	}
}

var (
	syncIntegration = integrationAct("", func(s *Server, r *http.Request, id crm.ID) error {
		return s.Accounts.Sync(r.Context(), actor(r), id)
	})
	previewIntegration = integrationAct("", func(s *Server, r *http.Request, id crm.ID) error {
		return s.Accounts.Preview(r.Context(), actor(r), id)
	})
	disconnectIntegration = integrationAct("ended", func(s *Server, r *http.Request, id crm.ID) error {
		return s.Accounts.Disconnect(r.Context(), actor(r), id)
	})
	chooseIntegration = integrationAct("", func(s *Server, r *http.Request, id crm.ID) error {
		return s.Accounts.Choose(r.Context(), actor(r), id, r.PostFormValue("organisation"))
	})
	pushIntegration = integrationAct("saved", func(s *Server, r *http.Request, id crm.ID) error {
		on := r.PostFormValue("push") != ""
		return s.Accounts.Configure(r.Context(), actor(r), id, accounts.Settings{Push: &on})
	})
	saveIntegration = integrationAct("saved", (*Server).configure)
)

// configure reads the form of how a connection is followed: policy.GROUP, swap, phone, all.
func (s *Server) configure(r *http.Request, id crm.ID) error {
	o, err := s.Accounts.Connection(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	options := crm.SyncOptions{Policies: map[string]crm.SyncPolicy{}, SwapAddresses: r.PostFormValue("swap") != "", All: r.PostFormValue("all") != ""}
	for _, g := range groupsOf(o.Kind.Fields) {
		if policy := r.PostFormValue("policy." + g.Name); policy != "" {
			for _, field := range g.Fields {
				if policy != string(crm.DefaultSyncPolicy(field)) {
					options.Policies[field] = crm.SyncPolicy(policy)
				}
			}
		}
	}
	if first := r.PostFormValue("phone"); first != "" && len(o.Kind.Phones) > 0 && first != o.Kind.Phones[0] {
		options.Phones = append([]string{first}, slices.DeleteFunc(slices.Clone(o.Kind.Phones), func(p string) bool { return p == first })...)
	}
	return s.Accounts.Configure(r.Context(), actor(r), id, accounts.Settings{Options: &options})
}

const syncRowsAtOnce = 100

// integrationPreview handles GET /settings/integrations/{id}/preview?outcome=&after=.
func (s *Server) integrationPreview(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	o, err := s.Accounts.Connection(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	page := SyncPreviewPage{Outcome: crm.SyncOutcome(r.URL.Query().Get("outcome"))}
	if !slices.Contains(crm.SyncOutcomes, page.Outcome) {
		page.Outcome = ""
	}
	if page.Settings, err = s.settingsShell(r, "settings", "integrations", "Preview of "+o.Kind.Title); err != nil {
		return err
	}
	page.ConnectionRow = ConnectionRow{page.Settings.Clock, o}
	after, _ := strconv.Atoi(r.URL.Query().Get("after"))
	list, err := s.Accounts.PreviewRows(r.Context(), actor(r), id, page.Outcome, after, syncRowsAtOnce+1)
	if err != nil {
		return err
	}
	if len(list) > syncRowsAtOnce {
		list = list[:syncRowsAtOnce]
		page.Next = page.Path() + "/preview?" + url.Values{"outcome": {string(page.Outcome)}, "after": {strconv.Itoa(list[len(list)-1].Position)}}.Encode()
	}
	for _, row := range list {
		page.Rows = append(page.Rows, SyncPreviewRow{row})
	}
	return s.show(w, r, http.StatusOK, page)
}

// syncReviewPage handles GET /settings/integrations/{id}/review?after=.
func (s *Server) syncReviewPage(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	return s.showSyncReview(w, r, http.StatusOK, id, "")
}

func (s *Server) showSyncReview(w http.ResponseWriter, r *http.Request, status int, id crm.ID, problem string) error {
	o, err := s.Accounts.Connection(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	after, _ := crm.ParseID(r.URL.Query().Get("after"))
	list, err := s.Accounts.Review(r.Context(), actor(r), id, after, syncRowsAtOnce+1)
	if err != nil {
		return err
	}
	page := SyncReviewPage{Error: problem}
	if page.Settings, err = s.settingsShell(r, "settings", "integrations", "To review"); err != nil {
		return err
	}
	page.ConnectionRow = ConnectionRow{page.Settings.Clock, o}
	if len(list) > syncRowsAtOnce {
		list = list[:syncRowsAtOnce]
		page.Next = page.Path() + "/review?after=" + list[len(list)-1].ID.String()
	}
	var ids []crm.ID
	for _, item := range list {
		ids = append(ids, item.ContactIDs...)
	}
	seen, err := s.Contacts.Seen(r.Context(), actor(r), ids)
	if err != nil {
		return err
	}
	for _, item := range list {
		row := SyncReviewRow{ReviewItem: item, Kind: o.Kind}
		for _, id := range item.ContactIDs {
			if c := seen[id]; c != nil { // else it is hidden from this admin, or gone
				row.Contacts = append(row.Contacts, c)
			}
		}
		page.Items = append(page.Items, row)
	}
	return s.show(w, r, status, page)
}

// resolveReview handles POST /settings/integrations/{id}/review: one, "ITEM ACTION
// [CONTACT]", or item (repeated) with action.
func (s *Server) resolveReview(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	var items []crm.ID
	var d accounts.Resolution
	if words := strings.Fields(r.PostForm.Get("one")); len(words) >= 2 {
		item, _ := crm.ParseID(words[0])
		items, d.Action = []crm.ID{item}, accounts.ResolveAction(words[1])
		if len(words) > 2 {
			d.ContactID, _ = crm.ParseID(words[2])
		}
	} else {
		items, d.Action = knownIDs(r.PostForm["item"]), accounts.ResolveAction(r.PostForm.Get("action"))
	}
	if len(items) == 0 {
		return s.showSyncReview(w, r, http.StatusUnprocessableEntity, id, "Choose at least one record.")
	}
	list, err := s.Accounts.ResolveMany(r.Context(), actor(r), id, items, d)
	problem := ""
	switch {
	case err == nil:
	case isAnswer(err) && crm.KindOf(err) != crm.NotFound && crm.KindOf(err) != crm.Forbidden:
		problem = err.Error()
	default:
		return err
	}
	for _, one := range list {
		switch {
		case one.Err == nil:
		case crm.KindOf(one.Err) != crm.NotFound:
			problem = one.Err.Error()
		case len(items) == 1:
			return one.Err
		} // else somebody was faster
	}
	if problem != "" {
		return s.showSyncReview(w, r, http.StatusConflict, id, problem)
	}
	return seeOther(w, r, integrationsPath+"/"+id.String()+"/review?said=resolved")
}

// sentPage handles GET /settings/integrations/{id}/sent?before=: what was sent back.
func (s *Server) sentPage(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	o, err := s.Accounts.Connection(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	before, _ := crm.ParseID(r.URL.Query().Get("before"))
	list, err := s.Accounts.Pushes(r.Context(), actor(r), id, before, syncRowsAtOnce+1)
	if err != nil {
		return err
	}
	page := SentPage{}
	if page.Settings, err = s.settingsShell(r, "settings", "integrations", "Sent to "+o.Kind.Title); err != nil {
		return err
	}
	page.ConnectionRow = ConnectionRow{page.Settings.Clock, o}
	if len(list) > syncRowsAtOnce {
		list = list[:syncRowsAtOnce]
		page.Next = page.Path() + "/sent?before=" + list[len(list)-1].ID.String()
	}
	var ids []crm.ID
	for _, p := range list {
		ids = append(ids, p.ContactID)
	}
	seen, err := s.Contacts.Seen(r.Context(), actor(r), ids)
	if err != nil {
		return err
	}
	for _, p := range list {
		row := SentRow{Clock: page.Settings.Clock, Pushed: p}
		if c := seen[p.ContactID]; c != nil {
			row.Contact, row.OtherName = c, accounts.OtherName(c)
		}
		page.Rows = append(page.Rows, row)
	}
	return s.show(w, r, http.StatusOK, page)
}

// resend handles POST /settings/integrations/{id}/sent/{item}: name.
func (s *Server) resend(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	item, err := pathID(r, "item")
	if err != nil {
		return err
	}
	if err := s.Accounts.Resend(r.Context(), actor(r), id, item, r.PostFormValue("name")); err != nil {
		return err
	}
	return seeOther(w, r, integrationsPath+"/"+id.String()+"/sent?said=resent")
}
