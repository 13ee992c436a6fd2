package importer

import (
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"parley/internal/crm"
)

// totalLine is what stands below a printed list, in the languages of the word lists.
var totalLine = regexp.MustCompile(`(?i)^(?:(?:grand )?total(?: (?:records|rows|contacts|customers|clients))?|records|summe|gesamt|anzahl|totale|totaal|aantal|nombre total|total de registros)\s*[:=]\s*\d[\d.,]*$`)

// maxAbove is how many records are looked at to find the header.
const maxAbove = 30

// sampleRows is how many rows are looked at to find out what the columns hold.
const sampleRows = 500

// sampleBytes is how much text of them is kept for that.
const sampleBytes = 4 << 20

// layout finds the header among the first records, and returns some rows below it.
func (f *File) layout() ([][]string, error) {
	reader := f.source.records()
	defer reader.close()
	var first []record
	size := 0
	for len(first) < maxAbove+sampleRows && (size < sampleBytes || len(first) < 2) {
		rec, err := reader.read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if len(rec.cells) > maxColumns && (len(rec.cells) > maxSheetColumns || len(trimmed(rec.cells)) > maxColumns) {
			return nil, &LineError{Line: rec.line, Err: crm.Errorf(crm.Invalid, "too_many_columns", "Line %d has %d columns; at most %d can be read.", rec.line, len(rec.cells), maxColumns)}
		}
		if len(first) == 0 && rec.problem != nil && rec.problem.Code == "row_too_long" {
			return nil, &LineError{Line: rec.line, Err: crm.Errorf(crm.Invalid, "row_too_long", "Line %d has more than a megabyte of text.", rec.line)}
		}
		if rec.problem == nil && blank(rec.cells) {
			continue
		}
		first = append(first, rec)
		size += rec.size()
	}
	if f.Format == VCard {
		return cardRows(first)
	}
	if len(first) == 0 {
		return nil, crm.Errorf(crm.Invalid, "empty_file", "There is nothing in the file.")
	}
	at := f.findHeader(first)
	var rows [][]string
	for i, rec := range first {
		if i > at && rec.problem == nil {
			rows = append(rows, rec.cells)
		}
	}
	if at >= 0 {
		f.header, f.HeaderLine = trimmed(first[at].cells), first[at].line
	} else {
		f.firstLine = first[f.skipTitles(first)].line
		rows = rows[min(len(rows), f.skipTitles(first)):]
	}
	if len(rows) == 0 && f.HeaderLine > 0 && !hasMore(first, at) {
		return nil, crm.Errorf(crm.Invalid, "no_rows", "There are names of columns, but no contacts below them.")
	}
	f.width(rows)
	return rows, nil
}

// maxSheetColumns is how many columns a spreadsheet has: programs write all of them, most
// of them empty.
const maxSheetColumns = 1 << 14

func hasMore(first []record, at int) bool { return at+1 < len(first) }

// width makes the header as wide as the rows are, leaving out columns at the right in
// which nothing stands.
func (f *File) width(rows [][]string) {
	n := len(f.header)
	if f.HeaderLine == 0 {
		for _, row := range rows {
			n = max(n, len(trimmed(row)))
		}
	} else {
		// A column without a name counts when most rows have it; else a comma too many
		// stands in one of them.
		wider := map[int]int{}
		for _, row := range rows {
			wider[len(trimmed(row))]++
		}
		most := 0
		for w, count := range wider {
			if w > n && count*2 > len(rows) {
				most = max(most, w)
			}
		}
		n = max(n, most)
	}
	for len(f.header) < n {
		f.header = append(f.header, "")
	}
}

// findHeader is the index of the record that names the columns, or -1.
func (f *File) findHeader(first []record) int {
	if f.options.HeaderLine != nil {
		return slices.IndexFunc(first, func(rec record) bool { return rec.line == *f.options.HeaderLine && *f.options.HeaderLine > 0 })
	}
	best, bestScore := -1, 0.0
	for i, rec := range first[:min(len(first), maxAbove)] {
		if rec.problem != nil {
			continue
		}
		if score := headerness(rec.cells); score > bestScore {
			best, bestScore = i, score
		}
	}
	if bestScore >= 1 {
		return best
	}
	// No word is known. The first record as wide as the table names the columns, unless
	// it looks like a row.
	at := f.skipTitles(first)
	if looksLikeRow(first[at].cells, f.Country) {
		f.Doubts = append(f.Doubts, crm.FieldError{Field: "header_line", Code: "header_looks_like_data",
			Detail: "The first line looks like a contact, not like names of columns. It is read as a contact."})
		return -1
	}
	return at
}

// skipTitles is the index of the first record that is as wide as most are.
func (f *File) skipTitles(first []record) int {
	counts := map[int]int{}
	for _, rec := range first {
		counts[len(rec.cells)]++
	}
	width := 0
	for w, n := range counts {
		if width == 0 || n > counts[width] || n == counts[width] && w > width {
			width = w
		}
	}
	for i, rec := range first {
		if rec.problem == nil && len(rec.cells) >= width && (width < 3 || filled(rec.cells)*2 >= filled(first[len(first)-1].cells)) {
			return i
		}
	}
	return 0
}

// headerness counts the cells of a record that are made of words headers are made of.
// A cell that holds a value, such as an address or a number, speaks against it.
func headerness(cells []string) float64 {
	score := 0.0
	seen := map[string]bool{}
	for _, cell := range cells {
		cell = strings.TrimSpace(cell)
		switch {
		case cell == "":
		case len(cell) > 100:
			score--
		case strings.Contains(cell, "@") || digits(cell) >= 5:
			score -= 1.5
		case seen[cell]:
			score += 0.2
		default:
			seen[cell] = true
			m := readHeader(cell)
			switch {
			case m.known() && m.unknown == 0:
				score++
			case m.known():
				score += 0.4
			}
		}
	}
	return score
}

func digits(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

// looksLikeRow reports whether values stand in a record: an e-mail, a phone number, a date.
func looksLikeRow(cells []string, country string) bool {
	for _, cell := range cells {
		switch k := kindOf(strings.TrimSpace(cell), country); k {
		case isEmail, isPhone, isURL, isDate:
			return true
		}
	}
	return false
}
