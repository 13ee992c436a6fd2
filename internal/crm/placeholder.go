package crm

import "strings"

// PlaceholderName is the first and last name of a contact that a message made (C3). It
// tells placeholders apart by the contact's id and never contains the number.
func PlaceholderName(f Family, id ID) (first, last string) {
	first = "New"
	switch f {
	case SMS:
		first = "SMS"
	case WhatsApp:
		first = "WhatsApp"
	}
	// The last characters of an id are random letters and digits; letters alone are
	// kept so that nobody takes the name for a number.
	letters := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return 'a' + (r - '0')
		}
		return r
	}, string(id[len(id)-4:]))
	return first, "Contact " + strings.ToUpper(letters)
}

// SplitName parts a name as somebody wrote it into first and last name: the last word is
// the last name, together with the particles before it ("van der Berg"). One word alone
// is a first name.
func SplitName(name string) (first, last string) {
	if before, after, found := strings.Cut(name, ","); found && strings.TrimSpace(after) != "" {
		return FullName(after), FullName(before)
	}
	words := strings.Fields(strings.TrimRight(name, ", "))
	if len(words) < 2 {
		return FullName(words...), ""
	}
	at := len(words) - 1
	for at > 1 && particles[strings.ToLower(words[at-1])] {
		at--
	}
	return strings.Join(words[:at], " "), strings.Join(words[at:], " ")
}

// particles are the words that belong to the last name that follows them.
var particles = map[string]bool{"van": true, "von": true, "der": true, "den": true, "de": true, "del": true, "della": true, "di": true,
	"da": true, "dos": true, "du": true, "la": true, "le": true, "ter": true, "ten": true, "zu": true, "bin": true, "al": true, "el": true, "y": true}
