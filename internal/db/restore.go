package db

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"parley/internal/crm"
)

// Restore fills a migrated and empty database from a backup, in one transaction: all or
// nothing. Every business in it is on hold until an admin releases it, for the original
// may still be running. What follows from other tables is left to the caller (the search
// index).
func (d *DB) Restore(ctx context.Context, from io.Reader) (summary BackupSummary, err error) {
	schema, err := d.schemaVersion(ctx)
	if err != nil {
		return summary, err
	}
	err = d.Write(ctx, func(tx *Tx) error {
		r := &restorer{tx: tx}
		if err := r.prepare(); err != nil {
			return err
		}
		summary, err = readBackup(from, r.row)
		if err != nil {
			return err
		}
		if summary.Schema > schema {
			return fmt.Errorf("the backup was made by a newer Parley (schema %d, this one knows %d)", summary.Schema, schema)
		}
		if err := r.flush(); err != nil {
			return err
		}
		return r.finish()
	})
	return summary, err
}

type restorer struct {
	tx     *Tx
	known  map[string]backupTable
	table  backupTable
	rows   [][]any
	events int64
	places map[[2]int64]int64 // the new number of each event of the audit log, by its old place
	moves  eventPlaces        // the same for all events, for whoever keeps a place in them
}

// restoreChunk is how many rows are inserted at once.
const restoreChunk = 5000

func (r *restorer) prepare() error {
	tables, err := backupTables(r.tx)
	if err != nil {
		return err
	}
	r.known, r.places = map[string]backupTable{}, map[[2]int64]int64{}
	for _, t := range tables {
		r.known[t.Table] = t
	}
	_, found, err := One(r.tx, Column[string], "select id from business limit 1")
	if err == nil && found {
		err = fmt.Errorf("the database is not empty: restore into a new one")
	}
	return err
}

var name = regexp.MustCompile(`^[a-z_]+$`)

func (r *restorer) row(t backupTable, cells []json.RawMessage) error {
	if t.Table != r.table.Table {
		if err := r.flush(); err != nil {
			return err
		}
		known, ok := r.known[t.Table]
		if !ok {
			return fmt.Errorf("there is no such table")
		}
		for i, c := range t.Columns {
			if at := slices.Index(known.Columns, c); !name.MatchString(c) || at < 0 || known.Types[at] != t.Types[i] {
				return fmt.Errorf("there is no column %q of type %s", c, t.Types[i])
			}
		}
		r.table = t
	}
	values := make([]any, len(cells))
	for i, cell := range cells {
		var err error
		if values[i], err = cellValue(t.Types[i], cell); err != nil {
			return fmt.Errorf("column %s: %w", t.Columns[i], err)
		}
	}
	if t.Table == "event" {
		// Numbers of transactions mean nothing in another cluster: old events go before
		// all new ones, in their order.
		r.events++
		if audit := at(values, t.Columns, "audit"); audit != nil && audit != "" {
			r.places[place(values, t.Columns)] = r.events
		}
		business, _ := at(values, t.Columns, "business_id").(string)
		old := place(values, t.Columns)
		r.moves.add(business, old[0], old[1], r.events)
		set(values, t.Columns, "tx", int64(0))
		set(values, t.Columns, "seq", r.events)
	}
	r.moves.moved(t.Table, values, t.Columns)
	if t.Table == "event_seal" || t.Table == "event_seal_head" {
		// A seal goes with its event; one whose event is not in the backup stands where
		// none is, and so will be missed.
		seq, ok := r.places[place(values, t.Columns)]
		if !ok {
			n, _ := at(values, t.Columns, "n").(int64)
			if seq = -n; t.Table == "event_seal_head" {
				seq = r.events
			}
		}
		set(values, t.Columns, "tx", int64(0))
		set(values, t.Columns, "seq", seq)
	}
	if t.Table == "tag" { // an older Parley made another key of the name
		if name, ok := at(values, t.Columns, "name").(string); ok {
			set(values, t.Columns, "name_key", crm.TagKey(name))
		}
	}
	r.rows = append(r.rows, values)
	if len(r.rows) == restoreChunk {
		return r.flush()
	}
	return nil
}

