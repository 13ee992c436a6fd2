// Package card writes contacts as vCards, for files and for the address books of
// telephones. Reading them is the importer's.
package card

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"parley/internal/crm"
)

// Version is a version of the vCard standard.
type Version string

// The versions: 3.0 (RFC 2426) is what address books on telephones and desktops read most
// widely, 4.0 (RFC 6350) the newest.
const (
	V3 Version = "3.0"
	V4 Version = "4.0"
)

// Properties of our own, by which a card that we wrote is read back to the letter.
const (
	// IDProperty names the contact. A card with it says exactly what the contact is:
	// nothing in it is read with leniency.
	IDProperty = "X-PARLEY-ID"
	// CustomProperty is the value of a field of the business's own: key;value.
	CustomProperty = "X-PARLEY-CUSTOM"
	// StateProperty is the state of the contact that a card in an address book shows, by
	// which a client that sends no condition is known to have an old one (C4).
	StateProperty = "X-PARLEY-STATE"
	// BillingLabel is what the billing address is called, as address books of Apple's and
	// Google's name one.
	BillingLabel = "Billing"
)

// Card is what is written of one contact.
type Card struct {
	Contact *crm.Contact
	Version Version
	UID     string // empty for the contact's own
	// Fields are the business's own fields, of which the card has the values.
	Fields []crm.CustomField
	State  string // empty outside address books
}

// Write writes a card. A placeholder is no name (C3): the card then shows the number.
func (c Card) Write(w io.Writer) error {
	_, err := io.WriteString(w, c.String())
	return err
}

// String is the card with its line breaks.
func (c Card) String() string {
	b := &text{version: c.Version}
	b.line("BEGIN", "VCARD")
	b.line("VERSION", string(c.Version))
	b.line("PRODID", "-//Parley//Contacts//EN")
	b.line("UID", c.uid())
	if c.Contact.NameIsPlaceholder {
		b.line("N", "", "", "", "", "")
	} else {
		b.line("N", c.Contact.LastName, c.Contact.FirstName, c.Contact.MiddleName, "", "")
	}
	b.line("FN", FormattedName(c.Contact))
	if c.Contact.BusinessName != "" {
		b.line("ORG", c.Contact.BusinessName)
	}
	for _, i := range c.Contact.Identities {
		b.identity(i)
	}
	b.address("", c.Contact.Contact)
	b.address(BillingLabel, c.Contact.Billing)
	if len(c.Contact.Tags) > 0 {
		var names []string
		for _, t := range c.Contact.Tags {
			names = append(names, escape(t.Name))
		}
		b.fold("CATEGORIES:" + strings.Join(names, ","))
	}
	if c.Contact.Notes != "" {
		b.line("NOTE", c.Contact.Notes)
	}
	for _, f := range c.Fields {
		if v, ok := c.Contact.Custom[f.Key]; ok {
			b.line(CustomProperty, f.Key, f.Write(v))
		}
	}
	b.line(IDProperty, c.Contact.ID.String())
	if c.State != "" {
		b.line(StateProperty, c.State)
	}
	if c.Version == V4 {
		b.line("REV", c.Contact.UpdatedAt.UTC().Format("20060102T150405Z"))
	} else {
		b.line("REV", c.Contact.UpdatedAt.UTC().Format("2006-01-02T15:04:05Z"))
	}
	b.line("END", "VCARD")
	return b.String()
}

func (c Card) uid() string {
	if c.UID != "" {
		return c.UID
	}
	return "urn:parley:" + c.Contact.ID.String()
}

// FormattedName is what the card calls the contact, which is never nothing: where there is
// no name, the business, the name on WhatsApp, a number or an address stands for it.
func FormattedName(c *crm.Contact) string {
	name := ""
	if !c.NameIsPlaceholder {
		name = c.Name()
	}
	for _, other := range []string{c.BusinessName, c.ProfileName, crm.ShowPhone(c.Phone()), c.Email()} {
		if name == "" {
			name = other
		}
	}
	if name == "" {
		return "Unknown"
	}
	return name
}

// text is a vCard being written.
type text struct {
	strings.Builder
	version Version
	groups  int
}

// line writes a property of one or more parts.
func (b *text) line(name string, parts ...string) {
	for i, part := range parts {
		parts[i] = escape(part)
	}
	b.fold(name + ":" + strings.Join(parts, ";"))
}

// named writes a property and what it is called, which address books show in the place of
// a type.
func (b *text) named(label, name string, parts ...string) {
	b.groups++
	group := fmt.Sprintf("item%d.", b.groups)
	b.line(group+name, parts...)
	b.line(group+"X-ABLabel", label)
}

var types = map[string]string{"mobile": "CELL", "work": "WORK", "home": "HOME"}

func (b *text) identity(i crm.Identity) {
	name := map[crm.IdentityKind]string{crm.PhoneIdentity: "TEL", crm.EmailIdentity: "EMAIL", crm.WhatsAppIdentity: "X-WHATSAPP"}[i.Kind]
	kind, known := types[i.Label]
	if known {
		name += ";TYPE=" + kind
	}
	switch {
	case !i.Primary:
	case b.version == V4:
		name += ";PREF=1"
	default:
		name += ";TYPE=PREF"
	}
	if i.Label == "" || known {
		b.line(name, i.Shown())
		return
	}
	b.named(i.Label, name, i.Shown())
}

func (b *text) address(label string, a crm.Address) {
	parts := []string{"", "", a.Street, a.City, a.Region, a.PostalCode, a.Country}
	switch {
	case a == crm.Address{}:
	case label == "":
		b.line("ADR", parts...)
	default:
		b.named(label, "ADR", parts...)
	}
}

// escape makes a text a value: nothing in it can end the line or begin another.
var escape = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`).Replace

// fold ends a line, broken so that no part of it is longer than 75 bytes.
func (b *text) fold(line string) {
	for most := 75; len(line) > most; most = 74 {
		at := most
		for !utf8.RuneStart(line[at]) {
			at--
		}
		b.WriteString(line[:at] + "\r\n ")
		line = line[at:]
	}
	b.WriteString(line + "\r\n")
}
