package crm

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold brings a text to the form in which names are compared and searched: lower-case,
// without accents, one apostrophe for all, words parted by one space.
func Fold(s string) string {
	if isASCII(s) { // as most names are
		return strings.Join(strings.Fields(strings.ToLower(s)), " ")
	}
	decomposed := norm.NFKD.String(plainLetters.Replace(strings.ToLower(s)))
	stripped := strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r), unicode.Is(unicode.Cf, r):
			return -1
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, decomposed)
	return strings.Join(strings.Fields(stripped), " ")
}

func isASCII(s string) bool {
	for n := range len(s) {
		if s[n] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// plainLetters are how people write letters that are more than one with an accent, and the
// apostrophes of telephones, from a keyboard that has none of them.
var plainLetters = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ı", "i",
	"’", "'", "‘", "'", "ʼ", "'", "´", "'", "′", "'")
