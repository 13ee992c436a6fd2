package store

import (
	"strings"

	"parley/internal/crm"
	"parley/internal/db"
)

const (
	// As many as fewNames who match are sorted by name; of more, the index of names is
	// followed, over namesWalked contacts at the most.
	fewNames    = 1700
	namesWalked = 60_000
	// Up to fewPutBy who match are put by for that, for they are many who are asked about then,
	// and to find the number of one takes ten times as long.
	fewPutBy = 5000
	// As many contacts who not everybody sees, or who are changing, are looked at for a count.
	fewHidden = 1000
)

// remembered is a page made from the book in memory; ok is false where that cannot be. The
// book says who comes first, the database has the last word: it looks at each of them by
// the whole filter and at who sees them (V2), and puts them in order, together with those
// of whom the book is not sure.
func (l listing) remembered() (ids []crm.ID, ok bool, err error) {
	if l.facets == nil {
		return nil, false, nil
	}
	whole := false
	ok, err = l.facets.read(l.tx, l.who.BusinessID, func(v view) error {
		m, _ := v.match(l.filter)
		v.without(m)
		// More, where some of the first are hidden.
		for k := l.limit; k <= 64*l.limit && !whole; k *= 4 {
			first, can, err := l.candidates(v, m, k)
			if err != nil || !can {
				return err
			}
			var sure int
			if ids, sure, err = l.among(first, v); err != nil {
				return err
			}
			whole = sure >= l.limit || len(first) < k
		}
		ids = ids[:min(l.limit, len(ids))]
		return nil
	})
	if ok = ok && whole && err == nil; ok {
		l.facets.made.Add(1)
	}
	return ids, ok, err
}

// candidates are the first k of those who match, or all where they are fewer; can is false
// where finding them takes too long.
func (l listing) candidates(v view, m bitmap, k int) (ids []crm.ID, can bool, err error) {
	if l.order.column == "name_key" {
		return l.byName(v, m, k)
	}
	list, can := v.first(m, l.order, l.after, k)
	for _, n := range list {
		ids = append(ids, crm.IDOf(v.ids[n]))
	}
	return ids, can, nil
}

// byName finds them along the index of names, for the book has none.
func (l listing) byName(v view, m bitmap, k int) (ids []crm.ID, can bool, err error) {
	matching := m.count()
	if matching <= fewNames {
		for n := range m.up {
			ids = append(ids, crm.IDOf(v.ids[n]))
		}
		ids, err = l.firstByName(ids, k)
		return ids, true, err
	}
	matches := v.oneOf(m, matching)
	step := min(max(k*len(v.ids)/matching*5/4, k), namesWalked)
	for walked, after := 0, l.after; walked < namesWalked; walked += step {
		met, err := l.metByName(after, step)
		if err != nil {
			return nil, false, err
		}
		for _, id := range met {
			if matches(id) {
				if ids = append(ids, id); len(ids) == k {
					return ids, true, nil
				}
			}
		}
		if len(met) < step {
			return ids, true, nil
		}
		last := met[len(met)-1]
		name, _, err := db.One(l.tx, db.Column[string], "select name_key from contact where business_id = $1 and id = $2", l.who.BusinessID, last)
		if err != nil {
			return nil, false, err
		}
		after = &ContactPlace{Name: name, ID: last}
	}
	return nil, false, nil
}

// oneOf tells whether a contact is one of some.
func (b *book) oneOf(m bitmap, count int) func(crm.ID) bool {
	if count > fewPutBy {
		return func(id crm.ID) bool {
			u, ok := id.Bytes()
			n, found := b.number(u)
			return ok && found && m.has(n)
		}
	}
	some := make(map[crm.ID]bool, count)
	for n := range m.up {
		some[crm.IDOf(b.ids[n])] = true
	}
	return func(id crm.ID) bool { return some[id] }
}

// metByName are the next n contacts of all along the index of names. They come as one text:
// of many thousands each as a row of its own takes four times as long.
func (l listing) metByName(after *ContactPlace, n int) ([]crm.ID, error) {
	w := &conditions{sql: "c.business_id = $1", args: []any{l.who.BusinessID}}
	l.order.from(w, after)
	text, _, err := db.One(l.tx, db.Column[string], "select coalesce(string_agg(met.id, ' '), '') from (select c.id from contact c where "+w.sql+
		" order by "+l.order.by()+" limit "+w.arg(n)+") as met", w.args...)
	ids := make([]crm.ID, 0, n)
	for id := range strings.FieldsSeq(text) {
		ids = append(ids, crm.ID(id))
	}
	return ids, err
}

// firstByName are the first k of some contacts by name. They are looked up first, by id: with
// the names at once SQLite would rather read its whole index of them.
func (l listing) firstByName(ids []crm.ID, k int) ([]crm.ID, error) {
	w := &conditions{args: []any{l.who.BusinessID, texts(ids)}}
	w.sql = "c.business_id = $1 and c.id = hit.id"
	l.order.from(w, l.after)
	return db.All(l.tx, db.Column[crm.ID], "with hit as materialized (select h.id from contact h where h.business_id = $1 and h.id = any($2)) select c.id from hit cross join contact c where "+
		w.sql+" order by "+l.order.by()+" limit "+w.arg(k), w.args...)
}

// among are those of some contacts, and of those of whom the book is not sure, who match and
// whom who asks may see, from the place on and in order. sure is how many of them the book
// was sure of: with enough of those nobody else comes before the last.
func (l listing) among(first []crm.ID, v view) (ids []crm.ID, sure int, err error) {
	looked := texts(first)
	for id := range v.except {
		looked = append(looked, string(id))
	}
	if len(looked) == 0 {
		return nil, 0, nil
	}
	w := contactConditions(l.who, l.filter)
	w.hitList(looked)
	l.order.from(w, l.after)
	ids, err = db.All(l.tx, db.Column[crm.ID], w.with+"select c.id "+w.from+"where "+w.sql+" order by "+l.order.by(), w.args...)
	for _, id := range ids {
		if !v.except[id] {
			sure++
		}
	}
	return ids, sure, err
}

// rememberedCount counts by the book who matches, up to most + 1.
func (l listing) rememberedCount(most int) (n int, ok bool, err error) {
	if l.facets == nil {
		return 0, false, nil
	}
	counted := false
	ok, err = l.facets.read(l.tx, l.who.BusinessID, func(v view) error {
		m, exact := v.match(l.filter)
		v.without(m)
		n = m.count()
		m.keep(func(n int) bool { return v.flags[n]&isHidden != 0 })
		hidden := m.count()
		if !exact || hidden > fewHidden {
			return nil
		}
		var ids []crm.ID
		for n := range m.up {
			ids = append(ids, crm.IDOf(v.ids[n]))
		}
		seen, _, err := l.among(ids, v)
		n, counted = min(n-hidden+len(seen), most+1), err == nil
		return err
	})
	if ok = ok && counted; ok {
		l.facets.made.Add(1)
	}
	return n, ok, err
}
