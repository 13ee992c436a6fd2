package store

import (
	"bytes"
	"cmp"
	"slices"

	"parley/internal/crm"
)

// book is what lists are filtered and ordered by of every contact of one business, in
// memory. It holds no name, no number, no address, and of custom fields the values by
// which lists are filtered.
type book struct {
	// ids are those of the contacts by their numbers. The first inOrder of them ascend;
	// others have theirs in added. Who was deleted keeps the number and loses the flags.
	ids     [][16]byte
	inOrder int
	added   map[[16]byte]int

	active                    []int64 // microseconds, as active_at
	flags                     []flag
	assignee, source, country column
	custom                    map[string]*column
	tags                      map[crm.ID]*numbers
}

// flag is what a contact has or has not.
type flag uint16

const (
	isThere flag = 1 << iota
	isArchived
	isHidden   // who sees it was chosen
	hadMessage // had a message: active_at is the time of the last one
	hasPhone
	hasEmail
	hasWhatsApp
	stoppedSMS
	stoppedWhatsApp
)

var (
	kindFlags = map[crm.IdentityKind]flag{crm.PhoneIdentity: hasPhone, crm.EmailIdentity: hasEmail, crm.WhatsAppIdentity: hasWhatsApp}
	stopFlags = map[crm.Family]flag{crm.SMS: stoppedSMS, crm.WhatsApp: stoppedWhatsApp}
)

// facets is what a book holds of one contact. Without flags it is not there.
type facets struct {
	id                        [16]byte
	flags                     flag
	active                    int64
	assignee, source, country string
	tags                      []crm.ID
	custom                    map[string]string
}

func newBook() *book {
	return &book{added: map[[16]byte]int{}, custom: map[string]*column{}, tags: map[crm.ID]*numbers{}}
}

// number is that of a contact; found is false for one that the book never heard of.
func (b *book) number(id [16]byte) (n int, found bool) {
	n, found = slices.BinarySearchFunc(b.ids[:b.inOrder], id, func(a, b [16]byte) int { return bytes.Compare(a[:], b[:]) })
	if !found {
		n, found = b.added[id]
	}
	return n, found
}

// put writes what a contact has now.
func (b *book) put(f *facets) {
	n, known := b.number(f.id)
	if !known {
		if f.flags == 0 {
			return
		}
		n = len(b.ids)
		if b.inOrder == n && (n == 0 || bytes.Compare(b.ids[n-1][:], f.id[:]) < 0) {
			b.inOrder++
		} else {
			b.added[f.id] = n
		}
		b.ids, b.active, b.flags = append(b.ids, f.id), append(b.active, 0), append(b.flags, 0)
	}
	if known {
		for tag, carriers := range b.tags {
			if !slices.Contains(f.tags, tag) {
				carriers.remove(n)
			}
		}
		for key, c := range b.custom {
			if _, has := f.custom[key]; !has {
				c.set(n, "", false)
			}
		}
	}
	b.active[n], b.flags[n] = f.active, f.flags
	b.assignee.set(n, f.assignee, f.assignee != "")
	b.source.set(n, f.source, true)
	b.country.set(n, f.country, f.country != "")
	for _, tag := range f.tags {
		if b.tags[tag] == nil {
			b.tags[tag] = &numbers{}
		}
		b.tags[tag].add(n)
	}
	for key, value := range f.custom {
		if b.custom[key] == nil {
			b.custom[key] = &column{}
		}
		b.custom[key].set(n, value, true)
	}
}

// size is about how many bytes it takes.
func (b *book) size() int {
	n := cap(b.ids)*16 + cap(b.active)*8 + cap(b.flags)*2 + len(b.added)*48
	n += b.assignee.size() + b.source.size() + b.country.size()
	for _, c := range b.custom {
		n += c.size()
	}
	for _, carriers := range b.tags {
		n += carriers.size() + 100
	}
	return n
}

