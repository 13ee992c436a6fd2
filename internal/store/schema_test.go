package store_test

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"parley/internal/db"
	"parley/internal/db/dbtest"
)

// schema is what a database has, in the words both engines are brought to.
type schema map[string]table

type table struct {
	columns map[string]string // type, and "not null"
	primary string            // columns in their order
	unique  map[string]bool   // columns, and the condition of a partial one
	foreign map[string]bool   // columns -> table columns
	indexes map[string]bool   // columns of the plain ones
}

// onlyOn are tables that one engine has and the other does not, with the reason.
var onlyOn = map[string]string{
	"event_seq":         "SQLite numbers events by hand: there is one writer, and no sequence",
	"contact_unindexed": "SQLite's text index is brought up to date later",
	"contact_text_gone": "and forgets many who were deleted at once later",
}

// differs are columns that are not the same on both, with the reason.
var differs = map[string]string{
	"contact_text.doc": "SQLite's text index needs a number for a row, so the table has one as its key",
}

// ofNoBusiness are the tables that belong to no business, with the reason. Their keys do
// not begin with business_id, and their statements need not name it.
var ofNoBusiness = map[string]string{
	"business":         "it is the business",
	"webhook":          "leads from the address a provider calls to the business",
	"sign_in":          "leads from an e-mail to the users who have it",
	"session":          "leads from a token to its user",
	"api_token":        "leads from a token to its user",
	"one_time_link":    "leads from a link to its user",
	"guess":            "counts guesses for accounts that may not even exist",
	"webhook_sequence": "counts the webhooks of a provider for all businesses",
	"event_seq":        "one counter for the whole of a SQLite file",
}

// theirs are tables that are not ours to shape: goose's, River's, the text index's own.
var theirs = regexp.MustCompile(`^(goose_|river_|sqlite_|contact_fts)`)

// TestSchemasAreEqual compares what the migrations make on the two engines.
func TestSchemasAreEqual(t *testing.T) {
	lite, pg := schemaOf(t, dbtest.NewSQLite(t)), schemaOf(t, dbtest.NewPostgres(t))
	if len(lite) < 20 {
		t.Fatalf("%d tables found: this compares nothing", len(lite))
	}
	for _, sentence := range compare(lite, pg) {
		t.Error(sentence)
	}
}

// TestKeysBeginWithBusiness: no query can cross businesses by accident, and the tables can
// be spread by business (DESIGN, Data).
func TestKeysBeginWithBusiness(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, sentence := range keysWithoutBusiness(schemaOf(t, d)) {
			t.Error(sentence)
		}
	})
}

// TestSchemaChecksCanFail checks the checkers on schemas that nobody should make.
func TestSchemaChecksCanFail(t *testing.T) {
	fine := func() schema {
		return schema{"tag": {
			columns: map[string]string{"business_id": "text not null", "id": "text not null", "name": "text not null"},
			primary: "business_id, id",
			unique:  map[string]bool{"business_id, name": true},
			foreign: map[string]bool{"business_id -> business (id)": true, "business_id, id -> thing (business_id, id)": true},
			indexes: map[string]bool{},
		}}
	}
	if got := append(compare(fine(), fine()), keysWithoutBusiness(fine())...); len(got) > 0 {
		t.Errorf("a good schema is complained of: %v", got)
	}
	for want, spoil := range map[string]func(schema){
		"tag is missing on postgres":             func(s schema) { delete(s, "tag") },
		"tag.name is missing on postgres":        func(s schema) { delete(s["tag"].columns, "name") },
		"tag.name is text not null on sqlite":    func(s schema) { s["tag"].columns["name"] = "bigint not null" },
		"tag.id is text not null on sqlite":      func(s schema) { s["tag"].columns["id"] = "text" },
		"tag: unique (business_id, name) is not": func(s schema) { delete(s["tag"].unique, "business_id, name") },
		"tag: foreign key business_id -> busine": func(s schema) { delete(s["tag"].foreign, "business_id -> business (id)") },
		"tag: primary key is":                    func(s schema) { tag := s["tag"]; tag.primary = "id"; s["tag"] = tag },
	} {
		spoiled := fine()
		spoil(spoiled)
		if got := strings.Join(compare(fine(), spoiled), "\n"); !strings.Contains(got, want) {
			t.Errorf("said %q, want %q", got, want)
		}
	}
	for want, spoil := range map[string]func(schema){
		"tag: the primary key (id) does not begin with business_id": func(s schema) { tag := s["tag"]; tag.primary = "id"; s["tag"] = tag },
		"tag: unique (name) does not begin with business_id":        func(s schema) { s["tag"].unique["name"] = true },
		"tag: foreign key id -> thing (id) has no business_id":      func(s schema) { s["tag"].foreign["id -> thing (id)"] = true },
	} {
		spoiled := fine()
		spoil(spoiled)
		if got := strings.Join(keysWithoutBusiness(spoiled), "\n"); !strings.Contains(got, want) {
			t.Errorf("said %q, want %q", got, want)
		}
	}
}

