package importer

import (
	"strconv"
	"strings"
)

// headerMark is what the words of a header say, before the values and the other columns
// are looked at.
type headerMark struct {
	means   concept
	unknown int // words that no list knows
	part    int // the number in it, as in "Street 2"; 0 without
	group   int // the number of the address it belongs to, as in "Address 2 - City"
	// addressFirst tells "Default Address Company" from "Company address".
	addressFirst bool
	words        int
}

// known reports whether a word says something.
func (m headerMark) known() bool { return m.means&^(filler|number) != 0 }

func (m headerMark) has(c concept) bool { return m.means&c != 0 }

// only reports whether nothing but c is said, apart from words that say little.
func (m headerMark) only(c concept) bool { return m.means&^(c|filler|number|main) == 0 }

// readHeader reads the words of a header: the longest phrase that a list knows at each
// place, and what is in compounds.
func readHeader(header string) headerMark {
	var m headerMark
	list, folded := tokens(header), fold(header)
	if len(list) > 24 {
		return headerMark{unknown: len(list)}
	}
	known := words()
	for i := 0; i < len(list); {
		n := phraseAt(list[i:])
		if n > 0 {
			m.add(known[join(list[i:i+n])], list[i:i+n], i+n < len(list))
			i += n
			continue
		}
		word, before := list[i], m.means
		i++
		if value, err := strconv.Atoi(word); err == nil {
			if value < 100 {
				m.part = value
			} else {
				m.unknown++
			}
			continue
		}
		if len(word) == 1 {
			continue // an ordinal's or a plural's rest: "2º", "Assistant's"
		}
		pieces := compound(word)
		if pieces == nil && strings.Contains(folded, word+".") {
			m.means |= abbreviated(word)
		}
		if pieces == nil && m.means == before {
			m.unknown++
		}
		for _, piece := range pieces {
			m.add(known[piece], []string{piece}, true)
		}
	}
	return m
}

// abbreviated is what a word with a full stop behind it means ("Observ."), when all words
// that begin so mean the same.
func abbreviated(word string) concept {
	var means concept
	if len(word) < 4 {
		return 0
	}
	for phrase, c := range words() {
		if !strings.HasPrefix(phrase, word) || strings.Contains(phrase, " ") {
			continue
		}
		if means != 0 && means != c {
			return 0
		}
		means = c
	}
	return means
}

// add notes what a phrase means. A number that ends a phrase of an address counts the
// addresses where another word follows that says which part of one it is.
func (m *headerMark) add(means concept, phrase []string, more bool) {
	m.words++
	if means&stop != 0 && means&^(stop|filler) != 0 {
		means &^= stop
	}
	if m.means&(address|street) != 0 && means&company != 0 {
		m.addressFirst = true
	}
	if m.means&address != 0 && m.part > 0 && m.group == 0 && means&(street|city|region|postcode|country|address) != 0 {
		m.group, m.part = m.part, 0
	}
	if value, err := strconv.Atoi(phrase[len(phrase)-1]); err == nil && means&(street|address) != 0 {
		if more {
			m.group = value
			means = means&^street | address
		} else {
			m.part = value
		}
	}
	m.means |= means
}

// phraseAt is how many tokens the longest known phrase at the start of list has.
func phraseAt(list []string) int {
	known := words()
	for n := min(longestPhrase, len(list)); n > 0; n-- {
		if known[join(list[:n])] != 0 {
			return n
		}
	}
	return 0
}

func join(list []string) string {
	if len(list) == 1 {
		return list[0]
	}
	s := list[0]
	for _, word := range list[1:] {
		s += " " + word
	}
	return s
}
