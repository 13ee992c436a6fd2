package store

import (
	"slices"
	"strings"

	"parley/internal/crm"
	"parley/internal/db"
)

// marks are the texts by which a person can be told in what others kept (C10).
type marks []string

// marksOf are a contact's: numbers with and without +, addresses, and those from which it
// ever wrote. What is too short to be anybody's is left out.
func marksOf(tx *db.Tx, business crm.ID, c *crm.Contact) (marks, error) {
	list, err := db.All(tx, db.Column[string], `select distinct m.address from message m where m.business_id = $1 and m.conversation_id in (
		select id from conversation where business_id = $1 and contact_id = $2)`, business, c.ID)
	if err != nil {
		return nil, err
	}
	for _, i := range c.Identities {
		list = append(list, i.Value, i.Entered)
	}
	var m marks
	for _, mark := range list {
		mark = strings.TrimPrefix(mark, "+")
		if len(mark) >= 6 && !slices.Contains(m, mark) {
			m = append(m, mark)
		}
	}
	return m, nil
}

// in is the condition that one of some columns has one of the marks in it, in large or small
// letters. All are looked for in one pass: what is kept of everybody is long, and the writer
// waits.
func (m marks) in(tx *db.Tx, w *conditions, columns ...string) string {
	like := " like "
	if tx.Engine() == db.Postgres {
		like = " ilike " // which SQLite's like is
	}
	found := []string{"1 = 0"}
	for _, mark := range m {
		this := like + w.arg("%"+likeEscaper.Replace(mark)+"%") + ` escape '\'`
		for _, column := range columns {
			found = append(found, column+this)
		}
	}
	return "(" + strings.Join(found, " or ") + ")"
}

// each does something, said up to its business, to every row that has a mark in one of some
// columns.
func (m marks) each(tx *db.Tx, business crm.ID, do string, columns ...string) {
	w := &conditions{}
	w.arg(business)
	tx.Exec(do+" and "+m.in(tx, w, columns...), w.args...)
}
