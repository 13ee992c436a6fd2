package api_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"parley/internal/api"
)

// promised is the OpenAPI document as a checker: each answer that the tests of this package
// get has to be as the document says, and so has each body that is taken.
type promised struct {
	mu       sync.Mutex
	document *openapi3.T
	patterns map[string][]string // of a method, those with the fewest names first
	seen     map[string]int      // how often each answer of an operation was looked at
}

// enough is how often an answer of an operation is looked at: the model gets thousands.
const enough = 50

var document promised

// read takes the document of the first house; those of all are alike.
func (p *promised) read(t testing.TB, h *house) {
	t.Helper()
	got := h.as(actor{}).raw("GET", api.Prefix+"/openapi.json", nil)
	read, err := openapi3.NewLoader().LoadFromData([]byte(got.body))
	if err != nil {
		t.Fatal(err)
	}
	p.document, p.patterns, p.seen = read, map[string][]string{}, map[string]int{}
	for _, r := range h.api.Routes() {
		if path, ours := strings.CutPrefix(r.Pattern, api.Prefix); ours {
			p.patterns[r.Method] = append(p.patterns[r.Method], path)
		}
	}
	for _, list := range p.patterns {
		slices.SortStableFunc(list, func(a, b string) int { return strings.Count(a, "{") - strings.Count(b, "{") })
	}
}

// check compares an answer, and the body of the call, with what the document says of them.
func (p *promised) check(t testing.TB, h *house, method, path string, body []byte, got answer) {
	t.Helper()
	if raced {
		return // the answers are the same, and this takes several times as long
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.document == nil {
		p.read(t, h)
	}
	path, _, _ = strings.Cut(path, "?")
	at := slices.IndexFunc(p.patterns[method], func(pattern string) bool { return fits(pattern, path) })
	if at < 0 {
		return // no address, or none for this method
	}
	answer := fmt.Sprint(method, p.patterns[method][at], got.status)
	if p.seen[answer]++; p.seen[answer] > enough {
		return
	}
	operation := p.document.Paths.Value(p.patterns[method][at]).GetOperation(method)
	if got.status < 300 && len(body) > 0 && operation.RequestBody != nil {
		var sent any
		if content := operation.RequestBody.Value.Content.Get("application/json"); content != nil && json.Unmarshal(body, &sent) == nil {
			if err := content.Schema.Value.VisitJSON(sent, openapi3.VisitAsRequest()); err != nil {
				t.Errorf("%s: a body was taken that is not as the document says: %s: %s", got.call, firstLine(err), body)
			}
		}
	}
	response := operation.Responses.Status(got.status)
	if response == nil {
		t.Errorf("%s: the document does not name the answer %d: %s", got.call, got.status, got.body)
		return
	}
	kind, _, _ := strings.Cut(got.header.Get("Content-Type"), ";")
	content := response.Value.Content.Get(kind)
	switch {
	case got.body == "":
	case content == nil:
		t.Errorf("%s: the document does not name %s as the type of the answer %d", got.call, kind, got.status)
	case strings.HasSuffix(kind, "json") && got.json != nil:
		if err := content.Schema.Value.VisitJSON(map[string]any(got.json), openapi3.VisitAsResponse()); err != nil {
			t.Errorf("%s: the answer %d is not as the document says: %s: %s", got.call, got.status, firstLine(err), got.body)
		}
	}
}

// firstLine leaves out the schema that follows.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// fits reports whether a path is of a pattern such as /contacts/{id}.
func fits(pattern, path string) bool {
	parts, names := strings.Split(path, "/"), strings.Split(pattern, "/")
	if len(parts) != len(names) {
		return false
	}
	for n, name := range names {
		if !strings.HasPrefix(name, "{") && name != parts[n] || name != "" && parts[n] == "" {
			return false
		}
	}
	return true
}
