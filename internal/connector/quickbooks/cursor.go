package quickbooks

import (
	"encoding/json"
	"strings"
	"time"

	"parley/internal/connector"
)

const (
	// most is how many records QuickBooks gives at a time at most, of queries and of what
	// changed.
	most = 1000
	// overlap is how far a poll looks back behind the time of the last one.
	overlap = 5 * time.Minute
	// lookBack is after how long a poll reads everything: what changed is kept for 30 days.
	lookBack = 25 * 24 * time.Hour
)

// pageSize is how many records are asked for at a time.
var pageSize = most

// place is a cursor. A round either asks what changed since a time, which is one call, or
// walks through all records in the order of their change: a page that is done moves Since
// up to just before its last one, so that a record that changes meanwhile is seen twice
// rather than lost. Start counts only within one second in which more was changed than
// fits on a page.
type place struct {
	// Walk is a round by queries.
	Walk  bool      `json:"w,omitempty"`
	Since time.Time `json:"s"`
	Start int       `json:"n,omitempty"`
	// Began is QuickBooks' time at the beginning of a walk, behind which what changed is
	// asked for next.
	Began time.Time `json:"b"`
}

func readPlace(cursor string, now time.Time) (p place, err error) {
	if cursor != "" {
		if err := json.Unmarshal([]byte(cursor), &p); err != nil {
			return p, &connector.Error{Trouble: connector.Garbled, Code: "cursor", Reason: "The place that was kept cannot be read.", Err: err}
		}
	}
	if !p.Walk && now.Sub(p.Since) > lookBack { // also at the beginning
		p = place{Walk: true}
	}
	p.Start = max(p.Start, 1)
	return p, nil
}

func (p place) String() string {
	text, _ := json.Marshal(p) // times and numbers never fail
	return string(text)
}

// next is the place behind a page of a walk whose records were changed at these times.
func (p place) next(times []time.Time) place {
	sorted := true
	for n, t := range times {
		sorted = sorted && !t.IsZero() && (n == 0 || !t.Before(times[n-1]))
	}
	if sorted {
		since := times[len(times)-1].Truncate(time.Second).Add(-time.Second)
		if since.After(p.Since) && times[0].Before(since) { // else the same page would come again
			return place{Walk: true, Since: since, Start: 1, Began: p.Began}
		}
	}
	p.Start += len(times)
	return p
}

// done is the place behind a round: what changed from then on. It never goes back.
func (p place) done(at time.Time) place {
	if since := at.Add(-overlap); since.After(p.Since) || p.Walk {
		return place{Since: since}
	}
	return place{Since: p.Since}
}

func readTime(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, strings.TrimSpace(text))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}
