package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"parley/internal/app/hooks"
	"parley/internal/crm"
	"parley/internal/db"
)

// hookQueue keeps slow endpoints away from everything else.
const hookQueue = "hooks"

// deliverHooks tells an endpoint what is due.
type deliverHooks struct {
	Business crm.ID `json:"business"`
	Endpoint crm.ID `json:"endpoint"`
}

func (deliverHooks) Kind() string { return "deliver_hooks" }

type deliverHooksWorker struct {
	river.WorkerDefaults[deliverHooks]
	hooks *hooks.Hooks
}

func (w *deliverHooksWorker) Work(ctx context.Context, job *river.Job[deliverHooks]) error {
	more, err := w.hooks.Deliver(ctx, job.Args.Business, job.Args.Endpoint, w.hooks.Now().Add(longest))
	if err == nil && more {
		return river.JobSnooze(time.Millisecond)
	}
	return err
}

// DeliverHooks enqueues telling an endpoint what is due, in the transaction.
func (j *Jobs) DeliverHooks(tx *db.Tx, business, endpoint crm.ID) error {
	return j.client.insert(tx, deliverHooks{business, endpoint}, &river.InsertOpts{Queue: hookQueue, MaxAttempts: 2})
}

// tidyHooks clears old deliveries.
type tidyHooks struct{}

func (tidyHooks) Kind() string { return "tidy_hooks" }

type tidyHooksWorker struct {
	river.WorkerDefaults[tidyHooks]
	hooks *hooks.Hooks
}

func (w *tidyHooksWorker) Work(ctx context.Context, _ *river.Job[tidyHooks]) error {
	return w.hooks.Tidy(ctx)
}
