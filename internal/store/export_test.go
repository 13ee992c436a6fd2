package store

import (
	"parley/internal/crm"
	"parley/internal/db"
)

// SetWalk says when a list is walked and when it is picked from a posting list.
func SetWalk(budget, few, long int) {
	walkBudget, postingFew, postingLong = budget, few, long
}

// Statement is one statement that a list may run.
type Statement struct {
	SQL  string
	Args []any
	// Sorts allows a sort: of no more than a posting list.
	Sorts bool
}

// ListStatements are those that a list may run, in every way of reading it.
func ListStatements(tx *db.Tx, who crm.Actor, f crm.Filter, sort crm.Sort, after *ContactPlace) (list []Statement) {
	l := listing{tx, who, f, orderOf(sort), after, 51, nil}
	add := func(sorts bool, sql string, args []any) { list = append(list, Statement{sql, args, sorts}) }
	for _, budget := range []int{walkBudget, 0} {
		sql, args := l.walkStatement(budget)
		add(false, sql, args)
	}
	all := l.postings()
	for n, p := range all {
		sql, args := l.lengthStatement(p, postingLong)
		add(false, sql, args)
		for _, lists := range [][]posting{{p}, append([]posting{p}, all[n+1:]...)} {
			sql, args = l.pickStatement(lists)
			add(true, sql, args)
			sql, args = l.countStatement(lists, 1000)
			add(len(lists) > 1, sql, args)
		}
	}
	return list
}

// ByIndex are statements that SQLite once ran along the wrong index, and what the plan of
// each says now.
var ByIndex = map[string]string{
	lastTexts:      "INTEGER PRIMARY KEY (rowid>?)",
	waitingToLeave: "INDEX message_outgoing",
}

// Made is how many pages and counts came from books in memory.
func (x *Facets) Made() int { return int(x.made.Load()) }
