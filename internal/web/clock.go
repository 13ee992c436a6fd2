package web

import (
	"fmt"
	"time"
)

// Clock is the moment a page is made and the zone its reader lives by. Views embed it, so
// that templates say {{.Ago .At}} and tests get the same page every day.
type Clock struct {
	Now  time.Time
	Zone *time.Location
}

func (c Clock) local(t time.Time) time.Time {
	if c.Zone == nil {
		return t.UTC()
	}
	return t.In(c.Zone)
}

// Ago is how long ago, as short as a list wants it: "now", "13m", "2h", "Mon", "3 Nov",
// "3 Nov 2024". It is empty for the zero time.
func (c Clock) Ago(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	d := c.Now.Sub(t)
	switch {
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 12*time.Hour || c.sameDay(t, c.Now):
		return fmt.Sprintf("%dh", int(d.Hours()))
	case d < 6*24*time.Hour:
		return c.local(t).Format("Mon")
	case c.local(t).Year() == c.local(c.Now).Year():
		return c.local(t).Format("2 Jan")
	}
	return c.local(t).Format("2 Jan 2006")
}

// Time is the time of day: "09:41".
func (c Clock) Time(t time.Time) string { return c.local(t).Format("15:04") }

// Full is day and time for a tooltip or a history: "Tue 24 Nov 2026, 09:41".
func (c Clock) Full(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return c.local(t).Format("Mon 2 Jan 2006, 15:04")
}

// Machine is the time for <time datetime>.
func (c Clock) Machine(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Date names the day a time falls on, for machines: "2026-11-24".
func (c Clock) Date(t time.Time) string { return c.local(t).Format(time.DateOnly) }

// Day names the day a time falls on, for people: "Today", "Yesterday", "Tuesday 3 November".
func (c Clock) Day(t time.Time) string {
	switch {
	case c.sameDay(t, c.Now):
		return "Today"
	case c.sameDay(t, c.Now.AddDate(0, 0, -1)):
		return "Yesterday"
	case c.local(t).Year() == c.local(c.Now).Year():
		return c.local(t).Format("Monday 2 January")
	}
	return c.local(t).Format("Monday 2 January 2006")
}

func (c Clock) sameDay(a, b time.Time) bool { return c.Date(a) == c.Date(b) }
