package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"runtime"
	"sync"

	_ "modernc.org/sqlite" // the driver, named "sqlite"
)

// sqliteEngine has one connection that writes and several that read. WAL lets readers go
// on while the writer commits.
type sqliteEngine struct {
	writer      *sql.DB // exactly one connection
	readers     statements
	behind      statements // reads for which nobody waits
	queue       *writeQueue
	checkpoints *checkpointer
	passing     passing
}

// Each connection keeps pages of its own. The writer is no faster with more of them, and those
// who go through much once would keep what nobody reads again.
const (
	writerPages = "&_pragma=cache_size(-32768)" // kilobytes
	readerPages = "&_pragma=cache_size(-16384)"
	behindPages = "&_pragma=cache_size(-4096)"
)

func openSQLite(ctx context.Context, file string, throwaway bool) (e engine, err error) {
	if err := registerIncoming(); err != nil {
		return nil, err
	}
	// secure_delete: what is deleted is overwritten, so that an erasure (C10) reaches the file.
	writing, kept := "&_txlock=immediate&_pragma=secure_delete(1)"+writerPages, ""
	if throwaway {
		kept = "&_pragma=synchronous(OFF)"
	}
	var opened []*sql.DB
	open := func(options string, connections int) *sql.DB {
		if err != nil {
			return nil
		}
		var d *sql.DB
		if d, err = openSQLiteFile(ctx, file, options, connections); err == nil {
			opened = append(opened, d)
		}
		return d
	}
	many := max(4, runtime.NumCPU()*2)
	writer := open(writing+kept, 1)
	readers, behind := open("&_pragma=query_only(1)"+readerPages, many), open("&_pragma=query_only(1)"+behindPages, many)
	mover := open(kept, 1)
	if err != nil {
		for _, d := range opened {
			_ = d.Close()
		}
		return nil, err
	}
	lite := &sqliteEngine{writer: writer, readers: statements{db: readers}, behind: statements{db: behind}, checkpoints: startCheckpointer(mover)}
	var log *logSync
	if !throwaway {
		log = startLogSync(file)
	}
	lite.queue = startWriteQueue(writer, log, &lite.passing, lite.checkpoints.tell)
	return lite, nil
}

