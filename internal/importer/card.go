package importer

import (
	"io"
	"slices"
	"strings"

	"parley/internal/crm"
)

// cardColumns are the columns that a file of vCards has, each with the field it holds.
var cardColumns = []struct{ header, field string }{
	{"First name", "first_name"}, {"Middle name", "middle_name"}, {"Last name", "last_name"}, {"Full name", "full_name"},
	{"Company", "business_name"}, {"Mobile phone", "phone"}, {"Phone", "phone"}, {"Work phone", "phone"}, {"Home phone", "phone"},
	{"E-mail", "email"}, {"Street", "contact_address.street"}, {"City", "contact_address.city"}, {"Region", "contact_address.region"},
	{"Postal code", "contact_address.postal_code"}, {"Country", "contact_address.country"}, {"Tags", "tags"}, {"Notes", "notes"},
	{"Billing street", "billing_address.street"}, {"Billing city", "billing_address.city"}, {"Billing region", "billing_address.region"},
	{"Billing postal code", "billing_address.postal_code"}, {"Billing country", "billing_address.country"}, {OwnID, Ignore}, {OwnLabels, Ignore},
}

// Indexes into cardColumns.
const (
	cardFirst = iota
	cardMiddle
	cardLast
	cardFull
	cardCompany
	cardMobile
	cardPhone
	cardWork
	cardHome
	cardEmail
	cardStreet
	cardCity
	cardRegion
	cardPostcode
	cardCountry
	cardTags
	cardNotes
	cardBillingStreet
	cardBillingCity
	cardBillingRegion
	cardBillingPostcode
	cardBillingCountry
	cardID
	cardLabels
)

// cardSource reads vCards of any version as records of cardColumns, behind which stand the
// fields of the business's own.
type cardSource struct {
	r        io.ReaderAt
	size     int64
	encoding string
	custom   []string // keys of the business's own fields
}

func (s cardSource) records() recordReader {
	in := decoded(io.NewSectionReader(s.r, 0, s.size), s.encoding)
	return &cardReader{lines: newCardLines(&markTrimmer{in: in}), custom: s.custom}
}

func (f *File) openCards(r io.ReaderAt, size int64, head []byte) error {
	f.Encoding = encodingOf(head)
	if f.Encoding == cp1252Name {
		f.Encoding = utf8Name // each value is read as it says itself
	}
	cards := cardSource{r: r, size: size, encoding: f.Encoding}
	for _, c := range cardColumns {
		f.header = append(f.header, c.header)
	}
	for _, c := range f.options.Custom {
		f.header, cards.custom = append(f.header, c.Label), append(cards.custom, c.Key)
	}
	f.source = cards
	return nil
}

// cardRows are the cells of the first cards.
func cardRows(first []record) ([][]string, error) {
	var rows [][]string
	for _, rec := range first {
		rows = append(rows, rec.cells)
	}
	if len(rows) == 0 {
		return nil, crm.Errorf(crm.Invalid, "no_rows", "There are no cards in the file.")
	}
	return rows, nil
}

// cardReader makes a record of each card.
type cardReader struct {
	lines  *cardLines
	begun  int // the line of a BEGIN that was read already; 0 without
	custom []string
}

func (r *cardReader) close() {}

// read gives the next card that is a contact's: a group of contacts is none.
func (r *cardReader) read() (record, error) {
	for {
		rec, isGroup, err := r.card()
		if err != nil || !isGroup {
			return rec, err
		}
	}
}

func (r *cardReader) card() (rec record, isGroup bool, err error) {
	for r.begun == 0 {
		p, err := r.lines.next()
		if err != nil {
			return record{}, false, err
		}
		if p.name == "BEGIN" {
			r.begun = p.line
		}
	}
	c := card{record: record{line: r.begun, cells: make([]string, len(cardColumns)+len(r.custom))}, custom: r.custom}
	r.begun = 0
	var list []property
	for {
		p, err := r.lines.next()
		if err == io.EOF {
			c.problem = &crm.FieldError{Code: "truncated_card", Detail: "The file ends in the middle of this card."}
			break
		}
		if err != nil {
			return record{}, false, err
		}
		if p.name == "END" {
			break
		}
		if p.name == "BEGIN" { // the END of this card is missing
			r.begun = p.line
			break
		}
		if len(list) < maxProperties {
			list = append(list, p)
		}
	}
	if isOwn(list) {
		c.fillOwn(list)
	} else {
		c.fill(list)
	}
	return c.record, c.group, nil
}

// maxProperties is how many properties of a card are read.
const maxProperties = 2000

// card is one card on its way to a record.
type card struct {
	record
	custom  []string
	labels  map[string]string // what Apple calls the properties of a group
	full    string
	company bool
	group   bool
}