// compare says what is not the same on SQLite and PostgreSQL.
func compare(lite, pg schema) []string {
	var wrong []string
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	for _, name := range slices.Sorted(maps.Keys(union(lite, pg))) {
		a, onLite := lite[name]
		b, onPG := pg[name]
		if !onLite || !onPG {
			if onlyOn[name] == "" {
				say("%s is missing on %s", name, map[bool]string{true: "postgres", false: "sqlite"}[onLite])
			}
			continue
		}
		exception := false
		for _, column := range slices.Sorted(maps.Keys(union(a.columns, b.columns))) {
			if differs[name+"."+column] != "" {
				exception = true
				continue
			}
			switch x, y := a.columns[column], b.columns[column]; {
			case y == "":
				say("%s.%s is missing on postgres", name, column)
			case x == "":
				say("%s.%s is missing on sqlite", name, column)
			case x != y:
				say("%s.%s is %s on sqlite and %s on postgres", name, column, x, y)
			}
		}
		if a.primary != b.primary && !exception {
			say("%s: primary key is (%s) on sqlite and (%s) on postgres", name, a.primary, b.primary)
		}
		if exception {
			continue
		}
		for kind, pair := range map[string][2]map[string]bool{
			"unique (%s)": {a.unique, b.unique}, "foreign key %s": {a.foreign, b.foreign}, "index (%s)": {a.indexes, b.indexes},
		} {
			for _, key := range slices.Sorted(maps.Keys(union(pair[0], pair[1]))) {
				if pair[0][key] != pair[1][key] {
					say("%s: "+kind+" is not on both", name, key)
				}
			}
		}
	}
	return wrong
}

func union[V any](a, b map[string]V) map[string]bool {
	all := map[string]bool{}
	for key := range a {
		all[key] = true
	}
	for key := range b {
		all[key] = true
	}
	return all
}

// keysWithoutBusiness says which keys of tenants' tables could reach another business.
func keysWithoutBusiness(s schema) []string {
	var wrong []string
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	for _, name := range slices.Sorted(maps.Keys(s)) {
		if ofNoBusiness[name] != "" {
			continue
		}
		if s[name].primary == "doc" && differs[name+".doc"] != "" {
			if !s[name].unique["business_id, contact_id"] {
				say("%s: no unique (business_id, contact_id) beside its own number", name)
			}
		} else if first, _, _ := strings.Cut(s[name].primary, ", "); first != "business_id" {
			say("%s: the primary key (%s) does not begin with business_id", name, s[name].primary)
		}
		for key := range s[name].unique {
			if first, _, _ := strings.Cut(key, ", "); first != "business_id" {
				say("%s: unique (%s) does not begin with business_id", name, key)
			}
		}
		for key := range s[name].foreign {
			from, to, _ := strings.Cut(key, " -> ")
			if !strings.HasPrefix(from, "business_id") || !strings.Contains(to, "(business_id, ") && to != "business (id)" {
				say("%s: foreign key %s has no business_id", name, key)
			}
		}
	}
	return wrong
}

