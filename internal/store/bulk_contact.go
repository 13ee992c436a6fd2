package store

import (
	"encoding/json"

	"parley/internal/crm"
	"parley/internal/db"
)

// AllMatching are the ids of all that match a filter and that who may see, in their order.
func AllMatching(tx *db.Tx, who crm.Actor, f crm.Filter) ([]crm.ID, error) {
	if len(f.Problems) > 0 || f.Contradicts() {
		return nil, nil
	}
	w := contactConditions(who, f)
	switch {
	case f.Query != "":
		found, err := allHits(tx, who.BusinessID, f.Query)
		if err != nil || len(found) == 0 {
			return nil, err
		}
		w.hitList(found)
	default:
		l := listing{tx: tx, who: who, filter: f}
		lists, err := l.shortest(postingLong)
		if err != nil {
			return nil, err
		}
		if lists != nil {
			picked := l.picked(lists, "materialized")
			return db.All(tx, db.Column[crm.ID], picked.with+"select c.id "+picked.from+" order by c.id", picked.args...)
		}
	}
	return db.All(tx, db.Column[crm.ID], w.with+"select c.id "+w.from+"where "+w.sql+" order by c.id", w.args...)
}

// FreezeNamed makes contacts those of an act, at positions behind one.
func FreezeNamed(tx *db.Tx, business, bulk crm.ID, behind int, ids []crm.ID) {
	rows := make([][]any, len(ids))
	for n, id := range ids {
		rows[n] = []any{business, bulk, behind + n + 1, id}
	}
	tx.Insert("bulk_contact", []string{"business_id", "bulk_id", "position", "contact_id"}, rows)
}

// FreezeUndo makes the contacts that an act changed, at positions behind one up to another,
// those of the act that takes it back, with what is to be restored, and answers how many.
func FreezeUndo(tx *db.Tx, business, bulk, of crm.ID, outcome crm.BulkOutcome, behind, upTo int) (int, error) {
	n, err := tx.Affected(`insert into bulk_contact (business_id, bulk_id, position, contact_id, changed)
		select b.business_id, cast($2 as text), b.position, b.contact_id, b.changed from bulk_contact b
		where b.business_id = $1 and b.bulk_id = $3 and b.outcome = $4 and b.position > $5 and b.position <= $6`, business, bulk, of, outcome, behind, upTo)
	return int(n), err
}

func scanBulkRow(row db.Row) (r crm.BulkRow, err error) {
	err = row.Scan(&r.Position, &r.ContactID, &r.Outcome, &r.Reason, db.JSON(&r.Changed))
	return r, err
}

// BulkRows are the contacts of an act behind a position, in their order: all, or those
// with one outcome.
func BulkRows(tx *db.Tx, business, bulk crm.ID, outcome crm.BulkOutcome, after, limit int) ([]crm.BulkRow, error) {
	return bulkRows(tx, business, bulk, outcome, after, limit, "")
}

// BulkRowsSeenBy are BulkRows without the contacts that are there and that who may not see.
func BulkRowsSeenBy(tx *db.Tx, who crm.Actor, bulk crm.ID, outcome crm.BulkOutcome, after, limit int) ([]crm.BulkRow, error) {
	return bulkRows(tx, who.BusinessID, bulk, outcome, after, limit, ` and not exists (select 1 from contact c
		where c.business_id = bulk_contact.business_id and c.id = bulk_contact.contact_id and not `+contactSeenBy(who, 6)+")", who.UserID)
}

func bulkRows(tx *db.Tx, business, bulk crm.ID, outcome crm.BulkOutcome, after, limit int, seen string, seenArgs ...any) ([]crm.BulkRow, error) {
	rule := ""
	switch outcome {
	case "":
		rule = " and cast($4 as text) = ''"
	case crm.BulkChanged, crm.BulkWaiting:
		rule = " and outcome = $4"
	default: // as the index of the others says
		rule = " and outcome <> 'done' and outcome <> 'waiting' and outcome = $4"
	}
	return db.All(tx, scanBulkRow, "select position, contact_id, outcome, reason, changed from bulk_contact where business_id = $1 and bulk_id = $2 and position > $3"+rule+seen+
		" order by position limit $5", append([]any{business, bulk, after, string(outcome), limit}, seenArgs...)...)
}

// SetBulkOutcomes notes what became of contacts of an act. Most of them end alike and are
// written in one statement.
func SetBulkOutcomes(tx *db.Tx, business, bulk crm.ID, rows []crm.BulkRow) error {
	type end struct {
		outcome crm.BulkOutcome
		reason  string
		changed string
	}
	ends := map[end][]int64{}
	var order []end
	for _, r := range rows {
		changed, err := json.Marshal(r.Changed)
		if err != nil {
			return err
		}
		e := end{r.Outcome, r.Reason, string(changed)}
		if ends[e] == nil {
			order = append(order, e)
		}
		ends[e] = append(ends[e], int64(r.Position))
	}
	for _, e := range order {
		at := ends[e]
		// The bounds are for PostgreSQL, which knows nothing yet of an act that has just begun, and would
		// rather read all its rows and pick than look each one up.
		tx.Exec("update bulk_contact set outcome = $3, reason = $4, changed = $5 where business_id = $1 and bulk_id = $2 and position = any($6) and position between $7 and $8",
			business, bulk, e.outcome, e.reason, db.JSON(json.RawMessage(e.changed)), at, at[0], at[len(at)-1])
	}
	return nil
}
