package importer

import (
	"strings"

	"parley/internal/crm"
)

// splitName parts a whole name into first, middle and last name. A title before it is
// left out and returned; particles stay with the last name ("van der Berg"), and so do a
// generation or degree behind it ("Chen III").
func splitName(text string) (first, last, title string) {
	text = strings.Join(strings.Fields(text), " ")
	if before, after, found := strings.Cut(text, ","); found {
		after = strings.TrimSpace(after)
		if suffixes[nameKey(after)] {
			// "Priya Shah, FCCA"
			first, last, title = splitName(before)
			if last != "" {
				last += ", " + after
			}
			return first, last, title
		}
		if after != "" {
			given, t := withoutTitle(after)
			return given, strings.TrimSpace(before), t
		}
		text = strings.TrimSpace(before)
	}
	text, title = withoutTitle(text)
	words := strings.Fields(text)
	suffix := ""
	if n := len(words); n > 2 && suffixes[nameKey(words[n-1])] {
		suffix, words = " "+words[n-1], words[:n-1]
	}
	first, last = crm.SplitName(strings.Join(words, " "))
	if last != "" {
		last += suffix
	}
	return first, last, title
}

// withoutTitle parts a name from the forms of address before it.
func withoutTitle(text string) (name, title string) {
	words := strings.Fields(text)
	n := 0
	for n < len(words)-1 && titles[nameKey(words[n])] && len(words)-n > 1 {
		n++
	}
	return strings.Join(words[n:], " "), strings.Join(words[:n], " ")
}

func nameKey(word string) string { return strings.Trim(fold(word), ".,") }

var titles = set("mr mrs ms miss mx dr prof professor sir dame rev herr frau fr dipl-ing ing mag monsieur madame mademoiselle mme mlle m señor señora sr sra srta dna doña sig signor signora sig.ra sigra dott dott.ssa dottssa avv dhr mevr mw drs ir hr")

var suffixes = set("jr sr ii iii iv junior senior fils neto filho junior phd md esq fcca aca cpa mba bsc msc dds obe mbe cbe")

func set(words string) map[string]bool {
	m := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		m[nameKey(word)] = true
	}
	return m
}

// companySigns are the words by which a firm is told from a person.
var companySigns = set("gmbh ag kg ohg ug ltd limited llc inc plc corp corporation co pllc llp sarl sas sa sasu eurl sl slu srl spa snc bv nv vof lda ltda pty gbr ev e.k sca scrl sprl bvba söhne sons filhos fils hijos figli zonen partners associates group holding")

// isFirm reports whether a whole name is that of a firm, which must not be split into a person.
func isFirm(text string) bool {
	words := strings.Fields(text)
	for i, word := range words {
		if i > 0 && companySigns[strings.ReplaceAll(nameKey(word), ".", "")] {
			return true
		}
	}
	return false
}
