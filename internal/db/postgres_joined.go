package db

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// joined is a running transaction as a pgx.Tx, for a library that must take part in it
// (River). It cannot end the transaction: that is Write's business.
type joined struct{ c *postgresTx }

var errNotYours = errors.New("db: the transaction is not yours to end")

func (j joined) Begin(ctx context.Context) (pgx.Tx, error) {
	if _, err := j.c.conn.Exec(ctx, "savepoint joined"); err != nil {
		return nil, err
	}
	return nested{j}, nil
}

func (j joined) Commit(context.Context) error   { return errNotYours }
func (j joined) Rollback(context.Context) error { return errNotYours }

func (j joined) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	return j.c.conn.CopyFrom(ctx, table, columns, rows)
}

func (j joined) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return j.c.conn.SendBatch(ctx, b)
}

func (j joined) LargeObjects() pgx.LargeObjects { return pgx.LargeObjects{} }

func (j joined) Prepare(ctx context.Context, name, sql string) (*pgconn.StatementDescription, error) {
	return j.c.conn.Prepare(ctx, name, sql)
}

func (j joined) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return j.c.conn.Exec(ctx, sql, args...)
}

func (j joined) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return j.c.conn.Query(ctx, sql, args...)
}

func (j joined) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return j.c.conn.QueryRow(ctx, sql, args...)
}

func (j joined) Conn() *pgx.Conn { return j.c.conn }

// nested is a savepoint within a joined transaction.
type nested struct{ joined }

func (n nested) Commit(ctx context.Context) error {
	_, err := n.c.conn.Exec(ctx, "release savepoint joined")
	return err
}

func (n nested) Rollback(ctx context.Context) error {
	_, err := n.c.conn.Exec(ctx, "rollback to savepoint joined")
	return err
}
