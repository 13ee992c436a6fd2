package store

import (
	"slices"
	"strings"

	"parley/internal/crm"
	"parley/internal/db"
)

// Lists are read in two ways, for neither is fast for every filter (docs/decisions/
// 012-lists.md). A walk goes along the index of the order and looks at one contact after
// another: fast where many match. A posting list names the contacts that have one tag,
// one country, one value: fast where few do. So a page is first walked for, over no more
// than walkBudget contacts. How many of them match tells how far the walk would have to
// go on; when the shortest posting list has fewer entries than that, and no more than
// postingMost, the page is made from it.
var (
	walkBudget  = 3000
	postingMost = 60_000
	// A list of postingFew entries is read before anything is walked.
	postingFew = 1000
	// A list of postingLong entries is still better than to look at everybody.
	postingLong = 300_000
)

// listing is one list being read.
type listing struct {
	tx     *db.Tx
	who    crm.Actor
	filter crm.Filter
	order  order
	after  *ContactPlace
	limit  int
}

// ids are those of a page, in order.
func (l listing) ids() ([]crm.ID, error) {
	if l.filter.Contradicts() {
		return nil, nil
	}
	if l.filter.Status == crm.AnyStatus && l.order.column == "active_at" {
		return l.bothStatuses()
	}
	list, err := l.shortest(postingFew)
	if err != nil {
		return nil, err
	}
	if list != nil {
		return l.pick(*list)
	}
	ids, err := l.walk(walkBudget)
	if err != nil || len(ids) == l.limit {
		return ids, err
	}
	further := l // from where the walk stopped
	if further.after, err = l.stopOf(walkBudget); err != nil || further.after == nil {
		return ids, err
	}
	further.limit -= len(ids)
	reach := walkBudget * l.limit / max(len(ids), 1)
	if list, err = l.shortest(min(reach, postingMost)); err != nil {
		return nil, err
	}
	if list != nil {
		return l.pick(*list)
	}
	rest, err := further.walk(2*reach - walkBudget)
	if err != nil || len(rest) == further.limit {
		return append(ids, rest...), err
	}
	if stop, err := further.stopOf(2*reach - walkBudget); err != nil || stop == nil {
		return append(ids, rest...), err
	}
	if list, err = l.shortest(postingLong); err != nil {
		return nil, err
	}
	if list != nil {
		return l.pick(*list)
	}
	rest, err = further.walk(0)
	return append(ids, rest...), err
}

// walk looks at up to budget contacts along the order, all with 0. SQLite hands on the
// inner rows as they come and stops when the page is full; told the order once more, it
// would look at all of them first. PostgreSQL may join them in another order, and knows
// when it need not sort.
func (l listing) walk(budget int) ([]crm.ID, error) {
	sql, args := l.walkStatement(budget)
	return db.All(l.tx, db.Column[crm.ID], sql, args...)
}

func (l listing) walkStatement(budget int) (string, []any) {
	w := &conditions{}
	inner := l.stretch(w)
	if budget > 0 {
		inner += " order by " + l.order.by() + " limit " + w.arg(budget)
	}
	w.sql = "c.business_id = $1"
	l.match(w)
	by := ""
	if l.tx.Engine() == db.Postgres || budget == 0 {
		by = " order by " + l.order.by()
	}
	return "select c.id from (select " + l.columns() + " " + inner + ") c where " + w.sql + by + " limit " + w.arg(l.limit), w.args
}

// stretch is the part of the order that a page lies in.
func (l listing) stretch(w *conditions) string {
	w.sql = "c.business_id = " + w.arg(l.who.BusinessID)
	if l.order.column == "active_at" {
		w.and("c.status = " + w.arg(l.status()))
		if !l.filter.NoMessage && !l.filter.After.IsZero() {
			w.and("c.active_at >= " + w.arg(l.filter.After))
		}
		if !l.filter.NoMessage && !l.filter.Before.IsZero() {
			w.and("c.active_at < " + w.arg(l.filter.Before))
		}
		if !l.filter.NoMessage && (!l.filter.After.IsZero() || !l.filter.Before.IsZero()) {
			w.and("c.last_message_at is not null") // which has an index of its own
		}
	}
	l.order.from(w, l.after)
	return "from contact c where " + w.sql
}

func (l listing) status() crm.Status {
	if l.filter.Status == "" {
		return crm.Active
	}
	return l.filter.Status
}

// match adds the conditions that are looked at of each contact.
func (l listing) match(w *conditions) {
	l.seen(w)
	w.filter(l.filter)
}

// seen adds its status, and who sees it (V2).
func (l listing) seen(w *conditions) {
	if l.status() != crm.AnyStatus {
		w.and("c.status = " + w.arg(l.status()))
	}
	w.arg(l.who.UserID)
	w.and(contactSeenBy(l.who, len(w.args)))
}

// columns are those of contact that order and conditions look at, and no others: a row is
// wide.
func (l listing) columns() string {
	columns := []string{"c.business_id", "c.id", "c.status", "c.visibility"}
	add := func(needed bool, column string) {
		if needed && !slices.Contains(columns, column) {
			columns = append(columns, column)
		}
	}
	f := l.filter
	add(l.order.column != "", "c."+l.order.column)
	add(len(f.Assignees) > 0, "c.assignee_id")
	add(len(f.Sources) > 0, "c.source")
	add(len(f.Countries) > 0, "c.contact_country")
	add(f.NoMessage || !f.After.IsZero() || !f.Before.IsZero(), "c.last_message_at")
	return strings.Join(columns, ", ")
}

