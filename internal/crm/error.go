package crm

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Kind sorts errors by what the caller can do about them. The rim turns a kind into a
// status; no other package knows HTTP.
type Kind string

// The kinds of Error.
const (
	Invalid         Kind = "invalid"         // the input is wrong: see Fields
	NotFound        Kind = "not_found"       // not there, or not visible (V2, A1)
	Conflicting     Kind = "conflict"        // it clashes with something that is there: see Conflict
	Forbidden       Kind = "forbidden"       // the asker may not
	Unauthenticated Kind = "unauthenticated" // nobody is asking
	Stale           Kind = "stale"           // based on an old version: see Current
	Limited         Kind = "limited"         // too often; later it may work
	Unavailable     Kind = "unavailable"     // a part we need is away
)

// Error is the one error that a user may read. Code is stable and for programs; Detail
// is a sentence for people and names what to do.
type Error struct {
	Kind     Kind
	Code     string
	Detail   string
	Fields   []FieldError
	Line     int // of a file, where the error stands on one; 0 without
	Conflict *Conflict
	Current  *Contact // with Stale: the record as it is now
	// ChangedBy names who made the version that is there now, with Stale.
	ChangedBy string
}

// FieldError is one thing wrong with one field of the input.
type FieldError struct {
	Field  string `json:"field"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// Conflict says who holds an identity and what can be done about it (I6). ID and Name
// are empty where the asker may not see the holder.
type Conflict struct {
	Field   string   `json:"field"`
	Value   string   `json:"value,omitempty"`
	HeldBy  string   `json:"held_by"` // contact, archived_contact or user
	ID      ID       `json:"id,omitempty"`
	Name    string   `json:"name,omitempty"`
	Actions []string `json:"actions"`
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Detail)
	for i, f := range e.Fields {
		if i == 0 && e.Detail != "" {
			b.WriteString(": ")
		} else if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(f.Field + ": " + f.Detail)
	}
	if b.Len() == 0 {
		return string(e.Kind)
	}
	return b.String()
}

// Sentences is the error as people are told it: what is wrong with each field, once, or the
// whole where it is about none.
func (e *Error) Sentences() string {
	if len(e.Fields) == 0 {
		return e.Detail
	}
	var list []string
	for _, f := range e.Fields {
		if !slices.Contains(list, f.Detail) {
			list = append(list, f.Detail)
		}
	}
	return strings.Join(list, " ")
}

// ErrNotFound is what every look-up says of a thing that is not there or not visible.
var ErrNotFound = &Error{Kind: NotFound, Code: "not_found", Detail: "There is nothing here, or nothing you may see."}

// ErrForbidden is said to a user whose role does not reach.
var ErrForbidden = &Error{Kind: Forbidden, Code: "forbidden", Detail: "Only an admin can do this."}

// Errorf makes an Error of a kind with a code and a sentence.
func Errorf(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Detail: fmt.Sprintf(format, args...)}
}

// KindOf is the kind of err, or "" when err is none of ours (a fault, not an answer).
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}

// Problems collects what is wrong with an input so that everything is said at once (C2).
type Problems []FieldError

// Add notes one problem.
func (p *Problems) Add(field, code, format string, args ...any) {
	*p = append(*p, FieldError{Field: field, Code: code, Detail: fmt.Sprintf(format, args...)})
}

// Err is nil without problems, else one Error that holds them all.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Code: "invalid", Detail: "Please check what is marked.", Fields: p}
}
