package importer_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"parley/internal/importer"
)

// column is what a column of a labelled file is.
type column struct {
	Header, Label, Role string
	Part                int
	AlsoOK              []string `json:"also_ok"`
}

// right reports whether a proposal is one that is right for the column.
func (c column) right(field string) bool {
	return field == c.Label || slices.Contains(c.AlsoOK, field)
}

// mapped counts how proposals fare.
type mapped struct {
	right, preferred, falseMaps, ignored int
	bySystem                             []float64
}

func (m *mapped) add(t *testing.T, name string, columns []column, proposed []importer.Column) {
	right, preferred := 0, 0
	for i, c := range columns {
		field := importer.Ignore
		if i < len(proposed) {
			field = proposed[i].Field
		}
		switch {
		case c.Role == "ignore":
			m.ignored++
			if field != importer.Ignore && !c.right(field) {
				m.falseMaps++
				t.Logf("%s: %q is taken for %s", name, c.Header, field)
			}
		case c.Role == "preferred":
			preferred++
			if c.right(field) {
				right++
			} else {
				t.Logf("%s: %q is taken for %s, not for %s", name, c.Header, field, c.Label)
			}
		case field != importer.Ignore && !c.right(field):
			t.Logf("%s: %q may be %s, and is taken for %s", name, c.Header, c.Label, field)
		}
	}
	m.right += right
	m.preferred += preferred
	m.bySystem = append(m.bySystem, float64(right)/float64(preferred))
}

// mean is the mean over the systems, in percent.
func (m *mapped) mean() float64 {
	sum := 0.0
	for _, share := range m.bySystem {
		sum += share
	}
	return 100 * sum / float64(len(m.bySystem))
}

// TestLayouts proposes mappings for exports of systems that are not in the corpus.
func TestLayouts(t *testing.T) {
	paths, err := filepath.Glob("testdata/layouts/*.json")
	if err != nil || len(paths) < 30 {
		t.Fatal(len(paths), err)
	}
	var m mapped
	for _, path := range paths {
		var l struct {
			Name, Country string
			Columns       []column
		}
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
		m.add(t, l.Name, l.Columns, f.Columns)
	}
	t.Logf("%d layouts: %d of %d columns right, mean %.1f %%; %d of %d columns to ignore taken for a field",
		len(paths), m.right, m.preferred, m.mean(), m.falseMaps, m.ignored)
	if m.mean() < 95 || float64(m.falseMaps) > 0.03*float64(m.ignored) {
		t.Error("below the floor: 95 % by the mean over the systems, 3 % false")
	}
}
