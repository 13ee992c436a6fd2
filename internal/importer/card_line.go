package importer

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"mime/quotedprintable"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// property is one property of a card: group.NAME;PARAMETER=…:value.
type property struct {
	line    int
	group   string
	name    string   // in upper case
	types   []string // in upper case: TYPE=…, and parameters without a name (2.1)
	charset string
	quoted  bool // in quoted-printable
	pref    int  // 1 to 100; 0 when it says nothing
	value   string
}

func (p property) is(kind string) bool { return slices.Contains(p.types, kind) }

// preference orders properties: lower comes first.
func (p property) preference() int {
	switch {
	case p.pref > 0:
		return p.pref
	case p.is("PREF"):
		return 1
	}
	return 101
}

// components are the parts between semicolons, each decoded by itself: what is encoded
// parts nothing.
func (p property) components() []string {
	var parts []string
	for _, part := range splitUnescaped(p.value, ';') {
		parts = append(parts, p.decode(part))
	}
	return parts
}

func (p property) text() string { return p.decode(p.value) }

// list is the values between commas.
func (p property) list() []string {
	var values []string
	for _, part := range splitUnescaped(p.value, ',') {
		if value := oneLine(p.decode(part)); value != "" {
			values = append(values, value)
		}
	}
	return values
}

func (p property) decode(s string) string {
	if p.quoted {
		// What the reader makes of damaged text is kept as far as it got.
		plain, _ := io.ReadAll(quotedprintable.NewReader(strings.NewReader(s)))
		s = string(plain)
	}
	if enc := encodingNamed(strings.ToLower(p.charset)); enc != nil {
		if text, err := enc.NewDecoder().String(s); err == nil {
			s = text
		}
	}
	if !utf8.ValidString(s) {
		s = mend(s)
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch s[i] {
		case 'n', 'N':
			b.WriteByte('\n')
		case ';', ',', ':', '\\':
			b.WriteByte(s[i])
		default:
			b.WriteByte('\\')
			b.WriteByte(s[i])
		}
	}
	return strings.ReplaceAll(b.String(), "\r\n", "\n")
}

func splitUnescaped(s string, separator byte) []string {
	var parts []string
	from := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case separator:
			parts = append(parts, s[from:i])
			from = i + 1
		}
	}
	return append(parts, s[from:])
}

// cardLines reads properties, unfolding lines that were folded in either way.
type cardLines struct {
	in   *bufio.Reader
	line int // of the last physical line read
	kept []byte
	held bool // kept was read and not used
	end  bool
}

func newCardLines(in io.Reader) *cardLines {
	return &cardLines{in: bufio.NewReaderSize(in, 64<<10)}
}

// physical reads one line without its break. Of a line of more than a megabyte the rest
// is dropped: only pictures have such.
func (l *cardLines) physical() ([]byte, error) {
	if l.held {
		l.held = false
		return l.kept, nil
	}
	if l.end {
		return nil, io.EOF
	}
	var line []byte
	for {
		part, err := l.in.ReadSlice('\n')
		if len(line) < maxRowBytes {
			line = append(line, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err == io.EOF {
			l.end = true
			if len(line) == 0 {
				return nil, io.EOF
			}
			err = nil
		}
		if err != nil {
			return nil, err
		}
		l.line++
		l.kept = bytes.TrimRight(line, "\r\n")
		return l.kept, nil
	}
}

// next reads the next property that has a name and a value.
func (l *cardLines) next() (property, error) {
	for {
		head, err := l.physical()
		if err != nil {
			return property{}, err
		}
		at := l.line
		line := append([]byte{}, head...)
		p, ok := parseProperty(line)
		for {
			more, err := l.physical()
			if err == io.EOF {
				break
			}
			if err != nil {
				return property{}, err
			}
			soft := ok && p.quoted && bytes.HasSuffix(line, []byte("="))
			if !soft && (len(more) == 0 || more[0] != ' ' && more[0] != '\t') {
				l.held = true
				break
			}
			if len(line)+len(more) > maxRowBytes {
				continue
			}
			if soft {
				line = append(line[:len(line)-1], more...)
			} else {
				line = append(line, more[1:]...)
			}
		}
		if p, ok = parseProperty(line); ok {
			p.line = at
			return p, nil
		}
	}
}

// parseProperty reads an unfolded line. A colon within quotes parts nothing.
func parseProperty(line []byte) (property, bool) {
	colon, inQuotes := -1, false
	for i, c := range line {
		if c == '"' {
			inQuotes = !inQuotes
		}
		if c == ':' && !inQuotes {
			colon = i
			break
		}
	}
	if colon <= 0 {
		return property{}, false
	}
	p := property{value: string(line[colon+1:])}
	fields := splitQuoted(string(line[:colon]))
	p.name = strings.ToUpper(strings.TrimSpace(fields[0]))
	if group, name, ok := strings.Cut(p.name, "."); ok {
		p.group, p.name = group, name
	}
	for _, field := range fields[1:] {
		name, value, ok := strings.Cut(field, "=")
		if !ok {
			name, value = "TYPE", name
		}
		value = strings.ToUpper(strings.Trim(strings.TrimSpace(value), `"`))
		switch strings.ToUpper(strings.TrimSpace(name)) {
		case "TYPE":
			p.types = append(p.types, strings.Split(value, ",")...)
		case "CHARSET":
			p.charset = value
		case "ENCODING":
			p.quoted = p.quoted || value == "QUOTED-PRINTABLE" || value == "Q"
		case "PREF":
			p.pref, _ = strconv.Atoi(value)
		}
	}
	p.quoted = p.quoted || p.is("QUOTED-PRINTABLE")
	return p, p.name != ""
}

func splitQuoted(s string) []string {
	var parts []string
	from, inQuotes := 0, false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			inQuotes = !inQuotes
		case s[i] == ';' && !inQuotes:
			parts = append(parts, s[from:i])
			from = i + 1
		}
	}
	return append(parts, s[from:])
}
