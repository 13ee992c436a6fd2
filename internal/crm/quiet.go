package crm

import "time"

// QuietHours are the hours of the business's day in which a broadcast rests, written as
// 21:00. Both empty: it never rests. They may go over midnight.
type QuietHours struct {
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

// Check reports what is wrong with the hours under field.
func (q QuietHours) Check(p *Problems, field string) {
	if q.From == "" && q.To == "" {
		return
	}
	_, okFrom := clockTime(q.From)
	_, okTo := clockTime(q.To)
	switch {
	case !okFrom:
		p.Add(field+".from", "bad_time", "Write a time of day such as 21:00.")
	case !okTo:
		p.Add(field+".to", "bad_time", "Write a time of day such as 08:00.")
	case q.From == q.To:
		p.Add(field+".to", "always_quiet", "Quiet hours cannot last the whole day.")
	}
}

// Until is when the quiet hours in which a moment lies end, by the clocks of a zone; zero
// when it lies in none.
func (q QuietHours) Until(now time.Time, zone *time.Location) time.Time {
	from, okFrom := clockTime(q.From)
	to, okTo := clockTime(q.To)
	if !okFrom || !okTo || from == to {
		return time.Time{}
	}
	local := now.In(zone)
	for day := -1; day <= 0; day++ { // begun yesterday or today
		y, m, d := local.AddDate(0, 0, day).Date()
		begin := WallTime(y, m, d, from/60, from%60, zone)
		if to <= from {
			y, m, d = time.Date(y, m, d+1, 12, 0, 0, 0, time.UTC).Date()
		}
		end := WallTime(y, m, d, to/60, to%60, zone)
		if !now.Before(begin) && now.Before(end) {
			return end
		}
	}
	return time.Time{}
}

// clockTime reads 21:00 as minutes since midnight.
func clockTime(text string) (minutes int, ok bool) {
	t, err := time.Parse("15:04", text)
	return t.Hour()*60 + t.Minute(), err == nil
}

// WallTime is the moment at which the clocks of a zone show a time. One that a change of
// clocks leaves out is the moment after the gap by as much as it lay in it; one that comes
// twice is the first.
func WallTime(year int, month time.Month, day, hour, minute int, zone *time.Location) time.Time {
	t := time.Date(year, month, day, hour, minute, 0, 0, zone)
	if t.Hour() != hour%24 || t.Minute() != minute { // Go takes one of the two offsets
		_, before := t.Add(-6 * time.Hour).Zone()
		return time.Date(year, month, day, hour, minute, 0, 0, time.FixedZone("", before)).In(zone)
	}
	// When the clocks went back within the hours before, the same reading came already.
	_, now := t.Zone()
	_, before := t.Add(-6 * time.Hour).Zone()
	if earlier := t.Add(-time.Duration(before-now) * time.Second); before > now && earlier.Hour() == t.Hour() && earlier.Minute() == t.Minute() && earlier.Day() == t.Day() {
		return earlier
	}
	return t
}

// ParseStart reads when a broadcast is to begin: a moment with its offset (RFC 3339), or a
// reading of the business's clocks such as 2026-03-29T09:30.
func ParseStart(text string, zone *time.Location) (time.Time, bool) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.UTC(), true
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04"} {
		if t, err := time.Parse(layout, text); err == nil {
			within := t.Sub(t.Truncate(time.Minute))
			return WallTime(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), zone).Add(within).UTC(), true
		}
	}
	return time.Time{}, false
}
