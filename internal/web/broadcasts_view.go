package web

import (
	"fmt"
	"strings"
	"time"

	"parley/internal/app/broadcasts"
	"parley/internal/crm"
)

// BroadcastsPage is the list of broadcasts.
type BroadcastsPage struct {
	Shell
	Items []BroadcastLine
	Next  string
}

func (BroadcastsPage) template() string { return "broadcasts" }

// BroadcastLine is one broadcast with what became of its people so far.
type BroadcastLine struct {
	Clock
	Row broadcasts.Row
}

var broadcastStates = map[crm.BroadcastStatus]struct{ label, tone string }{
	crm.BroadcastDraft: {"Draft", "grey"}, crm.BroadcastScheduled: {"Scheduled", "violet"}, crm.BroadcastRunning: {"Sending", "blue"},
	crm.BroadcastPaused: {"Paused", "amber"}, crm.BroadcastDone: {"Done", "green"}, crm.BroadcastCancelled: {"Cancelled", "grey"},
}

// Rests reports whether it waits for the end of the quiet hours.
func (l BroadcastLine) Rests() bool {
	zone := l.Zone
	if zone == nil {
		zone = time.UTC
	}
	return l.Row.Status == crm.BroadcastRunning && !l.Row.Quiet.Until(l.Now, zone).IsZero()
}

// State is the status in a word.
func (l BroadcastLine) State() string {
	if l.Rests() {
		return "Resting"
	}
	return broadcastStates[l.Row.Status].label
}

// Tone is the colour of the status.
func (l BroadcastLine) Tone() string {
	if l.Rests() {
		return "violet"
	}
	return broadcastStates[l.Row.Status].tone
}

// When says when it was or will be sent.
func (l BroadcastLine) When() string {
	b := l.Row
	switch {
	case !b.StartedAt.IsZero():
		return l.Full(b.StartedAt)
	case !b.StartAt.IsZero():
		return "for " + l.Full(b.StartAt)
	}
	return "made " + l.Full(b.CreatedAt)
}

// Freezing reports whether the audience is still being written down.
func (l BroadcastLine) Freezing() bool {
	return l.Row.Status == crm.BroadcastRunning && l.Row.FrozenAt.IsZero()
}

// Is reports whether the status is one of these.
func (l BroadcastLine) Is(list ...string) bool {
	for _, s := range list {
		if s == string(l.Row.Status) {
			return true
		}
	}
	return false
}

// Done is how many people it is through with, and Of how many there are to go through:
// those left out do not count.
func (l BroadcastLine) Done() int { return l.Of() - l.Row.Counts.Of(crm.Queued) }

// Of is how many people get it.
func (l BroadcastLine) Of() int { return l.Row.Counts.All() - l.Row.Counts.Of(crm.Skipped) }

// Percent is how much of it is done.
func (l BroadcastLine) Percent() int {
	if l.Of() == 0 {
		return 0
	}
	return 100 * l.Done() / l.Of()
}

// Said is the progress in a sentence.
func (l BroadcastLine) Said() string {
	c := l.Row.Counts
	switch {
	case l.Freezing():
		return "Writing down who gets it…"
	case l.Of() == 0 && c.Of(crm.Skipped) == 0:
		return ""
	}
	said := number(l.Done()) + " of " + number(l.Of()) + " handed over"
	if c.Replied > 0 {
		said += ", " + plural(c.Replied, "answer", "answers")
	}
	return said + "."
}

// BarPart is one piece of the bar: where it begins and how wide it is, of 1000.
type BarPart struct {
	Class string
	X, W  int
}

var statusLabels = map[crm.MessageStatusValue]string{crm.Queued: "Waiting", crm.Sent: "Sent", crm.Delivered: "Delivered", crm.Read: "Read",
	crm.Failed: "Failed", crm.Unknown: "Unknown", crm.Skipped: "Left out"}

// Bar is the bar of those who get it, by status.
func (l BroadcastLine) Bar() (parts []BarPart) {
	all, done := l.Of(), 0
	if all == 0 {
		return nil
	}
	for _, s := range []crm.MessageStatusValue{crm.Read, crm.Delivered, crm.Sent, crm.Unknown, crm.Failed} {
		n := l.Row.Counts.Of(s)
		x := 1000 * done / all
		done += n
		if w := 1000*done/all - x; n > 0 {
			parts = append(parts, BarPart{"bar-" + string(s), x, max(w, 3)})
		}
	}
	return parts
}

// BroadcastProgress is the part of a broadcast's page that moves: the fragment of
// GET /broadcasts/{id}/progress.
type BroadcastProgress struct {
	BroadcastLine
	Chart  broadcasts.Chart
	Filter PeopleFilter
}

func (BroadcastProgress) template() string { return "broadcast-progress" }

// BroadcastTab is a group of people of a broadcast.
type BroadcastTab struct {
	Label, Address, Class string
	Count                 int
	Current               bool
}

// Tabs are the groups by which people are listed, with how many.
func (p BroadcastProgress) Tabs() (list []BroadcastTab) {
	path := broadcastPath(p.Row.ID)
	list = append(list, BroadcastTab{Label: "Everybody", Address: path, Count: p.Row.Counts.All(), Current: p.Filter == PeopleFilter{}})
	for _, s := range crm.RecipientStatuses {
		if n := p.Row.Counts.Of(s); n > 0 || p.Filter.Status == s {
			list = append(list, BroadcastTab{statusLabels[s], PeopleFilter{Status: s}.At(path), "bar-" + string(s), n, p.Filter.Status == s})
		}
	}
	if n := p.Row.Counts.Replied; n > 0 || p.Filter.Replied {
		list = append(list, BroadcastTab{"Answered", PeopleFilter{Replied: true}.At(path), "", n, p.Filter.Replied})
	}
	return list
}

