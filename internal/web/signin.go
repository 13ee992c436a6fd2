package web

import (
	"net/http"
	"net/url"
	"strings"

	"parley/internal/app/team"
	"parley/internal/crm"
)

// home leads to the inbox.
func (s *Server) home(w http.ResponseWriter, r *http.Request) error { return seeOther(w, r, "/inbox") }

// setUpPage handles GET /set-up: only while there is no business.
func (s *Server) setUpPage(w http.ResponseWriter, r *http.Request) error {
	needed, err := s.Team.NeedsSetUp(r.Context())
	if err != nil {
		return err
	}
	if !needed {
		return seeOther(w, r, "/sign-in")
	}
	return s.showSetUp(w, r, http.StatusOK, Form{Values: map[string]string{"country": "GB", "time_zone": "Europe/London"}})
}

func (s *Server) showSetUp(w http.ResponseWriter, r *http.Request, status int, form Form) error {
	return s.show(w, r, status, SetUpPage{Alone{"Set up", true}, form, zones(form.Value("time_zone"))})
}

// setUp handles POST /set-up: the business and its first admin, who is signed in.
func (s *Server) setUp(w http.ResponseWriter, r *http.Request) error {
	form := readForm(r, "name", "country", "time_zone", "admin_name", "admin_email", "admin_password")
	founding := team.Founding{Name: form.Value("name"), Country: form.Value("country"), TimeZone: form.Value("time_zone"),
		AdminName: form.Value("admin_name"), AdminEmail: form.Value("admin_email"), AdminPassword: r.PostFormValue("admin_password")}
	var missing crm.Problems
	if founding.AdminPassword == "" {
		missing.Add("admin_password", "required", "Choose a password.")
	}
	err := missing.Err()
	if err == nil {
		_, err = s.Team.Found(r.Context(), founding, true)
	}
	if crm.KindOf(err) == crm.Invalid {
		form.Fail(err)
		form.Values["admin_password"] = ""
		return s.showSetUp(w, r, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	done, err := s.Team.SignIn(r.Context(), s.attempt(r, founding.AdminEmail, founding.AdminPassword, ""))
	if err != nil {
		return err
	}
	s.keepSession(w, done.Token)
	return seeOther(w, r, "/settings/channels")
}

func (s *Server) attempt(r *http.Request, email, password string, business crm.ID) team.SignIn {
	return team.SignIn{Email: email, Password: password, Business: business, Address: s.address(r), UserAgent: r.UserAgent()}
}

// signInPage handles GET /sign-in.
func (s *Server) signInPage(w http.ResponseWriter, r *http.Request) error {
	if needed, err := s.Team.NeedsSetUp(r.Context()); err != nil {
		return err
	} else if needed {
		return seeOther(w, r, "/set-up")
	}
	if _, err := s.recognise(r, SignedIn); err == nil {
		return seeOther(w, r, localPath(r.URL.Query().Get("next")))
	}
	return s.show(w, r, http.StatusOK, SignInPage{Alone: Alone{Title: "Sign in"}, Next: r.URL.Query().Get("next")})
}

// signIn handles POST /sign-in. Who belongs to several businesses with the same password
// is asked which (A2).
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	form := readForm(r, "email", "business_id")
	page := SignInPage{Alone: Alone{Title: "Sign in"}, Form: form, Next: r.PostFormValue("next")}
	business, _ := crm.ParseID(form.Value("business_id"))
	done, err := s.Team.SignIn(r.Context(), s.attempt(r, form.Value("email"), r.PostFormValue("password"), business))
	if kind := crm.KindOf(err); kind == crm.Unauthenticated || kind == crm.Limited {
		page.Form.Fail(err)
		return s.show(w, r, statusOf(err), page)
	}
	if err != nil {
		return err
	}
	if done.Token == "" {
		for _, b := range done.Choose {
			page.Businesses = append(page.Businesses, Option{b.ID.String(), b.Name})
		}
		return s.show(w, r, http.StatusOK, page)
	}
	s.keepSession(w, done.Token)
	return seeOther(w, r, localPath(page.Next))
}

// localPath is an address of ours to go to; anything else leads to the inbox.
func localPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.Contains(next, `\`) {
		return "/inbox"
	}
	return next
}

// signOut handles POST /sign-out.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := s.Team.EndSession(r.Context(), actor(r), readerOf(r).session); err != nil {
		return err
	}
	http.SetCookie(w, s.cookie("", -1))
	return seeOther(w, r, "/sign-in")
}

// passwordPage handles GET /invitations/{token} and /reset/{token}.
func (s *Server) passwordPage(w http.ResponseWriter, r *http.Request) error {
	return s.showPassword(w, r, http.StatusOK, Form{})
}

func (s *Server) showPassword(w http.ResponseWriter, r *http.Request, status int, form Form) error {
	u, b, err := s.Team.LinkOwner(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	page := PasswordPage{Alone: Alone{Title: "New password"}, Form: form, Invitation: u.Invited, Business: b.Name, Name: u.Name, Email: u.Email, Action: r.URL.Path}
	if page.Invitation {
		page.Alone.Title = "Join " + b.Name
	}
	return s.show(w, r, status, page)
}

// setPassword handles POST to such a link: it sets the password and signs in.
func (s *Server) setPassword(w http.ResponseWriter, r *http.Request) error {
	token, err := s.Team.UseLink(r.Context(), r.PathValue("token"), r.PostFormValue("password"), s.attempt(r, "", "", ""))
	if crm.KindOf(err) == crm.Invalid {
		var form Form
		form.Fail(err)
		return s.showPassword(w, r, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	s.keepSession(w, token)
	return seeOther(w, r, "/inbox")
}
