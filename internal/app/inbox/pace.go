package inbox

import (
	"context"
	"sync"

	"golang.org/x/time/rate"

	"parley/internal/crm"
)

// pacer keeps each channel to its messages a second on this node. The zero value is
// ready.
type pacer struct {
	mu       sync.Mutex
	limiters map[crm.ID]*rate.Limiter
}

func (p *pacer) wait(ctx context.Context, channel crm.ID, perSecond float64) error {
	p.mu.Lock()
	if p.limiters == nil {
		p.limiters = map[crm.ID]*rate.Limiter{}
	}
	l := p.limiters[channel]
	if l == nil {
		l = rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond)))
		p.limiters[channel] = l
	}
	if l.Limit() != rate.Limit(perSecond) {
		l.SetLimit(rate.Limit(perSecond))
	}
	p.mu.Unlock()
	return l.Wait(ctx)
}
