package crm

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// MergeField is one thing that a text can be filled with for a contact: {{first_name}}.
type MergeField struct {
	Name  string // as it is written between the braces
	Label string // as people call it
}

// MergeFieldList is all that texts of a business may name, in the order in which they are
// offered.
type MergeFieldList []MergeField

// The merge fields that are no fields of the contact's record.
const (
	mergeFullName = "full_name"
	mergePhone    = "phone"
	mergeEmail    = "email"
	mergeAgent    = "agent_name"
	mergeBusiness = "our_name"
)

// MergeFieldsWith are the merge fields of a business with these custom fields.
func MergeFieldsWith(custom []CustomField) MergeFieldList {
	fields := MergeFieldList{
		{string(FirstName), "First name"}, {string(MiddleName), "Middle name"}, {string(LastName), "Last name"}, {mergeFullName, "Full name"},
		{string(BusinessName), "Business name"}, {mergePhone, "Phone"}, {mergeEmail, "E-mail"},
		{string(ContactStreet), "Street"}, {string(ContactCity), "City"}, {string(ContactRegion), "Region"},
		{string(ContactPostalCode), "Postal code"}, {string(ContactCountry), "Country"},
		{mergeAgent, "Name of who writes"}, {mergeBusiness, "Name of our business"},
	}
	for _, f := range custom {
		fields = append(fields, MergeField{"custom." + f.Key, f.Label})
	}
	return fields
}

// Has reports whether there is a field of a name.
func (l MergeFieldList) Has(name string) bool {
	return slices.ContainsFunc(l, func(f MergeField) bool { return f.Name == name })
}

// MergeText is a text with merge fields, read by ParseMergeText.
type MergeText struct {
	parts []mergePart
}

// mergePart is a stretch of plain text, or with a field what stands for it.
type mergePart struct {
	text     string // plain text, or the fallback
	field    string
	fallback bool // there is one, which may be empty
}

// mergeName is what may stand as a field's name.
var mergeName = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)*$`)

// ParseMergeText reads a text with {{field}} and {{field|what to say without one}}. The
// error is of kind Invalid and names the field that is not known, or what cannot be read
// as one; its Code is unknown_merge_field or bad_merge_field. It is nil for every text
// without {{.
func ParseMergeText(text string, known MergeFieldList) (MergeText, *Error) {
	var m MergeText
	for text != "" {
		plain, rest, found := strings.Cut(text, "{{")
		if plain != "" {
			m.parts = append(m.parts, mergePart{text: plain})
		}
		if !found {
			break
		}
		inside, after, closed := strings.Cut(rest, "}}")
		if !closed || strings.Contains(inside, "{{") {
			return MergeText{}, Errorf(Invalid, "bad_merge_field", "A merge field is not closed: {{%s. Write it as {{first_name}}.", brief(inside, 30))
		}
		name, fallback, has := strings.Cut(inside, "|")
		name = strings.TrimSpace(name)
		switch {
		case !mergeName.MatchString(name):
			return MergeText{}, Errorf(Invalid, "bad_merge_field", "{{%s}} is not a merge field. Write it as {{first_name}} or {{first_name|there}}.", brief(inside, 40))
		case !known.Has(name):
			return MergeText{}, Errorf(Invalid, "unknown_merge_field", "There is no field {{%s}}.%s", brief(name, 60), known.suggest(name))
		}
		m.parts = append(m.parts, mergePart{field: name, text: strings.TrimSpace(fallback), fallback: has})
		text = after
	}
	return m, nil
}

// suggest names the field that was probably meant.
func (l MergeFieldList) suggest(name string) string {
	bare := strings.NewReplacer("_", "", ".", "").Replace(name)
	for _, f := range l {
		own := strings.NewReplacer("_", "", ".", "").Replace(f.Name)
		if own == bare || strings.TrimPrefix(own, "custom") == bare {
			return " Did you mean {{" + f.Name + "}}?"
		}
	}
	return ""
}

// brief is the beginning of a text, for a sentence about it.
func brief(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most]) + "…"
}

// Fields are the names of the fields in the text, each once.
func (m MergeText) Fields() []string {
	var names []string
	for _, p := range m.parts {
		if p.field != "" && !slices.Contains(names, p.field) {
			names = append(names, p.field)
		}
	}
	return names
}

// Fill is the text for one person. A field without a value gives its fallback, or nothing.
// What a value holds is never read as a merge field itself.
func (m MergeText) Fill(v MergeValues) string {
	var b strings.Builder
	for _, p := range m.parts {
		if p.field == "" {
			b.WriteString(p.text)
		} else if value := v.value(p.field); value != "" {
			b.WriteString(value)
		} else {
			b.WriteString(p.text)
		}
	}
	return b.String()
}

// Missing are the fields of the text that have neither a value nor a fallback for one
// person: where Fill leaves a gap.
func (m MergeText) Missing(v MergeValues) []string {
	var names []string
	for _, p := range m.parts {
		if p.field != "" && !p.fallback && v.value(p.field) == "" && !slices.Contains(names, p.field) {
			names = append(names, p.field)
		}
	}
	return names
}

// MergeValues is what merge fields are filled from.
type MergeValues struct {
	Contact *Contact
	Custom  []CustomField // of the business, for how a value is shown
	Agent   string        // who writes
	Our     string        // the business's own name
}

// value is what a field says of the person, or "". A placeholder is nobody's name (C3).
func (v MergeValues) value(field string) string {
	c := v.Contact
	switch field {
	case mergeAgent:
		return v.Agent
	case mergeBusiness:
		return v.Our
	case mergePhone:
		return c.Phone()
	case mergeEmail:
		return c.Email()
	case mergeFullName:
		if c.NameIsPlaceholder {
			return ""
		}
		return c.Name()
	}
	if key, custom := strings.CutPrefix(field, "custom."); custom {
		i := slices.IndexFunc(v.Custom, func(f CustomField) bool { return f.Key == key })
		if i < 0 {
			return ""
		}
		return strings.TrimSpace(v.Custom[i].Show(c.Custom[key]))
	}
	if c.NameIsPlaceholder && (field == string(FirstName) || field == string(MiddleName) || field == string(LastName)) {
		return ""
	}
	text := c.Text(Field(field))
	if text == nil {
		return ""
	}
	return strings.TrimSpace(*text)
}
