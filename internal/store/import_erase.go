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
func eraseImports(tx *db.Tx, business crm.ID, line []crm.ID, marks []string, c *crm.Contact) {
	tx.Exec(`delete from import_row where business_id = $1 and import_id in (
		select id from import where business_id = $1 and status in ('uploading', 'mapping', 'previewing', 'previewed'))`, business)
	tx.Exec("delete from import where business_id = $1 and status in ('uploading', 'mapping', 'previewing', 'previewed')", business)
	tx.Exec(`delete from import_part where business_id = $1 and import_id in (
		select id from import where business_id = $1 and status in ('done', 'cancelled', 'undone'))`, business)
	tx.Exec("update import_row set cells = '[]', phones = '', said = '', contact_id = null where business_id = $1 and contact_id = any($2)", business, texts(line))
	tx.Exec("delete from import_change where business_id = $1 and contact_id = any($2)", business, texts(line))
	tx.Exec("delete from import_kept where business_id = $1 and contact_id = any($2)", business, texts(line))
	for _, mark := range marks {
		like := "%" + likeEscaper.Replace(strings.ToLower(mark)) + "%"
		eraseSpelled(tx, business, mark)
		tx.Exec(`update import_row set cells = '[]', phones = '', said = '' where business_id = $1 and (lower(cells) like $2 escape '\' or lower(said) like $2 escape '\' or phones like $2 escape '\')`, business, like)
		tx.Exec(`delete from import_change where business_id = $1 and (lower(was) like $2 escape '\' or lower(became) like $2 escape '\')`, business, like)
		tx.Exec(`delete from import_edit where business_id = $1 and lower(cells) like $2 escape '\'`, business, like)
	}
	if name := c.Name(); name != "" && !c.NameIsPlaceholder {
		tx.Exec(`update import_row set said = '' where business_id = $1 and said like $2 escape '\'`, business, "%"+likeEscaper.Replace(name)+"%")
	}
}

// eraseSpelled clears the cells of refused rows with a number as people spell it: with
// spaces and the like, and without the country code.
func eraseSpelled(tx *db.Tx, business crm.ID, mark string) {
	if strings.Trim(mark, "0123456789") != "" || len(mark) < 9 {
		return
	}
	bare := "cells"
	for _, between := range []string{" ", "-", ".", "/", "(", ")"} {
		bare = "replace(" + bare + ", '" + between + "', '')"
	}
	tx.Exec("update import_row set cells = '[]', phones = '', said = '' where business_id = $1 and contact_id is null and "+bare+" like $2", business, "%"+mark[len(mark)-8:]+"%")
}
