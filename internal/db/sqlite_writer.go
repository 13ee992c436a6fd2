package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
)

// writeQueue is the one writer of a SQLite database: a goroutine that takes the writes
// that are waiting, runs each under its own savepoint and commits them together. It never
// lingers for more, so one writer alone waits for nobody.
type writeQueue struct {
	db      *sql.DB
	waiting chan *waitingWrite
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

// maxGroup is how many writes share a commit at the most.
const maxGroup = 500

var errStopped = errors.New("db: closed")

func startWriteQueue(db *sql.DB) *writeQueue {
	q := &writeQueue{db: db, waiting: make(chan *waitingWrite, maxGroup), done: make(chan struct{})}
	go q.loop()
	return q
}

func (q *writeQueue) do(ctx context.Context, run func(*Tx) error) error {
	w := &waitingWrite{ctx: ctx, run: run, result: make(chan error, 1)}
	select {
	case q.waiting <- w:
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
	for first := range q.waiting {
		group := []*waitingWrite{first}
		for len(group) < maxGroup && group[len(group)-1].run != nil { // nothing is taken behind the end
			select {
			case w := <-q.waiting:
				group = append(group, w)
				continue
			default:
			}
			break
		}
		last := group[len(group)-1]
		stop := last.run == nil
		if stop {
			group = group[:len(group)-1]
		}
		if len(group) > 0 {
			q.commit(group, kept)
		}
		if stop {
			last.tx.after[0]()
			return
		}
	}
}

// commit runs a group and answers each of its writes.
func (q *writeQueue) commit(group []*waitingWrite, kept *statements) {
	tx, err := q.db.BeginTx(context.Background(), nil)
	if err == nil {
		c := &sqliteTx{tx: tx, statements: kept}
		for _, w := range group {
			w.err = runUnderSavepoint(w, c)
		}
		err = tx.Commit()
		if err != nil {
			_ = tx.Rollback()
		}
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
