package db

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
)

// A backup is gzipped JSON, one value a line, and the same for both engines, so that a
// copy of a laptop's database can be restored on PostgreSQL and the other way round:
//
//	{"parley_backup":1,"schema":5}
//	{"table":"business","columns":["id",…],"types":["text",…]}
//	["…",…]                     a row; bytes in base64, NULL as null
//	…
//	{"rows":{"business":1,…},"sha256":"…"}   of every line before it
//
// It is one consistent state. Jobs are left out: what waits is found again from the
// tables (inbox.Settle).

type backupHead struct {
	Format int   `json:"parley_backup"`
	Schema int64 `json:"schema"`
}

type backupTable struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
	Types   []string `json:"types"`
}

type backupFoot struct {
	Rows   map[string]int `json:"rows"`
	SHA256 string         `json:"sha256"`
}

// BackupSummary says what a backup holds.
type BackupSummary struct {
	Schema int64
	Rows   map[string]int // by table
}

// Total is the number of rows.
func (s BackupSummary) Total() int {
	n := 0
	for _, rows := range s.Rows {
		n += rows
	}
	return n
}

// Backup writes a copy of the database while it is in use.
func (d *DB) Backup(ctx context.Context, to io.Writer) (BackupSummary, error) {
	schema, err := d.schemaVersion(ctx)
	if err != nil {
		return BackupSummary{}, err
	}
	packed := gzip.NewWriter(to)
	w := &backupWriter{buffer: bufio.NewWriterSize(packed, 1<<16), sum: sha256.New(), summary: BackupSummary{schema, map[string]int{}}}
	w.line(backupHead{1, schema})
	err = d.Read(ctx, func(tx *Tx) error {
		tables, err := backupTables(tx)
		if err != nil {
			return err
		}
		for _, t := range tables {
			if err := w.table(tx, t); err != nil {
				return fmt.Errorf("table %s: %w", t.Table, err)
			}
		}
		return nil
	})
	if err != nil {
		return w.summary, err
	}
	foot, _ := json.Marshal(backupFoot{w.summary.Rows, hex.EncodeToString(w.sum.Sum(nil))})
	_, _ = w.buffer.Write(append(foot, '\n'))
	return w.summary, errors.Join(w.err, w.buffer.Flush(), packed.Close())
}

type backupWriter struct {
	buffer  *bufio.Writer
	sum     hash.Hash
	summary BackupSummary
	err     error
}

func (w *backupWriter) line(v any) {
	b, err := json.Marshal(v)
	if err != nil {
		w.err = errors.Join(w.err, err)
		return
	}
	b = append(b, '\n')
	_, _ = w.sum.Write(b)
	if _, err := w.buffer.Write(b); err != nil && w.err == nil {
		w.err = err
	}
}

func (w *backupWriter) table(tx *Tx, t backupTable) error {
	w.line(t)
	w.summary.Rows[t.Table] = 0
	err := tx.Ask(Each(func(row Row) error {
		values, targets := cells(t.Types)
		if err := row.Scan(targets...); err != nil {
			return err
		}
		w.summary.Rows[t.Table]++
		w.line(values())
		return w.err
	}, "select "+strings.Join(t.Columns, ", ")+" from "+t.Table+orderOf[t.Table]))
	return errors.Join(err, w.err)
}

// orderOf is for tables whose rows are counted anew by a restore: the order is kept.
var orderOf = map[string]string{"event": " order by business_id, tx, seq"}

// cells are places to read a row into, by the types of its columns.
func cells(types []string) (values func() []any, targets []any) {
	for _, t := range types {
		switch t {
		case "integer":
			targets = append(targets, new(*int64))
		case "boolean":
			targets = append(targets, new(*bool))
		case "float":
			targets = append(targets, new(*float64))
		case "bytes":
			targets = append(targets, new([]byte))
		default:
			targets = append(targets, new(*string))
		}
	}
	return func() []any {
		list := make([]any, len(targets))
		for i, target := range targets {
			switch v := target.(type) {
			case **int64:
				list[i] = *v
			case **bool:
				list[i] = *v
			case **float64:
				list[i] = *v
			case *[]byte:
				list[i] = *v
			case **string:
				list[i] = *v
			}
		}
		return list
	}, targets
}

// VerifyBackup reads a backup to its end and checks that it is whole.
func VerifyBackup(from io.Reader) (BackupSummary, error) {
	return readBackup(from, func(backupTable, []json.RawMessage) error { return nil })
}

// readBackup hands every row to row and checks the sum at the end.
func readBackup(from io.Reader, row func(backupTable, []json.RawMessage) error) (summary BackupSummary, err error) {
	packed, err := gzip.NewReader(from)
	if err != nil {
		return summary, fmt.Errorf("this is not a Parley backup: %w", err)
	}
	lines := bufio.NewReaderSize(packed, 1<<20)
	sum := sha256.New()
	summary.Rows = map[string]int{}
	var table backupTable
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return summary, fmt.Errorf("line %d: the backup is cut off: %w", n, err)
		}
		var foot backupFoot
		switch {
		case n == 1:
			var head backupHead
			if json.Unmarshal(line, &head) != nil || head.Format != 1 {
				return summary, errors.New("this is not a Parley backup")
			}
			summary.Schema = head.Schema
		case line[0] == '[':
			var cells []json.RawMessage
			if err := json.Unmarshal(line, &cells); err != nil || len(cells) != len(table.Columns) {
				return summary, fmt.Errorf("line %d: damaged row of table %q", n, table.Table)
			}
			summary.Rows[table.Table]++
			if err := row(table, cells); err != nil {
				return summary, fmt.Errorf("line %d: table %s: %w", n, table.Table, err)
			}
		case json.Unmarshal(line, &foot) == nil && foot.SHA256 != "":
			return summary, checkFoot(foot, summary, hex.EncodeToString(sum.Sum(nil)))
		default:
			table = backupTable{}
			if err := json.Unmarshal(line, &table); err != nil || table.Table == "" || len(table.Columns) != len(table.Types) {
				return summary, fmt.Errorf("line %d: damaged", n)
			}
			summary.Rows[table.Table] += 0
		}
		_, _ = sum.Write(line)
	}
}

func checkFoot(foot backupFoot, summary BackupSummary, sum string) error {
	if foot.SHA256 != sum {
		return errors.New("the backup is damaged: its checksum is wrong")
	}
	for table, rows := range foot.Rows {
		if summary.Rows[table] != rows {
			return fmt.Errorf("the backup is damaged: table %s has %d rows of %d", table, summary.Rows[table], rows)
		}
	}
	return nil
}
