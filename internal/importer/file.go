package importer

import (
	"io"

	"parley/internal/crm"
)

// Format is what kind of file it is.
type Format string

// The formats that can be read.
const (
	Text  Format = "text" // values separated by a delimiter
	XLSX  Format = "xlsx"
	VCard Format = "vcard"
)

// MaxBytes is the size of the largest file that is read when Options name none.
const MaxBytes = 200 << 20

const (
	maxColumns  = 500
	maxRowBytes = 1 << 20
)

// Options are what a person has chosen instead of what was found out. The zero value
// leaves everything to Open.
type Options struct {
	Encoding  string // a name that Encodings lists
	Delimiter string // one character
	// HeaderLine is the line on which the names of the columns begin; 0 means that there
	// are none. Nil leaves it to Open.
	HeaderLine *int
	Sheet      string // of a workbook; empty is the first one
	HiddenRows bool   // read the hidden rows of a workbook too
	Country    string // ISO code of the country whose local numbers these are
	Custom     []CustomField
	MaxBytes   int64 // 0 is MaxBytes
}

// File is a file that was understood: what it is, and the columns of its table with the
// field that each seems to hold.
type File struct {
	Format     Format
	Encoding   string // of a text: utf-8, utf-16le, utf-16be, windows-1252 or what Options named
	Delimiter  string // of a text
	HeaderLine int    // 0: the table has no header
	Country    string // the one that Options named
	Sheet      string // of a workbook
	Sheets     []string
	// System is whose export this looks like, such as "Outlook"; empty when unknown.
	System  string
	Columns []Column
	// Doubts are questions that a person should answer before going on, such as
	// header_looks_like_data.
	Doubts []crm.FieldError

	firstLine int // of the table where it has no header
	source    source
	header    []string
	marks     []headerMark
	options   Options
}

// source gives the records of a file, one after another, as often as asked.
type source interface {
	records() recordReader
}

// recordReader reads one record after another. The error is io.EOF at the end.
type recordReader interface {
	read() (record, error)
	close()
}

// record is one line of a table as it stands in the file, be it a row or not.
type record struct {
	line     int // where it starts, counted from 1
	cells    []string
	problem  *crm.FieldError // why it cannot be used
	warnings []crm.FieldError
}

// size is how much text a record has.
func (r record) size() int { return textSize(r.cells) }

func textSize(cells []string) int {
	n := 0
	for _, cell := range cells {
		n += len(cell) + 16
	}
	return n
}

// Open finds out what a file of size bytes is. The reader must stay readable as long as
// the File is used. Errors are of kind Invalid, or those of r.
func Open(r io.ReaderAt, size int64, o Options) (*File, error) {
	limit := o.MaxBytes
	if limit <= 0 {
		limit = MaxBytes
	}
	if size > limit {
		return nil, crm.Errorf(crm.Invalid, "file_too_large", "The file has %d MB; at most %d MB can be imported. Part it in two.", size>>20, limit>>20)
	}
	f := &File{Country: o.Country, options: o}
	head := make([]byte, min(size, headBytes))
	if n, err := r.ReadAt(head, 0); err != nil && (err != io.EOF || n < len(head)) {
		return nil, err
	}
	kind, err := recognise(head)
	if err != nil {
		return nil, err
	}
	f.Format = kind
	switch kind {
	case XLSX:
		err = f.openWorkbook(r, size)
	case VCard:
		err = f.openCards(r, size, head)
	default:
		err = f.openText(r, size, head)
	}
	if err != nil {
		return nil, err
	}
	if err := f.propose(); err != nil {
		return nil, err
	}
	return f, nil
}

// headBytes is how much of a file is looked at to find out how it is written.
const headBytes = 1 << 20

// LineError is an error of a file that stands on one of its lines.
type LineError struct {
	Line int
	Err  error
}

func (e *LineError) Error() string { return e.Err.Error() }

func (e *LineError) Unwrap() error { return e.Err }
