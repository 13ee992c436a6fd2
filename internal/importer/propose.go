package importer

import (
	"strings"

	"parley/internal/crm"
)

// Ignore is the field of a column that is left out.
const Ignore = "ignore"

// Confidences with which a field is proposed. What is below doubtBelow is shown as doubtful.
const (
	sure       = 0.97
	likely     = 0.85
	plausible  = 0.65
	guessed    = 0.45
	doubtBelow = 0.7
)

// propose finds the columns and a field for each.
func (f *File) propose() error {
	rows, err := f.layout()
	if err != nil {
		return err
	}
	profiles := make([]profile, len(f.header))
	for _, row := range rows[:min(len(rows), sampleRows)] {
		for i, cell := range row[:min(len(row), len(profiles))] {
			profiles[i].look(cell, f.Country)
		}
	}
	f.Columns = make([]Column, len(f.header))
	f.marks = make([]headerMark, len(f.header))
	for i, header := range f.header {
		f.marks[i] = readHeader(header)
		f.Columns[i] = Column{Index: i, Header: header, Samples: profiles[i].samples, Field: Ignore}
		f.Columns[i].Label = labelOf(f.marks[i])
	}
	if f.HeaderLine > 0 || f.Format == VCard {
		f.System = systemOf(f.header)
	}
	p := &proposal{file: f, profiles: profiles, taken: map[string]int{}}
	if f.Format == VCard {
		for i, c := range cardColumns {
			p.give(i, c.field, 1)
		}
		for i, c := range f.options.Custom {
			p.give(len(cardColumns)+i, "custom."+c.Key, 1)
		}
		return nil
	}
	p.run()
	for i := range f.Columns {
		c := &f.Columns[i]
		c.Doubtful = c.Field != Ignore && c.Confidence < doubtBelow
	}
	return nil
}

// proposal gives each column what it may hold, and then each field its columns.
type proposal struct {
	file     *File
	profiles []profile
	taken    map[string]int // single fields, by the column that has them
}

// candidate is one field that a column may hold.
type candidate struct {
	field      concept
	confidence float64
}

func (p *proposal) run() {
	found := make([]candidate, len(p.file.Columns))
	for i := range p.file.Columns {
		found[i] = p.candidate(i)
	}
	p.custom(found)
	p.overrides(found)
	p.names(found)
	p.many(found)
	p.singles(found)
	p.addresses(found)
	p.byValues(found)
}

func (p *proposal) give(i int, field string, confidence float64) {
	c := &p.file.Columns[i]
	c.Field, c.Confidence = field, confidence
	p.taken[field] = i
}

// candidate reads the header of one column together with its values.
func (p *proposal) candidate(i int) candidate {
	m, v := p.file.marks[i], &p.profiles[i]
	if p.file.header[i] == "" || !m.known() {
		return candidate{}
	}
	c := fieldOf(m, v)
	if c.field == 0 {
		return c
	}
	if m.unknown > 0 {
		if c.field&(name|full|first|last|middle) != 0 {
			return candidate{}
		}
		c.confidence = min(c.confidence, 0.75)
	}
	return c.against(v)
}

// fieldOf says which field the words of a header mean.
func fieldOf(m headerMark, v *profile) candidate {
	if m.has(stop) {
		return candidate{}
	}
	names := first | middle | last | full | name
	switch {
	case m.has(email):
		if m.has(names | tags | notes) {
			return candidate{}
		}
		if m.has(phone|mobile) && v.share(isEmail) < 0.3 {
			return candidate{phone, plausible}
		}
		return candidate{email, sure}
	case m.has(code) && !m.has(names|street|city|postcode|region):
		if v.part(v.short) > 0.5 || v.grouped > 0 && v.part(v.short) > 0.5 {
			return candidate{code, likely}
		}
		if v.filled > 0 && v.digital == 0 {
			return candidate{country, likely}
		}
		if v.share(isPhone, isNumber, isCode) > 0.5 && v.long == 0 {
			return candidate{code, plausible}
		}
		return candidate{country, plausible}
	case m.has(phone | mobile):
		if m.has(names | tags | notes | country | address | street | extra | city) {
			return candidate{}
		}
		return candidate{phone, sure}
	case m.has(sms):
		if v.share(isBool) > 0.3 || m.unknown > 0 {
			return candidate{}
		}
		return candidate{phone, likely}
	case m.has(tags):
		if m.has(names|company|address|street|city|notes) || m.part > 9 {
			return candidate{}
		}
		return candidate{tags, likely}
	case m.has(notes):
		if m.has(names | address | street | city | company) {
			return candidate{}
		}
		return candidate{notes, likely}
	case m.has(first|last) && m.has(postcode|city|street|country):
		return candidate{}
	case m.has(first) && m.has(last), m.has(full):
		return candidate{full, sure}
	case m.has(middle):
		return candidate{middle, sure}
	case m.has(first):
		return candidate{first, sure}
	case m.has(last):
		return candidate{last, sure}
	case m.has(nth):
		return ordinal(m)
	case m.has(postcode):
		if m.has(city) {
			return candidate{city, plausible}
		}
		return candidate{postcode, sure}
	case m.has(country):
		return candidate{country, sure}
	case m.has(region):
		return candidate{region, sure}
	case m.has(city):
		if m.has(name) && m.has(company) {
			return candidate{}
		}
		return candidate{city, sure}
	case m.has(company) && m.has(address|street):
		if v.part(v.digital) < 0.5 && m.addressFirst {
			return candidate{company, likely}
		}
		return candidate{street, likely}
	case m.has(street | extra):
		return candidate{street, sure}
	case m.has(house):
		return candidate{house, likely}
	case m.has(address):
		if m.has(name) {
			return candidate{}
		}
		return candidate{address, likely}
	case m.has(company):
		return candidate{company, sure}
	case m.has(name):
		if m.has(person | billing | shipping | mailing) {
			return candidate{full, likely}
		}
		return candidate{name, likely}
	case m.has(person) && m.only(person|billing|shipping):
		if m.part == 0 && v.share(isName) > 0.6 && v.part(v.spaces) > 0.5 {
			return candidate{full, guessed}
		}
	}
	return candidate{}
}

