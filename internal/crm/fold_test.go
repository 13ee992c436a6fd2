package crm

import (
	"testing"

	"pgregory.net/rapid"
)

// Text whose letters are all Latin is folded letter by letter, to what any text is folded to.
func TestFoldLatin(t *testing.T) {
	odd := rapid.SampledFrom([]rune("aZ \t\u00a0\u00a8\u00ad'´ßŒǅİıſ½ŉ"))
	any := rapid.Map(rapid.IntRange(0, len(latin)-1), func(n int) rune { return rune(n) })
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOf(rapid.OneOf(odd, any)).Draw(t, "text"))
		if got, ok := foldLatin(text); !ok || got != foldAny(text) {
			t.Fatalf("%q: %q, %v; want %q", text, got, ok, foldAny(text))
		}
	})
}
