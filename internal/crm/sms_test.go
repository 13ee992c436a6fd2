package crm_test

import (
	"strings"
	"testing"

	"parley/internal/crm"
)

func TestSMSParts(t *testing.T) {
	a := func(n int) string { return strings.Repeat("a", n) }
	é, ж := func(n int) string { return strings.Repeat("é", n) }, func(n int) string { return strings.Repeat("ж", n) }
	for _, row := range []struct {
		name, text   string
		alphabet     crm.SMSAlphabet
		parts, units int
		left         int
	}{
		{"nothing", "", crm.GSM7, 0, 0, 160},
		{"one", "a", crm.GSM7, 1, 1, 159},
		{"full", a(160), crm.GSM7, 1, 160, 0},
		{"one more", a(161), crm.GSM7, 2, 161, 145},
		{"two full", a(306), crm.GSM7, 2, 306, 0},
		{"three", a(307), crm.GSM7, 3, 307, 152},
		{"accents of the basic table", é(160), crm.GSM7, 1, 160, 0},
		{"the euro sign takes two", "€", crm.GSM7, 1, 2, 158},
		{"all of the extension table", "\f^{}\\[~]|€", crm.GSM7, 1, 20, 140},
		{"eighty euros", strings.Repeat("€", 80), crm.GSM7, 1, 160, 0},
		{"eighty-one euros: none is parted", strings.Repeat("€", 81), crm.GSM7, 2, 162, 153 - 10},
		{"a bracket at the boundary goes over whole", a(152) + "[" + a(153), crm.GSM7, 3, 307, 153 - 2},
		{"line breaks", "a\r\nb", crm.GSM7, 1, 4, 156},
		{"a backtick is in neither table", "`", crm.UCS2, 1, 1, 69},
		{"ç is not in it, Ç is", "ç", crm.UCS2, 1, 1, 69},
		{"Ç", "Ç", crm.GSM7, 1, 1, 159},
		{"a curly quote turns all of it", a(100) + "’", crm.UCS2, 2, 101, 67*2 - 101},
		{"Cyrillic full", ж(70), crm.UCS2, 1, 70, 0},
		{"Cyrillic one more", ж(71), crm.UCS2, 2, 71, 63},
		{"Cyrillic two full", ж(134), crm.UCS2, 2, 134, 0},
		{"emoji takes two", "👋", crm.UCS2, 1, 2, 68},
		{"thirty-five emoji", strings.Repeat("👋", 35), crm.UCS2, 1, 70, 0},
		{"thirty-six: the one at the boundary goes over whole", strings.Repeat("👋", 36), crm.UCS2, 2, 72, 67 - 6},
		{"an emoji after 66 characters of 67", ж(66) + "👋" + ж(66), crm.UCS2, 3, 134, 67 - 1},
		{"a family of emoji is many units", "👨‍👩‍👧", crm.UCS2, 1, 8, 62},
	} {
		got := crm.SMSParts(row.text)
		if got.Alphabet != row.alphabet || got.Parts != row.parts || got.Units != row.units || got.Left != row.left {
			t.Errorf("%s: %+v, want %s, %d parts, %d units, %d left", row.name, got, row.alphabet, row.parts, row.units, row.left)
		}
	}
	if got := crm.SMSParts("a’b`"); got.Turned != '’' {
		t.Errorf("turned by %q", got.Turned)
	}
}
