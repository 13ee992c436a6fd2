package crm_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parley/internal/crm"
)

// sample is a cell of the corpus with what is right to make of it.
type sample struct {
	Country   string
	Raw       string
	E164      string   // empty: it is none
	Or        []string // answers that are right as well; empty: refused
	Reserved  bool     // in a range for fiction: the library calls it invalid
	Extension string
	Others    []string // numbers that stand in the same cell
}

func (s sample) right(e164 string) bool { return e164 == s.E164 || slices.Contains(s.Or, e164) }

func samples(t testing.TB) []sample {
	t.Helper()
	data, err := os.ReadFile("testdata/phones.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []sample
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// TestPhonesOfCorpus reads every cell of the corpus: no wrong number, and at least 98 of
// a hundred as they should be, with what stands beside the number.
func TestPhonesOfCorpus(t *testing.T) {
	list := samples(t)
	right := 0
	for _, s := range list {
		found, err := crm.ParsePhones(s.Raw, s.Country, false)
		var got crm.PhoneInCell
		var others []string
		for i, phone := range found {
			if i == 0 {
				got = phone
			} else {
				others = append(others, phone.E164)
			}
		}
		if s.right(got.E164) {
			right++
		} else {
			t.Logf("%s %q: got %q (%v), want %q or %q", s.Country, s.Raw, got.E164, err, s.E164, s.Or)
			if got.E164 != "" {
				t.Errorf("%s %q: WRONG number %s", s.Country, s.Raw, got.E164)
			}
		}
		if got.E164 != "" && got.Extension != s.Extension {
			t.Errorf("%s %q: extension %q, want %q", s.Country, s.Raw, got.Extension, s.Extension)
		}
		for _, other := range s.Others {
			// The other number of the corpus may lie in a range for fiction.
			if !slices.Contains(others, other) && err == nil {
				t.Errorf("%s %q: the other number %s is lost without a word", s.Country, s.Raw, other)
			}
		}
		if len(found) == 0 && err == nil {
			t.Errorf("%s %q: no number and no reason", s.Country, s.Raw)
		}
	}
	if share := float64(right) / float64(len(list)); share < 0.98 {
		t.Errorf("%d of %d right (%.1f %%), want 98 %%", right, len(list), share*100)
	}
}

// TestPhoneOfCorpusInField enters the same cells into a field that takes one number: it
// may refuse more, and must not store a wrong one either, or lose a part of the text.
func TestPhoneOfCorpusInField(t *testing.T) {
	for _, s := range samples(t) {
		phone, err := crm.ParsePhone(s.Raw, s.Country, false)
		switch {
		case err != nil && crm.KindOf(err) != crm.Invalid:
			t.Errorf("%s %q: %v is no answer to a person", s.Country, s.Raw, err)
		case err == nil && !s.right(phone.E164):
			t.Errorf("%s %q: WRONG number %s, want %q", s.Country, s.Raw, phone.E164, s.E164)
		case err == nil && (s.Extension != "" || len(s.Others) > 0):
			t.Errorf("%s %q: taken as %s, the rest of it dropped", s.Country, s.Raw, phone.E164)
		case err == nil && strings.TrimSpace(phone.Entered) == "":
			t.Errorf("%s %q: the text as entered is lost (I2)", s.Country, s.Raw)
		}
		if !s.Reserved {
			continue
		}
		if err == nil {
			t.Errorf("%s %q: reserved for fiction, and accepted outside of the demo", s.Country, s.Raw)
		}
		if demo, err := crm.ParsePhone(s.Raw, s.Country, true); err != nil || demo.E164 != s.E164 {
			t.Errorf("%s %q in the demo: %q, %v; want %s", s.Country, s.Raw, demo.E164, err, s.E164)
		}
	}
}

func TestParsePhone(t *testing.T) {
	tests := []struct{ text, country, want, code string }{
		{"07400 123456", "GB", "+447400123456", ""},
		{"0011 44 7400 123456", "AU", "+447400123456", ""},
		{"001 212 555 0123", "GB", "+12125550123", ""},
		{"0800 GO HELP", "GB", "+44800464357", ""},
		{"07400 FLOWER", "GB", "", "phone_letter"}, // would be a number of somebody
		{"020 7946 001B", "GB", "", "phone_letter"},
		{"02O 7946 0018", "GB", "", "phone_letter"},
		{"020 7946 0018 x12", "GB", "", "phone_extension"},
		{"(11) 8123-4567", "BR", "+5511981234567", ""},
		{"+52 1 55 1234 5678", "MX", "+525512345678", ""},
		{"+54 9 11 2345 6789", "AR", "+5491123456789", ""},
		{"+54 11 2345 6789", "AR", "+541123456789", ""},
		{"", "GB", "", "phone_empty"},
		{" \u200b", "GB", "", "phone_empty"},
		{"07400\x00123456", "GB", "", "phone_characters"},
		{"none", "GB", "", "phone_no_digits"},
		{"+999 123456789", "GB", "", "phone_country"},
		{"0740", "GB", "", "phone_local_only"},
		{"+44 20", "GB", "", "phone_too_short"},
		{"07400 123456 07400 123457", "GB", "", "phone_too_long"},
	}
	for _, test := range tests {
		phone, err := crm.ParsePhone(test.text, test.country, false)
		if phone.E164 != test.want || codeOf(err) != test.code {
			t.Errorf("ParsePhone(%q, %s) = %q, %v; want %q, code %q", test.text, test.country, phone.E164, err, test.want, test.code)
		}
		if err == nil && phone.Entered != test.text {
			t.Errorf("ParsePhone(%q) keeps %q as the text entered", test.text, phone.Entered)
		}
	}
}

// TestPhoneMobile tells numbers that cannot be mobiles, for C2's advice.
func TestPhoneMobile(t *testing.T) {
	for text, want := range map[string]bool{"+447400123456": true, "+442079460018": false, "+12125550123": true, "+448001111": false} {
		if phone, err := crm.ParsePhone(text, "GB", false); err != nil || phone.Mobile != want {
			t.Errorf("ParsePhone(%s): mobile %v, %v; want %v", text, phone.Mobile, err, want)
		}
	}
}

// TestPhoneVariants: the variants of I3 are one person whoever writes them, and no other
// country is touched.
func TestPhoneVariants(t *testing.T) {
	for in, want := range map[string]string{
		"+5215512345678": "+525512345678", // Mexico as WhatsApp says it
		"+525512345678":  "+525512345678",
		"+551181234567":  "+5511981234567", // a Brazilian mobile without its ninth digit
		"+5511981234567": "+5511981234567",
		"+551133334444":  "+551133334444",  // a landline of Brazil has none
		"+5491123456789": "+5491123456789", // Argentina: suggest, never merge
		"+541123456789":  "+541123456789",
		"+447400123456":  "+447400123456",
	} {
		if got := crm.CanonicalPhone(in); got != want {
			t.Errorf("CanonicalPhone(%s) = %s, want %s", in, got, want)
		}
		if got := crm.InboundPhone(strings.TrimPrefix(in, "+")); got.Value != want {
			t.Errorf("InboundPhone(%s) = %s, want %s", in[1:], got.Value, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		number := "+" + rapid.StringMatching(`[1-9][0-9]{5,14}`).Draw(t, "number")
		once := crm.CanonicalPhone(number)
		if twice := crm.CanonicalPhone(once); twice != once {
			t.Fatalf("%s becomes %s, then %s", number, once, twice)
		}
	})
}

// TestInboundPhone: senders are taken as they come (I3).
func TestInboundPhone(t *testing.T) {
	for sender, want := range map[string]string{
		"447400123456": "+447400123456", "+447400123456": "+447400123456", " 15550000001 ": "+15550000001",
		"60075": "60075", "VONAGE": "VONAGE", "+12": "+12",
	} {
		got := crm.InboundPhone(sender)
		if got.Value != want || got.Kind != crm.PhoneIdentity || got.Entered != sender {
			t.Errorf("InboundPhone(%q) = %+v, want %s", sender, got, want)
		}
	}
}

// TestPhoneIsStable: a number that was accepted is accepted in its own canonical form, in
// any country, and stays what it is.
func TestPhoneIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.StringMatching(`(\+|00|0)?[0-9 ().-]{6,18}`), rapid.String()).Draw(t, "text")
		country := rapid.SampledFrom([]string{"GB", "US", "BR", "MX", "DE", "IT", "AU", "JP", "AR"}).Draw(t, "country")
		stable(t, text, country)
	})
}