// questions are the same ones to each engine. columns answers (table, column, type, not
// null, place in the primary key or 0); indexes (table, columns, definition, unique);
// foreign (table, columns, other table, other columns).
var questions = map[db.Engine]struct{ columns, indexes, foreign string }{
	db.SQLite: {
		columns: `select t.name, c.name, lower(c.type), c."notnull", c.pk
			from sqlite_schema t, pragma_table_info(t.name) c where t.type = 'table'`,
		indexes: `select t.name, (select group_concat(x.name || case when x.desc = 1 then ' desc' else '' end, ', ') from
				(select x.name, x.desc from pragma_index_xinfo(i.name) x where x.key = 1 order by x.seqno) x),
				coalesce((select s.sql from sqlite_schema s where s.name = i.name), ''), i."unique"
			from sqlite_schema t, pragma_index_list(t.name) i where t.type = 'table' and i.origin <> 'pk'`,
		foreign: `select k.t, group_concat(k."from", ', '), k."table", group_concat(k."to", ', ') from
				(select t.name as t, f.id, f.seq, f."from", f."table", f."to" from sqlite_schema t, pragma_foreign_key_list(t.name) f
				where t.type = 'table' order by t.name, f.id, f.seq) k group by k.t, k.id, k."table"`,
	},
	db.Postgres: {
		columns: `select c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull::int,
				coalesce(array_position(k.conkey, a.attnum), 0)
			from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
			left join pg_constraint k on k.conrelid = c.oid and k.contype = 'p'
			where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace`,
		indexes: `select t.relname::text, (select string_agg(pg_get_indexdef(i.indexrelid, n, true) ||
					case when i.indoption[n - 1] & 1 = 1 then ' desc' else '' end, ', ' order by n)
				from generate_series(1, i.indnkeyatts) n), pg_get_indexdef(i.indexrelid), i.indisunique::int
			from pg_index i join pg_class t on t.oid = i.indrelid join pg_class x on x.oid = i.indexrelid join pg_am m on m.oid = x.relam
			where t.relnamespace = 'public'::regnamespace and not i.indisprimary and m.amname = 'btree'`,
		foreign: `select t.relname::text,
				(select string_agg(a.attname, ', ' order by n.place) from unnest(k.conkey) with ordinality n(num, place)
					join pg_attribute a on a.attrelid = k.conrelid and a.attnum = n.num),
				o.relname::text,
				(select string_agg(a.attname, ', ' order by n.place) from unnest(k.confkey) with ordinality n(num, place)
					join pg_attribute a on a.attrelid = k.confrelid and a.attnum = n.num)
			from pg_constraint k join pg_class t on t.oid = k.conrelid join pg_class o on o.oid = k.confrelid
			where k.contype = 'f' and t.relnamespace = 'public'::regnamespace`,
	},
}

// sqliteTypes are the words for a type that mean the same on both engines.
var sqliteTypes = map[string]string{"ctext": "text", "jsontext": "json", "jsonb": "json", "blob": "bytea", "integer": "bigint"}

func schemaOf(t *testing.T, d *db.DB) schema {
	t.Helper()
	s := schema{}
	keys := map[string]map[int64]string{}
	at := func(name string) table {
		if _, ok := s[name]; !ok {
			s[name] = table{map[string]string{}, "", map[string]bool{}, map[string]bool{}, map[string]bool{}}
			keys[name] = map[int64]string{}
		}
		return s[name]
	}
	ask := questions[d.Engine()]
	err := d.Read(context.Background(), func(tx *db.Tx) error {
		return tx.Ask(
			db.Each(func(row db.Row) error {
				var name, column, kind string
				var notNull, place int64
				if err := row.Scan(&name, &column, &kind, &notNull, &place); err != nil || theirs.MatchString(name) {
					return err
				}
				if same, ok := sqliteTypes[kind]; ok {
					kind = same
				}
				if notNull == 1 || place > 0 {
					kind += " not null"
				}
				at(name).columns[column] = kind
				if place > 0 {
					keys[name][place] = column
				}
				return nil
			}, ask.columns),
			db.Each(func(row db.Row) error {
				var name, columns, definition string
				var unique int64
				if err := row.Scan(&name, &columns, &definition, &unique); err != nil || theirs.MatchString(name) {
					return err
				}
				columns = strings.ReplaceAll(columns, `"`, "")
				if unique == 1 {
					at(name).unique[columns+condition(definition)] = true
				} else {
					at(name).indexes[columns+condition(definition)] = true
				}
				return nil
			}, ask.indexes),
			db.Each(func(row db.Row) error {
				var name, columns, other, others string
				if err := row.Scan(&name, &columns, &other, &others); err != nil || theirs.MatchString(name) {
					return err
				}
				at(name).foreign[columns+" -> "+other+" ("+others+")"] = true
				return nil
			}, ask.foreign))
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, columns := range keys {
		table := s[name]
		var primary []string
		for _, place := range slices.Sorted(maps.Keys(columns)) {
			primary = append(primary, columns[place])
		}
		table.primary = strings.Join(primary, ", ")
		s[name] = table
	}
	return s
}

var quotedCast = regexp.MustCompile(`::\w+|[()]`)

// condition is what a partial index asks for, without the engines' own ways of writing it.
func condition(definition string) string {
	_, where, found := strings.Cut(strings.ToLower(definition), " where ")
	if !found {
		return ""
	}
	where = quotedCast.ReplaceAllString(where, "")
	return " where " + strings.Join(strings.Fields(where), " ")
}
