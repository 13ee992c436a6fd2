package importer

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"parley/internal/crm"
)

// csvReader reads records from a text in UTF-8. It is lenient where the meaning is plain
// (quotes inside of a cell, spaces around quotes) and refuses single records where it is
// not: a record that is refused does not take those behind it along.
type csvReader struct {
	in         io.Reader
	delimiter  byte
	buf        []byte
	start, end int
	eof        bool
	line       int // of the next record
	scratch    []byte
	ends       []int
	utf8Seen   bool // a character of several bytes was read
}

func newCSVReader(in io.Reader, delimiter byte) *csvReader {
	return &csvReader{in: in, delimiter: delimiter, line: 1, buf: make([]byte, 64<<10)}
}

func (r *csvReader) close() {}

// read gives the next record; a blank line is one with a single empty cell.
func (r *csvReader) read() (record, error) {
	for {
		if r.start < r.end {
			found := r.scan(r.buf[r.start:r.end])
			switch {
			case found.ended:
				return r.take(found), nil
			case r.end-r.start >= maxRowBytes:
				return r.skipLong(found)
			case r.eof:
				return r.unclosed(found), nil
			}
		} else if r.eof {
			return record{}, io.EOF
		}
		if err := r.fill(); err != nil {
			return record{}, err
		}
	}
}

func (r *csvReader) fill() error {
	if r.start > 0 {
		copy(r.buf, r.buf[r.start:r.end])
		r.start, r.end = 0, r.end-r.start
	}
	if r.end == len(r.buf) {
		r.buf = append(r.buf, make([]byte, len(r.buf))...)
	}
	n, err := io.ReadFull(r.in, r.buf[r.end:])
	r.end += n
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		r.eof, err = true, nil
	}
	return err
}

// scanned is what one pass over the bytes from the start of a record found.
type scanned struct {
	ended     bool // the end of the record was reached; else more bytes are needed
	size      int  // bytes of the record with its line break
	lines     int  // line breaks in it, that of its end included
	badQuote  bool // text stands behind a closing quote
	badAcross bool // in a cell that goes over several lines
	firstLine int  // bytes of its first line with the line break; 0: it has one line
	lastBreak bool // the record ends with a line break
}

// scan reads one record from the start of data into r.scratch and r.ends.
func (r *csvReader) scan(data []byte) scanned {
	r.scratch, r.ends = r.scratch[:0], r.ends[:0]
	var s scanned
	i := 0
	for {
		cellLines := s.lines
		quoted := quoteAt(data, i)
		if quoted >= 0 {
			closed := false
			i = quoted + 1
			for i < len(data) && !closed {
				switch c := data[i]; {
				case c == '"' && i+1 < len(data) && data[i+1] == '"':
					r.scratch = append(r.scratch, '"')
					i += 2
				case c == '"' && i+1 == len(data) && !r.eof:
					return s
				case c == '"':
					closed = true
					i++
				case c == '\r' || c == '\n':
					if c == '\r' && i+1 == len(data) && !r.eof {
						return s
					}
					i += breakSize(data, i)
					r.scratch = append(r.scratch, '\n')
					s.lines++
					if s.firstLine == 0 {
						s.firstLine = i
					}
				default:
					r.scratch = append(r.scratch, c)
					i++
				}
			}
			if !closed {
				return s
			}
			for i < len(data) && data[i] == ' ' && r.delimiter != ' ' {
				i++
			}
			if i < len(data) && data[i] != r.delimiter && data[i] != '\r' && data[i] != '\n' {
				s.badQuote = true
				s.badAcross = s.badAcross || s.lines > cellLines
			}
		}
		from := i
		i = r.cellEnd(data, i)
		r.scratch = append(r.scratch, data[from:i]...)
		r.ends = append(r.ends, len(r.scratch))
		switch {
		case i == len(data):
			s.ended, s.size = r.eof, i
			return s
		case data[i] == r.delimiter:
			i++
			if i == len(data) && r.eof {
				r.ends = append(r.ends, len(r.scratch))
				s.ended, s.size = true, i
				return s
			}
		default:
			if data[i] == '\r' && i+1 == len(data) && !r.eof {
				return s
			}
			i += breakSize(data, i)
			s.lines++
			s.ended, s.size, s.lastBreak = true, i, true
			return s
		}
	}
}

