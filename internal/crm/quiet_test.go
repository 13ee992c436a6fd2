package crm_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"parley/internal/crm"
)

func zoneOf(t interface{ Fatal(...any) }, name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// B2: a start is a reading of the business's clocks, also on days when they change.
func TestParseStart(t *testing.T) {
	london, newYork, lordHowe := zoneOf(t, "Europe/London"), zoneOf(t, "America/New_York"), zoneOf(t, "Australia/Lord_Howe")
	for _, c := range []struct {
		text string
		zone *time.Location
		want string
	}{
		{"2026-12-01T09:30", london, "2026-12-01T09:30:00Z"},
		{"2026-07-01T09:30", london, "2026-07-01T08:30:00Z"},
		{"2026-07-01T09:30:00+05:00", london, "2026-07-01T04:30:00Z"},
		{"2026-03-29T00:59", london, "2026-03-29T00:59:00Z"},
		{"2026-03-29T01:30", london, "2026-03-29T01:30:00Z"}, // left out: shown as 02:30
		{"2026-03-29T00:59:59", london, "2026-03-29T00:59:59Z"},
		{"2026-03-29T02:00", london, "2026-03-29T01:00:00Z"},
		{"2026-10-25T01:30", london, "2026-10-25T00:30:00Z"}, // twice: the first
		{"2026-10-25T02:00", london, "2026-10-25T02:00:00Z"},
		{"2026-10-25T09:00", london, "2026-10-25T09:00:00Z"},
		{"2026-03-08T02:30", newYork, "2026-03-08T07:30:00Z"},
		{"2026-11-01T01:15", newYork, "2026-11-01T05:15:00Z"},
		{"2026-04-05T01:45", lordHowe, "2026-04-04T14:45:00Z"}, // half an hour
		{"2026-02-30T09:00", london, ""},
		{"tomorrow", london, ""},
		{"", london, ""},
	} {
		at, ok := crm.ParseStart(c.text, c.zone)
		got := ""
		if ok {
			got = at.Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("%s in %s is %q, want %q", c.text, c.zone, got, c.want)
		}
	}
}

// The quiet hours of a year of days end where the clocks say, and never before now.
func TestQuietHours(t *testing.T) {
	london := zoneOf(t, "Europe/London")
	night := crm.QuietHours{From: "21:00", To: "08:00"}
	for moment, want := range map[string]string{
		"2026-11-24T20:59:00Z": "", "2026-11-24T21:00:00Z": "2026-11-25T08:00:00Z", "2026-11-25T07:59:59Z": "2026-11-25T08:00:00Z", "2026-11-25T08:00:00Z": "",
		"2026-03-28T22:00:00Z": "2026-03-29T07:00:00Z", // the clocks go forward in the night
		"2026-10-24T22:00:00Z": "2026-10-25T08:00:00Z", // and back
	} {
		at, _ := time.Parse(time.RFC3339, moment)
		got := ""
		if until := night.Until(at, london); !until.IsZero() {
			got = until.UTC().Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("at %s quiet until %q, want %q", moment, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		clock := rapid.StringMatching(`([01][0-9]|2[0-3]):[0-5][0-9]`)
		q := crm.QuietHours{From: clock.Draw(t, "from"), To: clock.Draw(t, "to")}
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 366*24*60).Draw(t, "minute")) * time.Minute)
		until := q.Until(now, london)
		if until.IsZero() {
			return
		}
		if !until.After(now) || until.Sub(now) > 25*time.Hour {
			t.Fatalf("at %s %v is quiet until %s", now, q, until)
		}
		if again := q.Until(until, london); !again.IsZero() {
			t.Fatalf("%v is quiet until %s, and then until %s", q, until, again)
		}
	})
}
