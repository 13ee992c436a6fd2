package db

import (
	"context"
	"time"
)

// SetLookForGrowth changes how often KeepAnalyzed looks by itself.
func SetLookForGrowth(d time.Duration) (restore func()) {
	had := lookForGrowth
	lookForGrowth = d
	return func() { lookForGrowth = had }
}

// Step takes one step of the schema that was not taken, whatever was taken after it.
func (d *DB) Step(ctx context.Context, version int64) error {
	provider, closeProvider, err := d.provider()
	if err != nil {
		return err
	}
	defer closeProvider()
	_, err = provider.ApplyVersion(ctx, version, true)
	return err
}

// Queued is how many writes wait for SQLite's writer.
func Queued(d *DB) int {
	q := d.engine.(*sqliteEngine).queue
	return len(q.waiting) + len(q.behind)
}

// AnalyzeGrown is one look of KeepAnalyzed.
func (d *DB) AnalyzeGrown(ctx context.Context) error { return d.analyzeGrown(ctx) }

// WritesWaiting is how many writes wait for SQLite's writer that are not behind.
func WritesWaiting(d *DB) int { return len(d.engine.(*sqliteEngine).queue.waiting) }

// Patience has those behind let others pass for so long.
func Patience(d *DB, long time.Duration) {
	switch e := d.engine.(type) {
	case *postgresEngine:
		e.patience = long
	case *sqliteEngine:
		e.queue.patience = long
	}
}

// Lags reports whether a commit that did not wait for SQLite's disk waits to be brought there.
func Lags(d *DB) bool { return d.engine.(*sqliteEngine).queue.log.lags() }
