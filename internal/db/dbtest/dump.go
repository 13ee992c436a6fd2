package dbtest

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"sync"
	"testing"

	"parley/internal/db"
)

// Dump is a digest of the rows of every table by its name, without when a token or session
// was last used. Tables of the job queue and of the
// text index, which work by themselves, are left out.
func Dump(t testing.TB, d *db.DB) map[string]string {
	t.Helper()
	dump := map[string]string{}
	for table, rows := range Rows(t, d) {
		sum := sha256.Sum256([]byte(strings.Join(rows, "\n")))
		dump[table] = hex.EncodeToString(sum[:8])
	}
	return dump
}

// Rows are the rows of every table that Dump digests, as text and in order.
func Rows(t testing.TB, d *db.DB) map[string][]string {
	t.Helper()
	dump := map[string][]string{}
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		statements, err := dumpStatements(tx)
		if err != nil {
			return err
		}
		for table, statement := range statements {
			rows, err := db.All(tx, db.Column[string], statement)
			if err != nil {
				return err
			}
			slices.Sort(rows)
			dump[table] = rows
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return dump
}

// dumps are the statements by engine: all databases of a process have one schema.
var dumps sync.Map

func dumpStatements(tx *db.Tx) (map[string]string, error) {
	if made, ok := dumps.Load(tx.Engine()); ok {
		return made.(map[string]string), nil
	}
	columns := "select m.name || '.' || p.name from sqlite_master m join pragma_table_info(m.name) p where m.type = 'table'"
	if tx.Engine() == db.Postgres {
		columns = "select table_name || '.' || column_name from information_schema.columns where table_schema = current_schema()"
	}
	list, err := db.All(tx, db.Column[string], columns)
	if err != nil {
		return nil, err
	}
	of := map[string][]string{}
	for _, name := range list {
		table, column, _ := strings.Cut(name, ".")
		if !worksByItself(table) && column != "last_used_at" && column != "last_seen_at" {
			of[table] = append(of[table], column)
		}
	}
	statements := map[string]string{}
	for table, columns := range of {
		statements[table] = "select " + rowText(tx.Engine(), columns) + ` from "` + table + `"`
	}
	dumps.Store(tx.Engine(), statements)
	return statements, nil
}

// Changed are the tables in which two dumps differ.
func Changed(before, after map[string]string) (tables []string) {
	for table, digest := range after {
		if before[table] != digest {
			tables = append(tables, table)
		}
	}
	slices.Sort(tables)
	return tables
}

func worksByItself(table string) bool {
	return slices.ContainsFunc([]string{"river", "sqlite_", "goose", "contact_fts", "contact_text", "contact_unindexed"},
		func(prefix string) bool { return strings.HasPrefix(table, prefix) })
}

// rowText is a row as one text.
func rowText(engine db.Engine, columns []string) string {
	parts := make([]string, len(columns))
	slices.Sort(columns)
	for n, column := range columns {
		column = `"` + column + `"`
		parts[n] = "quote(" + column + ")"
		if engine == db.Postgres {
			parts[n] = "coalesce(quote_literal(cast(" + column + " as text)), 'NULL')"
		}
	}
	return strings.Join(parts, " || ',' || ")
}
