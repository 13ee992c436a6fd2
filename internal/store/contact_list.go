package store

import (
	"strconv"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// ContactFilter chooses contacts for a list. The zero value is all active ones.
type ContactFilter struct {
	Query    string
	Tags     []crm.ID // all of them
	AnyTags  []crm.ID // at least one
	Status   crm.Status
	Assignee crm.ID
	Source   crm.Source
}

// ContactPlace is where a page of contacts ended.
type ContactPlace struct {
	ActiveAt time.Time
	ID       crm.ID
}

func itoa(n int) string { return strconv.Itoa(n) }

// conditions builds the where clause of a list one condition at a time.
type conditions struct {
	with string // what goes before the select, or empty
	from string
	sql  string
	args []any
}

// arg adds an argument and returns its mark.
func (w *conditions) arg(value any) string {
	w.args = append(w.args, value)
	return "$" + itoa(len(w.args))
}

func (w *conditions) and(sql string) { w.sql += " and " + sql }

// contactConditions is the filter as a where clause on contact c, with V2 in it.
func contactConditions(who crm.Actor, f ContactFilter) *conditions {
	if f.Status == "" {
		f.Status = crm.Active
	}
	w := &conditions{from: "from contact c "}
	w.sql = "c.business_id = " + w.arg(who.BusinessID)
	w.and("c.status = " + w.arg(f.Status))
	w.arg(who.UserID)
	w.and(contactSeenBy(who, len(w.args)))
	for _, tag := range f.Tags {
		w.and("exists (select 1 from contact_tag ct where ct.business_id = c.business_id and ct.contact_id = c.id and ct.tag_id = " + w.arg(tag) + ")")
	}
	if len(f.AnyTags) > 0 {
		w.and("exists (select 1 from contact_tag ct where ct.business_id = c.business_id and ct.contact_id = c.id and ct.tag_id = any(" + w.arg(texts(f.AnyTags)) + "))")
	}
	if f.Assignee != "" {
		w.and("c.assignee_id = " + w.arg(f.Assignee))
	}
	if f.Source != "" {
		w.and("c.source = " + w.arg(f.Source))
	}
	return w
}

// hitList begins a query with the contacts that a search hit, and nothing but them: left
// to itself, either engine would rather walk the whole list in its order, looking for
// hits.
func (w *conditions) hitList(ids []string) {
	w.with = "with hit as materialized (select * from contact where business_id = $1 and id = any(" + w.arg(ids) + ")) "
	w.from = "from hit c "
}

// Contacts is a page of the contacts that match, the last active first, from after on.
// With a Query the hits come from the search index (see hits).
func Contacts(tx *db.Tx, who crm.Actor, f ContactFilter, after *ContactPlace, limit int) ([]*crm.Contact, error) {
	w := contactConditions(who, f)
	if f.Query != "" {
		ids, err := hits(tx, who.BusinessID, f.Query)
		if err != nil || len(ids) == 0 {
			return nil, err
		}
		w.hitList(ids)
	}
	if after != nil {
		w.and("(c.active_at, c.id) < (" + w.arg(after.ActiveAt) + ", " + w.arg(after.ID) + ")")
	}
	return readContacts(tx, who.BusinessID, w.with+selectContact+w.from+"where "+w.sql+" order by c.active_at desc, c.id desc limit "+w.arg(limit), w.args...)
}

// CountContacts counts what Contacts lists, up to most: more is answered as most + 1.
func CountContacts(tx *db.Tx, who crm.Actor, f ContactFilter, most int) (int, error) {
	w := contactConditions(who, f)
	if f.Query != "" {
		ids, err := hits(tx, who.BusinessID, f.Query)
		if err != nil || len(ids) == 0 {
			return 0, err
		}
		w.hitList(ids)
	}
	return count(tx, w.with+"select count(*) from (select 1 "+w.from+"where "+w.sql+" limit "+w.arg(most+1)+") as counted", w.args...)
}