// quoteAt is where the quote of a quoted cell stands that begins at i, or -1.
func quoteAt(data []byte, i int) int {
	for i < len(data) && data[i] == ' ' {
		i++
	}
	if i < len(data) && data[i] == '"' {
		return i
	}
	return -1
}

// cellEnd is the end of unquoted text from i on. Excel's ="…" is taken whole, so that a
// delimiter in it parts nothing.
func (r *csvReader) cellEnd(data []byte, i int) int {
	if bytes.HasPrefix(data[i:], []byte(`="`)) {
		for j := i + 2; j < len(data) && data[j] != '\n' && data[j] != '\r'; j++ {
			if data[j] == '"' && (j+1 == len(data) || data[j+1] == r.delimiter || data[j+1] == '\n' || data[j+1] == '\r') {
				return j + 1
			}
		}
	}
	for i < len(data) && data[i] != r.delimiter && data[i] != '\n' && data[i] != '\r' {
		i++
	}
	return i
}

func breakSize(data []byte, i int) int {
	if data[i] == '\r' && i+1 < len(data) && data[i+1] == '\n' {
		return 2
	}
	return 1
}

// take makes a record of what scan found and moves on behind it. When text follows the
// closing quote of a cell that went over several lines, a quote is missing on the first
// one: that line alone is refused.
func (r *csvReader) take(s scanned) record {
	if s.badAcross {
		return r.unclosed(s)
	}
	rec := record{line: r.line}
	if s.badQuote {
		rec.problem = &crm.FieldError{Code: "bad_quote", Detail: "Text stands behind a closing quote. A quote inside of a cell must be doubled."}
	}
	text := string(r.scratch)
	if !utf8.ValidString(text) {
		if r.eof && r.start+s.size == r.end && !s.lastBreak && cutOff(text, r.utf8Seen) {
			rec.problem = &crm.FieldError{Code: "invalid_utf8", Detail: "The file ends in the middle of a character: it seems to be cut off here."}
		}
		rec.warnings = append(rec.warnings, crm.FieldError{Code: "mixed_encoding",
			Detail: "Some letters of this line are not in the encoding of the file (UTF-8); they were read as Windows-1252."})
		return r.finish(rec, s, r.mended(text))
	}
	if !r.utf8Seen && utf8.RuneCountInString(text) != len(text) {
		r.utf8Seen = true
	}
	cells := make([]string, len(r.ends))
	from := 0
	for i, end := range r.ends {
		cells[i] = text[from:end]
		from = end
	}
	return r.finish(rec, s, cells)
}

func (r *csvReader) mended(text string) []string {
	cells := make([]string, len(r.ends))
	from := 0
	for i, end := range r.ends {
		cells[i] = mend(text[from:end])
		from = end
	}
	return cells
}

func (r *csvReader) finish(rec record, s scanned, cells []string) record {
	rec.cells = cells
	r.start += s.size
	r.line += s.lines
	return rec
}

// unclosed refuses the first line of a record whose quote never closes, and goes on
// behind that line.
func (r *csvReader) unclosed(s scanned) record {
	data := r.buf[r.start:r.end]
	size := s.firstLine
	if size == 0 {
		size = len(data)
	}
	line := bytes.TrimRight(data[:size], "\r\n")
	rec := record{line: r.line, cells: []string{mend(string(line))},
		problem: &crm.FieldError{Code: "unclosed_quote", Detail: "A quote is opened on this line and not closed."}}
	r.start += size
	r.line++
	return rec
}

// skipLong refuses a record of more than a megabyte. Where it goes over lines, a quote
// is missing; else the line is passed over without keeping it.
func (r *csvReader) skipLong(s scanned) (record, error) {
	if s.firstLine > 0 {
		return r.unclosed(s), nil
	}
	rec := record{line: r.line, problem: &crm.FieldError{Code: "row_too_long", Detail: "This row has more than a megabyte of text."}}
	for {
		data := r.buf[r.start:r.end]
		if i := bytes.IndexAny(data, "\r\n"); i >= 0 && (data[i] != '\r' || i+1 < len(data) || r.eof) {
			r.start += i + breakSize(data, i)
			r.line++
			return rec, nil
		}
		if r.eof {
			r.start = r.end
			return rec, nil
		}
		if n := len(data); n > 0 && data[n-1] == '\r' {
			r.start = r.end - 1
		} else {
			r.start = r.end
		}
		if err := r.fill(); err != nil {
			return record{}, err
		}
	}
}
