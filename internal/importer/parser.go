package importer

import (
	"fmt"
	"slices"
	"strings"

	"parley/internal/crm"
)

// CustomField is a field of the business's own that a column may hold as custom.KEY.
type CustomField struct {
	Key   string
	Label string
	// Parse makes the value that is kept of a cell, or says why it cannot: a *crm.Error
	// without a field. Nil keeps the text.
	Parse func(text string) (any, error)
}

// Settings are how rows are read.
type Settings struct {
	Mapping Mapping
	Country string // ISO code: local numbers are read as those of this country (I2)
	Demo    bool   // accept numbers in ranges reserved for fiction
	Custom  []CustomField
	Format  Format // of the file in which the rows stand
}

// Result is what one row says.
type Result struct {
	Row Row
	// Draft holds what the row has: empty cells are not in it, for they erase nothing
	// (M4). Identities holds all phones and e-mails, the primary one of each kind first.
	Draft crm.Draft
	Tags  []string // names; the draft has no ids for them
	// Phones are the cells of which each is one number and nothing else, with that number.
	Phones map[string]string
	// ID is the contact of a row that Parley wrote itself (see OwnID). Of such a row nothing
	// is refused here, and Unusual are the numbers that its contact may have already.
	ID      crm.ID
	Unusual []crm.Unusual
	// Problems refuse the row; Warnings name what was left out or read with care (M3).
	Problems []crm.FieldError
	Warnings []crm.FieldError
}

// Refused reports whether the row makes no contact.
func (r *Result) Refused() bool { return len(r.Problems) > 0 }

// Parser makes drafts of rows. It has no state: many goroutines may use one.
type Parser struct {
	settings Settings
	fields   map[string][]int // columns of a field, in the order in which they are read
	custom   map[string]CustomField
	columns  []Column
	marks    []headerMark
	// Where the columns stand that only our own files have; -1 where they do not.
	ownID, ownLabels int
}

// Parser makes a parser for the rows of the file. The error is that of Check.
func (f *File) Parser(s Settings) (*Parser, error) {
	if s.Custom == nil {
		s.Custom = f.options.Custom
	}
	if s.Country == "" {
		s.Country = f.Country
	}
	if s.Format == "" {
		s.Format = f.Format
	}
	checked := *f
	checked.options.Custom = s.Custom
	if err := checked.Check(s.Mapping); err != nil {
		return nil, err
	}
	p := &Parser{settings: s, fields: map[string][]int{}, custom: map[string]CustomField{}, columns: f.Columns, marks: f.marks}
	for _, c := range s.Custom {
		p.custom["custom."+c.Key] = c
	}
	for i := range f.Columns {
		if field := s.Mapping[i]; field != "" && field != Ignore {
			p.fields[field] = append(p.fields[field], i)
		}
	}
	p.findOwn()
	slices.SortStableFunc(p.fields["phone"], func(a, b int) int { return p.phoneRank(a) - p.phoneRank(b) })
	slices.SortStableFunc(p.fields["email"], func(a, b int) int { return p.emailRank(a) - p.emailRank(b) })
	return p, nil
}

// phoneRank orders columns of phones: a mobile can be written to (C2), and what calls
// itself second is not first. Columns alike keep their order.
func (p *Parser) phoneRank(i int) int {
	m := p.marks[i]
	switch {
	case m.has(mobile|sms) && !m.has(other|work) && m.part < 2:
		return 0
	case m.has(mobile | sms):
		return 1
	case m.has(other|billing|shipping) || m.unknown > 0:
		return 5
	case m.has(company) && !m.has(work):
		return 6
	case m.has(address):
		return 4
	case m.part > 1:
		return 3
	}
	return 2
}

func (p *Parser) emailRank(i int) int {
	m := p.marks[i]
	switch {
	case m.has(other) || m.unknown > 0:
		return 2
	case m.part > 1 || m.has(billing|shipping):
		return 1
	}
	return 0
}

// reading is one row on its way to a Result.
type reading struct {
	*Parser
	cells   []string
	country string // whose local numbers are read
	out     *Result
}

// Parse makes a Result of one row.
func (p *Parser) Parse(row Row) Result {
	if id, ours := p.ownRow(row); ours {
		return p.parseOwn(row, id)
	}
	out := Result{Row: row, Warnings: slices.Clone(row.Warnings)}
	out.Draft = crm.Draft{Fields: map[crm.Field]string{}, Source: crm.SourceImport}
	if row.Problem != nil {
		out.Problems = append(out.Problems, *row.Problem)
		return out
	}
	r := &reading{Parser: p, cells: unquoteRow(row.Cells), country: p.settings.Country, out: &out}
	r.texts()
	r.names()
	r.addresses()
	r.identities()
	r.tags()
	r.customs()
	r.minimum()
	return out
}

