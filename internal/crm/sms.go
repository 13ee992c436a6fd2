package crm

import "unicode/utf16"

// SMSAlphabet is how the characters of an SMS are counted.
type SMSAlphabet string

// The alphabets. One character that GSM-7 does not have turns the whole text into UCS-2.
const (
	GSM7 SMSAlphabet = "GSM-7"
	UCS2 SMSAlphabet = "UCS-2"
)

// SMSCount is how a text travels by SMS.
type SMSCount struct {
	Alphabet SMSAlphabet
	Parts    int
	// Units are what the alphabet counts: septets of GSM-7, of which a character of the
	// extension table takes two; 16-bit units of UCS-2, of which most emoji take two.
	Units int
	// Left is how many more units fit into the last part.
	Left int
	// Turned is the first character that GSM-7 does not have, or 0.
	Turned rune
}

// smsRoom is how many units fit into a message by itself and into each part of a longer
// one, whose header takes the rest.
var smsRoom = map[SMSAlphabet]struct{ single, part int }{GSM7: {160, 153}, UCS2: {70, 67}}

// SMSParts counts a text as it would travel. A character that takes two units is never
// parted between two messages, so a text may need a part more than its units say. The
// empty text has no parts.
func SMSParts(text string) SMSCount {
	n := SMSCount{Alphabet: GSM7}
	for _, r := range text {
		if gsmUnits(r) == 0 {
			n.Alphabet, n.Turned = UCS2, r
			break
		}
	}
	room := smsRoom[n.Alphabet]
	units := gsmUnits
	if n.Alphabet == UCS2 {
		units = func(r rune) int { return max(1, utf16.RuneLen(r)) } // what is no character travels as one
	}
	parts, used := 0, 0 // of a text in several parts
	for _, r := range text {
		u := units(r)
		n.Units += u
		if parts == 0 || used+u > room.part {
			parts, used = parts+1, 0
		}
		used += u
	}
	switch {
	case n.Units <= room.single:
		n.Parts, n.Left = min(1, parts), room.single-n.Units
	default:
		n.Parts, n.Left = parts, room.part-used
	}
	return n
}

// gsmUnits is how many septets a character takes in GSM 03.38: one in the basic table, two
// in the extension table, none where it is in neither.
func gsmUnits(r rune) int {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == ' ', r == '\n', r == '\r':
		return 1
	}
	return gsmTable[r]
}

var gsmTable = func() map[rune]int {
	table := map[rune]int{}
	for _, r := range "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ!\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà" {
		table[r] = 1
	}
	for _, r := range "\f^{}\\[~]|€" {
		table[r] = 2
	}
	return table
}()
