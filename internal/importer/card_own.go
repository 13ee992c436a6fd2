package importer

import (
	"strings"

	"parley/internal/crm"
)

// fillOwn makes a record of a card that Parley wrote: each value goes into its cell as it
// stands, in the way in which Parley's own tables have it.
func (c *card) fillOwn(list []property) {
	labels := map[string]string{}
	for _, p := range list {
		if p.name == "X-ABLABEL" && p.group != "" {
			labels[p.group] = p.text()
		}
	}
	var phones, emails, named []string
	for _, p := range list {
		switch p.name {
		case ownIDProperty:
			c.cells[cardID] = p.text()
		case "N":
			parts := append(p.components(), "", "", "")
			c.cells[cardLast], c.cells[cardFirst], c.cells[cardMiddle] = parts[0], parts[1], parts[2]
		case "ORG":
			c.cells[cardCompany] = p.components()[0]
		case "TEL", "EMAIL":
			value, label := p.text(), labels[p.group]
			for kind, word := range map[string]string{"CELL": "mobile", "WORK": "work", "HOME": "home"} {
				if p.group == "" && p.is(kind) {
					label = word
				}
			}
			if label != "" {
				named = append(named, label+": "+value)
			}
			if p.name == "TEL" {
				phones = append(phones, value)
			} else {
				emails = append(emails, value)
			}
		case "ADR":
			at := cardStreet
			if labels[p.group] == "Billing" {
				at = cardBillingStreet
			}
			parts := append(p.components(), make([]string, 7)...)
			copy(c.cells[at:at+5], parts[2:7])
		case "NOTE":
			c.cells[cardNotes] = p.text()
		case "CATEGORIES":
			var tags []string
			for _, part := range splitUnescaped(p.value, ',') {
				tags = append(tags, p.decode(part))
			}
			c.cells[cardTags] = WriteList(tags)
		case ownCustomProperty:
			if parts := p.components(); len(parts) == 2 {
				for n, key := range c.custom {
					if key == parts[0] {
						c.cells[len(cardColumns)+n] = parts[1]
					}
				}
			}
		}
	}
	c.cells[cardPhone], c.cells[cardEmail] = WriteList(phones), WriteList(emails)
	c.cells[cardLabels] = strings.Join(named, "\n")
}

// Properties by which our own cards are told (package card writes them).
const (
	ownIDProperty     = "X-PARLEY-ID"
	ownCustomProperty = "X-PARLEY-CUSTOM"
)

// isOwn reports whether Parley wrote a card.
func isOwn(list []property) bool {
	for _, p := range list {
		if p.name == ownIDProperty {
			_, ok := crm.ParseID(p.text())
			return ok
		}
	}
	return false
}
