package web

import (
	"fmt"
	"strings"

	"parley/internal/app/contacts"
	"parley/internal/crm"
)

// MergePage sets two contacts side by side, to be merged (C11). It posts to
// POST /contacts/{from}/merge: into, and choose.FIELD with into, from or both.
type MergePage struct {
	Shell
	Preview contacts.MergePreview
	Rows    []MergeRow        // where the two differ
	Same    []string          // what both have alike, in words
	Error   string            // why it was not done
	Names   map[string]string // of users and tags by their ids, and of custom fields
}

func (MergePage) template() string { return "merge" }

// MergeRow is one field in which two contacts differ.
type MergeRow struct {
	Field, Label string
	Into, From   string
	Choice       crm.MergeChoice
	CanJoin      bool // notes: both, one after the other
}

// Chosen reports whether a choice is the one that stands.
func (r MergeRow) Chosen(choice string) bool { return string(r.Choice) == choice }

// Moves is what goes over to the kept contact, as far as the reader may see.
func (p MergePage) Moves() []string {
	from := p.Preview.From
	var list []string
	add := func(n int, one, many string) {
		if n > 0 {
			list = append(list, plural(n, one, many))
		}
	}
	add(p.Preview.Conversations, "conversation", "conversations")
	add(p.Preview.Messages, "message", "messages")
	add(len(from.Identities), "number or address", "numbers and addresses")
	add(len(from.Tags), "tag", "tags")
	return list
}

// MovesText is Moves in a sentence.
func (p MergePage) MovesText() string {
	moves := p.Moves()
	switch len(moves) {
	case 0:
		return "nothing but the fields above"
	case 1:
		return moves[0]
	}
	return strings.Join(moves[:len(moves)-1], ", ") + " and " + moves[len(moves)-1]
}

// Stops are the channels on which either of the two said stop.
func (p MergePage) Stops() string {
	var list []string
	for _, f := range p.Preview.After.OptOuts {
		list = append(list, map[crm.Family]string{crm.SMS: "SMS", crm.WhatsApp: "WhatsApp"}[f])
	}
	return strings.Join(list, " and ")
}

// SeenBy says who sees what comes of the two, where that is not everyone.
func (p MergePage) SeenBy() string {
	if p.Preview.After.Visibility.Mode != crm.Chosen {
		return ""
	}
	var list []string
	for _, id := range p.Preview.After.Visibility.UserIDs {
		list = append(list, firstText(p.Names[id.String()], "somebody"))
	}
	return strings.Join(list, ", ")
}

// mergeRows sets the fields of two contacts side by side. What both have alike is only
// named.
func (p *MergePage) mergeRows(choices map[string]crm.MergeChoice) {
	into, from := p.Preview.Into, p.Preview.From
	if l := p.Preview.Links; l != nil {
		p.Rows = append(p.Rows, MergeRow{Field: contacts.LinksField, Label: "Record that is followed", Into: l.Into, From: l.From, Choice: choices[contacts.LinksField]})
	}
	for _, field := range crm.ChoosableFields(into, from) {
		a, b := p.inWords(field, crm.MergeValue(into, field)), p.inWords(field, crm.MergeValue(from, field))
		switch {
		case a == "" && b == "":
		case a == b:
			p.Same = append(p.Same, firstText(p.Names[field], fieldLabel(field))+": "+a)
		default:
			row := MergeRow{Field: field, Label: firstText(p.Names[field], mergeLabel(field)), Into: a, From: b, CanJoin: field == string(crm.Notes), Choice: choices[field]}
			if row.Choice == "" {
				row.Choice = crm.DefaultChoice(into, from, field)
			}
			if !row.CanJoin && row.Choice == crm.FromBoth {
				row.Choice = crm.FromInto
			}
			p.Rows = append(p.Rows, row)
		}
	}
}

// mergeLabel is what a field is called beside the list of all numbers and addresses.
func mergeLabel(field string) string {
	switch field {
	case "phone":
		return "Main phone"
	case "email":
		return "Main e-mail"
	}
	return fieldLabel(field)
}

func (p *MergePage) inWords(field string, v any) string {
	text := strings.TrimSpace(fmt.Sprint(v))
	if n, ok := v.(float64); ok {
		text = decimal(n)
	}
	switch {
	case text == "":
	case field == "phone":
		return crm.ShowPhone(text)
	case field == "assignee_id":
		return firstText(p.Names[text], text)
	}
	return text
}

// MergeChooser looks for the contact with which another is to be merged.
type MergeChooser struct {
	Shell
	Contact *crm.Contact
	Query   string
	Found   []*crm.Contact
}

func (MergeChooser) template() string { return "merge-chooser" }
