package contacts

import (
	"io"
	"strings"
	"unicode/utf8"

	"parley/internal/crm"
)

// writeCard writes the record as a vCard. It is version 3.0, which address books on
// telephones and desktops read most widely (RFC 2426).
func (d *Dossier) writeCard(w io.Writer) error {
	_, err := io.WriteString(w, vCard(d.Contact))
	return err
}

func vCard(c *crm.Contact) string {
	var b cardText
	b.line("BEGIN", "VCARD")
	b.line("VERSION", "3.0")
	b.line("UID", "urn:parley:"+c.ID.String())
	b.line("N", c.LastName, c.FirstName, c.MiddleName, "", "")
	b.line("FN", c.Name())
	if c.BusinessName != "" {
		b.line("ORG", c.BusinessName)
	}
	for _, i := range c.Identities {
		b.identity(i)
	}
	b.address("ADR", c.Contact)
	if c.Billing != (crm.Address{}) {
		b.address("item1.ADR", c.Billing)
		b.line("item1.X-ABLabel", "Billing") // as address books of Apple's and Google's name one
	}
	if len(c.Tags) > 0 {
		var names []string
		for _, t := range c.Tags {
			names = append(names, escapeCard(t.Name))
		}
		b.fold("CATEGORIES:" + strings.Join(names, ","))
	}
	if c.Notes != "" {
		b.line("NOTE", c.Notes)
	}
	b.line("REV", c.UpdatedAt.UTC().Format("2006-01-02T15:04:05Z"))
	b.line("END", "VCARD")
	return b.String()
}

// cardText is a vCard being written.
type cardText struct{ strings.Builder }

// line writes a property of one or more parts.
func (b *cardText) line(name string, parts ...string) {
	for i, part := range parts {
		parts[i] = escapeCard(part)
	}
	b.fold(name + ":" + strings.Join(parts, ";"))
}

func (b *cardText) identity(i crm.Identity) {
	name := map[crm.IdentityKind]string{crm.PhoneIdentity: "TEL", crm.EmailIdentity: "EMAIL", crm.WhatsAppIdentity: "X-WHATSAPP"}[i.Kind]
	switch strings.ToLower(i.Label) {
	case "mobile":
		name += ";TYPE=CELL"
	case "work", "home":
		name += ";TYPE=" + strings.ToUpper(i.Label)
	}
	if i.Primary {
		name += ";TYPE=PREF"
	}
	b.line(name, i.Shown())
}

func (b *cardText) address(name string, a crm.Address) {
	if a != (crm.Address{}) {
		b.line(name, "", "", a.Street, a.City, a.Region, a.PostalCode, a.Country)
	}
}

// escapeCard makes a text a value: nothing in it can end the line or begin another.
var escapeCard = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`).Replace

// fold ends a line, broken so that no part of it is longer than 75 bytes.
func (b *cardText) fold(line string) {
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
