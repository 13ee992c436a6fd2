package store_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"parley/internal/db/dbtest"
)

// overAllBusinesses are the statements on tenants' tables that do not name one business,
// by where they stand and how they begin, with the reason. They show nobody anything.
var overAllBusinesses = map[string]string{
	"indexWaiting: select business_id, contact_id from contact_unindexed": "works off what waits to be indexed, of whichever business, and then names each",
	"AnyUnindexed: select contact_id from contact_unindexed":              "asks whether anything waits to be indexed",
	"AnyUnindexed: select business_id from contact_text_gone":             "asks whether the index has anything to forget",
	"forgetGone: select business_id from contact_text_gone":               "works off what the index is to forget, of whichever business, and then names it",
	"insertTexts: select coalesce(max(doc), 0)":                           "asks for the last number that a row of the index was given",
	"Behind: select b.id from business":                                   "asks which businesses have something to work off, and then names each",
	"ForgetAnswers: delete from idempotent":                               "clears what is older than promised, by the clock alone",
	"updateContact: update contact set":                                   "is put together from the columns; its end names the business",
	"LeftImports: select business_id, id, status from import":             "works off what was left lying, of whichever business, and then names each",
	"EndedFiles: select i.business_id, i.id, i.status from import i":      "clears away files that have served, of whichever business, and then names each",
	"HookedBusinesses: select b.id from business b":                       "asks which businesses have endpoints to tell, and then names each",
	"LeftBulks: select business_id, id from bulk":                         "works off what was left lying, of whichever business, and then names each",
	"ActiveBroadcasts: select business_id, id":                            "works off what is to be sent, of whichever business, and then names each",
	"RecentBroadcasts: select b.business_id, b.id":                        "looks after what was sent, of whichever business, and then names each",
	"FreeLanes: update send_lane":                                         "lets go of what a process that died held, of whichever business",
	"ConnectionsOf: select business_id, id from connection":               "a provider's webhook names an organisation, and each business that follows it is told by its own statement",
	"FollowedOf: select f.business_id, f.connection_id":                   "a webhook that did not arrive may have been of anybody, and each feed is then named",
	"DueFeeds: select f.business_id, f.connection_id":                     "works off what is due, of whichever business, and then names each",
	"DeletedFields: select business_id, id, key from custom_field":        "works off what waits to be cleared away, of whichever business, and then names each",
	"TagsToClear: select t.business_id":                                   "works off who carries a tag that is gone, of whichever business, and then names each",
	"selectGoneTag: ":                                                     beginning,
	"selectContact: ":                                                     beginning,
	"selectMessage: ":                                                     beginning,
	"selectEvent: ":                                                       beginning,
	"selectUser: ":                                                        beginning,
	"selectDuplicate: ":                                                   beginning,
}

const beginning = "the beginning of statements, each of which names the business where it goes on"

// lookUps are tables through which one is found whose business nobody knows yet: a row of
// theirs stands for one business, and what is joined to it must be of that.
var lookUps = regexp.MustCompile(`(?i)\b(?:from|join)\s+(?:webhook|sign_in|session|api_token|one_time_link)\b`)

// statement is one text of SQL in the source, its parts joined; what is put in at run
// time stands as ….
type statement struct {
	in   string // the function or variable
	at   token.Position
	text string
}

func (s statement) name() string { return s.in + ": " + strings.Join(strings.Fields(s.text), " ") }

