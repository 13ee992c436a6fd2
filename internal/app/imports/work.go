package imports

import (
	"context"
	"errors"
	"runtime"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

const (
	// endTime is how long the end of a chunk may take, its text index and its commit: whoever
	// comes meanwhile waits for SQLite's one writer. wholeTime is how long a chunk may that does
	// not look whether anybody has come.
	endTime   = 25 * time.Millisecond
	wholeTime = 35 * time.Millisecond
	// leastTime is how long a chunk writes rows whoever waits: below that most of the work is what
	// a chunk costs by itself.
	leastTime = 15 * time.Millisecond
	// minChunk is how many rows are worth a transaction at all, where nobody waits. Undoing a row
	// costs ten times as much.
	minChunk     = 250
	minUndoChunk = 50
	maxChunk     = 2000
	// stepTime is how long rows are written between two looks whether others wait for the writer,
	// and minStep and maxStep are how many: each step has a cost of its own.
	stepTime = 12 * time.Millisecond
	minStep  = 25
	maxStep  = 100
	// slice is how long an import works before it makes room for those of others.
	slice = 5 * time.Second
	// leftAfter is how long nobody may have worked at an import until somebody else
	// takes it up.
	leftAfter = 8 * time.Second
	// tellEvery is how often the progress of an import is told.
	tellEvery = 400 * time.Millisecond
)

// errTaken says that another worker or a person has taken the import up: whoever gets it
// stops, for nothing is left to do.
var errTaken = errors.New("imports: somebody else has it")

// Work does what is to be done at an import now: previewing, running, undoing. again is
// more than 0 when there is more to do, after that time. Doing it twice at a time, or
// again after a crash at any moment, does no row twice: each chunk is one transaction that
// also notes how far the import is.
func (s *Imports) Work(ctx context.Context, business, id crm.ID) (again time.Duration, err error) {
	var ahead bool
	var i *crm.Import
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if i, err = store.Import(tx, business, id); err == nil && i.Status == crm.ImportRunning {
			ahead, err = store.ImportAhead(tx, business, id, i.StartedAt)
		}
		return err
	})
	if crm.KindOf(err) == crm.NotFound {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if ahead { // one after another, in the order in which they were started
		return 500 * time.Millisecond, nil
	}
	switch i.Status {
	case crm.ImportPreviewing:
		err = s.preview(ctx, i)
	case crm.ImportRunning:
		again, err = s.run(ctx, i)
	case crm.ImportUndoing:
		again, err = s.undo(ctx, i)
	}
	if errors.Is(err, errTaken) {
		return 0, nil
	}
	return again, err
}

// Finish works at an import until nothing is left to do, for callers that wait.
func (s *Imports) Finish(ctx context.Context, business, id crm.ID) error {
	for {
		again, err := s.Work(ctx, business, id)
		if err != nil {
			return err
		}
		if again == 0 {
			return nil
		}
		if again > time.Millisecond {
			select {
			case <-time.After(again):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}

// TakeUpLeft enqueues what a node left lying when it died, and forgets files that never
// came whole.
func (s *Imports) TakeUpLeft(ctx context.Context) error {
	var left []store.ImportPlace
	since := s.Now().Add(-leftAfter)
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		left, err = store.LeftImports(tx, since)
		return err
	})
	for _, p := range left {
		if err != nil {
			return err
		}
		forgotten := false
		err = s.DB.Write(ctx, func(tx *db.Tx) error {
			i, err := store.LockImport(tx, p.Business, p.ID)
			switch {
			case err != nil || i.Status != p.Status || i.MovedAt.After(since):
				return err
			case i.Status == crm.ImportUploading:
				forgotten = s.Now().Sub(i.MovedAt) > time.Hour
				return nil
			case i.Status == crm.ImportRunning: // one that waits for another has its job, or is taken up after it
				if ahead, err := store.ImportAhead(tx, p.Business, p.ID, i.StartedAt); err != nil || ahead {
					return err
				}
			}
			i.MovedAt = s.Now() // so that it is not taken up again at once
			store.ChangeImport(tx, p.Business, i)
			return s.Enqueue(tx, p.Business, p.ID)
		})
		if err == nil && forgotten {
			err = s.forget(ctx, p.Business, p.ID)
		}
	}
	if err != nil {
		return err
	}
	return s.dropFiles(ctx)
}

// dropFiles removes the bytes of files whose import has ended: the receipt has the rows.
func (s *Imports) dropFiles(ctx context.Context) error {
	for {
		var ended []store.ImportPlace
		err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
			ended, err = store.EndedFiles(tx)
			return err
		})
		if err != nil || len(ended) == 0 {
			return err
		}
		for _, p := range ended {
			if err := s.DB.Write(ctx, func(tx *db.Tx) error {
				_, err := store.DropImportParts(tx, p.Business, p.ID, partsAtOnce)
				return err
			}); err != nil {
				return err
			}
		}
	}
}

