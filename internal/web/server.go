package web

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"parley/internal/app/accounts"
	"parley/internal/app/broadcasts"
	"parley/internal/app/contacts"
	"parley/internal/app/hooks"
	"parley/internal/app/imports"
	"parley/internal/app/inbox"
	"parley/internal/app/team"
	"parley/internal/crm"
	"parley/internal/events"
)

// Config is what the pages stand on. Everything is needed unless it says otherwise.
type Config struct {
	Team       *team.Team
	Contacts   *contacts.Contacts
	Accounts   *accounts.Accounts
	Inbox      *inbox.Inbox
	Webhooks   *hooks.Hooks
	Imports    *imports.Imports
	Broadcasts *broadcasts.Broadcasts
	Events     *events.Feed
	Now        func() time.Time
	Log        *slog.Logger
	// PublicURL is the address people and providers use, without a slash at its end.
	// With https cookies are Secure.
	PublicURL string
	// Hooks takes the calls of providers at /hooks/{channel_id}. The simulator posts its
	// customers' messages to it, so that everything behind it is the same as in earnest.
	// nil: there is no /simulator.
	Hooks http.Handler
	// Address tells the network address of a request behind trusted proxies. nil: the
	// connection's.
	Address func(*http.Request) string
	// Stop ends live streams when it is closed, so that a server can shut down. nil: never.
	Stop <-chan struct{}
}

// Server is the pages.
type Server struct {
	Config
	assets    *assets
	templates *templates
}

// New makes the pages: every route of Routes, /static/ and a page for what is not there.
func New(config Config) (http.Handler, error) {
	a, err := newAssets()
	if err != nil {
		return nil, err
	}
	t, err := newTemplates(a)
	if err != nil {
		return nil, err
	}
	s := &Server{Config: config, assets: a, templates: t}
	mux := http.NewServeMux()
	mux.Handle("GET /static/", a)
	mux.Handle("/", s.page(Route{Access: Anyone, handle: (*Server).nothingHere}))
	for _, route := range routes {
		mux.Handle(route.name(), s.page(route))
	}
	// Another site cannot make a browser post here (CSRF): browsers say where a request
	// comes from.
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(s.page(Route{Access: Anyone, handle: (*Server).crossOrigin}))
	return guard.Handler(mux), nil
}

// handler is one page or action. What it returns is turned into an answer in one place.
type handler func(*Server, http.ResponseWriter, *http.Request) error

// page runs a handler for those who may call it. The checks come in this order: signed in,
// allowed; whether the thing is there and visible is for the verb to say.
func (s *Server) page(route Route) http.Handler {
	limit := int64(1 << 20)
	if more := bodies[route.name()]; more != nil {
		limit += more(s)
	}
	recognise := s.recognise
	if programs[route.name()] {
		recognise = s.recogniseProgram
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				s.fail(w, r, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
			}
		}()
		secure(w.Header())
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		r, err := recognise(r, route.Access)
		if err == nil {
			err = readBody(r, route)
		}
		if err == nil {
			err = route.handle(s, w, r)
		}
		if err != nil {
			s.fail(w, r, err)
		}
	})
}

// readBody reads the form that was posted, so that no handler sees half of one. Uploads are
// read by who takes them. Of an address, what can be read counts.
func readBody(r *http.Request, route Route) error {
	err := r.ParseForm()
	var tooLarge *http.MaxBytesError
	if err == nil || route.Method != post {
		return isText(r.Form)
	}
	if errors.As(err, &tooLarge) {
		return err
	}
	return crm.Errorf(crm.Invalid, "bad_form", "What was sent is no form that can be read.")
}

// isText refuses what no database takes, broken UTF-8 and NUL characters: no browser sends
// them by itself.
func isText(form url.Values) error {
	for _, list := range form {
		for _, value := range list {
			if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
				return crm.Errorf(crm.Invalid, "not_text", "This holds characters that are no text.")
			}
		}
	}
	return nil
}