func openSQLiteFile(ctx context.Context, file, options string, connections int) (*sql.DB, error) {
	// synchronous=FULL: a commit is on disk before the webhook gets its 200. What it
	// costs is measured in DESIGN.md ("Two engines").
	dsn := "file:" + (&url.URL{Path: file}).EscapedPath() +
		"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=foreign_keys(1)&_pragma=temp_store(2)&_pragma=wal_autocheckpoint(16000)" + options
	d, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	d.SetMaxOpenConns(connections)
	d.SetMaxIdleConns(connections)
	if err := d.PingContext(ctx); err != nil {
		_ = d.Close()
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return d, nil
}

func (e *sqliteEngine) name() Engine { return SQLite }

func (e *sqliteEngine) close() error {
	e.queue.stop()
	e.checkpoints.end()
	e.queue.log.end()
	return errors.Join(e.readers.db.Close(), e.behind.db.Close(), e.writer.Close())
}

func (e *sqliteEngine) readBehind(ctx context.Context, f func(*Tx) error) error {
	return e.behind.reading(ctx, f)
}

func (e *sqliteEngine) read(ctx context.Context, f func(*Tx) error) error {
	e.passing.enter()
	defer e.passing.leave()
	return e.readers.reading(ctx, f)
}

func (s *statements) reading(ctx context.Context, f func(*Tx) error) error {
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() {
		_ = tx.Rollback()
		s.learn(context.WithoutCancel(ctx))
	}()
	t := &Tx{ctx: ctx, conn: &sqliteTx{tx: tx, statements: s}}
	if err := f(t); err != nil {
		return err
	}
	return t.err
}

func (e *sqliteEngine) write(ctx context.Context, f func(*Tx) error) error {
	return e.queue.do(ctx, e.queue.waiting, &waitingWrite{run: f})
}

func (e *sqliteEngine) writeBehind(ctx context.Context, f func(*Tx) error) error {
	return e.queue.do(ctx, e.queue.behind, &waitingWrite{run: f})
}

func (e *sqliteEngine) writeStep(ctx context.Context, f func(*Tx) error) error {
	return e.queue.do(ctx, e.queue.behind, &waitingWrite{run: f, step: true})
}

func (e *sqliteEngine) settle(context.Context) error { return e.queue.log.now() }

// sqliteTx is a conn on SQLite: statements run at once.
type sqliteTx struct {
	tx         *sql.Tx
	statements *statements
	inserter   *inserter // nil in a Read
}

func (c *sqliteTx) engine() Engine { return SQLite }

func (c *sqliteTx) exec(ctx context.Context, sql string, args []any) error {
	_, err := c.affected(ctx, sql, args)
	return err
}

func (c *sqliteTx) affected(ctx context.Context, sql string, args []any) (int64, error) {
	stmt, err := c.statements.in(ctx, c.tx, sql)
	if err != nil {
		return 0, err
	}
	result, err := stmt.ExecContext(ctx, bindSQLite(args)...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (c *sqliteTx) query(ctx context.Context, queries []Query) error {
	for _, q := range queries {
		if err := c.queryOne(ctx, q); err != nil {
			return fmt.Errorf("%w in %q", err, brief(q.sql))
		}
	}
	return nil
}

func (c *sqliteTx) queryOne(ctx context.Context, q Query) error {
	stmt, err := c.statements.in(ctx, c.tx, q.sql)
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(ctx, bindSQLite(q.args)...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := q.each(sqliteRow{rows}); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (c *sqliteTx) insert(ctx context.Context, table string, columns []string, rows [][]any) error {
	return c.inserter.insert(ctx, table, columns, rows)
}

type sqliteRow struct{ rows *sql.Rows }

func (r sqliteRow) Scan(dest ...any) error { return r.rows.Scan(scanTargets(dest)...) }

// bindSQLite binds lists as JSON, which is how = any($1) takes them here.
func bindSQLite(args []any) []any {
	out := bind(args)
	for i, arg := range out {
		switch arg.(type) {
		case nil, []byte, string, int, int64, bool, driver.Valuer:
			continue
		}
		if reflect.TypeOf(arg).Kind() == reflect.Slice {
			list, _ := json.Marshal(arg) // strings and numbers only: cannot fail
			if string(list) == "null" {
				list = []byte("[]")
			}
			out[i] = string(list)
		}
	}
	return out
}

// statements keeps prepared statements by their text. Every text is a constant of the
// program, so there is an end to them.
type statements struct {
	db    *sql.DB
	cache sync.Map // text → *sql.Stmt
	mu    sync.Mutex
	asked []string // texts that were not there yet
}

// in is the statement for use in a transaction. One that is not kept yet is prepared for
// this transaction alone: preparing on db would wait for a connection that this very
// transaction may hold. learn keeps it for the next.
func (s *statements) in(ctx context.Context, tx *sql.Tx, text string) (*sql.Stmt, error) {
	if stmt, ok := s.cache.Load(text); ok {
		return tx.StmtContext(ctx, stmt.(*sql.Stmt)), nil
	}
	s.mu.Lock()
	s.asked = append(s.asked, text)
	s.mu.Unlock()
	return tx.PrepareContext(ctx, sqliteDialect(text))
}

// learn prepares what was asked for in vain; call it when the transaction is over.
func (s *statements) learn(ctx context.Context) {
	s.mu.Lock()
	asked := s.asked
	s.asked = nil
	s.mu.Unlock()
	for _, text := range asked {
		if _, ok := s.cache.Load(text); ok {
			continue
		}
		stmt, err := s.db.PrepareContext(ctx, sqliteDialect(text))
		if err != nil {
			continue // whoever uses it next learns why
		}
		if _, twice := s.cache.LoadOrStore(text, stmt); twice {
			_ = stmt.Close()
		}
	}
}

var (
	anyOf     = regexp.MustCompile(`= any\(\$(\d+)\)`)
	argument  = regexp.MustCompile(`\$(\d+)`)
	forUpdate = regexp.MustCompile(`\bfor (no key )?update( of \w+)?\b`)
)

// sqliteDialect brings a statement from the common text to what SQLite reads: lists come
// as JSON, the one writer needs no row locks, and arguments are numbered with ?.
func sqliteDialect(text string) string {
	text = anyOf.ReplaceAllString(text, `in (select value from json_each($$$1))`)
	text = forUpdate.ReplaceAllString(text, "")
	return argument.ReplaceAllString(text, `?$1`)
}
