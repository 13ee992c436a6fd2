package web

import (
	"net/http"

	"parley/internal/app/team"
	"parley/internal/crm"
)

// profilePage handles GET /account.
func (s *Server) profilePage(w http.ResponseWriter, r *http.Request) error {
	return s.showProfile(w, r, http.StatusOK, Form{}, Form{})
}

func (s *Server) showProfile(w http.ResponseWriter, r *http.Request, status int, form, password Form) error {
	settings, err := s.settingsShell(r, "account", "profile", "Profile")
	if err != nil {
		return err
	}
	if form.Values == nil {
		form.Values = userValues(settings.User)
	}
	return s.show(w, r, status, ProfilePage{settings, form, password})
}

func userValues(u crm.User) map[string]string {
	values := map[string]string{"name": u.Name, "email": u.Email}
	if u.Phone != "" {
		values["phone"] = crm.ShowPhone(u.Phone)
	}
	return values
}

// saveProfile handles POST /account: name, email, phone.
func (s *Server) saveProfile(w http.ResponseWriter, r *http.Request) error {
	form := readForm(r, "name", "email", "phone")
	_, err := s.Team.ChangeUser(r.Context(), actor(r), actor(r).UserID, team.UserDraft{
		Name: new(form.Value("name")), Email: new(form.Value("email")), Phone: new(form.Value("phone"))})
	if isAnswer(err) {
		form.Fail(err)
		return s.showProfile(w, r, statusOf(err), form, Form{})
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/account?said=saved")
}

// isAnswer reports whether an error belongs into the form that was sent.
func isAnswer(err error) bool {
	kind := crm.KindOf(err)
	return kind == crm.Invalid || kind == crm.Conflicting
}

// changePassword handles POST /account/password: old_password, password (A2).
func (s *Server) changePassword(w http.ResponseWriter, r *http.Request) error {
	err := s.Team.ChangePassword(r.Context(), actor(r), readerOf(r).session, r.PostFormValue("old_password"), r.PostFormValue("password"))
	if isAnswer(err) {
		var form Form
		form.Fail(err)
		return s.showProfile(w, r, statusOf(err), Form{}, form)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/account?said=password")
}

// sessionsPage handles GET /account/sessions.
func (s *Server) sessionsPage(w http.ResponseWriter, r *http.Request) error {
	settings, err := s.settingsShell(r, "account", "sessions", "Sessions")
	if err != nil {
		return err
	}
	list, err := s.Team.Sessions(r.Context(), actor(r))
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, SessionsPage{settings, list, readerOf(r).session})
}

// endSession handles POST /account/sessions/{id}/end.
func (s *Server) endSession(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	if id == readerOf(r).session {
		return s.signOut(w, r)
	}
	if err := s.Team.EndSession(r.Context(), actor(r), id); err != nil {
		return err
	}
	return seeOther(w, r, "/account/sessions?said=ended")
}

// endOtherSessions handles POST /account/sessions/end-others.
func (s *Server) endOtherSessions(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Team.Sessions(r.Context(), actor(r))
	if err != nil {
		return err
	}
	for _, session := range list {
		if session.ID == readerOf(r).session {
			continue
		}
		if err := s.Team.EndSession(r.Context(), actor(r), session.ID); err != nil {
			return err
		}
	}
	return seeOther(w, r, "/account/sessions?said=ended")
}

// tokensPage handles GET /account/tokens.
func (s *Server) tokensPage(w http.ResponseWriter, r *http.Request) error {
	return s.showTokens(w, r, http.StatusOK, Form{}, "")
}

func (s *Server) showTokens(w http.ResponseWriter, r *http.Request, status int, form Form, made string) error {
	settings, err := s.settingsShell(r, "account", "tokens", "API tokens")
	if err != nil {
		return err
	}
	list, err := s.Team.Tokens(r.Context(), actor(r), actor(r).UserID)
	if err != nil {
		return err
	}
	page := TokensPage{Settings: settings, Form: form, Made: made, Book: s.PublicURL + "/dav/"}
	page.ForIt = made != "" && r.PostFormValue("for") == "address-book"
	for _, t := range list {
		page.Tokens = append(page.Tokens, TokenView{t.ID, t.Name, t.CreatedAt, t.LastUsedAt})
	}
	return s.show(w, r, status, page)
}

// makeToken handles POST /account/tokens: name. The answer is the only one that shows the
// token.
func (s *Server) makeToken(w http.ResponseWriter, r *http.Request) error {
	form := readForm(r, "name")
	token, err := s.Team.NewToken(r.Context(), actor(r), actor(r).UserID, form.Value("name"))
	if isAnswer(err) {
		form.Fail(err)
		return s.showTokens(w, r, statusOf(err), form, "")
	}
	if err != nil {
		return err
	}
	return s.showTokens(w, r, http.StatusOK, Form{}, token)
}

// endToken handles POST /account/tokens/{id}/end.
func (s *Server) endToken(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	if err := s.Team.EndToken(r.Context(), actor(r), id); err != nil {
		return err
	}
	return seeOther(w, r, "/account/tokens?said=ended")
}
