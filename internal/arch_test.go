package internal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// layer says what a package may import of ours. Paths are below parley/; one that ends in
// /... means everything below it too, and the longest that fits counts.
type layer struct {
	path string
	may  []string
}

var rooms = []string{"internal/app/hooks", "internal/app/contacts", "internal/app/inbox", "internal/app/broadcasts", "internal/app/imports",
	"internal/app/accounts", "internal/app/team"}

// What stands under every room and every part of the rim.
var (
	ground = []string{"internal/crm", "internal/db", "internal/store"}
	seam   = "internal/channel" // the interface alone, without its providers: docs/decisions/001
)

func and(lists ...[]string) []string { return slices.Concat(lists...) }

// layers are the arrows of DESIGN.md. A package that is not there yet may stand in it.
var layers = []layer{
	{"internal", nil}, // this file
	{"internal/crm", nil},
	{"internal/db", []string{"internal/crm"}},
	{"internal/store", []string{"internal/crm", "internal/db"}},
	{"internal/auth", nil},
	{"internal/card", []string{"internal/crm"}},
	{"internal/importer/...", []string{"internal/crm", "internal/importer/..."}},
	{"internal/events", ground},

	{"internal/app/contacts", and(ground, []string{"internal/auth", "internal/card", seam})},
	{"internal/app/inbox", and(ground, []string{"internal/auth", seam, "internal/app/contacts"})},
	{"internal/app/broadcasts", and(ground, []string{"internal/auth", seam, "internal/app/inbox", "internal/app/contacts"})},
	{"internal/app/hooks", and(ground, []string{"internal/auth"})},
	{"internal/app/imports", and(ground, []string{"internal/importer/...", "internal/card", "internal/app/contacts"})},
	{"internal/app/accounts", and(ground, []string{"internal/auth", "internal/connector", "internal/app/contacts"})},
	{"internal/app/team", and(ground, []string{"internal/auth", seam})},

	{"internal/channel", []string{"internal/crm"}},
	{"internal/channel/...", []string{"internal/crm", seam}},
	// The simulator speaks the words of the providers it plays.
	{"internal/channel/simulator", []string{"internal/crm", seam, "internal/channel/whatsapp", "internal/channel/twilio"}},
	{"internal/connector", []string{"internal/crm"}},
	{"internal/connector/...", []string{"internal/crm", "internal/connector"}},
	// An emulator knows nothing of the connector that is tested against it.
	{"internal/connector/emulator", nil},
	{"internal/connector/xeroemulator", []string{"internal/connector/emulator"}},
	{"internal/connector/quickbooksemulator", []string{"internal/connector/emulator"}},
	{"internal/connector/hubspotemulator", []string{"internal/connector/emulator"}},
	{"internal/jobs", and(ground[:2], rooms)},
	{"internal/web", and(ground, rooms, []string{seam, "internal/connector", "internal/events"})},
	{"internal/dav", and(ground, rooms, []string{"internal/card", "internal/importer"})},
	{"internal/web/vendorfetch", nil},
	{"internal/api", and(ground, rooms, []string{seam, "internal/connector", "internal/events"})},

	{"internal/seed", and(ground, rooms)},
	{"cmd/parley", []string{"internal/..."}}, // the wiring
	{"e2e", []string{"internal/..."}},
	{"bench", []string{"internal/..."}},
	// Helpers of tests; nothing but tests imports them, which testOnly checks.
	{"internal/db/dbtest", []string{"internal/db"}},
	{"internal/app/apptest", and(ground, rooms, []string{"internal/auth", seam, "internal/channel/simulator", "internal/db/dbtest"})},
	{"internal/channel/channeltest/...", []string{"internal/crm", seam, "internal/channel/..."}},
	{"internal/connector/connectortest/...", []string{"internal/crm", "internal/connector/..."}},
}

// testOnly matches packages that only tests import.
var testOnly = regexp.MustCompile(`(^|/)[a-z]+test(/|$)`)

// saysNothing are names that tell nobody what is in a package.
var saysNothing = []string{"util", "utils", "common", "helpers", "helper", "models", "misc", "shared", "base"}

