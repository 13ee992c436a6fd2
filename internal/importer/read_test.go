package importer_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"

	"parley/internal/crm"
	"parley/internal/importer"
)

var header = []string{"First Name", "Last Name", "Phone", "Email", "Notes"}

// written writes rows in one of the ways in which programs write them.
type written struct {
	delimiter string
	ending    string
	quoteAll  bool
}

func (w written) write(rows [][]string) []byte {
	var b strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				b.WriteString(w.delimiter)
			}
			if w.quoteAll || strings.ContainsAny(cell, w.delimiter+"\"\r\n") || strings.TrimSpace(cell) != cell || strings.HasPrefix(cell, "=") {
				cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
			}
			b.WriteString(cell)
		}
		b.WriteString(w.ending)
	}
	return []byte(b.String())
}

// cellOf draws texts of letters that Windows-1252 has too.
func cellOf(t *rapid.T) string {
	return rapid.StringOfN(rapid.RuneFrom([]rune("abc ÄöéñçßØ€–,;\t|'\"=+-@0123\n")), 0, 12, -1).Draw(t, "cell")
}

// TestReadsBack writes rows with any delimiter, quoting, line ending and encoding, and
// reads the same cells from the same lines.
func TestReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := written{
			delimiter: rapid.SampledFrom([]string{",", ";", "\t", "|"}).Draw(t, "delimiter"),
			ending:    rapid.SampledFrom([]string{"\n", "\r\n", "\r"}).Draw(t, "ending"),
			quoteAll:  rapid.Bool().Draw(t, "quote all"),
		}
		rows := [][]string{header}
		lines := []int{}
		line := 2
		for range rapid.IntRange(1, 8).Draw(t, "rows") {
			row := []string{"Ada", "Lové", cellOf(t), cellOf(t), cellOf(t)}
			rows, lines = append(rows, row), append(lines, line)
			for _, cell := range row {
				line += strings.Count(cell, "\n")
			}
			line++
		}
		data := w.write(rows)
		name := rapid.SampledFrom(importer.Encodings()[:6]).Draw(t, "encoding")
		mark := rapid.Bool().Draw(t, "mark")
		data = encoded(t, data, name, mark)

		// A few hostile cells can look like another delimiter: the file may say its own.
		f, err := open(data, importer.Options{Delimiter: w.delimiter, Encoding: named(name), Country: "GB"})
		if err != nil {
			t.Fatal(err)
		}
		i := 0
		for row, err := range f.Rows() {
			if err != nil || row.Problem != nil {
				t.Fatal(err, row.Problem)
			}
			if i >= len(lines) || row.Line != lines[i] || !slices.Equal(row.Cells, rows[i+1]) {
				t.Fatalf("row %d is on line %d: %q, want %q on line %d", i, row.Line, row.Cells, rows[min(i+1, len(rows)-1)], lines[min(i, len(lines)-1)])
			}
			i++
		}
		if n, err := f.Count(); i != len(lines) || n != i || err != nil {
			t.Fatalf("%d rows, counted %d (%v), want %d", i, n, err, len(lines))
		}
	})
}

// named leaves Unicode to the reader and names what cannot be told from the bytes.
func named(name string) string {
	if strings.HasPrefix(name, "utf") {
		return ""
	}
	return name
}

func encoded(t *rapid.T, data []byte, name string, mark bool) []byte {
	var out []byte
	var err error
	switch name {
	case "utf-8":
		if out = data; mark {
			out = append([]byte("\xef\xbb\xbf"), data...)
		}
	case "utf-16le":
		out, err = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes(data)
	case "utf-16be":
		out, err = unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().Bytes(data)
	case "iso-8859-15":
		out, err = charmap.ISO8859_15.NewEncoder().Bytes(bytes.ReplaceAll(data, []byte("–"), []byte("-")))
		if err == nil && bytes.Contains(data, []byte("–")) {
			t.Skip("a dash that Latin-9 has not")
		}
	default:
		out, err = charmap.Windows1252.NewEncoder().Bytes(data)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestFindsDelimiterAndEncoding leaves both to the reader, on ordinary rows.
func TestFindsDelimiterAndEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := written{delimiter: rapid.SampledFrom([]string{",", ";", "\t", "|"}).Draw(t, "delimiter"), ending: "\r\n"}
		name := rapid.SampledFrom([]string{"utf-8", "utf-16le", "utf-16be", "windows-1252"}).Draw(t, "encoding")
		rows := [][]string{header}
		for range rapid.IntRange(1, 20).Draw(t, "rows") {
			rows = append(rows, []string{
				rapid.SampledFrom([]string{"Zoë", "Jürgen", "Ada, the first", "André"}).Draw(t, "first"),
				rapid.SampledFrom([]string{"Lefèvre", "Müller", "O'Brien"}).Draw(t, "last"),
				"020 7946 0" + rapid.StringMatching(`[0-9]{3}`).Draw(t, "phone"), "a@example.com",
				rapid.SampledFrom([]string{"1,5 hours; then more", "", "a | b"}).Draw(t, "notes"),
			})
		}
		titles := rapid.IntRange(0, 3).Draw(t, "titles")
		data := []byte(strings.Repeat("Our customers\r\n", titles))
		data = encoded(t, append(data, w.write(rows)...), name, false)
		f, err := open(data, importer.Options{Country: "GB"})
		if err != nil {
			t.Fatal(err)
		}
		if name == "windows-1252" && !bytes.ContainsFunc(data, func(r rune) bool { return r >= 0x80 }) {
			name = "utf-8" // of plain letters nobody can say which it is
		}
		if f.Delimiter != w.delimiter || f.Encoding != name || f.HeaderLine != titles+1 {
			t.Fatalf("delimiter %q, encoding %s, header on %d", f.Delimiter, f.Encoding, f.HeaderLine)
		}
		if missing := f.Proposed().Missing(); len(missing) > 0 {
			t.Fatal(missing)
		}
		if n, err := f.Count(); n != len(rows)-1 || err != nil {
			t.Fatal(n, err)
		}
	})
}

