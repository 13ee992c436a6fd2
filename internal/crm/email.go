package crm

import (
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// ParseEmail reads an e-mail address and returns the form in which it is compared (I4):
// trimmed, NFC, lower-case, the domain in ASCII. Dots and plus signs keep their meaning.
// The error is an *Error of kind Invalid without a field.
func ParseEmail(text string) (value, entered string, err error) {
	entered = strings.TrimSpace(stripInvisible(text))
	entered = strings.TrimPrefix(entered, "mailto:")
	local, domain, ok := cutLast(entered, "@")
	if !ok || local == "" || domain == "" {
		return "", "", Errorf(Invalid, "email_shape", "%q is not an e-mail address: it should look like name@example.com.", clip(entered))
	}
	if len(entered) > maxEmail {
		return "", "", tooLongEmail()
	}
	for _, r := range entered {
		if unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar || strings.ContainsRune(`,;<>()"[]\`, r) {
			return "", "", Errorf(Invalid, "email_characters", "%q holds a character that an e-mail address cannot have (%q).", clip(entered), string(r))
		}
	}
	if isPlainLocal(local) && isPlainDomain(domain) {
		return strings.ToLower(entered), entered, nil
	}
	if value, err = comparedEmail(local, domain); err != nil {
		return "", "", err
	}
	return value, entered, nil
}

// comparedEmail is the form in which an address is compared.
func comparedEmail(local, domain string) (string, error) {
	ascii, err := idna.Lookup.ToASCII(strings.ToLower(norm.NFC.String(strings.TrimSuffix(domain, "."))))
	if err != nil || !strings.Contains(ascii, ".") || strings.HasPrefix(ascii, ".") || strings.Contains(ascii, "..") {
		return "", Errorf(Invalid, "email_domain", "%q is not a domain that mail can go to.", clip(domain))
	}
	folded := strings.ToLower(norm.NFC.String(local))
	if len(folded)+1+len(ascii) > maxEmail { // the ASCII form of a domain is the longer one
		return "", tooLongEmail()
	}
	if _, err := mail.ParseAddress(folded + "@" + ascii); err != nil {
		return "", Errorf(Invalid, "email_shape", "%q is not an e-mail address: it should look like name@example.com.", clip(local+"@"+domain))
	}
	return folded + "@" + ascii, nil
}

// isPlainLocal and isPlainDomain know what most addresses consist of, and what needs no other look:
// words of ASCII letters and digits, parted by one dot, hyphen or underscore.
func isPlainLocal(s string) bool { return areWords(s, "._-") }

func isPlainDomain(s string) bool {
	return areWords(s, ".-") && strings.Contains(s, ".") && len(s) <= 63 // the most that one part of it may have
}

func areWords(s, between string) bool {
	word := false // the last byte is of one
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
			word = true
		case word && strings.IndexByte(between, c) >= 0:
			word = false
		default:
			return false
		}
	}
	return word
}

// maxEmail is the length in bytes that mail can carry (RFC 5321).
const maxEmail = 254

func tooLongEmail() error {
	return Errorf(Invalid, "email_too_long", "An e-mail address has at most %d characters.", maxEmail)
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
