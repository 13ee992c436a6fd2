package store

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// ContactPlace is where a page of contacts ended: what the order looks at, and the id.
type ContactPlace struct {
	ActiveAt time.Time // by last message
	Name     string    // by name: the folded name
	ID       crm.ID
}

// PlaceOf is where a contact stands in every order.
func PlaceOf(c *crm.Contact) *ContactPlace {
	return &ContactPlace{ActiveAt: activeAt(c), Name: Fold(c.Name()), ID: c.ID}
}

// order is how a sort is walked. Each has an index that begins with business_id, holds
// these columns and ends with id.
type order struct {
	column     string // "" for the id alone
	descending bool
}

var orders = map[crm.Sort]order{
	crm.LastActiveFirst: {"active_at", true}, crm.LastActiveLast: {"active_at", false},
	crm.ByName: {"name_key", false}, crm.ByNameBackwards: {"name_key", true},
	// Ids sort by the time when they were made.
	crm.NewestFirst: {"", true}, crm.OldestFirst: {"", false},
}

// by is the order for an order by clause.
func (o order) by() string {
	direction := ""
	if o.descending {
		direction = " desc"
	}
	if o.column == "" {
		return "c.id" + direction
	}
	return "c." + o.column + direction + ", c.id" + direction
}

// from is the condition that a page begins after a place.
func (o order) from(w *conditions, after *ContactPlace) {
	if after == nil {
		return
	}
	compare := " > "
	if o.descending {
		compare = " < "
	}
	switch o.column {
	case "":
		w.and("c.id" + compare + w.arg(after.ID))
	case "active_at":
		w.and("(c.active_at, c.id)" + compare + "(" + w.arg(after.ActiveAt) + ", " + w.arg(after.ID) + ")")
	default:
		w.and("(c.name_key, c.id)" + compare + "(" + w.arg(after.Name) + ", " + w.arg(after.ID) + ")")
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

// conditions builds the where clause of a list one condition at a time.
type conditions struct {
	with string // what goes before the select, or empty
	from string
	sql  string
	args []any
	// byID says that each contact is looked up by its id. SQLite must not be lured to
	// another index, which happens to hold all that is asked.
	byID bool
	cut  Cut // of a search in it
}

// arg adds an argument and returns its mark.
func (w *conditions) arg(value any) string {
	w.args = append(w.args, value)
	return "$" + itoa(len(w.args))
}

func (w *conditions) and(sql string) { w.sql += " and " + sql }

// contactConditions is the filter as a where clause on contact c, with V2 in it.
func contactConditions(who crm.Actor, f crm.Filter) *conditions {
	w := &conditions{from: "from contact c "}
	w.sql = "c.business_id = " + w.arg(who.BusinessID)
	if f.Status == "" {
		f.Status = crm.Active
	}
	if f.Status != crm.AnyStatus {
		w.and("c.status = " + w.arg(f.Status))
	}
	w.arg(who.UserID)
	w.and(contactSeenBy(who, len(w.args)))
	w.filter(f)
	return w
}

// hitList begins a query with the contacts that a search hit, and nothing but them: left
// to itself, either engine would rather walk the whole list in its order, looking for
// hits.
func (w *conditions) hitList(ids []string) {
	w.with = "with hit as materialized (select * from contact where business_id = $1 and id = any(" + w.arg(ids) + ")) "
	w.from = "from hit c "
}

// ContactPage is a page of contacts.
type ContactPage struct {
	Contacts []*crm.Contact
	Count    int // as CountContacts has it, where it was asked for
	// Cut says that the search did not look at all hits: the others are neither listed nor
	// counted. Archived and hidden contacts are hits as well, for the index knows nothing
	// of them, so that it tells nothing of any one contact (V2).
	Cut Cut
}

// ListContacts is a page of the contacts that match, in an order, from after on, and with
// most above zero how many there are, up to most. With a Query the hits come from the
// search index (see hits). A filter with Problems matches nobody. facets may be nil.
func ListContacts(tx *db.Tx, facets *Facets, who crm.Actor, f crm.Filter, sort crm.Sort, after *ContactPlace, limit, most int) (p ContactPage, err error) {
	if len(f.Problems) > 0 {
		return p, nil
	}
	o := orderOf(sort)
	if f.Query == "" {
		ids, err := listing{tx, who, f, o, after, limit, facets}.ids()
		if err != nil {
			return p, err
		}
		if p.Contacts, err = inOrder(tx, who.BusinessID, ids); err == nil && most > 0 {
			p.Count, err = listing{tx: tx, who: who, filter: f, facets: facets}.count(most)
		}
		return p, err
	}
	found, cut, err := hits(tx, who.BusinessID, f.Query)
	if p.Cut = cut; err != nil || len(found) == 0 {
		return p, err
	}
	w := contactConditions(who, f)
	w.hitList(found)
	if most > 0 {
		if p.Count, err = w.count(tx, most); err != nil {
			return p, err
		}
	}
	o.from(w, after)
	p.Contacts, err = readContacts(tx, who.BusinessID, w.with+selectContact+w.from+"where "+w.sql+" order by "+o.by()+" limit "+w.arg(limit), w.args...)
	return p, err
}

// Contacts are the contacts of ListContacts.
func Contacts(tx *db.Tx, who crm.Actor, f crm.Filter, sort crm.Sort, after *ContactPlace, limit int) ([]*crm.Contact, error) {
	p, err := ListContacts(tx, nil, who, f, sort, after, limit, 0)
	return p.Contacts, err
}

// inOrder reads contacts whole, in the order of their ids in the list.
func inOrder(tx *db.Tx, business crm.ID, ids []crm.ID) ([]*crm.Contact, error) {
	contacts, err := ContactsByID(tx, business, ids)
	place := make(map[crm.ID]int, len(ids)) // an export asks for hundreds at a time
	for n, id := range ids {
		place[id] = n
	}
	slices.SortFunc(contacts, func(a, b *crm.Contact) int { return place[a.ID] - place[b.ID] })
	return contacts, err
}

func orderOf(sort crm.Sort) order {
	if !slices.Contains(crm.Sorts, sort) {
		sort = crm.LastActiveFirst
	}
	return orders[sort]
}

// CountMatching counts everybody who matches a filter, and whom who may see. With a Query
// that takes longer than CountContacts, which stops where a list of hits does.
func CountMatching(tx *db.Tx, who crm.Actor, f crm.Filter) (int, error) {
	if f.Query == "" || len(f.Problems) > 0 {
		return CountContacts(tx, who, f, math.MaxInt32)
	}
	ids, err := allHits(tx, who.BusinessID, f.Query)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	w := contactConditions(who, f)
	w.hitList(ids)
	return count(tx, w.with+"select count(*) "+w.from+"where "+w.sql, w.args...)
}

// MatchingIDs are the ids of everybody whom the Query of a filter means, in their order,
// whoever asks and whatever else the filter says: ContactsAmong looks at that.
func MatchingIDs(tx *db.Tx, business crm.ID, f crm.Filter) ([]string, error) {
	ids, err := allHits(tx, business, f.Query)
	slices.Sort(ids)
	return slices.Compact(ids), err
}

// ContactsAmong are those of some contacts that match a filter but for its Query, and that
// who may see, by their ids.
func ContactsAmong(tx *db.Tx, who crm.Actor, f crm.Filter, ids []string) ([]*crm.Contact, error) {
	if len(f.Problems) > 0 || len(ids) == 0 {
		return nil, nil
	}
	w := contactConditions(who, f)
	w.hitList(ids)
	list, err := readContacts(tx, who.BusinessID, w.with+selectContact+w.from+"where "+w.sql, w.args...)
	slices.SortFunc(list, func(a, b *crm.Contact) int { return cmp.Compare(a.ID, b.ID) })
	return list, err
}

// CountContacts counts what Contacts lists, up to most: more is answered as most + 1.
func CountContacts(tx *db.Tx, who crm.Actor, f crm.Filter, most int) (int, error) {
	if len(f.Problems) > 0 || f.Contradicts() {
		return 0, nil
	}
	if f.Query == "" {
		return listing{tx: tx, who: who, filter: f}.count(most)
	}
	ids, _, err := hits(tx, who.BusinessID, f.Query)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	w := contactConditions(who, f)
	w.hitList(ids)
	return w.count(tx, most)
}

// count is CountContacts for a filter without a Query.
func (l listing) count(most int) (int, error) {
	if l.filter.Contradicts() {
		return 0, nil
	}
	if n, ok, err := l.rememberedCount(most); ok || err != nil {
		return n, err
	}
	lists, err := l.shortest(postingLong)
	if err != nil {
		return 0, err
	}
	if lists != nil {
		sql, args := l.countStatement(lists, most)
		return count(l.tx, sql, args...)
	}
	return contactConditions(l.who, l.filter).count(l.tx, most)
}

// count counts what a list has, up to most, and leaves the conditions as they are.
func (w *conditions) count(tx *db.Tx, most int) (int, error) {
	return count(tx, w.with+"select count(*) from (select 1 "+w.from+"where "+w.sql+" limit "+itoa(most+1)+") as counted", w.args...)
}
