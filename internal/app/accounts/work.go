package accounts

import (
	"context"
	"errors"
	"time"

	"parley/internal/connector"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

const (
	// pollEvery is how often changes are looked for without a webhook: a quarter of an hour,
	// less what a look may wait for its turn.
	pollEvery = 14*time.Minute + 30*time.Second
	// sweepEvery is how often everything is looked at, changed or not.
	sweepEvery = 7 * 24 * time.Hour
	// debounce lets the webhooks of one change gather.
	debounce = 2 * time.Second
	// workFor is how long a worker may be silent until another takes its feed up; it says
	// every beat that it is alive.
	workFor = 12 * time.Second
	beat    = 4 * time.Second
	// queuedFor is how long a job that was enqueued may take to begin until another is.
	queuedFor = time.Minute
	// slice is how long a feed is worked at before it makes room for others.
	slice = 20 * time.Second
	// chunkTime is how long a chunk may hold SQLite's one writer: webhooks wait for it.
	chunkTime = 60 * time.Millisecond
	// hintsAtOnce is how many records are read by their ids in one call.
	hintsAtOnce = 40
	// worstWait is how long a feed that fails rests at most.
	worstWait = 15 * time.Minute
)

// errTaken says that another worker or a person has taken the feed up.
var errTaken = errors.New("accounts: somebody else has it")

// job is a feed that a worker has.
type job struct {
	s       *Accounts
	c       crm.Connection
	kind    connector.Kind
	conn    connector.Connector
	feed    store.Feed
	country string // in which numbers without a prefix are read
	demo    bool
	meter   *meter
	size    int // of the next chunk
	until   time.Time
}

// Work does what is due at a feed of a connection. again is more than 0 when there is more
// to do, after that time. Doing it twice at a time, or again after a crash at any moment,
// does nothing twice: each chunk is one transaction that moves the feed's place, and a
// record that comes again is unchanged.
func (s *Accounts) Work(ctx context.Context, business, connection crm.ID, kind crm.FeedKind) (again time.Duration, err error) {
	j, err := s.claim(ctx, business, connection, kind)
	if j == nil || err != nil {
		return 0, err
	}
	alive, end := context.WithCancel(ctx)
	go s.keepAlive(alive, j.c, j.feed) // as they are now: the steps move them on
	if kind == crm.FeedPush {
		err = j.push(ctx)
	} else {
		err = j.follow(ctx)
	}
	end()
	if errors.Is(err, errTaken) || errors.Is(err, errEnded) || crm.KindOf(err) == crm.NotFound {
		return 0, nil
	}
	return j.release(ctx, err)
}

// claim takes a feed up when it is due; nil when it is not, or somebody is at it.
func (s *Accounts) claim(ctx context.Context, business, connection crm.ID, kind crm.FeedKind) (*job, error) {
	j := &job{s: s, size: 500, until: time.Now().Add(slice)}
	ready := false
	err := s.DB.Write(ctx, func(tx *db.Tx) (err error) {
		ready = false
		if j.feed, err = store.LockFeed(tx, business, connection, kind); err != nil {
			return err
		}
		if j.c, err = store.Connection(tx, business, connection); err != nil {
			return err
		}
		b, err := store.Business(tx, business)
		if err != nil {
			return err
		}
		now := s.Now()
		if j.c.State != crm.Connected || b.Held || j.feed.DueAt.IsZero() || j.feed.DueAt.After(now) || j.feed.WorkedUntil.After(now) {
			return nil
		}
		if j.conn, j.kind, err = s.open(j.c.Provider); err != nil {
			return nil //nolint:nilerr // the operator took the registration away
		}
		j.kind = j.kind.Of(j.c.Details)
		j.home(b)
		if kind == crm.FeedInvoices && !j.feed.OKAt.IsZero() && now.Sub(j.feed.OKAt) > crm.UnreadInvoice+debounce+time.Minute {
			store.InvoicesUnread(tx, business, connection, j.feed.OKAt) // nobody looked for a while (C6)
		}
		j.feed.Round++
		j.feed.WorkedUntil, j.feed.QueuedUntil = now.Add(workFor), time.Time{}
		store.ChangeFeed(tx, business, j.feed)
		ready = true
		return nil
	})
	if crm.KindOf(err) == crm.NotFound {
		return nil, nil
	}
	if err != nil || !ready {
		return nil, err
	}
	j.meter = &meter{s: s, c: j.c, kind: j.kind}
	return j, nil
}

// home says how numbers are read: those of the books are in their own country.
func (j *job) home(b crm.Business) {
	j.country, j.demo = b.Country, b.Demo
	if books := j.c.Details["country"]; crm.IsCountry(books) {
		j.country = books
	}
}

// keepAlive says again and again that this worker has the feed, while it waits for answers.
func (s *Accounts) keepAlive(ctx context.Context, c crm.Connection, f store.Feed) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(beat):
		}
		_ = s.DB.Write(ctx, func(tx *db.Tx) error { // the next beat, or step, says it again
			store.KeepFeed(tx, c.BusinessID, c.ID, f.Kind, f.Round, s.Now().Add(workFor))
			return nil
		})
	}
}

