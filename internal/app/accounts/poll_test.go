package accounts

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"parley/internal/crm"
)

// A feed is looked at again within a quarter of an hour, at moments that are its own
// whenever it was looked at before.
func TestPollAt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
		id := crm.NewID(start.Add(time.Duration(rapid.IntRange(0, 1<<40).Draw(t, "made"))))
		now := start.Add(time.Duration(rapid.Int64Range(0, int64(48*time.Hour)).Draw(t, "now")))
		next := pollAt(id, crm.FeedContacts, now)
		if wait := next.Sub(now); wait <= 0 || wait > pollEvery {
			t.Fatalf("the next look is in %s", wait)
		}
		took := time.Duration(rapid.Int64Range(0, int64(pollEvery)-1).Draw(t, "took"))
		if again := pollAt(id, crm.FeedContacts, next.Add(took)); again.Sub(next) != pollEvery {
			t.Fatalf("the one after is %s later", again.Sub(next))
		}
	})
}

// Looks that all ended in the same moment do not begin together again.
func TestPollsAreSpread(t *testing.T) {
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	begin := map[time.Time]int{}
	for range 1000 {
		id := crm.NewID(now)
		for _, kind := range []crm.FeedKind{crm.FeedContacts, crm.FeedInvoices} {
			begin[pollAt(id, kind, now).Truncate(time.Second)]++
		}
	}
	for at, n := range begin {
		if n > 15 { // 2.3 on average
			t.Errorf("%d begin at %s", n, at)
		}
	}
	if len(begin) < 700 {
		t.Errorf("they begin in %d different seconds", len(begin))
	}
}
