package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// AuditFilter chooses entries of the audit log. What is empty does not narrow.
type AuditFilter struct {
	Actor    crm.ID
	Kind     crm.AuditKind
	Contact  crm.ID
	From, To time.Time // To is not in it
}

// AuditPlace is where a page of the log ended.
type AuditPlace struct {
	At time.Time
	Cursor
}

// AuditPlaceOf is the place of an entry.
func AuditPlaceOf(e crm.Event) AuditPlace {
	c, _ := ParseCursor(e.Cursor)
	return AuditPlace{e.At, c}
}

// Audit is a page of the log, newest first, before a place. It shows no more of an entry
// than stands there; whom it may be shown to is for the caller.
func Audit(tx *db.Tx, business crm.ID, f AuditFilter, before *AuditPlace, limit int) ([]crm.Event, error) {
	w := auditConditions(business, f)
	if before != nil {
		w.and("(e.at, e.tx, e.seq) < (" + w.arg(before.At) + ", " + w.arg(before.Tx) + ", " + w.arg(before.Seq) + ")")
	}
	return db.All(tx, scanEvent, selectEvent+"where "+w.sql+" order by e.at desc, e.tx desc, e.seq desc limit "+w.arg(limit), w.args...)
}

// CountAudit counts the entries that match, up to most + 1.
func CountAudit(tx *db.Tx, business crm.ID, f AuditFilter, most int) (int, error) {
	w := auditConditions(business, f)
	return count(tx, "select count(*) from (select 1 from event e where "+w.sql+" limit "+w.arg(most+1)+") as counted", w.args...)
}

// auditConditions is the filter as a where clause on event e.
func auditConditions(business crm.ID, f AuditFilter) *conditions {
	w := &conditions{args: []any{business}, sql: "e.business_id = $1 and e.audit <> ''"}
	if f.Actor != "" {
		w.and("e.actor_id = " + w.arg(f.Actor))
	}
	if f.Kind != "" {
		w.and("e.audit = " + w.arg(f.Kind))
	}
	if f.Contact != "" {
		w.and("e.contact_id = " + w.arg(f.Contact))
	}
	if !f.From.IsZero() {
		w.and("e.at >= " + w.arg(f.From))
	}
	if !f.To.IsZero() {
		w.and("e.at < " + w.arg(f.To))
	}
	return w
}

// ContactNames are the names of those of the contacts that who may see.
func ContactNames(tx *db.Tx, who crm.Actor, ids []crm.ID) (map[crm.ID]string, error) {
	names := map[crm.ID]string{}
	return names, tx.Ask(db.Each(func(row db.Row) error {
		var c crm.Contact
		err := row.Scan(&c.ID, &c.FirstName, &c.MiddleName, &c.LastName)
		names[c.ID] = c.Name()
		return err
	}, "select c.id, c.first_name, c.middle_name, c.last_name from contact c where c.business_id = $1 and c.id = any($3) and "+contactSeenBy(who, 2),
		who.BusinessID, who.UserID, texts(ids)))
}
