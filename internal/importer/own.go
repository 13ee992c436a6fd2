package importer

import (
	"slices"
	"strings"

	"parley/internal/crm"
)

// The columns of a file that Parley exported, beside those of the fields. A row with the
// id of a contact is one that Parley wrote, and is read to the letter: nobody who is
// called "None" loses the name, and nothing is parted or tidied up. A row that somebody
// added by hand has no id, and is read like any other.
const (
	OwnID     = "Parley ID"
	OwnLabels = "Labels" // what phones and e-mails are called: a line "mobile: +447400123456" each
)

// findOwn finds those columns.
func (p *Parser) findOwn() {
	p.ownID, p.ownLabels = -1, -1
	for i, c := range p.columns {
		switch c.Header {
		case OwnID:
			p.ownID = i
		case OwnLabels:
			p.ownLabels = i
		}
	}
}

// ownRow reports whether Parley wrote a row, and about whom.
func (p *Parser) ownRow(row Row) (crm.ID, bool) {
	if p.ownID < 0 || p.ownID >= len(row.Cells) || row.Problem != nil {
		return "", false
	}
	return crm.ParseID(strings.TrimSpace(row.Cells[p.ownID]))
}

// parseOwn reads a row that Parley wrote. What a contact must have (C2) is left to the
// caller: a contact that a message made has no name.
func (p *Parser) parseOwn(row Row, id crm.ID) Result {
	out := Result{Row: row, ID: id, Warnings: slices.Clone(row.Warnings)}
	out.Draft = crm.Draft{Fields: map[crm.Field]string{}, Source: crm.SourceImport}
	r := &reading{Parser: p, cells: row.Cells, country: p.settings.Country, out: &out}
	for _, field := range crm.TextFields {
		for _, i := range r.own(string(field)) {
			text := r.ownCell(i)
			if field == crm.ContactCountry || field == crm.BillingCountry {
				if code := strings.ToUpper(text); text != "" && !crm.IsCountry(code) {
					if code = CountryOf(text); code == "" {
						r.warn(string(field), "unknown_country", "%q is no country that is known here and was left out.", clip(text, 60))
					}
					text = code
				}
			}
			r.set(field, text)
		}
	}
	r.ownIdentities()
	for _, i := range r.own("tags") {
		for _, tag := range readList(r.ownCell(i)) {
			if !slices.Contains(out.Tags, tag) {
				out.Tags = append(out.Tags, tag)
			}
		}
	}
	for field, custom := range r.custom {
		for _, i := range r.own(field) {
			r.customValue(field, custom, r.ownCell(i))
		}
	}
	return out
}

// own are the columns of a field as they stand in the file.
func (r *reading) own(field string) []int { return slices.Sorted(slices.Values(r.fields[field])) }

// ownCell is a cell as it was before it was written. Only a text file has cells that were
// made harmless.
func (r *reading) ownCell(i int) string {
	if i < 0 || i >= len(r.cells) {
		return ""
	}
	if r.settings.Format != Text {
		return r.cells[i]
	}
	return crm.Unguarded(r.cells[i])
}

func (r *reading) ownIdentities() {
	labels := map[string]string{}
	for line := range strings.Lines(r.ownCell(r.ownLabels)) {
		if label, value, ok := cutLast(strings.TrimSuffix(line, "\n"), ": "); ok {
			labels[value] = label
		}
	}
	list := []crm.Identity{}
	add := func(i crm.Identity, shown string) {
		i.Label = labels[shown]
		i.Primary = !slices.ContainsFunc(list, func(had crm.Identity) bool { return had.Kind == i.Kind })
		if !slices.ContainsFunc(list, func(had crm.Identity) bool { return had.Key() == i.Key() }) {
			list = append(list, i)
		}
	}
	for _, i := range r.own("phone") {
		for _, text := range readList(r.ownCell(i)) {
			phone, err := r.ownPhone(text)
			read := crm.Identity{Kind: crm.PhoneIdentity, Value: phone.E164, Entered: phone.Entered}
			switch {
			case err == nil && (phone.E164 == text || !onlyNumber(text)):
				add(read, text)
				continue
			case err != nil && !onlyNumber(text):
				if found, _ := crm.ParsePhones(text, r.country, r.settings.Demo); len(found) > 0 {
					for _, one := range found {
						add(crm.Identity{Kind: crm.PhoneIdentity, Value: one.E164, Entered: one.Entered}, text)
					}
					continue
				}
			}
			u := crm.Unusual{Identity: crm.Identity{Kind: crm.PhoneIdentity, Value: text, Entered: text, Label: labels[text]}}
			if err == nil {
				u.Else = &read
			} else {
				before := len(r.out.Warnings)
				r.warnError("phone", err, text)
				u.Warning = r.out.Warnings[before]
				r.out.Warnings = r.out.Warnings[:before]
			}
			r.out.Unusual = append(r.out.Unusual, u)
		}
	}
	for _, i := range r.own("email") {
		for _, text := range readList(r.ownCell(i)) {
			value, entered, err := crm.ParseEmail(text)
			if err != nil {
				r.warnError("email", err, text)
				continue
			}
			add(crm.Identity{Kind: crm.EmailIdentity, Value: value, Entered: entered}, text)
		}
	}
	r.out.Draft.Identities = &list
}

// ownPhone is crm.ParsePhone for a number that may have been read before.
func (r *reading) ownPhone(text string) (crm.Phone, error) {
	if e164, read := r.out.Row.Phones[text]; read {
		return crm.Phone{E164: e164, Entered: text}, nil
	}
	phone, err := crm.ParsePhone(text, r.country, r.settings.Demo)
	if err == nil && phone.Entered == text {
		if r.out.Phones == nil {
			r.out.Phones = map[string]string{}
		}
		r.out.Phones[text] = phone.E164
	}
	return phone, err
}

// onlyNumber reports whether a text is a number as we keep it, and not as people type one.
func onlyNumber(text string) bool {
	return strings.Trim(strings.TrimPrefix(text, "+"), "0123456789") == "" || !strings.ContainsAny(text, " -/().")
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// WriteList writes texts as one cell, which readList reads back: between commas, in quotes
// where one holds what parts them.
func WriteList(texts []string) string {
	var parts []string
	for _, text := range texts {
		if strings.ContainsAny(text, ",;|\"\n") || text != strings.TrimSpace(text) {
			text = `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// readList reads a cell that WriteList wrote, or that somebody wrote in its manner.
func readList(cell string) []string {
	var list []string
	var item strings.Builder
	quoted, wasQuoted := false, false
	end := func() {
		text := item.String()
		if !wasQuoted {
			text = strings.TrimSpace(text)
		}
		if text != "" {
			list = append(list, text)
		}
		item.Reset()
		wasQuoted = false
	}
	for i := 0; i < len(cell); i++ {
		switch c := cell[i]; {
		case quoted && c == '"' && i+1 < len(cell) && cell[i+1] == '"':
			item.WriteByte('"')
			i++
		case c == '"' && (quoted || strings.TrimSpace(item.String()) == ""):
			if quoted = !quoted; quoted {
				item.Reset()
				wasQuoted = true
			}
		case !quoted && (c == ',' || c == ';' || c == '|' || c == '\n'):
			end()
		case !quoted && wasQuoted && c == ' ':
		default:
			item.WriteByte(c)
		}
	}
	end()
	return list
}

// SameHeader reports whether two headers are read alike.
func SameHeader(a, b string) bool { return headerKey(a) == headerKey(b) }