func (c *card) fill(list []property) {
	c.labels = map[string]string{}
	for _, p := range list {
		if p.name == "X-ABLABEL" && p.group != "" {
			c.labels[p.group] = strings.ToLower(p.text())
		}
	}
	// What is preferred comes first.
	slices.SortStableFunc(list, func(a, b property) int { return a.preference() - b.preference() })
	addresses := 0
	for _, p := range list {
		switch p.name {
		case "N":
			c.name(p)
		case "FN":
			c.full = oneLine(p.text())
		case "ORG":
			if parts := p.components(); len(parts) > 0 && c.cells[cardCompany] == "" {
				c.cells[cardCompany] = parts[0]
			}
		case "X-WA-BIZ-NAME":
			if c.cells[cardCompany] == "" {
				c.cells[cardCompany] = p.text()
			}
		case "TEL":
			c.phone(p)
		case "EMAIL":
			c.more(cardEmail, p.text(), "\n")
		case "ADR":
			if addresses++; addresses == 1 {
				c.address(p)
			}
		case "NOTE":
			c.more(cardNotes, strings.TrimSpace(p.text()), "\n")
		case "CATEGORIES":
			for _, tag := range p.list() {
				c.more(cardTags, `"`+strings.ReplaceAll(tag, `"`, "")+`"`, ",")
			}
		case "X-ABSHOWAS":
			c.company = strings.EqualFold(p.text(), "COMPANY")
		case "KIND", "X-ADDRESSBOOKSERVER-KIND":
			c.group = c.group || strings.EqualFold(p.text(), "group")
			c.company = c.company || strings.EqualFold(p.text(), "org")
		}
	}
	if addresses > 1 {
		c.warnings = append(c.warnings, crm.FieldError{Field: "contact_address", Code: "more_addresses", Detail: "The card has more than one address; the first was taken."})
	}
	c.settle()
}

// settle decides between the parts of the name and the whole: the whole is split only
// where a part is missing and it has more to say.
func (c *card) settle() {
	if c.full == "" || c.cells[cardFirst] != "" && c.cells[cardLast] != "" {
		return
	}
	if c.company || strings.EqualFold(c.full, c.cells[cardCompany]) {
		if c.cells[cardCompany] == "" {
			c.cells[cardCompany] = c.full
		}
		return
	}
	if len(strings.Fields(c.full)) > 1 {
		c.cells[cardFirst], c.cells[cardLast] = "", ""
		c.cells[cardFull] = c.full
	} else if c.cells[cardFirst]+c.cells[cardLast] == "" {
		c.cells[cardFull] = c.full
	}
}

func (c *card) name(p property) {
	for i, part := range p.components() {
		part = oneLine(strings.ReplaceAll(part, ",", " "))
		switch i {
		case 0:
			c.cells[cardLast] = part
		case 1:
			c.cells[cardFirst] = part
		case 2:
			c.cells[cardMiddle] = part
		case 4:
			if generations[nameKey(part)] && c.cells[cardLast] != "" {
				c.cells[cardLast] += " " + part
			}
		}
	}
}

var generations = set("jr sr ii iii iv junior senior")

// more adds to a cell that may hold several values.
func (c *card) more(cell int, text, separator string) {
	switch {
	case text == "":
	case c.cells[cell] == "":
		c.cells[cell] = text
	default:
		c.cells[cell] += separator + text
	}
}

func (c *card) phone(p property) {
	label := c.labels[p.group]
	if p.is("FAX") || p.is("PAGER") || p.is("MODEM") || p.is("BBS") || strings.Contains(label, "fax") || strings.Contains(label, "assistant") || strings.Contains(label, "pager") {
		return
	}
	number := p.text()
	if rest, ok := cutPrefixFold(number, "tel:"); ok {
		number, _, _ = strings.Cut(rest, ";")
		if _, ext, found := strings.Cut(strings.ToLower(rest), ";ext="); found {
			ext, _, _ = strings.Cut(ext, ";")
			number += " ext. " + ext
		}
	}
	cell := cardPhone
	switch {
	case p.is("CELL") || p.is("IPHONE") || strings.Contains(label, "mobile") || strings.Contains(label, "cell") || strings.Contains(label, "iphone"):
		cell = cardMobile
	case p.is("WORK"):
		cell = cardWork
	case p.is("HOME"):
		cell = cardHome
	}
	c.more(cell, number, "\n")
}

func (c *card) address(p property) {
	parts := append(p.components(), make([]string, 7)...)
	// Post office box, extension, street, city, region, postal code, country.
	for _, line := range []string{parts[2], parts[1], parts[0]} {
		c.more(cardStreet, strings.TrimSpace(line), "\n")
	}
	c.cells[cardCity], c.cells[cardRegion], c.cells[cardPostcode], c.cells[cardCountry] = parts[3], parts[4], parts[5], parts[6]
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}
