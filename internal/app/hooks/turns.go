package hooks

import (
	"sync"
	"time"

	"parley/internal/crm"
)

const (
	// AtOnce is to how many endpoints a node delivers at once.
	AtOnce = 16
	// quickAtOnce is to how many endpoints of one business: what is silent when it is called
	// keeps a place for as long as a call may take, and another business finds one all the same.
	quickAtOnce = 6
	// slowAtOnce is to how many of those whose last call took long, of all businesses together
	// and of one. They wait for each other and for nobody else.
	slowAtOnce, slowOfOne = 6, 2
	// slowAfter is how long a call takes that took long.
	slowAfter = 3 * time.Second
)

// turns shares out a node's places for delivering. The zero value is ready.
type turns struct {
	mu    sync.Mutex
	slow  map[crm.ID]bool // endpoints whose last call took long
	taken map[place]int
}

// place is of whom a place is taken, and by a slow one or not; of no business: of all.
type place struct {
	business crm.ID
	slow     bool
}

// take takes a place for an endpoint until leave is called; ok is false where it has to
// come again.
func (t *turns) take(business, endpoint crm.ID) (leave func(), ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	mine, all := place{business, t.slow[endpoint]}, place{"", t.slow[endpoint]}
	if mine.slow && (t.taken[mine] >= slowOfOne || t.taken[all] >= slowAtOnce) || !mine.slow && t.taken[mine] >= quickAtOnce {
		return nil, false
	}
	if t.taken == nil {
		t.taken = map[place]int{}
	}
	t.taken[mine]++
	t.taken[all]++
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		for _, p := range []place{mine, all} {
			if t.taken[p]--; t.taken[p] == 0 {
				delete(t.taken, p)
			}
		}
	}, true
}

// called notes how long a call to an endpoint took.
func (t *turns) called(endpoint crm.ID, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if took < slowAfter {
		delete(t.slow, endpoint)
		return
	}
	if t.slow == nil {
		t.slow = map[crm.ID]bool{}
	}
	t.slow[endpoint] = true
}

// forget forgets an endpoint that is no more.
func (t *turns) forget(endpoint crm.ID) { t.called(endpoint, 0) }
