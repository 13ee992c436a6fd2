package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// writeQueue is the one writer of a SQLite database: a goroutine that takes the writes
// that are waiting, runs each under its own savepoint and commits them together. It never
// lingers for more, so one writer alone waits for nobody. Those behind come after the others
// of each commit: one, and more while nobody else comes and the commit lasts a moment at most.
type writeQueue struct {
	db      *sql.DB
	waiting chan *waitingWrite
	behind  chan *waitingWrite
	done    chan struct{}
	stopped sync.Once
}

type waitingWrite struct {
	ctx    context.Context
	run    func(*Tx) error
	tx     *Tx
	err    error
	result chan error
}

const (
	// maxGroup is how many writes share a commit at the most.
	maxGroup = 500
	// moment is how long a commit gathers those behind: whoever comes meanwhile waits for it.
	moment = 10 * time.Millisecond
)

var errStopped = errors.New("db: closed")

func startWriteQueue(db *sql.DB) *writeQueue {
	q := &writeQueue{db: db, waiting: make(chan *waitingWrite, maxGroup), behind: make(chan *waitingWrite, maxGroup), done: make(chan struct{})}
	go q.loop()
	return q
}

func (q *writeQueue) do(ctx context.Context, where chan<- *waitingWrite, run func(*Tx) error) error {
	w := &waitingWrite{ctx: ctx, run: run, result: make(chan error, 1)}
	select {
	case where <- w:
	case <-q.done:
		return errStopped
	case <-ctx.Done():
		return ctx.Err()
	}
	// From here the writer has it and will answer; leaving early would hide whether it
	// was committed.
	select {
	case err := <-w.result:
		return err
	case <-q.done:
		select {
		case err := <-w.result:
			return err
		default:
			return errStopped
		}
	}
}

func (q *writeQueue) stop() {
	q.stopped.Do(func() {
		ack := make(chan struct{})
		q.waiting <- &waitingWrite{ctx: context.Background(), run: nil, result: nil, tx: &Tx{after: []func(){func() { close(ack) }}}}
		<-ack
		close(q.done)
	})
}

func (q *writeQueue) loop() {
	kept := &statements{db: q.db}
	for {
		group, behind := q.next()
		var stop *waitingWrite
		if n := len(group) - 1; n >= 0 && group[n].run == nil {
			stop, group = group[n], group[:n]
		}
		if len(group) > 0 || behind != nil {
			q.commit(group, behind, kept)
		}
		if stop != nil {
			stop.tx.after[0]()
			return
		}
	}
}

// next waits for a write, and takes what else is waiting by then. behind is the first of
// those, if it came first.
func (q *writeQueue) next() (group []*waitingWrite, behind *waitingWrite) {
	select {
	case w := <-q.waiting:
		group = append(group, w)
	default:
		select {
		case w := <-q.waiting:
			group = append(group, w)
		case behind = <-q.behind:
		}
	}
	for len(group) < maxGroup && (len(group) == 0 || group[len(group)-1].run != nil) { // nothing is taken after the end
		select {
		case w := <-q.waiting:
			group = append(group, w)
			continue
		default:
		}
		break
	}
	return group, behind
}

// commit runs a group, then some of those behind, and answers each of the writes.
func (q *writeQueue) commit(group []*waitingWrite, behind *waitingWrite, kept *statements) {
	began := time.Now()
	tx, err := q.db.BeginTx(context.Background(), nil)
	if err == nil {
		c := &sqliteTx{tx: tx, statements: kept}
		for _, w := range group {
			w.err = runUnderSavepoint(w, c)
		}
		for {
			if behind == nil {
				select {
				case behind = <-q.behind:
				default:
				}
			}
			if behind == nil {
				break
			}
			behind.err = runUnderSavepoint(behind, c)
			group, behind = append(group, behind), nil
			if len(q.waiting) > 0 || time.Since(began) > moment {
				break
			}
		}
		err = tx.Commit()
		if err != nil {
			_ = tx.Rollback()
		}
	}
	if behind != nil { // it did not even begin
		group = append(group, behind)
	}
	kept.learn(context.Background())
	for _, w := range group {
		if w.err == nil {
			w.err = err
		}
		if w.err == nil {
			for _, f := range w.tx.after {
				f()
			}
		}
		w.result <- w.err
	}
}

func runUnderSavepoint(w *waitingWrite, c *sqliteTx) (err error) {
	if err := w.ctx.Err(); err != nil {
		return err // the caller has gone before its turn came
	}
	// The connection is shared by the group: a caller that leaves in the middle must not
	// break it for the others, so its cancellation does not reach the statements.
	w.tx = &Tx{ctx: context.WithoutCancel(w.ctx), conn: c}
	if err := c.exec(w.tx.ctx, "savepoint w", nil); err != nil {
		return err
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a transaction: %v\n%s", p, debug.Stack())
		}
		end := "release w"
		if err != nil {
			end = "rollback to w"
		}
		if endErr := c.exec(w.tx.ctx, end, nil); endErr != nil && err == nil {
			err = endErr
		}
		if err != nil {
			_ = c.exec(w.tx.ctx, "release w", nil)
		}
	}()
	if err := w.run(w.tx); err != nil {
		return err
	}
	return w.tx.err
}
