package imports

import (
	"bufio"
	"context"
	"io"
	"strings"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/importer"
	"parley/internal/store"
)

// reasonHeader is the column of reasons in a file of refused rows. When such a file comes
// back, the column is known by this name and left out.
const reasonHeader = "Why it was not imported"

// refusedHeaders are the columns of the file of refused rows.
func refusedHeaders(i *crm.Import) []string {
	var list []string
	for _, c := range i.File.Columns {
		header := c.Header
		if header == "" {
			header = "Column " + itoa(c.Index+1)
		}
		if header != reasonHeader {
			list = append(list, header)
		}
	}
	return append(list, reasonHeader)
}

// refusedFingerprint is that of the file of refused rows, which is mapped as its import
// was.
func refusedFingerprint(i *crm.Import) string {
	return importer.FingerprintOf(importer.Text, refusedHeaders(i))
}

// Refused writes the refused rows of an import as a CSV in UTF-8 that can be mended and
// imported again as it is: the columns of the file, then the reasons (M5). It goes through
// the rows a page at a time.
func (s *Imports) Refused(ctx context.Context, who crm.Actor, id crm.ID, w io.Writer) error {
	i, err := s.Get(ctx, who, id)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	_, _ = out.WriteString("\ufeff") // spreadsheets know UTF-8 by it; an error stays in out
	writeCSV(out, refusedHeaders(i))
	for place := 0; ; {
		var rows []crm.ImportRow
		err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
			rows, err = store.FindImportRows(tx, who.BusinessID, id, store.RowFilter{Outcome: crm.RowRefused, Cancelled: i.CancelledFrom()}, place, maxChunk)
			return err
		})
		if err != nil {
			return err
		}
		for _, row := range rows {
			place = row.Position
			writeCSV(out, refusedCells(i, row, seenReasons(who, i, row.Reasons)))
		}
		if len(rows) < maxChunk {
			return out.Flush()
		}
	}
}

// refusedCells are the cells of a refused row as they stood in the file, and why.
func refusedCells(i *crm.Import, row crm.ImportRow, reasons []crm.FieldError) []string {
	var cells []string
	for _, c := range i.File.Columns {
		if c.Header == reasonHeader {
			continue
		}
		cell := ""
		if c.Index < len(row.Cells) {
			cell = row.Cells[c.Index]
		}
		cells = append(cells, cell)
	}
	if extra := len(i.File.Columns); extra < len(row.Cells) { // more cells than columns
		cells[len(cells)-1] = strings.Join(append([]string{cells[len(cells)-1]}, row.Cells[extra:]...), ",")
	}
	var said []string
	for _, r := range reasons {
		said = append(said, r.Detail)
	}
	return append(cells, "Line "+itoa(row.Line)+": "+strings.Join(said, " "))
}

func writeCSV(w *bufio.Writer, cells []string) {
	for n, cell := range cells {
		if n > 0 {
			_ = w.WriteByte(',')
		}
		if strings.ContainsAny(cell, ",;\t|\"\r\n") || cell != strings.TrimSpace(cell) {
			cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
		}
		_, _ = w.WriteString(cell)
	}
	_, _ = w.WriteString("\r\n")
}
