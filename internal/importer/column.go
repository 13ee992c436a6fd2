package importer

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/internal/crm"
)

// Column is one column of the table and the field that is proposed for it.
type Column struct {
	Index   int
	Header  string   // as it stands in the file, without outer space; empty when it has none
	Samples []string // a few different values
	// Field is what is proposed: a name of a field, or "ignore".
	Field      string
	Confidence float64 // 0 to 1
	Doubtful   bool    // a person should look at it
	// Label is what the header says of a phone or an e-mail: mobile, work, home, other
	// or nothing.
	Label string
}

// kind is what one cell looks like.
type kind int

const (
	isEmpty kind = iota
	isEmail
	isPhone
	isURL
	isDate
	isBool
	isNumber
	isCode // letters and digits mixed, no spaces: ids, registration numbers
	isName // one to five words that begin like names
	isText
	kinds
)

// profile is what the cells of a column look like together.
type profile struct {
	filled  int
	of      [kinds]int
	spaces  int // cells of several words
	digital int // cells with a digit in them
	grouped int // phones written as people write them: with +, spaces or a leading 0
	country int // cells that name a country
	short   int // cells of one to four digits
	long    int // cells of more than 60 letters
	samples []string
}

func (p *profile) share(k ...kind) float64 {
	if p.filled == 0 {
		return 0
	}
	n := 0
	for _, k := range k {
		n += p.of[k]
	}
	return float64(n) / float64(p.filled)
}

func (p *profile) part(n int) float64 {
	if p.filled == 0 {
		return 0
	}
	return float64(n) / float64(p.filled)
}

const (
	maxSamples   = 4
	sampleLength = 80
)

// look takes one more cell into account.
func (p *profile) look(cell, country string) {
	cell = unwrap(visible(strings.TrimSpace(cell)))
	if n := len(cell); n > 1 && cell[0] == '\'' && cell[n-1] == '\'' {
		cell = cell[1 : n-1]
	}
	if cell == "" || isPlaceholder(cell) {
		return
	}
	p.filled++
	k := kindOf(cell, country)
	p.of[k]++
	if strings.ContainsAny(cell, " \u00a0") {
		p.spaces++
	}
	n := digits(cell)
	if n > 0 {
		p.digital++
	}
	if k == isPhone && (strings.ContainsAny(cell, "+ -/.()") || cell[0] == '0') {
		p.grouped++
	}
	if n == len(cell) && n <= 4 {
		p.short++
	}
	if utf8.RuneCountInString(cell) > 60 {
		p.long++
	}
	if n == 0 && len(cell) < 40 && CountryOf(cell) != "" {
		p.country++
	}
	if len(p.samples) < maxSamples {
		for _, seen := range p.samples {
			if seen == cell {
				return
			}
		}
		p.samples = append(p.samples, clip(cell, sampleLength))
	}
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

var (
	urlText   = regexp.MustCompile(`(?i)^(?:https?://|www\.)\S+$`)
	dateText  = regexp.MustCompile(`^(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}[- ]\pL{3,9}[- .]+\d{2,4}|0/0/00)(?:[ T,]+\d{1,2}:\d{2}.*)?$`)
	numText   = regexp.MustCompile(`^[-+]?[\d.,' ]*\d%?$`)
	codeText  = regexp.MustCompile(`^\S*\d\S*$`)
	phoneText = regexp.MustCompile(`^(?:[A-Za-z]{1,4}:)?[+0-9(][\d\s()./+-]{5,24}(?:(?:x|ext\.?|#)\s*\d+)?$`)
)

var booleans = map[string]bool{"yes": true, "no": true, "true": true, "false": true, "y": true, "n": true, "ja": true, "nein": true, "nee": true,
	"oui": true, "non": true, "si": true, "sim": true, "nao": true, "wahr": true, "falsch": true, "vrai": true, "faux": true, "on": true, "off": true,
	"vero": true, "falso": true, "waar": true, "onwaar": true, "verdadero": true, "verdadeiro": true, "x": true, "0": true, "1": true}

// kindOf says what a cell looks like. country is whose local numbers are phones.
func kindOf(cell, country string) kind {
	switch {
	case cell == "":
		return isEmpty
	case len(cell) > maxListCell:
		return isText
	case len(cell) <= 10 && booleans[fold(cell)]:
		return isBool
	case strings.Contains(cell, "@"):
		if _, _, err := crm.ParseEmail(cell); err == nil || displayed.MatchString(cell) {
			return isEmail
		}
		return isText
	case urlText.MatchString(cell):
		return isURL
	case dateText.MatchString(cell):
		return isDate
	case phoneText.MatchString(cell) && digits(cell) >= 6:
		if found, err := crm.ParsePhones(cell, country, true); err == nil && len(found) > 0 {
			return isPhone
		}
	}
	switch {
	case numText.MatchString(cell):
		return isNumber
	case codeText.MatchString(cell):
		return isCode
	case likeName(cell):
		return isName
	}
	return isText
}

// likeName reports whether a text could be somebody's name: a few words of letters, the
// first and the last with a capital.
func likeName(cell string) bool {
	list := strings.Fields(cell)
	if len(list) == 0 || len(list) > 6 || len(cell) > 60 {
		return false
	}
	for _, r := range cell {
		if !unicode.IsLetter(r) && !strings.ContainsRune(" .,'’-", r) && !unicode.Is(unicode.Mn, r) {
			return false
		}
	}
	begins, _ := utf8.DecodeRuneInString(list[0])
	return unicode.IsUpper(begins) || unicode.IsLetter(begins) && !unicode.IsLower(begins)
}
