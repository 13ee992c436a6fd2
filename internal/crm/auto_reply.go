package crm

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// AutoReplies is what a business answers by itself.
type AutoReplies struct {
	NewContact   AutoReply `json:"new_contact"`   // to the first message of a stranger
	KnownContact AutoReply `json:"known_contact"` // where a known contact begins a new conversation
	Away         AutoReply `json:"away"`          // outside Hours, in place of the others
	Hours        WeekHours `json:"hours"`
}

// AutoReply is one of them: a text with merge fields.
type AutoReply struct {
	On   bool   `json:"on"`
	Text string `json:"text"`
}

// AutoReplyKind says which of them it is.
type AutoReplyKind string

// The kinds.
const (
	AutoNewContact   AutoReplyKind = "new_contact"
	AutoKnownContact AutoReplyKind = "known_contact"
	AutoAway         AutoReplyKind = "away"
)

// AutoReplyEvery is how long a conversation gets no other automatic reply after one: two
// robots that answer each other come to an end.
const AutoReplyEvery = 24 * time.Hour

// AutoReplyFresh is how old a message may be that is answered by itself: what a provider
// brings late is no news any more.
const AutoReplyFresh = time.Hour

// WeekHours are the working hours by the day of the week; a day without any is closed.
type WeekHours map[string][]DayHours

// DayHours is a stretch of a day, written as 09:00 and 17:30; a day ends at 24:00.
type DayHours struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// WeekDays are the days as WeekHours calls them, Monday first.
var WeekDays = []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

var dayClock = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$`)

// Open reports whether a moment lies within the hours, by the clocks of a zone.
func (h WeekHours) Open(now time.Time, zone *time.Location) bool {
	local := now.In(zone)
	clock := local.Format("15:04")
	day := WeekDays[(int(local.Weekday())+6)%7]
	return slices.ContainsFunc(h[day], func(d DayHours) bool { return d.From <= clock && clock < d.To })
}

// any reports whether any hours are set.
func (h WeekHours) any() bool {
	for _, list := range h {
		if len(list) > 0 {
			return true
		}
	}
	return false
}

// Normalise trims the texts and says what is wrong, by field.
func (a *AutoReplies) Normalise(known MergeFieldList) Problems {
	var p Problems
	for _, part := range []struct {
		name  string
		reply *AutoReply
	}{{"new_contact", &a.NewContact}, {"known_contact", &a.KnownContact}, {"away", &a.Away}} {
		part.reply.Text = strings.TrimSpace(part.reply.Text)
		least := 0
		if part.reply.On {
			least = 1
		}
		field := part.name + ".text"
		checkLength(&p, field, part.reply.Text, least, 1000)
		if _, err := ParseMergeText(part.reply.Text, known); err != nil {
			p.Add(field, err.Code, "%s", err.Detail)
		}
	}
	for day, list := range a.Hours {
		field := "hours." + brief(day, 20)
		if !slices.Contains(WeekDays, day) {
			p.Add(field, "unknown_day", "The days are monday to sunday.")
			continue
		}
		if len(list) > 4 {
			p.Add(field, "too_many", "At most four stretches a day.")
		}
		for _, d := range list {
			if !dayClock.MatchString(d.From) || !dayClock.MatchString(d.To) || d.From == "24:00" {
				p.Add(field, "bad_time", "Write times as 09:00 and 17:30; a day ends at 24:00.")
			} else if d.From >= d.To {
				p.Add(field, "bad_order", "The end must be after the beginning. Hours over midnight are two stretches.")
			}
		}
	}
	slices.SortFunc(p, func(a, b FieldError) int { return strings.Compare(a.Field, b.Field) }) // a map has no order
	if a.Away.On && !a.Hours.any() {
		p.Add("hours", "required", "Say when you work: without that there is no outside.")
	}
	return p
}

// Changed names the parts in which a differs from what it was made of: new_contact,
// known_contact, away and hours.
func (a AutoReplies) Changed(was AutoReplies) (parts []string) {
	for _, part := range []struct {
		name string
		same bool
	}{{"new_contact", a.NewContact == was.NewContact}, {"known_contact", a.KnownContact == was.KnownContact}, {"away", a.Away == was.Away}, {"hours", a.Hours.same(was.Hours)}} {
		if !part.same {
			parts = append(parts, part.name)
		}
	}
	return parts
}

// Onto lays what somebody made of was onto what stands there now: what they left alone stays
// as it is now. contested names the parts that both changed, each their own way; those are a's.
func (a AutoReplies) Onto(was, now AutoReplies) (laid AutoReplies, contested []string) {
	laid = now
	theirs, differ := now.Changed(was), a.Changed(now)
	for _, part := range a.Changed(was) {
		switch part {
		case "new_contact":
			laid.NewContact = a.NewContact
		case "known_contact":
			laid.KnownContact = a.KnownContact
		case "away":
			laid.Away = a.Away
		case "hours":
			laid.Hours = a.Hours
		}
		if slices.Contains(theirs, part) && slices.Contains(differ, part) {
			contested = append(contested, part)
		}
	}
	return laid, contested
}

// same reports whether two weeks have the same hours; a day without any is one that is not
// written down.
func (h WeekHours) same(other WeekHours) bool {
	return !slices.ContainsFunc(WeekDays, func(day string) bool { return !slices.Equal(h[day], other[day]) })
}

// Choose is the reply to a message, if there is one: opened and stranger say whether it
// began a conversation, and whether its sender was unknown before.
func (a AutoReplies) Choose(opened, stranger bool, now time.Time, zone *time.Location) (AutoReplyKind, string, bool) {
	switch {
	case a.Away.On && a.Hours.any() && !a.Hours.Open(now, zone):
		return AutoAway, a.Away.Text, true
	case opened && stranger && a.NewContact.On:
		return AutoNewContact, a.NewContact.Text, true
	case opened && !stranger && a.KnownContact.On:
		return AutoKnownContact, a.KnownContact.Text, true
	}
	return "", "", false
}

// IsRobot reports whether a sender is plainly no person: a word, or a short number of a
// service. People have numbers of at least seven digits, or a WhatsApp user id.
func (s Sender) IsRobot() bool {
	if s.Phone == "" {
		return s.UserID == "" && s.ParentUserID == ""
	}
	digits := strings.TrimPrefix(s.Phone, "+")
	return len(digits) < 7 || strings.Trim(digits, "0123456789") != ""
}