// at is the value of a column, nil where the backup does not have it.
func at(values []any, columns []string, column string) any {
	if i := slices.Index(columns, column); i >= 0 {
		return values[i]
	}
	return nil
}

// place is where an event stands, or the one that a seal is of.
func place(values []any, columns []string) [2]int64 {
	tx, _ := at(values, columns, "tx").(int64)
	seq, _ := at(values, columns, "seq").(int64)
	return [2]int64{tx, seq}
}

func set(values []any, columns []string, column string, value any) {
	if i := slices.Index(columns, column); i >= 0 {
		values[i] = value
	}
}

func cellValue(kind string, cell json.RawMessage) (any, error) {
	if string(cell) == "null" {
		return nil, nil
	}
	var err error
	switch kind {
	case "integer":
		var v int64
		err = json.Unmarshal(cell, &v)
		return v, err
	case "boolean":
		var v bool
		err = json.Unmarshal(cell, &v)
		return v, err
	case "float":
		var v float64
		err = json.Unmarshal(cell, &v)
		return v, err
	}
	var v string
	if err = json.Unmarshal(cell, &v); err == nil && kind == "bytes" {
		return base64.StdEncoding.DecodeString(v)
	}
	return v, err
}

func (r *restorer) flush() error {
	if len(r.rows) > 0 {
		r.tx.Insert(r.table.Table, r.table.Columns, r.rows)
		r.rows = nil
	}
	return r.tx.err
}

// finish puts every business on hold and brings up to date what counts events.
func (r *restorer) finish() error {
	r.tx.Exec("update business set held = true")
	if r.tx.Engine() == SQLite {
		r.tx.Exec("update event_seq set last = $1", r.events)
		r.tx.Exec("insert into contact_unindexed (business_id, contact_id) select business_id, id from contact")
	} else {
		r.tx.Exec("select setval('event_seq', $1)", r.events+1)
	}
	return r.tx.err
}

// backupTables are the tables whose rows cannot be had from others, in an order in which
// foreign keys point backwards: that of their creation.
func backupTables(tx *Tx) ([]backupTable, error) {
	sql := `select m.name, p.name, lower(p.type) from sqlite_master m join pragma_table_info(m.name) p
		where m.type = 'table' and m.sql not like 'create virtual%' order by m.rowid, p.cid`
	if tx.Engine() == Postgres {
		sql = `select c.relname, a.attname, t.typname from pg_class c
			join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
			join pg_type t on t.oid = a.atttypid
			where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace order by c.oid, a.attnum`
	}
	var list []backupTable
	err := tx.Ask(Each(func(row Row) error {
		var table, column, kind string
		if err := row.Scan(&table, &column, &kind); err != nil {
			return err
		}
		if derived(table) {
			return nil
		}
		if len(list) == 0 || list[len(list)-1].Table != table {
			list = append(list, backupTable{Table: table})
		}
		t := &list[len(list)-1]
		t.Columns = append(t.Columns, column)
		t.Types = append(t.Types, cellType(kind))
		return nil
	}, sql))
	return list, err
}

// derived are tables that are left out: made by migrations, by River, or from others.
func derived(table string) bool {
	switch table {
	case "goose_db_version", "event_seq", "contact_text", "contact_text_gone", "contact_unindexed":
		return true
	}
	return strings.HasPrefix(table, "river_") || strings.HasPrefix(table, "sqlite_") || strings.HasPrefix(table, "contact_fts")
}

func cellType(declared string) string {
	switch declared {
	case "bigint", "integer", "int8":
		return "integer"
	case "boolean", "bool":
		return "boolean"
	case "double precision", "float8":
		return "float"
	case "blob", "bytea":
		return "bytes"
	}
	return "text"
}

// schemaVersion is the newest migration that was taken.
func (d *DB) schemaVersion(ctx context.Context) (int64, error) {
	list, err := d.Migrations(ctx)
	var newest int64
	for _, m := range list {
		if m.Applied {
			newest = max(newest, m.Version)
		} else if err == nil {
			err = fmt.Errorf("the database is not migrated (parley migrate)")
		}
	}
	return newest, err
}
