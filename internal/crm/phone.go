package crm

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
)

// Phone is a number that people typed or imported, read and found valid (I2).
type Phone struct {
	E164    string // the canonical form, national variants folded (I3)
	Entered string // as given, trimmed
	Mobile  bool   // can be a mobile: false only for numbers that are known not to be (C2)
}

// ParsePhone reads a number as a person of country (ISO alpha-2) writes it. 00 counts as
// +, digits of any script and invisible marks around them are understood. demo accepts
// ranges reserved for fiction. The error is an *Error of kind Invalid without a field.
func ParsePhone(text, country string, demo bool) (Phone, error) {
	entered := strings.TrimSpace(stripInvisible(text))
	if len(entered) > maxPhoneCell {
		return Phone{}, Errorf(Invalid, "phone_too_long", "The number is too long.")
	}
	folded := foldDigits(entered)
	if err := phoneAlphabet(folded); err != nil {
		return Phone{}, err
	}
	number, err := readPhone(folded, country)
	if err != nil {
		return Phone{}, phoneError(err, folded, country)
	}
	if number.GetExtension() != "" {
		return Phone{}, Errorf(Invalid, "phone_extension", "An extension (%s) cannot be written to. Leave it out and note it elsewhere.", number.GetExtension())
	}
	e164 := phonenumbers.Format(number, phonenumbers.E164)
	if len(e164) > maxE164 {
		return Phone{}, Errorf(Invalid, "phone_too_long", "The number is too long.")
	}
	if canonical := CanonicalPhone(e164); canonical != e164 {
		phone, err := ParsePhone(canonical, country, demo)
		phone.Entered = entered
		return phone, err
	}
	kind := kindOf(number)
	if kind == phonenumbers.UNKNOWN { // the library's own test of a valid number, made once
		if !demo || phonenumbers.IsPossibleNumberWithReason(number) != phonenumbers.IS_POSSIBLE {
			return Phone{}, invalidPhone(number, entered)
		}
	}
	if hasLetter(folded) && kind != phonenumbers.TOLL_FREE {
		return Phone{}, letterError(folded)
	}
	return Phone{
		E164:    e164,
		Entered: entered,
		Mobile:  canBeMobile(kind),
	}, nil
}

func canBeMobile(kind phonenumbers.PhoneNumberType) bool {
	return kind == phonenumbers.MOBILE || kind == phonenumbers.FIXED_LINE_OR_MOBILE || kind == phonenumbers.UNKNOWN
}

// IsLandline reports whether a number in E.164 is known to be no mobile (C2). Of what is
// no number, nothing is known.
func IsLandline(e164 string) bool {
	number, err := phonenumbers.Parse(e164, "ZZ")
	return err == nil && !canBeMobile(kindOf(number))
}

// maxE164 is the length of the longest number in E.164, its plus sign included. The
// library lets some longer German ones pass.
const maxE164 = 16

// CanonicalPhone folds the national variants under which one person may write (I3):
// Brazilian mobiles get their ninth digit, Mexican numbers lose the 1 after 52. Anything
// else, valid or not, stays as it is.
func CanonicalPhone(e164 string) string {
	switch {
	case strings.HasPrefix(e164, "+521") && len(e164) == 14:
		return "+52" + e164[4:]
	case strings.HasPrefix(e164, "+55") && len(e164) == 13 && e164[5] >= '6' && e164[5] <= '9':
		return e164[:5] + "9" + e164[5:]
	}
	return e164
}

// InboundPhone is the identity of a sender as a provider names it: digits with or
// without +, or a short code or word that no library would accept (I3).
func InboundPhone(sender string) Identity {
	value := strings.TrimSpace(sender)
	if digits := strings.TrimPrefix(value, "+"); len(digits) >= 7 && allDigits(digits) {
		value = CanonicalPhone("+" + digits)
	}
	return Identity{Kind: PhoneIdentity, Value: value, Entered: sender, Label: "mobile"}
}

// ShowPhone is a number as people read it: in groups, with its country code.
func ShowPhone(e164 string) string {
	number, err := phonenumbers.Parse(e164, "ZZ")
	if err != nil {
		return e164
	}
	return phonenumbers.Format(number, phonenumbers.INTERNATIONAL)
}

// IsCountry reports whether code is a country whose numbering plan is known.
func IsCountry(code string) bool {
	return phonenumbers.GetSupportedRegions()[code]
}

func phoneAlphabet(folded string) error {
	if folded == "" {
		return Errorf(Invalid, "phone_empty", "There is no number here.")
	}
	digits := 0
	for _, r := range folded {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r < 0x20:
			return Errorf(Invalid, "phone_characters", "The number holds a control character.")
		}
	}
	if digits == 0 {
		return Errorf(Invalid, "phone_no_digits", "%q holds no digits.", clip(folded))
	}
	if hasLetter(folded) && !numberWord.MatchString(folded) && !extension.MatchString(folded) {
		return letterError(folded)
	}
	return nil
}

