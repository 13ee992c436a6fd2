package db

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

type postgresEngine struct {
	pool     *pgxpool.Pool
	grew     chan struct{} // told when many rows were added at once; see KeepAnalyzed
	behind   chan struct{} // places for transactions that let others go first
	passing  passing       // those others
	patience time.Duration
}

// planning is what the planner is told, unless the address of the database says otherwise
// (docs/decisions/042-what-postgres-is-told.md).
var planning = map[string]string{
	// To compile a plan takes longer than any of our statements.
	"jit": "off",
	// A page of an index is in memory, or on a disk without a head to move. With the 4 that is set
	// where nobody sets it, the planner reads a whole book to find two thousand people in it.
	"random_page_cost": "1.1",
	// Workers take longer to begin than our statements take, and the processors that others need.
	"max_parallel_workers_per_gather": "0",
}

func openPostgres(ctx context.Context, url string) (engine, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(url, "pool_max_conns") {
		config.MaxConns = 32
	}
	config.ConnConfig.ConnectTimeout = 5 * time.Second
	config.ConnConfig.RuntimeParams["application_name"] = "parley"
	for name, value := range planning {
		if _, said := config.ConnConfig.RuntimeParams[name]; !said {
			config.ConnConfig.RuntimeParams[name] = value
		}
	}
	// A transaction of ours is short. One that is not, because a node hung in the middle,
	// must not hold up live updates and locks for good.
	config.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "60000"
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return &postgresEngine{pool: pool, grew: make(chan struct{}, 1), behind: make(chan struct{}, max(2, runtime.NumCPU()/2)), patience: patience}, nil
}

func (e *postgresEngine) name() Engine { return Postgres }

func (e *postgresEngine) close() error {
	e.pool.Close()
	return nil
}

const (
	beginRead  = "begin isolation level repeatable read read only"
	beginWrite = "begin"
)

func (e *postgresEngine) read(ctx context.Context, f func(*Tx) error) error {
	return e.ahead(ctx, beginRead, f)
}

func (e *postgresEngine) write(ctx context.Context, f func(*Tx) error) error {
	return e.ahead(ctx, beginWrite, f)
}

// ahead runs a transaction that somebody waits for.
func (e *postgresEngine) ahead(ctx context.Context, begin string, f func(*Tx) error) error {
	e.passing.enter()
	defer e.passing.leave()
	return e.run(ctx, begin, nil, f)
}

func (e *postgresEngine) readBehind(ctx context.Context, f func(*Tx) error) error {
	return e.run(ctx, beginRead, nil, f)
}

func (e *postgresEngine) writeBehind(ctx context.Context, f func(*Tx) error) error {
	select {
	case e.behind <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-e.behind }()
	return e.run(ctx, beginWrite, &courtesy{passing: &e.passing, left: e.patience}, f)
}

func (e *postgresEngine) writeStep(ctx context.Context, f func(*Tx) error) error {
	return e.writeBehind(ctx, f)
}

func (e *postgresEngine) settle(context.Context) error { return nil }

// run lends f a connection. Begin and commit travel with the first and the last
// statements, so a transaction of one query and some writes takes two round trips.
func (e *postgresEngine) run(ctx context.Context, begin string, courtesy *courtesy, f func(*Tx) error) (err error) {
	pooled, err := e.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer pooled.Release()
	c := &postgresTx{conn: pooled.Conn(), begin: begin}
	defer func() {
		if c.begin == "" && (err != nil || recover2(recover())) {
			c.rollback()
		}
	}()
	tx := &Tx{ctx: ctx, conn: c, courtesy: courtesy}
	if err := f(tx); err != nil {
		return err
	}
	if tx.err != nil {
		return tx.err
	}
	if c.begin != "" && len(c.waiting) == 0 {
		return nil // it asked nothing
	}
	courtesy.letPass(ctx) // what waits for the commit, and its log, take a while as well
	if err := c.commit(ctx); err != nil {
		return err
	}
	for _, f := range tx.after {
		f()
	}
	if c.copied {
		select {
		case e.grew <- struct{}{}:
		default: // it was told already
		}
	}
	return nil
}

// recover2 lets the deferred rollback run before a panic goes on.
func recover2(p any) bool {
	if p != nil {
		panic(p)
	}
	return false
}

