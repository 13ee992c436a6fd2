package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"parley/internal/app/inbox"
	"parley/internal/crm"
)

// deliver sends what waits in a conversation, one message after another, so that they
// arrive in the order in which they were written.
type deliver struct {
	Business     crm.ID `json:"business"`
	Conversation crm.ID `json:"conversation"`
}

func (deliver) Kind() string { return "deliver" }

type deliverWorker struct {
	river.WorkerDefaults[deliver]
	inbox *inbox.Inbox
}

// longest is how long one job goes on before it makes room for others.
const longest = 30 * time.Second

func (w *deliverWorker) Work(ctx context.Context, job *river.Job[deliver]) error {
	until := time.Now().Add(longest)
	for {
		more, again, err := w.inbox.SendNext(ctx, job.Args.Business, job.Args.Conversation)
		switch {
		case err != nil:
			return err
		case again > 0:
			return river.JobSnooze(again)
		case !more:
			return nil
		case time.Now().After(until):
			return river.JobSnooze(0)
		}
	}
}

// settle looks after what a node left lying when it died.
type settle struct{}

func (settle) Kind() string { return "settle" }

type settleWorker struct {
	river.WorkerDefaults[settle]
	inbox *inbox.Inbox
}

func (w *settleWorker) Work(ctx context.Context, _ *river.Job[settle]) error {
	return w.inbox.Settle(ctx)
}
