package crm

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// nameLikeness is how two names are to each other.
type nameLikeness int

const (
	otherName   nameLikeness = iota // two different names
	noName                          // one of the two has none
	similarName                     // a spelling, an initial, a short form, a name left out
	sameName
	chosenName // one is only what the person calls itself, and it is the other's
)

// bareName is a name as it is compared: words without accents, titles and order.
type bareName struct {
	words       []string // sorted
	first, last string
	chosen      bool // it is what the person calls itself on WhatsApp
}

func (n bareName) whole() string { return strings.Join(n.words, " ") }

func (n bareName) sound() string {
	var list []string
	for _, w := range n.words {
		list = append(list, sound(longForm(w)))
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

func nameOf(c *Contact) (n bareName) {
	first, last := c.FirstName, c.LastName
	if c.NameIsPlaceholder {
		first, last = SplitName(c.ProfileName)
		n.chosen = true
	}
	firsts, lasts := nameWords(first), nameWords(last)
	if len(firsts) > 0 {
		n.first = firsts[0]
	}
	if len(lasts) > 0 {
		n.last = lasts[len(lasts)-1]
	}
	n.words = append(firsts, lasts...)
	slices.Sort(n.words)
	return n
}

func nameWords(s string) []string {
	return slices.DeleteFunc(foldedWords(s), func(w string) bool { return titles[w] })
}

var titles = map[string]bool{"mr": true, "mrs": true, "ms": true, "miss": true, "dr": true, "prof": true, "sir": true, "herr": true, "frau": true, "sr": true, "jr": true}

// foldedWords are the words of a text in lower case, without accents and apostrophes.
func foldedWords(s string) []string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r), unicode.Is(unicode.Cf, r), strings.ContainsRune("'’‘`´.", r):
			return -1
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return r
		}
		return ' '
	}, norm.NFKD.String(strings.ToLower(s)))
	return strings.Fields(oneLetter.Replace(plain))
}

var oneLetter = strings.NewReplacer("ø", "o", "ł", "l", "ß", "ss", "æ", "ae", "œ", "oe", "đ", "d", "ð", "d", "ı", "i", "þ", "th")

func compareNames(a, b bareName) nameLikeness {
	switch {
	case len(a.words) == 0 || len(b.words) == 0:
		return noName
	case a.whole() == b.whole() && a.chosen != b.chosen && len(a.words) > 1:
		return chosenName
	case a.chosen || b.chosen:
		return noName
	case a.whole() == b.whole():
		return sameName
	case len(a.words) >= 2 && len(b.words) >= 2 && similarWords(a.words, b.words):
		return similarName
	}
	return otherName
}

// similarWords reports whether each word of the shorter name has one of its own in the
// other that means the same, and at least one of them is written alike or nearly so.
func similarWords(a, b []string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	rest := slices.Clone(b)
	long := false
	for _, w := range a {
		at := slices.Index(rest, w)
		if at < 0 {
			at = slices.IndexFunc(rest, func(x string) bool { return similarWord(w, x) })
		}
		if at < 0 {
			return false
		}
		long = long || len(w) > 2 && len(rest[at]) > 2
		rest = slices.Delete(rest, at, at+1)
	}
	return long && len(rest) <= 1
}

func similarWord(a, b string) bool {
	switch {
	case len(a) == 1 || len(b) == 1:
		return a[0] == b[0]
	case longForm(a) == longForm(b):
		return true
	case len(a) >= 4 && len(b) >= 4 && nearly(a, b):
		return true
	}
	return a[0] == b[0] && len(a) >= 3 && len(b) >= 3 && sound(a) == sound(b) && sound(a) != a[:1]
}

// longForm is the long form of a name that people shorten, or the name itself.
func longForm(w string) string {
	if long := shortForms[w]; long != "" {
		return long
	}
	return w
}

// shortForms are the long forms of names people go by.
var shortForms = map[string]string{"bob": "robert", "rob": "robert", "bill": "william", "will": "william", "liz": "elizabeth", "beth": "elizabeth",
	"mike": "michael", "tom": "thomas", "jim": "james", "jamie": "james", "kate": "katherine", "katie": "katherine", "dave": "david", "tony": "anthony",
	"chris": "christopher", "alex": "alexander", "nick": "nicholas", "joe": "joseph", "dan": "daniel", "sam": "samuel", "ben": "benjamin",
	"matt": "matthew", "steve": "stephen", "andy": "andrew", "ed": "edward", "ted": "edward", "maggie": "margaret", "peggy": "margaret", "sue": "susan",
	"jenny": "jennifer", "becky": "rebecca", "pepe": "jose", "paco": "francisco", "lola": "dolores", "sepp": "josef", "hans": "johannes"}

// nearly reports whether two words differ by one letter: another one, one more, or two
// that changed places.
func nearly(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(y)-len(x) > 1 {
		return false
	}
	i := 0
	for i < len(x) && x[i] == y[i] {
		i++
	}
	if len(x) < len(y) {
		return slices.Equal(x[i:], y[i+1:])
	}
	if i == len(x) {
		return true
	}
	return slices.Equal(x[i+1:], y[i+1:]) || i+1 < len(x) && x[i] == y[i+1] && x[i+1] == y[i] && slices.Equal(x[i+2:], y[i+2:])
}

// sound is roughly how a word is spoken: its first letter and the consonants after it,
// those that are heard alike written alike.
func sound(word string) string {
	word = soundsLike.Replace(word)
	var b strings.Builder
	last := rune(0)
	for i, r := range word {
		switch {
		case i == 0:
			b.WriteRune(r)
		case strings.ContainsRune("aeiouyhw", r):
			last = 0
			continue
		case r != last:
			b.WriteRune(r)
		}
		last = r
	}
	return b.String()
}

var soundsLike = strings.NewReplacer("sch", "s", "sh", "s", "ph", "f", "ck", "k", "th", "t", "dt", "t", "c", "k", "q", "k", "z", "s", "v", "f", "j", "i", "x", "ks")
