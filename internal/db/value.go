package db

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"
)

// Times are kept as microseconds since 1970 UTC in a bigint, the zero time as NULL: both
// engines compare and index that alike, and nothing depends on a session's time zone.

func bind(args []any) []any {
	out := make([]any, len(args))
	for i, arg := range args {
		out[i] = bindOne(arg)
	}
	return out
}

func bindOne(arg any) any {
	if t, ok := arg.(time.Time); ok {
		if t.IsZero() {
			return nil
		}
		return t.UnixMicro()
	}
	return arg
}

// scanTargets wraps what the drivers would read differently.
func scanTargets(dest []any) []any {
	out := make([]any, len(dest))
	for i, d := range dest {
		if t, ok := d.(*time.Time); ok {
			out[i] = (*micros)(t)
		} else {
			out[i] = d
		}
	}
	return out
}

type micros time.Time

// Scan reads microseconds, or NULL as the zero time.
func (m *micros) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*m = micros{}
	case int64:
		*m = micros(time.UnixMicro(v).UTC())
	default:
		return fmt.Errorf("db: cannot read a time from %T", src)
	}
	return nil
}

// JSON stores what it wraps as a document and reads it back. Wrap a pointer to read.
func JSON(v any) *Document { return &Document{v} }

// Document is a value on its way to or from a column of JSON.
type Document struct{ v any }

// Value writes the document.
func (d *Document) Value() (driver.Value, error) {
	b, err := json.Marshal(d.v)
	return string(b), err
}

// Scan reads the document; NULL leaves the value as it was.
func (d *Document) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		return nil
	case string:
		return json.Unmarshal([]byte(v), d.v)
	case []byte:
		return json.Unmarshal(v, d.v)
	}
	return fmt.Errorf("db: cannot read a document from %T", src)
}
