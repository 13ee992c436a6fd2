package crm

import (
	"maps"
	"slices"
	"strings"
)

// MergeChoice says whose value a field has after one contact was merged into another
// (C11).
type MergeChoice string

// The choices. Both is for notes alone.
const (
	FromInto MergeChoice = "into" // the contact that is kept
	FromGone MergeChoice = "from" // the one that is merged into it
	FromBoth MergeChoice = "both" // one after the other
)

// MergeFields are the fields that can be chosen, custom fields apart: those of text, the
// primary phone and e-mail, and who messages are assigned to.
var MergeFields = func() []string {
	list := []string{}
	for _, f := range TextFields {
		list = append(list, string(f))
	}
	return append(list, "phone", "email", "assignee_id")
}()

// MergeValue is what a contact has in a field that can be chosen.
func MergeValue(c *Contact, field string) any {
	switch field {
	case "phone":
		return c.Phone()
	case "email":
		return c.Email()
	case "assignee_id":
		return c.AssigneeID.String()
	}
	if key, custom := strings.CutPrefix(field, "custom."); custom {
		if v := c.Custom[key]; v != nil {
			return v
		}
		return ""
	}
	if text := c.Text(Field(field)); text != nil {
		return *text
	}
	return ""
}

// DefaultChoice is the choice where a person makes none: the kept contact's value, the
// other's where that is empty; a real name beats a placeholder; notes are joined.
func DefaultChoice(into, from *Contact, field string) MergeChoice {
	switch Field(field) {
	case FirstName, MiddleName, LastName: // a name is taken whole
		if into.NameIsPlaceholder && !from.NameIsPlaceholder || into.Name() == "" {
			return FromGone
		}
		return FromInto
	case Notes:
		switch {
		case strings.Contains(into.Notes, from.Notes):
			return FromInto
		case strings.Contains(from.Notes, into.Notes):
			return FromGone
		}
		return FromBoth
	}
	if address, ok := addressOf(field); ok { // an address is taken whole, too
		if *addressIn(into, address) == (Address{}) {
			return FromGone
		}
		return FromInto
	}
	if MergeValue(into, field) == "" {
		return FromGone
	}
	return FromInto
}

func addressOf(field string) (address string, ok bool) {
	address, _, ok = strings.Cut(field, "_address.")
	return address, ok
}

func addressIn(c *Contact, address string) *Address {
	if address == "billing" {
		return &c.Billing
	}
	return &c.Contact
}

// ChoosableFields are the fields of two contacts that can be chosen between, custom ones
// last.
func ChoosableFields(into, from *Contact) []string {
	keys := map[string]bool{}
	for key := range into.Custom {
		keys["custom."+key] = true
	}
	for key := range from.Custom {
		keys["custom."+key] = true
	}
	return append(slices.Clone(MergeFields), slices.Sorted(maps.Keys(keys))...)
}

// Merged is the contact that comes of merging from into into. choices may leave fields
// out. Visibility is the caller's to narrow (Narrower). The error is of kind Invalid.
func Merged(into, from *Contact, choices map[string]MergeChoice) (*Contact, error) {
	var problems Problems
	fields := ChoosableFields(into, from)
	for _, field := range slices.Sorted(maps.Keys(choices)) {
		switch choice := choices[field]; {
		case !slices.Contains(fields, field):
			problems.Add("fields."+field, "unknown_field", "There is nothing to choose in %q.", field)
		case choice == FromBoth && field != string(Notes):
			problems.Add("fields."+field, "unknown_choice", "Only notes can be joined.")
		case choice != FromInto && choice != FromGone && choice != FromBoth:
			problems.Add("fields."+field, "unknown_choice", "Choose into, from or, for notes, both.")
		}
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	after := *into
	after.Custom = maps.Clone(into.Custom)
	for _, field := range fields {
		choice, chosen := choices[field]
		if !chosen {
			choice = DefaultChoice(into, from, field)
		}
		after.take(field, from, choice)
	}
	if n := len([]rune(after.Notes)); n > Notes.maxLength() {
		problems.Add("fields.notes", "too_long", "Both notes together have %d characters, and %d fit. Choose one of them.", n, Notes.maxLength())
		return nil, problems.Err()
	}
	name := func(c *Contact) [3]string { return [3]string{c.FirstName, c.MiddleName, c.LastName} }
	after.NameIsPlaceholder = into.NameIsPlaceholder && name(&after) == name(into) || from.NameIsPlaceholder && name(&after) == name(from)
	if after.ProfileName == "" {
		after.ProfileName = from.ProfileName
	}
	if from.Status == Active {
		after.Status = Active
	}
	if from.LastMessageAt.After(after.LastMessageAt) {
		after.LastMessageAt = from.LastMessageAt
	}
	after.Identities = unitedIdentities(into, from, choices)
	after.Tags = slices.Clone(into.Tags)
	for _, t := range from.Tags {
		if !slices.ContainsFunc(after.Tags, func(had Tag) bool { return had.ID == t.ID }) {
			after.Tags = append(after.Tags, t)
		}
	}
	after.OptOuts = slices.Compact(slices.Sorted(slices.Values(slices.Concat(into.OptOuts, from.OptOuts))))
	return &after, nil
}

// take gives a field the value that was chosen. Phones and e-mails are identities, which
// unitedIdentities sees to.
func (c *Contact) take(field string, from *Contact, choice MergeChoice) {
	switch {
	case choice == FromInto || field == "phone" || field == "email":
	case choice == FromBoth:
		c.Notes = strings.TrimSpace(c.Notes + "\n\n" + from.Notes)
	case field == "assignee_id":
		c.AssigneeID = from.AssigneeID
	case strings.HasPrefix(field, "custom."):
		key := strings.TrimPrefix(field, "custom.")
		if c.Custom == nil {
			c.Custom = map[string]any{}
		}
		if v, ok := from.Custom[key]; ok {
			c.Custom[key] = v
		} else {
			delete(c.Custom, key)
		}
	default:
		*c.Text(Field(field)) = *from.Text(Field(field))
	}
}

// unitedIdentities are those of both, with one primary phone and e-mail (I8).
func unitedIdentities(into, from *Contact, choices map[string]MergeChoice) []Identity {
	var list []Identity
	for _, c := range []*Contact{into, from} {
		for _, i := range c.Identities {
			if i.Kind == PhoneIdentity || i.Kind == EmailIdentity {
				theirs := from.Primary(i.Kind) != "" && choices[string(i.Kind)] == FromGone || into.Primary(i.Kind) == ""
				i.Primary = i.Primary && (c == from) == theirs
			}
			list = append(list, i)
		}
	}
	return list
}

// Narrower is the visibility under which nobody sees what they could not see under both
// of two (V2). ok is false when that would be nobody: the two cannot be joined.
func Narrower(a, b Visibility, users []User) (v Visibility, ok bool) {
	active := func(id ID) bool {
		return slices.ContainsFunc(users, func(u User) bool { return u.ID == id && u.Active })
	}
	sees := func(v Visibility, u User) bool { return CanSee(v, u.ID, u.Role, active) }
	switch {
	case b.Mode != Chosen:
		return a, true
	case a.Mode != Chosen:
		return b, true
	}
	v = Visibility{Mode: Chosen, UserIDs: []ID{}}
	for _, u := range users {
		if u.Active && sees(a, u) && sees(b, u) {
			v.UserIDs = append(v.UserIDs, u.ID)
		}
	}
	slices.Sort(v.UserIDs)
	return v, len(v.UserIDs) > 0
}
