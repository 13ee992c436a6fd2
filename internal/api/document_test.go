package api_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"parley/internal/api"
	"parley/internal/db/dbtest"
)

var update = flag.Bool("update", false, "write testdata/openapi.json anew")

// TestDocument compares the OpenAPI document with the golden file: what is promised to
// the outside changes on purpose only.
func TestDocument(t *testing.T) {
	h := build(t, dbtest.NewSQLite(t))
	got := h.as(actor{}).get("/openapi.json").want(200)
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, []byte(got.body), "", "  "); err != nil {
		t.Fatal(err)
	}
	pretty.WriteString("\n")
	const file = "testdata/openapi.json"
	if *update {
		if err := os.WriteFile(file, pretty.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(golden, pretty.Bytes()) {
		t.Errorf("the document is not as in %s; if that is meant, run go test ./internal/api -run TestDocument -update", file)
	}
	got.is("3.1.0", "openapi")
	if _, err := openapi3.NewLoader().LoadFromData([]byte(got.body)); err != nil {
		t.Errorf("the document cannot be loaded: %v", err)
	}
	paths, _ := got.at("paths").(J)
	operations := 0
	for _, r := range h.api.Routes() {
		path, ours := strings.CutPrefix(r.Pattern, api.Prefix)
		if !ours {
			continue
		}
		operations++
		op, _ := paths[path].(J)[strings.ToLower(r.Method)].(J)
		if op["operationId"] == nil || op["summary"] == nil || (op["security"] == nil) != (r.Access == api.Anyone) {
			t.Errorf("%s %s is not described: %v", r.Method, r.Pattern, op)
		}
	}
	for path, item := range paths {
		operations -= len(item.(J))
		_ = path
	}
	if operations != 0 {
		t.Errorf("routes and document differ by %d operations", operations)
	}
}

// TestDocsPage: one page without script, and a policy that fits it.
func TestDocsPage(t *testing.T) {
	h := build(t, dbtest.NewSQLite(t))
	page := h.as(actor{}).get("//api/docs").want(200)
	_, style, _ := strings.Cut(page.body, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	sum := sha256.Sum256([]byte(style))
	policy := page.header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") || !strings.HasPrefix(policy, "default-src 'none'") {
		t.Errorf("policy %q does not allow the page's style", policy)
	}
	for _, want := range []string{"/api/v1/contacts/{id}/history", "identity_taken", `href="#schema-Contact"`, `id="schema-Contact"`, "contact_address", "text/event-stream"} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(page.body, "<script") || strings.Contains(page.body, "http://") || strings.Contains(page.body, "https://") {
		t.Error("the page loads something")
	}
}
