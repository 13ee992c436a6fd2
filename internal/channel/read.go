package channel

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"parley/internal/crm"
)

// Word is a short value of a provider's JSON that may come as text or as a number.
// Anything else counts as not there: what needs the word says so.
type Word string

// UnmarshalJSON never fails.
func (w *Word) UnmarshalJSON(data []byte) error {
	*w = ""
	switch c := data[0]; {
	case c == '"':
		var s string
		if err := json.Unmarshal(data, &s); err == nil {
			*w = Word(s)
		}
	case c == '-' || c >= '0' && c <= '9':
		*w = Word(data)
	}
	return nil
}

// Time reads whole seconds since 1970; what is none, or lies beyond the year 9999, is
// the zero time.
func (w Word) Time() time.Time {
	seconds, err := strconv.ParseInt(string(w), 10, 64)
	if err != nil || seconds <= 0 || seconds > 253402300799 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// Malformed is the error for a call whose body is not what the provider sends.
func Malformed(err error) error {
	if strings.Contains(err.Error(), "max depth") {
		return crm.Errorf(crm.Invalid, "body_depth", "The body of the call is nested too deeply.")
	}
	return crm.Errorf(crm.Invalid, "body_unreadable", "The body of the call cannot be read: %v", err)
}

// Misread is the problem of an item whose fields are not of the provider's types.
func Misread(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return Problem("It is not written as the provider writes it: %s is a %s.", wrong.Field, wrong.Value)
	}
	return Problem("It cannot be read: %v", err)
}

// Object is nil when raw is a JSON object, else an error that says so.
func Object(raw json.RawMessage) error {
	if trimmed := bytes.TrimSpace(raw); len(trimmed) == 0 || trimmed[0] != '{' {
		return Problem("It is not a record.")
	}
	return nil
}

// Problem says why an item cannot be read, in a sentence for whoever looks at Unfiled.
func Problem(format string, args ...any) error { return fmt.Errorf(format, args...) }

// Finish completes items as every Parse hands them out. One with a problem becomes
// unreadable: it keeps its id, time and sender and nothing else. Each gets its raw bytes
// and, without an id of the provider's, one made of them, so that a repeat is still
// known. Texts lose what no database takes: broken UTF-8 and NUL characters.
func Finish(item crm.Inbound, raw []byte, problem error) crm.Inbound {
	if problem != nil {
		item = crm.Inbound{ExternalID: item.ExternalID, At: item.At, Sender: item.Sender, Unreadable: problem.Error()}
	}
	clean(reflect.ValueOf(&item).Elem())
	item.Raw = raw
	if item.ExternalID == "" {
		sum := sha256.Sum256(raw)
		item.ExternalID = "sha256:" + hex.EncodeToString(sum[:])
	}
	return item
}

// clean mends every text below v.
func clean(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if s := v.String(); v.CanSet() && (strings.IndexByte(s, 0) >= 0 || strings.ToValidUTF8(s, "\uFFFD") != s) {
			v.SetString(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", ""))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			clean(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			clean(v.Field(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			value := reflect.New(v.Type().Elem()).Elem()
			value.Set(v.MapIndex(key))
			clean(value)
			v.SetMapIndex(key, value)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			for i := range v.Len() {
				clean(v.Index(i))
			}
		}
	}
}