// step runs f as one step of a feed that this worker has, with the connection as it is
// now, and notes how far the feed is.
func (j *job) step(ctx context.Context, f func(tx *db.Tx, feed *store.Feed) error) error {
	return j.stepBy(ctx, j.s.DB.Write, f)
}

// stepBy is step in a transaction of write's.
func (j *job) stepBy(ctx context.Context, write func(context.Context, func(*db.Tx) error) error, f func(tx *db.Tx, feed *store.Feed) error) error {
	var moved store.Feed
	var c crm.Connection
	err := write(ctx, func(tx *db.Tx) (err error) {
		if moved, err = store.LockFeed(tx, j.c.BusinessID, j.c.ID, j.feed.Kind); err != nil {
			return err
		}
		if c, err = store.Connection(tx, j.c.BusinessID, j.c.ID); err != nil {
			return err
		}
		if moved.Round != j.feed.Round || c.State != crm.Connected || c.Account != j.c.Account {
			return errTaken
		}
		moved.Run.Counts = cloned(moved.Run.Counts)
		j.c.Options = c.Options
		if err := f(tx, &moved); err != nil {
			return err
		}
		moved.WorkedUntil = j.s.Now().Add(workFor)
		store.ChangeFeed(tx, j.c.BusinessID, moved)
		return nil
	})
	if err == nil {
		j.feed, j.c = moved, c
	}
	return err
}

func cloned(counts crm.SyncCounts) crm.SyncCounts {
	copied := crm.SyncCounts{}
	for k, n := range counts {
		copied[k] = n
	}
	return copied
}

// release gives a feed up, with when it is due next. The error is heeded: a dead grant
// ends the connection, a limit waits as told, what is away is tried again later and later.
func (j *job) release(ctx context.Context, cause error) (again time.Duration, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	if connector.TroubleOf(cause) == connector.Dead {
		if err := j.s.dead(ctx, j.c, cause); err != nil {
			return 0, err
		}
	}
	err = j.s.DB.Write(ctx, func(tx *db.Tx) error {
		f, err := store.LockFeed(tx, j.c.BusinessID, j.c.ID, j.feed.Kind)
		if err != nil {
			return err
		}
		if f.Round != j.feed.Round {
			return nil
		}
		now := j.s.Now()
		f.WorkedUntil = time.Time{}
		f.Run.Calls += j.meter.calls
		wait := time.Duration(0)
		switch connector.TroubleOf(cause) {
		case connector.Wait:
			var e *connector.Error
			errors.As(cause, &e)
			wait = e.After
		case connector.Dead:
			f.DueAt = time.Time{}
		case "":
			if cause == nil {
				j.rest(tx, &f, now)
				break
			}
			fallthrough
		default:
			f.Failures++
			f.Problem = words(cause)
			f.Run.Problem = f.Problem
			wait = min(30*time.Second<<min(f.Failures-1, 5), worstWait)
			var e *connector.Error
			if errors.As(cause, &e) && e.After > wait {
				wait = e.After
			}
			if f.Kind == crm.FeedInvoices { // nobody can see whether one is still open (C6)
				since := f.OKAt
				if since.IsZero() {
					since = now
				}
				store.InvoicesUnread(tx, j.c.BusinessID, j.c.ID, since)
			}
		}
		if wait > 0 {
			f.DueAt = now.Add(wait)
		}
		store.ChangeFeed(tx, j.c.BusinessID, f)
		if f.DueAt.Equal(now) {
			again = time.Millisecond
		}
		return j.s.moved(tx, j.c)
	})
	if connector.TroubleOf(cause) == "" && cause != nil && err == nil {
		err = cause // a fault of ours, for the log
	}
	return again, err
}

