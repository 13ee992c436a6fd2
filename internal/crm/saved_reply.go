package crm

import (
	"strings"
	"unicode/utf8"
)

// SavedReply is a text that a business writes often, with merge fields.
type SavedReply struct {
	ID   ID
	Name string // by which it is found; unique without regard to case
	Text string
}

// Normalise trims the reply and says what is wrong with it.
func (r *SavedReply) Normalise(known MergeFieldList) Problems {
	var p Problems
	r.Name = strings.Join(strings.Fields(r.Name), " ")
	r.Text = strings.TrimSpace(r.Text)
	checkLength(&p, "name", r.Name, 1, 60)
	checkLength(&p, "text", r.Text, 1, 4096)
	if utf8.ValidString(r.Text) {
		if _, err := ParseMergeText(r.Text, known); err != nil {
			p.Add("text", err.Code, "%s", err.Detail)
		}
	}
	return p
}
