package jobs

import (
	"context"

	"github.com/riverqueue/river"

	"parley/internal/app/inbox"
	"parley/internal/crm"
	"parley/internal/db"
)

// templateQueue keeps asking for templates away from replies that somebody waits for.
const templateQueue = "templates"

// templateWorkers is how many channels a node asks at once.
const templateWorkers = 4

// syncTemplates brings the templates of one channel up to date.
type syncTemplates struct {
	Business crm.ID `json:"business"`
	Channel  crm.ID `json:"channel"`
}

func (syncTemplates) Kind() string { return "sync_templates" }

type syncTemplatesWorker struct {
	river.WorkerDefaults[syncTemplates]
	inbox *inbox.Inbox
}

func (w *syncTemplatesWorker) Work(ctx context.Context, job *river.Job[syncTemplates]) error {
	_, err := w.inbox.SyncTemplates(ctx, job.Args.Business, job.Args.Channel)
	if kind := crm.KindOf(err); kind == crm.NotFound || kind == crm.Invalid {
		return nil // gone, or switched off since
	}
	return err
}

// SyncTemplates enqueues bringing the templates of a channel up to date, in the
// transaction.
func (j *Jobs) SyncTemplates(tx *db.Tx, business, channel crm.ID) error {
	return j.client.insert(tx, syncTemplates{business, channel}, &river.InsertOpts{Queue: templateQueue, MaxAttempts: 3})
}

// syncAllTemplates enqueues that for every channel.
type syncAllTemplates struct{}

func (syncAllTemplates) Kind() string { return "sync_all_templates" }

type syncAllTemplatesWorker struct {
	river.WorkerDefaults[syncAllTemplates]
	inbox *inbox.Inbox
}

func (w *syncAllTemplatesWorker) Work(ctx context.Context, _ *river.Job[syncAllTemplates]) error {
	return w.inbox.SyncAllTemplates(ctx)
}
