package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"parley/internal/app/broadcasts"
	"parley/internal/crm"
	"parley/internal/db"
)

// broadcastQueue keeps broadcasts away from replies that somebody waits for.
const broadcastQueue = "broadcasts"

// broadcastWorkers is how many channels a node sends broadcasts over at once.
const broadcastWorkers = 32

// workLane sends what waits in the broadcasts of a channel.
type workLane struct {
	Business crm.ID `json:"business"`
	Channel  crm.ID `json:"channel"`
}

func (workLane) Kind() string { return "broadcast" }

type laneWorker struct {
	river.WorkerDefaults[workLane]
	broadcasts *broadcasts.Broadcasts
	ending     context.Context
}

// Work sends for a slice of time. Where the node ends before that, what is on its way is
// waited for and marked, and the lane is another's.
func (w *laneWorker) Work(ctx context.Context, job *river.Job[workLane]) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(w.ending, cancel)()
	again, err := w.broadcasts.WorkLane(ctx, job.Args.Business, job.Args.Channel)
	switch {
	case w.ending.Err() != nil:
		return river.JobSnooze(time.Millisecond)
	case err == nil && again > 0:
		return river.JobSnooze(again)
	}
	return err
}

// Broadcast enqueues the sending of what waits on a channel, in the transaction.
func (j *Jobs) Broadcast(tx *db.Tx, business, channel crm.ID) error {
	return j.client.insert(tx, workLane{business, channel}, &river.InsertOpts{Queue: broadcastQueue})
}

// settleBroadcasts asks providers about messages whose end is not known.
type settleBroadcasts struct{}

func (settleBroadcasts) Kind() string { return "settle_broadcasts" }

type settleBroadcastsWorker struct {
	river.WorkerDefaults[settleBroadcasts]
	broadcasts *broadcasts.Broadcasts
}

func (w *settleBroadcastsWorker) Work(ctx context.Context, _ *river.Job[settleBroadcasts]) error {
	return w.broadcasts.Settle(ctx)
}

func (w *settleBroadcastsWorker) Timeout(*river.Job[settleBroadcasts]) time.Duration {
	return 10 * time.Minute
}
