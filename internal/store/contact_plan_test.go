package store_test

import (
	"regexp"
	"strings"
	"testing"

	"parley/internal/app/apptest"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/db/dbtest"
	"parley/internal/store"
)

// planOf is how an engine means to run a statement, a line a step. On PostgreSQL scans and
// sorts are made as dear as can be: in a small database it would choose them, and where
// one is left there was no index to go by.
func planOf(t *testing.T, tx *db.Tx, sql string, args []any) string {
	t.Helper()
	explain := "explain query plan "
	scan := func(row db.Row) (line string, err error) {
		var id, parent, unused int
		err = row.Scan(&id, &parent, &unused, &line)
		return line, err
	}
	if tx.Engine() == db.Postgres {
		tx.Exec("set local enable_seqscan = off")
		tx.Exec("set local enable_bitmapscan = off")
		tx.Exec("set local enable_sort = off")
		explain, scan = "explain ", db.Column[string]
	}
	lines, err := db.All(tx, scan, explain+sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

var (
	// What is scanned may be the rows of the walk itself, the posting list, or a list of
	// values; of a table it is everybody.
	scans = regexp.MustCompile(`(?m)^SCAN (?:p|i|o|ct|cc|w|wu|contact\w*|tag|identity|opt_out)\b|Seq Scan on`)
	sorts = regexp.MustCompile(`TEMP B-TREE FOR ORDER BY|(?m)^\s*(?:->  )?(?:Incremental )?Sort\b`)
)

// What hangs on a contact is looked up by the contact, not gone through.
var (
	hanging   = regexp.MustCompile(`(?m)SEARCH (?:i|o|ct|cc|w) .*$`)
	byContact = regexp.MustCompile(`\bcontact_id=\?`)
)

// Whom a posting list names is looked up by id, not found among everybody active.
var (
	named = regexp.MustCompile(`(?m)^SCAN hit\n(?:.*\n)*?SEARCH c .*$`)
	byID  = regexp.MustCompile(`\bid=\?\)$`)
)

func wrong(plan string, maySort bool) string {
	if m := named.FindString(plan); m != "" && !byID.MatchString(m) {
		return m
	}
	for _, line := range hanging.FindAllString(plan, -1) {
		if !byContact.MatchString(line) {
			return line
		}
	}
	if m := scans.FindString(plan); m != "" {
		return m
	}
	if m := sorts.FindString(plan); m != "" && !maySort {
		return m
	}
	return ""
}

// TestListPlans looks at how every statement of every list is run, by every filter, in
// every order, for the first page and a later one, as an admin and as an agent: none of
// them looks through a whole business or sorts it.
func TestListPlans(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		c := fill(t, w, 5)
		tag, other := string(c.tags[0].ID), string(c.tags[1].ID)
		seen := 0
		for _, values := range []map[string][]string{{}, {"status": {"archived"}}, {"tag": {tag}}, {"tag": {tag, other}}, {"any_tag": {tag, other}}, {"not_tag": {tag}}, {"assignee": {string(w.A.UserID)}}, {"assignee": {"nobody"}},
			{"assignee": {"nobody", string(w.A.UserID)}}, {"source": {"import"}}, {"country": {"GB"}}, {"country": {"none"}}, {"last_message": {"never"}}, {"last_message_after": {"2026-01-01"}}, {"last_message_before": {"2026-01-01"}},
			{"last_message_before": {"2026-01-01"}, "last_message_after": {"2025-01-01"}}, {"has": {"email"}}, {"has_not": {"phone"}}, {"opt_out": {"sms"}}, {"not_opt_out": {"sms"}},
			{"custom.size": {"4"}}, {"custom.size.min": {"4"}}, {"custom.plan.set": {"yes"}}, {"custom.plan.set": {"no"}}, {"tag": {tag}, "country": {"GB"}, "custom.vip": {"yes"}},
			{"source": {"import"}, "country": {"GB"}}, {"source": {"import"}, "assignee": {string(w.A.UserID)}, "last_message_after": {"2026-01-01"}}, {"source": {"import"}, "status": {"archived"}}, {"opt_out": {"sms"}, "has": {"email"}}} {
			f, err := w.Contacts.ReadFilter(t.Context(), w.M, values)
			check(t, err)
			for _, sort := range crm.Sorts {
				for _, after := range []*store.ContactPlace{nil, store.PlaceOf(c.contacts[2])} {
					for _, who := range []crm.Actor{w.M, w.A} {
						check(t, w.DB.Read(t.Context(), func(tx *db.Tx) error {
							for _, s := range store.ListStatements(tx, who, f, sort, after) {
								seen++
								plan := planOf(t, tx, s.SQL, s.Args)
								if bad := wrong(plan, s.Sorts); bad != "" {
									t.Errorf("%v by %s: %s\n%s\n%s", values, sort, bad, s.SQL, plan)
								}
							}
							return nil
						}))
					}
				}
			}
		}
		if seen < 1000 {
			t.Errorf("%d plans seen: this checks nothing", seen)
		}
	})
}

// TestPlanCheckCanFail checks the checker on statements that nobody should write.
func TestPlanCheckCanFail(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		check(t, w.DB.Read(t.Context(), func(tx *db.Tx) error {
			for _, bad := range []string{"select id from contact where notes = 'x' or business_id > $1", "select c.id from contact c where c.business_id = $1 order by c.notes, c.id limit 5"} {
				if plan := planOf(t, tx, bad, []any{w.M.BusinessID}); wrong(plan, false) == "" {
					t.Errorf("%s passes:\n%s", bad, plan)
				}
			}
			return nil
		}))
	})
}

// What SQLite does every second goes by the index that holds little else.
func TestPlansBySQLite(t *testing.T) {
	w := apptest.New(t, dbtest.NewSQLite(t))
	check(t, w.DB.Read(t.Context(), func(tx *db.Tx) error {
		for sql, index := range store.ByIndex {
			args := []any{w.M.BusinessID, w.M.BusinessID}[:strings.Count(sql, "$")]
			if plan := planOf(t, tx, sql, args); !strings.Contains(plan, index) {
				t.Errorf("%s\n%s, not by %s", sql, plan, index)
			}
		}
		return nil
	}))
}
