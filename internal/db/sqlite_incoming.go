package db

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"modernc.org/sqlite/vtab"
)

// incoming are rows of the program's that SQLite reads as a table: with one statement that takes
// them from there it opens a table and its indexes once for all of them, where one statement a row
// costs a third more.
type incoming struct {
	id   string
	rows [][]any
}

const (
	incomingModule = "parley_incoming"
	incomingTable  = "temp.incoming_rows"
	// incomingColumns is how many columns the table has; rows may have fewer.
	incomingColumns = 64
)

var (
	incomings        sync.Map // id → *incoming: SQLite names one by a text
	incomingIDs      atomic.Int64
	registerIncoming = sync.OnceValue(func() error { return vtab.RegisterModule(nil, incomingModule, incomingKind{}) })
)

func newIncoming() *incoming {
	in := &incoming{id: strconv.FormatInt(incomingIDs.Add(1), 10)}
	incomings.Store(in.id, in)
	return in
}

func (in *incoming) forget() { incomings.Delete(in.id) }

// define is the statement that makes the table for a connection.
func (in *incoming) define() string {
	return fmt.Sprintf("create virtual table %s using %s(%s)", incomingTable, incomingModule, in.id)
}

// insertIncoming adds what is incoming to a table.
func insertIncoming(table string, columns []string) string {
	return "insert into " + table + " (" + strings.Join(columns, ", ") + ") select " + strings.Join(incomingNames(len(columns)), ", ") + " from " + incomingTable
}

func incomingNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = "c" + strconv.Itoa(i)
	}
	return names
}

// incomingKind is the kind of such tables.
type incomingKind struct{}

func (k incomingKind) Create(ctx vtab.Context, args []string) (vtab.Table, error) {
	return k.Connect(ctx, args)
}

// Connect is told whose rows they are behind the names of the module, the database and the table.
func (incomingKind) Connect(ctx vtab.Context, args []string) (vtab.Table, error) {
	in, ok := incomings.Load(args[3])
	if !ok {
		return nil, fmt.Errorf("%s: there are no rows %s", incomingModule, args[3])
	}
	return in.(*incoming), ctx.Declare("create table x (" + strings.Join(incomingNames(incomingColumns), ", ") + ")")
}

func (*incoming) BestIndex(*vtab.IndexInfo) error { return nil }
func (in *incoming) Open() (vtab.Cursor, error)   { return &incomingCursor{rows: in.rows}, nil }
func (*incoming) Disconnect() error               { return nil }
func (*incoming) Destroy() error                  { return nil }

// incomingCursor goes over the rows in their order.
type incomingCursor struct {
	rows [][]any
	at   int
}

func (c *incomingCursor) Filter(int, string, []vtab.Value) error {
	c.at = 0
	return nil
}

func (c *incomingCursor) Next() error {
	c.at++
	return nil
}

func (c *incomingCursor) Column(n int) (vtab.Value, error) {
	row := c.rows[c.at]
	if n >= len(row) {
		return nil, fmt.Errorf("row %d has %d values", c.at, len(row))
	}
	return driverValue(row[n])
}

func (c *incomingCursor) Eof() bool             { return c.at >= len(c.rows) }
func (c *incomingCursor) Rowid() (int64, error) { return int64(c.at), nil }
func (*incomingCursor) Close() error            { return nil }
