// Package jobs runs what happens later: sends, and looking after what was left lying. It
// is the only package that knows River, which keeps jobs in the same database and takes
// them in the transaction that makes them necessary.
package jobs

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"parley/internal/app/accounts"
	"parley/internal/app/broadcasts"
	"parley/internal/app/contacts"
	"parley/internal/app/hooks"
	"parley/internal/app/imports"
	"parley/internal/app/inbox"
	"parley/internal/crm"
	"parley/internal/db"
)

// Jobs enqueues jobs on every node and works them off on those that Start.
type Jobs struct {
	client client
	looks  []look
	log    *slog.Logger
	// ending is over once Stop is called, or what Start was given: looks end then, and so
	// do the slices of jobs that would go on for long.
	ending context.Context
	end    context.CancelFunc
}

// client is what the two kinds of River client have in common.
type client interface {
	start(context.Context) error
	stop(context.Context) error
	insert(tx *db.Tx, args river.JobArgs, opts *river.InsertOpts) error
}

// River's defaults are made for few and long jobs. Ours are many and short: someone waits
// for each reply to leave.
const (
	workers       = 64
	fetchCooldown = 20 * time.Millisecond
	fetchPoll     = 100 * time.Millisecond
	jobTimeout    = 100 * time.Second
	rescueAfter   = 2 * time.Minute
)

// Rooms are those whose work is done by jobs. They are asked when a job runs, so they may
// be filled in later.
type Rooms struct {
	Inbox      *inbox.Inbox
	Contacts   *contacts.Contacts
	Imports    *imports.Imports
	Broadcasts *broadcasts.Broadcasts
	Accounts   *accounts.Accounts
	Hooks      *hooks.Hooks
}

// New makes the queue on a migrated database.
func New(d *db.DB, rooms Rooms, log *slog.Logger) (*Jobs, error) {
	ending, end := context.WithCancel(context.Background())
	registry := river.NewWorkers()
	river.AddWorker(registry, &deliverWorker{inbox: rooms.Inbox})
	river.AddWorker(registry, &settleWorker{inbox: rooms.Inbox})
	river.AddWorker(registry, &syncTemplatesWorker{inbox: rooms.Inbox})
	river.AddWorker(registry, &syncAllTemplatesWorker{inbox: rooms.Inbox})
	river.AddWorker(registry, &deliverHooksWorker{hooks: rooms.Hooks})
	river.AddWorker(registry, &tidyHooksWorker{hooks: rooms.Hooks})
	river.AddWorker(registry, &importWorker{imports: rooms.Imports})
	river.AddWorker(registry, &bulkWorker{contacts: rooms.Contacts})
	river.AddWorker(registry, &laneWorker{broadcasts: rooms.Broadcasts, ending: ending})
	river.AddWorker(registry, &settleBroadcastsWorker{broadcasts: rooms.Broadcasts})
	river.AddWorker(registry, &syncWorker{accounts: rooms.Accounts})
	config := &river.Config{
		Queues: map[string]river.QueueConfig{
			river.QueueDefault: {MaxWorkers: workers}, importQueue: {MaxWorkers: importWorkers}, bulkQueue: {MaxWorkers: bulkWorkers},
			hookQueue:      {MaxWorkers: hooks.AtOnce},
			templateQueue:  {MaxWorkers: templateWorkers},
			broadcastQueue: {MaxWorkers: broadcastWorkers},
			syncQueue:      {MaxWorkers: syncWorkers}},
		Workers:              registry,
		Logger:               quiet(log),
		FetchCooldown:        fetchCooldown,
		FetchPollInterval:    fetchPoll,
		JobTimeout:           jobTimeout,
		RescueStuckJobsAfter: rescueAfter,
		MaxAttempts:          10,
		PeriodicJobs: []*river.PeriodicJob{
			periodic(time.Minute, settle{}),
			periodic(15*time.Minute, syncAllTemplates{}),
			periodic(time.Hour, tidyHooks{}),
			periodic(time.Minute, settleBroadcasts{}),
		},
		CompletedJobRetentionPeriod: time.Hour,
		DiscardedJobRetentionPeriod: 7 * 24 * time.Hour,
	}
	c, err := newClient(d, config)
	if err != nil {
		end()
		return nil, fmt.Errorf("jobs: %w", err)
	}
	return &Jobs{client: c, looks: looks(rooms), log: log, ending: ending, end: end}, nil
}

func periodic(every time.Duration, args river.JobArgs) *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(every), func() (river.JobArgs, *river.InsertOpts) { return args, nil }, &river.PeriodicJobOpts{RunOnStart: true})
}

func newClient(d *db.DB, config *river.Config) (client, error) {
	if pool := d.Pool(); pool != nil {
		c, err := river.NewClient(riverpgxv5.New(pool), config)
		return onPostgres{c}, err
	}
	c, err := river.NewClient(riversqlite.New(d.SQL()), config)
	return onSQLite{c}, err
}

// Start works jobs off, and looks for what is due, until Stop.
func (j *Jobs) Start(ctx context.Context) error {
	if err := j.client.start(ctx); err != nil {
		return err
	}
	context.AfterFunc(ctx, j.end)
	for _, l := range j.looks {
		go l.keep(j.ending, j.log)
	}
	return nil
}

// Stop lets running jobs end, until ctx is over.
func (j *Jobs) Stop(ctx context.Context) error {
	j.end()
	return j.client.stop(ctx)
}

// Deliver enqueues the sending of what waits in a conversation, in the transaction.
func (j *Jobs) Deliver(tx *db.Tx, business, conversation crm.ID) error {
	return j.client.insert(tx, deliver{business, conversation}, nil)
}

type onSQLite struct{ *river.Client[*sql.Tx] }

func (c onSQLite) start(ctx context.Context) error { return c.Start(ctx) }
func (c onSQLite) stop(ctx context.Context) error  { return c.Stop(ctx) }
func (c onSQLite) insert(tx *db.Tx, args river.JobArgs, opts *river.InsertOpts) error {
	_, err := c.InsertTx(tx.Context(), tx.SQLTx(), args, opts)
	return err
}

type onPostgres struct{ *river.Client[pgx.Tx] }

func (c onPostgres) start(ctx context.Context) error { return c.Start(ctx) }
func (c onPostgres) stop(ctx context.Context) error  { return c.Stop(ctx) }
func (c onPostgres) insert(tx *db.Tx, args river.JobArgs, opts *river.InsertOpts) error {
	joined, err := tx.PgxTx()
	if err != nil {
		return err
	}
	_, err = c.InsertTx(tx.Context(), joined, args, opts)
	return err
}

// quiet keeps River's own news out of the log; its warnings stay.
func quiet(log *slog.Logger) *slog.Logger {
	return slog.New(atLeast{log.Handler(), slog.LevelWarn})
}

type atLeast struct {
	slog.Handler
	level slog.Level
}

func (h atLeast) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= h.level && h.Handler.Enabled(ctx, l)
}
func (h atLeast) WithAttrs(a []slog.Attr) slog.Handler {
	return atLeast{h.Handler.WithAttrs(a), h.level}
}
func (h atLeast) WithGroup(name string) slog.Handler {
	return atLeast{h.Handler.WithGroup(name), h.level}
}