// outside are modules that one package keeps to itself.
var outside = []struct {
	prefix string
	may    []string
	why    string
}{
	{"github.com/riverqueue/river/rivermigrate", []string{"internal/db"}, "only db migrates River's tables"},
	{"github.com/riverqueue/river/riverdriver", []string{"internal/db", "internal/jobs"}, "only jobs runs River, and db migrates its tables"},
	{"github.com/riverqueue/river", []string{"internal/jobs"}, "only jobs imports River"},
	{"modernc.org/sqlite", []string{"internal/db"}, "only db knows the engines"},
	{"github.com/jackc/pgx", []string{"internal/db", "internal/events", "internal/jobs"},
		"only db knows the engines (events listens for notifications, jobs hands River its transaction)"},
	{"github.com/pressly/goose", []string{"internal/db"}, "only db migrates"},
	{"github.com/nyaruka/phonenumbers", []string{"internal/crm"}, "crm decides what a phone number is"},
	{"database/sql", []string{"internal/db", "internal/jobs", "internal/crm"},
		"the engines stand behind db (jobs hands River its transaction, crm.ID is a driver.Valuer)"},
	{"net/http", []string{"internal/web", "internal/api", "internal/dav", "internal/channel", "internal/connector", "cmd"},
		"only the rim knows HTTP"},
}

// pkg is what go list says of a package.
type pkg struct {
	ImportPath string
	Imports    []string
	Dir        string
	GoFiles    []string
}

const module = "parley"

func ours(importPath string) (string, bool) {
	rest, found := strings.CutPrefix(importPath, module+"/")
	return rest, found
}

// check reports what is wrong with a graph of imports, one sentence each.
func check(packages []pkg) []string {
	var wrong []string
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	for _, p := range packages {
		name, isOurs := ours(p.ImportPath)
		if !isOurs {
			continue
		}
		if slices.Contains(saysNothing, path.Base(name)) {
			say("%s: the name says nothing; call it by what it is for", name)
		}
		l, known := layerOf(name)
		if !known {
			say("%s stands on no layer: add it to layers in internal/arch_test.go, with what DESIGN.md lets it import", name)
			continue
		}
		for _, imported := range p.Imports {
			if mine, isOurs := ours(imported); isOurs {
				switch {
				case testOnly.MatchString(mine) && !testOnly.MatchString(name):
					say("%s imports %s, which is for tests", name, mine)
				case !slices.ContainsFunc(l.may, func(pattern string) bool { return fits(pattern, mine) }):
					say("%s imports %s; arrows only go down: it may import %s", name, mine, orNothing(l.may))
				}
				continue
			}
			for _, o := range outside {
				if imported != o.prefix && !strings.HasPrefix(imported, o.prefix+"/") {
					continue
				}
				if !slices.ContainsFunc(o.may, func(at string) bool { return name == at || strings.HasPrefix(name, at+"/") }) {
					say("%s imports %s: %s", name, imported, o.why)
				}
				break // the first that fits is the narrowest
			}
		}
	}
	return wrong
}

// layerOf finds the entry with the longest path that fits.
func layerOf(name string) (found layer, ok bool) {
	for _, l := range layers {
		exact, best := l.path == name, len(strings.TrimSuffix(l.path, "/..."))
		if fits(l.path, name) && (!ok || exact || found.path != name && best > len(strings.TrimSuffix(found.path, "/..."))) {
			found, ok = l, true
		}
	}
	return found, ok
}

// fits reports whether a pattern means a package.
func fits(pattern, name string) bool {
	if folder, all := strings.CutSuffix(pattern, "/..."); all {
		return name == folder || strings.HasPrefix(name, folder+"/")
	}
	return pattern == name
}

func orNothing(list []string) string {
	if len(list) == 0 {
		return "nothing of ours"
	}
	return strings.Join(list, ", ")
}

// TestArrows checks the packages there are.
func TestArrows(t *testing.T) {
	packages := list(t)
	if len(packages) < 15 {
		t.Fatalf("go list knows %d packages: this checks nothing", len(packages))
	}
	for _, sentence := range check(packages) {
		t.Error(sentence)
	}
}