// ordinal reads "first" and "last", which count many things but names.
func ordinal(m headerMark) candidate {
	if m.unknown > 0 || m.has(company|person|address|street|city|country) {
		return candidate{}
	}
	list := m.means & (first | last | nth)
	if list == nth && (m.has(name) || m.only(nth)) {
		return candidate{nth, likely}
	}
	return candidate{}
}

// against takes back what the values contradict.
func (c candidate) against(v *profile) candidate {
	if v.filled == 0 {
		return c
	}
	wrong := false
	switch c.field {
	case email:
		wrong = v.share(isEmail) < 0.25
	case phone:
		wrong = v.share(isEmail, isURL, isDate, isBool, isName) > 0.6 || v.share(isText, isName) > 0.8 && v.digital*2 < v.filled
	case first, last, middle, full, name, nth:
		wrong = v.share(isEmail, isPhone, isURL, isDate, isNumber) > 0.6
	case company:
		wrong = v.share(isBool, isDate, isURL, isEmail) > 0.6
	case notes, tags:
		wrong = v.share(isDate) > 0.8 || c.field == tags && v.share(isBool, isDate, isURL) > 0.6
	case postcode:
		wrong = v.share(isEmail, isURL, isDate, isName) > 0.6
	case city, region, country:
		wrong = v.share(isEmail, isURL, isDate) > 0.6 || v.share(isBool, isPhone) > 0.8
	case street, address:
		wrong = v.share(isEmail, isURL, isDate, isBool) > 0.6
	}
	if wrong {
		return candidate{}
	}
	return c
}

// names settles what "Name" is: the last name beside a first name, the first name beside
// a last name, or all of it.
func (p *proposal) names(found []candidate) {
	have := func(c concept) int { return p.best(found, c) }
	for i := range found {
		if found[i].field == nth {
			found[i].field = p.ordinalName(i)
		}
	}
	firstAt, lastAt := have(first), have(last)
	generic := have(name)
	if generic >= 0 {
		switch {
		case firstAt >= 0 && lastAt < 0:
			found[generic] = candidate{last, likely}
		case lastAt >= 0 && firstAt < 0:
			found[generic] = candidate{first, likely}
		case firstAt < 0 && have(full) < 0:
			found[generic] = candidate{full, likely}
			if v := &p.profiles[generic]; v.filled > 0 && v.part(v.spaces) < 0.3 {
				found[generic].confidence = plausible
			}
		case firstAt < 0 && have(company) < 0 && have(full) >= 0:
			found[generic] = candidate{company, guessed}
		}
	}
	firstAt, lastAt = have(first), have(last)
	if at := have(full); at >= 0 && firstAt >= 0 && lastAt < 0 && !p.file.marks[at].has(full|last) && p.profiles[at].part(p.profiles[at].spaces) < 0.5 {
		// "Customer name" beside a first name is the last one, when single words stand in it.
		found[at].field, found[at].confidence = last, plausible
		lastAt = at
	}
	for _, one := range []struct {
		at    int
		field crm.Field
	}{{firstAt, crm.FirstName}, {lastAt, crm.LastName}, {have(middle), crm.MiddleName}} {
		if one.at >= 0 {
			p.give(one.at, string(one.field), found[one.at].confidence)
		}
	}
	if at := have(full); at >= 0 && (firstAt < 0 || lastAt < 0) {
		if firstAt >= 0 || lastAt >= 0 {
			// Half of a name beside all of it: the whole is better.
			for _, i := range []int{firstAt, lastAt} {
				if i >= 0 {
					p.drop(i)
				}
			}
		}
		p.give(at, "full_name", found[at].confidence)
	}
}

