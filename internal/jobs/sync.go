package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"parley/internal/app/accounts"
	"parley/internal/crm"
	"parley/internal/db"
)

// syncQueue keeps what waits for other systems away from replies that somebody waits for.
const syncQueue = "sync"

// syncWorkers is how many feeds a node works at; most of the time they wait for an answer.
const syncWorkers = 16

// sync does what is due at a feed of a connection.
type sync struct {
	Business   crm.ID       `json:"business"`
	Connection crm.ID       `json:"connection"`
	Feed       crm.FeedKind `json:"feed"`
}

func (sync) Kind() string { return "sync" }

type syncWorker struct {
	river.WorkerDefaults[sync]
	accounts *accounts.Accounts
}

// Timeout is longer than a slice of work and the slowest answer.
func (w *syncWorker) Timeout(*river.Job[sync]) time.Duration { return 5 * time.Minute }

func (w *syncWorker) Work(ctx context.Context, job *river.Job[sync]) error {
	again, err := w.accounts.Work(ctx, job.Args.Business, job.Args.Connection, job.Args.Feed)
	if err == nil && again > 0 {
		return river.JobSnooze(again)
	}
	return err
}

// Sync enqueues work at a feed, in the transaction.
func (j *Jobs) Sync(tx *db.Tx, business, connection crm.ID, feed crm.FeedKind) error {
	return j.client.insert(tx, sync{business, connection, feed}, &river.InsertOpts{Queue: syncQueue, MaxAttempts: 1})
}
