package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

const bulkColumns = `id, user_id, via, action, what, status, problem, total, done, place, counts, undo_of, undone_by, created_at, moved_at, ended_at`

func scanBulk(row db.Row) (*crm.Bulk, error) {
	b := &crm.Bulk{}
	err := row.Scan(&b.ID, &b.UserID, &b.Via, &b.Action, db.JSON(&b.What), &b.Status, &b.Problem, &b.Total, &b.Done, &b.Place, db.JSON(&b.Counts),
		&b.UndoOf, &b.UndoneBy, &b.CreatedAt, &b.MovedAt, &b.EndedAt)
	if b.Counts == nil {
		b.Counts = crm.BulkCounts{}
	}
	return b, err
}

// NotBegun is the total of an act whose contacts are still being gathered. Nobody hears of it.
const NotBegun = -1

// AddBulk inserts an act on many contacts, without the contacts.
func AddBulk(tx *db.Tx, b *crm.Bulk) {
	tx.Exec(`insert into bulk (business_id, id, user_id, via, action, what, status, total, counts, undo_of, created_at, moved_at, ended_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		b.BusinessID, b.ID, b.UserID, b.Via, b.Action, db.JSON(b.What), b.Status, b.Total, db.JSON(b.Counts), b.UndoOf, b.CreatedAt, b.MovedAt, b.EndedAt)
}

// ChangeBulk writes what changes of one.
func ChangeBulk(tx *db.Tx, b *crm.Bulk) {
	tx.Exec(`update bulk set status = $3, problem = $4, total = $5, done = $6, place = $7, counts = $8, undone_by = $9, moved_at = $10, ended_at = $11
		where business_id = $1 and id = $2`,
		b.BusinessID, b.ID, b.Status, b.Problem, b.Total, b.Done, b.Place, db.JSON(b.Counts), b.UndoneBy, b.MovedAt, b.EndedAt)
}

// ForgetBulk removes an act that never began.
func ForgetBulk(tx *db.Tx, business, id crm.ID) {
	tx.Exec("delete from bulk where business_id = $1 and id = $2 and total < 0", business, id)
}

// Bulk reads one that began, whoever asks; else ErrNotFound.
func Bulk(tx *db.Tx, business, id crm.ID) (*crm.Bulk, error) {
	return oneBulk(tx, business, "select "+bulkColumns+" from bulk where business_id = $1 and id = $2 and total >= 0", business, id)
}

// LockBulk is Bulk for a transaction that is going to change it: no other one does so
// until it ends.
func LockBulk(tx *db.Tx, business, id crm.ID) (*crm.Bulk, error) {
	return oneBulk(tx, business, "select "+bulkColumns+" from bulk where business_id = $1 and id = $2 for update", business, id)
}

func oneBulk(tx *db.Tx, business crm.ID, sql string, args ...any) (*crm.Bulk, error) {
	b, found, err := db.One(tx, scanBulk, sql, args...)
	if err != nil || !found {
		return nil, orNotFound(err)
	}
	b.BusinessID = business
	return b, nil
}

// whoseBulk is which acts somebody hears of: their own, and admins all.
func whoseBulk(who crm.Actor) string {
	if who.IsAdmin() {
		return "business_id = $1 and total >= 0 and cast($2 as text) <> ''"
	}
	return "business_id = $1 and total >= 0 and user_id = $2"
}

// Bulks are those that somebody hears of, newest first, before one of them. Their numbers
// are those of whoever did it: see HiddenOfBulks.
func Bulks(tx *db.Tx, who crm.Actor, before crm.ID, limit int) ([]*crm.Bulk, error) {
	if before == "" {
		before = "~"
	}
	list, err := db.All(tx, scanBulk, "select "+bulkColumns+" from bulk where "+whoseBulk(who)+" and id < $3 order by id desc limit $4",
		who.BusinessID, who.UserID, string(before), limit)
	for _, b := range list {
		b.BusinessID = who.BusinessID
	}
	return list, err
}

// CountBulks counts what Bulks lists, up to most: more is answered as most + 1.
func CountBulks(tx *db.Tx, who crm.Actor, most int) (int, error) {
	return count(tx, "select count(*) from (select 1 from bulk where "+whoseBulk(who)+" limit $3) as counted", who.BusinessID, who.UserID, most+1)
}

// HiddenOfBulks counts by act and outcome the contacts of acts that who may not see (V2).
// Where nobody is hidden from them, as mostly, it looks at no contact of any act.
func HiddenOfBulks(tx *db.Tx, who crm.Actor, acts []crm.ID) (map[crm.ID]crm.BulkCounts, error) {
	hidden := "select c.id from contact c where c.business_id = $1 and c.visibility = 'chosen' and not " + contactSeenBy(who, 2)
	_, some, err := db.One(tx, db.Column[string], hidden+" limit 1", who.BusinessID, who.UserID)
	if err != nil || !some || len(acts) == 0 {
		return nil, err
	}
	counts := map[crm.ID]crm.BulkCounts{}
	return counts, tx.Ask(db.Each(func(row db.Row) error {
		var act crm.ID
		var outcome crm.BulkOutcome
		var n int
		err := row.Scan(&act, &outcome, &n)
		if counts[act] == nil {
			counts[act] = crm.BulkCounts{}
		}
		counts[act][outcome] = n
		return err
	}, `with hidden as materialized (`+hidden+`)
		select b.bulk_id, b.outcome, count(*) from bulk_contact b
		where b.business_id = $1 and b.bulk_id = any($3) and b.contact_id in (select id from hidden) group by b.bulk_id, b.outcome`,
		who.BusinessID, who.UserID, acts))
}

// LeftBulk names an act that nobody has worked at for a while.
type LeftBulk struct{ Business, ID crm.ID }

// LeftBulks are those that run, and that nobody has worked at since a time.
func LeftBulks(tx *db.Tx, since time.Time) ([]LeftBulk, error) {
	return db.All(tx, func(row db.Row) (l LeftBulk, err error) {
		err = row.Scan(&l.Business, &l.ID)
		return l, err
	}, "select business_id, id from bulk where status = 'running' and moved_at < $1", since)
}
