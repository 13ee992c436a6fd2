package importer

// NewParser makes a parser for rows of a file that was opened earlier, from the columns it
// had then. The error is that of Check.
func NewParser(columns []Column, s Settings) (*Parser, error) {
	f := &File{Columns: columns, marks: make([]headerMark, len(columns))}
	for i, c := range columns {
		f.marks[i] = readHeader(c.Header)
	}
	return f.Parser(s)
}

// TakesSeveral reports whether a field takes more than one column (M2).
func TakesSeveral(field string) bool { return takesSeveral(field) }
