package crm

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

var (
	templateName     = regexp.MustCompile(`^[a-z0-9_]{1,512}$`)
	templateLanguage = regexp.MustCompile(`^[a-z]{2,3}(_[A-Z]{2})?$`)
	gapAtEdge        = regexp.MustCompile(`^\s*\{\{|\}\}\s*$`)
)

// CheckDraft says what WhatsApp would refuse about a template that is to be submitted, by
// field; nil when nothing is known to be wrong.
func (t Template) CheckDraft() Problems {
	var p Problems
	if !templateName.MatchString(t.Name) {
		p.Add("name", "bad_name", "A name has lower-case letters, digits and _, such as order_ready.")
	}
	if !templateLanguage.MatchString(t.Language) {
		p.Add("language", "bad_language", "Write the language as en or en_GB.")
	}
	if t.Category != Marketing && t.Category != Utility {
		p.Add("category", "unknown_category", "Choose marketing or utility.")
	}
	return append(p, t.Parts.CheckDraft()...)
}

// CheckDraft says what WhatsApp would refuse about the parts of a template that is to be
// submitted, by field; nil when nothing is known to be wrong.
func (t TemplateParts) CheckDraft() Problems {
	var p Problems
	checkLength(&p, "body", t.Body, 1, 1024)
	t.Header.check(&p)
	checkLength(&p, "footer", t.Footer, 0, 60)
	if gapAtEdge.MatchString(t.Body) {
		p.Add("body", "variable_at_edge", "The text may not begin or end with a variable. Put a word before it or a full stop after it.")
	}
	if strings.Contains(t.Footer, "{{") {
		p.Add("footer", "variable", "A footer has no variables.")
	}
	for _, part := range [][2]string{{"body", t.Body}, {"header", t.Header.Text}} {
		checkGaps(&p, part[0], part[1])
	}
	checkButtons(&p, t.Buttons)
	for _, v := range t.Variables() {
		if v.IsFile() {
			continue // its example is a file
		}
		example := t.Examples[v.Key]
		if strings.TrimSpace(example) == "" {
			p.Add("examples."+v.Key, "required", "WhatsApp wants an example for %s.", v.Label())
		} else if strings.ContainsAny(example, "\n\t{}") || utf8.RuneCountInString(example) > 200 {
			p.Add("examples."+v.Key, "bad_example", "An example is one short line without braces.")
		}
	}
	return p
}

// Fixed says why the parts of a template cannot be changed here, or "".
func (t Template) Fixed() string {
	switch {
	case t.Status == TemplatePending:
		return "WhatsApp is looking at this template. It can be changed once that is done."
	case t.Category != Marketing && t.Category != Utility:
		return "Only templates for marketing and utility are changed here. Change this one in WhatsApp Manager."
	case t.Parts.Unsupported != "":
		return "This template has a part that Parley does not know (" + t.Parts.Unsupported + "). Change it in WhatsApp Manager."
	}
	return ""
}

func checkLength(p *Problems, field, text string, least, most int) {
	switch n := utf8.RuneCountInString(text); {
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		p.Add(field, "not_text", "This is not valid text.")
	case n < least || least > 0 && strings.TrimSpace(text) == "":
		p.Add(field, "required", "This is needed.")
	case n > most:
		p.Add(field, "too_long", "Too long: %d characters of at most %d.", n, most)
	}
}

// checkGaps refuses braces that are no variable, numbers with a gap between them, and
// numbers beside names.
func checkGaps(p *Problems, field, text string) {
	if strings.Contains(templateGap.ReplaceAllString(text, ""), "{{") {
		p.Add(field, "bad_variable", "Write variables as {{1}}, {{2}} or {{first_name}}.")
		return
	}
	names := gapsIn(text)
	numbers := 0
	for _, name := range names {
		if _, err := strconv.Atoi(name); err == nil {
			numbers++
		}
	}
	switch {
	case numbers > 0 && numbers < len(names):
		p.Add(field, "mixed_variables", "Variables are numbers or names, not both.")
	case numbers > 0:
		for i, name := range names {
			if name != strconv.Itoa(i+1) {
				p.Add(field, "variable_missing", "Variables are numbered without a gap from {{1}}: {{%d}} is missing.", i+1)
				return
			}
		}
	}
}

func checkButtons(p *Problems, buttons []TemplateButton) {
	if len(buttons) > 10 {
		p.Add("buttons", "too_many", "A template has ten buttons at most.")
	}
	for i, b := range buttons {
		field := "buttons." + strconv.Itoa(i)
		checkLength(p, field+".text", b.Text, 1, 25)
		switch b.Kind {
		case QuickReply:
		case OpenURL:
			before, gap, _ := strings.Cut(b.URL, "{{")
			u, err := url.Parse(before)
			if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(b.URL) > 2000 {
				p.Add(field+".url", "bad_url", "This is no address: https://…")
			} else if gap != "" && gap != "1}}" {
				p.Add(field+".url", "bad_variable", "An address may end with {{1}}, and has no other variable.")
			}
		case CallPhone:
			if len(b.Phone) < 5 || len(b.Phone) > 20 || strings.Trim(b.Phone, "+0123456789") != "" {
				p.Add(field+".phone", "bad_phone", "Write the number with its country: +44…")
			}
		default:
			p.Add(field+".kind", "unknown_kind", "A button is quick_reply, url or phone_number.")
		}
	}
}

// greeting is a text that goes on with a name.
var greeting = regexp.MustCompile(`(?i)(^|\W)(hi|hello|hey|dear|hola|hallo|liebe[r]?|bonjour|ciao|olá|oi|cher|chère)[ ,]*$`)

// Suggest is a text with merge fields for each variable to begin with: what an admin chose,
// else a field of the same name, else the first name after a greeting. Others are empty.
func (t Template) Suggest(known MergeFieldList) map[string]string {
	fills := map[string]string{}
	for _, v := range t.Parts.Variables() {
		switch {
		case t.Fills[v.Key] != "":
			fills[v.Key] = t.Fills[v.Key]
		case known.Has(v.Name):
			fills[v.Key] = "{{" + v.Name + "}}"
		case v.Part == InBody:
			before := t.Parts.Body
			if at := templateGap.FindStringIndex(before); at != nil && templateGap.FindStringSubmatch(before)[1] == v.Name && greeting.MatchString(before[:at[0]]) {
				fills[v.Key] = "{{first_name|there}}"
			}
		}
	}
	return fills
}
