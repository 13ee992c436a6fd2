package importer

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode"

	"parley/internal/crm"
)

// textSource reads a text from where it lies, as often as asked.
type textSource struct {
	r         io.ReaderAt
	size      int64
	encoding  string
	delimiter byte
	hint      bool // the first line is Excel's sep=
}

func (t textSource) records() recordReader {
	in := decoded(io.NewSectionReader(t.r, 0, t.size), t.encoding)
	reader := newCSVReader(&markTrimmer{in: in}, t.delimiter)
	if t.hint {
		// It is a line of the file, but no record: a comma in it parts nothing.
		if rec, err := reader.read(); err == nil && !strings.HasPrefix(strings.ToLower(rec.cells[0]), "sep=") {
			reader = newCSVReader(&markTrimmer{in: decoded(io.NewSectionReader(t.r, 0, t.size), t.encoding)}, t.delimiter)
		}
	}
	return reader
}

// markTrimmer takes the byte order marks off the start of a text in UTF-8.
type markTrimmer struct {
	in   io.Reader
	done bool
	rest []byte
}

func (m *markTrimmer) Read(p []byte) (int, error) {
	if !m.done {
		head := make([]byte, 4*len(mark))
		n, err := io.ReadFull(m.in, head)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return 0, err
		}
		m.rest, m.done = withoutMarks(head[:n]), true
	}
	if len(m.rest) > 0 {
		n := copy(p, m.rest)
		m.rest = m.rest[n:]
		return n, nil
	}
	return m.in.Read(p)
}

// openText finds out the encoding and the delimiter of a text.
func (f *File) openText(r io.ReaderAt, size int64, head []byte) error {
	f.Encoding = encodingOf(head)
	if f.options.Encoding != "" {
		f.Encoding = strings.ToLower(f.options.Encoding)
		if !knownEncoding(f.Encoding) {
			return unknownEncoding(f.options.Encoding)
		}
	}
	text, err := io.ReadAll(&markTrimmer{in: decoded(bytes.NewReader(head), f.Encoding)})
	if err != nil {
		return err
	}
	t := textSource{r: r, size: size, encoding: f.Encoding}
	t.delimiter, t.hint = delimiterHint(text)
	if !t.hint {
		t.delimiter = delimiterOf(text)
	}
	if chosen := f.options.Delimiter; chosen != "" {
		if len(chosen) != 1 || chosen[0] >= 0x80 || strings.ContainsAny(chosen, "\"\r\n") {
			return &crm.Error{Kind: crm.Invalid, Code: "invalid", Detail: "Please check what is marked.",
				Fields: []crm.FieldError{{Field: "delimiter", Code: "unknown_delimiter", Detail: "The delimiter is one character such as a comma, a semicolon or a tab."}}}
		}
		t.delimiter = chosen[0]
	}
	f.Delimiter, f.source = string(t.delimiter), t
	return nil
}

// delimiterHint reads the line with which Excel is told the delimiter: sep=;
func delimiterHint(text []byte) (byte, bool) {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	line = bytes.Trim(line, "\r\" ")
	if len(line) == 5 && strings.EqualFold(string(line[:4]), "sep=") {
		return line[4], true
	}
	return 0, false
}

// delimiterOf finds the delimiter under which the lines of a text have most alike
// numbers of cells.
func delimiterOf(text []byte) byte {
	text = text[:min(len(text), 128<<10)]
	best, bestScore := byte(','), 0.0
	for _, delimiter := range []byte{',', ';', '\t', '|'} {
		if score := evenness(text, delimiter); score > bestScore {
			best, bestScore = delimiter, score
		}
	}
	return best
}

// evenness says how well a delimiter fits: the share of records with the commonest
// number of cells, more for many cells than for two.
func evenness(text []byte, delimiter byte) float64 {
	if bytes.IndexByte(text, delimiter) < 0 {
		return 0
	}
	reader := newCSVReader(bytes.NewReader(text), delimiter)
	counts := map[int]int{}
	total := 0
	for total < 200 {
		rec, err := reader.read()
		if err != nil {
			break
		}
		if blank(rec.cells) {
			continue
		}
		total++
		if rec.problem == nil {
			counts[len(rec.cells)]++
		}
	}
	score := 0.0
	for width, n := range counts {
		if width < 2 {
			continue
		}
		share := float64(n) / float64(total)
		score = max(score, share*share*(1-0.8/float64(width)))
	}
	return score
}

// blank reports whether nothing stands in a record.
func blank(cells []string) bool {
	for _, cell := range cells {
		if strings.ContainsFunc(cell, func(r rune) bool { return !unicode.IsSpace(r) && !unicode.IsControl(r) && !unicode.Is(unicode.Cf, r) }) {
			return false
		}
	}
	return true
}
