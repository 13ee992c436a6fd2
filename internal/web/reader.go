package web

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"parley/internal/crm"
)

const sessionCookie = "parley_session"

// reader is who looks at a page.
type reader struct {
	crm.Actor
	session crm.ID
	token   string
}

type readerKey struct{}

// readerOf is who looks; every route but those for anyone has one.
func readerOf(r *http.Request) *reader {
	who, _ := r.Context().Value(readerKey{}).(*reader)
	return who
}

// actor is who acts.
func actor(r *http.Request) crm.Actor { return readerOf(r).Actor }

// recognise finds out who looks and whether they may.
func (s *Server) recognise(r *http.Request, access Access) (*http.Request, error) {
	if access == Anyone {
		return r, nil
	}
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return r, crm.Errorf(crm.Unauthenticated, "no_session", "Please sign in.")
	}
	who, session, err := s.Team.Who(r.Context(), cookie.Value)
	if err != nil {
		return r, err
	}
	who.Address = s.address(r)
	return admit(r, &reader{who, session, cookie.Value}, access)
}

// recogniseProgram is recognise where a program with a token may call as well.
func (s *Server) recogniseProgram(r *http.Request, access Access) (*http.Request, error) {
	_, token, bearer := strings.Cut(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		return s.recognise(r, access)
	}
	who, err := s.Team.WhoByToken(r.Context(), token)
	if err != nil {
		return r, err
	}
	who.Address = s.address(r)
	return admit(r, &reader{who, "", token}, access)
}

// admit lets somebody in who was recognised, where they may.
func admit(r *http.Request, who *reader, access Access) (*http.Request, error) {
	r = r.WithContext(context.WithValue(r.Context(), readerKey{}, who))
	if access == Admin && !who.IsAdmin() {
		return r, crm.ErrForbidden
	}
	return r, nil
}

func (s *Server) address(r *http.Request) string {
	if s.Address != nil {
		return s.Address(r)
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// askToSignIn leads to the sign-in page, or at first start to the set-up, and back again.
func (s *Server) askToSignIn(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" { // a program, which cannot
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	to := "/sign-in"
	if needed, err := s.Team.NeedsSetUp(r.Context()); err == nil && needed {
		to = "/set-up"
	} else if r.Method == http.MethodGet && !isFragment(r) && r.URL.Path != "/" {
		to += "?" + url.Values{"next": {r.URL.RequestURI()}}.Encode()
	}
	if isFragment(r) || strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
		w.Header().Set("HX-Redirect", to)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// keepSession gives the browser its session.
func (s *Server) keepSession(w http.ResponseWriter, token string) {
	http.SetCookie(w, s.cookie(token, 30*24*60*60))
}

func (s *Server) cookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{Name: sessionCookie, Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true,
		SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(s.PublicURL, "https://")}
}

// clock is the moment and the zone of the reader's business.
func (s *Server) clock(r *http.Request) (Clock, crm.Business, error) {
	b, err := s.Team.Business(r.Context(), actor(r))
	if err != nil {
		return Clock{}, b, err
	}
	zone, err := time.LoadLocation(b.TimeZone)
	if err != nil {
		zone = time.UTC // a name that this system does not know is no reason to show nothing
	}
	return Clock{s.Now(), zone}, b, nil
}

// shell is the frame of a page.
func (s *Server) shell(r *http.Request, section, title string) (Shell, error) {
	clock, b, err := s.clock(r)
	if err != nil {
		return Shell{}, err
	}
	who := actor(r)
	user, err := s.Team.User(r.Context(), who, who.UserID)
	if err != nil {
		return Shell{}, err
	}
	counts, err := s.Inbox.Counts(r.Context(), who)
	if err != nil {
		return Shell{}, err
	}
	shell := Shell{Clock: clock, Title: title, Business: b.Name, User: user, Section: section, Unread: counts.Unread, Said: said[r.URL.Query().Get("said")]}
	if s.Hooks != nil {
		if shell.Simulator, err = s.hasSimulator(r); err != nil {
			return shell, err
		}
	}
	if shell.Broken.Names, err = s.Accounts.Broken(r.Context(), who); err != nil {
		return shell, err
	}
	shell.Live, err = s.liveFrom(r)
	return shell, err
}

// settingsShell is the frame of a page of Settings or of the account.
func (s *Server) settingsShell(r *http.Request, section, subject, title string) (Settings, error) {
	shell, err := s.shell(r, section, title)
	settings := Settings{Shell: shell, Subject: subject}
	if err != nil || !shell.Admin() {
		return settings, err
	}
	unfiled, err := s.Inbox.Unfiled(r.Context(), actor(r), "", 100)
	settings.Unfiled = len(unfiled)
	return settings, err
}

// said are the things that were just done, by the word in the address.
var said = map[string]string{
	"saved":          "Saved.",
	"added":          "The contact was added.",
	"restored":       "The contact is active again.",
	"archived":       "The contact was archived.",
	"still-open":     "Something is still open with this contact, so it was archived instead of deleted.",
	"gone":           "The contact was deleted for good.",
	"merged":         "The two are one contact now.",
	"merged-away":    "The contact you asked for became part of this one.",
	"parted":         "They are two contacts again. The history says what stayed as it was changed since.",
	"distinct":       "Remembered: they are two people.",
	"put-back":       "It was put back as it was.",
	"started":        "Started.",
	"paused":         "Paused. What was on its way still goes.",
	"resumed":        "It goes on.",
	"cancelled":      "Cancelled. Nobody else gets it.",
	"retried":        "They are sent to once more.",
	"decided":        "Noted.",
	"broadcast-gone": "The broadcast was deleted.",
	"opt-out":        "Noted.",
	"named":          "The name was taken over.",
	"role":           "The role was changed.",
	"deactivated":    "The user was deactivated and is signed out everywhere. Contacts that are still assigned to them are shown below.",
	"reactivated":    "The user can sign in again.",
	"password":       "The password was changed. You are signed out everywhere else.",
	"ended":          "Ended.",
	"tag":            "The tag was saved.",
	"deleted":        "The tag was deleted.",
	"filed":          "The message was filed.",
	"not-filed":      "It could still not be filed. The reason is beside it.",
	"erased":         "The person was erased.",
	"view-gone":      "The view was deleted.",
	"ended-field":    "The field was deleted. What many contacts have in it is cleared away in the next minutes.",
	"invoice-gone":   "The invoice was deleted.",
	"replayed":       "It is sent again within seconds.",
	"submitted":      "The template was submitted. WhatsApp says when it is approved.",
	"no-template":    "The template was deleted.",
	"resolved":       "Done.",
	"resent":         "It is sent again in a moment.",
	"tags-merged":    "The two tags are one now.",
}

// names are the users of the business by id.
func names(users []crm.User) map[crm.ID]string {
	m := make(map[crm.ID]string, len(users))
	for _, u := range users {
		m[u.ID] = u.Name
	}
	return m
}

// active are the users who can be chosen for something.
func active(users []crm.User) []crm.User {
	var list []crm.User
	for _, u := range users {
		if u.Active {
			list = append(list, u)
		}
	}
	return list
}

// seeing are the active users who may see what has this visibility (V2).
func seeing(users []crm.User, v crm.Visibility) []crm.User {
	var list []crm.User
	for _, u := range users {
		if crm.MaySee(users, u.ID, v) {
			list = append(list, u)
		}
	}
	return list
}
