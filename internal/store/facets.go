package store

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// Facets are the books of large businesses in the memory of this node, from which lists are
// made that neither a walk nor a short posting list gives quickly (docs/decisions/
// 041-books-in-memory.md). A book is exact or it is not used: whoever reads a list first brings
// it up to what the own transaction sees, by the events since. Where that is too much,
// Keep does it and the list is read from the database meanwhile.
type Facets struct {
	// Least is how many contacts a business has at least for whom there is a book; for
	// fewer the database is quick.
	Least int

	tending sync.Mutex   // one at a time
	made    atomic.Int64 // how many pages and counts came from books

	mu     sync.Mutex
	books  map[crm.ID]*shelf
	wanted chan struct{}
}

// shelf is where the book of a business stands.
type shelf struct {
	used  atomic.Int64 // when a list wanted it, in seconds
	asked atomic.Bool  // one could not be read from it: it is to be made or brought up to date
	rests atomic.Int64 // until when nobody asks for a book, as for one of a small business; in seconds

	mu   sync.RWMutex
	book *book  // nil until it is made
	upTo Cursor // the last event of which it knows
	// late are contacts that changed up to there, and of which it may hold more or less than
	// that, for they were changed by a transaction beside it too. Each reader looks at them.
	// It is replaced and not written.
	late map[crm.ID]bool

	checked crm.ID // up to whom the book was compared with the database; of Keep
}

// What a reader does at the most to bring a book up to date.
const (
	newsEvents   = 2000
	newsContacts = 500
	newsOpen     = 500
)

// NewFacets is an empty shelf for books, with those of large businesses to come.
func NewFacets() *Facets {
	return &Facets{Least: 50_000, books: map[crm.ID]*shelf{}, wanted: make(chan struct{}, 1)}
}

// view is a book as a transaction sees it, but for some contacts, who are to be looked at.
type view struct {
	*book
	except map[crm.ID]bool
}

// read hands the book of a business to f as the transaction sees it. ok is false where it
// cannot be had now.
func (x *Facets) read(tx *db.Tx, business crm.ID, f func(view) error) (ok bool, err error) {
	s := x.shelf(business)
	s.used.Store(time.Now().Unix())
	for range 3 { // others may bring it further meanwhile
		s.mu.RLock()
		b, upTo, late := s.book, s.upTo, s.late
		s.mu.RUnlock()
		if b == nil {
			if time.Now().Unix() >= s.rests.Load() {
				x.ask(s)
			}
			return false, nil
		}
		news, err := facetNewsAfter(tx, business, upTo, newsEvents)
		if err != nil || news.before {
			return false, err
		}
		fresh, rest := news.sort(late)
		if news.more || news.lost || len(fresh) > newsContacts || len(rest)+len(news.open) > newsOpen {
			x.ask(s)
			return false, nil
		}
		read, err := facetsOf(tx, business, fresh)
		if err != nil {
			return false, err
		}
		s.write(b, upTo, news.upTo, read, rest)
		if ok, err := s.lend(b, news, f); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// sort tells the contacts that can be read now from those that must wait: what a transaction
// did that is still among open ones is not for everybody's eyes.
func (n facetNews) sort(late map[crm.ID]bool) (fresh []crm.ID, rest map[crm.ID]bool) {
	changed := maps.Clone(n.settled)
	maps.Copy(changed, late)
	rest = map[crm.ID]bool{}
	for id := range changed {
		if n.open[id] {
			rest[id] = true
		} else {
			fresh = append(fresh, id)
		}
	}
	return fresh, rest
}

// write brings a book from one event to another, unless somebody else did.
func (s *shelf) write(b *book, from, to Cursor, read map[crm.ID]*facets, late map[crm.ID]bool) {
	if from == to && len(read) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.book != b || s.upTo != from {
		return
	}
	for _, f := range read {
		b.put(f)
	}
	s.upTo, s.late = to, late
}

// lend hands out the book where it still is as far as a transaction has news of it.
func (s *shelf) lend(b *book, news facetNews, f func(view) error) (ok bool, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.book != b || s.upTo != news.upTo {
		return false, nil
	}
	except := maps.Clone(s.late)
	maps.Copy(except, news.open)
	return true, f(view{b, except})
}

// has reports whether there is a book of a business.
func (x *Facets) has(business crm.ID) bool {
	if x == nil {
		return false
	}
	x.mu.Lock()
	s := x.books[business]
	x.mu.Unlock()
	if s == nil {
		return false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.book != nil
}

func (x *Facets) shelf(business crm.ID) *shelf {
	x.mu.Lock()
	defer x.mu.Unlock()
	s := x.books[business]
	if s == nil {
		s = &shelf{late: map[crm.ID]bool{}}
		x.books[business] = s
	}
	return s
}

// rest has nobody ask for a book for a while.
func (s *shelf) rest(d time.Duration) { s.rests.Store(time.Now().Add(d).Unix()) }

// ask has Keep see to a book.
func (x *Facets) ask(s *shelf) {
	s.asked.Store(true)
	select {
	case x.wanted <- struct{}{}:
	default: // it was told already
	}
}

// without is who of some contacts is as the book has it.
func (v view) without(m bitmap) bitmap {
	for id := range v.except {
		if u, ok := id.Bytes(); ok {
			if n, found := v.number(u); found {
				m.clear(n)
			}
		}
	}
	return m
}
