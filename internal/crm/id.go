package crm

import (
	"crypto/rand"
	"database/sql/driver"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"time"
)

// ID names one thing: a UUIDv7 written as 26 letters and digits, so that ids sort by
// the time they were made. The empty ID is nothing, and NULL in the database.
type ID string

var idCounter atomic.Uint32

var idEncoding = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

// NewID returns an ID for something made at now.
func NewID(now time.Time) ID {
	var u [16]byte
	// A counter, so that what is made at the same moment sorts as it was made too.
	binary.BigEndian.PutUint16(u[8:], uint16(idCounter.Add(1)))
	_, _ = rand.Read(u[10:]) // never fails: crypto/rand ends the program instead
	// 48 bits of milliseconds, then the microseconds within it in the 12 bits that
	// RFC 9562 leaves free there, so that ids made one after another sort that way.
	binary.BigEndian.PutUint64(u[:8], uint64(now.UnixMilli())<<16|uint64(now.Nanosecond()/1000%1000)<<2)
	u[6] = u[6]&0x0f | 0x70
	u[8] = u[8]&0x3f | 0x80
	return IDOf(u)
}

// ParseID reads an ID as written by String. For anything else ok is false, and the caller
// answers as for an id that does not exist.
func ParseID(s string) (ID, bool) {
	if len(s) != 26 {
		return "", false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'v') {
			return "", false
		}
	}
	return ID(s), true
}

func (id ID) String() string { return string(id) }

// Value stores the empty ID as NULL.
func (id ID) Value() (driver.Value, error) {
	if id == "" {
		return nil, nil
	}
	return string(id), nil
}

// Scan reads NULL as the empty ID.
func (id *ID) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*id = ""
	case string:
		*id = ID(v)
	case []byte:
		*id = ID(v)
	default:
		return fmt.Errorf("crm.ID: cannot read a %T", src)
	}
	return nil
}

// Bytes is the UUID that an ID writes; ok is false for an ID that NewID did not make.
func (id ID) Bytes() (u [16]byte, ok bool) {
	if len(id) != 26 {
		return u, false
	}
	n, err := idEncoding.Decode(u[:], []byte(id))
	return u, err == nil && n == len(u) && IDOf(u) == id
}

// IDOf writes a UUID as an ID. They sort alike.
func IDOf(u [16]byte) ID { return ID(idEncoding.EncodeToString(u[:])) }