// postgresTx is a conn on PostgreSQL: statements wait and travel together.
type postgresTx struct {
	conn    *pgx.Conn
	begin   string // not yet sent; empty once it was
	waiting []Query
	copied  bool // many rows were added at once
}

func (c *postgresTx) engine() Engine { return Postgres }

func (c *postgresTx) exec(_ context.Context, sql string, args []any) error {
	c.waiting = append(c.waiting, Query{sql: sql, args: args})
	return nil
}

func (c *postgresTx) query(ctx context.Context, queries []Query) error {
	return c.flush(ctx, queries)
}

func (c *postgresTx) affected(ctx context.Context, sql string, args []any) (int64, error) {
	if err := c.flush(ctx, nil); err != nil {
		return 0, err
	}
	tag, err := c.conn.Exec(ctx, sql, bind(args)...)
	return tag.RowsAffected(), err
}

const (
	// copyFrom is the number of rows from which COPY beats statements in a pipeline.
	copyFrom = 32
	// bulk is from how many rows on a table grows faster than is looked for growth: those of
	// an import or a sync, and not of messages that came together.
	bulk = 250
)

func (c *postgresTx) insert(ctx context.Context, table string, columns []string, rows [][]any) error {
	if len(rows) < copyFrom {
		for _, row := range rows {
			_ = c.exec(ctx, insertStatement(table, columns), row)
		}
		return nil
	}
	if err := c.flush(ctx, nil); err != nil {
		return err
	}
	c.copied = c.copied || len(rows) >= bulk
	_, err := c.conn.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
		return bind(rows[i]), nil
	}))
	return err
}

// flush sends what waits, then queries, in one round trip, and reads the answers.
func (c *postgresTx) flush(ctx context.Context, queries []Query) error {
	all := append(c.waiting, queries...)
	c.waiting = nil
	if c.begin != "" {
		all = append([]Query{{sql: c.begin}}, all...)
		c.begin = ""
	}
	if len(all) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	for _, q := range all {
		batch.Queue(q.sql, bind(q.args)...)
	}
	results := c.conn.SendBatch(ctx, batch)
	for _, q := range all {
		if err := readResult(results, q); err != nil {
			_ = results.Close()
			return fmt.Errorf("%w in %q", err, brief(q.sql))
		}
	}
	return results.Close()
}

func readResult(results pgx.BatchResults, q Query) error {
	if q.each == nil {
		_, err := results.Exec()
		return err
	}
	rows, err := results.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := q.each(postgresRow{rows}); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (c *postgresTx) commit(ctx context.Context) error {
	return c.flush(ctx, []Query{{sql: "commit"}})
}

// rollback ends a failed transaction even when the caller's context is over.
func (c *postgresTx) rollback() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if _, err := c.conn.Exec(ctx, "rollback"); err != nil {
		_ = c.conn.Close(ctx) // the pool replaces it
	}
}

type postgresRow struct{ rows pgx.Rows }

func (r postgresRow) Scan(dest ...any) error { return r.rows.Scan(scanTargets(dest)...) }

// isAway reports whether the database could not be reached or is going down.
func isAway(err error) bool {
	var connect *pgconn.ConnectError
	var network net.Error
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &connect), errors.As(err, &network), errors.Is(err, errStopped):
		return true
	case errors.As(err, &pg): // admin shutdown, cannot connect now, too many connections
		return strings.HasPrefix(pg.Code, "57P") || strings.HasPrefix(pg.Code, "08") || pg.Code == "53300"
	}
	return pgconn.SafeToRetry(err) || strings.Contains(err.Error(), "conn closed")
}

func insertStatement(table string, columns []string) string {
	var marks strings.Builder
	for i := range columns {
		if i > 0 {
			marks.WriteString(", ")
		}
		fmt.Fprintf(&marks, "$%d", i+1)
	}
	return "insert into " + table + " (" + strings.Join(columns, ", ") + ") values (" + marks.String() + ")"
}

// Pool is the database underneath on PostgreSQL; nil on SQLite.
func (d *DB) Pool() *pgxpool.Pool {
	if e, ok := d.engine.(*postgresEngine); ok {
		return e.pool
	}
	return nil
}
