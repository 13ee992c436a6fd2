package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"parley/internal/api"
	"parley/internal/app/accounts"
	"parley/internal/app/broadcasts"
	"parley/internal/app/contacts"
	"parley/internal/app/hooks"
	"parley/internal/app/imports"
	"parley/internal/app/inbox"
	"parley/internal/app/team"
	"parley/internal/channel"
	"parley/internal/channel/simulator"
	"parley/internal/channel/twilio"
	"parley/internal/channel/vonage"
	"parley/internal/channel/whatsapp"
	"parley/internal/connector"
	"parley/internal/connector/hubspot"
	"parley/internal/connector/quickbooks"
	"parley/internal/connector/xero"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/events"
	"parley/internal/jobs"
	"parley/internal/store"
)

// node is one running Parley: the rooms on an open database. Everything is wired here
// and nowhere else.
type node struct {
	settings   parsedSettings
	publicURL  string
	db         *db.DB
	team       *team.Team
	contacts   *contacts.Contacts
	accounts   *accounts.Accounts
	inbox      *inbox.Inbox
	imports    *imports.Imports
	broadcasts *broadcasts.Broadcasts
	hooks      *hooks.Hooks
	feed       *events.Feed
	jobs       *jobs.Jobs // nil until start
	log        *slog.Logger
}

// kinds are the providers, in the order in which they are offered.
var kinds = []channel.Kind{whatsapp.Kind, twilio.Kind, vonage.Kind, simulator.Kind}

// connectors are the accounting systems and CRMs, in the order in which they are offered.
var connectors = []connector.Kind{xero.Kind, quickbooks.Kind, hubspot.Kind}

// app is the operator's registration at a provider: PARLEY_XERO_CLIENT_ID and the like.
// It belongs to the operator, never to a business.
func (n *node) app(out *outbound, kind string) connector.App {
	setting := func(name string) string {
		return strings.TrimSpace(os.Getenv("PARLEY_" + strings.ToUpper(kind) + "_" + name))
	}
	return connector.App{ClientID: setting("CLIENT_ID"), ClientSecret: setting("CLIENT_SECRET"), WebhookKey: setting("WEBHOOK_KEY"),
		BaseURL: out.base(kind), IdentityURL: out.base(kind + "_identity"), RedirectURL: n.publicURL + "/oauth/callback/" + kind, HTTP: out.client, Now: time.Now}
}

// openNode opens the database and wires the rooms. It neither migrates nor starts.
func openNode(ctx context.Context, s parsedSettings) (*node, error) {
	config, err := s.config()
	if err != nil {
		return nil, err
	}
	sealer, err := s.sealer()
	if err != nil {
		return nil, err
	}
	d, err := db.Open(ctx, config)
	if err != nil {
		return nil, err
	}
	n := &node{settings: s, publicURL: s.PublicURL, db: d, log: s.log}
	n.feed = events.New(d, s.log)
	out := newOutbound(s.outbound)
	wake := func(business crm.ID) {
		n.feed.Wake(business)
		n.team.SealSoon(business)
	}
	n.team = &team.Team{DB: d, Now: time.Now, Sealer: sealer, Kinds: kinds, Wake: wake,
		Config: func(kind string, id crm.ID) channel.Config {
			return channel.Config{BaseURL: out.base(kind), WebhookURL: n.publicURL + "/hooks/" + string(id), HTTP: out.client}
		}}
	n.contacts = &contacts.Contacts{DB: d, Now: time.Now, Wake: wake, Facets: store.NewFacets(),
		WorkLater: func(tx *db.Tx, business, bulk crm.ID) error { return n.jobs.Bulk(tx, business, bulk) }}
	n.accounts = &accounts.Accounts{DB: d, Now: time.Now, Wake: wake, Contacts: n.contacts, Sealer: sealer, Kinds: connectors,
		App: func(kind string) connector.App { return n.app(out, kind) },
		Enqueue: func(tx *db.Tx, business, connection crm.ID, feed crm.FeedKind) error {
			return n.jobs.Sync(tx, business, connection, feed)
		}}
	n.inbox = &inbox.Inbox{DB: d, Contacts: n.contacts, Now: time.Now, Wake: wake, Open: n.team.Open,
		Deliver: func(tx *db.Tx, business, conversation crm.ID) error {
			return n.jobs.Deliver(tx, business, conversation)
		},
		FileLink: func(business, media crm.ID) string {
			return n.publicURL + "/files/" + n.team.FileToken(business, media)
		},
		SyncLater: func(tx *db.Tx, business, channel crm.ID) error { return n.jobs.SyncTemplates(tx, business, channel) }}
	n.imports = &imports.Imports{DB: d, Contacts: n.contacts, Now: time.Now, Wake: wake, MaxBytes: int64(s.MaxImportMB) << 20,
		Enqueue: func(tx *db.Tx, business, id crm.ID) error { return n.jobs.Import(tx, business, id) }}
	n.broadcasts = &broadcasts.Broadcasts{DB: d, Contacts: n.contacts, Now: time.Now, Wake: wake, Open: n.team.Open,
		Work: func(tx *db.Tx, business, channel crm.ID) error { return n.jobs.Broadcast(tx, business, channel) }}
	n.hooks = &hooks.Hooks{DB: d, Now: time.Now, Sealer: sealer, Wake: wake, Body: api.BodyOf, Post: hookPoster(s.outbound), PlainAllowed: len(s.outbound) > 0,
		Later: func(tx *db.Tx, business, endpoint crm.ID) error { return n.jobs.DeliverHooks(tx, business, endpoint) }}
	return n, nil
}

