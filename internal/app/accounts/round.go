package accounts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash/fnv"
	"reflect"
	"runtime"
	"sync"
	"time"

	"parley/internal/connector"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// page is a page of a feed as it is worked at.
type page struct {
	connector.Page
	known []*known        // its contacts, in the form in which they are compared
	with  crm.SyncOptions // with which they were read
	err   error
}

func (p *page) count() int { return len(p.Contacts) + len(p.Invoices) }

// follow brings a feed up to date: the round at hand, what webhooks named, and a new round
// when one is due.
func (j *job) follow(ctx context.Context) error {
	if !j.feed.Running && j.c.Following {
		if err := j.followHints(ctx); err != nil {
			return err
		}
	}
	now := j.s.Now()
	if due := j.c.Following && !j.feed.PollAt.After(now); !j.feed.Running && (j.feed.Wanted != "" || due) {
		if err := j.begin(ctx, now); err != nil {
			return err
		}
	}
	var ahead chan page // the next page, on its way while one is saved
	defer func() {
		if ahead != nil {
			<-ahead // a token that is being made anew must be kept
		}
	}()
	for j.feed.Running {
		if ahead == nil {
			ahead = j.fetch(ctx, j.feed.Place)
		}
		p := <-ahead
		ahead = nil
		if p.err != nil {
			return p.err
		}
		if err := j.check(p); err != nil {
			if failed := j.startOver(ctx); failed != nil {
				return failed
			}
			return err
		}
		more := time.Now().Before(j.until)
		if p.More && more {
			ahead = j.fetch(ctx, p.Next)
		}
		if err := j.save(ctx, &p); err != nil {
			return err
		}
		if !more {
			return nil
		}
	}
	return nil
}

// begin starts a round.
func (j *job) begin(ctx context.Context, now time.Time) error {
	return j.step(ctx, func(_ *db.Tx, f *store.Feed) error {
		mode := crm.SyncPoll
		if f.Wanted != "" {
			mode = f.Wanted
		}
		if mode == crm.SyncPoll && (f.Cursor == "" || f.SweepAt.Before(now)) {
			mode = crm.SyncSweep
		}
		f.Running, f.Wanted = true, ""
		f.Run = crm.SyncRun{ID: crm.NewID(now), Mode: mode, Counts: crm.SyncCounts{}, StartedAt: now}
		if f.Place = f.Cursor; mode != crm.SyncPoll {
			f.Place = ""
		}
		return nil
	})
}

// fetch has the page behind a place read.
func (j *job) fetch(ctx context.Context, place string) chan page {
	fetched := make(chan page, 1)
	of := *j // as it is now: the steps move it on
	go func() {
		var p page
		p.err = of.s.call(ctx, of.conn, of.c, of.meter, func(a connector.Access) (err error) {
			p.Page, err = of.conn.Changes(ctx, a, of.feed.Kind, place)
			return err
		})
		of.read(&p)
		fetched <- p
	}()
	return fetched
}

// read brings the contacts of a page to the form in which they are compared, on all cores
// and outside any transaction: numbers take long to read.
func (j *job) read(p *page) {
	p.with, p.known = j.c.Options, make([]*known, len(p.Contacts))
	var all sync.WaitGroup
	share := max(len(p.Contacts)/runtime.GOMAXPROCS(0)+1, 25)
	for from := 0; from < len(p.Contacts); from += share {
		all.Go(func() {
			for n := from; n < min(from+share, len(p.Contacts)); n++ {
				p.known[n] = j.know(p.Contacts[n])
			}
		})
	}
	all.Wait()
}

// check refuses a page that comes again and again, be it with others in between.
func (j *job) check(p page) error {
	digest, run := p.digest(), j.feed.Run
	if p.More && (p.Next == j.feed.Place || digest != "" && (digest == run.Page || digest == run.Mark)) {
		return connector.Fail(connector.Garbled, "repeats", "It sends the same page again and again. Nothing of it was taken, and the round will begin anew.")
	}
	return nil
}

// startOver ends the round at hand, whose pages lead nowhere; its next try begins where it
// began.
func (j *job) startOver(ctx context.Context) error {
	return j.step(ctx, func(_ *db.Tx, f *store.Feed) error {
		f.Running = false
		if f.Wanted == "" {
			f.Wanted = f.Run.Mode
		}
		return nil
	})
}

