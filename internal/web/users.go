package web

import (
	"net/http"
	"slices"

	"parley/internal/app/team"
	"parley/internal/crm"
)

// usersPage handles GET /settings/users.
func (s *Server) usersPage(w http.ResponseWriter, r *http.Request) error {
	return s.showUsers(w, r, http.StatusOK, UsersPage{})
}

func (s *Server) showUsers(w http.ResponseWriter, r *http.Request, status int, page UsersPage) (err error) {
	if page.Settings, err = s.settingsShell(r, "settings", "users", "Users"); err != nil {
		return err
	}
	if page.Users, err = s.Team.Users(r.Context(), actor(r)); err != nil {
		return err
	}
	if page.Left, err = s.Team.LeftAssigned(r.Context(), actor(r)); err != nil {
		return err
	}
	return s.show(w, r, status, page)
}

// invite handles POST /settings/users: name, email, phone, role. The answer shows the link
// by which the new user comes in, once.
func (s *Server) invite(w http.ResponseWriter, r *http.Request) error {
	form := readForm(r, "name", "email", "phone", "role")
	role := crm.Role(firstText(form.Value("role"), string(crm.Agent)))
	draft := team.UserDraft{Name: new(form.Value("name")), Email: new(form.Value("email")), Role: &role}
	if form.Value("phone") != "" {
		draft.Phone = new(form.Value("phone"))
	}
	u, token, err := s.Team.Invite(r.Context(), actor(r), draft)
	if isAnswer(err) {
		form.Fail(err)
		return s.showUsers(w, r, statusOf(err), UsersPage{Form: form})
	}
	if err != nil {
		return err
	}
	return s.showUsers(w, r, http.StatusOK, UsersPage{Link: s.PublicURL + "/invitations/" + token, LinkFor: u.Name})
}

// newLink handles POST /settings/users/{id}/reset: a link to set a password anew.
func (s *Server) newLink(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	u, err := s.Team.User(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	token, err := s.Team.NewLink(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	path := "/reset/"
	if u.Invited {
		path = "/invitations/"
	}
	return s.showUsers(w, r, http.StatusOK, UsersPage{Link: s.PublicURL + path + token, LinkFor: u.Name})
}

// changeRole handles POST /settings/users/{id}/role: role.
func (s *Server) changeRole(w http.ResponseWriter, r *http.Request) error {
	role := crm.Role(r.PostFormValue("role"))
	return s.changeUser(w, r, team.UserDraft{Role: &role}, "role")
}

// leavingPage handles GET /settings/users/{id}/deactivate: what the user has.
func (s *Server) leavingPage(w http.ResponseWriter, r *http.Request) error {
	return s.showLeaving(w, r, http.StatusOK, Form{})
}

func (s *Server) showLeaving(w http.ResponseWriter, r *http.Request, status int, form Form) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	page := LeavingPage{Form: form}
	if page.Leaving, err = s.Team.User(r.Context(), actor(r), id); err != nil {
		return err
	}
	if page.Settings, err = s.settingsShell(r, "settings", "users", "Deactivate "+page.Leaving.Name); err != nil {
		return err
	}
	if page.Holdings, err = s.Team.Holdings(r.Context(), actor(r), id); err != nil {
		return err
	}
	users, err := s.Team.Users(r.Context(), actor(r))
	if err != nil {
		return err
	}
	page.Users = slices.DeleteFunc(active(users), func(u crm.User) bool { return u.ID == id })
	return s.show(w, r, status, page)
}

// deactivate handles POST /settings/users/{id}/deactivate: where, hand_over_to (V4).
func (s *Server) deactivate(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	form := readForm(r, "where", "hand_over_to")
	draft := team.UserDraft{Active: new(false)}
	if form.Value("where") == "heir" {
		draft.HandOverTo = new(crm.ID(form.Value("hand_over_to")))
		if *draft.HandOverTo == "" {
			form.Errors = map[string]string{"hand_over_to": "Choose who gets it."}
			return s.showLeaving(w, r, http.StatusUnprocessableEntity, form)
		}
	}
	_, err = s.Team.ChangeUser(r.Context(), actor(r), id, draft)
	if isAnswer(err) {
		form.Fail(err, "hand_over_to")
		return s.showLeaving(w, r, statusOf(err), form)
	}
	if err != nil {
		return err
	}
	return seeOther(w, r, "/settings/users?said=deactivated")
}

// reactivate handles POST /settings/users/{id}/reactivate.
func (s *Server) reactivate(w http.ResponseWriter, r *http.Request) error {
	return s.changeUser(w, r, team.UserDraft{Active: new(true)}, "reactivated")
}

func (s *Server) changeUser(w http.ResponseWriter, r *http.Request, d team.UserDraft, done string) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	if _, err := s.Team.ChangeUser(r.Context(), actor(r), id, d); err != nil {
		return err
	}
	return seeOther(w, r, "/settings/users?said="+done)
}
