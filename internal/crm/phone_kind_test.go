package crm

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

// TestKindOfAsLibrary asks both for numbers of every country: examples of each kind, the same with
// digits changed, left out and added, and numbers at random.
func TestKindOfAsLibrary(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	seen := map[phonenumbers.PhoneNumberType]int{}
	check := func(code int, national string) {
		number, err := phonenumbers.Parse(fmt.Sprintf("+%d%s", code, national), "ZZ")
		if err != nil {
			return
		}
		want := phonenumbers.GetNumberType(number)
		if got := kindOf(number); got != want {
			t.Errorf("+%d %s: %v, want %v", code, national, got, want)
		}
		seen[want]++
	}
	digits := func(n int) string {
		s := make([]byte, n)
		for i := range s {
			s[i] = byte('0' + r.IntN(10))
		}
		return string(s)
	}
	for key, d := range metadata() {
		if key.region == "001" && phonenumbers.GetRegionCodeForCountryCode(key.code) != "001" {
			continue
		}
		for _, desc := range []*phonenumbers.PhoneNumberDesc{d.GetFixedLine(), d.GetMobile(), d.GetTollFree(), d.GetPremiumRate(), d.GetSharedCost(),
			d.GetPersonalNumber(), d.GetVoip(), d.GetPager(), d.GetUan(), d.GetVoicemail()} {
			example := desc.GetExampleNumber()
			if example == "" {
				continue
			}
			check(key.code, example)
			for range 20 {
				changed := []byte(example)
				for range 1 + r.IntN(3) {
					changed[r.IntN(len(changed))] = byte('0' + r.IntN(10))
				}
				check(key.code, string(changed))
			}
			check(key.code, example[:len(example)-1])
			check(key.code, example+"7")
		}
		for range 20 {
			check(key.code, digits(4+r.IntN(10)))
		}
	}
	for kind := phonenumbers.FIXED_LINE; kind <= phonenumbers.VOICEMAIL; kind++ {
		if seen[kind] == 0 {
			t.Errorf("no number of kind %v was asked for", kind)
		}
	}
	if seen[phonenumbers.UNKNOWN] < 1000 {
		t.Errorf("%d numbers that are none", seen[phonenumbers.UNKNOWN])
	}
}
