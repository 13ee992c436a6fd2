package db

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

// checkpointer moves what was committed from SQLite's log into the database file, on a
// connection of its own and while others write: the writer, who would else do it in the
// middle of a commit, has only a rest left to move before it begins the log anew.
type checkpointer struct {
	db        *sql.DB
	committed chan struct{} // told, without waiting, of each commit
	stop      chan struct{}
	stopped   chan struct{}
	mu        sync.Mutex // one checkpoint at a time: a second one would be refused
}

// checkpointEvery is how often it moves while there are commits.
const checkpointEvery = 100 * time.Millisecond

func startCheckpointer(db *sql.DB) *checkpointer {
	c := &checkpointer{db: db, committed: make(chan struct{}, 1), stop: make(chan struct{}), stopped: make(chan struct{})}
	go c.loop()
	return c
}

func (c *checkpointer) loop() {
	defer close(c.stopped)
	for {
		select {
		case <-c.committed:
		case <-c.stop:
			return
		}
		select {
		case <-time.After(checkpointEvery):
		case <-c.stop:
			return
		}
		// What cannot be moved now is moved the next time, or by the writer.
		_, _ = c.run(context.Background(), c.db, "passive")
	}
}

// run moves what it can; done says whether that was all that the mode promises.
func (c *checkpointer) run(ctx context.Context, db *sql.DB, mode string) (done bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var busy, frames, moved int
	err = db.QueryRowContext(ctx, "pragma wal_checkpoint("+mode+")").Scan(&busy, &frames, &moved)
	return busy == 0, err
}

func (c *checkpointer) tell() {
	select {
	case c.committed <- struct{}{}:
	default:
	}
}

// end stops it and closes its connection.
func (c *checkpointer) end() {
	close(c.stop)
	<-c.stopped
	_ = c.db.Close()
}
