package crm

import (
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// CountryName is the English name of a country with the article it takes in a sentence
// ("the United Kingdom"), or the code itself when it is unknown.
func CountryName(code string) string {
	region, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	name := display.English.Regions().Name(region)
	switch code {
	case "GB", "US", "NL", "PH", "AE", "CZ", "BS", "GM", "DO", "CF":
		return "the " + name
	}
	return name
}
