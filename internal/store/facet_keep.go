package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

const (
	// tendEvery is how often books are brought up to date that no list asks for, so that a
	// list has little to do, and who was erased is soon gone from memory too.
	tendEvery = 5 * time.Second
	// keptFor is how long a book is kept that no list wants.
	keptFor = time.Hour
	// mostBytes is how much memory all books may take. A million contacts take some 60 MB.
	mostBytes = 256 << 20
	// newsAnew is from how many changed contacts on a book is rather made anew.
	newsAnew = 200_000
	// chunks are how many contacts are read at once: in order, and one by one.
	bookChunk, newsChunk = 2000, 500
	// checkedAtOnce is how many contacts are compared with the database each time.
	checkedAtOnce = 100
	// smallFor is how long a business that was small is taken to be so.
	smallFor = time.Minute
)

// Keep makes books that lists asked for, brings them up to date and lets go of those that
// nobody wants, until ctx ends.
func (x *Facets) Keep(ctx context.Context, d *db.DB, report func(error)) {
	tick := time.NewTicker(tendEvery)
	defer tick.Stop()
	for {
		all := false
		select {
		case <-x.wanted:
		case <-tick.C:
			all = true
		case <-ctx.Done():
			return
		}
		if err := x.tend(ctx, d, all); err != nil && ctx.Err() == nil {
			report(err)
		}
	}
}

// Tend sees to everything that Keep would, now.
func (x *Facets) Tend(ctx context.Context, d *db.DB) error { return x.tend(ctx, d, true) }

// tend sees to the books that were asked for, or to all.
func (x *Facets) tend(ctx context.Context, d *db.DB, all bool) error {
	x.tending.Lock()
	defer x.tending.Unlock()
	x.mu.Lock()
	shelves := maps.Clone(x.books)
	x.mu.Unlock()
	var errs []error
	for business, s := range shelves {
		asked := s.asked.Swap(false)
		var err error
		switch {
		case time.Since(time.Unix(s.used.Load(), 0)) > keptFor:
			x.mu.Lock()
			delete(x.books, business)
			x.mu.Unlock()
		case s.book == nil && asked: // only tend writes s.book
			err = x.build(ctx, d, business, s)
		case s.book != nil && (asked || all):
			if err = s.advance(ctx, d, business); err == nil && all {
				err = x.check(ctx, d, business, s)
			}
		}
		if err != nil {
			s.rest(smallFor)
			errs = append(errs, fmt.Errorf("book of %s in memory: %w", business, err))
		}
	}
	x.fit()
	return errors.Join(errs...)
}

// build makes a book, a chunk of contacts after another, each as it is then. What happens
// meanwhile comes after the event with which it began.
func (x *Facets) build(ctx context.Context, d *db.DB, business crm.ID, s *shelf) error {
	var upTo Cursor
	small := false
	err := d.Read(ctx, func(tx *db.Tx) (err error) {
		n, err := count(tx, "select count(*) from (select 1 from contact where business_id = $1 limit $2) as counted", business, x.Least)
		if small = n < x.Least; err == nil && !small {
			upTo, err = LastEvent(tx, business)
		}
		return err
	})
	if err != nil || small {
		s.rest(smallFor)
		return err
	}
	b := newBook()
	for last, more := crm.ID(""), true; more && err == nil; {
		err = d.Read(ctx, func(tx *db.Tx) error {
			list, end, err := facetsAfter(tx, business, last, bookChunk)
			for _, f := range list {
				b.put(f)
			}
			last, more = end, end != ""
			return err
		})
	}
	if err != nil {
		return err
	}
	return d.Read(ctx, func(tx *db.Tx) error {
		news, read, late, err := readNews(tx, business, upTo, nil)
		if err != nil || news.lost || news.before {
			return err // made anew when it is asked for again
		}
		for _, f := range read {
			b.put(f)
		}
		maps.Copy(late, news.open) // it may know of what they did
		s.mu.Lock()
		defer s.mu.Unlock()
		s.book, s.upTo, s.late, s.checked = b, news.upTo, late, ""
		return nil
	})
}

// readNews reads all that is new of a book; nothing where it was lost, or lies before.
func readNews(tx *db.Tx, business crm.ID, upTo Cursor, late map[crm.ID]bool) (news facetNews, read map[crm.ID]*facets, rest map[crm.ID]bool, err error) {
	if news, err = facetNewsAfter(tx, business, upTo, allNews); err != nil || news.before {
		return news, nil, nil, err
	}
	fresh, rest := news.sort(late)
	if news.lost = news.lost || len(fresh) > newsAnew; news.lost {
		return news, nil, nil, nil
	}
	read = map[crm.ID]*facets{}
	for chunk := range slices.Chunk(fresh, newsChunk) {
		list, err := facetsOf(tx, business, chunk)
		if err != nil {
			return news, nil, nil, err
		}
		maps.Copy(read, list)
	}
	return news, read, rest, nil
}

// advance brings a book up to date, or throws it away where that cannot be done.
func (s *shelf) advance(ctx context.Context, d *db.DB, business crm.ID) error {
	return d.Read(ctx, func(tx *db.Tx) error {
		s.mu.RLock()
		b, upTo, late := s.book, s.upTo, s.late
		s.mu.RUnlock()
		news, read, rest, err := readNews(tx, business, upTo, late)
		switch {
		case err != nil:
		case news.lost, news.before: // before what was read a moment ago: it is another database
			s.drop()
		default:
			s.write(b, upTo, news.upTo, read, rest)
		}
		return err
	})
}

// drop throws a book away; it is made anew when a list asks for it.
func (s *shelf) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.book, s.upTo, s.late = nil, Cursor{}, map[crm.ID]bool{}
}

// fit throws away the books that were not used for longest, until the others take no more
// memory than they may.
func (x *Facets) fit() {
	x.mu.Lock()
	defer x.mu.Unlock()
	shelves := slices.SortedFunc(maps.Values(x.books), func(a, b *shelf) int { return int(b.used.Load() - a.used.Load()) })
	left := mostBytes
	for _, s := range shelves {
		s.mu.RLock()
		size := 0
		if s.book != nil {
			size = s.book.size()
		}
		s.mu.RUnlock()
		if left -= size; left < 0 && size > 0 {
			s.drop()
			s.rest(keptFor)
		}
	}
}