// ChartLine is the course of one count: points for an SVG of 600 by 120.
type ChartLine struct{ Class, Label, Points string }

// Lines are how many messages were sent, delivered and read by when.
func (p BroadcastProgress) Lines() []ChartLine {
	n, most := len(p.Chart.Moments), 0
	for _, m := range p.Chart.Moments {
		most += m.Sent
	}
	if n == 0 || most == 0 {
		return nil
	}
	lines := []ChartLine{{"line-sent", "Sent", ""}, {"line-delivered", "Delivered", ""}, {"line-read", "Read", ""}}
	sums := [3]int{}
	var points [3]strings.Builder
	for i, m := range p.Chart.Moments {
		for k, more := range []int{m.Sent, m.Delivered, m.Read} {
			sums[k] += more
			if i == 0 {
				points[k].WriteString("0,116 ")
			}
			fmt.Fprintf(&points[k], "%d,%d ", 600*(i+1)/n, 116-112*sums[k]/most)
		}
	}
	for k := range lines {
		lines[k].Points = strings.TrimSpace(points[k].String())
	}
	return lines
}

// ChartSaid is what the chart shows in a sentence, for who cannot see it.
func (p BroadcastProgress) ChartSaid() string {
	c := p.Row.Counts
	return fmt.Sprintf("From %s to %s: %s handed over, %s delivered, %s read.", p.Time(p.Chart.Moments[0].At), p.Time(p.Chart.Moments[len(p.Chart.Moments)-1].At),
		number(p.Done()), number(c.Of(crm.Delivered)+c.Of(crm.Read)), number(c.Of(crm.Read)))
}

// From and To are when the chart begins and ends.
func (p BroadcastProgress) From() string { return p.Time(p.Chart.Moments[0].At) }

// To is the end of the chart.
func (p BroadcastProgress) To() string { return p.Time(p.Chart.Moments[len(p.Chart.Moments)-1].At) }

// Again is where the part that moves is looked at again.
func (p BroadcastProgress) Again() string { return p.Filter.At(broadcastPath(p.Row.ID) + "/progress") }

// Moves reports whether there may be news by itself.
func (p BroadcastProgress) Moves() bool {
	return p.Is("running") || p.Now.Sub(p.Row.EndedAt) < 72*time.Hour
}

// BroadcastPage is a broadcast that has begun.
type BroadcastPage struct {
	Shell
	BroadcastProgress
	People BroadcastPeople
	Skips  map[crm.SkipReason]int
	Tags   []crm.Tag
}

func (BroadcastPage) template() string { return "broadcast" }

// SkipTabs are the reasons why people are left out, with how many.
func (p BroadcastPage) SkipTabs() (list []BroadcastTab) {
	for _, reason := range crm.SkipReasons {
		if n := p.Skips[reason]; n > 0 {
			f := PeopleFilter{Status: crm.Skipped, Reason: reason}
			list = append(list, BroadcastTab{skipLabels[reason], f.At(broadcastPath(p.Row.ID)), "", n, p.Filter.Reason == reason})
		}
	}
	return list
}

// File is where the list is to be had as a file.
func (p BroadcastPage) File() string { return p.Filter.At(broadcastPath(p.Row.ID) + "/recipients.csv") }

// BroadcastPeople are people of a broadcast: the fragment of GET /broadcasts/{id}/rows.
type BroadcastPeople struct {
	Clock
	Broadcast crm.ID
	List      []broadcasts.Person
	Next      string
}

func (BroadcastPeople) template() string { return "broadcast-rows" }

// RetryFrom is from when on somebody who is to be left alone may be sent to again; empty for
// others.
func (p BroadcastPeople) RetryFrom(r broadcasts.Person) string {
	if r.Status != crm.Failed || !r.RetryAt.After(p.Now) {
		return ""
	}
	return p.Full(r.RetryAt)
}

// StatusLabel is a status in a word.
func (BroadcastPeople) StatusLabel(s crm.MessageStatusValue) string {
	if s == crm.Sending {
		s = crm.Queued
	}
	return statusLabels[s]
}

// Last is when something last happened to a person's message.
func (BroadcastPeople) Last(r broadcasts.Person) time.Time {
	for _, t := range []time.Time{r.RepliedAt, r.ReadAt, r.DeliveredAt, r.SentAt, r.ClaimedAt} {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

var skipLabels = map[crm.SkipReason]string{crm.SkipArchived: "Archived", crm.SkipOptedOut: "Opted out", crm.SkipNoAddress: "No number for this channel", crm.SkipDuplicate: "Same number twice",
	crm.SkipNotVisible: "Not yours to see", crm.SkipWindow: "Outside the 24 hours", crm.SkipGone: "Deleted", crm.SkipCancelled: "Cancelled before", crm.SkipEmpty: "Nothing to say", crm.SkipTooLong: "Too long"}

// LeftOutPage lists who would be left out of a broadcast, or get it.
type LeftOutPage struct {
	Shell
	Broadcast broadcasts.Row
	Reason    crm.SkipReason
	People    []broadcasts.Person
	Next      string
}

func (LeftOutPage) template() string { return "broadcast-left-out" }

// Heading says who they are.
func (p LeftOutPage) Heading() string {
	if p.Reason == "" {
		return "Who would get it now"
	}
	return "Left out: " + firstText(skipLabels[p.Reason], string(p.Reason))
}

// Words are the reason in a sentence.
func (p LeftOutPage) Words() string { return p.Reason.Words() }