func (r *reading) warn(field, code, format string, args ...any) {
	r.out.Warnings = append(r.out.Warnings, crm.FieldError{Field: field, Code: code, Detail: fmt.Sprintf(format, args...)})
}

// cell is the text of a column as it is kept.
func (r *reading) cell(i int) string {
	if i >= len(r.cells) {
		return ""
	}
	return strings.TrimSpace(unwrap(visible(r.cells[i])))
}

// value is cell without the words that say that there is nothing.
func (r *reading) value(i int) string {
	if cell := r.cell(i); !isPlaceholder(cell) {
		return cell
	}
	return ""
}

// set keeps a text, or leaves it out with a warning when the field cannot hold it.
func (r *reading) set(field crm.Field, text string) {
	if text == "" {
		return
	}
	clean, wrong := field.Clean(text)
	if wrong != nil {
		problem := *wrong
		if problem.Code == "too_long" {
			problem.Code = "value_too_long"
		}
		if strings.ContainsRune(text, 0) {
			problem.Code, problem.Detail = "contains_nul", "Holds a character that no text has (NUL)."
		}
		r.out.Warnings = append(r.out.Warnings, problem)
		return
	}
	if strings.ContainsRune(text, '\ufffd') {
		r.warn(string(field), "damaged_text", "Letters were lost before this file was written (�).")
	}
	r.out.Draft.Fields[field] = clean
}

func (r *reading) texts() {
	for _, field := range []crm.Field{crm.FirstName, crm.MiddleName, crm.LastName, crm.BusinessName} {
		for _, i := range r.fields[string(field)] {
			r.set(field, oneLine(r.value(i)))
		}
	}
	for _, i := range r.fields["notes"] {
		if note := r.cell(i); !isNothing(note) {
			r.set(crm.Notes, note)
		}
	}
}