// TestStatementsNameTheBusiness reads every statement of this package: one on a tenant's
// table that does not compare or give business_id could reach into another business (A1).
func TestStatementsNameTheBusiness(t *testing.T) {
	tenants := slices.DeleteFunc(slices.Collect(maps.Keys(schemaOf(t, dbtest.NewSQLite(t)))), func(name string) bool { return ofNoBusiness[name] != "" })
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	sources := map[string][]byte{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		if sources[name], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	statements, err := statementsOf(sources)
	if err != nil {
		t.Fatal(err)
	}
	if len(statements) < 80 {
		t.Errorf("%d statements found: this checks nothing", len(statements))
	}
	for _, sentence := range withoutBusiness(statements, tenants) {
		t.Error(sentence)
	}
	for start := range overAllBusinesses {
		if !slices.ContainsFunc(statements, func(s statement) bool { return strings.HasPrefix(s.name(), start) }) {
			t.Errorf("the exception %q fits no statement any more: take it out", start)
		}
	}
}

// TestStatementCheckCanFail checks the checker on statements that nobody should write.
func TestStatementCheckCanFail(t *testing.T) {
	tenants := []string{"contact", "contact_tag", "message"}
	tests := []struct {
		code string
		bad  bool
	}{
		{`tx.Exec("delete from contact where id = $1", id)`, true},
		{`tx.Exec("delete from contact where business_id = $1 and id = $2", b, id)`, false},
		{`tx.Exec("select id from " + "contact" + " where id = $1", id)`, true},
		{"tx.Exec(`update contact\n set notes = '' where id = $1`, id)", true},
		{`tx.Exec("UPDATE Contact SET notes = '' WHERE id = $1", id)`, true},
		{`tx.Exec("select 1 from contact_tag ct join contact c on c.id = ct.contact_id where ct.business_id = $1", b)`, true}, // the join crosses
		{`tx.Exec("select 1 from contact_tag ct join contact c on c.business_id = ct.business_id and c.id = ct.contact_id where ct.business_id = $1", b)`, false},
		{`tx.Exec("select 1 from contact_tag ct join contact c on c.business_id = ct.business_id and c.id = ct.contact_id")`, true}, // joined, but of which business?
		{`tx.Exec("insert into message (id) values ($1)", id)`, true},
		{`tx.Exec("insert into message (business_id, id) values ($1, $2)", b, id)`, false},
		{`tx.Exec("select business_id from contact where id = $1", id)`, true}, // read, not asked for
		{`tx.Exec("select 1 from guess where subject = $1", id)`, false},
		{`fmt.Errorf("nothing came from contact %s", id)`, false},
		{`tx.Exec("select 1 from contact where "+where, id)`, false}, // the condition is built elsewhere
		{`tx.Exec("delete from contact", id)`, true},
		{`tx.Exec("insert into contact (" + columns + ") values ($1, $2)", b, id)`, false}, // a constant
		{`tx.Exec("insert into contact (" + others + ") values ($1, $2)", b, id)`, true},   // nobody knows what
		{`tx.Exec("select u.id from session s join contact u on u.business_id = s.business_id and u.id = s.id where s.token_hash = $1", hash)`, false},
		{`tx.Exec("select u.id from session s join contact u on u.id = s.id where s.token_hash = $1", hash)`, true},
	}
	for _, test := range tests {
		statements, err := statementsOf(map[string][]byte{"bad.go": []byte("package store\nconst columns = \"business_id, id\"\nfunc f() { " + test.code + " }")})
		if err != nil {
			t.Fatal(err)
		}
		if got := withoutBusiness(statements, tenants); (len(got) > 0) != test.bad {
			t.Errorf("%s: said %q, bad is %v", test.code, got, test.bad)
		}
	}
	allowed, err := statementsOf(map[string][]byte{"fine.go": []byte("package store\nfunc ForgetAnswers() { tx.Exec(\"delete from idempotent where created_at < $1\") }")})
	if err != nil || len(withoutBusiness(allowed, []string{"idempotent"})) > 0 {
		t.Errorf("an exception is complained of, %v", err)
	}
}

var (
	verb     = regexp.MustCompile(`(?is)^\s*(select|insert into|update|delete from|with)\b`)
	tableUse = regexp.MustCompile(`(?i)\b(?:from|join|into|update)\s+([a-z_]+)(?:\s+(?:as\s+)?([a-z]+))?`)
	// asked is business_id against an argument: what ties a statement to one business.
	asked = regexp.MustCompile(`(?i)\bbusiness_id\s*=\s*(?:\$\d|…)`)
	given = regexp.MustCompile(`(?is)\binsert into\s+[a-z_]+\s*\([^)]*\bbusiness_id\b`)
	tied  = regexp.MustCompile(`(?i)\bbusiness_id\s*=\s*`)
	// builtLater is a condition that is put together at run time.
	builtLater = regexp.MustCompile(`(?i)\bwhere\s*…`)
)

// withoutBusiness says which statements on tenants' tables are not tied to one business:
// somewhere business_id must equal an argument or be among the columns of an insert, and
// each joined table must be tied as well. Where the condition is built at run time (it
// ends in where …) the parts of it are not to be seen here; those stand in conditions.
func withoutBusiness(statements []statement, tenants []string) []string {
	var wrong []string
	for _, s := range statements {
		if excepted(s) {
			continue
		}
		uses := 0
		for _, m := range tableUse.FindAllStringSubmatch(s.text, -1) {
			if slices.Contains(tenants, strings.ToLower(m[1])) {
				uses++
			}
		}
		if uses == 0 {
			continue
		}
		open := builtLater.MatchString(s.text)
		ties := len(tied.FindAllString(s.text, -1)) + len(given.FindAllString(s.text, -1))
		switch {
		case !asked.MatchString(s.text) && !given.MatchString(s.text) && !lookUps.MatchString(s.text) && !open:
			wrong = append(wrong, fmt.Sprintf("%s: a statement in %s touches a tenant's table without business_id: %.160s", s.at, s.in, s.name()))
		case ties < uses && !open:
			wrong = append(wrong, fmt.Sprintf("%s: a statement in %s touches %d tenants' tables and ties %d to the business: %.160s", s.at, s.in, uses, ties, s.name()))
		}
	}
	return wrong
}

func excepted(s statement) bool {
	for start := range overAllBusinesses {
		if strings.HasPrefix(s.name(), start) {
			return true
		}
	}
	return false
}

// statementsOf are the texts in a package that begin as SQL does. Texts joined with + are
// one, with the package's constants put in and … for what is not known before it runs.
func statementsOf(sources map[string][]byte) ([]statement, error) {
	positions := token.NewFileSet()
	constants := map[string]string{}
	var parsed []*ast.File
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		file, err := parser.ParseFile(positions, name, sources[name], 0)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, file)
		for _, declaration := range file.Decls {
			if g, ok := declaration.(*ast.GenDecl); ok && g.Tok == token.CONST {
				addConstants(constants, g)
			}
		}
	}
	var list []statement
	for _, file := range parsed {
		for _, declaration := range file.Decls {
			in := ""
			if f, ok := declaration.(*ast.FuncDecl); ok {
				in = f.Name.Name
			}
			ast.Inspect(declaration, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.ValueSpec:
					if _, ok := declaration.(*ast.GenDecl); ok {
						in = n.Names[0].Name
					}
				case *ast.BinaryExpr, *ast.BasicLit:
					text, ok := textOf(n.(ast.Expr), constants)
					if ok && verb.MatchString(text) {
						list = append(list, statement{in, positions.Position(n.Pos()), text})
					}
					return !ok // its parts are no statements of their own
				}
				return true
			})
		}
	}
	return list, nil
}

func addConstants(constants map[string]string, g *ast.GenDecl) {
	for _, spec := range g.Specs {
		v := spec.(*ast.ValueSpec)
		for i, value := range v.Values {
			if text, ok := textOf(value, constants); ok {
				constants[v.Names[i].Name] = text
			}
		}
	}
}

// textOf joins a text out of its parts; ok is false when no part of it is known.
func textOf(e ast.Expr, constants map[string]string) (text string, ok bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "…", false
		}
		text, err := strconv.Unquote(e.Value)
		return text, err == nil
	case *ast.Ident:
		if text, ok := constants[e.Name]; ok {
			return text, true
		}
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			left, leftOK := textOf(e.X, constants)
			right, rightOK := textOf(e.Y, constants)
			return left + right, leftOK || rightOK
		}
	case *ast.ParenExpr:
		return textOf(e.X, constants)
	}
	return "…", false
}
