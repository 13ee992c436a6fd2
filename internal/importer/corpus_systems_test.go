package importer_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"parley/internal/importer"
)

// labelled is one system of the corpus.
type labelled struct {
	Name, Country string
	HeaderLine    int `json:"header_line"`
	Columns       []column
	RowLines      []int `json:"row_lines"`
	Expected      []expectation
	Soft          []string `json:"soft_fields"`
	AnyAddress    bool     `json:"address_groups_interchangeable"`
}

// mapping is what a person would choose: the preferred column of each field, and all
// that have phones and e-mails.
func (l labelled) mapping() importer.Mapping {
	m := importer.Mapping{}
	for i, c := range l.Columns {
		several := c.Label == "phone" || c.Label == "email"
		if c.Role == "preferred" || c.Role == "acceptable" && several {
			m[i] = c.Label
		}
	}
	return m
}

// TestSystems proposes a mapping for each export of the corpus, and reads its rows with
// the right one.
func TestSystems(t *testing.T) {
	paths, err := filepath.Glob("testdata/corpus/systems/*.json")
	if err != nil || len(paths) < 30 {
		t.Fatal(len(paths), err)
	}
	var m mapped
	rows, exact, phantoms := 0, 0, 0
	for _, path := range paths {
		var l labelled
		load(t, path, &l)
		data, err := os.ReadFile(strings.TrimSuffix(path, ".json") + ".csv")
		if err != nil {
			t.Fatal(err)
		}
		f, err := open(data, importer.Options{Country: l.Country})
		if err != nil {
			t.Errorf("%s: %v", l.Name, err)
			continue
		}
		if f.HeaderLine != l.HeaderLine {
			t.Errorf("%s: header on line %d, want %d", l.Name, f.HeaderLine, l.HeaderLine)
		}
		m.add(t, l.Name, l.Columns, f.Columns)
		chosen := l.mapping()
		for i := range chosen {
			if i >= len(f.Columns) {
				t.Errorf("%s: column %d is not there", l.Name, i)
				delete(chosen, i)
			}
		}
		byLine := map[int]answer{}
		for _, a := range answers(t, f, importer.Settings{Mapping: chosen}) {
			byLine[a.line] = a
			if a.outcome == "import" && !slices.Contains(l.RowLines, a.line) {
				phantoms++
				t.Errorf("%s line %d: a contact where there is none", l.Name, a.line)
			}
		}
		for i, want := range l.Expected {
			if want["_policy"] != nil {
				continue
			}
			a, found := byLine[l.RowLines[i]]
			if !found {
				a.outcome = "skip"
			}
			rows++
			if what := want.difference(a, l.Soft, l.AnyAddress); what == "" {
				exact++
			} else {
				t.Logf("%s line %d: %s", l.Name, l.RowLines[i], what)
			}
		}
	}
	t.Logf("%d systems: %d of %d columns right, mean %.1f %%; %d of %d columns to ignore taken for a field",
		len(paths), m.right, m.preferred, m.mean(), m.falseMaps, m.ignored)
	t.Logf("%d of %d rows exact (%.1f %%), %d contacts made of what is none", exact, rows, 100*float64(exact)/float64(rows), phantoms)
	if m.mean() < 99 || float64(m.falseMaps) > 0.01*float64(m.ignored) || float64(exact) < 0.97*float64(rows) {
		t.Error("below the floor: 99 % of the columns by the mean over the systems, 1 % false, 97 % of the rows")
	}
}
