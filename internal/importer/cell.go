package importer

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// visible is a text as it is kept: composed letters (NFC), no marks that nobody sees, no
// control characters but line breaks and tabs, spaces of all kinds as spaces. Joiners
// stay where they join letters or parts of a picture, for there they are seen.
func visible(s string) string {
	plain := true
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] >= 0x7f {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	runes := []rune(norm.NFC.String(s))
	kept := runes[:0]
	for i, r := range runes {
		switch {
		case r == '\r':
			if i+1 < len(runes) && runes[i+1] == '\n' {
				continue
			}
			r = '\n'
		case r == '\n', r == '\t', r == 0:
		case r == '\u200c', r == '\u200d':
			if i == 0 || i+1 == len(runes) || !joins(runes[i-1]) || !joins(runes[i+1]) {
				continue
			}
		case r == '\u2028', r == '\u2029':
			r = '\n'
		case unicode.Is(unicode.Zs, r):
			r = ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r) && !(r >= 0xe0000 && r <= 0xe007f):
			continue
		}
		kept = append(kept, r)
	}
	return string(kept)
}

// joins reports whether a joiner beside r changes how r looks.
func joins(r rune) bool {
	return r > 0x2000 || unicode.In(r, unicode.Arabic, unicode.Devanagari, unicode.Bengali, unicode.Tamil, unicode.Telugu, unicode.Kannada,
		unicode.Malayalam, unicode.Sinhala, unicode.Gujarati, unicode.Gurmukhi, unicode.Oriya, unicode.Khmer, unicode.Myanmar)
}

var formulaText = regexp.MustCompile(`^="([^"]*)"$`)

// unwrap takes off ="…", by which programs keep spreadsheets from reckoning with a cell.
func unwrap(cell string) string {
	if strings.HasPrefix(cell, `="`) {
		if m := formulaText.FindStringSubmatch(cell); m != nil {
			return m[1]
		}
	}
	return cell
}

// isPlaceholder reports whether a cell says that there is nothing.
func isPlaceholder(cell string) bool {
	if len(cell) > 16 {
		return false
	}
	folded := strings.ToLower(strings.TrimSpace(cell))
	if folded == "" {
		return true
	}
	return placeholders[folded] || strings.Trim(folded, "-–—_. ?*#") == "" || strings.IndexByte("x0(", folded[0]) >= 0 && noNumber.MatchString(folded)
}

// noNumber is a pattern of a number instead of one: xxx-xxx-xxxx, 000 000.
var noNumber = regexp.MustCompile(`^(?:[x(][x\s()./+-]{3,}|[0(][0\s()./+-]*)$`)

var placeholders = map[string]bool{"n/a": true, "n.a.": true, "n.a": true, "na": true, "none": true, "null": true, "nil": true, "nan": true, "#n/a": true, "(none)": true,
	"(null)": true, "<null>": true, "undefined": true, "unknown": true, "tbd": true, "tbc": true, "not available": true, "not provided": true, "#ref!": true, "#value!": true,
	"keine": true, "keine angabe": true, "k.a.": true, "unbekannt": true, "inconnu": true, "aucun": true, "non renseigné": true, "ninguno": true, "desconocido": true,
	"nenhum": true, "desconhecido": true, "nessuno": true, "sconosciuto": true, "geen": true, "onbekend": true, "n.v.t.": true, "nvt": true, "[blank]": true, "(blank)": true, "empty": true}

// unquoteRow takes off single quotes that stand around every cell of a row.
func unquoteRow(cells []string) []string {
	seen := 0
	for _, cell := range cells {
		if cell = strings.TrimSpace(cell); cell == "" {
			continue
		}
		if len(cell) < 2 || cell[0] != '\'' || cell[len(cell)-1] != '\'' {
			return cells
		}
		seen++
	}
	if seen < 2 {
		return cells
	}
	list := make([]string, len(cells))
	for i, cell := range cells {
		if cell = strings.TrimSpace(cell); len(cell) >= 2 {
			list[i] = cell[1 : len(cell)-1]
		}
	}
	return list
}
