package importer

import (
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"parley/internal/crm"
)

// CountryOf is the ISO code of a country as people write it: its code, or its name in
// English, in its own language or in one of those that headers are read in. It is empty
// when no country is meant for certain.
func CountryOf(text string) string {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > 80 {
		return ""
	}
	if len(text) == 2 {
		if code := strings.ToUpper(text); crm.IsCountry(code) {
			return code
		}
	}
	return countryNames()[strings.Join(tokens(text), " ")]
}

// countryNames has the names of all countries by their folded words.
var countryNames = sync.OnceValue(func() map[string]string {
	names := map[string]string{}
	var codes []language.Region
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string([]rune{a, b})
			if region, err := language.ParseRegion(code); err == nil && crm.IsCountry(code) && region.String() == code {
				codes = append(codes, region)
			}
		}
	}
	add := func(name, code string) {
		key := strings.Join(tokens(name), " ")
		if key != "" && names[key] == "" {
			names[key] = code
		}
	}
	for _, tag := range []language.Tag{language.English, language.German, language.French, language.Spanish, language.Portuguese, language.EuropeanPortuguese,
		language.Italian, language.Dutch} {
		namer := display.Regions(tag)
		for _, region := range codes {
			add(namer.Name(region), region.String())
		}
	}
	for _, region := range codes {
		code := region.String()
		if tag, err := language.Parse("und-" + code); err == nil {
			own, _ := tag.Base()
			if namer := display.Regions(language.Make(own.String())); namer != nil {
				add(namer.Name(region), code)
			}
		}
		if iso3 := region.ISO3(); iso3 != "ZZZ" {
			add(iso3, code)
		}
	}
	for name, code := range otherCountryNames {
		add(name, code)
	}
	return names
})

// otherCountryNames are what people write besides.
var otherCountryNames = map[string]string{
	"uk": "GB", "u k": "GB", "great britain": "GB", "britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB",
	"großbritannien": "GB", "england uk": "GB", "grande bretagne": "GB", "royaume uni": "GB", "gran bretaña": "GB", "reino unido": "GB", "inglaterra": "GB", "engeland": "GB", "angleterre": "GB",
	"united kingdom of great britain and northern ireland": "GB", "groot brittannië": "GB", "gran bretagna": "GB",
	"usa": "US", "u s a": "US", "u s": "US", "united states of america": "US", "america": "US", "vereinigte staaten von amerika": "US", "états unis d amérique": "US",
	"etats unis": "US", "estados unidos de américa": "US", "eeuu": "US", "ee uu": "US", "eua": "US", "stati uniti d america": "US", "verenigde staten van amerika": "US",
	"brd": "DE", "holland": "NL", "the netherlands": "NL", "pays bas": "NL", "países bajos": "NL", "paesi bassi": "NL", "holanda": "NL", "olanda": "NL",
	"eire": "IE", "republic of ireland": "IE", "czech republic": "CZ", "tschechische republik": "CZ", "uae": "AE", "u a e": "AE", "south korea": "KR", "korea": "KR",
	"hong kong": "HK", "macau": "MO", "russia": "RU", "turkey": "TR", "türkei": "TR", "ivory coast": "CI", "vatican": "VA", "viet nam": "VN", "suisse": "CH", "svizzera": "CH",
	"schweiz": "CH", "belgique": "BE", "belgië": "BE", "belgien": "BE", "österreich": "AT", "d": "DE", "a": "AT", "f": "FR", "i": "IT", "e": "ES", "b": "BE",
}
