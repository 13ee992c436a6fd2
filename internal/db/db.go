// Package db opens the database and runs transactions on it. It knows two engines and no
// table: SQLite embedded in the program, and PostgreSQL. Statements are written once, in
// the part of SQL that both speak, with $1 for arguments; what differs is in Tx.
package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"

	"parley/internal/crm"
)

// Engine is which database stands behind a DB.
type Engine string

// The engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// Config says where the database is. With URL it is PostgreSQL, else SQLite in File.
type Config struct {
	URL  string
	File string
	// Throwaway promises that nobody misses what is in File when the machine stops:
	// commits do not wait for the disk. Only the demo is that.
	Throwaway bool
	Log       *slog.Logger // nil: slog.Default
}

// DB is an open database. All of its methods may run side by side.
type DB struct {
	engine engine
	log    *slog.Logger
}

// engine is what the two databases do differently.
type engine interface {
	name() Engine
	read(context.Context, func(*Tx) error) error
	readBehind(context.Context, func(*Tx) error) error
	write(context.Context, func(*Tx) error) error
	writeBehind(context.Context, func(*Tx) error) error
	writeStep(context.Context, func(*Tx) error) error
	settle(context.Context) error
	close() error
}

// Open connects to the database. It does not migrate it.
func Open(ctx context.Context, c Config) (*DB, error) {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	d := &DB{log: c.Log}
	var err error
	if c.URL != "" {
		d.engine, err = openPostgres(ctx, c.URL)
	} else {
		d.engine, err = openSQLite(ctx, c.File, c.Throwaway)
	}
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return d, nil
}

// Close waits for running transactions and closes the database.
func (d *DB) Close() error { return d.engine.close() }

// Engine is which engine it is.
func (d *DB) Engine() Engine { return d.engine.name() }

// Read runs f on one consistent state of the database. f must not write.
func (d *DB) Read(ctx context.Context, f func(*Tx) error) error {
	return outcome(ctx, d.engine.read(ctx, f))
}

// ReadBehind is Read for what goes on by itself: see WriteBehind.
func (d *DB) ReadBehind(ctx context.Context, f func(*Tx) error) error {
	return outcome(ctx, d.engine.readBehind(ctx, f))
}

// tries is how often Write looks again after it lost a race.
const tries = 5

// Write runs f in a transaction and commits it when f returns nil; nil from Write means
// that it is on disk. f may run several times: after a deadlock or when another node
// inserted the same key first, a second look sees what is there now. It must therefore
// change nothing but the database; what has to happen once goes into Tx.After.
func (d *DB) Write(ctx context.Context, f func(*Tx) error) error {
	return d.again(ctx, f, d.engine.write)
}

// WriteBehind is Write for what goes on by itself, such as a broadcast or an import: what
// people wait for goes first, and few of these run side by side: on SQLite's one writer they
// have a lane of their own, on PostgreSQL they stand still while others are on the way. One that is long should end
// where it is once Tx.Awaited says that somebody waits.
func (d *DB) WriteBehind(ctx context.Context, f func(*Tx) error) error {
	return d.again(ctx, f, d.engine.writeBehind)
}

// WriteStep is WriteBehind for a step of work that goes on from where the database says it is, and
// that notes there how far it is, as an import does. On SQLite it does not wait for the disk: what
// is committed next with Write takes it there, or Settle, or a moment later the writer itself. Should the
// power go before that, the last steps are undone, each of them whole, and the work does them again.
// So nothing outside of the database may rely on one; who is told of events is told again, under
// other numbers (leapEvents).
func (d *DB) WriteStep(ctx context.Context, f func(*Tx) error) error {
	return d.again(ctx, f, d.engine.writeStep)
}

// Settle has all that was committed reach the disk, steps as well.
func (d *DB) Settle(ctx context.Context) error { return outcome(ctx, d.engine.settle(ctx)) }

func (d *DB) again(ctx context.Context, f func(*Tx) error, write func(context.Context, func(*Tx) error) error) error {
	for try := 1; ; try++ {
		err := write(ctx, f)
		if try == tries || !lostRace(err) {
			return outcome(ctx, err)
		}
		d.log.DebugContext(ctx, "transaction lost a race and runs again", "try", try, "error", err)
	}
}

// lostRace reports whether the transaction failed only because of others: serialization
// failure, deadlock, unique violation.
func lostRace(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01" || pg.Code == "23505")
}

// outcome turns a database that is away, or whose disk is full, into an answer of kind
// Unavailable, so that a provider gets its 503 and tries again.
func outcome(ctx context.Context, err error) error {
	switch {
	case err == nil || crm.KindOf(err) != "" || ctx.Err() != nil:
		return err
	case isFull(err):
		return errors.Join(crm.Errorf(crm.Unavailable, "disk_full", "The disk of the server is full, and this was not done. Whoever runs this Parley must make room."), err)
	case isAway(err):
		return errors.Join(crm.Errorf(crm.Unavailable, "database_away", "The database cannot be reached at the moment. Please try again."), err)
	}
	return err
}

// isFull reports whether there was no room on the disk.
func isFull(err error) bool {
	var pg *pgconn.PgError
	var lite *sqlite.Error
	switch {
	case errors.As(err, &pg):
		return pg.Code == "53100"
	case errors.As(err, &lite):
		return lite.Code()&0xff == sqliteFull
	}
	return errors.Is(err, syscall.ENOSPC)
}

// sqliteFull is SQLITE_FULL.
const sqliteFull = 13
