package importer_test

import (
	"strings"
	"testing"
	"time"

	"parley/internal/importer"
)

// TestLongCells feeds cells of hundreds of kilobytes into every field: none may take long,
// and the row is read or refused with a reason.
func TestLongCells(t *testing.T) {
	fields := importer.Fields()
	for _, cell := range []string{strings.Repeat("a\n", 100_000), strings.Repeat("a@b.example,", 20_000), strings.Repeat("020 7946 0101;", 15_000), strings.Repeat("é", 100_000)} {
		var b strings.Builder
		b.WriteString(strings.Repeat("h;", len(fields)-1) + "h\n")
		for i := range fields {
			row := make([]string, len(fields))
			row[i] = `"` + cell + `"`
			b.WriteString(strings.Join(row, ";") + "\n")
		}
		f, err := open([]byte(b.String()), importer.Options{Country: "GB", Delimiter: ";", HeaderLine: new(1)})
		if err != nil {
			t.Fatal(err)
		}
		m := importer.Mapping{}
		for i, field := range fields {
			m[i] = field
		}
		p, err := f.Parser(importer.Settings{Mapping: m})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		n := 0
		for result, err := range importer.Parse(t.Context(), f.Rows(), p, 2) {
			if err != nil {
				t.Fatal(err)
			}
			if !result.Refused() && result.Row.Line > 0 && len(result.Draft.Fields) == 0 {
				t.Error("an empty contact")
			}
			n++
		}
		if n != len(fields) || time.Since(start) > 30*time.Second {
			t.Errorf("%d rows in %v", n, time.Since(start))
		}
	}
}
