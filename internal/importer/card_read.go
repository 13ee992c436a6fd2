package importer

import "bytes"

// CardProperty is a property of one card, read with the leniency of all cards.
type CardProperty struct{ p property }

// Name is the name in upper case, without its group.
func (c CardProperty) Name() string { return c.p.name }

// Group is what goes before the name, such as ITEM1, in upper case; often empty.
func (c CardProperty) Group() string { return c.p.group }

// Is reports whether a type is said, in upper case: CELL.
func (c CardProperty) Is(kind string) bool { return c.p.is(kind) }

// Text is the value.
func (c CardProperty) Text() string { return c.p.text() }

// Components are the parts of the value between semicolons.
func (c CardProperty) Components() []string { return c.p.components() }

// List is the parts of the value between commas.
func (c CardProperty) List() []string {
	var list []string
	for _, part := range splitUnescaped(c.p.value, ',') {
		list = append(list, c.p.decode(part))
	}
	return list
}

// Preferred reports whether it is said to be the one to use.
func (c CardProperty) Preferred() bool { return c.p.preference() <= 100 }

// ReadCard reads the properties of the first card of a text. ok is false when it holds no
// whole card.
func ReadCard(text []byte) (list []CardProperty, ok bool) {
	lines := newCardLines(bytes.NewReader(text))
	begun := false
	for {
		p, err := lines.next()
		if err != nil { // io.EOF: a reader of bytes has no other
			return nil, false
		}
		switch {
		case p.name == "BEGIN":
			begun = true
		case !begun:
		case p.name == "END":
			return list, true
		case len(list) < maxProperties:
			list = append(list, CardProperty{p})
		}
	}
}

// Types are the types that are said, in upper case.
func (c CardProperty) Types() []string { return c.p.types }
