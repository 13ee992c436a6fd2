package db

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"testing/fstest"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed migrations
var migrations embed.FS

// Migrate brings the schema up to date. Several nodes may do so at once.
func (d *DB) Migrate(ctx context.Context) error {
	provider, closeProvider, err := d.provider()
	if err != nil {
		return err
	}
	defer closeProvider()
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if err := d.migrateJobs(ctx); err != nil {
		return fmt.Errorf("migrate jobs: %w", err)
	}
	return nil
}

// Migration is one step of the schema.
type Migration struct {
	Version int64
	Name    string
	Applied bool
}

// Migrations lists every step and whether it was taken.
func (d *DB) Migrations(ctx context.Context) ([]Migration, error) {
	provider, closeProvider, err := d.provider()
	if err != nil {
		return nil, err
	}
	defer closeProvider()
	status, err := provider.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("migration status: %w", err)
	}
	var list []Migration
	for _, s := range status {
		name := s.Source.Path
		if s.Source.Type == goose.TypeGo {
			name = goStepNames[s.Source.Version]
		}
		list = append(list, Migration{s.Source.Version, name, s.State == goose.StateApplied})
	}
	return list, nil
}

func (d *DB) provider() (*goose.Provider, func(), error) {
	switch e := d.engine.(type) {
	case *sqliteEngine:
		p, err := goose.NewProvider(goose.DialectSQLite3, e.writer, steps(SQLite), goose.WithGoMigrations(goSteps()...))
		return p, func() {}, err
	case *postgresEngine:
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, nil, err
		}
		pool := stdlib.OpenDBFromPool(e.pool)
		p, err := goose.NewProvider(goose.DialectPostgres, pool, steps(Postgres), goose.WithGoMigrations(goSteps()...), goose.WithSessionLocker(locker))
		return p, func() { _ = pool.Close() }, err
	}
	panic("db: unknown engine")
}

func (d *DB) migrateJobs(ctx context.Context) error {
	switch e := d.engine.(type) {
	case *sqliteEngine:
		m, err := rivermigrate.New(riversqlite.New(e.writer), nil)
		if err != nil {
			return err
		}
		_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
		return err
	case *postgresEngine:
		m, err := rivermigrate.New(riverpgxv5.New(e.pool), nil)
		if err != nil {
			return err
		}
		_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
		return err
	}
	panic("db: unknown engine")
}

var (
	ctext    = regexp.MustCompile(`\bctext\b`)
	jsontext = regexp.MustCompile(`\bjsontext\b`)
	bytea    = regexp.MustCompile(`\bbytea\b`)
)

// steps are the migrations of an engine: those in both, in its own words, and its own.
// SQLite reads ctext and jsontext as text because of the letters in them.
func steps(engine Engine) fs.FS {
	files := fstest.MapFS{}
	for _, dir := range []string{"both", string(engine)} {
		entries, err := migrations.ReadDir("migrations/" + dir)
		if err != nil {
			panic(err) // embedded
		}
		for _, entry := range entries {
			text, err := migrations.ReadFile("migrations/" + dir + "/" + entry.Name())
			if err != nil {
				panic(err)
			}
			if engine == Postgres {
				text = ctext.ReplaceAll(text, []byte(`text collate "C"`))
				text = jsontext.ReplaceAll(text, []byte("jsonb"))
			} else {
				text = bytea.ReplaceAll(text, []byte("blob"))
			}
			files[entry.Name()] = &fstest.MapFile{Data: text}
		}
	}
	return files
}

// SQL is the database underneath on SQLite, for a library with transactions of its own;
// nil on PostgreSQL. It is the writer's one connection: holding it stops every write.
func (d *DB) SQL() *sql.DB {
	if e, ok := d.engine.(*sqliteEngine); ok {
		return e.writer
	}
	return nil
}