// TestEveryRowIsAccountedFor puts broken lines among good ones: each is a contact or is
// refused with a reason, and none takes another along (M3).
func TestEveryRowIsAccountedFor(t *testing.T) {
	broken := []string{`"Ada"x,Love,,a@example.com,`, `Ada,Love,,,`, `Ada,Love,1,2,3,4,5`, "A\x00da,Love,,a@example.com,", `Ada,Love,,"a@example.com,`,
		"Ada,Lov\xe9,,a@example.com,", `,,,,x`, `Ada,Love,4.47E+11,@,`}
	rapid.Check(t, func(t *rapid.T) {
		data := []byte(strings.Join(header, ",") + "\n")
		good, all := 0, 0
		for range rapid.IntRange(1, 30).Draw(t, "lines") {
			all++
			if rapid.Bool().Draw(t, "good") {
				good++
				data = append(data, fmt.Sprintf("Grace,Hopper,020 7946 0%03d,g%d@example.com,\n", all, all)...)
			} else {
				data = append(data, rapid.SampledFrom(broken).Draw(t, "broken")+"\n"...)
			}
		}
		f, err := open(data, importer.Options{Country: "GB", HeaderLine: new(1), Delimiter: ","})
		if err != nil {
			t.Fatal(err)
		}
		p, err := f.Parser(importer.Settings{Mapping: importer.Mapping{0: "first_name", 1: "last_name", 2: "phone", 3: "email", 4: "notes"}})
		if err != nil {
			t.Fatal(err)
		}
		kept, seen, previous := 0, 0, 1
		for result, err := range importer.Parse(t.Context(), f.Rows(), p, 2) {
			if err != nil {
				t.Fatal(err)
			}
			seen++
			if result.Row.Line != previous+1 {
				t.Fatalf("line %d comes after line %d", result.Row.Line, previous)
			}
			previous = result.Row.Line
			if !result.Refused() && result.Draft.Fields[crm.FirstName] == "Grace" {
				kept++
			}
			for _, p := range result.Problems {
				if p.Code == "" || p.Detail == "" {
					t.Fatalf("line %d is refused without a reason", result.Row.Line)
				}
			}
			for field, value := range result.Draft.Fields {
				if !utf8.ValidString(value) || strings.ContainsAny(value, "\x00\ufffd") {
					t.Fatalf("line %d: %s holds %q", result.Row.Line, field, value)
				}
			}
		}
		if kept != good || seen != all {
			t.Fatalf("%d of %d good rows, %d of %d lines", kept, good, seen, all)
		}
	})
}

// TestOptionsAreChecked refuses what cannot be chosen, by name.
func TestOptionsAreChecked(t *testing.T) {
	data := []byte("First Name,Last Name,Phone\nAda,Love,020 7946 0101\n")
	for field, o := range map[string]importer.Options{
		"encoding":  {Encoding: "klingon"},
		"delimiter": {Delimiter: "::"},
	} {
		_, err := open(data, o)
		var known *crm.Error
		if !errors.As(err, &known) || len(known.Fields) != 1 || known.Fields[0].Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	f, err := open(data, importer.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for code, m := range map[string]importer.Mapping{
		"unknown_column": {9: "phone"},
		"unknown_field":  {0: "shoe_size"},
		"field_twice":    {0: "first_name", 1: "first_name"},
	} {
		_, err := f.Parser(importer.Settings{Mapping: m})
		var known *crm.Error
		if !errors.As(err, &known) || known.Fields[0].Code != code {
			t.Errorf("%s: %v", code, err)
		}
	}
	if _, err := f.Parser(importer.Settings{Mapping: importer.Mapping{0: "phone", 1: "phone", 2: "tags"}}); err != nil {
		t.Error(err)
	}
	if _, err := open(data, importer.Options{MaxBytes: 10}); crm.KindOf(err) != crm.Invalid {
		t.Error(err)
	}
}

// TestHeaderLineChosen takes the person's word for where the table begins.
func TestHeaderLineChosen(t *testing.T) {
	data := []byte("First Name,Last Name,Phone\nVorname,Nachname,Telefon\nAda,Love,020 7946 0101\n")
	for line, want := range map[int]int{0: 3, 1: 2, 2: 1} {
		f, err := open(data, importer.Options{HeaderLine: &line, Country: "GB"})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := f.Count(); n != want || f.HeaderLine != line || err != nil {
			t.Errorf("header on %d: %d rows (%v), header on %d", line, n, err, f.HeaderLine)
		}
	}
}
