// Package api is the JSON API under /api/v1 with its OpenAPI document, the addresses that
// providers call (/hooks), and what operators ask (/healthz, /readyz, /metrics). It
// translates between HTTP and the verbs in app and decides nothing.
package api

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"parley/internal/app/accounts"
	"parley/internal/app/broadcasts"
	"parley/internal/app/contacts"
	"parley/internal/app/hooks"
	"parley/internal/app/imports"
	"parley/internal/app/inbox"
	"parley/internal/app/team"
	"parley/internal/events"
)

// Deps are what the API stands on. What is called optional may be left zero.
type Deps struct {
	Contacts   *contacts.Contacts
	Accounts   *accounts.Accounts
	Hooks      *hooks.Hooks
	Inbox      *inbox.Inbox
	Imports    *imports.Imports
	Broadcasts *broadcasts.Broadcasts
	Team       *team.Team
	Events     *events.Feed

	// PublicURL is the address at which the outside reaches us, without a slash at its
	// end: webhook signatures and links are made with it.
	PublicURL func(*http.Request) string
	// InvitationURL is the page on which somebody invited sets a password.
	InvitationURL func(publicURL, token string) string
	// Ready is nil when the database answers and is migrated.
	Ready func(context.Context) error

	// Address is the network address of the caller, for the audit log. Optional: the
	// peer's.
	Address func(*http.Request) string
	// MetricsToken lets others than loopback peers read /metrics. Optional.
	MetricsToken string
	// Heartbeat is how often an idle stream of events says that it lives, and looks
	// whether its token does. Optional: 15 seconds.
	Heartbeat time.Duration
	// Stop ends the streams when it is closed: the server is about to end. Optional.
	Stop    <-chan struct{}
	Version string // of Parley, for the document; optional
	Log     *slog.Logger
}

// API answers everything under /api/, /hooks/, /healthz, /readyz and /metrics.
type API struct {
	Deps
	mux     *http.ServeMux
	huma    huma.API
	routes  []Route
	metrics *metrics
	turns   turns
}

// Prefix is where the JSON API begins.
const Prefix = "/api/v1"

// New makes the API.
func New(d Deps) *API {
	d.Log = cmp.Or(d.Log, slog.Default())
	d.Heartbeat = cmp.Or(d.Heartbeat, 15*time.Second)
	if d.Address == nil {
		d.Address = peer
	}
	a := &API{Deps: d, mux: http.NewServeMux(), metrics: newMetrics(), turns: turns{taken: map[turn]chan struct{}{}}}
	humaOnce()
	a.huma = humago.NewWithPrefix(a.mux, Prefix, a.config())
	a.huma.UseMiddleware(a.guard)
	a.addContacts()
	a.addDossier()
	a.addMerges()
	a.addBulk()
	a.addExport()
	a.addBroadcasts()
	a.addDuplicates()
	a.addInvoices()
	a.addImports()
	a.addTags()
	a.addSearch()
	a.addCustomFields()
	a.addViews()
	a.addUsers()
	a.addChannels()
	a.addConnections()
	a.addConversations()
	a.addMessages()
	a.addTemplates()
	a.addSavedReplies()
	a.addAutoReplies()
	a.addHookEndpoints()
	a.addUnfiled()
	a.addAudit()
	a.addBusiness()
	a.addEvents()
	a.addDocument()
	a.addHooks()
	a.addFiles()
	a.addOperations()
	return a
}

// handle adds a route that is not part of the OpenAPI document.
func (a *API) handle(method, pattern string, access Access, f http.HandlerFunc) {
	a.routes = append(a.routes, Route{method, pattern, access})
	a.mux.HandleFunc(method+" "+pattern, f)
}

// Routes are all routes in the order in which they were added, for parley routes.
func (a *API) Routes() []Route { return a.routes }

// peer is the address of who is connected.
func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
