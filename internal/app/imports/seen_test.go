package imports

import (
	"strconv"
	"testing"

	"parley/internal/crm"
)

// Of each identity the first row is remembered, and of others none, through all tables.
func TestSeen(t *testing.T) {
	phone := func(n int) crm.Identity { return crm.Identity{Kind: crm.PhoneIdentity, Value: "+44" + strconv.Itoa(n)} }
	s := newSeen()
	const many = 10 * firstTable
	for n := range many {
		row := crm.ImportRow{Position: n + 1, ContactID: crm.ID(strconv.Itoa(n))}
		s.add(row, &crm.Draft{Identities: &[]crm.Identity{phone(n), phone(0)}}, n%2 == 0)
	}
	if len(s.tables) < 3 {
		t.Fatalf("%d tables", len(s.tables))
	}
	for n := range 2 * many {
		want, known := n+1, 0
		if n >= many {
			want = 0
		} else if n%2 == 1 {
			known = n + 1
		}
		if at := s.identity(phone(n)); at != want {
			t.Fatalf("number %d is of row %d, want %d", n, at, want)
		}
		if at := s.contact(crm.ID(strconv.Itoa(n))); at != known {
			t.Fatalf("contact %d is of row %d, want %d", n, at, known)
		}
	}
}
