package web

import (
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	update = flag.Bool("update", false, "write the golden files anew")
	browse = flag.String("browse", "", "an address at which to look at the sample pages, such as 127.0.0.1:8090")
)

func newTestTemplates(t *testing.T) (*assets, *templates) {
	t.Helper()
	a, err := newAssets()
	if err != nil {
		t.Fatal(err)
	}
	set, err := newTemplates(a)
	if err != nil {
		t.Fatal(err)
	}
	return a, set
}

// hashes differ with every change of a style sheet and say nothing about a page.
var hashes = regexp.MustCompile(`\?v=[0-9a-f]{12}`)

func TestGolden(t *testing.T) {
	_, set := newTestTemplates(t)
	var files []string
	for name, v := range samples() {
		files = append(files, name+".html")
		t.Run(name, func(t *testing.T) {
			got, err := set.render(v)
			if err != nil {
				t.Fatal(err)
			}
			got = hashes.ReplaceAll(got, nil)
			path := filepath.Join("testdata", "golden", name+".html")
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("differs from %s (go test -update writes it anew):\n%s", path, diff)
			}
		})
	}
	entries, err := os.ReadDir(filepath.Join("testdata", "golden"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(files, e.Name()) {
			t.Errorf("testdata/golden/%s belongs to no sample", e.Name())
		}
	}
}

// What people wrote is text wherever it stands: never a tag, a script or an attribute.
func TestHostileTextStaysText(t *testing.T) {
	_, set := newTestTemplates(t)
	for name, v := range samples() {
		page, err := set.render(v)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"<img src=x", "<b>bold</b>", "must never be shown", "ZgotmplZ", "<no value>", "&lt;nil&gt;"} {
			if strings.Contains(string(page), bad) {
				t.Errorf("%s contains %q", name, bad)
			}
		}
	}
}

// The Content-Security-Policy allows no inline script or style, so none may be written.
func TestNoInlineScriptOrStyle(t *testing.T) {
	_, set := newTestTemplates(t)
	inline := regexp.MustCompile(`(?i)<script(?:[^>]*)>[^<]|<style|\sstyle=|\son[a-z]+=["']|javascript:|hx-on|hx-vals=['"]js:`)
	for name, v := range samples() {
		page, err := set.render(v)
		if err != nil {
			t.Fatal(err)
		}
		if m := inline.Find(page); m != nil {
			t.Errorf("%s has %q", name, m)
		}
	}
}

// Every view type has a sample, and every asset and icon that a page names is there.
func TestPagesAskForWhatIsThere(t *testing.T) {
	a, set := newTestTemplates(t)
	icons := string(a.byName["vendor/icons.svg"].body)
	use := regexp.MustCompile(`icons\.svg\?v=[0-9a-f]+#([a-z0-9-]+)"`)
	for name, v := range samples() {
		page, err := set.render(v)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(page), "/static/missing/") {
			t.Errorf("%s asks for a file that is not there", name)
		}
		for _, m := range use.FindAllStringSubmatch(string(page), -1) {
			if !strings.Contains(icons, `id="`+m[1]+`"`) {
				t.Errorf("%s uses the icon %s, which is not in the sprite: add it to the manifest", name, m[1])
			}
		}
	}
}

// TestBrowse serves the samples for looking at them:
//
//	go test ./internal/web -run TestBrowse -browse 127.0.0.1:8090
func TestBrowse(t *testing.T) {
	if *browse == "" {
		t.Skip("only with -browse")
	}
	a, set := newTestTemplates(t)
	mux := http.NewServeMux()
	mux.Handle("/static/", a)
	mux.HandleFunc("/sample/{name}", func(w http.ResponseWriter, r *http.Request) {
		page, err := set.render(samples()[r.PathValue("name")])
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Security-Policy", contentSecurityPolicy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page)
	})
	t.Log(http.ListenAndServe(*browse, mux))
}
