package crm_test

import (
	"fmt"
	"strings"
	"testing"

	"parley/internal/crm"
)

// somebody reads a contact from one line: first|last|business|phone|email|postcode|profile.
func somebody(line string) *crm.Contact {
	f := append(strings.Split(line, "|"), make([]string, 7)...)
	c := &crm.Contact{FirstName: f[0], LastName: f[1], BusinessName: f[2], Contact: crm.Address{PostalCode: f[5]}, Status: crm.Active, ProfileName: f[6]}
	c.NameIsPlaceholder = f[6] != ""
	for kind, value := range map[crm.IdentityKind]string{crm.PhoneIdentity: f[3], crm.EmailIdentity: f[4]} {
		if value != "" {
			c.Identities = append(c.Identities, crm.Identity{Kind: kind, Value: value, Primary: true})
		}
	}
	return c
}

// labelled are groups of lines; lines of one group are one person, lines of different
// groups are different people.
const labelled = `
Priya|Shah|Shah & Co|+447400000001||
Pria|Shah|Shah and Co. Ltd||pria@shah.example|

Tomasz|Wójcik|Wójcik Bau|+447400000002||
T.|Wojcik|Wojcik Bau GmbH||tw@wojcik.example|

Siobhan|O'Brien||+447400000003||LS1 1AA
Siobhan|O’Brien|||siobhan@obrien.example|ls11aa

Kwame|Boateng|Boateng Foods|+447400000004||

Ama|Boateng|Boateng Foods|+447400000005||

Lucía|García||+5491123456789||
Lucia|Garcia||+541123456789||

Diego|Pérez||+5491187654321||

John|Smith||+447400000006||

John|Smith||+447412349999||

Robert|Miller|Miller Tools||rob@miller.example|
Bob|Miller|Miller Tools|+447400000008||

Anna Maria|Rossi|Rossi SRL||a.rossi@rossi.example|
Anna|Rossi|Rossi|+393331234567||

Nguyễn|Văn An||+84912345678||70000
An|Nguyen Van||||70000

Catherine|Jones||+447400000010|cath.jones@mail.example|
Catherine|Jones||+447400000011|cathjones@work.example|

Chris|Jones||+447400000012|chris.jones@mail.example|

Michael|Braun||+491701234567||
Michael|Braun||+491701234576||

Michael|Schwarz||+491709999999||

Zoë|Fair|||zoe@fair.example|
Zoe|Fair|||zoe+shop@fair.example|

Info|Desk|||info@acme.example|

Info|Point|||info@other.example|

WhatsApp|Contact ABCD||+447400000020|||Olu Adeyemi
Olu|Adeyemi|||olu@adeyemi.example|

WhatsApp|Contact EFGH||+447400000021|||Mum

Hans|Müller|Müller AG|+41791234567||8001
Johannes|Mueller|Mueller AG||hm@mueller.example|8001

Jon|Clarke|Clarke Plumbing|+447400000030||
John|Clark|Clarke Plumbing||john@clarke.example|

Yuki|Tanaka||+819012345678||

Yuki|Tanaka||+819087654321||

Emma|Brown|Northside Dental|+447400000040||

Emma|Green|Northside Dental|+447400000041||
`

// TestLikeness measures how well likeness tells one person from two, over every pair of
// the labelled ones that share a key: recall, precision, and a floor for both.
func TestLikeness(t *testing.T) {
	var people []*crm.Contact
	var group []int
	for n, block := range strings.Split(strings.TrimSpace(labelled), "\n\n") {
		for _, line := range strings.Split(block, "\n") {
			people = append(people, somebody(line))
			group = append(group, n)
		}
	}
	found, right, all := 0, 0, 0
	for a := range people {
		for b := a + 1; b < len(people); b++ {
			one := group[a] == group[b]
			if one {
				all++
			}
			l, ok := crm.Alike(people[a], people[b])
			if ok = ok && shareKey(people[a], people[b]); ok {
				found++
			}
			switch names := fmt.Sprintf("%s (%s) and %s (%s)", people[a].Name(), people[a].Phone(), people[b].Name(), people[b].Phone()); {
			case ok && one:
				right++
			case ok:
				t.Logf("wrongly found: %s: %d %s", names, l.Score, l.Reason)
			case one:
				t.Logf("not found: %s", names)
			}
		}
	}
	precision, recall := float64(right)/float64(found), float64(right)/float64(all)
	t.Logf("precision %.2f, recall %.2f of %d pairs", precision, recall, all)
	if precision < 0.95 || recall < 0.85 {
		t.Errorf("precision %.2f, recall %.2f: below the floor of 0.95 and 0.85", precision, recall)
	}
}

func shareKey(a, b *crm.Contact) bool {
	keys := map[string]bool{}
	for _, k := range crm.DuplicateKeys(a) {
		keys[k.Key] = true
	}
	for _, k := range crm.DuplicateKeys(b) {
		if keys[k.Key] {
			return true
		}
	}
	return false
}

// C7: an archived contact is nobody's duplicate.
func TestArchivedHasNoKeys(t *testing.T) {
	c := somebody("Priya|Shah|Shah & Co|+447400000001||")
	c.Status = crm.Archived
	if keys := crm.DuplicateKeys(c); len(keys) != 0 {
		t.Errorf("%d keys", len(keys))
	}
	if _, ok := crm.Alike(c, somebody("Priya|Shah|Shah & Co||p@shah.example|")); ok {
		t.Error("alike")
	}
}
