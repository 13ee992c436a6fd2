package importer_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/internal/crm"
	"parley/internal/importer"
)

// fields is a contact in flat form, as the corpus writes it.
type fields = map[string]any

// answer is what was made of one row.
type answer struct {
	Line    int    `json:"line"`
	Outcome string `json:"outcome"`
	Reason  string `json:"reason"`
	Contact fields `json:"contact"`
}

// flat writes a result as the corpus does.
func flat(r importer.Result) answer {
	a := answer{Line: r.Row.Line, Outcome: "import", Contact: fields{}}
	if r.Refused() {
		a.Outcome = "reject"
		for _, p := range r.Problems {
			a.Reason += p.Code + " "
		}
	}
	for field, text := range r.Draft.Fields {
		a.Contact[string(field)] = text
	}
	if r.Draft.Identities != nil {
		for _, i := range *r.Draft.Identities {
			if i.Primary {
				a.Contact[string(i.Kind)] = i.Value
				if i.Kind == crm.EmailIdentity {
					a.Contact["email"] = i.Entered
				}
			}
		}
	}
	if len(r.Tags) > 0 {
		var list []any
		for _, tag := range r.Tags {
			list = append(list, tag)
		}
		a.Contact["tags"] = list
	}
	return a
}

func open(data []byte, o importer.Options) (*importer.File, error) {
	return importer.Open(bytes.NewReader(data), int64(len(data)), o)
}

// answers reads all rows with a mapping.
func answers(t testing.TB, f *importer.File, s importer.Settings) []answer {
	t.Helper()
	p, err := f.Parser(s)
	if err != nil {
		t.Fatal(err)
	}
	var list []answer
	for row, err := range f.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, flat(p.Parse(row)))
	}
	return list
}

func load(t testing.TB, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatal(path, err)
	}
}

func TestDump(t *testing.T) {
	set := os.Getenv("CORPUS_SET")
	if set == "" {
		t.Skip()
	}
	type sysAnswer struct {
		Mapping []string `json:"mapping"`
		Rows    []answer `json:"rows"`
	}
	out := map[string]any{}
	systems := map[string]sysAnswer{}
	paths, _ := filepath.Glob(filepath.Join(set, "systems", "*.json"))
	for _, path := range paths {
		var s struct {
			Name, Country string
			Labels        []string
			Columns       []struct{ Label, Role string }
		}
		load(t, path, &s)
		data, err := os.ReadFile(strings.TrimSuffix(path, ".json") + ".csv")
		if err != nil {
			t.Fatal(err)
		}
		f, err := open(data, importer.Options{Country: s.Country})
		if err != nil {
			t.Errorf("%s: %v", s.Name, err)
			continue
		}
		var a sysAnswer
		for _, c := range f.Columns {
			a.Mapping = append(a.Mapping, c.Field)
		}
		m := importer.Mapping{}
		for i, c := range s.Columns {
			several := c.Label == "phone" || c.Label == "email"
			if c.Role == "preferred" || c.Role == "acceptable" && several {
				m[i] = c.Label
			}
		}
		if os.Getenv("CORPUS_AUTO") != "" {
			m = f.Proposed()
		}
		for i := range m {
			if i >= len(f.Columns) {
				if m[i] != "ignore" {
					t.Errorf("%s: column %d missing", s.Name, i)
				}
				delete(m, i)
			}
		}
		fmt.Println(s.Name, f.System, f.Encoding, f.Delimiter, f.HeaderLine)
		a.Rows = answers(t, f, importer.Settings{Mapping: m, Country: s.Country})
		systems[s.Name] = a
	}
	out["systems"] = systems
	var ph struct {
		Samples []struct{ Country, Raw string }
	}
	load(t, filepath.Join(set, "phones/phones.json"), &ph)
	var pl []map[string]string
	for _, s := range ph.Samples {
		found, _ := crm.ParsePhones(s.Raw, s.Country, false)
		e := ""
		if len(found) > 0 {
			e = found[0].E164
		}
		pl = append(pl, map[string]string{"e164": e})
	}
	out["phones"] = pl
	host := map[string]any{}
	var hc struct {
		Cases []struct {
			Name, File, Country string
			Rows                []struct {
				Line    int
				Outcome string
			}
		}
	}
	load(t, filepath.Join(set, "hostile/cases.json"), &hc)
	for _, c := range hc.Cases {
		data, err := os.ReadFile(filepath.Join(set, "hostile", c.File))
		if err != nil {
			continue
		}
		f, err := open(data, importer.Options{Country: c.Country})
		a := map[string]any{}
		var le *importer.LineError
		switch {
		case err != nil:
			a["file_outcome"], a["message"] = "error", err.Error()
			if errors.As(err, &le) {
				a["line"] = le.Line
			}
		case len(f.Doubts) > 0:
			a["file_outcome"] = "ask"
		case len(f.Proposed().Missing()) > 0:
			a["file_outcome"] = "needs_mapping"
		default:
			a["file_outcome"] = "ok"
			rows := answers(t, f, importer.Settings{Mapping: f.Proposed(), Country: c.Country})
			have := map[int]bool{}
			for _, r := range rows {
				have[r.Line] = true
			}
			for _, r := range c.Rows {
				if !have[r.Line] {
					rows = append(rows, answer{Line: r.Line, Outcome: "skip"})
				}
			}
			a["rows"] = rows
		}
		host[c.Name] = a
	}
	out["hostile"] = host
	var vc struct{ Files []struct{ Name, File, Country string } }
	load(t, filepath.Join(set, "vcards/vcards.json"), &vc)
	cards := map[string][]answer{}
	for _, c := range vc.Files {
		data, _ := os.ReadFile(filepath.Join(set, "vcards", c.File))
		f, err := open(data, importer.Options{Country: c.Country})
		if err != nil {
			t.Error(c.Name, err)
			continue
		}
		cards[c.Name] = answers(t, f, importer.Settings{Mapping: f.Proposed(), Country: c.Country})
	}
	out["vcards"] = cards
	b, _ := json.Marshal(out)
	os.WriteFile("/tmp/importer-answers.json", b, 0o644)
}
