package importer_test

import (
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"parley/internal/importer"
)

// everything opens a file, walks over its rows and parses them with what is proposed. It
// must neither panic nor go on for ever, and must make text of whatever stands there.
func everything(t *testing.T, data []byte) {
	f, err := open(data, importer.Options{Country: "GB"})
	if err != nil {
		return
	}
	p, err := f.Parser(importer.Settings{Mapping: f.Proposed()})
	if err != nil {
		t.Fatalf("what is proposed is refused: %v", err)
	}
	line := 0
	for row, err := range f.Rows() {
		if err != nil {
			return
		}
		if f.Format != importer.XLSX && row.Line <= line {
			t.Fatalf("line %d after line %d", row.Line, line)
		}
		line = row.Line
		result := p.Parse(row)
		if row.Problem == nil && len(row.Cells) != len(f.Columns) {
			t.Fatalf("%d cells in %d columns", len(row.Cells), len(f.Columns))
		}
		for field, value := range result.Draft.Fields {
			if !utf8.ValidString(value) || value == "" {
				t.Fatalf("%s is %q", field, value)
			}
		}
		if !result.Refused() && len(*result.Draft.Identities) == 0 {
			t.Fatal("a contact without phone and e-mail")
		}
	}
}

// seed adds the files of the corpus that match, when they are small.
func seed(f *testing.F, pattern string) {
	f.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		f.Fatal(pattern, err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 4<<10 {
			f.Add(data)
		}
	}
}

// FuzzOpen feeds whole files, whatever they are: what recognises them and finds
// encoding, delimiter and header comes first.
func FuzzOpen(f *testing.F) {
	seed(f, "testdata/corpus/hostile/*.csv")
	f.Add([]byte("sep=;\nVorname;Name;Handy\nA;B;0172 9925904"))
	f.Fuzz(everything)
}

// FuzzCSV feeds what stands below a header.
func FuzzCSV(f *testing.F) {
	seed(f, "testdata/corpus/systems/*.csv")
	f.Add([]byte("\"a\",b,\"c\nd\"\r\n,\"\"\"\",\n=\"1,2\",\"x\"y"))
	f.Fuzz(func(t *testing.T, data []byte) {
		everything(t, append([]byte("First name,Last name,Phone,E-mail,Notes\n"), data...))
	})
}

// FuzzCards feeds vCards.
func FuzzCards(f *testing.F) {
	seed(f, "testdata/corpus/vcards/*.vcf")
	f.Fuzz(func(t *testing.T, data []byte) {
		everything(t, append([]byte("BEGIN:VCARD\n"), data...))
	})
}

// FuzzWorkbook feeds the XML of a sheet, in a workbook that is otherwise whole.
func FuzzWorkbook(f *testing.F) {
	f.Add([]byte(`<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>First name</t></is></c></row><row r="2"><c r="A2"><v>4.4E11</v></c><c r="ZZ2" t="s"><v>0</v></c></row></sheetData></worksheet>`))
	f.Add([]byte(`<row hidden="1"><c t="b"><v>1</v></c></row><row><c s="1"><v>45000.5</v></c></row>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		everything(t, workbookOf(t, map[string]string{"xl/worksheets/sheet1.xml": string(data)}))
	})
}
