package store

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"parley/internal/crm"
	"parley/internal/db"
)

const importRowColumns = "position, line, cells, phones, outcome, same_line, contact_id, version, said"

func scanImportRow(row db.Row) (r crm.ImportRow, err error) {
	var cells, phones, said string
	if err = row.Scan(&r.Position, &r.Line, &cells, &phones, &r.Outcome, &r.SameLine, &r.ContactID, &r.Version, &said); err != nil {
		return r, err
	}
	r.Cells, r.Phones = cellsOf(cells), phonesOf(phones)
	if said != "" {
		err = json.Unmarshal([]byte(said), &r.RowSaid)
	}
	return r, err
}

// cellsText writes cells as they are kept and searched: letters stand as themselves.
func cellsText(cells []string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if cells == nil {
		cells = []string{}
	}
	_ = e.Encode(cells) // strings always can be
	return strings.TrimSuffix(b.String(), "\n")
}

func cellsOf(text string) []string {
	var cells []string
	_ = json.Unmarshal([]byte(text), &cells) // cellsText wrote it
	return cells
}

// phonesText writes the numbers that were read, a line each: the cell, a tab, the number.
func phonesText(phones map[string]string) string {
	var b strings.Builder
	for cell, number := range phones {
		if !strings.ContainsAny(cell, "\t\n") {
			b.WriteString(cell + "\t" + number + "\n")
		}
	}
	return b.String()
}

func phonesOf(text string) map[string]string {
	if text == "" {
		return nil
	}
	phones := map[string]string{}
	for line := range strings.Lines(text) {
		if cell, number, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t"); ok {
			phones[cell] = number
		}
	}
	return phones
}

func saidText(s crm.RowSaid) string {
	if s.Empty() {
		return ""
	}
	text, _ := json.Marshal(s) // of texts and numbers
	return string(text)
}

// AddImportRows inserts rows of a file.
func AddImportRows(tx *db.Tx, business, id crm.ID, list []crm.ImportRow) {
	rows := make([][]any, len(list))
	for n, r := range list {
		rows[n] = []any{business, id, r.Position, r.Line, cellsText(r.Cells), phonesText(r.Phones), r.Outcome, r.SameLine, r.ContactID, r.Version, saidText(r.RowSaid)}
	}
	tx.Insert("import_row", []string{"business_id", "import_id", "position", "line", "cells", "phones", "outcome", "same_line", "contact_id", "version", "said"}, rows)
}

// ChangeImportRow writes what becomes of a row.
func ChangeImportRow(tx *db.Tx, business, id crm.ID, r crm.ImportRow) {
	tx.Exec(`update import_row set outcome = $4, same_line = $5, contact_id = $6, said = $7
		where business_id = $1 and import_id = $2 and position = $3`, business, id, r.Position, r.Outcome, r.SameLine, r.ContactID, saidText(r.RowSaid))
}

// ImportRowsAfter are up to limit rows behind a position, in their order.
func ImportRowsAfter(tx *db.Tx, business, id crm.ID, position, limit int) ([]crm.ImportRow, error) {
	return db.All(tx, scanImportRow, "select "+importRowColumns+
		" from import_row where business_id = $1 and import_id = $2 and position > $3 order by position limit $4", business, id, position, limit)
}

// OpenImportRows are the rows between two positions, in their order, but for those of which the
// preview said that they add nothing to their contact, where that is as it was.
func OpenImportRows(tx *db.Tx, business, id crm.ID, after, through int) ([]crm.ImportRow, error) {
	return db.All(tx, scanImportRow, "select "+importRowColumns+` from import_row r
		where business_id = $1 and import_id = $2 and position > $3 and position <= $4 and (version = 0 or not exists (
			select 1 from contact c where c.business_id = r.business_id and c.id = r.contact_id and c.version = r.version))
		order by position`, business, id, after, through)
}

// outcomeIs are conditions with the outcome as a constant, which the partial index needs.
var outcomeIs = map[crm.RowOutcome]string{
	crm.RowCreate: "outcome = 'create'", crm.RowUpdate: "outcome = 'update'", crm.RowUnchanged: "outcome = 'unchanged'",
	crm.RowSame: "outcome = 'same_in_file'", crm.RowRefused: "outcome = 'refused'", crm.RowSkipped: "outcome = 'skipped'",
}

// RowFilter chooses rows of a file.
type RowFilter struct {
	Outcome crm.RowOutcome // empty: any
	Text    string         // stands in a cell; empty: any
	// Cancelled rows count as skipped from this position on; 0 when none are.
	Cancelled int
}

