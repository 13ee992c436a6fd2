package accounts

import (
	"context"
	"sync"
	"time"

	"parley/internal/crm"
)

// calls are those of this process.
var calls pace

// pace spaces the calls of a process to each organisation, for providers that count by the
// second. Other nodes are not asked: the provider says when they were too many together,
// and then all wait.
type pace struct {
	mu   sync.Mutex
	next map[crm.ID]time.Time
}

// wait returns when the next call may be made.
func (p *pace) wait(ctx context.Context, connection crm.ID, perSecond int) error {
	if perSecond <= 0 {
		return nil
	}
	at := p.book(connection, time.Now(), time.Second/time.Duration(perSecond))
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// book takes the next free moment at or after now.
func (p *pace) book(connection crm.ID, now time.Time, gap time.Duration) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.next == nil {
		p.next = map[crm.ID]time.Time{}
	}
	for id, at := range p.next { // those that rest are forgotten
		if at.Before(now) {
			delete(p.next, id)
		}
	}
	at := now
	if p.next[connection].After(now) {
		at = p.next[connection]
	}
	p.next[connection] = at.Add(gap)
	return at
}
