package importer

import (
	"bufio"
	"embed"
	"maps"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

//go:embed words/*.txt
var wordFiles embed.FS

// concept is a set of what a word of a header can mean; words/README.md says what each is.
type concept uint64

const (
	first concept = 1 << iota
	middle
	last
	nth
	full
	name
	company
	email
	phone
	mobile
	sms
	code
	street
	extra
	house
	address
	city
	region
	postcode
	country
	tags
	notes
	home
	work
	other
	billing
	shipping
	mailing
	main
	person
	number
	filler
	stop
)

var conceptNames = map[string]concept{
	"first": first, "middle": middle, "last": last, "nth": nth, "full": full, "name": name, "company": company,
	"email": email, "phone": phone, "mobile": mobile, "sms": sms, "code": code,
	"street": street, "extra": extra, "house": house, "address": address, "city": city, "region": region, "postcode": postcode, "country": country,
	"tags": tags, "notes": notes, "home": home, "work": work, "other": other, "billing": billing, "shipping": shipping,
	"mailing": mailing, "main": main, "person": person, "number": number, "filler": filler, "stop": stop,
}

// words is what the word lists of all languages say, by folded phrase. A phrase may mean
// several things; what a language is certain of (a field) outweighs what another calls
// no field of ours, for the values are looked at as well.
var words = sync.OnceValue(func() map[string]concept {
	all := map[string]concept{}
	files, _ := wordFiles.ReadDir("words")
	for _, file := range files {
		text, _ := wordFiles.ReadFile("words/" + file.Name())
		lines := bufio.NewScanner(strings.NewReader(string(text)))
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			line, _, _ := strings.Cut(lines.Text(), "#")
			kind, phrases, ok := strings.Cut(line, ":")
			if !ok {
				continue
			}
			for phrase := range strings.SplitSeq(phrases, ",") {
				if key := strings.Join(tokens(phrase), " "); key != "" {
					all[key] |= conceptNames[strings.TrimSpace(kind)]
				}
			}
		}
	}
	// Programs write phrases together: "razonsocial".
	for key, means := range maps.Clone(all) {
		if glued := strings.ReplaceAll(key, " ", ""); len(glued) >= 6 && all[glued] == 0 {
			all[glued] = means
		}
	}
	return all
})

// longestPhrase is how many words a phrase of the lists has at most.
const longestPhrase = 6

// fold brings a text to the form in which words are compared: lower case, no accents,
// one form of every letter.
func fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(s) {
		switch r = unicode.ToLower(r); {
		case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r):
		case r == 'ß':
			b.WriteString("ss")
		case r == 'ø':
			b.WriteRune('o')
		case r == 'æ':
			b.WriteString("ae")
		case r == 'œ':
			b.WriteString("oe")
		case r == 'ł':
			b.WriteRune('l')
		case r == 'ı':
			b.WriteRune('i')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// tokens parts a header into folded words and numbers, also where only the case changes:
// "CountryCode" is two words.
func tokens(header string) []string {
	var spaced strings.Builder
	previous := ' '
	for _, r := range header {
		if unicode.IsLower(previous) && unicode.IsUpper(r) || unicode.IsDigit(r) != unicode.IsDigit(previous) && unicode.IsLetter(previous) != unicode.IsLetter(r) && (unicode.IsLetter(previous) || unicode.IsLetter(r)) {
			spaced.WriteRune(' ')
		}
		spaced.WriteRune(r)
		previous = r
	}
	return strings.FieldsFunc(fold(spaced.String()), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// compound parts a word that is written together ("Mobiltelefon", "MAILINGSTREET") into
// words of the lists, as few as can be. It is nil when that cannot be done.
func compound(word string) []string {
	known := words()
	if len(word) < 6 || len(word) > 40 {
		return nil
	}
	best := make([][]string, len(word)+1)
	best[0] = []string{}
	for end := 3; end <= len(word); end++ {
		for start := 0; start <= end-3; start++ {
			if best[start] == nil {
				continue
			}
			for _, link := range []string{"", "s", "n", "en", "es"} {
				piece, ok := strings.CutPrefix(word[start:end], link)
				if !ok || link != "" && start == 0 || len(piece) < 3 || known[piece] == 0 {
					continue
				}
				if best[end] == nil || len(best[start])+1 < len(best[end]) {
					best[end] = append(append([]string{}, best[start]...), piece)
				}
			}
		}
	}
	return best[len(word)]
}
