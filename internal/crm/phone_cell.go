package crm

import (
	"regexp"
	"strconv"
	"strings"
)

// PhoneInCell is one number out of a cell of a file, with the extension that stood
// behind it ("" without one): it is no part of the number, and must not be lost.
type PhoneInCell struct {
	Phone
	Extension string
}

// ParsePhones reads a cell as spreadsheets and other systems write it: one number or
// several, with extensions, apostrophes and formulas around them. The error is that of
// the first part that is no number; numbers found beside it are returned all the same.
// country and demo are those of ParsePhone.
func ParsePhones(cell, country string, demo bool) ([]PhoneInCell, error) {
	if len(cell) > maxPhoneCell {
		return nil, Errorf(Invalid, "phone_too_long", "This is too long to be a phone number, or several.")
	}
	if plain := strings.TrimSpace(cell); isPlainNumber(plain) {
		phone, err := ParsePhone(plain, country, demo)
		if err != nil {
			return nil, err
		}
		return []PhoneInCell{{Phone: phone}}, nil
	}
	whole := unwrapCell(stripInvisible(cell))
	var list []PhoneInCell
	var failed error
	for _, part := range betweenNumbers.Split(whole, -1) {
		phones, err := numbersOf(part, country, demo)
		list = append(list, phones...)
		if err != nil && failed == nil {
			failed = err
		}
	}
	return list, failed
}

// isPlainNumber reports whether a text can be nothing but one number: most are, and looking
// for more in them costs three times what reading them does.
func isPlainNumber(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9', c == ' ', c == '-', c == ')':
		case c == '+' && i == 0:
		case c == '(' && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9':
		default:
			return false
		}
	}
	return s != ""
}

// maxPhoneCell is how many bytes of phone numbers anybody puts into one cell.
const maxPhoneCell = 500

// betweenNumbers is what never stands inside of a number.
var betweenNumbers = regexp.MustCompile(`(?i)\s*(?:[;|&\r\n]+|:::|\bor\b|\band\b)\s*`)

var maybeBetween = regexp.MustCompile(`\s*[/,]\s*`)

// numbersOf reads a text in which only a slash or a comma may still part two numbers. They
// do when every part is a number, for both stand inside of one as well. Else it is read
// as one number, and if it is none, what can be read of the parts is kept.
func numbersOf(text, country string, demo bool) ([]PhoneInCell, error) {
	parts := maybeBetween.Split(text, -1)
	var list []PhoneInCell
	for _, part := range parts {
		if phone, err := numberWithExtension(part, country, demo); err == nil {
			list = append(list, phone)
		}
	}
	if len(list) == len(parts) {
		return list, nil
	}
	phone, err := numberWithExtension(text, country, demo)
	if err != nil {
		return list, err
	}
	return []PhoneInCell{phone}, nil
}

var extension = regexp.MustCompile(`(?i)^(.*\d.*?)(?:\s*,?\s*\bext(?:n|ension)?\b[.:]?|\s*,,+|\s*#|\s*x)\s*(\d{1,7})\s*#?$`)

func numberWithExtension(text, country string, demo bool) (PhoneInCell, error) {
	var found PhoneInCell
	number := unwrapCell(foldDigits(text))
	if m := extension.FindStringSubmatch(number); m != nil {
		number, found.Extension = m[1], m[2]
	}
	number, err := wholeNumber(number)
	if err != nil {
		return found, err
	}
	found.Phone, err = ParsePhone(number, country, demo)
	found.Entered = strings.TrimSpace(text)
	return found, err
}

var (
	formula  = regexp.MustCompile(`^=?"([^"]*)"$`)
	label    = regexp.MustCompile(`(?i)^(?:tel|phone|p|callto|sms)\s*:|\([\p{L} ]+\)`)
	floating = regexp.MustCompile(`^(\+?\d+)\.0+$`)
	power    = regexp.MustCompile(`(?i)^(\+?)(\d)(?:[.,](\d+))?e\+?(\d{1,2})$`)
)

// unwrapCell takes off what programs put around a number so that nothing reckons with it.
func unwrapCell(s string) string {
	s = strings.TrimSpace(s)
	if m := formula.FindStringSubmatch(s); m != nil {
		s = m[1]
	}
	s = strings.TrimLeft(s, "'")
	return strings.TrimSpace(label.ReplaceAllString(s, ""))
}

// wholeNumber undoes what a spreadsheet did that took the digits for a quantity, where
// all of them are still there; else the digits would be a guess (M4).
func wholeNumber(s string) (string, error) {
	if m := floating.FindStringSubmatch(s); m != nil {
		return m[1], nil
	}
	m := power.FindStringSubmatch(s)
	if m == nil {
		return s, nil
	}
	if digits, _ := strconv.Atoi(m[4]); digits != len(m[3]) {
		return "", Errorf(Invalid, "phone_scientific_notation", "A spreadsheet has shortened this number (%s); its last digits are lost.", clip(s))
	}
	return m[1] + m[2] + m[3], nil
}
