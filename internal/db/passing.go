package db

import (
	"context"
	"sync"
	"time"
)

// passing counts the transactions of this node that somebody waits for, but for SQLite's writes,
// which have a queue. They run beside what goes on by itself, on the same processors and into the
// same log, and would last twice as long.
type passing struct {
	mu   sync.Mutex
	many int
	gone chan struct{} // closed when the last of them has passed
	left time.Time     // when that was
}

// patience is how long a transaction that is behind lets others pass in all.
const patience = 10 * time.Millisecond

// lull is how long nobody may have been on the way until one behind goes on: a page is made in
// several transactions, one right after another.
const lull = time.Millisecond

func (p *passing) enter() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.many == 0 {
		p.gone = make(chan struct{})
	}
	p.many++
}

func (p *passing) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.many--; p.many == 0 {
		p.left = time.Now()
		close(p.gone)
	}
}

// now is how many are on the way, what tells when they have passed, and for how long nobody was.
func (p *passing) now() (many int, gone <-chan struct{}, quiet time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.many, p.gone, time.Since(p.left)
}

// courtesy is what a transaction that is behind shows others: before each statement it stands
// still while they are on the way.
type courtesy struct {
	passing *passing
	left    time.Duration // of patience: it holds locks, and must come to its end where somebody is always there
	awaited func() bool   // that it ends; nil where nobody waits for that
}

// ends reports whether others wait for it to end: then standing still would make that longer.
func (c *courtesy) ends() bool { return c != nil && c.awaited != nil && c.awaited() }

func (c *courtesy) letPass(ctx context.Context) {
	if c == nil {
		return
	}
	for begun, patience := time.Now(), c.left; c.left > 0; c.left = patience - time.Since(begun) {
		many, gone, quiet := c.passing.now()
		if many == 0 && quiet >= lull || c.ends() {
			return
		}
		wait := lull
		if many == 0 {
			gone, wait = nil, lull-quiet
		}
		timer := time.NewTimer(min(wait, c.left))
		select {
		case <-gone:
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		timer.Stop()
	}
}
