package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"parley/internal/crm"
	"parley/internal/db"
)

// check compares some more contacts with the database each time, and throws a book away that
// is wrong. None should ever be: it would mean that something changes contacts and leaves no
// event, or that somebody wrote to the database by hand.
func (x *Facets) check(ctx context.Context, d *db.DB, business crm.ID, s *shelf) error {
	var wrong error
	err := d.Read(ctx, func(tx *db.Tx) error {
		_, err := x.read(tx, business, func(v view) (err error) {
			s.checked, wrong, err = v.differs(tx, business, s.checked, checkedAtOnce)
			return err
		})
		return err
	})
	if wrong != nil {
		s.drop()
		return wrong
	}
	return err
}

// errWrongBook says that a book has something else of a contact than the database.
var errWrongBook = errors.New("the book in memory is not as the database")

// Check compares the whole book of a business with the database. compared is false where there
// is no book to compare.
func (x *Facets) Check(tx *db.Tx, business crm.ID) (compared bool, wrong, err error) {
	compared, err = x.read(tx, business, func(v view) (err error) {
		for last, more := crm.ID(""), true; more && wrong == nil && err == nil; more = last != "" {
			last, wrong, err = v.differs(tx, business, last, bookChunk)
		}
		return err
	})
	return compared, wrong, err
}

// differs compares the n contacts after one with the database, and says who the last of them
// is; empty at the end.
func (v view) differs(tx *db.Tx, business, after crm.ID, n int) (last crm.ID, wrong, err error) {
	list, last, err := facetsAfter(tx, business, after, n)
	if err != nil {
		return "", nil, err
	}
	there := map[[16]byte]bool{}
	for _, f := range list {
		there[f.id] = true
		if number, found := v.number(f.id); !v.except[crm.IDOf(f.id)] && (!found || !v.at(number).equal(f)) {
			return last, fmt.Errorf("%s: %w", crm.IDOf(f.id), errWrongBook), nil
		}
	}
	for _, number := range v.between(after, last) {
		if id := v.ids[number]; v.flags[number] != 0 && !there[id] && !v.except[crm.IDOf(id)] {
			return last, fmt.Errorf("%s: %w", crm.IDOf(id), errWrongBook), nil
		}
	}
	return last, nil, nil
}

// between are the numbers of the contacts after one up to another, or to the end.
func (b *book) between(after, last crm.ID) (list []int) {
	from, _ := after.Bytes()
	to, ends := last.Bytes()
	in := func(id [16]byte) bool {
		return bytes.Compare(id[:], from[:]) > 0 && (!ends || bytes.Compare(id[:], to[:]) <= 0)
	}
	begin, _ := slices.BinarySearchFunc(b.ids[:b.inOrder], from, func(a, b [16]byte) int { return bytes.Compare(a[:], b[:]) })
	for n := begin; n < b.inOrder && (n == begin || in(b.ids[n])); n++ {
		if in(b.ids[n]) {
			list = append(list, n)
		}
	}
	for id, n := range b.added {
		if in(id) {
			list = append(list, n)
		}
	}
	return list
}

// at is what the book holds of the contact with a number.
func (b *book) at(n int) *facets {
	f := &facets{id: b.ids[n], flags: b.flags[n], active: b.active[n], custom: map[string]string{}}
	f.assignee, _ = b.assignee.value(n)
	f.source, _ = b.source.value(n)
	f.country, _ = b.country.value(n)
	for tag, carriers := range b.tags {
		if carriers.has(n) {
			f.tags = append(f.tags, tag)
		}
	}
	for key, c := range b.custom {
		if value, has := c.value(n); has {
			f.custom[key] = value
		}
	}
	return f
}

func (f *facets) equal(other *facets) bool {
	slices.Sort(f.tags)
	slices.Sort(other.tags)
	return f.flags == other.flags && f.active == other.active && f.assignee == other.assignee && f.source == other.source && f.country == other.country &&
		slices.Equal(f.tags, other.tags) && maps.Equal(f.custom, other.custom)
}
