package imports

import (
	"bufio"
	"encoding/json"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"parley/internal/card"
	"parley/internal/crm"
)

// csvFile is a table as CSV in UTF-8 with a mark, by which spreadsheets know it.
type csvFile struct {
	out     *bufio.Writer
	columns []exportColumn
	cells   []string
}

func openCSV(w io.Writer, a around) (exporting, error) {
	f := &csvFile{out: bufio.NewWriter(w), columns: exportColumns(a)}
	f.cells = make([]string, len(f.columns))
	_, _ = f.out.WriteString("\ufeff") // an error stays in out
	for n, c := range f.columns {
		f.cells[n] = c.header
	}
	writeCSV(f.out, f.cells)
	return f, nil
}

// plainNumber is what no spreadsheet takes for more than a number.
var plainNumber = regexp.MustCompile(`^[+-]?\d+(\.\d+)?$`)

func (f *csvFile) add(c *crm.Contact) error {
	for n, column := range f.columns {
		f.cells[n] = column.cell(c)
		if !column.plain || !plainNumber.MatchString(f.cells[n]) {
			f.cells[n] = crm.Harmless(f.cells[n])
		}
	}
	writeCSV(f.out, f.cells)
	return nil
}

func (f *csvFile) end() error { return f.out.Flush() }

func (f *csvFile) close() {}

// sheetFile is a table as a workbook with one sheet. Its cells are texts, which no
// spreadsheet runs, whatever stands in them; rows wait in a temporary file.
type sheetFile struct {
	out     io.Writer
	book    *excelize.File
	rows    *excelize.StreamWriter
	columns []exportColumn
	row     int
}

// sheetRows is how many rows a sheet has room for.
const sheetRows = 1 << 20

func openSheet(w io.Writer, a around) (exporting, error) {
	f := &sheetFile{out: w, book: excelize.NewFile(), columns: exportColumns(a)}
	const sheet = "Contacts"
	if err := f.book.SetSheetName("Sheet1", sheet); err != nil {
		return nil, err
	}
	var err error
	if f.rows, err = f.book.NewStreamWriter(sheet); err != nil {
		return nil, err
	}
	if err := f.rows.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return nil, err
	}
	if err := f.rows.SetColWidth(1, len(f.columns), 16); err != nil {
		return nil, err
	}
	bold, err := f.book.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return nil, err
	}
	headers := make([]any, len(f.columns))
	for n, c := range f.columns {
		headers[n] = excelize.Cell{StyleID: bold, Value: c.header}
	}
	return f, f.write(headers)
}

func (f *sheetFile) write(cells []any) error {
	if f.row++; f.row > sheetRows {
		return crm.Errorf(crm.Invalid, "too_many_rows", "A workbook has room for %d contacts. Export them as CSV, or in parts.", sheetRows-1)
	}
	return f.rows.SetRow("A"+strconv.Itoa(f.row), cells)
}

func (f *sheetFile) add(c *crm.Contact) error {
	cells := make([]any, len(f.columns))
	for n, column := range f.columns {
		text := column.cell(c)
		if number, err := json.Number(text).Float64(); column.counts && err == nil && strconv.FormatFloat(number, 'f', -1, 64) == text {
			cells[n] = number
			continue
		}
		if text != "" {
			cells[n] = text
		}
	}
	return f.write(cells)
}

func (f *sheetFile) end() error {
	if err := f.rows.Flush(); err != nil {
		return err
	}
	return f.book.Write(f.out)
}

// close removes the temporary file.
func (f *sheetFile) close() { _ = f.book.Close() }

// cardFile is a file of vCards.
type cardFile struct {
	out     io.Writer
	version card.Version
	fields  []crm.CustomField
}

func openCards(version card.Version) func(io.Writer, around) (exporting, error) {
	return func(w io.Writer, a around) (exporting, error) { return &cardFile{w, version, a.fields}, nil }
}

func (f *cardFile) add(c *crm.Contact) error {
	return card.Card{Contact: c, Version: f.version, Fields: f.fields}.Write(f.out)
}

func (f *cardFile) end() error { return nil }

func (f *cardFile) close() {}

// shorter is a text of at most so many bytes.
func shorter(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