func (p *proposal) drop(i int) {
	delete(p.taken, p.file.Columns[i].Field)
	p.file.Columns[i].Field, p.file.Columns[i].Confidence = Ignore, 0
}

// ordinalName is which of the two a header with "first" or "last" means.
func (p *proposal) ordinalName(i int) concept {
	for _, word := range tokens(p.file.header[i]) {
		switch word {
		case "first":
			return first
		case "last":
			return last
		}
	}
	return 0
}

// best is the column that fits a single field best: by its words, then by how many of its
// cells are filled, then from the left. It is -1 without one.
func (p *proposal) best(found []candidate, c concept) int {
	best := -1
	for i := range found {
		if found[i].field != c {
			continue
		}
		if best < 0 || p.better(found, i, best) {
			best = i
		}
	}
	return best
}

func (p *proposal) better(found []candidate, a, b int) bool {
	rank := func(i int) float64 {
		r := found[i].confidence
		m := p.file.marks[i]
		if m.has(billing | shipping | other) {
			r -= 0.2
		}
		if m.part > 1 {
			r -= 0.1
		}
		if p.profiles[i].filled == 0 {
			r -= 0.3
		}
		return r
	}
	return rank(a) > rank(b)
}

// many gives phones and e-mails all their columns: a contact may have several (I8).
func (p *proposal) many(found []candidate) {
	for i, c := range found {
		switch c.field {
		case email:
			p.give(i, "email", c.confidence)
		case phone:
			p.give(i, "phone", c.confidence)
		}
	}
	for i, c := range found {
		if c.field != code {
			continue
		}
		// A calling code goes with the number beside it.
		next := i + 1
		if next < len(found) && found[next].field == phone || i > 0 && found[i-1].field == phone {
			p.give(i, "phone", c.confidence)
		}
	}
}

func (p *proposal) singles(found []candidate) {
	for _, one := range []struct {
		c     concept
		field string
	}{{company, "business_name"}, {tags, "tags"}, {notes, "notes"}} {
		if i := p.best(found, one.c); i >= 0 {
			p.give(i, one.field, found[i].confidence)
		}
	}
}

// custom gives a column whose header is the name of a field of the business's own to that field.
func (p *proposal) custom(found []candidate) {
	for _, field := range p.file.options.Custom {
		for i, header := range p.file.header {
			if _, known := systemField(p.file.System, header); known {
				continue
			}
			same := header != "" && (join(append(tokens(header), "")) == join(append(tokens(field.Label), "")) || strings.EqualFold(header, field.Key) || strings.EqualFold(header, "custom."+field.Key))
			if same && p.file.Columns[i].Field == Ignore {
				p.give(i, "custom."+field.Key, sure)
				found[i] = candidate{}
				break
			}
		}
	}
}

// overrides applies what is known of the columns of a system that was recognised.
func (p *proposal) overrides(found []candidate) {
	for i, header := range p.file.header {
		field, ok := systemField(p.file.System, header)
		if !ok {
			continue
		}
		found[i] = candidate{}
		if field != Ignore {
			p.give(i, field, sure)
		}
	}
}

// byValues proposes columns whose header says nothing by what stands in them, where a
// field that is needed has none yet.
func (p *proposal) byValues(found []candidate) {
	var named []int
	for i := range p.file.Columns {
		if p.file.Columns[i].Field != Ignore || found[i].field != 0 || p.file.marks[i].has(stop) || p.profiles[i].filled == 0 {
			continue
		}
		if _, known := systemField(p.file.System, p.file.header[i]); known {
			continue
		}
		v := &p.profiles[i]
		_, hasEmail := p.taken["email"]
		_, hasPhone := p.taken["phone"]
		switch {
		case v.share(isEmail) >= 0.8 && !hasEmail:
			p.give(i, "email", plausible)
		case v.share(isPhone) >= 0.8 && v.part(v.grouped) >= 0.6 && !hasPhone:
			p.give(i, "phone", guessed)
		case p.file.header[i] == "" && v.share(isName) >= 0.8 && v.part(v.country) < 0.5:
			named = append(named, i)
		}
	}
	if p.file.HeaderLine > 0 {
		return
	}
	_, hasFirst := p.taken["first_name"]
	_, hasFull := p.taken["full_name"]
	if hasFirst || hasFull || len(named) == 0 {
		return
	}
	if len(named) > 1 && named[1] == named[0]+1 && p.profiles[named[0]].part(p.profiles[named[0]].spaces) < 0.5 {
		p.give(named[0], "first_name", guessed)
		p.give(named[1], "last_name", guessed)
		return
	}
	p.give(named[0], "full_name", guessed)
}

// labelOf is what a header says of the phone or e-mail below it.
func labelOf(m headerMark) string {
	switch {
	case m.has(mobile | sms):
		return "mobile"
	case m.has(work | company):
		return "work"
	case m.has(home):
		return "home"
	case m.has(other | billing | shipping):
		return "other"
	}
	return ""
}