// FindImportRows are rows behind a position, in their order.
func FindImportRows(tx *db.Tx, business, id crm.ID, f RowFilter, position, limit int) ([]crm.ImportRow, error) {
	where, text := "", f.Text
	switch {
	case f.Outcome == "":
	case f.Cancelled == 0:
		where = " and " + outcomeIs[f.Outcome]
	case f.Outcome == crm.RowSkipped:
		where = " and (outcome = 'skipped' or position >= " + itoa(f.Cancelled) + ")"
	default:
		where = " and " + outcomeIs[f.Outcome] + " and position < " + itoa(f.Cancelled)
	}
	args := []any{business, id, position, limit}
	if text != "" {
		quoted := strings.Trim(cellsText([]string{strings.ToLower(text)}), `[]`)
		args = append(args, quoted[1:len(quoted)-1])
		if tx.Engine() == db.SQLite {
			where += " and instr(lower(cells), $5) > 0"
		} else {
			where += " and strpos(lower(cells), $5) > 0"
		}
	}
	return db.All(tx, scanImportRow, "select "+importRowColumns+
		" from import_row where business_id = $1 and import_id = $2 and position > $3"+where+" order by position limit $4", args...)
}

// CountImportRows counts the rows behind a position by their outcome.
func CountImportRows(tx *db.Tx, business, id crm.ID, position int) (crm.ImportCounts, error) {
	counts := crm.ImportCounts{}
	return counts, tx.Ask(db.Each(func(row db.Row) error {
		var outcome crm.RowOutcome
		var n int
		err := row.Scan(&outcome, &n)
		counts[outcome] = n
		return err
	}, "select outcome, count(*) from import_row where business_id = $1 and import_id = $2 and position > $3 group by outcome", business, id, position))
}

// ImportRowOfLine is the row that starts on a line. Lines go up with positions, and a row
// stands on no line before its position: a few looks by the key find it.
func ImportRowOfLine(tx *db.Tx, business, id crm.ID, line int) (crm.ImportRow, bool, error) {
	for low, high := 1, line; low <= high; {
		middle := (low + high) / 2
		row, found, err := db.One(tx, scanImportRow, "select "+importRowColumns+" from import_row where business_id = $1 and import_id = $2 and position = $3", business, id, middle)
		switch {
		case err != nil:
			return row, false, err
		case found && row.Line == line:
			return row, true, nil
		case found && row.Line < line:
			low = middle + 1
		default: // behind the line, or behind the last row
			high = middle - 1
		}
	}
	return crm.ImportRow{}, false, nil
}

// ImportRowsOf are the rows of a file about some contacts up to a position, in their order.
func ImportRowsOf(tx *db.Tx, business, id crm.ID, contacts []crm.ID, position int) ([]crm.ImportRow, error) {
	if len(contacts) == 0 {
		return nil, nil
	}
	list, err := db.All(tx, scanImportRow, "select "+importRowColumns+
		" from import_row where business_id = $1 and import_id = $2 and contact_id = any($3) and position <= $4", business, id, texts(contacts), position)
	slices.SortFunc(list, func(a, b crm.ImportRow) int { return a.Position - b.Position })
	return list, err
}

// ImportRowsAt are the rows at some positions, in no order.
func ImportRowsAt(tx *db.Tx, business, id crm.ID, positions []int) ([]crm.ImportRow, error) {
	if len(positions) == 0 {
		return nil, nil
	}
	return db.All(tx, scanImportRow, "select "+importRowColumns+
		" from import_row where business_id = $1 and import_id = $2 and position = any($3)", business, id, positions)
}

// RefusedThen are the positions of rows that an earlier import of the same file refused as
// they stand, and of which this one takes something: of all rows, or of some.
func RefusedThen(tx *db.Tx, i, earlier *crm.Import, of []int) (positions []int, err error) {
	sql, args := "", []any{i.BusinessID, i.ID, earlier.ID, earlier.Written}
	if of != nil {
		sql, args = " and e.position = any($5)", append(args, of)
	}
	return positions, tx.Ask(db.Each(func(row db.Row) error {
		var r crm.ImportRow
		err := row.Scan(&r.Position, &r.Outcome, db.JSON(&r.RowSaid))
		if r.Outcome != crm.RowSame || len(r.Changes) > 0 {
			positions = append(positions, r.Position)
		}
		return err
	}, `select r.position, r.outcome, r.said from import_row e join import_row r on r.business_id = e.business_id and r.position = e.position
		where e.business_id = $1 and r.import_id = $2 and e.import_id = $3 and e.outcome = 'refused' and e.position <= $4
		and r.outcome in ('create', 'update', 'same_in_file') and r.cells = e.cells`+sql, args...))
}

// DropImportRows removes up to n rows and reports how many there were.
func DropImportRows(tx *db.Tx, business, id crm.ID, n int) (int64, error) {
	return tx.Affected(`delete from import_row where business_id = $1 and import_id = $2 and position <= (
		select coalesce(min(position), 0) + $3 from import_row where business_id = $1 and import_id = $2)`, business, id, n)
}

// ImportChange is a contact that an import changed, before and after.
type ImportChange struct {
	Contact     crm.ID
	Was, Became *crm.Contact
}