func (p *page) digest() string {
	if p.count() == 0 {
		return ""
	}
	h := sha256.New()
	for _, r := range p.Contacts {
		_, _ = h.Write([]byte(r.ID + "\x00" + r.Version + "\x00"))
	}
	for _, i := range p.Invoices {
		_, _ = h.Write([]byte(i.ID + "\x00" + i.RemoteStatus + i.AmountDue + "\x00"))
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// save saves a page of the round at hand, chunk by chunk. The place moves in the
// transaction that saves the last of them.
func (j *job) save(ctx context.Context, p *page) error {
	for done := 0; ; {
		n := j.chunk(p.count() - done)
		last := done+n == p.count()
		begun := time.Now()
		err := j.stepBy(ctx, j.s.DB.WriteBehind, func(tx *db.Tx, f *store.Feed) error { // what people wait for goes first, and so does the call for the next page
			begun = time.Now()
			outcomes, err := j.take(tx, f, p, done, n)
			if err != nil {
				return err
			}
			f.Run.Counts.Add(outcomes, max(0, f.Run.Done-done)) // a page that is done over is not counted over
			if f.Run.Done = max(f.Run.Done, done+n); !last {
				return nil
			}
			f.Place, f.Run.Done, f.Run.Page = p.Next, 0, p.digest()
			if f.Run.Pages++; f.Run.Pages&(f.Run.Pages-1) == 0 {
				f.Run.Mark = f.Run.Page
			}
			if !p.More {
				j.end(tx, f)
			}
			return j.s.moved(tx, j.c)
		})
		if err != nil {
			return err
		}
		j.pace(n, time.Since(begun))
		if done += n; last {
			return nil
		}
	}
}

// take places n records of a page: contacts, or invoices.
func (j *job) take(tx *db.Tx, f *store.Feed, p *page, from, n int) ([]crm.SyncOutcome, error) {
	if f.Kind == crm.FeedInvoices {
		return j.saveInvoices(tx, p.Invoices[from:from+n])
	}
	if !reflect.DeepEqual(p.with, j.c.Options) { // an admin changed them meanwhile
		j.read(p)
	}
	return j.saveContacts(tx, p.known[from:from+n], f.Run.Mode == crm.SyncPreview, f.Run.Counts.Total()-f.Run.Done+from)
}

// chunk is how many of the records that are left of a page go into the next transaction:
// alike in size, lest a few at the end need one of their own, and a quarter more than the
// pace at the most.
func (j *job) chunk(left int) int {
	parts := max(1, (4*left-j.size+4*j.size-1)/(4*j.size))
	return (left + parts - 1) / parts
}

// pace finds the size of a chunk that takes about chunkTime on SQLite, whose one writer it
// holds. PostgreSQL has many, and minds round trips.
func (j *job) pace(n int, took time.Duration) {
	if n > 0 && took > 0 && j.s.DB.Engine() == db.SQLite {
		j.size = min(max(int(float64(n)*float64(chunkTime)/float64(took)), 50), 2*j.size, 1000)
	}
}

// end ends the round at hand.
func (j *job) end(tx *db.Tx, f *store.Feed) {
	now := j.s.Now()
	f.Running, f.Run.EndedAt, f.Failures, f.Problem, f.Run.Problem = false, now, 0, "", ""
	f.Run.Page, f.Run.Mark, f.Run.Pages = "", "", 0
	if f.Run.Mode == crm.SyncPreview {
		return
	}
	f.Cursor, f.OKAt, f.PollAt = f.Place, now, pollAt(j.c.ID, f.Kind, now)
	if f.Run.Mode == crm.SyncSweep {
		f.SweepAt = now.Add(sweepEvery + spread(string(j.c.ID), 24*time.Hour))
	}
	if f.Kind == crm.FeedInvoices {
		store.InvoicesRead(tx, j.c.BusinessID, j.c.ID)
	}
	if f.Kind == crm.FeedContacts && j.c.Push {
		store.WakeFeed(tx, j.c.BusinessID, j.c.ID, crm.FeedPush, now)
	}
}

// pollAt is when a feed is looked at next. Each has moments of its own, pollEvery apart, so
// that a thousand do not call at once: not even after a node was off, and took them all up
// together.
func pollAt(connection crm.ID, kind crm.FeedKind, now time.Time) time.Time {
	at := now.Truncate(pollEvery).Add(spread(string(connection)+string(kind), pollEvery))
	if !at.After(now) {
		at = at.Add(pollEvery)
	}
	return at
}

// spread is a part of most that is a name's own.
func spread(name string, most time.Duration) time.Duration {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	return time.Duration(h.Sum64() % uint64(most))
}
