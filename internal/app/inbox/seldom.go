package inbox

import (
	"sync"
	"time"

	"parley/internal/crm"
)

// seldom lets something about a thing happen at most once a second on this node. The zero
// value is ready.
type seldom struct {
	mu   sync.Mutex
	last map[crm.ID]time.Time
}

func (s *seldom) due(id crm.ID, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.last[id]) < time.Second {
		return false
	}
	if s.last == nil || len(s.last) > 1000 {
		s.last = map[crm.ID]time.Time{}
	}
	s.last[id] = now
	return true
}