// KeepImportChanges keeps contacts before and after. Of one that the import changed twice,
// what it was first stays.
func KeepImportChanges(tx *db.Tx, business, id crm.ID, list []ImportChange) error {
	if len(list) == 0 {
		return nil
	}
	ids := make([]string, len(list))
	for n, c := range list {
		ids[n] = string(c.Contact)
	}
	there, err := db.All(tx, db.Column[string], "select contact_id from import_change where business_id = $1 and import_id = $2 and contact_id = any($3)", business, id, ids)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, c := range list {
		became := contactText(c.Became)
		if slices.Contains(there, string(c.Contact)) {
			tx.Exec("update import_change set became = $4 where business_id = $1 and import_id = $2 and contact_id = $3", business, id, c.Contact, became)
			continue
		}
		rows = append(rows, []any{business, id, c.Contact, contactText(c.Was), became})
	}
	tx.Insert("import_change", []string{"business_id", "import_id", "contact_id", "was", "became"}, rows)
	return nil
}

// ImportChanges are those of some contacts, by their id.
func ImportChanges(tx *db.Tx, business, id crm.ID, contacts []crm.ID) (map[crm.ID]ImportChange, error) {
	m := map[crm.ID]ImportChange{}
	if len(contacts) == 0 {
		return m, nil
	}
	return m, tx.Ask(db.Each(func(row db.Row) error {
		c := ImportChange{Was: &crm.Contact{}, Became: &crm.Contact{}}
		var was, became string
		if err := row.Scan(&c.Contact, &was, &became); err != nil {
			return err
		}
		m[c.Contact] = c
		if err := contactFrom(was, c.Was); err != nil {
			return err
		}
		return contactFrom(became, c.Became)
	}, "select contact_id, was, became from import_change where business_id = $1 and import_id = $2 and contact_id = any($3)", business, id, texts(contacts)))
}

// KeepImportKept notes that undoing left a contact as it is.
func KeepImportKept(tx *db.Tx, business, id, contact crm.ID, reason string) {
	tx.Exec(`insert into import_kept (business_id, import_id, contact_id, reason) values ($1, $2, $3, $4)
		on conflict (business_id, import_id, contact_id) do update set reason = excluded.reason`, business, id, contact, reason)
}

// DropImportChanges forgets how contacts were before: they are so again, or stay.
func DropImportChanges(tx *db.Tx, business, id crm.ID, contacts []crm.ID) {
	tx.Exec("delete from import_change where business_id = $1 and import_id = $2 and contact_id = any($3)", business, id, texts(contacts))
}

// ImportKept is a contact that undoing left as it is, wholly or in part, and why.
type ImportKept struct {
	Contact crm.ID
	Name    string
	Reason  string
}

// ImportKeptBy are they as far as who may see them, by their ids.
func ImportKeptBy(tx *db.Tx, who crm.Actor, id crm.ID, limit int) ([]ImportKept, error) {
	return db.All(tx, func(row db.Row) (k ImportKept, err error) {
		var first, middle, last string
		err = row.Scan(&k.Contact, &first, &middle, &last, &k.Reason)
		k.Name = crm.FullName(first, middle, last)
		return k, err
	}, `select k.contact_id, c.first_name, c.middle_name, c.last_name, k.reason from import_kept k
		join contact c on c.business_id = k.business_id and c.id = k.contact_id
		where k.business_id = $1 and k.import_id = $3 and `+contactSeenBy(who, 2)+" order by k.contact_id limit $4", who.BusinessID, who.UserID, id, limit)
}

// SeenContacts are those of some contacts that are there and that who may see, by id.
func SeenContacts(tx *db.Tx, who crm.Actor, ids []crm.ID) (seen, there map[crm.ID]bool, err error) {
	seen, there = map[crm.ID]bool{}, map[crm.ID]bool{}
	if len(ids) == 0 {
		return seen, there, nil
	}
	mark := func(m map[crm.ID]bool) func(db.Row) error {
		return func(row db.Row) error {
			var id crm.ID
			err := row.Scan(&id)
			m[id] = true
			return err
		}
	}
	return seen, there, tx.Ask(
		db.Each(mark(seen), "select c.id from contact c where c.business_id = $1 and c.id = any($3) and "+contactSeenBy(who, 2), who.BusinessID, who.UserID, texts(ids)),
		db.Each(mark(there), "select id from contact where business_id = $1 and id = any($2)", who.BusinessID, texts(ids)))
}

// Talked are those of some contacts with whom there ever was a conversation or an invoice.
func Talked(tx *db.Tx, business crm.ID, contacts []crm.ID) (map[crm.ID]bool, error) {
	return idSet(tx, `select contact_id from conversation where business_id = $1 and contact_id = any($2)
		union select contact_id from invoice where business_id = $1 and contact_id = any($2)`, business, texts(contacts))
}

// contactImage is a contact as an image keeps it: with what the API form of an identity
// leaves out.
type contactImage struct {
	Contact    crm.Contact
	Identities []HeldIdentity
}

func contactText(c *crm.Contact) string {
	image := contactImage{*c, Held(c.Identities)}
	image.Contact.Identities = nil
	text, _ := json.Marshal(image) // of texts, numbers and times
	return string(text)
}

func contactFrom(text string, c *crm.Contact) error {
	var image contactImage
	if err := json.Unmarshal([]byte(text), &image); err != nil {
		return err
	}
	*c = image.Contact
	for _, h := range image.Identities {
		c.Identities = append(c.Identities, h.Identity())
	}
	return nil
}
