package store

import (
	"strings"

	"parley/internal/crm"
	"parley/internal/db"
)

// eraseImports clears what imports keep of a person (C10): the cells of rows about them or
// with one of their numbers, what is said of others that names them, and how they were
// before. Imports that have not begun are forgotten with their files, of which nobody can
// say what they hold; the files of others are gone since they ended, or will be.
func eraseImports(tx *db.Tx, business crm.ID, line []crm.ID, marks marks, c *crm.Contact) {
	tx.Exec(`delete from import_row where business_id = $1 and import_id in (
		select id from import where business_id = $1 and status in ('uploading', 'mapping', 'previewing', 'previewed'))`, business)
	tx.Exec("delete from import where business_id = $1 and status in ('uploading', 'mapping', 'previewing', 'previewed')", business)
	tx.Exec(`delete from import_part where business_id = $1 and import_id in (
		select id from import where business_id = $1 and status in ('done', 'cancelled', 'undone'))`, business)
	tx.Exec("update import_row set cells = '[]', phones = '', said = '', contact_id = null where business_id = $1 and contact_id = any($2)", business, texts(line))
	tx.Exec("delete from import_change where business_id = $1 and contact_id = any($2)", business, texts(line))
	tx.Exec("delete from import_kept where business_id = $1 and contact_id = any($2)", business, texts(line))
	eraseRows(tx, business, marks)
	marks.each(tx, business, "delete from import_change where business_id = $1", "was", "became")
	marks.each(tx, business, "delete from import_edit where business_id = $1", "cells")
	if name := c.Name(); name != "" && !c.NameIsPlaceholder {
		tx.Exec(`update import_row set said = '' where business_id = $1 and said like $2 escape '\'`, business, "%"+likeEscaper.Replace(name)+"%")
	}
}

// eraseRows clears the rows that speak of a person.
func eraseRows(tx *db.Tx, business crm.ID, marks marks) {
	w := &conditions{}
	w.arg(business)
	tx.Exec("update import_row set cells = '[]', phones = '', said = '' where business_id = $1 and ("+
		marks.in(tx, w, "cells", "said", "phones")+" or contact_id is null and "+marks.spelt(w)+")", w.args...)
}

// spelt is the condition that the cells of a row have one of the marks in them that are numbers,
// as people spell one: with spaces and the like, and without the country code.
func (m marks) spelt(w *conditions) string {
	bare := "cells"
	for _, between := range []string{" ", "-", ".", "/", "(", ")"} {
		bare = "replace(" + bare + ", '" + between + "', '')"
	}
	found := []string{"1 = 0"}
	for _, mark := range m {
		if strings.Trim(mark, "0123456789") == "" && len(mark) >= 9 {
			found = append(found, bare+" like "+w.arg("%"+mark[len(mark)-8:]+"%"))
		}
	}
	return "(" + strings.Join(found, " or ") + ")"
}
