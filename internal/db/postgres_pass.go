package db

import (
	"context"
	"sync"
	"time"
)

// passing counts the transactions of this node that somebody waits for. PostgreSQL runs all
// side by side, but on the same processors and into the same log: what goes on by itself
// makes them last twice as long.
type passing struct {
	mu   sync.Mutex
	many int
	gone chan struct{} // closed when the last of them has passed
	left time.Time     // when that was
}

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

// let waits until nobody is on the way, nor was just now, at most as long as is left of
// patience, and answers with what is left then.
func (p *passing) let(ctx context.Context, left time.Duration) time.Duration {
	for begun := time.Now(); ; {
		p.mu.Lock()
		many, gone, quiet := p.many, p.gone, time.Since(p.left)
		p.mu.Unlock()
		wait := left - time.Since(begun)
		if wait <= 0 || many == 0 && quiet >= lull {
			return wait
		}
		if many == 0 {
			gone, wait = nil, min(wait, lull-quiet)
		}
		timer := time.NewTimer(wait)
		select {
		case <-gone:
		case <-timer.C:
		case <-ctx.Done():
			return 0
		}
		timer.Stop()
	}
}
