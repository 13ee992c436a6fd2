package contacts

import (
	"context"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// indexEvery is how long a changed contact may wait for the text index. Searches look
// through what waits, so nobody notices.
const indexEvery = 250 * time.Millisecond

// A transaction that indexes takes about indexTime, so that webhooks do not wait for it: up
// to indexChunk contacts that are new, and a dozen whose old text is overwritten. It begins
// with minIndexed, for where people type and nobody imports, a save should wait still less.
const (
	indexTime  = 40 * time.Millisecond
	indexChunk = 1000
	minIndexed = 2
)

// KeepIndexed brings SQLite's text index up to date until ctx ends. On PostgreSQL the
// index is live and it returns at once.
func (s *Contacts) KeepIndexed(ctx context.Context, report func(error)) {
	if s.DB.Engine() == db.Postgres {
		return
	}
	tick := time.NewTicker(indexEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if err := s.Index(ctx); err != nil && ctx.Err() == nil {
			report(err)
		}
	}
}

// Index brings the text index up to date now, in chunks.
func (s *Contacts) Index(ctx context.Context) error {
	for size := minIndexed; ; {
		waiting := false
		err := s.DB.ReadBehind(ctx, func(tx *db.Tx) (err error) {
			waiting, err = store.AnyUnindexed(tx)
			return err
		})
		if err != nil || !waiting {
			return err
		}
		begun := time.Now()
		err = s.DB.WriteBehind(ctx, func(tx *db.Tx) error {
			_, err := store.IndexSome(tx, size)
			return err
		})
		if err != nil {
			return err
		}
		switch took := time.Since(begun); {
		case took > indexTime:
			size = max(size/2, minIndexed)
		case took < indexTime/2:
			size = min(size*2, indexChunk)
		}
	}
}

// Rebuild fills the text index anew after a restore, and has duplicates looked for anew.
func (s *Contacts) Rebuild(ctx context.Context) error {
	var businesses []crm.Business
	err := s.DB.ReadBehind(ctx, func(tx *db.Tx) (err error) {
		businesses, err = store.Businesses(tx)
		return err
	})
	for _, b := range businesses {
		if err == nil {
			err = s.DB.Write(ctx, func(tx *db.Tx) error {
				store.ForgetProgress(tx, b.ID)
				return nil
			})
		}
		for after := crm.ID(""); err == nil; {
			var done bool
			err = s.DB.Write(ctx, func(tx *db.Tx) (err error) {
				after, done, err = store.IndexFrom(tx, b.ID, after, indexChunk)
				return err
			})
			if done {
				break
			}
		}
	}
	if err != nil {
		return err
	}
	return s.Index(ctx)
}
