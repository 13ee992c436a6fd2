package api

import (
	"context"
	"sync"
	"time"

	"parley/internal/crm"
)

// longestTurn is how long a call waits for the first one with its Idempotency-Key.
const longestTurn = 20 * time.Second

// turns has the calls of a user with one Idempotency-Key go one after another on this node,
// so that the later ones find the answer of the first.
type turns struct {
	mu    sync.Mutex
	taken map[turn]chan struct{} // closed when the call has ended
}

type turn struct {
	business, user crm.ID
	key            string
}

// take waits for the turn of a call and returns what ends it. Where the wait is too long, or
// the caller leaves, the call goes on without: the database knows that another runs.
func (t *turns) take(ctx context.Context, mine turn) (end func()) {
	timeout := time.NewTimer(longestTurn)
	defer timeout.Stop()
	for {
		t.mu.Lock()
		other, busy := t.taken[mine]
		if !busy {
			ended := make(chan struct{})
			t.taken[mine] = ended
			t.mu.Unlock()
			return func() {
				t.mu.Lock()
				delete(t.taken, mine)
				t.mu.Unlock()
				close(ended)
			}
		}
		t.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return func() {}
		case <-timeout.C:
			return func() {}
		}
	}
}
