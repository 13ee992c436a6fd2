package crm

import (
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

var countriesByName = sync.OnceValue(func() map[string]string {
	m := map[string]string{"uk": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB",
		"usa": "US", "united states of america": "US", "holland": "NL", "the netherlands": "NL"}
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string([]rune{a, b})
			if !IsCountry(code) {
				continue
			}
			m[strings.ToLower(code)] = code
			if region, err := language.ParseRegion(code); err == nil {
				m[Fold(display.English.Regions().Name(region))] = code
				m[strings.ToLower(region.ISO3())] = code
			}
		}
	}
	return m
})

// CountryCode is the two letters of a country that is written as a code or by its English
// name; empty where none is known.
func CountryCode(text string) string {
	text = strings.TrimSpace(text)
	if code := countriesByName()[strings.ToLower(text)]; code != "" {
		return code
	}
	return countriesByName()[Fold(text)]
}

// CountryInEnglish is the name of a country without an article, or "" for an empty code.
func CountryInEnglish(code string) string {
	region, err := language.ParseRegion(code)
	if err != nil {
		return ""
	}
	return display.English.Regions().Name(region)
}
