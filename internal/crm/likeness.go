package crm

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
)

// Likeness is why two contacts seem to be one person (C12). Reason is a sentence that
// names no detail of either.
type Likeness struct {
	Score  int // up to 100; higher is surer
	Reason string
}

// DuplicateKey is something that contacts which may be one person have in common. Only
// contacts that share a key are ever compared. One that more than Most contacts share
// says nothing about any two of them.
type DuplicateKey struct {
	Key  string // a hash: it holds nobody's details
	Most int
}

const (
	mostNamesakes = 6 // the same name alone
	mostAlike     = 12
)

// DuplicateKeys are the keys of a contact. An archived one has none (C7).
func DuplicateKeys(c *Contact) []DuplicateKey {
	if c.Status != Active {
		return nil
	}
	k := keyRing{}
	n := nameOf(c)
	firm := firmKey(c.BusinessName)
	places := postcodes(c)
	if len(n.words) >= 2 {
		k.add(mostNamesakes, "name", n.whole())
		for _, place := range places {
			k.add(mostAlike, "name and place", n.whole(), place)
			k.add(mostAlike, "sound and place", n.sound(), place)
		}
	}
	if firm != "" && len(n.words) > 0 && !n.chosen {
		k.add(mostAlike, "name and firm", n.whole(), firm)
		k.add(mostAlike, "sound and firm", n.sound(), firm)
		if n.last != "" {
			k.add(mostAlike, "last name, initial and firm", sound(n.last), initial(longForm(n.first)), firm)
		}
	}
	for _, i := range c.Identities {
		switch i.Kind {
		case PhoneIdentity:
			if base := withoutVariant(i.Value); len(base) >= 9 {
				k.add(mostAlike, "number", base)
				k.add(mostAlike, "end of number", base[len(base)-8:])
			}
		case EmailIdentity:
			local, domain := mailbox(i.Value)
			k.add(mostAlike, "mailbox", local, domain)
			if len(local) >= 5 && !sharedMailboxes[local] {
				k.add(mostAlike, "mailbox name", local)
			}
		}
	}
	return k
}

type keyRing []DuplicateKey

func (k *keyRing) add(most int, parts ...string) {
	h := fnv.New64a()
	_, _ = h.Write([]byte(strings.Join(parts, "\x00")))
	key := DuplicateKey{fmt.Sprintf("%016x", h.Sum64()), most}
	if !slices.Contains(*k, key) {
		*k = append(*k, key)
	}
}

// Alike compares two contacts that share a key. ok is false where too little speaks for
// one person.
func Alike(a, b *Contact) (l Likeness, ok bool) {
	if a.Status != Active || b.Status != Active {
		return l, false
	}
	name, numbers, mail := compareNames(nameOf(a), nameOf(b)), comparePhones(a, b), compareMail(a, b)
	firm := firmKey(a.BusinessName) != "" && firmKey(a.BusinessName) == firmKey(b.BusinessName)
	place := slices.ContainsFunc(postcodes(a), func(p string) bool { return slices.Contains(postcodes(b), p) })
	same, similar := name == sameName, name == sameName || name == similarName
	word := "Similar name"
	if same {
		word = "Same name"
	}
	sure := func(of int) int {
		if same {
			return of
		}
		return of - 12
	}
	switch {
	case numbers == variants && name != otherName:
		return Likeness{96, "Numbers that differ only by a national variant"}, true
	case numbers == variants:
		return Likeness{72, "Numbers that differ only by a national variant, though the names differ"}, true
	case mail == sameMailbox && name != otherName:
		return Likeness{92, "E-mail addresses that differ only by dots or by what follows a plus sign"}, true
	case similar && firm:
		return Likeness{sure(90), word + " and the same business"}, true
	case similar && place:
		return Likeness{sure(88), word + " and the same postal code"}, true
	case similar && numbers == otherCountry:
		return Likeness{sure(86), word + ", and numbers that differ only by the country code"}, true
	case similar && numbers == oneDigit:
		return Likeness{sure(84), word + ", and numbers that differ by one digit"}, true
	case similar && mail == sameLocal:
		return Likeness{sure(82), word + ", and the same name in the e-mail address"}, true
	case name == chosenName:
		return Likeness{66, "The name that one uses on WhatsApp is the other's name"}, true
	case same && !setApart(a, b):
		return Likeness{60, "Same name, and nothing that sets the two apart"}, true
	}
	return l, false
}

func initial(w string) string { return w[:min(1, len(w))] }

// setApart reports whether two namesakes differ in something that both have.
func setApart(a, b *Contact) bool {
	differ := func(x, y string) bool { return x != "" && y != "" && x != y }
	return differ(a.Phone(), b.Phone()) || differ(a.Primary(EmailIdentity), b.Primary(EmailIdentity)) ||
		differ(firmKey(a.BusinessName), firmKey(b.BusinessName)) || differ(a.Contact.City, b.Contact.City) ||
		differ(a.Contact.PostalCode, b.Contact.PostalCode) || differ(a.MiddleName, b.MiddleName)
}

func postcodes(c *Contact) []string {
	var list []string
	for _, a := range []Address{c.Contact, c.Billing} {
		if code := strings.Join(foldedWords(a.PostalCode), ""); len(code) >= 4 {
			list = append(list, code)
		}
	}
	return list
}

// firmKey is a business name without what firms leave out or write in many ways.
func firmKey(name string) string {
	words := slices.DeleteFunc(foldedWords(name), func(w string) bool { return legalForms[w] })
	return strings.Join(words, "")
}

var legalForms = map[string]bool{"ltd": true, "limited": true, "llc": true, "inc": true, "plc": true, "co": true, "company": true, "corp": true,
	"corporation": true, "gmbh": true, "ag": true, "kg": true, "ug": true, "sa": true, "srl": true, "sarl": true, "sas": true, "bv": true, "nv": true,
	"pty": true, "oy": true, "ab": true, "as": true, "spa": true, "llp": true, "the": true, "and": true, "und": true, "y": true, "et": true}