// prepare migrates the database, or with only refuses one that is not up to date, and
// makes the job queue.
func (n *node) prepare(ctx context.Context, only bool) error {
	if only {
		list, err := n.db.Migrations(ctx)
		if err != nil {
			return err
		}
		for _, m := range list {
			if !m.Applied {
				return errors.New("the database is not up to date: run parley migrate, or leave --no-migrate out")
			}
		}
	} else if err := n.db.Migrate(ctx); err != nil {
		return err
	}
	var err error
	n.jobs, err = jobs.New(n.db, jobs.Rooms{Hooks: n.hooks, Inbox: n.inbox, Contacts: n.contacts, Imports: n.imports, Broadcasts: n.broadcasts, Accounts: n.accounts}, n.log)
	return err
}

// serve answers on a listener and works jobs off until ctx ends, then lets what runs end.
// ready is called once everything answers.
func (n *node) serve(ctx context.Context, listener net.Listener, ready func(address string)) error {
	address := "http://" + listener.Addr().String()
	if n.publicURL == "" {
		n.publicURL = address
	}
	stop := make(chan struct{})
	handler, err := n.handler(stop)
	if err != nil {
		return err
	}
	background, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	go n.feed.Run(background)
	go n.contacts.KeepIndexed(background, func(err error) { n.log.Error("the search index could not be brought up to date", "error", err) })
	go n.contacts.KeepTidy(background, func(err error) { n.log.Error("a deleted field could not be cleared away", "error", err) })
	go n.contacts.KeepDuplicates(background, func(err error) { n.log.Error("duplicates could not be looked for", "error", err) })
	go n.contacts.KeepFacets(background, func(err error) { n.log.Error("the book in memory could not be kept", "error", err) })
	go n.db.KeepAnalyzed(background, func(err error) { n.log.Warn("growing tables could not be analyzed", "error", err) })
	go n.team.KeepSealed(background, func(err error) { n.log.Error("the audit log could not be sealed", "error", err) })
	n.broadcasts.Journal.Dir = filepath.Join(n.settings.Data, "sends")
	if err := n.broadcasts.Reclaim(background); err != nil {
		return fmt.Errorf("broadcasts: %w", err)
	}
	if n.db.Engine() == db.SQLite { // nobody else works on it: who sent broadcasts before has died
		if err := n.broadcasts.FreeLanes(background); err != nil {
			return fmt.Errorf("broadcasts: %w", err)
		}
	}
	if err := n.jobs.Start(background); err != nil {
		return fmt.Errorf("jobs: %w", err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(n.log.Handler(), slog.LevelWarn)}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	ready(address)
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	close(stop) // live streams end, or the shutdown would wait for them
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	return errors.Join(server.Shutdown(closing), n.jobs.Stop(closing))
}

// close closes the database.
func (n *node) close() { _ = n.db.Close() }
