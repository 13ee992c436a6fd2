package crm

import (
	"testing"

	"pgregory.net/rapid"
)

// TestPlainIsAsOther: what plain texts and addresses are spared changes nothing about them.
func TestPlainIsAsOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		local := rapid.StringMatching(`[A-Za-z0-9._@ -]{1,12}`).Draw(t, "local")
		domain := rapid.StringMatching(`[A-Za-z0-9.-]{1,12}(\.[a-z]{2,3})?`).Draw(t, "domain")
		if !isPlainLocal(local) || !isPlainDomain(domain) {
			t.Skip("not plain")
		}
		value, _, err := ParseEmail(local + "@" + domain)
		if other, otherErr := comparedEmail(local, domain); value != other || err != nil || otherErr != nil {
			t.Errorf("%s@%s: %q (%v), else %q (%v)", local, domain, value, err, other, otherErr)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[ -~\t\n\x7f\x{a0}\x{ad}é]{0,8}`).Draw(t, "text")
		if !isClean(s) {
			t.Skip("not plain")
		}
		clean, problem := cleanText(s+"\u00ad", 100, false)
		if plain, none := cleanText(s, 100, false); none != nil || problem != nil || plain != s || s != "" && clean != s+"\u00ad" {
			t.Errorf("%q: %q (%v), else %q (%v)", s, plain, none, clean, problem)
		}
	})
}
