package importer

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"parley/internal/crm"
)

// Row is one row of the table as it stands in the file.
type Row struct {
	Line  int      // of the file, where the row starts; in a workbook the row, in a vCard file the line
	Cells []string // by column; as many as there are columns
	// Phones are numbers that were read in cells of this row before, by the cell, in E.164:
	// they are not read again. Result has those of a row that is read the first time.
	Phones map[string]string
	// Problem says why the row cannot be read at all: a missing quote, too many cells.
	Problem  *crm.FieldError
	Warnings []crm.FieldError
}

// Rows walks over the rows of the table from its start, each time it is called. Blank
// rows and what stands above and below the table are no rows. An error ends the walk.
func (f *File) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		reader := f.source.records()
		defer reader.close()
		t := &table{file: f, emit: yield}
		for {
			rec, err := reader.read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Row{}, err)
				return
			}
			if !t.take(rec) {
				return
			}
		}
	}
}

// Count is the number of rows of the table.
func (f *File) Count() (int, error) {
	n := 0
	for _, err := range f.Rows() {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// table tells rows from what stands around them.
type table struct {
	file *File
	emit func(Row, error) bool
	gap  bool     // a blank record came before
	held []record // after a gap, records of a single cell: a footer, unless rows follow
}

// maxFooter is how many lines below a table are looked at before they are taken for rows.
const maxFooter = 30

// take sorts one record and reports whether to go on.
func (t *table) take(rec record) bool {
	f := t.file
	if rec.line <= f.HeaderLine || rec.line < f.firstLine {
		return true
	}
	if rec.problem == nil && blank(rec.cells) {
		t.gap = true
		return true
	}
	if rec.problem == nil && f.HeaderLine > 0 && slices.Equal(trimmed(rec.cells), trimmed(f.header)) {
		return true // the header again, as printed lists have it on each page
	}
	if rec.problem == nil && len(f.Columns) > 2 && f.Format != VCard {
		if (t.gap || len(t.held) > 0) && filled(rec.cells) == 1 && len(t.held) < maxFooter || totals(rec.cells) {
			t.held = append(t.held, rec)
			return true
		}
	}
	t.gap = false
	for _, held := range t.held {
		if !t.row(held) {
			return false
		}
	}
	t.held = nil
	return t.row(rec)
}

func (t *table) row(rec record) bool {
	width := len(t.file.Columns)
	row := Row{Line: rec.line, Problem: rec.problem, Warnings: rec.warnings}
	if row.Problem == nil && len(rec.cells) > width && !blank(rec.cells[width:]) {
		row.Problem = &crm.FieldError{Code: "too_many_cells", Detail: fmt.Sprintf("This row has %d cells, the table has %d columns. A cell that holds the delimiter must stand in quotes.", len(rec.cells), width)}
		row.Cells = rec.cells[:min(len(rec.cells), maxColumns)]
		return t.emit(row, nil)
	}
	row.Cells = rec.cells
	if row.Problem == nil {
		row.Cells = slices.Clip(rec.cells[:min(len(rec.cells), width)])
		for len(row.Cells) < width {
			row.Cells = append(row.Cells, "")
		}
	}
	return t.emit(row, nil)
}

func filled(cells []string) int {
	n := 0
	for _, cell := range cells {
		if strings.TrimSpace(cell) != "" {
			n++
		}
	}
	return n
}

// totals reports whether a record is a line of totals: each cell with something in it
// says the same, a word and a number.
func totals(cells []string) bool {
	said := ""
	for _, cell := range cells {
		cell = strings.TrimSpace(cell)
		if cell == "" {
			continue
		}
		if said != "" && said != cell {
			return false
		}
		said = cell
	}
	return totalLine.MatchString(said)
}

func trimmed(cells []string) []string {
	list := make([]string, 0, len(cells))
	for _, cell := range cells {
		list = append(list, strings.TrimSpace(cell))
	}
	for len(list) > 0 && list[len(list)-1] == "" {
		list = list[:len(list)-1]
	}
	return list
}
