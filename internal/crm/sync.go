package crm

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Values are the fields of a contact that two systems both keep, by name: texts as
// Normalise leaves them, phone in E.164, email as compared. What is missing is empty.
type Values map[string]string

// SyncPolicy says who wins where a field was changed on both sides since they last
// agreed (S3).
type SyncPolicy string

// The policies.
const (
	SyncTheirs SyncPolicy = "theirs" // the other system
	SyncOurs   SyncPolicy = "ours"
	SyncNewest SyncPolicy = "newest" // whoever was changed last
	SyncAsk    SyncPolicy = "ask"    // nobody, until an admin says
)

// SyncPolicies are all of them in the order in which they are offered.
var SyncPolicies = []SyncPolicy{SyncTheirs, SyncOurs, SyncNewest, SyncAsk}

// DefaultSyncPolicy is the policy for a field where an admin chose none: the number on
// which people write here is ours, all else is looked after over there.
func DefaultSyncPolicy(field string) SyncPolicy {
	if field == "phone" {
		return SyncOurs
	}
	return SyncTheirs
}

// Disagreement is a field that was changed on both sides, and what became of it.
type Disagreement struct {
	Field  string     `json:"field"`
	Ours   string     `json:"ours"`
	Theirs string     `json:"theirs"`
	Winner SyncPolicy `json:"winner"` // SyncOurs, SyncTheirs or SyncAsk: undecided
}

// Agreement is what merging two sides comes to.
type Agreement struct {
	Here      Values // what is to be changed here
	There     Values // what is to be changed over there, should our changes be sent (S4)
	Base      Values // what is to be remembered as seen by both
	Disagreed []Disagreement
}

// Merge brings two sides together, field by field, against what both last agreed on (S3).
// It looks at fields alone: what the other system cannot keep is none of its business.
//
// An empty value over there never erases one here. Without a base (the first time that
// the two meet) theirs fills what is empty here and replaces nothing (S2). A disagreement
// is one field changed on both sides to different things. newer says that ours was changed
// last, for SyncNewest.
func Merge(base, ours, theirs Values, fields []string, policy func(field string) SyncPolicy, newer bool) Agreement {
	a := Agreement{Here: Values{}, There: Values{}, Base: Values{}}
	for _, f := range fields {
		was, here, there := base[f], ours[f], theirs[f]
		a.remember(f, there)
		switch {
		case here == there:
		case there == "":
			a.There[f] = here
		case here == "" && was != there: // theirs is new, and nothing of ours stands against it
			a.Here[f] = there
			if was != "" {
				a.disagree(f, here, there, SyncTheirs)
			}
		case was == there || base == nil: // only ours was changed, or they meet for the first time
			a.There[f] = here
			if base == nil {
				a.disagree(f, here, there, SyncOurs)
			}
		case was == here:
			a.Here[f] = there
		default:
			a.decide(f, was, here, there, policy(f), newer)
		}
	}
	return a
}

func (a *Agreement) remember(field, value string) {
	if value != "" {
		a.Base[field] = value
	}
}

func (a *Agreement) disagree(field, ours, theirs string, winner SyncPolicy) {
	a.Disagreed = append(a.Disagreed, Disagreement{field, ours, theirs, winner})
}

// decide settles a field that both changed.
func (a *Agreement) decide(field, was, ours, theirs string, policy SyncPolicy, newer bool) {
	if policy == SyncNewest {
		policy = SyncTheirs
		if newer {
			policy = SyncOurs
		}
	}
	switch policy {
	case SyncOurs:
		a.There[field] = ours
	case SyncAsk: // as if theirs had not been seen yet
		delete(a.Base, field)
		a.remember(field, was)
	default:
		policy = SyncTheirs
		a.Here[field] = theirs
	}
	a.disagree(field, ours, theirs, policy)
}

// Hold takes back what was decided of a field and asks a person instead, as if theirs had
// not been seen yet.
func (a *Agreement) Hold(field, was, ours, theirs string) {
	delete(a.Here, field)
	delete(a.There, field)
	delete(a.Base, field)
	a.remember(field, was)
	a.Disagreed = slices.DeleteFunc(a.Disagreed, func(d Disagreement) bool { return d.Field == field })
	a.disagree(field, ours, theirs, SyncAsk)
}

// SwingTime is how long systems that change a field in turn are remembered.
const SwingTime = 10 * time.Minute

// Swings reports whether a change of a field by a system would be the third in turn with
// another one. before are the systems that changed it within SwingTime, in their order.
func Swings(before []ID, by ID) bool {
	n := len(before)
	return n >= 2 && before[n-1] != by && before[n-2] == by
}

// SyncValues are the values of a contact as they are compared with another system. The
// names of a placeholder are none.
func SyncValues(c *Contact, fields []string) Values {
	v := Values{}
	for _, f := range fields {
		text := ""
		switch f {
		case "phone":
			text = c.Phone()
		case "email":
			text = c.Primary(EmailIdentity)
		case string(FirstName), string(MiddleName), string(LastName):
			if !c.NameIsPlaceholder {
				text = *c.Text(Field(f))
			}
		default:
			if t := c.Text(Field(f)); t != nil {
				text = *t
			}
		}
		if text != "" {
			v[f] = text
		}
	}
	return v
}

// Swapped are values with contact and billing address changed round, for a connection
// whose other side calls them the other way.
func (v Values) Swapped() Values {
	swapped := Values{}
	for f, text := range v {
		swapped[SwappedAddress(f)] = text
	}
	return swapped
}

// SwappedAddress is a field of the one address as that of the other.
func SwappedAddress(field string) string {
	part, isAddress := "", false
	for _, prefix := range [][2]string{{"contact_address.", "billing_address."}, {"billing_address.", "contact_address."}} {
		if n := len(prefix[0]); len(field) > n && field[:n] == prefix[0] {
			part, isAddress = prefix[1]+field[n:], true
		}
	}
	if isAddress {
		return part
	}
	return field
}

// Names are the fields in order.
func (v Values) Names() []string { return slices.Sorted(maps.Keys(v)) }

// SyncText is a text of another system as a field of ours takes it: in one line where the
// field has one, without control characters, and no longer than fits. Both sides are
// compared in this form, so that what is cut is not taken for a change.
func SyncText(field, text string) string {
	f := Field(field)
	lines := f.lines()
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && lines:
			return r
		case unicode.IsControl(r) || r == utf8.RuneError:
			return ' '
		}
		return r
	}, lineBreaks.Replace(text))
	if !lines {
		text = FullName(text)
	}
	if runes := []rune(strings.TrimSpace(text)); len(runes) > f.maxLength() {
		text = string(runes[:f.maxLength()])
	}
	return strings.TrimSpace(text)
}
