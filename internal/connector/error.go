package connector

import (
	"errors"
	"time"
)

// ErrSignature says that a webhook is not from the provider, or that there is no key to
// tell.
var ErrSignature = errors.New("connector: wrong or missing signature")

// Error tells how a call failed and what may be done about it.
type Error struct {
	Trouble Trouble
	Code    string // the provider's own, or "http 503"
	Reason  string // in words that an admin understands
	After   time.Duration
	Err     error // the cause, for the log; may be nil
}

func (e *Error) Error() string { return e.Code + ": " + e.Reason }
func (e *Error) Unwrap() error { return e.Err }

// Trouble sorts errors by what can be done.
type Trouble string

// The troubles.
const (
	Dead    Trouble = "dead"    // the grant is gone: connect anew
	Expired Trouble = "expired" // the access token is not taken: refresh it
	Wait    Trouble = "wait"    // too many calls: later, after After
	Away    Trouble = "away"    // not reachable, or a fault of theirs: later
	Garbled Trouble = "garbled" // the answer cannot be read, or makes no sense
	Refused Trouble = "refused" // a write that they will never take as it is
	Taken   Trouble = "taken"   // a write whose name somebody has
	Stale   Trouble = "stale"   // a write that was based on an old version
	Missing Trouble = "missing" // there is no such record
	Unsure  Trouble = "unsure"  // a write that may or may not have happened
)

// TroubleOf is the trouble of err, or "" when err is none of ours.
func TroubleOf(err error) Trouble {
	var e *Error
	if errors.As(err, &e) {
		return e.Trouble
	}
	return ""
}

// Fail makes an Error.
func Fail(trouble Trouble, code, reason string) *Error {
	return &Error{Trouble: trouble, Code: code, Reason: reason}
}
