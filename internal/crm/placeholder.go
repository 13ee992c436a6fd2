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
