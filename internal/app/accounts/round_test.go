package accounts

import (
	"testing"

	"pgregory.net/rapid"
)

// A page goes into transactions that are alike in size, none of them much larger than what
// the pace allows.
func TestChunks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		j := job{size: rapid.IntRange(50, 1000).Draw(t, "size")}
		page := rapid.IntRange(0, 3000).Draw(t, "page")
		least, most, chunks := page, 0, 0
		for left := page; left > 0; chunks++ {
			n := j.chunk(left)
			if n < 1 || n > left {
				t.Fatalf("%d of the %d that are left", n, left)
			}
			least, most, left = min(least, n), max(most, n), left-n
		}
		if most > j.size*5/4+1 || most-least > 1+chunks || j.chunk(0) != 0 {
			t.Fatalf("%d in chunks of %d: %d of %d to %d", page, j.size, chunks, least, most)
		}
	})
}
