package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

const importColumns = `id, name, size, sha256, status, user_id, by_name, file, choices, counts, problem, reverted, total, place, written, round,
	created_at, moved_at, started_at, ended_at, undone_at`

func scanImport(row db.Row) (*crm.Import, error) {
	i := &crm.Import{}
	err := row.Scan(&i.ID, &i.Name, &i.Size, &i.SHA256, &i.Status, &i.UserID, &i.ByName, db.JSON(&i.File), db.JSON(&i.Choices), db.JSON(&i.Counts),
		db.JSON(&i.Problem), db.JSON(&i.Reverted), &i.Total, &i.Place, &i.Written, &i.Round, &i.CreatedAt, &i.MovedAt, &i.StartedAt, &i.EndedAt, &i.UndoneAt)
	if i.Counts == nil {
		i.Counts = crm.ImportCounts{}
	}
	return i, err
}

// AddImport inserts an import.
func AddImport(tx *db.Tx, business crm.ID, i *crm.Import) {
	tx.Exec("insert into import (business_id, "+importColumns+`) values
		($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)`,
		business, i.ID, i.Name, i.Size, i.SHA256, i.Status, i.UserID, i.ByName, db.JSON(i.File), db.JSON(i.Choices), db.JSON(i.Counts), db.JSON(i.Problem), db.JSON(i.Reverted),
		i.Total, i.Place, i.Written, i.Round, i.CreatedAt, i.MovedAt, i.StartedAt, i.EndedAt, i.UndoneAt)
}

// ChangeImport writes what changes of an import.
func ChangeImport(tx *db.Tx, business crm.ID, i *crm.Import) {
	tx.Exec(`update import set size = $3, sha256 = $4, status = $5, file = $6, choices = $7, counts = $8, problem = $9, reverted = $10, total = $11, place = $12, written = $13, round = $14,
		moved_at = $15, started_at = $16, ended_at = $17, undone_at = $18 where business_id = $1 and id = $2`,
		business, i.ID, i.Size, i.SHA256, i.Status, db.JSON(i.File), db.JSON(i.Choices), db.JSON(i.Counts), db.JSON(i.Problem), db.JSON(i.Reverted), i.Total, i.Place, i.Written, i.Round,
		i.MovedAt, i.StartedAt, i.EndedAt, i.UndoneAt)
}

// Import reads one import, whoever asks; else ErrNotFound.
func Import(tx *db.Tx, business, id crm.ID) (*crm.Import, error) {
	return oneImport(tx, business, "select "+importColumns+" from import where business_id = $1 and id = $2", business, id)
}

// LockImport is Import for a transaction that is going to change it: no other one does
// so until it ends.
func LockImport(tx *db.Tx, business, id crm.ID) (*crm.Import, error) {
	return oneImport(tx, business, "select "+importColumns+" from import where business_id = $1 and id = $2 for update", business, id)
}

func oneImport(tx *db.Tx, business crm.ID, sql string, args ...any) (*crm.Import, error) {
	i, found, err := db.One(tx, scanImport, sql, args...)
	if err != nil || !found {
		return nil, orNotFound(err)
	}
	i.BusinessID = business
	return i, nil
}

// Imports are those that who may see, newest first, before one of them: their own, and
// for admins all.
func Imports(tx *db.Tx, who crm.Actor, before crm.ID, limit int) ([]*crm.Import, error) {
	if before == "" {
		before = "~"
	}
	list, err := db.All(tx, scanImport, "select "+importColumns+importsSeen(who)+" and id < $3 order by id desc limit $4", who.BusinessID, string(who.UserID), string(before), limit)
	for _, i := range list {
		i.BusinessID = who.BusinessID
	}
	return list, err
}

// CountImports counts what Imports lists, up to most: more is answered as most + 1.
func CountImports(tx *db.Tx, who crm.Actor, most int) (int, error) {
	return count(tx, "select count(*) from (select 1"+importsSeen(who)+" limit $3) as counted", who.BusinessID, string(who.UserID), most+1)
}

// importsSeen are the imports that who (argument $2) may see.
func importsSeen(who crm.Actor) string {
	rule := "user_id = $2"
	if who.IsAdmin() {
		rule = "$2 = $2"
	}
	return " from import where business_id = $1 and " + rule + " and status <> 'uploading'"
}

// DeleteImport removes an import that never began. Its rows (DropImportRows) and its file
// (DropImportParts) go before it.
func DeleteImport(tx *db.Tx, business, id crm.ID) {
	tx.Exec("delete from import where business_id = $1 and id = $2", business, id)
}

// SameFile is the newest other import of the same bytes that began, and of one that began
// itself, that began before it.
func SameFile(tx *db.Tx, i *crm.Import) (*crm.Import, bool, error) {
	sql, args := "", []any{i.BusinessID, i.SHA256, i.ID}
	if i.Status.Began() {
		sql, args = " and (started_at, id) < ($4, $3)", append(args, i.StartedAt)
	}
	return db.One(tx, scanImport, "select "+importColumns+` from import where business_id = $1 and sha256 = $2 and sha256 <> '' and id <> $3
		and status in ('running', 'done', 'cancelled', 'undoing', 'undone')`+sql+" order by started_at desc, id desc limit 1", args...)
}