// isNothing is isPlaceholder for texts in which a dash or "none" may be meant.
func isNothing(s string) bool {
	return strings.Trim(s, "-–— \n") == "" || strings.EqualFold(s, "n/a") || strings.EqualFold(s, "null") || strings.EqualFold(s, "#n/a")
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// names splits a whole name where the parts have no columns of their own.
func (r *reading) names() {
	for _, i := range r.fields["full_name"] {
		whole := oneLine(r.value(i))
		if whole == "" || r.out.Draft.Fields[crm.FirstName] != "" && r.out.Draft.Fields[crm.LastName] != "" {
			continue
		}
		if isFirm(whole) {
			if r.out.Draft.Fields[crm.BusinessName] == "" {
				r.set(crm.BusinessName, whole)
			}
			r.warn("full_name", "company_name", "%q is the name of a firm and was not split into a person's.", clip(whole, 60))
			continue
		}
		firstName, lastName, title := splitName(whole)
		if r.out.Draft.Fields[crm.FirstName] == "" {
			r.set(crm.FirstName, firstName)
		}
		if r.out.Draft.Fields[crm.LastName] == "" {
			r.set(crm.LastName, lastName)
		}
		if title != "" {
			r.warn("full_name", "title_left_out", "The title %q is no part of the name and was left out.", title)
		}
	}
	// What looks like an e-mail is no name: address books fill one in for the other.
	for _, field := range []crm.Field{crm.FirstName, crm.LastName} {
		if text := r.out.Draft.Fields[field]; strings.Contains(text, "@") {
			if _, _, err := crm.ParseEmail(text); err == nil {
				delete(r.out.Draft.Fields, field)
				r.warn(string(field), "name_is_email", "%q is an e-mail address, not a name.", clip(text, 60))
			}
		}
	}
}

func (r *reading) addresses() {
	for _, group := range []struct {
		prefix                                    string
		street, city, region, postalCode, country crm.Field
	}{
		{"contact_address.", crm.ContactStreet, crm.ContactCity, crm.ContactRegion, crm.ContactPostalCode, crm.ContactCountry},
		{"billing_address.", crm.BillingStreet, crm.BillingCity, crm.BillingRegion, crm.BillingPostalCode, crm.BillingCountry},
	} {
		r.set(group.street, r.street(r.fields[string(group.street)]))
		for _, field := range []crm.Field{group.city, group.region, group.postalCode} {
			for _, i := range r.fields[string(field)] {
				text := oneLine(r.value(i))
				if field == group.postalCode {
					text = strings.TrimLeft(text, "'")
					text = strings.TrimSuffix(text, ".0")
				}
				r.set(field, text)
			}
		}
		for _, i := range r.fields[string(group.country)] {
			text := oneLine(r.value(i))
			if text == "" {
				continue
			}
			if code := CountryOf(text); code != "" {
				r.set(group.country, code)
			} else {
				r.warn(string(group.country), "unknown_country", "%q is no country that is known here and was left out.", clip(text, 60))
			}
		}
	}
}

// street joins the lines of an address in the order of the columns. The number of a
// house stands behind its street.
func (r *reading) street(columns []int) string {
	var lines []string
	for _, i := range columns {
		text := r.value(i)
		if len(text) > maxListCell { // more than an address can be: it is left out as too long
			return text
		}
		for line := range strings.Lines(text) {
			line = oneLine(line)
			switch {
			case line == "":
			case len(lines) > 0 && r.marks[i].has(house) && !r.marks[i].has(street) && digits(lines[len(lines)-1]) == 0:
				lines[len(lines)-1] += " " + line
			case !slices.Contains(lines, line):
				lines = append(lines, line)
			}
		}
	}
	return strings.Join(lines, "\n")
}

// tags parts a cell of tags; a cell may itself be a line of quoted values.
func (r *reading) tags() {
	seen := map[string]bool{}
	for _, i := range r.fields["tags"] {
		if len(r.cells[i]) > maxListCell {
			r.warn("tags", "value_too_long", "This is too long to be a list of tags and was left out.")
			continue
		}
		for _, tag := range splitTags(r.value(i)) {
			if key := strings.ToLower(tag); tag != "" && !seen[key] && !isPlaceholder(tag) {
				if len(seen) >= maxTags || len([]rune(tag)) > maxTagLength {
					r.warn("tags", "tag_unusable", "The tag %q was left out: it is too long, or one too many.", clip(tag, 40))
					continue
				}
				seen[key] = true
				r.out.Tags = append(r.out.Tags, tag)
			}
		}
	}
}

// maxListCell is how many bytes a cell of several values may have.
const maxListCell = 4000

const (
	maxTags      = 50
	maxTagLength = 60
)

func splitTags(cell string) []string {
	if strings.Contains(cell, ":::") {
		cell = strings.ReplaceAll(cell, ":::", ";")
	}
	var list []string
	var tag strings.Builder
	quoted := false
	for _, c := range cell {
		switch {
		case c == '"':
			quoted = !quoted
		case !quoted && strings.ContainsRune(",;|\n", c):
			list = append(list, oneLine(tag.String()))
			tag.Reset()
		default:
			tag.WriteRune(c)
		}
	}
	list = append(list, oneLine(tag.String()))
	for i := range list {
		list[i] = strings.TrimSpace(strings.TrimPrefix(list[i], "* ")) // Google's own groups
	}
	return list
}

func (r *reading) customs() {
	for field, custom := range r.custom {
		for _, i := range r.fields[field] {
			r.customValue(field, custom, r.value(i))
		}
	}
}

func (r *reading) customValue(field string, custom CustomField, text string) {
	if text == "" {
		return
	}
	var value any = text
	if custom.Parse != nil {
		parsed, err := custom.Parse(text)
		if err != nil {
			r.warn(field, "custom_value", "%s", err.Error())
			return
		}
		value = parsed
	}
	if r.out.Draft.Custom == nil {
		r.out.Draft.Custom = map[string]any{}
	}
	r.out.Draft.Custom[custom.Key] = value
}

// minimum refuses a row that lacks what a contact must have (C2), and says all that is
// missing at once. What was left out of it becomes the reason.
func (r *reading) minimum() {
	for _, one := range []struct {
		field crm.Field
		what  string
	}{{crm.FirstName, "first"}, {crm.LastName, "last"}} {
		if r.out.Draft.Fields[one.field] == "" {
			r.blame(string(one.field), "required", "A "+one.what+" name is needed.", string(one.field), "full_name")
		}
	}
	if len(*r.out.Draft.Identities) == 0 {
		r.blame("phone", "no_usable_phone_or_email", "A phone number or an e-mail is needed.", "phone", "email")
	}
}

// blame makes a problem, together with the warnings about fields that are why.
func (r *reading) blame(field, code, sentence string, why ...string) {
	r.out.Problems = append(r.out.Problems, crm.FieldError{Field: field, Code: code, Detail: sentence})
	r.out.Warnings = slices.DeleteFunc(r.out.Warnings, func(w crm.FieldError) bool {
		if slices.Contains(why, w.Field) && w.Code != "title_left_out" && w.Code != "damaged_text" {
			r.out.Problems = append(r.out.Problems, w)
			return true
		}
		return false
	})
}
