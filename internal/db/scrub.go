package db

import (
	"context"
	"strings"
)

// Scrub takes what was deleted from tables out of the files as well, as far as the engine
// can. On SQLite the pages are overwritten when something is deleted (secure_delete), and
// this empties the write-ahead log. On PostgreSQL it vacuums the tables: the space may
// be used anew; the server's own log keeps what was written until it is recycled.
func (d *DB) Scrub(ctx context.Context, tables []string) error {
	switch e := d.engine.(type) {
	case *sqliteEngine:
		for range 5 { // a reader may hold the log for a moment
			if done, err := e.checkpoints.run(ctx, e.writer, "truncate"); err != nil || done {
				return err
			}
		}
	case *postgresEngine:
		_, err := e.pool.Exec(ctx, "vacuum "+strings.Join(tables, ", "))
		return err
	}
	return nil
}
