package db

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// However a backup's events were numbered, whoever kept a place in them goes on right behind
// the last one they had seen, and what names an event names the same one.
func TestEventPlaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type event struct{ tx, seq, now int64 }
		var moves eventPlaces
		byBusiness := map[string][]event{}
		now := int64(0)
		for _, business := range []string{"a", "b"} {
			tx, seq := int64(0), int64(0)
			for range rapid.IntRange(0, 30).Draw(t, "events of "+business) {
				if rapid.Bool().Draw(t, "another transaction") {
					tx += rapid.Int64Range(1, 3).Draw(t, "later by")
					seq = rapid.Int64Range(0, 40).Draw(t, "begins at") // a transaction may have drawn its numbers before an older one
				}
				seq += rapid.Int64Range(1, 2).Draw(t, "step")
				now++
				moves.add(business, tx, seq, now)
				byBusiness[business] = append(byBusiness[business], event{tx, seq, now})
			}
		}
		business := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "business")
		tx, seq := rapid.Int64Range(0, 60).Draw(t, "tx"), rapid.Int64Range(0, 90).Draw(t, "seq")
		if list := byBusiness[business]; len(list) > 0 && rapid.Bool().Draw(t, "at an event") {
			e := rapid.SampledFrom(list).Draw(t, "event")
			tx, seq = e.tx, e.seq
		}
		last, same := int64(0), int64(-1)
		for _, e := range byBusiness[business] {
			if e.tx < tx || e.tx == tx && e.seq <= seq {
				last = e.now
			}
			if e.tx == tx && e.seq == seq {
				same = e.now
			}
		}
		if got := moves.upTo(business, tx, seq); got != last {
			t.Errorf("up to %d.%d of %s: %d, want %d", tx, seq, business, got, last)
		}
		if got := moves.of(business, tx, seq); got != same {
			t.Errorf("%d.%d of %s: %d, want %d", tx, seq, business, got, same)
		}
		if again := moves.of(business, 1000, 1); again >= min(0, same+1) {
			t.Errorf("what is not there stands at %d once more", again)
		}
		cell := map[string]struct {
			columns []string
			values  []any
			want    string
		}{
			"hook_endpoint":      {[]string{"business_id", "tx", "seq"}, []any{business, tx, seq}, fmt.Sprint([]any{business, 0, last})},
			"duplicate_progress": {[]string{"seq", "tx", "business_id"}, []any{seq, tx, business}, fmt.Sprint([]any{last, 0, business})},
			"connection":         {[]string{"business_id", "pushed_to"}, []any{business, fmt.Sprintf("%d.%d", tx, seq)}, fmt.Sprint([]any{business, fmt.Sprintf("0.%d", last)})},
			"message":            {[]string{"business_id", "seq"}, []any{business, seq}, fmt.Sprint([]any{business, seq})},
		}
		for table, row := range cell {
			moves.moved(table, row.values, row.columns)
			if got := fmt.Sprint(row.values); got != row.want {
				t.Errorf("%s: %s, want %s", table, got, row.want)
			}
		}
		empty := []any{business, ""}
		if moves.moved("connection", empty, []string{"business_id", "pushed_to"}); empty[1] != "" {
			t.Errorf("a connection that never looked now did, up to %s", empty[1])
		}
	})
}