// rest says when a feed is due next after all went well.
func (j *job) rest(tx *db.Tx, f *store.Feed, now time.Time) {
	switch {
	case f.Kind == crm.FeedPush:
		if !f.DueAt.After(now) {
			f.DueAt = time.Time{}
		}
	case f.Running || f.Wanted != "":
		f.DueAt = now
	default:
		f.DueAt = f.PollAt
		if hints, err := store.Hints(tx, j.c.BusinessID, j.c.ID, f.Kind, 1); err == nil && len(hints) > 0 {
			f.DueAt = hints[0].At.Add(debounce)
			if f.DueAt.Before(now) {
				f.DueAt = now
			}
		}
	}
}

// moved tells live pages that a connection went on.
func (s *Accounts) moved(tx *db.Tx, c crm.Connection) error {
	return s.record(tx, s.connectionEvent(crm.System(c.BusinessID), crm.ConnectionMoved, c))
}

// followHints reads the records that webhooks named.
func (j *job) followHints(ctx context.Context) error {
	for {
		var hints []store.Hint
		err := j.s.DB.Read(ctx, func(tx *db.Tx) (err error) {
			hints, err = store.Hints(tx, j.c.BusinessID, j.c.ID, j.feed.Kind, hintsAtOnce)
			return err
		})
		if err != nil || len(hints) == 0 {
			return err
		}
		var ids []string
		anything := false
		for _, h := range hints {
			if h.RemoteID == "" {
				anything = true
			} else {
				ids = append(ids, h.RemoteID)
			}
		}
		var p page
		if len(ids) > 0 {
			err := j.s.call(ctx, j.conn, j.c, j.meter, func(a connector.Access) (err error) {
				p.Page, err = j.conn.Read(ctx, a, j.feed.Kind, ids)
				return err
			})
			if err != nil {
				return err
			}
			j.read(&p)
		}
		err = j.step(ctx, func(tx *db.Tx, f *store.Feed) error {
			if anything {
				f.PollAt = j.s.Now()
			}
			for _, h := range hints {
				store.DropHint(tx, j.c.BusinessID, j.c.ID, f.Kind, h)
			}
			if _, err := j.take(tx, f, &p, 0, p.count()); err != nil { // the counts are those of rounds
				return err
			}
			return j.s.moved(tx, j.c)
		})
		if err != nil {
			return err
		}
	}
}

// TakeUpDue enqueues the feeds for which there is something to do, of whichever business.
func (s *Accounts) TakeUpDue(ctx context.Context) error {
	var due []store.ConnectionPlace
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		due, err = store.DueFeeds(tx, s.Now(), 200)
		return err
	})
	for _, p := range due {
		if err != nil {
			return err
		}
		err = s.DB.Write(ctx, func(tx *db.Tx) error {
			f, err := store.LockFeed(tx, p.Business, p.ID, p.Kind)
			if now := s.Now(); err != nil || f.QueuedUntil.After(now) || f.WorkedUntil.After(now) {
				return err
			}
			f.QueuedUntil = s.Now().Add(queuedFor)
			store.ChangeFeed(tx, p.Business, f)
			return s.Enqueue(tx, p.Business, p.ID, p.Kind)
		})
	}
	return err
}