// ImportPlace names an import of any business.
type ImportPlace struct {
	Business crm.ID
	ID       crm.ID
	Status   crm.ImportStatus
}

// LeftImports are the imports of all businesses at which nobody has worked since a time.
func LeftImports(tx *db.Tx, since time.Time) ([]ImportPlace, error) {
	return db.All(tx, func(row db.Row) (p ImportPlace, err error) {
		err = row.Scan(&p.Business, &p.ID, &p.Status)
		return p, err
	}, "select business_id, id, status from import where status in ('uploading', 'previewing', 'running', 'undoing') and moved_at < $1", since)
}

// ImportAtWork reports whether an import of a business goes over its rows, and did since a time.
func ImportAtWork(tx *db.Tx, business crm.ID, since time.Time) (bool, error) {
	n, err := count(tx, `select count(*) from import where business_id = $1 and status in ('previewing', 'running', 'undoing') and moved_at >= $2`, business, since)
	return n > 0, err
}

// ImportAhead reports whether an import of the business began before this one and still
// runs.
func ImportAhead(tx *db.Tx, business, id crm.ID, started time.Time) (bool, error) {
	n, err := count(tx, `select count(*) from import where business_id = $1 and id <> $2 and status = 'running'
		and (started_at < $3 or started_at = $3 and id < $2)`, business, id, started)
	return n > 0, err
}

// ImportChoicesFor are the choices that were made last for files with the same columns.
func ImportChoicesFor(tx *db.Tx, business crm.ID, fingerprint string) (crm.ImportChoices, bool, error) {
	return db.One(tx, func(row db.Row) (c crm.ImportChoices, err error) {
		err = row.Scan(db.JSON(&c))
		return c, err
	}, "select choices from import_shape where business_id = $1 and fingerprint = $2", business, fingerprint)
}

// KeepImportChoices remembers choices for the next file with the same columns.
func KeepImportChoices(tx *db.Tx, business crm.ID, fingerprint string, c crm.ImportChoices, now time.Time) {
	tx.Exec(`insert into import_shape (business_id, fingerprint, choices, used_at) values ($1, $2, $3, $4)
		on conflict (business_id, fingerprint) do update set choices = excluded.choices, used_at = excluded.used_at`, business, fingerprint, db.JSON(c), now)
}

// AddImportPart keeps one piece of a file.
func AddImportPart(tx *db.Tx, business, id crm.ID, position int, bytes []byte) {
	tx.Exec("insert into import_part (business_id, import_id, position, bytes) values ($1, $2, $3, $4)", business, id, position, bytes)
}

// ImportPart reads one piece of a file.
func ImportPart(tx *db.Tx, business, id crm.ID, position int) ([]byte, bool, error) {
	return db.One(tx, db.Column[[]byte], "select bytes from import_part where business_id = $1 and import_id = $2 and position = $3", business, id, position)
}

// EndedFiles are some imports of all businesses that have ended and whose file is still
// kept.
func EndedFiles(tx *db.Tx) ([]ImportPlace, error) {
	return db.All(tx, func(row db.Row) (p ImportPlace, err error) {
		err = row.Scan(&p.Business, &p.ID, &p.Status)
		return p, err
	}, `select i.business_id, i.id, i.status from import i where i.status in ('done', 'cancelled', 'undone') and exists (
		select 1 from import_part p where p.business_id = i.business_id and p.import_id = i.id) limit 20`)
}

// DropImportParts removes up to n pieces of a file and reports how many there were.
func DropImportParts(tx *db.Tx, business, id crm.ID, n int) (int64, error) {
	return tx.Affected(`delete from import_part where business_id = $1 and import_id = $2 and position < (
		select coalesce(min(position), 0) + $3 from import_part where business_id = $1 and import_id = $2)`, business, id, n)
}

// PutImportEdit keeps what somebody made of a row.
func PutImportEdit(tx *db.Tx, business, id crm.ID, line int, cells []string) {
	tx.Exec(`insert into import_edit (business_id, import_id, line, cells) values ($1, $2, $3, $4)
		on conflict (business_id, import_id, line) do update set cells = excluded.cells`, business, id, line, cellsText(cells))
}

// ImportEdits are the rows that were mended, by line.
func ImportEdits(tx *db.Tx, business, id crm.ID) (map[int][]string, error) {
	edits := map[int][]string{}
	err := tx.Ask(db.Each(func(row db.Row) error {
		var line int
		var text string
		err := row.Scan(&line, &text)
		edits[line] = cellsOf(text)
		return err
	}, "select line, cells from import_edit where business_id = $1 and import_id = $2", business, id))
	return edits, err
}

// DropImportEdits forgets them: the file is read differently now.
func DropImportEdits(tx *db.Tx, business, id crm.ID) {
	tx.Exec("delete from import_edit where business_id = $1 and import_id = $2", business, id)
}
