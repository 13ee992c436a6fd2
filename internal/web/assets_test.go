package web

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// What lies in static/vendor is what the manifest says, and nothing else.
func TestVendoredFilesAreAsFetched(t *testing.T) {
	data, err := staticFiles.ReadFile("static/vendor/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	type file struct {
		To     string `json:"to"`
		SHA256 string `json:"sha256"`
	}
	var manifest struct {
		Packages []struct {
			Name, Version, Licence string
			Files                  []file `json:"files"`
			Sprite                 *file  `json:"sprite"`
		} `json:"packages"`
	}
	if err := json.Unmarshal(data, &manifest); err != nil {
		t.Fatal(err)
	}
	known := map[string]string{"manifest.json": "", "VENDOR.md": ""}
	for _, p := range manifest.Packages {
		if p.Name == "" || p.Version == "" || p.Licence == "" {
			t.Errorf("%+v lacks a name, version or licence", p)
		}
		for _, f := range p.Files {
			known[f.To] = f.SHA256
		}
		if p.Sprite != nil {
			known[p.Sprite.To] = p.Sprite.SHA256
		}
	}
	entries, err := fs.ReadDir(staticFiles, "static/vendor")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		want, ok := known[e.Name()]
		delete(known, e.Name())
		if !ok {
			t.Errorf("%s is not in the manifest", e.Name())
		}
		if want == "" {
			continue
		}
		body, err := staticFiles.ReadFile("static/vendor/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != want {
			t.Errorf("%s was changed: run go run ./internal/web/vendorfetch", e.Name())
		}
	}
	for name := range known {
		t.Errorf("%s is missing", name)
	}
}

// A file asked for by its hash may be kept for ever; by another it may not.
func TestAssetsAreKeptByTheirHash(t *testing.T) {
	a, _ := newTestTemplates(t)
	for address, want := range map[string]string{a.url("app.css"): "immutable", "/static/app.css?v=old": "no-cache", "/static/app.css": "no-cache"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", address, nil)
		r.Header.Set("Accept-Encoding", "gzip, br")
		a.ServeHTTP(w, r)
		if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Cache-Control"), want) || w.Header().Get("Content-Encoding") != "gzip" {
			t.Errorf("%s: %d %v", address, w.Code, w.Header())
		}
		r.Header.Set("If-None-Match", w.Header().Get("ETag"))
		w = httptest.NewRecorder()
		if a.ServeHTTP(w, r); w.Code != http.StatusNotModified {
			t.Errorf("%s again: %d", address, w.Code)
		}
	}
	w := httptest.NewRecorder()
	if a.ServeHTTP(w, httptest.NewRequest("GET", "/static/../server.go", nil)); w.Code != http.StatusNotFound {
		t.Errorf("outside: %d", w.Code)
	}
}

// Every time zone on offer is one.
func TestZonesExist(t *testing.T) {
	for _, z := range zones("") {
		if _, err := time.LoadLocation(z.Value); err != nil {
			t.Error(err)
		}
	}
}
