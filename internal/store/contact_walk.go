package store

import (
	"slices"
	"strings"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// Lists are read from the database in two ways, for neither is fast for every filter (docs/
// decisions/012-lists.md). A walk goes along the index of the order and looks at one contact after
// another: fast where many match. A posting list names the contacts that have one tag,
// one country, one value: fast where few do. So a page is first walked for, over no more
// than walkBudget contacts. How many of them match tells how far the walk would have to
// go on: its reach. When the shortest posting list is short beside that, the page is made
// from it, with other lists laid over it. Of a large business there may be a book in memory,
// which is asked before that: see remembered.
var (
	walkBudget = 1000
	// A list of postingFew entries is read before anything is walked.
	postingFew = 2500
	// Where there is a book in memory, which costs as much as to look at so many, only one of
	// postingFewest is, and a walk goes over walkShort.
	postingFewest, walkShort = 250, 300
	// A list of postingLong entries is still better than to look at everybody.
	postingLong = 300_000
)

// What the ways cost beside each other, measured on SQLite at a million contacts.
const (
	// To look up whom a list names is as dear as to walk past so many whose own row says that
	// they do not match; as dear as to look at what hangs on one.
	lookUp = 8
	// Another list is laid over the shortest when it has at most so many entries for each of
	// those: to read on along an index costs that much less than to look at what hangs on
	// somebody; when it must be sorted first, so many.
	overlay, overlaySorted = 10, 3
)

// listing is one list being read.
type listing struct {
	tx     *db.Tx
	who    crm.Actor
	filter crm.Filter
	order  order
	after  *ContactPlace
	limit  int
	facets *Facets // nil: lists are made from the database alone
}

// ids are those of a page, in order.
func (l listing) ids() ([]crm.ID, error) {
	if l.filter.Contradicts() {
		return nil, nil
	}
	if l.filter.Status == crm.AnyStatus && l.order.column == "active_at" {
		return l.bothStatuses()
	}
	few, budget := postingFew, walkBudget
	if l.facets.has(l.who.BusinessID) {
		few, budget = min(few, postingFewest), min(budget, walkShort)
	}
	lists, err := l.shortest(few)
	if err != nil {
		return nil, err
	}
	if lists != nil {
		return l.pick(lists)
	}
	ids, err := l.walk(budget)
	if err != nil || len(ids) == l.limit {
		return ids, err
	}
	further := l // from where the walk stopped
	if further.after, err = l.stopOf(budget); err != nil || further.after == nil {
		return ids, err
	}
	if page, ok, err := l.remembered(); ok || err != nil {
		return page, err
	}
	further.limit -= len(ids)
	reach := postingLong // where none was found, nobody knows
	if len(ids) > 0 {
		reach = budget * l.limit / len(ids)
	}
	short := reach
	if ofRow(l.filter) && len(l.postings()) == 1 {
		short = reach / lookUp
	}
	if lists, err = l.shortest(short); err != nil {
		return nil, err
	}
	if lists != nil {
		return l.pick(lists)
	}
	budget = min(2*reach, postingLong)
	rest, err := further.walk(budget)
	if err != nil || len(rest) == further.limit {
		return append(ids, rest...), err
	}
	if stop, err := further.stopOf(budget); err != nil || stop == nil {
		return append(ids, rest...), err
	}
	if lists, err = l.shortest(postingLong); err != nil {
		return nil, err
	}
	if lists != nil {
		return l.pick(lists)
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
		// The bound from which the list comes is left out where the place is past it: SQLite
		// would begin at the bound and look for the place.
		past := func(bound time.Time, descending bool) bool {
			return l.after != nil && l.order.descending == descending && l.after.ActiveAt.Before(bound) == descending
		}
		if after := l.filter.After; !l.filter.NoMessage && !after.IsZero() && !past(after, false) {
			w.and("c.active_at >= " + w.arg(after))
		}
		if before := l.filter.Before; !l.filter.NoMessage && !before.IsZero() && !past(before, true) {
			w.and("c.active_at < " + w.arg(before))
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
	add(ofMessages(f), "c.last_message_at")
	return strings.Join(columns, ", ")
}

// ofRow reports whether a filter asks for anything that stands in the row of a contact.
func ofRow(f crm.Filter) bool {
	return len(f.Assignees)+len(f.Sources)+len(f.Countries) > 0 || ofMessages(f)
}

func ofMessages(f crm.Filter) bool { return f.NoMessage || !f.After.IsZero() || !f.Before.IsZero() }

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

// pick makes the page from posting lists: what hangs on every contact that is on all of them
// is looked at, for which its wide row is not fetched, then the contacts that are left, and
// those that match are sorted. The cross join and the second list keep the engines from
// walking the order instead.
func (l listing) pick(lists []posting) ([]crm.ID, error) {
	sql, args := l.pickStatement(lists)
	return db.All(l.tx, db.Column[crm.ID], sql, args...)
}

func (l listing) pickStatement(lists []posting) (string, []any) {
	w := l.picked(lists, "materialized")
	columns := "c.id"
	if l.order.column != "" {
		columns += ", c." + l.order.column
	}
	return w.with + ", matching as materialized (select " + columns + " " + w.from + ") select c.id from matching c order by " + l.order.by() + " limit " + w.arg(l.limit), w.args
}

// countStatement counts what posting lists have for all pages, up to most + 1, and looks no
// further along them than that takes.
func (l listing) countStatement(lists []posting, most int) (string, []any) {
	w := l.picked(lists, "not materialized")
	return w.with + "select count(*) from (select 1 " + w.from + " limit " + w.arg(most+1) + ") as counted", w.args
}

// picked are those on all posting lists who match; how says whether that list is made whole
// before its contacts are looked at.
func (l listing) picked(lists []posting, how string) *conditions {
	w := &conditions{byID: true}
	w.arg(l.who.BusinessID)
	l.order.from(w, l.after)
	l.seen(w)
	rest := l.filter
	for _, p := range lists {
		p.met(&rest)
	}
	w.row(rest)
	looked := w.sql
	w.sql = ""
	w.hanging(rest)
	hit := "select distinct c.id from (" + onAll(w, lists) + ") c where c.business_id = $1" + w.sql
	w.with = "with hit as " + how + " (" + hit + ") "
	w.from = "from hit cross join contact c where c.business_id = $1 and c.id = hit.id" + looked
	return w
}

// onAll is who is on all of some posting lists. Told the order in which their indexes lie,
// SQLite reads them side by side; else it would copy one.
func onAll(w *conditions, lists []posting) string {
	sql := ""
	for n, p := range lists {
		if n > 0 {
			sql += " intersect "
		}
		sql += "select p.business_id, " + p.id() + " as id from " + p.table + " p where p.business_id = $1 and " + p.where(w)
	}
	if len(lists) > 1 {
		sql += " order by 2"
	}
	return sql
}

// posting is a list of contacts that an index gives: all who meet one condition of a
// filter, which met takes out of it.
type posting struct {
	table, column string
	inOrder       bool // of the ids, in the index
	where         func(*conditions) string
	met           func(*crm.Filter)
}

// id is how the list names its contacts. A list that does not lie in their order is sorted
// or told apart by itself: SQLite would rather go through everybody in that order.
func (p posting) id() string {
	if p.inOrder {
		return "p." + p.column
	}
	return "p." + p.column + " || ''"
}

// postings are the lists that hold everybody who matches.
func (l listing) postings() []posting {
	var list []posting
	f := l.filter
	for _, tag := range f.Tags {
		list = append(list, posting{"contact_tag", "contact_id", true,
			func(w *conditions) string { return "p.tag_id = " + w.arg(tag) },
			func(f *crm.Filter) { f.Tags = without(f.Tags, tag) }})
	}
	if len(f.AnyTags) > 0 {
		list = append(list, posting{"contact_tag", "contact_id", len(f.AnyTags) == 1,
			func(w *conditions) string { return oneOf(w, "p.tag_id", texts(f.AnyTags)) },
			func(f *crm.Filter) { f.AnyTags = nil }})
	}
	if len(f.Assignees) > 0 && !slices.Contains(f.Assignees, crm.NobodyID) {
		list = append(list, posting{"contact", "id", false,
			func(w *conditions) string { return oneOf(w, "p.assignee_id", texts(f.Assignees)) },
			func(f *crm.Filter) { f.Assignees = nil }})
	}
	if len(f.Sources) > 0 {
		list = append(list, posting{"contact", "id", len(f.Sources) == 1,
			func(w *conditions) string { return oneOf(w, "p.source", texts(f.Sources)) },
			func(f *crm.Filter) { f.Sources = nil }})
	}
	if len(f.Countries) > 0 && !slices.Contains(f.Countries, crm.NoCountry) {
		list = append(list, posting{"contact", "id", len(f.Countries) == 1,
			func(w *conditions) string {
				return "p.contact_country <> '' and " + oneOf(w, "p.contact_country", f.Countries)
			},
			func(f *crm.Filter) { f.Countries = nil }})
	}
	if l.status() == crm.Archived {
		list = append(list, posting{"contact", "id", false,
			func(*conditions) string { return "p.status = 'archived'" },
			func(*crm.Filter) {}})
	}
	for _, family := range f.OptOuts {
		list = append(list, posting{"opt_out", "contact_id", true,
			func(w *conditions) string { return "p.family = " + w.arg(family) },
			func(f *crm.Filter) { f.OptOuts = without(f.OptOuts, family) }})
	}
	for _, c := range f.Custom {
		if c.Set != nil && !*c.Set {
			continue
		}
		list = append(list, posting{"contact_custom", "contact_id", len(c.Values) == 1,
			func(w *conditions) string { return customRange(w, "p", c) },
			func(f *crm.Filter) {
				f.Custom = slices.DeleteFunc(slices.Clone(f.Custom), func(other crm.CustomCondition) bool { return other.Key == c.Key })
			}})
	}
	return list
}

// oneOf is that a column has one of some values. One alone is written as such, for an index
// has those in the order of the ids.
func oneOf(w *conditions, column string, values []string) string {
	if len(values) == 1 {
		return column + " = " + w.arg(values[0])
	}
	return column + " = any(" + w.arg(values) + ")"
}

func without[T comparable](list []T, one T) []T {
	return slices.DeleteFunc(slices.Clone(list), func(other T) bool { return other == one })
}

// shortest is the posting list with the fewest entries, and after it those that are worth
// laying over it; nil when all have more than most.
func (l listing) shortest(most int) (lists []posting, err error) {
	all := l.postings()
	best, fewest := -1, most
	for n, p := range all {
		length, err := l.length(p, fewest)
		if err != nil {
			return nil, err
		}
		if length <= fewest {
			fewest, best = length, n
		}
	}
	if best < 0 {
		return nil, nil
	}
	lists = []posting{all[best]}
	if fewest <= postingFew {
		return lists, nil
	}
	for _, p := range slices.Delete(all, best, best+1) {
		longest := fewest * overlaySorted
		if p.inOrder {
			longest = fewest * overlay
		}
		length, err := l.length(p, longest)
		if err != nil {
			return nil, err
		}
		if length <= longest {
			lists = append(lists, p)
		}
	}
	return lists, nil
}

// length is how many entries a posting list has, up to most + 1.
func (l listing) length(p posting, most int) (int, error) {
	sql, args := l.lengthStatement(p, most)
	return count(l.tx, sql, args...)
}

// lengthStatement counts the entries of a posting list, up to most + 1.
func (l listing) lengthStatement(p posting, most int) (string, []any) {
	w := &conditions{}
	sql := "select count(*) from (select 1 from " + p.table + " p where p.business_id = " + w.arg(l.who.BusinessID) + " and " + p.where(w)
	return sql + " limit " + w.arg(most+1) + ") as counted", w.args
}
