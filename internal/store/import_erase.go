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

// eraseRows clears rows with a mark in them, and refused ones with a number as people spell
// it: with spaces and the like, and without the country code.
func eraseRows(tx *db.Tx, business crm.ID, marks marks) {
	w := &conditions{}
	w.arg(business)
	named := marks.in(tx, w, "cells", "said", "phones")
	bare := "cells"
	for _, between := range []string{" ", "-", ".", "/", "(", ")"} {
		bare = "replace(" + bare + ", '" + between + "', '')"
	}
	for _, mark := range marks {
		if strings.Trim(mark, "0123456789") == "" && len(mark) >= 9 {
			named += " or contact_id is null and " + bare + " like " + w.arg("%"+mark[len(mark)-8:]+"%")
		}
	}
	tx.Exec("update import_row set cells = '[]', phones = '', said = '' where business_id = $1 and ("+named+")", w.args...)
}