// show answers with a view.
func (s *Server) show(w http.ResponseWriter, r *http.Request, status int, v view) error {
	body, err := s.templates.render(v)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Vary", "Accept-Encoding, HX-Request")
	if len(body) > 1000 && acceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(body) // a buffer takes everything
		_ = z.Close()
		body = b.Bytes()
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // a browser that went away cannot be told
	return nil
}

// isFragment reports whether a script of the page asks for a part of it.
func isFragment(r *http.Request) bool {
	return r.Header.Get("HX-Request") == "true" && r.Header.Get("HX-Request-Type") != "full" && r.Header.Get("HX-History-Restore-Request") == ""
}

func seeOther(w http.ResponseWriter, r *http.Request, path string) error {
	if isFragment(r) {
		w.Header().Set("HX-Redirect", path)
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}

// statusOf is the status of an error that is an answer; 500 for a fault.
func statusOf(err error) int {
	switch crm.KindOf(err) {
	case crm.Invalid:
		return http.StatusUnprocessableEntity
	case crm.NotFound:
		return http.StatusNotFound
	case crm.Conflicting:
		return http.StatusConflict
	case crm.Forbidden:
		return http.StatusForbidden
	case crm.Unauthenticated:
		return http.StatusUnauthorized
	case crm.Stale:
		return http.StatusPreconditionFailed
	case crm.Limited:
		return http.StatusTooManyRequests
	case crm.Unavailable:
		return http.StatusServiceUnavailable
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusInternalServerError
}

// fail is the one place where an error becomes an answer: a page, or for a fragment a
// notice in the corner that leaves the page as it is. A fault is logged under an id.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // the browser went away, and the work with it
	}
	status := statusOf(err)
	if status == http.StatusUnauthorized {
		s.askToSignIn(w, r)
		return
	}
	page := ErrorPage{Status: status, Text: err.Error()}
	var known *crm.Error
	if errors.As(err, &known) {
		page.Text = known.Error() // and not what it was joined with
	}
	switch {
	case status == http.StatusServiceUnavailable:
		s.Log.WarnContext(r.Context(), "a part we need is away", "method", r.Method, "path", r.URL.Path, "error", err)
	case status == http.StatusRequestEntityTooLarge:
		page.Text = "That is too large."
	case status == http.StatusInternalServerError:
		page.ID = strings.ToLower(rand.Text()[:8])
		page.Text = "It is our fault and has been written down."
		s.Log.ErrorContext(r.Context(), "page failed", "id", page.ID, "method", r.Method, "path", r.URL.Path, "error", err)
	}
	if who := readerOf(r); who != nil && who.Via == crm.ViaAPI { // a program, at a route of programs
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"status": status, "title": http.StatusText(status), "detail": page.Text})
		return
	}
	page.Alone.Title = page.Heading()
	var v view = page
	if isFragment(r) {
		w.Header().Set("HX-Retarget", "#notices")
		w.Header().Set("HX-Reswap", "beforeend")
		v = Notice{Bad: true, Text: page.Text, ID: page.ID}
	}
	if err := s.show(w, r, status, v); err != nil {
		s.Log.ErrorContext(r.Context(), "error page failed", "error", err)
		http.Error(w, "Something went wrong.", http.StatusInternalServerError)
	}
}

func (s *Server) nothingHere(http.ResponseWriter, *http.Request) error { return crm.ErrNotFound }

func (s *Server) crossOrigin(http.ResponseWriter, *http.Request) error {
	return crm.Errorf(crm.Forbidden, "cross_origin", "This came from another site and was not done.")
}

// pathID is an id in the address. What cannot be one names nothing (A1).
func pathID(r *http.Request, name string) (crm.ID, error) {
	id, ok := crm.ParseID(r.PathValue(name))
	if !ok {
		return "", crm.ErrNotFound
	}
	return id, nil
}
