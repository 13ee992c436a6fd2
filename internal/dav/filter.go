package dav

import (
	"strings"

	"parley/internal/crm"
	"parley/internal/importer"
)

// filter is that of an addressbook-query (RFC 6352, 10.5). One without conditions lets
// everybody pass.
type filter struct {
	Test  string       `xml:"test,attr"`
	Props []propFilter `xml:"urn:ietf:params:xml:ns:carddav prop-filter"`
}

type propFilter struct {
	Name   string        `xml:"name,attr"`
	Test   string        `xml:"test,attr"`
	Not    *struct{}     `xml:"urn:ietf:params:xml:ns:carddav is-not-defined"`
	Texts  []textMatch   `xml:"urn:ietf:params:xml:ns:carddav text-match"`
	Params []paramFilter `xml:"urn:ietf:params:xml:ns:carddav param-filter"`
}

type paramFilter struct {
	Name string     `xml:"name,attr"`
	Not  *struct{}  `xml:"urn:ietf:params:xml:ns:carddav is-not-defined"`
	Text *textMatch `xml:"urn:ietf:params:xml:ns:carddav text-match"`
}

type textMatch struct {
	Text   string `xml:",chardata"`
	Type   string `xml:"match-type,attr"`
	Negate string `xml:"negate-condition,attr"`
}

// check refuses what is not understood: a condition that is passed over would show too
// many.
func (f filter) check() error {
	for _, p := range f.Props {
		for _, one := range p.Params {
			if !strings.EqualFold(one.Name, "TYPE") {
				return crm.Errorf(crm.Invalid, "supported-filter", "Only the parameter TYPE can be asked for, not %s.", one.Name)
			}
		}
	}
	return nil
}

// passes reports whether a card passes.
func (f filter) passes(text string) bool {
	if len(f.Props) == 0 {
		return true
	}
	list, _ := importer.ReadCard([]byte(text)) // our own
	for _, p := range f.Props {
		if p.passes(list) != (f.Test == "allof") {
			return f.Test != "allof"
		}
	}
	return f.Test == "allof"
}

func (p propFilter) passes(list []importer.CardProperty) bool {
	defined := false
	for _, one := range list {
		if !strings.EqualFold(one.Name(), p.Name) {
			continue
		}
		defined = true
		if p.Not == nil && p.fits(one) {
			return true
		}
	}
	return p.Not != nil && !defined
}

func (p propFilter) fits(one importer.CardProperty) bool {
	if len(p.Texts)+len(p.Params) == 0 {
		return true
	}
	all := p.Test == "allof"
	for _, t := range p.Texts {
		if t.fits(one.Text()) != all {
			return !all
		}
	}
	for _, param := range p.Params {
		if param.fits(one) != all {
			return !all
		}
	}
	return all
}

func (f paramFilter) fits(one importer.CardProperty) bool {
	types := one.Types()
	if f.Not != nil {
		return len(types) == 0
	}
	if f.Text == nil {
		return len(types) > 0
	}
	for _, kind := range types {
		if f.Text.fits(kind) {
			return true
		}
	}
	return false
}

func (t textMatch) fits(text string) bool {
	a, b := crm.Fold(text), crm.Fold(t.Text)
	found := false
	switch t.Type {
	case "equals":
		found = a == b
	case "starts-with":
		found = strings.HasPrefix(a, b)
	case "ends-with":
		found = strings.HasSuffix(a, b)
	default:
		found = strings.Contains(a, b)
	}
	return found != (t.Negate == "yes")
}
