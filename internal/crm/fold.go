package crm

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold brings a text to the form in which names are compared and searched: lower-case,
// without accents, one apostrophe for all, words parted by one space.
func Fold(s string) string {
	if folded, ok := foldLatin(s); ok { // as most texts are here
		return folded
	}
	return foldAny(s)
}

func foldAny(s string) string {
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

// latin are the letters of Western and Central Europe folded, a space for what parts words.
// Each is so whatever stands beside it: none of them is a mark that joins another.
var latin = func() (folded [0x250]string) {
	for r := range folded {
		text := foldAny("a" + string(rune(r)) + "a")
		folded[r] = text[1 : len(text)-1]
	}
	return folded
}()

// foldLatin folds a text all of whose letters are in latin, in a fraction of the time.
func foldLatin(s string) (folded string, ok bool) {
	var b strings.Builder
	b.Grow(len(s))
	parted := false
	for _, r := range s {
		if int(r) >= len(latin) {
			return "", false
		}
		switch text := latin[r]; text {
		case "":
		case " ":
			parted = b.Len() > 0
		default:
			if parted {
				b.WriteByte(' ')
				parted = false
			}
			b.WriteString(text)
		}
	}
	return b.String(), true
}

// plainLetters are how people write letters that are more than one with an accent, and the
// apostrophes of telephones, from a keyboard that has none of them.
var plainLetters = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ı", "i",
	"’", "'", "‘", "'", "ʼ", "'", "´", "'", "′", "'")