// stopOf is where a walk over n contacts stopped; nil when it came to the end.
func (l listing) stopOf(n int) (*ContactPlace, error) {
	w := &conditions{}
	inner := l.stretch(w)
	column := "''"
	if l.order.column != "" {
		column = "c." + l.order.column
	}
	place := &ContactPlace{}
	_, found, err := db.One(l.tx, func(row db.Row) (none struct{}, err error) {
		switch l.order.column {
		case "active_at":
			err = row.Scan(&place.ActiveAt, &place.ID)
		default:
			err = row.Scan(&place.Name, &place.ID)
		}
		return none, err
	}, "select "+column+", c.id "+inner+" order by "+l.order.by()+" limit 1 offset "+w.arg(n-1), w.args...)
	if !found {
		return nil, err
	}
	return place, err
}

// bothStatuses lays the lists of active and archived contacts over each other: the order
// by activity has the status before it.
func (l listing) bothStatuses() ([]crm.ID, error) {
	var all []crm.ID
	for _, status := range []crm.Status{crm.Active, crm.Archived} {
		one := l
		one.filter.Status = status
		ids, err := one.ids()
		if err != nil {
			return nil, err
		}
		all = append(all, ids...)
	}
	return db.All(l.tx, db.Column[crm.ID], "select c.id from contact c where c.business_id = $1 and c.id = any($2) order by "+l.order.by()+" limit $3", l.who.BusinessID, texts(all), l.limit)
}

// pick makes the page from a posting list: what hangs on every contact on it is looked at,
// for which its wide row is not fetched, then the contacts that are left, and those that match are
// sorted. The cross join keeps SQLite from walking the order instead.
func (l listing) pick(p posting) ([]crm.ID, error) {
	sql, args := l.pickStatement(p)
	return db.All(l.tx, db.Column[crm.ID], sql, args...)
}

func (l listing) pickStatement(p posting) (string, []any) {
	w := l.picked(p, "materialized")
	return w.with + "select c.id " + w.from + " order by " + l.order.by() + " limit " + w.arg(l.limit), w.args
}

// countStatement counts what a posting list has for all pages, up to most + 1, and looks no
// further along it than that takes.
func (l listing) countStatement(p posting, most int) (string, []any) {
	w := l.picked(p, "not materialized")
	return w.with + "select count(*) from (select 1 " + w.from + " limit " + w.arg(most+1) + ") as counted", w.args
}

// picked are those on a posting list who match; how says whether the list is made whole
// before its contacts are looked at.
func (l listing) picked(p posting, how string) *conditions {
	w := &conditions{byID: true}
	w.arg(l.who.BusinessID)
	l.order.from(w, l.after)
	l.seen(w)
	w.row(l.filter)
	looked := w.sql
	w.sql = ""
	w.hanging(l.filter)
	hit := "select distinct c.id from (select p.business_id, p." + p.column + " as id from " + p.table + " p where p.business_id = $1 and " + p.where(w) + ") c where c.business_id = $1" + w.sql
	w.with = "with hit as " + how + " (" + hit + ") "
	w.from = "from hit cross join contact c where c.business_id = $1 and c.id = hit.id" + looked
	return w
}

// posting is a list of contacts that an index gives.
type posting struct {
	table, column string
	where         func(*conditions) string
}

// postings are the lists that hold everybody who matches.
func (l listing) postings() []posting {
	var list []posting
	add := func(table, column string, where func(*conditions) string) {
		list = append(list, posting{table, column, where})
	}
	f := l.filter
	for _, tag := range f.Tags {
		add("contact_tag", "contact_id", func(w *conditions) string { return "p.tag_id = " + w.arg(tag) })
	}
	if len(f.AnyTags) > 0 {
		add("contact_tag", "contact_id", func(w *conditions) string { return "p.tag_id = any(" + w.arg(texts(f.AnyTags)) + ")" })
	}
	if len(f.Assignees) > 0 && !slices.Contains(f.Assignees, crm.NobodyID) {
		add("contact", "id", func(w *conditions) string { return "p.assignee_id = any(" + w.arg(texts(f.Assignees)) + ")" })
	}
	if len(f.Sources) > 0 {
		add("contact", "id", func(w *conditions) string { return "p.source = any(" + w.arg(texts(f.Sources)) + ")" })
	}
	if len(f.Countries) > 0 && !slices.Contains(f.Countries, crm.NoCountry) {
		add("contact", "id", func(w *conditions) string {
			return "p.contact_country <> '' and p.contact_country = any(" + w.arg(f.Countries) + ")"
		})
	}
	if l.status() == crm.Archived {
		add("contact", "id", func(*conditions) string { return "p.status = 'archived'" })
	}
	for _, family := range f.OptOuts {
		add("opt_out", "contact_id", func(w *conditions) string { return "p.family = " + w.arg(family) })
	}
	for _, c := range f.Custom {
		if c.Set != nil && !*c.Set {
			continue
		}
		add("contact_custom", "contact_id", func(w *conditions) string { return customRange(w, "p", c) })
	}
	return list
}

// shortest is the posting list with the fewest entries; nil when all have more than most.
func (l listing) shortest(most int) (*posting, error) {
	var best *posting
	fewest := most
	for _, p := range l.postings() {
		sql, args := l.lengthStatement(p, fewest)
		n, err := count(l.tx, sql, args...)
		if err != nil {
			return nil, err
		}
		if n <= fewest {
			fewest, best = n, &p
		}
	}
	return best, nil
}

// lengthStatement counts the entries of a posting list, up to most + 1.
func (l listing) lengthStatement(p posting, most int) (string, []any) {
	w := &conditions{}
	sql := "select count(*) from (select 1 from " + p.table + " p where p.business_id = " + w.arg(l.who.BusinessID) + " and " + p.where(w)
	return sql + " limit " + w.arg(most+1) + ") as counted", w.args
}
