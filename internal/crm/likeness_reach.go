package crm

import "strings"

// numberLikeness is how the numbers of two contacts are to each other at the best.
type numberLikeness int

const (
	otherNumbers numberLikeness = iota
	oneDigit                    // one digit is another, or two changed places
	otherCountry                // the same but for the country code
	variants                    // two ways to write one number of a country
)

func comparePhones(a, b *Contact) (best numberLikeness) {
	for _, x := range a.Identities {
		for _, y := range b.Identities {
			if x.Kind == PhoneIdentity && y.Kind == PhoneIdentity {
				best = max(best, compareNumbers(x.Value, y.Value))
			}
		}
	}
	return best
}

func compareNumbers(a, b string) numberLikeness {
	x, y := withoutVariant(a), withoutVariant(b)
	switch {
	case len(x) < 9 || len(y) < 9:
		return otherNumbers
	case x == y:
		return variants
	case x[len(x)-8:] == y[len(y)-8:]:
		return otherCountry
	case len(x) == len(y) && nearly(x, y):
		return oneDigit
	}
	return otherNumbers
}

// withoutVariant is a number without what a country's people write or leave out: the 9 of
// Argentine mobiles, the 1 of Mexican ones, the ninth digit of Brazilian ones.
func withoutVariant(e164 string) string {
	switch {
	case strings.HasPrefix(e164, "+549") && len(e164) == 14:
		return "+54" + e164[4:]
	case strings.HasPrefix(e164, "+521") && len(e164) == 14:
		return "+52" + e164[4:]
	case strings.HasPrefix(e164, "+55") && len(e164) == 14 && e164[5] == '9':
		return e164[:5] + e164[6:]
	}
	return e164
}

// mailLikeness is how the e-mail addresses of two contacts are to each other at the best.
type mailLikeness int

const (
	otherMail   mailLikeness = iota
	sameLocal                // the same name at two domains
	sameMailbox              // the same but for dots and what follows a plus sign
)

func compareMail(a, b *Contact) (best mailLikeness) {
	for _, x := range a.Identities {
		for _, y := range b.Identities {
			if x.Kind != EmailIdentity || y.Kind != EmailIdentity {
				continue
			}
			local, domain := mailbox(x.Value)
			otherLocal, otherDomain := mailbox(y.Value)
			switch {
			case local != otherLocal || local == "" || sharedMailboxes[local]:
			case domain == otherDomain:
				best = sameMailbox
			case len(local) >= 5:
				best = max(best, sameLocal)
			}
		}
	}
	return best
}

// mailbox is an address without dots and what follows a plus sign in its first part. It
// is for likeness only: addresses are never folded so (I4).
func mailbox(address string) (local, domain string) {
	local, domain, _ = strings.Cut(address, "@")
	local, _, _ = strings.Cut(local, "+")
	return strings.ReplaceAll(local, ".", ""), domain
}

// sharedMailboxes are names of mailboxes that say nothing about a person.
var sharedMailboxes = map[string]bool{"info": true, "office": true, "sales": true, "contact": true, "admin": true, "hello": true, "mail": true,
	"support": true, "accounts": true, "enquiries": true, "service": true, "kontakt": true, "buero": true, "ventas": true, "noreply": true, "invoices": true, "billing": true}
