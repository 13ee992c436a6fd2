package crm_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parley/internal/crm"
)

func TestParseEmail(t *testing.T) {
	tests := []struct{ text, want, code string }{
		{"priya@shah.example", "priya@shah.example", ""},
		{"  Priya@SHAH.example ", "priya@shah.example", ""},
		{"mailto:priya@shah.example", "priya@shah.example", ""},
		{"p.shah+work@gmail.com", "p.shah+work@gmail.com", ""}, // no provider's own folding (I4)
		{"\u200epriya@shah.example\u200b", "priya@shah.example", ""},
		{"jose\u0301@bücher.example", "josé@xn--bcher-kva.example", ""},
		{"JOSÉ@XN--BCHER-KVA.example", "josé@xn--bcher-kva.example", ""},
		{"priya@shah.example.", "priya@shah.example", ""},
		{"o'neil@shah.example", "o'neil@shah.example", ""},
		{"", "", "email_shape"},
		{"priya", "", "email_shape"},
		{"@shah.example", "", "email_shape"},
		{"priya@", "", "email_shape"},
		{"priya@shah@example.com", "", "email_shape"},
		{"priya..shah@shah.example", "", "email_shape"},
		{"priya@localhost", "", "email_domain"},
		{"priya@shah..example", "", "email_domain"},
		{"priya@.example", "", "email_domain"},
		{"priya@-shah.example", "", "email_domain"},
		{"pri ya@shah.example", "", "email_characters"},
		{"Priya <priya@shah.example>", "", "email_characters"},
		{"a@shah.example, b@shah.example", "", "email_characters"},
		{"priya@shah.example\nBcc: x@y.example", "", "email_characters"},
		{"\xff@shah.example", "", "email_characters"},
		{strings.Repeat("a", 250) + "@shah.example", "", "email_too_long"},
	}
	for _, test := range tests {
		value, entered, err := crm.ParseEmail(test.text)
		if value != test.want || codeOf(err) != test.code {
			t.Errorf("ParseEmail(%q) = %q, %v; want %q, code %q", test.text, value, err, test.want, test.code)
		}
		if err == nil && !strings.Contains(test.text, entered) && test.text[0] < 0x80 {
			t.Errorf("ParseEmail(%q) shows %q, not what was entered", test.text, entered)
		}
	}
}

// TestEmailsAreOne: spellings of one address compare equal, whatever the case and the
// space around them.
func TestEmailsAreOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		address := rapid.StringMatching(`[a-z][a-z0-9+.-]{0,10}[a-z0-9]@[a-z][a-z0-9]{0,8}\.(com|example|co\.uk)`).Draw(t, "address")
		if strings.Contains(address, "..") {
			t.Skip("no address: two dots in a row")
		}
		one, _, err := crm.ParseEmail(address)
		if err != nil {
			t.Fatalf("%s: %v", address, err)
		}
		other, _, err := crm.ParseEmail(" " + strings.ToUpper(address) + "\t")
		if err != nil || other != one || one != address {
			t.Fatalf("%s is %q, its upper case is %q, %v", address, one, other, err)
		}
	})
}

func FuzzParseEmail(f *testing.F) {
	for _, seed := range []string{"priya@shah.example", "JOSÉ@bücher.example", "mailto:a@b.c", `"a b"@c.example`, "ſ@ſ.example", "İ@x.example", "a@b.example."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		value, entered, err := crm.ParseEmail(text)
		if err != nil {
			if crm.KindOf(err) != crm.Invalid {
				t.Fatalf("ParseEmail(%q): %v is no answer to a person", text, err)
			}
			return
		}
		if strings.Count(value, "@") != 1 || strings.TrimSpace(value) != value || strings.ContainsAny(value, "\r\n\x00") || entered == "" {
			t.Fatalf("ParseEmail(%q) = %q", text, value)
		}
		again, _, err := crm.ParseEmail(value)
		if err != nil || again != value {
			t.Fatalf("ParseEmail(%q) = %q, and that read again is %q, %v: one address would be two", text, value, again, err)
		}
	})
}
