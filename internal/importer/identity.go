package importer

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"parley/internal/crm"
)

// identities reads the phones and e-mails of a row. The first usable of each kind is the
// primary one.
func (r *reading) identities() {
	list := []crm.Identity{}
	add := func(i crm.Identity) {
		for at, seen := range list {
			if seen.Key() == i.Key() {
				if list[at].Label == "" {
					list[at].Label = i.Label
				}
				return
			}
		}
		if len(list) == maxIdentities {
			r.out.Warnings = slices.DeleteFunc(r.out.Warnings, func(w crm.FieldError) bool { return w.Code == "too_many_identities" })
			r.warn(string(i.Kind), "too_many_identities", "Only %d phones and e-mails of a row are read; the others were left out.", maxIdentities)
			return
		}
		i.Primary = true
		for _, seen := range list {
			if seen.Kind == i.Kind {
				i.Primary = false
			}
		}
		list = append(list, i)
	}
	prefix := ""
	for _, i := range r.fields["phone"] {
		cell := r.value(i)
		if code := r.callingCode(i, cell); code != "" {
			prefix = code
			continue
		}
		r.phones(i, cell, prefix, add)
		prefix = ""
	}
	for _, i := range r.fields["email"] {
		r.emails(i, r.value(i), add)
	}
	r.out.Draft.Identities = &list
}

// maxIdentities is how many phones and e-mails of one row are read.
const maxIdentities = 100

var callingCodeText = regexp.MustCompile(`^(?:\+|00)?([1-9]\d{0,3})$`)

// callingCode is the code in a column that holds the codes of the numbers beside it.
func (r *reading) callingCode(i int, cell string) string {
	if len(r.fields["phone"]) < 2 || !r.marks[i].has(code) && len(cell) > 4 {
		return ""
	}
	if m := callingCodeText.FindStringSubmatch(strings.TrimSuffix(cell, ".0")); m != nil {
		return "+" + m[1]
	}
	if r.marks[i].has(code) {
		if country := CountryOf(cell); country != "" {
			return crm.CallingCode(country)
		}
	}
	return ""
}

func (r *reading) phones(i int, cell, prefix string, add func(crm.Identity)) {
	if cell == "" {
		return
	}
	if strings.ContainsRune(cell, 0) {
		r.warn("phone", "contains_nul", "Holds a character that no text has (NUL).")
		return
	}
	if prefix != "" && !strings.HasPrefix(cell, "+") && !strings.HasPrefix(cell, "00") {
		if found, err := crm.ParsePhones(prefix+" "+strings.TrimLeft(strings.TrimSuffix(cell, ".0"), "0 '"), r.country, r.settings.Demo); err == nil {
			r.addPhones(i, found, add)
			return
		}
	}
	if e164, read := r.out.Row.Phones[cell]; read {
		r.addPhones(i, []crm.PhoneInCell{{Phone: crm.Phone{E164: e164, Entered: strings.TrimSpace(cell)}}}, add)
		return
	}
	said := len(r.out.Warnings)
	if r.phonesOfRow(i, cell, add) {
		return
	}
	found, err := crm.ParsePhones(cell, r.country, r.settings.Demo)
	r.addPhones(i, found, add)
	if err != nil {
		r.warnError("phone", err, cell)
	} else if len(r.out.Warnings) == said && len(found) == 1 && found[0].Extension == "" && found[0].Entered == strings.TrimSpace(cell) {
		if r.out.Phones == nil {
			r.out.Phones = map[string]string{}
		}
		r.out.Phones[cell] = found[0].E164
	}
}

// phonesOfRow reads a local number as one of the country that stands in the row, where that
// is another than the file's and the number is one there. It says so (M4). A landline there
// that is a mobile in the file's country is left to that: people move, and keep their mobile.
func (r *reading) phonesOfRow(i int, cell string, add func(crm.Identity)) bool {
	country := r.out.Draft.Fields[crm.ContactCountry]
	if country == "" || country == r.country || strings.HasPrefix(cell, "+") || strings.HasPrefix(cell, "00") || strings.Contains(cell, "(+") {
		return false
	}
	found, err := crm.ParsePhones(cell, country, r.settings.Demo)
	if err != nil || len(found) == 0 {
		return false
	}
	if chosen, err := crm.ParsePhones(cell, r.country, r.settings.Demo); err == nil && len(chosen) == len(found) {
		switch {
		case chosen[0].E164 == found[0].E164:
			return false // both read it alike: it says its country itself
		case chosen[0].Mobile && !found[0].Mobile:
			r.warn("phone", "country_unclear", "%s could be a number of %s, the country that stands in this row. It was read as a mobile of %s.",
				clip(cell, 60), crm.CountryName(country), crm.CountryName(r.country))
			return false
		}
	}
	r.addPhones(i, found, add)
	r.warn("phone", "read_by_row_country", "%s was read as a number of %s, the country that stands in this row.", clip(cell, 60), crm.CountryName(country))
	return true
}

func (r *reading) addPhones(i int, found []crm.PhoneInCell, add func(crm.Identity)) {
	for _, one := range found {
		label := r.columns[i].Label
		if one.Extension != "" {
			label = strings.TrimSpace(label + " ext. " + one.Extension)
		}
		add(crm.Identity{Kind: crm.PhoneIdentity, Value: one.E164, Label: label, Entered: one.Entered})
	}
}

// warnError notes why a cell cannot be used. A cell is shown as it stands, so that it
// can be found.
func (r *reading) warnError(field string, err error, cell string) {
	code, detail := field+"_invalid", err.Error()
	var known *crm.Error
	if errors.As(err, &known) && known.Code != "" {
		code = known.Code
	}
	r.warn(field, code, "%s (%s)", strings.TrimSuffix(detail, "."), clip(cell, 60))
}

var (
	displayed  = regexp.MustCompile(`^[^<>@]*<\s*([^<>\s]+@[^<>\s]+)\s*>$`)
	betweenTwo = regexp.MustCompile(`\s*(?:[,;|\n]|:::|\s/\s)\s*`)
)

// parted are the parts of a cell between what stands between two e-mails.
func parted(cell string) []string {
	if !strings.ContainsAny(cell, ",;|\n:/") { // most hold one
		return []string{cell}
	}
	return betweenTwo.Split(cell, -1)
}

func (r *reading) emails(i int, cell string, add func(crm.Identity)) {
	if cell == "" {
		return
	}
	if len(cell) > maxListCell {
		r.warn("email", "email_too_long", "This is too long to be an e-mail address, or several.")
		return
	}
	for _, text := range parted(cell) {
		text = strings.Trim(strings.TrimSpace(text), `'"`)
		if text == "" || isPlaceholder(text) {
			continue
		}
		if m := displayed.FindStringSubmatch(text); m != nil {
			text = m[1]
		} else if strings.HasPrefix(text, "<") && strings.HasSuffix(text, ">") {
			text = text[1 : len(text)-1]
		}
		if len(text) > 7 && strings.EqualFold(text[:7], "mailto:") {
			text = text[7:]
		}
		text = strings.TrimSuffix(text, ".") // the end of a sentence it was copied from
		value, entered, err := crm.ParseEmail(text)
		if err != nil {
			if !strings.Contains(text, "@") && strings.Contains(cell, "@") && text != cell {
				continue // "Smith, John <john@…>": a part of the name before it
			}
			r.warnError("email", err, text)
			continue
		}
		label := r.columns[i].Label
		add(crm.Identity{Kind: crm.EmailIdentity, Value: value, Label: label, Entered: entered})
	}
}
