package quickbooks_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	qb "parley/internal/connector/quickbooksemulator"
)

// names are those of the elements and attributes in Intuit's own schemas, where they lie
// beside the project; they are not ours to carry.
var names = sync.OnceValue(func() map[string]bool {
	folder := cmp.Or(os.Getenv("PARLEY_SPECS"), "../../../../shared/specs")
	files, _ := filepath.Glob(filepath.Join(folder, "intuit", "*.xsd"))
	known := map[string]bool{}
	for _, file := range files {
		text, _ := os.ReadFile(file)
		for _, m := range regexp.MustCompile(`<xs:(?:element|attribute|complexType)[^>]*?\sname="(\w+)"`).FindAllSubmatch(text, -1) {
			known[string(m[1])] = true
		}
	}
	return known
})

// outside are names of the JSON form that the schemas of the XML one do not have.
var outside = map[string]bool{"QueryResponse": true, "CDCResponse": true, "value": true, "Fault": true, "time": true}

// described is a network that holds the names in all bodies of both sides to the schemas,
// so that connector and emulator cannot agree on a wrong one.
type described struct {
	t    *testing.T
	next http.RoundTripper
}

func (d described) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/v3/") {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		d.check(r.URL.Path, body)
	}
	response, err := d.next.RoundTrip(r)
	if err == nil && response.StatusCode == http.StatusOK && strings.HasPrefix(r.URL.Path, "/v3/") {
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		response.Body = io.NopCloser(bytes.NewReader(body))
		d.check("the answer of "+r.URL.Path, body)
	}
	return response, err
}

func (d described) check(where string, body []byte) {
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, inner := range v {
				if !names()[name] && !outside[name] {
					d.t.Errorf("%s: Intuit's schemas know no %s", where, name)
				}
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	walk(value)
}

// held has a company's calls held to the schemas.
func held(t *testing.T, c *company) {
	t.Helper()
	if len(names()) > 0 {
		c.app.HTTP.Transport = described{t, c.app.HTTP.Transport}
	}
}

// TestSchemaTells breaks a name once: the test above can fail.
func TestSchemaTells(t *testing.T) {
	if len(names()) == 0 {
		t.Skip("Intuit's schemas do not lie beside the project")
	}
	probe := &testing.T{}
	described{probe, nil}.check("x", []byte(`{"Customer":{"DisplayNmae":"x"}}`))
	if !probe.Failed() {
		t.Error("a wrong name passes")
	}
	var sent qb.Customer
	text, _ := json.Marshal(sent)
	described{t, nil}.check("a customer", text)
}
