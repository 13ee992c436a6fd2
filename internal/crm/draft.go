package crm

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Draft is what somebody or something wants a contact to be: a form, an API call, a
// message, a row of a file, a record of another system. What it does not mention stays
// as it is.
type Draft struct {
	ID      ID    // the contact to change; empty to make one
	Version int64 // the version it was based on (C4); 0 when none is claimed
	Fields  map[Field]string
	// Email and Phone set or, when they point at "", clear the primary one. A new
	// value takes the old one's place: the old one is free at once (C9).
	Email, Phone *string
	// Identities, when not nil, replaces all phones and e-mails by these.
	Identities *[]Identity
	Tags       *[]ID // replaces all tags
	// AddTags and RemoveTags put single tags on and take them off.
	AddTags, RemoveTags []ID
	Custom              map[string]any
	Visibility          *Visibility
	// AlsoOpen applies Visibility to the conversation that is open now as well (V2).
	AlsoOpen   bool
	AssigneeID *ID
	// OptOuts replaces the channel families that the contact opted out of. Only a person
	// may set it: no import and no sync opts anybody in (B5).
	OptOuts *[]Family
	Source  Source
	// Held says that the phones, e-mails and viewers stood in our own records once (put
	// back, undo): one that the rules for typing would refuse today (I3), or a viewer who is
	// deactivated by now, is taken as it stood.
	Held bool

	// The rest only a message sets (C3): placeholder names, the name the sender
	// chose, and identities that are taken as they came (I3).
	NameIsPlaceholder bool
	ProfileName       string
	Inbound           []Identity
}

// Normalise cleans the texts of a draft in place and reports what cannot be stored:
// control characters, broken text, fields that are too long, unknown countries.
func (d *Draft) Normalise() Problems {
	var problems Problems
	for _, field := range TextFields {
		text, ok := d.Fields[field]
		if !ok {
			continue
		}
		clean, problem := field.Clean(text)
		if problem != nil {
			problems = append(problems, *problem)
			if problem.Code != "unknown_country" {
				continue
			}
		}
		d.Fields[field] = clean
	}
	for field := range d.Fields {
		if new(Contact).Text(field) == nil {
			problems.Add(string(field), "unknown_field", "A contact has no such field.")
		}
	}
	return problems
}

// Clean is a text as the field keeps it, and what is wrong with it; nil when nothing is.
func (f Field) Clean(text string) (clean string, problem *FieldError) {
	clean, err := cleanText(text, f.maxLength(), f.lines())
	if err != nil {
		return clean, &FieldError{Field: string(f), Code: err.code, Detail: err.detail}
	}
	if f == ContactCountry || f == BillingCountry {
		clean = strings.ToUpper(clean)
		if clean != "" && !IsCountry(clean) {
			return clean, &FieldError{Field: string(f), Code: "unknown_country", Detail: strconv.Quote(clean) + " is no country code. Use two letters such as GB."}
		}
	}
	return clean, nil
}

type textError struct{ code, detail string }

// lineBreaks is made once: an import cleans a dozen texts a row.
var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// cleanText trims a text, brings its line breaks to "\n" and refuses what no field can
// hold. Marks that steer the direction of writing are text like any other; a text of
// nothing but what cannot be seen is none.
func cleanText(s string, maximum int, lines bool) (string, *textError) {
	if isClean(s) && len(s) <= maximum {
		return s, nil
	}
	if !utf8.ValidString(s) {
		return "", &textError{"not_text", "This is not valid text (UTF-8)."}
	}
	s = strings.TrimSpace(lineBreaks.Replace(s))
	if strings.TrimSpace(stripInvisible(s)) == "" {
		s = ""
	}
	if n := utf8.RuneCountInString(s); n > maximum {
		return "", &textError{"too_long", "Too long: " + itoa(n) + " characters, at most " + itoa(maximum) + " fit."}
	}
	for _, r := range s {
		if unicode.IsControl(r) && !(lines && (r == '\n' || r == '\t')) {
			return "", &textError{"control_character", "Holds a control character or a line break that does not belong here."}
		}
	}
	return s, nil
}

// isClean reports whether a text is of ASCII that can be seen, between letters or signs: most
// are, and there is nothing to clean.
func isClean(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return s == "" || s[0] != ' ' && s[len(s)-1] != ' '
}

// CleanLine is cleanText for one-line texts outside of contacts: names of users, tags,
// channels. It reports the problem under field. What is too long is returned nevertheless,
// lest somebody says that it is missing besides.
func CleanLine(p *Problems, field, s string, maximum int) string {
	clean, err := cleanText(s, maximum, false)
	if err != nil {
		p.Add(field, err.code, "%s", err.detail)
		if err.code == "too_long" {
			return s
		}
	}
	return clean
}
