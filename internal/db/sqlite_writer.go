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
// lingers for more, so one writer alone waits for nobody. Those behind have commits of their
// own, when nobody else waits or has let enough others go first.
type writeQueue struct {
	db       *sql.DB
	waiting  chan *waitingWrite
	behind   chan *waitingWrite
	passing  *passing // reads that those behind let pass, for at most patience
	patience time.Duration
	log      *logSync // brings to the disk what did not wait for it
	leapt    bool     // over numbers of events: see leapEvents
	passed   int      // how many commits went before those behind
	told     func()   // is called after each commit
	done     chan struct{}
	stopped  sync.Once
}

type waitingWrite struct {
	ctx    context.Context
	run    func(*Tx) error
	step   bool // it need not wait for the disk
	tx     *Tx
	err    error
	result chan error
}

const (
	// maxGroup is how many writes share a commit at the most.
	maxGroup = 500
	// maxPassed is how many commits may go before those behind, so that they get on however
	// much others write.
	maxPassed = 3
	// moment is how long a commit gathers those behind: whoever comes meanwhile waits for it.
	moment = 10 * time.Millisecond
)

var errStopped = errors.New("db: closed")

func startWriteQueue(db *sql.DB, log *logSync, passing *passing, told func()) *writeQueue {
	q := &writeQueue{db: db, log: log, passing: passing, patience: patience, waiting: make(chan *waitingWrite, maxGroup), behind: make(chan *waitingWrite, maxGroup), done: make(chan struct{}), told: told}
	go q.loop()
	return q
}

func (q *writeQueue) do(ctx context.Context, where chan<- *waitingWrite, w *waitingWrite) error {
	w.ctx, w.result = ctx, make(chan error, 1)
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
	kept, inserter := &statements{db: q.db}, &inserter{incoming: newIncoming()}
	for {
		first, behind := q.next()
		group := []*waitingWrite{first}
		if !behind {
			group = q.gather(first)
		}
		var stop *waitingWrite
		if n := len(group) - 1; group[n].run == nil {
			stop, group = group[n], group[:n]
		}
		if len(group) > 0 {
			q.commit(group, behind, kept, inserter)
		}
		if stop != nil {
			inserter.close(q.db)
			stop.tx.after[0]()
			return
		}
	}
}

// next waits for the write whose turn it is.
func (q *writeQueue) next() (w *waitingWrite, behind bool) {
	if q.passed < maxPassed {
		select {
		case w = <-q.waiting:
			q.passed++
			return w, false
		default:
		}
	}
	q.passed = 0
	select {
	case w = <-q.behind:
		return w, true
	default:
	}
	select {
	case w = <-q.behind:
		return w, true
	case w = <-q.waiting:
		return w, false
	}
}

// gather takes what waits together with a write.
func (q *writeQueue) gather(first *waitingWrite) []*waitingWrite {
	group := []*waitingWrite{first}
	for len(group) < maxGroup && group[len(group)-1].run != nil { // nothing is taken after the end
		select {
		case w := <-q.waiting:
			group = append(group, w)
			continue
		default:
		}
		break
	}
	return group
}

// runBehind runs one of those behind, and more while nobody else comes and it takes no more
// than a moment.
func (q *writeQueue) runBehind(c *sqliteTx, first *waitingWrite) []*waitingWrite {
	began := time.Now()
	awaited := func() bool { return len(q.waiting) > 0 }
	courtesy := &courtesy{q.passing, q.patience, awaited}
	var group []*waitingWrite
	for w := first; ; {
		w.err = runUnderSavepoint(w, c, courtesy)
		group = append(group, w)
		if first.step || awaited() || time.Since(began) > moment { // what is no step waits for the disk
			return group
		}
		select {
		case w = <-q.behind:
		default:
			return group
		}
	}
}

// commit runs a group, commits it and answers each of its writes. When it is of those
// behind, more of them may come along.
func (q *writeQueue) commit(group []*waitingWrite, behind bool, kept *statements, inserter *inserter) {
	conn, err := q.db.Conn(context.Background())
	if err == nil {
		group, err = q.runGroup(conn, group, behind, &sqliteTx{statements: kept, inserter: inserter})
		_ = conn.Close() // goes back to q.db
	}
	q.told()
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

// runGroup runs a group in one transaction and commits it.
func (q *writeQueue) runGroup(conn *sql.Conn, group []*waitingWrite, behind bool, c *sqliteTx) (ran []*waitingWrite, err error) {
	if err = c.inserter.use(context.Background(), conn); err != nil {
		return group, err
	}
	if group[0].step && q.leapt && q.log != nil && !q.log.lags() {
		if err := syncing(conn, "normal"); err != nil {
			return group, err
		}
		defer func() {
			err = errors.Join(err, syncing(conn, "full"))
			q.log.tell()
		}()
	}
	if c.tx, err = conn.BeginTx(context.Background(), nil); err != nil {
		return group, err
	}
	if !q.leapt {
		if err = leapEvents(context.Background(), c.tx); err != nil {
			return group, errors.Join(err, c.tx.Rollback())
		}
	}
	if behind {
		group = q.runBehind(c, group[0])
	} else {
		for _, w := range group {
			w.err = runUnderSavepoint(w, c, nil)
		}
	}
	if err = c.tx.Commit(); err != nil {
		_ = c.tx.Rollback()
	}
	q.leapt = q.leapt || err == nil
	return group, err
}

// leapEvents leaves out numbers of events that somebody may have been told before the power went
// and took the events back: whoever reads on from the last that they know must miss none. The few
// steps that may be lost have not nearly as many. It goes with what a program first writes, and
// with it to the disk.
func leapEvents(ctx context.Context, tx *sql.Tx) error {
	const leap = 100_000
	var made int
	err := tx.QueryRowContext(ctx, "select count(*) from sqlite_master where name = 'event_seq'").Scan(&made)
	if err != nil || made == 0 {
		return err
	}
	_, err = tx.ExecContext(ctx, "update event_seq set last = last + ?", leap)
	return err
}

// syncing sets what a connection's commits wait for; not within a transaction.
func syncing(conn *sql.Conn, how string) error {
	_, err := conn.ExecContext(context.Background(), "pragma synchronous = "+how)
	return err
}

func runUnderSavepoint(w *waitingWrite, c *sqliteTx, courtesy *courtesy) (err error) {
	if err := w.ctx.Err(); err != nil {
		return err // the caller has gone before its turn came
	}
	// The connection is shared by the group: a caller that leaves in the middle must not
	// break it for the others, so its cancellation does not reach the statements.
	w.tx = &Tx{ctx: context.WithoutCancel(w.ctx), conn: c, courtesy: courtesy}
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
