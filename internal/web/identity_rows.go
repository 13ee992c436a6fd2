package web

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"parley/internal/crm"
)

// IdentityRows are the phones or e-mails of a contact in its form (I8), a row each: what
// is typed, a label, and which is the main one. They post NAME and NAME.label, repeated,
// and NAME.primary, the number of a row. The buttons more=NAME and drop=NAME.2 bring the
// form back with a row more or less, for whoever has no scripts.
type IdentityRows struct {
	Name  string // phones or emails
	Title string
	One   string // phone or e-mail
	Field string // phone or email: what a problem of the first row is called
	Type  string // of the input
	Help  string
	Rows  []IdentityRow
}

// IdentityRow is one phone or e-mail.
type IdentityRow struct {
	N           int
	Text, Label string
	Primary     bool
	Error, Hint string
}

// identityLists are the lists of the form by their names.
var identityLists = map[string]crm.IdentityKind{"phones": crm.PhoneIdentity, "emails": crm.EmailIdentity}

// encodeRows writes rows as one value, so that it can be compared and chosen like that of
// any field: a line each, of the text, the label and "main", parted by tabs.
func encodeRows(rows []IdentityRow) string {
	var lines []string
	for _, row := range rows {
		if row.Text == "" {
			continue
		}
		line := row.Text + "\t" + row.Label
		if row.Primary {
			line += "\tmain"
		}
		lines = append(lines, strings.TrimRight(line, "\t"))
	}
	return strings.Join(lines, "\n")
}

func decodeRows(value string) []IdentityRow {
	var rows []IdentityRow
	for _, line := range strings.Split(value, "\n") {
		parts := strings.Split(line, "\t")
		if parts[0] == "" {
			continue
		}
		row := IdentityRow{N: len(rows), Text: parts[0], Primary: parts[len(parts)-1] == "main" && len(parts) > 2}
		if len(parts) > 1 {
			row.Label = parts[1]
		}
		rows = append(rows, row)
	}
	return rows
}

// identityValue is a contact's phones or e-mails as encodeRows has them.
func identityValue(c *crm.Contact, kind crm.IdentityKind) string {
	var rows []IdentityRow
	for _, i := range c.Identities {
		if i.Kind == kind {
			rows = append(rows, IdentityRow{Text: shownIdentity(i), Label: i.Label, Primary: i.Primary})
		}
	}
	return encodeRows(rows)
}

func shownIdentity(i crm.Identity) string {
	if i.Kind == crm.PhoneIdentity {
		return crm.ShowPhone(i.Value)
	}
	return i.Shown()
}

// readRows reads one list of a posted form; ok is false where the form has none.
func readRows(r *http.Request, name string) (value string, ok bool) {
	texts, ok := r.PostForm[name]
	labels, several := r.PostForm[name+".label"]
	if !several { // encoded: chosen among two versions (C4)
		return cleanBreaks(strings.Join(texts, "\n")), ok
	}
	primary := r.PostFormValue(name + ".primary")
	dropped := r.PostFormValue("drop")
	var rows []IdentityRow
	for n, text := range texts {
		row := IdentityRow{Text: oneLine(text), Primary: primary == strconv.Itoa(n)}
		if n < len(labels) {
			row.Label = oneLine(labels[n])
		}
		if dropped != name+"."+strconv.Itoa(n) && row.Text != "" {
			rows = append(rows, row)
		}
	}
	if len(rows) > 0 && !slices.ContainsFunc(rows, func(row IdentityRow) bool { return row.Primary }) {
		rows[0].Primary = true
	}
	return encodeRows(rows), true
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// identities are all phones and e-mails of a form in which any of them changed.
func (p postedContact) identities() *[]crm.Identity {
	if !p.changed("phones") && !p.changed("emails") {
		return nil
	}
	list := []crm.Identity{}
	for _, name := range []string{"phones", "emails"} {
		value, typed := p.typed[name]
		if !typed {
			value = p.was[name]
		}
		for _, row := range decodeRows(value) {
			list = append(list, crm.Identity{Kind: identityLists[name], Value: row.Text, Label: row.Label, Primary: row.Primary})
		}
	}
	return &list
}

var identityProblem = regexp.MustCompile(`^identities\[(\d+)\]`)

// placeErrors moves problems of the list of identities to the rows they are about.
func (f *ContactForm) placeErrors() {
	phones := len(decodeRows(f.Value("phones")))
	for field, detail := range f.Errors {
		m := identityProblem.FindStringSubmatch(field)
		if m == nil {
			continue
		}
		n, _ := strconv.Atoi(m[1]) // the expression takes digits only
		name := "phones." + strconv.Itoa(n)
		if n >= phones {
			name = "emails." + strconv.Itoa(n-phones)
		}
		f.Errors[name] = joinSentences(f.Errors[name], detail)
	}
	if f.Conflict == nil {
		return
	}
	name := f.Conflict.Field + "s"
	for _, row := range decodeRows(f.Value(name)) {
		if row.Text == f.Conflict.Value || crm.SameIdentity(identityLists[name], row.Text, f.Conflict.Value, f.Country, f.Demo) {
			f.Errors[name+"."+strconv.Itoa(row.N)] = f.Errors[f.Conflict.Field]
			delete(f.Errors, f.Conflict.Field)
		}
	}
}

// Phones are the rows of phones.
func (f ContactForm) Phones() IdentityRows {
	return f.rows(IdentityRows{Name: "phones", Title: "Phones", One: "phone", Field: "phone", Type: "tel", Help: "A mobile number is best: only those get messages."})
}

// Emails are the rows of e-mails.
func (f ContactForm) Emails() IdentityRows {
	return f.rows(IdentityRows{Name: "emails", Title: "E-mails", One: "e-mail", Field: "email", Type: "email"})
}

func (f ContactForm) rows(list IdentityRows) IdentityRows {
	list.Rows = decodeRows(f.Value(list.Name))
	if len(list.Rows) == 0 {
		list.Rows = []IdentityRow{{Text: f.Value(list.Field), Primary: true}}
	} else if f.More == list.Name {
		list.Rows = append(list.Rows, IdentityRow{N: len(list.Rows)})
	}
	for n := range list.Rows {
		row := &list.Rows[n]
		row.Error, row.Hint = f.Error(list.Name+"."+strconv.Itoa(n)), f.Hint(list.Name+"."+strconv.Itoa(n))
		if n == 0 {
			row.Error, row.Hint = joinSentences(row.Error, f.Error(list.Field)), firstText(row.Hint, f.Hint(list.Field))
		}
	}
	return list
}

// ID is the id of a row's input.
func (l IdentityRows) ID(n int) string {
	if n == 0 {
		return "f-" + l.Field
	}
	return "f-" + l.Field + "-" + strconv.Itoa(n+1)
}

const landline = "This is a landline. WhatsApp and text messages want a mobile number."

// adviseMobile says which of the numbers are landlines (C2).
func (f *ContactForm) adviseMobile() {
	f.Hints = map[string]string{}
	advise := func(field, text string) {
		if phone, err := crm.ParsePhone(text, f.Country, f.Demo); err == nil && !phone.Mobile {
			f.Hints[field] = landline
		}
	}
	advise("phone", f.Value("phone"))
	for _, row := range decodeRows(f.Value("phones")) {
		advise("phones."+strconv.Itoa(row.N), row.Text)
	}
}

// shownRows is an encoded list as people read it.
func shownRows(value string) string {
	var list []string
	for _, row := range decodeRows(value) {
		text := row.Text
		if row.Label != "" {
			text += " (" + row.Label + ")"
		}
		list = append(list, text)
	}
	return strings.Join(list, "\n")
}
