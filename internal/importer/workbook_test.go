package importer_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"parley/internal/crm"
	"parley/internal/importer"
)

// workbookOf packs parts into a workbook with one sheet.
func workbookOf(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	all := map[string]string{
		"[Content_Types].xml":        `<Types/>`,
		"xl/workbook.xml":            `<workbook xmlns:r="r"><sheets><sheet name="People" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/sharedStrings.xml":       `<sst><si><t>shared</t></si></sst>`,
		"xl/styles.xml":              `<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>`,
	}
	maps.Copy(all, parts)
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		part, err := w.Create(name)
		if err == nil {
			_, err = part.Write([]byte(all[name]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// saved is a workbook as Excel's format library writes it.
func saved(t testing.TB, f *excelize.File) []byte {
	t.Helper()
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func set(t testing.TB, f *excelize.File, sheet, cell string, value any) {
	t.Helper()
	if err := f.SetCellValue(sheet, cell, value); err != nil {
		t.Fatal(err)
	}
}

// TestWorkbook reads numbers with all their digits, dates as dates, and passes over
// hidden rows and sheets.
func TestWorkbook(t *testing.T) {
	f := excelize.NewFile()
	for i, name := range []string{"First name", "Last name", "Mobile", "Postcode", "Since", "Paid"} {
		cell, _ := excelize.CoordinatesToCellName(i+1, 3)
		set(t, f, "Sheet1", cell, name)
	}
	set(t, f, "Sheet1", "A1", "Our customers")
	set(t, f, "Sheet1", "A4", "Zoë")
	set(t, f, "Sheet1", "B4", "Fair")
	set(t, f, "Sheet1", "C4", 447400123456)
	shortened := 11 // 0.00E+00: what a spreadsheet shows of a long number
	style, err := f.NewStyle(&excelize.Style{NumFmt: shortened})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.SetCellStyle("Sheet1", "C4", "C4", style); err != nil {
		t.Fatal(err)
	}
	zeros := "00000"
	style, err = f.NewStyle(&excelize.Style{CustomNumFmt: &zeros})
	if err != nil {
		t.Fatal(err)
	}
	set(t, f, "Sheet1", "D4", 1067)
	if err := f.SetCellStyle("Sheet1", "D4", "D4", style); err != nil {
		t.Fatal(err)
	}
	set(t, f, "Sheet1", "E4", time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC))
	set(t, f, "Sheet1", "F4", true)
	set(t, f, "Sheet1", "A5", "Hidden")
	set(t, f, "Sheet1", "A7", "Ada")
	set(t, f, "Sheet1", "B7", "Love")
	if err := f.SetRowVisible("Sheet1", 5, false); err != nil {
		t.Fatal(err)
	}
	if _, err := f.NewSheet("Old"); err != nil {
		t.Fatal(err)
	}
	set(t, f, "Old", "A1", "First name")
	set(t, f, "Old", "A2", "Grace")

	data := saved(t, f)
	file, err := open(data, importer.Options{Country: "GB"})
	if err != nil {
		t.Fatal(err)
	}
	if file.Format != importer.XLSX || file.HeaderLine != 3 || !slices.Equal(file.Sheets, []string{"Sheet1", "Old"}) || file.Sheet != "Sheet1" {
		t.Errorf("%+v", file)
	}
	var got [][]string
	var lines []int
	for row, err := range file.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		got, lines = append(got, row.Cells), append(lines, row.Line)
	}
	want := []string{"Zoë", "Fair", "447400123456", "01067", "2024-03-01", "TRUE"}
	if len(got) != 2 || !slices.Equal(got[0], want) || !slices.Equal(lines, []int{4, 7}) {
		t.Errorf("%q on lines %v", got, lines)
	}
	other, err := open(data, importer.Options{Sheet: "Old", HiddenRows: true})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := other.Count(); n != 1 || err != nil {
		t.Error(n, err)
	}
	if file, err = open(data, importer.Options{HiddenRows: true}); err != nil {
		t.Fatal(err)
	}
	if n, err := file.Count(); n != 3 || err != nil {
		t.Error(n, err)
	}
	if _, err := open(data, importer.Options{Sheet: "None"}); crm.KindOf(err) != crm.Invalid {
		t.Error(err)
	}
}

// TestWorkbookReadsBack writes any texts into a workbook and reads them again.
func TestWorkbookReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := excelize.NewFile()
		var rows [][]string
		for y := range rapid.IntRange(1, 5).Draw(t, "rows") {
			row := make([]string, 3)
			for x := range row {
				row[x] = "x" + rapid.StringOfN(rapid.RuneFrom([]rune("ab ÄЖ漢😀<>&\"'_x000D_\n,;")), 0, 10, -1).Draw(t, "cell") + "y"
				cell, _ := excelize.CoordinatesToCellName(x+1, y+2)
				if err := f.SetCellStr("Sheet1", cell, row[x]); err != nil {
					t.Fatal(err)
				}
			}
			rows = append(rows, row)
		}
		for x, name := range []string{"First name", "Last name", "Notes"} {
			cell, _ := excelize.CoordinatesToCellName(x+1, 1)
			if err := f.SetCellStr("Sheet1", cell, name); err != nil {
				t.Fatal(err)
			}
		}
		b, err := f.WriteToBuffer()
		if err != nil {
			t.Fatal(err)
		}
		file, err := open(b.Bytes(), importer.Options{})
		if err != nil {
			t.Fatal(err)
		}
		i := 0
		for row, err := range file.Rows() {
			if err != nil || i >= len(rows) || !slices.Equal(row.Cells, rows[i]) {
				t.Fatalf("row %d: %q (%v), want %q", i, row.Cells, err, rows[min(i, len(rows)-1)])
			}
			i++
		}
		if i != len(rows) {
			t.Fatalf("%d rows, want %d", i, len(rows))
		}
	})
}

// TestBombs refuses workbooks that unpack to far more than they are, and those that
// would make the reader keep much at once.
func TestBombs(t *testing.T) {
	head := `<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>`
	for name, sheet := range map[string]string{
		"zeros":       head + strings.Repeat("0", 64<<20),
		"declaration": `<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet/>`,
		"long text":   head + strings.Repeat("a<b>", 1) + strings.Repeat("0123456789abcdef", 1<<19),
	} {
		f, err := open(workbookOf(t, map[string]string{"xl/worksheets/sheet1.xml": sheet}), importer.Options{})
		var known *crm.Error
		if !errors.As(err, &known) || known.Kind != crm.Invalid {
			t.Errorf("%s: %v %v", name, f, err)
		}
	}
}