// match is who meets a filter but for its Query. Where exact is false there may be others
// among them, whom the database tells apart.
func (b *book) match(f crm.Filter) (m bitmap, exact bool) {
	m, exact = everybody(len(b.ids)), true
	for _, tag := range f.Tags {
		m.and(b.tags[tag].all())
	}
	if len(f.AnyTags) > 0 {
		some := make(bitmap, len(m))
		for _, tag := range f.AnyTags {
			some.or(b.tags[tag].all())
		}
		m.and(some)
	}
	for _, tag := range f.NotTags {
		m.andNot(b.tags[tag].all())
	}
	with, without := isThere, flag(0)
	switch f.Status {
	case crm.AnyStatus:
	case crm.Archived:
		with |= isArchived
	default:
		without |= isArchived
	}
	for _, kind := range f.Has {
		with |= kindFlags[kind]
	}
	for _, kind := range f.HasNot {
		without |= kindFlags[kind]
	}
	for _, family := range f.OptOuts {
		with |= stopFlags[family]
	}
	for _, family := range f.NotOptOuts {
		without |= stopFlags[family]
	}
	m.keep(func(n int) bool { return b.flags[n]&(with|without) == with })
	if len(f.Assignees) > 0 {
		wanted := texts(f.Assignees)
		exact = b.assignee.keep(m, slices.Contains(f.Assignees, crm.NobodyID), func(v string) bool { return slices.Contains(wanted, v) }) && exact
	}
	if len(f.Sources) > 0 {
		wanted := texts(f.Sources)
		exact = b.source.keep(m, false, func(v string) bool { return slices.Contains(wanted, v) }) && exact
	}
	if len(f.Countries) > 0 {
		exact = b.country.keep(m, slices.Contains(f.Countries, crm.NoCountry), func(v string) bool { return slices.Contains(f.Countries, v) }) && exact
	}
	for _, c := range f.Custom {
		exact = b.keepCustom(m, c) && exact
	}
	b.keepMessaged(m, f)
	return m, exact
}

func (b *book) keepCustom(m bitmap, c crm.CustomCondition) (exact bool) {
	values := b.custom[c.Key]
	if values == nil {
		values = &column{} // nobody has one
	}
	bounded := len(c.Values) > 0 || c.Min != "" || c.Max != ""
	if c.Set != nil && !*c.Set {
		return values.keep(m, !bounded, func(string) bool { return false })
	}
	if !bounded && c.Set == nil {
		return true
	}
	return values.keep(m, false, func(v string) bool {
		return (len(c.Values) == 0 || slices.Contains(c.Values, v)) && v >= c.Min && (c.Max == "" || v <= c.Max)
	})
}

func (b *book) keepMessaged(m bitmap, f crm.Filter) {
	if !ofMessages(f) {
		return
	}
	bounded := !f.After.IsZero() || !f.Before.IsZero()
	m.keep(func(n int) bool {
		if b.flags[n]&hadMessage == 0 {
			return f.NoMessage
		}
		at := b.active[n]
		return bounded && (f.After.IsZero() || at >= f.After.UnixMicro()) && (f.Before.IsZero() || at < f.Before.UnixMicro())
	})
}

// compare is how two contacts lie in an order: by activity, or by id alone.
func (b *book) compare(o order, x, y int) int {
	n := 0
	if o.column != "" {
		n = cmp.Compare(b.active[x], b.active[y])
	}
	switch {
	case n != 0:
	case x < b.inOrder && y < b.inOrder:
		n = cmp.Compare(x, y)
	default:
		n = bytes.Compare(b.ids[x][:], b.ids[y][:])
	}
	if o.descending {
		return -n
	}
	return n
}

// first are the first k of some contacts in an order after a place, for which a name does
// not matter. ok is false for a place that is none.
func (b *book) first(m bitmap, o order, after *ContactPlace, k int) (list []int, ok bool) {
	isAfter := func(int) bool { return true }
	if after != nil {
		id, ok := after.ID.Bytes()
		if !ok {
			return nil, false
		}
		at := after.ActiveAt.UnixMicro()
		isAfter = func(n int) bool {
			c := 0
			if o.column != "" {
				c = cmp.Compare(b.active[n], at)
			}
			if c == 0 {
				c = bytes.Compare(b.ids[n][:], id[:])
			}
			return c > 0 != o.descending && c != 0
		}
	}
	// Numbers mostly follow the time, so that those who come first are met first. Of what is
	// gathered the first k are kept from time to time; who comes after them is passed over.
	walk, full := m.up, false
	if o.descending {
		walk = m.down
	}
	compare := func(x, y int) int { return b.compare(o, x, y) }
	walk(func(n int) bool {
		if !isAfter(n) || full && compare(n, list[k-1]) > 0 {
			return true
		}
		list = append(list, n)
		if len(list) == 3*k {
			slices.SortFunc(list, compare)
			list, full = list[:k], true
		}
		return true
	})
	slices.SortFunc(list, compare)
	return list[:min(k, len(list))], true
}
