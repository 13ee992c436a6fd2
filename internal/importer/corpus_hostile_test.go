package importer_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"parley/internal/crm"
	"parley/internal/importer"
)

// hostile is a file that is broken, misleading or meant to harm.
type hostile struct {
	Name, File, Country, Error string
	FileOutcome                string `json:"file_outcome"`
	Line                       int
	Rows                       []expectation
	IfConfirmed                []expectation `json:"rows_if_confirmed"`
}

// better are cases of which we make more than the corpus asks for, as it allows: it says
// that the file may be imported as what it is, or that only the broken line is refused.
var better = map[string]string{
	"xlsx_renamed_to_csv": "read as the workbook that it is",
	"vcf_saved_as_csv":    "read as the vCard that it is",
	"unbalanced_quote":    "line 4 alone is refused",
}

// made are the two cases too large to keep.
func made(name string) []byte {
	switch name {
	case "million_column_line":
		return []byte(strings.Repeat(",", 1_000_000) + "\nFirst,Last\n")
	case "two_megabyte_cell":
		return []byte("First Name,Last Name,Phone,Email,Notes\nAmelia,Hartley,020 7946 0101,amelia@hartley.example.com," +
			strings.Repeat("x", 2_000_000) + "\nRhys,Price,020 7946 0102,rhys@price.example.com,\n")
	}
	return nil
}

// fileOutcome is what the file as a whole comes to.
func fileOutcome(f *importer.File, err error) (outcome, code string, line int) {
	var known *crm.Error
	var at *importer.LineError
	if errors.As(err, &at) {
		line = at.Line
	}
	switch {
	case errors.As(err, &known):
		return "error", known.Code, line
	case err != nil:
		return "fault: " + err.Error(), "", 0
	case len(f.Doubts) > 0:
		return "ask", f.Doubts[0].Code, 0
	case len(f.Proposed().Missing()) > 0:
		return "needs_mapping", "", 0
	}
	return "ok", "", 0
}

// TestHostile reads every hostile file without help.
func TestHostile(t *testing.T) {
	var set struct{ Cases []hostile }
	load(t, "testdata/corpus/hostile/cases.json", &set)
	if len(set.Cases) < 50 {
		t.Fatal(len(set.Cases))
	}
	for _, c := range set.Cases {
		t.Run(c.Name, func(t *testing.T) {
			data := made(c.Name)
			if data == nil {
				var err error
				if data, err = os.ReadFile(filepath.Join("testdata/corpus/hostile", c.File)); err != nil {
					t.Fatal(err)
				}
			}
			f, err := open(data, importer.Options{Country: c.Country})
			outcome, code, line := fileOutcome(f, err)
			if better[c.Name] != "" {
				if outcome != "ok" {
					t.Fatal(outcome, err)
				}
				checkBetter(t, c.Name, answers(t, f, importer.Settings{Mapping: f.Proposed()}))
				return
			}
			if outcome != c.FileOutcome || line != c.Line {
				t.Fatalf("%s on line %d (%v), want %s on line %d", outcome, line, err, c.FileOutcome, c.Line)
			}
			if (outcome == "error" || outcome == "ask") && code != c.Error {
				t.Errorf("code %s, want %s", code, c.Error)
			}
			if err == nil {
				checkRows(t, append(c.Rows, c.IfConfirmed...), answers(t, f, importer.Settings{Mapping: f.Proposed()}))
			}
		})
	}
}

func checkRows(t *testing.T, want []expectation, got []answer) {
	t.Helper()
	for _, e := range want {
		line := int(e["line"].(float64))
		at := slices.IndexFunc(got, func(a answer) bool { return a.line == line })
		a := answer{outcome: "skip"}
		if at >= 0 {
			a = got[at]
		}
		if wanted := e.text("outcome"); wanted != a.outcome && wanted != "policy" {
			t.Errorf("line %d: is %s (%s), want %s", line, a.outcome, a.reason, wanted)
			continue
		}
		for _, field := range []string{"first_name", "last_name", "phone", "email", "notes"} {
			if _, has := e[field]; has && a.outcome == "import" && !e.same(field, a.contact[field]) {
				t.Errorf("line %d: %s is %q, want %q", line, field, a.contact[field], e[field])
			}
		}
	}
}

func checkBetter(t *testing.T, name string, got []answer) {
	t.Helper()
	for _, a := range got {
		switch {
		case name == "unbalanced_quote" && a.line == 4:
			if a.outcome != "reject" || !strings.Contains(a.reason, "unclosed_quote") {
				t.Errorf("line 4 is %s (%s)", a.outcome, a.reason)
			}
		case a.outcome != "import":
			t.Errorf("line %d is %s (%s)", a.line, a.outcome, a.reason)
		}
	}
	if want := map[string]int{"unbalanced_quote": 5}[name]; len(got) < max(want, 1) {
		t.Errorf("%d rows", len(got))
	}
}

// TestCards reads the vCards of the corpus. Cards whose outcome is a choice of the
// product's are refused where they lack a name (C2).
func TestCards(t *testing.T) {
	var set struct {
		Files []struct {
			Name, File, Country string
			Expected            []expectation
		}
	}
	load(t, "testdata/corpus/vcards/vcards.json", &set)
	cards, right := 0, 0
	for _, file := range set.Files {
		data, err := os.ReadFile(filepath.Join("testdata/corpus/vcards", file.File))
		if err != nil {
			t.Fatal(err)
		}
		f, err := open(data, importer.Options{Country: file.Country})
		if err != nil {
			t.Errorf("%s: %v", file.Name, err)
			continue
		}
		got := answers(t, f, importer.Settings{Mapping: f.Proposed()})
		for i, want := range file.Expected {
			a := answer{outcome: "skip"}
			if i < len(got) {
				a = got[i]
			}
			if want["_policy"] != nil {
				if a.outcome != "reject" || !strings.Contains(a.reason, "required") {
					t.Errorf("%s card %d: is %s (%s) without a name", file.Name, i+1, a.outcome, a.reason)
				}
				continue
			}
			cards++
			if what := want.difference(a, nil, false); what != "" {
				t.Errorf("%s card %d: %s", file.Name, i+1, what)
				continue
			}
			right++
		}
	}
	t.Logf("%d of %d cards right", right, cards)
	if cards < 12 {
		t.Error("too few cards: this checks little")
	}
}
