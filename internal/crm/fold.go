package crm

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold brings a text to the form in which names are compared and searched: lower-case,
// without accents, words parted by one space.
func Fold(s string) string {
	decomposed := norm.NFKD.String(strings.ToLower(s))
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
