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
}

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
		close(p.gone)
	}
}

// let waits until nobody is on the way, at most as long as is left of patience, and answers
// with what is left then.
func (p *passing) let(ctx context.Context, left time.Duration) time.Duration {
	p.mu.Lock()
	many, gone := p.many, p.gone
	p.mu.Unlock()
	if many == 0 || left <= 0 {
		return left
	}
	begun := time.Now()
	over := time.NewTimer(left)
	defer over.Stop()
	select {
	case <-gone:
	case <-over.C:
	case <-ctx.Done():
	}
	return left - time.Since(begun)
}
