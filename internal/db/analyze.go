package db

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// Analyze has the database look at how its tables are filled, which the choice of indexes
// rests on. It is worth it after much was added to empty ones. On SQLite the choice rests
// on the indexes alone, and there is nothing to do.
func (d *DB) Analyze(ctx context.Context) error {
	pool := d.Pool()
	if pool == nil {
		return nil
	}
	_, err := pool.Exec(ctx, "analyze")
	return err
}

// lookForGrowth is how often KeepAnalyzed looks where this process adds no rows in bulk.
var lookForGrowth = time.Second

// grown are the tables that have doubled since PostgreSQL last looked at them: their files, or
// their rows, which count once they are committed, a little later. A table that was looked at in
// the middle of the long transaction that filled it seems empty, and its file grows no more.
const grown = `select c.relname from pg_class c join pg_stat_user_tables s on s.relid = c.oid
	where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace
		and (pg_relation_size(c.oid) / current_setting('block_size')::bigint > 2 * greatest(c.relpages, 4)
			or s.n_mod_since_analyze > greatest(c.reltuples, 250))`

// gathered empties the lists in which what is new waits for an index that takes many at once:
// nobody's transaction has to, and a search finds little in them.
const gathered = `select gin_clean_pending_list(c.oid) from pg_class c
	where c.relkind = 'i' and c.relnamespace = current_schema()::regnamespace and 'fastupdate=on' = any(c.reloptions)`

// KeepAnalyzed has PostgreSQL look at tables as they double, until ctx ends. A young
// installation grows faster than autovacuum comes by, and each connection goes on with
// plans that were right for a few rows: a thousand webhooks a second then walk a whole
// table each, and so does each foreign key of an import. Behind a transaction that added
// many rows it looks at once. It also empties what waits for indexes. On SQLite it returns
// at once.
func (d *DB) KeepAnalyzed(ctx context.Context, report func(error)) {
	e, ok := d.engine.(*postgresEngine)
	if !ok {
		return
	}
	tick := time.NewTicker(lookForGrowth)
	defer tick.Stop()
	for {
		var err error
		select {
		case <-tick.C:
			_, err = e.pool.Exec(ctx, gathered)
		case <-e.grew:
		case <-ctx.Done():
			return
		}
		if err = errors.Join(err, d.analyzeGrown(ctx)); err != nil && ctx.Err() == nil {
			report(err)
		}
	}
}

func (d *DB) analyzeGrown(ctx context.Context) error {
	rows, err := d.Pool().Query(ctx, grown)
	if err != nil {
		return err
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, table := range tables {
		// Of several nodes one does it; the others' turn comes in vain.
		if _, err := d.Pool().Exec(ctx, "analyze (skip_locked) "+pgx.Identifier{table}.Sanitize()); err != nil {
			return err
		}
	}
	return err
}
