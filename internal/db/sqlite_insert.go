package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"time"
)

// inserter adds rows by the driver's own statements: what database/sql and names of arguments
// cost is a fifth of what adding a row does. It keeps the statements of one connection.
type inserter struct {
	conn     *sql.Conn // of the running transaction
	of       driver.Conn
	kept     map[string]driver.Stmt
	incoming *incoming
}

// manyRows is from how many rows on SQLite is to take them all with one statement.
const manyRows = 8

var errNoWriting = errors.New("db: nothing is written in a Read")

// use has rows added on a connection on which no transaction has begun yet: what it makes there
// would go with one that is taken back.
func (i *inserter) use(ctx context.Context, conn *sql.Conn) error {
	i.conn = conn
	return conn.Raw(func(c any) error {
		if i.of == c.(driver.Conn) {
			return nil
		}
		if _, err := c.(driver.ExecerContext).ExecContext(ctx, i.incoming.define(), nil); err != nil {
			return err
		}
		i.of, i.kept = c.(driver.Conn), map[string]driver.Stmt{}
		return nil
	})
}

// insert adds rows within the transaction that runs on the connection.
func (i *inserter) insert(ctx context.Context, table string, columns []string, rows [][]any) error {
	switch {
	case i == nil:
		return errNoWriting
	case len(rows) < manyRows || len(columns) > incomingColumns:
		return i.insertFew(ctx, table, columns, rows)
	}
	return i.with(ctx, insertIncoming(table, columns), func(stmt driver.StmtExecContext) error {
		i.incoming.rows = rows
		defer func() { i.incoming.rows = nil }()
		_, err := stmt.ExecContext(ctx, nil)
		return err
	})
}

// insertFew adds rows one by one.
func (i *inserter) insertFew(ctx context.Context, table string, columns []string, rows [][]any) error {
	return i.with(ctx, insertOne(table, columns), func(stmt driver.StmtExecContext) (err error) {
		args := make([]driver.NamedValue, len(columns))
		for _, row := range rows {
			for n, value := range row {
				args[n].Ordinal = n + 1
				if args[n].Value, err = driverValue(value); err != nil {
					return err
				}
			}
			if _, err := stmt.ExecContext(ctx, args); err != nil {
				return err
			}
		}
		return nil
	})
}

// with runs f with a statement, which is prepared when it is the first time.
func (i *inserter) with(ctx context.Context, text string, f func(driver.StmtExecContext) error) error {
	return i.conn.Raw(func(c any) error {
		stmt, ok := i.kept[text]
		if !ok {
			var err error
			if stmt, err = c.(driver.ConnPrepareContext).PrepareContext(ctx, text); err != nil {
				return err
			}
			i.kept[text] = stmt
		}
		return f(stmt.(driver.StmtExecContext))
	})
}

// close lets go of the statements: SQLite keeps a file open as long as there is one.
func (i *inserter) close(db *sql.DB) {
	defer i.incoming.forget()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	conn, err := db.Conn(ctx)
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	_ = conn.Raw(func(any) error {
		for _, stmt := range i.kept {
			_ = stmt.Close()
		}
		i.kept = nil
		return nil
	})
}

// insertOne has no numbers in it: the driver would look for them one by one.
func insertOne(table string, columns []string) string {
	return "insert into " + table + " (" + strings.Join(columns, ", ") + ") values (?" + strings.Repeat(", ?", len(columns)-1) + ")"
}

// driverValue is a value as the driver takes it.
func driverValue(value any) (driver.Value, error) {
	switch v := bindOne(value).(type) {
	case nil, string, int64, bool:
		return v, nil
	case []byte:
		if v == nil { // a virtual table would make it an empty one
			return nil, nil
		}
		return v, nil
	default:
		return driver.DefaultParameterConverter.ConvertValue(v)
	}
}
