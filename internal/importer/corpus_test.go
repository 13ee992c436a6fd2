package importer_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"parley/internal/crm"
	"parley/internal/importer"
)

// fields is a contact in flat form, as the corpus writes it.
type fields = map[string]any

// answer is what was made of one row.
type answer struct {
	line    int
	outcome string // import, reject or skip
	reason  string // codes
	contact fields
}

// flat writes a result as the corpus does.
func flat(r importer.Result) answer {
	a := answer{line: r.Row.Line, outcome: "import", contact: fields{}}
	if r.Refused() {
		a.outcome = "reject"
		for _, p := range r.Problems {
			a.reason += p.Code + " "
		}
	}
	for field, text := range r.Draft.Fields {
		a.contact[string(field)] = text
	}
	if r.Draft.Identities != nil {
		for _, i := range *r.Draft.Identities {
			if i.Primary {
				a.contact[string(i.Kind)] = i.Value
				if i.Kind == crm.EmailIdentity {
					a.contact["email"] = i.Entered
				}
			}
		}
	}
	if len(r.Tags) > 0 {
		var list []any
		for _, tag := range r.Tags {
			list = append(list, tag)
		}
		a.contact["tags"] = list
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
