package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"parley/internal/app/imports"
	"parley/internal/crm"
	"parley/internal/db"
)

// importQueue keeps long imports away from replies that somebody waits for.
const importQueue = "imports"

// importWorkers is how many imports a node works at; those of one business follow one
// another.
const importWorkers = 4

// workImport goes on with an import: its preview, its run or its undoing.
type workImport struct {
	Business crm.ID `json:"business"`
	Import   crm.ID `json:"import"`
}

func (workImport) Kind() string { return "import" }

type importWorker struct {
	river.WorkerDefaults[workImport]
	imports *imports.Imports
}

// Timeout is long for the preview of a large file. A node that dies is noticed by what it
// left lying, long before.
func (w *importWorker) Timeout(*river.Job[workImport]) time.Duration { return 30 * time.Minute }

func (w *importWorker) Work(ctx context.Context, job *river.Job[workImport]) error {
	again, err := w.imports.Work(ctx, job.Args.Business, job.Args.Import)
	if err == nil && again > 0 {
		return river.JobSnooze(again)
	}
	return err
}

// Import enqueues work at an import, in the transaction.
func (j *Jobs) Import(tx *db.Tx, business, id crm.ID) error {
	return j.client.insert(tx, workImport{business, id}, &river.InsertOpts{Queue: importQueue})
}
