package xero

import (
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"

	"parley/internal/connector"
)

// pageSize is how many records are asked for at a time. Xero gives 100 unless asked.
const pageSize = 1000

// overlap is how far a poll looks back behind what it saw last.
const overlap = time.Minute

// place is a cursor. Records come in the order of their change, so a page that is done
// moves Since up to just before its last one and starts over at page 1: a record that
// changes meanwhile moves to the end and is seen twice rather than lost. Page counts only
// where a page was changed within two seconds, as by an import over there.
type place struct {
	Since time.Time `json:"s"`
	Page  int       `json:"p,omitempty"`
	Max   time.Time `json:"m"` // the latest change seen, by Xero's clock
}

func readPlace(cursor string) (p place, err error) {
	if cursor != "" {
		if err := json.Unmarshal([]byte(cursor), &p); err != nil {
			return p, &connector.Error{Trouble: connector.Garbled, Code: "cursor", Reason: "The place that was kept cannot be read.", Err: err}
		}
	}
	p.Page = max(p.Page, 1)
	return p, nil
}

func (p place) String() string {
	text, _ := json.Marshal(p) // times and numbers never fail
	return string(text)
}

func (p place) header() string {
	if p.Since.IsZero() {
		return ""
	}
	return p.Since.UTC().Format("2006-01-02T15:04:05Z")
}

// after is the place behind a page whose records were changed at these times.
func (p place) after(times []time.Time, more bool) place {
	sorted := true
	for n, t := range times {
		if t.After(p.Max) {
			p.Max = t
		}
		sorted = sorted && !t.IsZero() && (n == 0 || !t.Before(times[n-1]))
	}
	if !more {
		since := p.Since
		if !p.Max.IsZero() {
			since = p.Max.Add(-overlap).Truncate(time.Second)
		}
		return place{Since: since, Max: p.Max}
	}
	if len(times) > 0 && sorted {
		if next := times[len(times)-1].Truncate(time.Second).Add(-time.Second); next.After(p.Since) && next.After(times[0]) {
			return place{Since: next, Page: 1, Max: p.Max}
		}
	}
	p.Page++
	return p
}

var msDate = regexp.MustCompile(`^/Date\((-?\d+)([+-]\d{4})?\)/$`)

// readTime reads a time in any of Xero's forms: /Date(ms+0000)/, whose number is UTC
// whatever the offset says, and ISO with or without a zone. The zero time is none.
func readTime(text string) time.Time {
	if m := msDate.FindStringSubmatch(text); m != nil {
		if ms, err := strconv.ParseInt(m[1], 10, 64); err == nil {
			return time.UnixMilli(ms).UTC()
		}
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// readDay is the day of a time, or "".
func readDay(texts ...string) string {
	for _, text := range texts {
		if t := readTime(text); !t.IsZero() {
			return t.Format("2006-01-02")
		}
	}
	return ""
}

// authEvent reads the consent that an access token came from out of its claims; "" where
// it is no token with claims. It is used to choose, never to trust.
func authEvent(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ""
	}
	var claims struct {
		Event string `json:"authentication_event_id"`
	}
	_ = json.Unmarshal(text, &claims)
	return claims.Event
}
