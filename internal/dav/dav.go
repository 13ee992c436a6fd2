// Package dav is the address book of a user as telephones and mail programs read and
// write it: CardDAV (RFC 6352), as far as iOS, Android (DAVx5) and Thunderbird speak it.
//
// Below /dav/ stands the user, with the address book below that; each contact that the
// user may see is one card. Who is there is told by HTTP basic authentication, with an API
// token for a password. What is written goes through the same rules as a form.
package dav

import (
	"encoding/xml"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"

	"parley/internal/app/contacts"
	"parley/internal/app/team"
	"parley/internal/crm"
)

// Config is what the server needs.
type Config struct {
	Contacts *contacts.Contacts
	Team     *team.Team
	Log      *slog.Logger
	Address  func(*http.Request) string // the network address of who asks
}

// Server answers below /dav/ and at /.well-known/carddav.
type Server struct {
	Config
	mux *http.ServeMux
}

// Access says who may call a route, in the words of `parley routes`.
type Access string

// The words.
const (
	anyone Access = "anyone"
	agent  Access = "agent"
	admin  Access = "admin"
)

// Route is one address.
type Route struct {
	Method, Pattern string
	Access          Access
	handle          func(*Server, http.ResponseWriter, *http.Request, crm.Actor) error
}

const (
	root     = "/dav/"
	bookName = "contacts"
	ending   = ".vcf"

	rootPattern = root + "{$}"
	userPattern = root + "{user}/{$}"
	bookPattern = root + "{user}/" + bookName + "/{$}"
	cardPattern = root + "{user}/" + bookName + "/{card}"
)

// Routes are all addresses, as `parley routes` lists them.
func Routes() []Route { return routes }

var routes = []Route{
	{"GET", "/.well-known/carddav", anyone, nil},
	{"PROPFIND", "/.well-known/carddav", anyone, nil},
	{"OPTIONS", root, anyone, nil},
	{"PROPFIND", "/{$}", agent, (*Server).findRoot}, // where macOS and Thunderbird look as well
	{"PROPFIND", rootPattern, agent, (*Server).findRoot},
	{"PROPFIND", userPattern, agent, (*Server).findUser},
	{"PROPFIND", bookPattern, agent, (*Server).findBook},
	{"PROPFIND", cardPattern, agent, (*Server).findCard},
	{"PROPPATCH", userPattern, agent, (*Server).keepProps},
	{"PROPPATCH", bookPattern, agent, (*Server).keepProps},
	{"REPORT", userPattern, agent, (*Server).noReport},
	{"REPORT", bookPattern, agent, (*Server).report},
	{"GET", cardPattern, agent, (*Server).getCard},
	{"PUT", cardPattern, agent, (*Server).putCard},
	{"DELETE", cardPattern, admin, (*Server).deleteCard},
}

// New makes a server.
func New(c Config) *Server {
	s := &Server{Config: c, mux: http.NewServeMux()}
	for _, r := range routes {
		s.mux.HandleFunc(r.Method+" "+r.Pattern, func(w http.ResponseWriter, request *http.Request) {
			switch {
			case r.Method == http.MethodOptions:
				options(w)
			case r.handle == nil:
				http.Redirect(w, request, root, http.StatusMovedPermanently)
			default:
				s.answer(w, request, r)
			}
		})
	}
	return s
}

// ServeHTTP finds the route and turns a panic into a 500.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		switch fault := recover(); fault {
		case nil:
		case http.ErrAbortHandler:
			panic(fault)
		default:
			s.Log.ErrorContext(r.Context(), "panic in the address book", "method", r.Method, "path", r.URL.Path, "panic", fault, "stack", string(debug.Stack()))
			panic(http.ErrAbortHandler)
		}
	}()
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'")
	s.mux.ServeHTTP(w, collection(r))
}

// collection is a request with the slash at the end of its path that some clients leave
// out of the address of a collection (RFC 4918, 5.2).
func collection(r *http.Request) *http.Request {
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, root), "/")
	user := len(parts) == 1 && parts[0] != ""
	book := len(parts) == 2 && parts[1] == bookName
	if !strings.HasPrefix(r.URL.Path, root) || !user && !book {
		return r
	}
	slashed := *r
	address := *r.URL
	address.Path, address.RawPath = address.Path+"/", ""
	slashed.URL = &address
	return &slashed
}

