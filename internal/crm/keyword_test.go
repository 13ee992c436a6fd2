package crm_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parley/internal/crm"
)

// B5: a whole message and nothing else is an opt-out.
func TestKeywords(t *testing.T) {
	for text, want := range map[string]string{
		"STOP": "stop", "stop": "stop", " Stop. ": "stop", "STOP!!!": "stop", "“Stop”": "stop", "Stop 🙏": "stop", "stop\n": "stop", "ＳＴＯＰ": "stop",
		"STOPALL": "stop", "stop all": "stop", "Unsubscribe": "stop", "END": "stop", "quit": "stop", "Cancel": "stop", "REVOKE": "stop", "Opt-out": "stop", "opt out": "stop",
		"Stopp": "stop", "abmelden": "stop", "ARRÊT": "stop", "arret": "stop", "Désabonner": "stop", "Baja": "stop", "SAIR": "stop", "Basta!": "stop", "Uitschrijven": "stop",
		"Stop promotions": "stop",
		"START":           "start", "unstop": "start", "Start please": "", "Alta": "start",
		"stop by at 5?": "", "Please stop": "", "Don't stop": "", "stop it": "", "when does it end": "", "STOP 5": "", "": "", "!": "", "yes": "", "the end": "",
		"Please cancel my appointment": "", "nonstop": "", strings.Repeat("stop", 30): "",
	} {
		k, ok := crm.KeywordOf(text)
		got := ""
		if ok {
			got = map[bool]string{true: "stop", false: "start"}[k.Stop]
			if c := k.Confirmation("Rosas"); !strings.Contains(c, "Rosas") || strings.Contains(c, "{") {
				t.Errorf("%q is confirmed by %q", text, c)
			}
		}
		if got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// B5: a keyword among other words is no keyword.
func TestKeywordAmongWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom([]string{"stop", "STOP", "unsubscribe", "arrêt"}).Draw(t, "word")
		other := rapid.StringMatching(`[a-z]{5,9}q`).Draw(t, "other")
		for _, text := range []string{word + " " + other, other + " " + word, word + ", " + other + "?"} {
			if _, ok := crm.KeywordOf(text); ok {
				t.Errorf("%q was taken for a keyword", text)
			}
		}
	})
}