// TestArrowsCanFail checks the checker on imports that nobody should write.
func TestArrowsCanFail(t *testing.T) {
	tests := []struct {
		from, imports string
		want          string // part of the sentence; empty: this is fine
	}{
		{"internal/crm", "parley/internal/db", "internal/crm imports internal/db; arrows only go down: it may import nothing of ours"},
		{"internal/crm", "time", ""},
		{"internal/db", "parley/internal/store", "internal/db imports internal/store"},
		{"internal/store", "parley/internal/app/contacts", "arrows only go down"},
		{"internal/app/contacts", "parley/internal/app/inbox", "internal/app/contacts imports internal/app/inbox"},
		{"internal/app/inbox", "parley/internal/app/contacts", ""},
		{"internal/app/inbox", "parley/internal/channel", ""},
		{"internal/app/inbox", "parley/internal/channel/whatsapp", "internal/app/inbox imports internal/channel/whatsapp"},
		{"internal/app/imports", "parley/internal/app/inbox", "arrows only go down"},
		{"internal/app/team", "net/http", "only the rim knows HTTP"},
		{"internal/web", "parley/internal/api", "internal/web imports internal/api"},
		{"internal/web", "parley/internal/channel", ""},
		{"internal/web", "parley/internal/channel/simulator", "internal/web imports internal/channel/simulator"},
		{"internal/web", "parley/internal/jobs", "internal/web imports internal/jobs"},
		{"internal/channel/whatsapp", "parley/internal/channel/twilio", "internal/channel/whatsapp imports internal/channel/twilio"},
		{"internal/channel/simulator", "parley/internal/channel/twilio", ""},
		{"internal/connector/xero", "parley/internal/connector", ""},
		{"internal/connector/xero", "parley/internal/connector/hubspot", "arrows only go down"},
		{"internal/importer", "parley/internal/store", "internal/importer imports internal/store"},
		{"internal/importer/header", "parley/internal/importer", ""},
		{"internal/jobs", "github.com/riverqueue/river", ""},
		{"internal/app/inbox", "github.com/riverqueue/river", "only jobs imports River"},
		{"internal/db", "github.com/riverqueue/river", "only jobs imports River"},
		{"internal/db", "github.com/riverqueue/river/rivermigrate", ""},
		{"internal/store", "github.com/jackc/pgx/v5", "only db knows the engines"},
		{"internal/app/inbox", "parley/internal/app/apptest", "is for tests"},
		{"cmd/parley", "parley/internal/channel/whatsapp", ""},
		{"cmd/parley", "parley/internal/db/dbtest", "is for tests"},
		{"internal/app/apptest", "parley/internal/db/dbtest", ""},
		{"internal/app/util", "time", "the name says nothing"},
		{"internal/billing", "time", "stands on no layer"},
	}
	for _, test := range tests {
		got := strings.Join(check([]pkg{{ImportPath: module + "/" + test.from, Imports: []string{test.imports}}}), "\n")
		if test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("%s importing %s: said %q, want %q", test.from, test.imports, got, test.want)
		}
	}
}

// maxLines is how long a file may be that people read.
const maxLines = 600

// TestFiles looks for files that hold more than one subject.
func TestFiles(t *testing.T) {
	for _, p := range list(t) {
		for _, name := range p.GoFiles {
			text, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil {
				t.Error(err)
			} else if lines := bytes.Count(text, []byte("\n")); lines > maxLines {
				t.Errorf("%s/%s has %d lines, at most %d: part it by subject", p.ImportPath, name, lines, maxLines)
			}
		}
	}
}

// maxDirect is how many modules we may depend on ourselves.
const maxDirect = 25

// TestDependencies counts the direct dependencies. Each stands with its reason in
// docs/decisions/008-dependencies.md.
func TestDependencies(t *testing.T) {
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal(run(t, "go", "mod", "edit", "-json"), &mod); err != nil {
		t.Fatal(err)
	}
	var direct []string
	for _, r := range mod.Require {
		if !r.Indirect {
			direct = append(direct, r.Path)
		}
	}
	if len(direct) == 0 || len(direct) > maxDirect {
		t.Errorf("%d direct dependencies, at most %d: %s", len(direct), maxDirect, strings.Join(direct, ", "))
	}
	reasons, err := os.ReadFile("../docs/decisions/008-dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range direct {
		if !bytes.Contains(reasons, []byte(name)) {
			t.Errorf("%s has no reason in docs/decisions/008-dependencies.md", name)
		}
	}
}

func list(t *testing.T) []pkg {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(run(t, "go", "list", "-json=ImportPath,Imports,Dir,GoFiles", module+"/...")))
	var packages []pkg
	for {
		var p pkg
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

func run(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, args...)
	var complaint bytes.Buffer
	command.Stderr = &complaint
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, complaint.String())
	}
	return out
}