// numberWord is a number with words in it that stand for keys, such as 0800 GO HELP:
// digits first, then at least three letters. Only free numbers are given out that way.
var numberWord = regexp.MustCompile(`^[+\d\s().-]*\d[\s().-]*(?:[A-Za-z][\s-]*){3,}\d*$`)

func hasLetter(s string) bool { return strings.ContainsFunc(s, unicode.IsLetter) }

func letterError(folded string) error {
	i := strings.IndexFunc(folded, unicode.IsLetter)
	r, _ := utf8.DecodeRuneInString(folded[i:])
	return Errorf(Invalid, "phone_letter", "There is a letter (%q) in the number.", string(r))
}

// readPhone lets the library read a number. 00 counts as + (I2), and only where that is
// no number as what people of country dial: Australians write 0011, for one.
func readPhone(folded, country string) (*phonenumbers.PhoneNumber, error) {
	rest, international := strings.CutPrefix(folded, "00")
	if !international {
		return phonenumbers.Parse(folded, country)
	}
	number, err := phonenumbers.Parse("+"+rest, country)
	if err == nil && kindOf(number) != phonenumbers.UNKNOWN {
		return number, nil
	}
	if own, ownErr := phonenumbers.Parse(folded, country); ownErr == nil && kindOf(own) != phonenumbers.UNKNOWN {
		return own, nil
	}
	return number, err
}

func phoneError(err error, folded, country string) error {
	switch err {
	case phonenumbers.ErrInvalidCountryCode:
		return Errorf(Invalid, "phone_country", "%q does not begin with a known country code.", clip(folded))
	case phonenumbers.ErrTooShortNSN, phonenumbers.ErrTooShortAfterIDD:
		return Errorf(Invalid, "phone_too_short", "The number is too short for %s.", CountryName(country))
	case phonenumbers.ErrNumTooLong:
		return Errorf(Invalid, "phone_too_long", "The number is too long.")
	}
	return Errorf(Invalid, "phone_unreadable", "%q is not a phone number.", clip(folded))
}

func invalidPhone(number *phonenumbers.PhoneNumber, entered string) error {
	region := phonenumbers.GetRegionCodeForCountryCode(int(number.GetCountryCode()))
	name := CountryName(region)
	switch phonenumbers.IsPossibleNumberWithReason(number) {
	case phonenumbers.TOO_SHORT:
		return Errorf(Invalid, "phone_too_short", "The number is too short for %s.", name)
	case phonenumbers.TOO_LONG:
		return Errorf(Invalid, "phone_too_long", "The number is too long for %s.", name)
	case phonenumbers.IS_POSSIBLE_LOCAL_ONLY:
		return Errorf(Invalid, "phone_local_only", "The area code is missing.")
	}
	return Errorf(Invalid, "phone_invalid", "%q is not a number in use in %s.", clip(entered), name)
}

// stripInvisible removes marks that come along when a number is pasted: zero-width
// characters and direction marks.
func stripInvisible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) || r == '\u00ad' {
			return -1
		}
		if unicode.Is(unicode.Zs, r) {
			return ' '
		}
		return r
	}, s)
}

// foldDigits turns digits of any script into ASCII ones and full-width signs into theirs.
func foldDigits(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < 0x80:
			return r
		case r == '＋':
			return '+'
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case unicode.Is(unicode.Nd, r):
			return digitOf(r)
		case unicode.Is(unicode.Pd, r), r == '−':
			return '-'
		}
		return r
	}, s)
}

// digitOf maps a decimal digit of any script to ASCII: each script's ten digits stand in
// one run, in order.
func digitOf(r rune) rune {
	zero := r
	for zero > 0 && unicode.Is(unicode.Nd, zero-1) && r-zero < 9 {
		zero--
	}
	return '0' + (r-zero)%10
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

func itoa(n int) string { return strconv.Itoa(n) }

// CallingCode is a country's code with +, such as +44, or "" when it is unknown.
func CallingCode(country string) string {
	if code := phonenumbers.GetCountryCodeForRegion(country); code != 0 {
		return "+" + itoa(code)
	}
	return ""
}

// PhoneParts is a number in E.164 as country code and the rest, both of digits. A number
// whose country is unknown is all rest.
func PhoneParts(e164 string) (country, rest string) {
	number, err := phonenumbers.Parse(e164, "ZZ")
	if err != nil {
		return "", strings.TrimPrefix(e164, "+")
	}
	country = strconv.Itoa(int(number.GetCountryCode()))
	return country, strings.TrimPrefix(strings.TrimPrefix(e164, "+"), country)
}
