package channeltest

import (
	"context"
	"net/http"
	"time"
)

// Fault is one way in which a provider misbehaves on one request to send. The zero Fault
// is good behaviour.
type Fault struct {
	// Delay passes before anything else; Hold, when not nil, until it is closed.
	Delay time.Duration
	Hold  <-chan struct{}
	// Cut closes the connection without an answer.
	Cut Cut
	// Status answers with this status, Code with this error of the provider's own;
	// either leaves the message where it is. Code alone comes with the usual status.
	Status int
	Code   int
	// RetryAfter is the header of that name.
	RetryAfter string
}

// Cut says when a connection is closed.
type Cut string

// The moments of a Cut.
const (
	BeforeCommit Cut = "before" // the message is not taken
	AfterCommit  Cut = "after"  // the message is taken, and the sender never hears of it
)

// wait lets the time of a fault pass, or less when the caller goes away.
func (f Fault) wait(ctx context.Context) {
	if f.Delay > 0 {
		timer := time.NewTimer(f.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	if f.Hold != nil {
		select {
		case <-f.Hold:
		case <-ctx.Done():
		}
	}
}

// refuses reports whether the fault is an answer that refuses.
func (f Fault) refuses() bool { return f.Status != 0 || f.Code != 0 }

// hangUp closes the connection without an answer.
func hangUp() { panic(http.ErrAbortHandler) }
