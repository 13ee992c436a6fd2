package store

import (
	"parley/internal/crm"
	"parley/internal/db"
)

// LinksAbout are the records of whatever connection that are a contact's, and those that are
// ignored but have a number or an address of theirs.
func LinksAbout(tx *db.Tx, business crm.ID, c *crm.Contact) ([]crm.Link, error) {
	marks, err := marksOf(tx, business, c)
	if err != nil {
		return nil, err
	}
	w := &conditions{}
	w.sql = "business_id = " + w.arg(business)
	w.and("(contact_id = " + w.arg(c.ID) + " or state = 'ignored' and " + marks.in(tx, w, "cast(base as text)") + ")")
	return db.All(tx, scanLink, "select "+linkColumns+" from ext_link where "+w.sql+" order by connection_id, remote_id", w.args...)
}

// ImportedRow is a row of an imported file that is about a person.
type ImportedRow struct {
	Import crm.ID
	crm.ImportRow
}

// ImportedRowsAbout is a page of the rows of imported files, after one of them, that are about a
// contact or those that became part of it, and of those about nobody, such as refused ones,
// that have a number or an address of theirs.
func ImportedRowsAbout(tx *db.Tx, business crm.ID, c *crm.Contact, line []crm.ID, after *ImportedRow, limit int) ([]ImportedRow, error) {
	marks, err := marksOf(tx, business, c)
	if err != nil {
		return nil, err
	}
	w := &conditions{}
	w.sql = "business_id = " + w.arg(business)
	w.and("(contact_id = any(" + w.arg(texts(line)) + ") or contact_id is null and (" + marks.in(tx, w, "cells") + " or " + marks.spelt(w) + "))")
	if after != nil {
		w.and("(import_id, position) > (" + w.arg(after.Import) + ", " + w.arg(after.Position) + ")")
	}
	return db.All(tx, func(row db.Row) (r ImportedRow, err error) {
		r.ImportRow, err = scanImportRow(withImport{row, &r.Import})
		return r, err
	}, "select import_id, "+importRowColumns+" from import_row where "+w.sql+" order by import_id, position limit "+w.arg(limit), w.args...)
}

// withImport is a row of which the import stands before the columns of importRowColumns.
type withImport struct {
	db.Row
	id *crm.ID
}

func (w withImport) Scan(dest ...any) error { return w.Row.Scan(append([]any{w.id}, dest...)...) }
