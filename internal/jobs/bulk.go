package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/db"
)

// bulkQueue keeps acts on many contacts away from replies that somebody waits for.
const bulkQueue = "bulk"

// bulkWorkers is how many acts on many a node works at.
const bulkWorkers = 4

// workBulk goes on with an act on many contacts.
type workBulk struct {
	Business crm.ID `json:"business"`
	Bulk     crm.ID `json:"bulk"`
}

func (workBulk) Kind() string { return "bulk" }

type bulkWorker struct {
	river.WorkerDefaults[workBulk]
	contacts *contacts.Contacts
}

func (w *bulkWorker) Work(ctx context.Context, job *river.Job[workBulk]) error {
	more, err := w.contacts.WorkBulk(ctx, job.Args.Business, job.Args.Bulk)
	if err == nil && more {
		return river.JobSnooze(time.Millisecond)
	}
	return err
}

// Bulk enqueues work at an act on many, in the transaction.
func (j *Jobs) Bulk(tx *db.Tx, business, id crm.ID) error {
	return j.client.insert(tx, workBulk{business, id}, &river.InsertOpts{Queue: bulkQueue})
}
