package main

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"parley/internal/api"
	"parley/internal/dav"
	"parley/internal/db"
	"parley/internal/store"
	"parley/internal/web"
)

// handler is everything that answers: the API and the providers' calls, and the pages.
func (n *node) handler(stop <-chan struct{}) (http.Handler, error) {
	calls := n.api(stop)
	pages, err := web.New(web.Config{Webhooks: n.hooks, Broadcasts: n.broadcasts, Team: n.team, Contacts: n.contacts, Accounts: n.accounts, Inbox: n.inbox, Imports: n.imports, Events: n.feed, Now: time.Now, Log: n.log,
		PublicURL: n.publicURL, Hooks: calls, Address: n.caller, Stop: stop})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	for _, path := range []string{"/api/", "/hooks/", "/files/", "/healthz", "/readyz", "/metrics"} {
		mux.Handle(path, calls)
	}
	book := dav.New(dav.Config{Contacts: n.contacts, Team: n.team, Log: n.log, Address: n.caller})
	for _, path := range []string{"/dav/", "/.well-known/carddav"} {
		mux.Handle(path, book)
	}
	mux.Handle("PROPFIND /{$}", book)
	mux.Handle("/", pages)
	return mux, nil
}

func (n *node) api(stop <-chan struct{}) *api.API {
	return api.New(api.Deps{Hooks: n.hooks, Broadcasts: n.broadcasts, Contacts: n.contacts, Accounts: n.accounts, Inbox: n.inbox, Imports: n.imports, Team: n.team, Events: n.feed,
		PublicURL:     func(*http.Request) string { return n.publicURL },
		InvitationURL: func(publicURL, token string) string { return publicURL + "/invitations/" + token },
		Ready:         n.ready, Address: n.caller, MetricsToken: n.settings.MetricsToken, Stop: stop, Version: release, Log: n.log})
}

// ready asks the database for something that every migration left in place.
func (n *node) ready(ctx context.Context) error {
	return n.db.Read(ctx, func(tx *db.Tx) error {
		_, err := store.AnyBusiness(tx)
		return err
	})
}

// caller is the network address of who asks. What a proxy says of it is believed only of
// the proxies that the operator trusts.
func (n *node) caller(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && n.trusts(host); i-- {
		hop := strings.TrimSpace(hops[i])
		if _, err := netip.ParseAddr(hop); err != nil {
			break
		}
		host = hop
	}
	return host
}

func (n *node) trusts(host string) bool {
	address, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	for _, p := range n.settings.proxies {
		if p.Contains(address.Unmap()) {
			return true
		}
	}
	return false
}
