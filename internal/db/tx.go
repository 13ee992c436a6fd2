package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Tx is a running transaction. It belongs to one goroutine.
type Tx struct {
	ctx   context.Context
	conn  conn
	err   error // of an Exec; everything after it fails with it
	after []func()
	// courtesy is nil unless it is a WriteBehind.
	courtesy *courtesy
}

// conn is one engine's side of a transaction.
type conn interface {
	engine() Engine
	exec(ctx context.Context, sql string, args []any) error
	query(ctx context.Context, queries []Query) error
	insert(ctx context.Context, table string, columns []string, rows [][]any) error
	affected(ctx context.Context, sql string, args []any) (int64, error)
}

// Row is one row of an answer.
type Row interface {
	// Scan reads the columns in order. Times are read into *time.Time, NULL into an
	// empty crm.ID, documents into what JSON wraps.
	Scan(dest ...any) error
}

// Query is a statement together with what reads its rows.
type Query struct {
	sql  string
	args []any
	each func(Row) error
}

// Context is the context the transaction runs in.
func (tx *Tx) Context() context.Context { return tx.ctx }

// Engine is which engine it runs on, for the few statements that cannot be the same.
func (tx *Tx) Engine() Engine { return tx.conn.engine() }

// Awaited reports, in a WriteBehind, that others wait for it to end. On PostgreSQL nobody
// waits for a transaction that touches none of their rows.
func (tx *Tx) Awaited() bool { return tx.courtesy.ends() }

// Exec runs a statement whose answer nobody needs. On PostgreSQL it waits for the next
// query or the commit and travels with it, so a mistake in it shows there.
func (tx *Tx) Exec(sql string, args ...any) {
	if tx.err != nil {
		return
	}
	tx.courtesy.letPass(tx.ctx)
	if err := tx.conn.exec(tx.ctx, sql, args); err != nil {
		tx.err = fmt.Errorf("%w in %q", err, brief(sql))
	}
}

// Affected runs a statement and reports how many rows it changed.
func (tx *Tx) Affected(sql string, args ...any) (int64, error) {
	if tx.err != nil {
		return 0, tx.err
	}
	tx.courtesy.letPass(tx.ctx)
	n, err := tx.conn.affected(tx.ctx, sql, args)
	if err != nil {
		return 0, fmt.Errorf("%w in %q", err, brief(sql))
	}
	return n, nil
}

// Insert adds rows to a table by the fastest way there is. Like Exec it may wait.
func (tx *Tx) Insert(table string, columns []string, rows [][]any) {
	if tx.err != nil || len(rows) == 0 {
		return
	}
	tx.courtesy.letPass(tx.ctx)
	if err := tx.conn.insert(tx.ctx, table, columns, rows); err != nil {
		tx.err = fmt.Errorf("%w in insert into %s", err, table)
	}
}

// Ask runs queries, on PostgreSQL all in one round trip.
func (tx *Tx) Ask(queries ...Query) error {
	if tx.err != nil {
		return tx.err
	}
	tx.courtesy.letPass(tx.ctx)
	return tx.conn.query(tx.ctx, queries)
}

// After runs f once the transaction is committed.
func (tx *Tx) After(f func()) { tx.after = append(tx.after, f) }

// Each makes a Query that hands every row to read.
func Each(read func(Row) error, sql string, args ...any) Query {
	return Query{sql, args, read}
}

// Into makes a Query that appends every row, as scan reads it, to list.
func Into[T any](list *[]T, scan func(Row) (T, error), sql string, args ...any) Query {
	return Query{sql, args, func(row Row) error {
		item, err := scan(row)
		if err == nil {
			*list = append(*list, item)
		}
		return err
	}}
}

// All is every row of a query.
func All[T any](tx *Tx, scan func(Row) (T, error), sql string, args ...any) ([]T, error) {
	var list []T
	err := tx.Ask(Into(&list, scan, sql, args...))
	return list, err
}

// One is the first row of a query; found is false when there is none.
func One[T any](tx *Tx, scan func(Row) (T, error), sql string, args ...any) (item T, found bool, err error) {
	list, err := All(tx, scan, sql, args...)
	if err != nil || len(list) == 0 {
		return item, false, err
	}
	return list[0], true, nil
}

// Column scans a row of one column.
func Column[T any](row Row) (value T, err error) {
	err = row.Scan(&value)
	return value, err
}

// SQLTx is the transaction underneath on SQLite, for a library that must join it.
func (tx *Tx) SQLTx() *sql.Tx {
	if c, ok := tx.conn.(*sqliteTx); ok {
		return c.tx
	}
	return nil
}

// PgxTx is the transaction underneath on PostgreSQL, for a library that must join it.
func (tx *Tx) PgxTx() (pgx.Tx, error) {
	c, ok := tx.conn.(*postgresTx)
	if !ok {
		return nil, errors.New("db: not on PostgreSQL")
	}
	if tx.err != nil {
		return nil, tx.err
	}
	return joined{c}, c.flush(tx.ctx, nil)
}

// brief is the start of a statement, for an error message.
func brief(sql string) string {
	if len(sql) > 80 {
		return sql[:80] + "…"
	}
	return sql
}
