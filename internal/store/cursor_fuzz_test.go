package store_test

import (
	"testing"

	"parley/internal/store"
)

// A cursor is either refused or means exactly what it says.
func FuzzParseCursor(f *testing.F) {
	for _, s := range []string{"", "0.0", "12.34", "-1.0", "1.", "1.2.3", "99999999999999999999.1", " 1.2", "1.2x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, ok := store.ParseCursor(s)
		if ok && c.String() != s {
			t.Errorf("%q was read as %s", s, c)
		}
	})
}