func options(w http.ResponseWriter) {
	w.Header().Set("DAV", "1, 3, addressbook")
	w.Header().Set("Allow", "OPTIONS, GET, HEAD, PUT, DELETE, PROPFIND, PROPPATCH, REPORT")
	w.WriteHeader(http.StatusOK)
}

// maxBody is the size of the largest request: a card may bring a picture, which is not
// kept.
const maxBody = 3 << 20

// answer checks in the order of the contract: signed in, allowed, there, well-formed.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, route Route) {
	who, err := s.who(r)
	if err == nil && r.PathValue("user") != "" && r.PathValue("user") != who.UserID.String() {
		err = crm.ErrNotFound // another's address book, or nobody's
	}
	if err == nil {
		w.Header().Set("DAV", "1, 3, addressbook")
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		err = route.handle(s, w, r, who)
	}
	if err != nil {
		s.refuse(w, r, err)
	}
}

var errNoToken = crm.Errorf(crm.Unauthenticated, "no_token", "Sign in with your e-mail address and, as password, an API token that you made under your account.")

// who is the user of the token, which is the password; any name will do.
func (s *Server) who(r *http.Request) (crm.Actor, error) {
	_, token, ok := r.BasicAuth()
	if scheme, bearer, found := strings.Cut(r.Header.Get("Authorization"), " "); !ok && found && strings.EqualFold(scheme, "Bearer") {
		token = bearer
	}
	if token = strings.TrimSpace(token); token == "" {
		return crm.Actor{}, errNoToken
	}
	who, err := s.Team.WhoByToken(r.Context(), token)
	who.Address = s.Address(r)
	return who, err
}

// statuses are those of the kinds of error, as over the API.
var statuses = map[crm.Kind]int{
	crm.Unauthenticated: http.StatusUnauthorized, crm.Forbidden: http.StatusForbidden, crm.NotFound: http.StatusNotFound,
	crm.Conflicting: http.StatusConflict, crm.Stale: http.StatusPreconditionFailed, crm.Invalid: http.StatusUnprocessableEntity,
	crm.Unavailable: http.StatusServiceUnavailable,
}

// conditions are the errors for which the standards have an element that programs know.
var conditions = map[string]string{
	"supported-address-data": "C:supported-address-data", "valid-address-data": "C:valid-address-data", "supported-filter": "C:supported-filter",
	"forbidden": "D:need-privileges", "supported-report": "D:supported-report",
}

// refuse answers with an error in a sentence: programs show it, or log it.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var known *crm.Error
	var large *http.MaxBytesError
	status, detail, condition := http.StatusInternalServerError, "Something went wrong. It was noted.", ""
	switch {
	case errors.As(err, &large):
		status, detail = http.StatusRequestEntityTooLarge, "This is more than a card of a contact."
	case errors.As(err, &known):
		status, detail, condition = statuses[known.Kind], known.Sentences(), conditions[known.Code]
	default:
		if r.Context().Err() == nil {
			s.Log.ErrorContext(r.Context(), "the address book failed", "method", r.Method, "path", r.URL.Path, "error", err)
		}
	}
	if status == 0 {
		status = http.StatusInternalServerError
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="Parley", charset="UTF-8"`)
	}
	w.Header().Del("Content-Length")
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	w.WriteHeader(status)
	if condition != "" {
		condition = "<" + condition + "/>"
	}
	_, _ = w.Write([]byte(xml.Header + `<D:error xmlns:D="DAV:" xmlns:C="` + cardSpace + `">` + condition + `<P:message xmlns:P="urn:parley">` + escaped(detail) + "</P:message></D:error>\n"))
}

func userPath(who crm.Actor) string { return root + who.UserID.String() + "/" }

func bookPath(who crm.Actor) string { return userPath(who) + bookName + "/" }

func cardPath(who crm.Actor, name string) string {
	return bookPath(who) + url.PathEscape(name) + ending
}