func FuzzParsePhone(f *testing.F) {
	for _, s := range samples(f) {
		f.Add(s.Raw, s.Country)
	}
	f.Fuzz(func(t *testing.T, text, country string) {
		stable(t, text, country)
		list, err := crm.ParsePhones(text, country, false)
		if len(list) == 0 && err == nil && strings.TrimSpace(text) != "" {
			t.Fatalf("%q: no number and no reason", text)
		}
		for _, phone := range list {
			stable(t, phone.E164, country)
		}
	})
}

type fataler interface{ Fatalf(string, ...any) }

func stable(t fataler, text, country string) {
	phone, err := crm.ParsePhone(text, country, false)
	if err != nil {
		if crm.KindOf(err) != crm.Invalid || err.Error() == "" {
			t.Fatalf("ParsePhone(%q, %q): %v is no answer to a person", text, country, err)
		}
		return
	}
	if !strings.HasPrefix(phone.E164, "+") || len(phone.E164) < 6 || len(phone.E164) > 16 || strings.Trim(phone.E164[1:], "0123456789") != "" {
		t.Fatalf("ParsePhone(%q, %q) = %q is not E.164", text, country, phone.E164)
	}
	again, err := crm.ParsePhone(phone.E164, "ZZ", false)
	if err != nil || again.E164 != phone.E164 {
		t.Fatalf("ParsePhone(%q, %q) = %s, and that read again is %q, %v", text, country, phone.E164, again.E164, err)
	}
}

func codeOf(err error) string {
	if e, ok := err.(*crm.Error); ok {
		return e.Code
	}
	return ""
}