// claim takes an import up: whoever had it before stops at the next chunk.
func (s *Imports) claim(ctx context.Context, i *crm.Import, f func(*crm.Import)) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		now, err := store.LockImport(tx, i.BusinessID, i.ID)
		if err != nil {
			return err
		}
		if now.Status != i.Status || now.Round != i.Round {
			return errTaken
		}
		now.Round++
		now.MovedAt = s.Now()
		if f != nil {
			f(now)
		}
		store.ChangeImport(tx, i.BusinessID, now)
		*i = *now
		return nil
	})
}

// chunk runs f as one step of an import that this worker has, and notes how far it is. That the
// work is over is on disk when chunk answers.
func (s *Imports) chunk(ctx context.Context, i *crm.Import, f func(tx *db.Tx, now *crm.Import) error) error {
	var moved crm.Import
	err := s.DB.WriteStep(ctx, func(tx *db.Tx) error {
		now, err := store.LockImport(tx, i.BusinessID, i.ID)
		if err != nil {
			return err
		}
		if now.Status != i.Status || now.Round != i.Round || now.Place != i.Place {
			return errTaken
		}
		if err := f(tx, now); err != nil {
			return err
		}
		now.MovedAt = s.Now()
		store.ChangeImport(tx, i.BusinessID, now)
		moved = *now
		return nil
	})
	if err == nil && moved.Status != i.Status {
		err = s.DB.Settle(ctx)
	}
	if err == nil {
		*i = moved
	}
	return err
}

// tell lets live pages know how far an import is, but not too often.
func (s *Imports) tell(tx *db.Tx, i *crm.Import, last *time.Time) error {
	if i.Status.Working() && time.Since(*last) < tellEvery {
		return nil
	}
	*last = time.Now()
	return s.record(tx, s.event(crm.System(i.BusinessID), crm.ImportMoved, i))
}

func (s *Imports) workers() int {
	if s.Workers > 0 {
		return s.Workers
	}
	return runtime.NumCPU()
}

// pace finds how many rows take about some time.
type pace struct {
	rows, least, most int
	time              time.Duration
}

// paced is a pace on SQLite. On PostgreSQL nobody waits for one who writes, and all that there may
// be is done at once.
func (s *Imports) paced(p pace) pace {
	if s.DB.Engine() == db.Postgres {
		p.rows, p.least, p.most = maxChunk, maxChunk, maxChunk
	}
	return p
}

func (p *pace) took(rows int, d time.Duration) {
	if d <= 0 || rows == 0 {
		return
	}
	next := float64(rows) * float64(p.time) / float64(d)
	next = min(next, 2*float64(p.rows))
	p.rows = int(min(max(next, float64(p.least)), float64(p.most)))
}

// role is what whoever brought an import may do. Without a user it was brought by whoever
// runs the server.
func role(tx *db.Tx, i *crm.Import) (crm.Role, error) {
	if i.UserID == "" {
		return crm.Admin, nil
	}
	u, err := store.User(tx, i.BusinessID, i.UserID)
	return u.Role, err
}
