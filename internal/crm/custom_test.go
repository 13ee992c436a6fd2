package crm_test

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parley/internal/crm"
)

func TestCustomValues(t *testing.T) {
	field := func(kind crm.CustomKind) crm.CustomField {
		return crm.CustomField{Key: "x", Label: "X", Kind: kind, Options: []crm.CustomOption{{Value: "red", Label: "Red one"}, {Value: "Blue", Label: "Blue"}}}
	}
	for _, test := range []struct {
		kind crm.CustomKind
		in   any
		want any    // nil: none
		code string // of the refusal
	}{
		{crm.CustomText, " a\r\nb ", "a\nb", ""}, {crm.CustomText, "  ", nil, ""}, {crm.CustomText, json.Number("4"), nil, "wrong_type"},
		{crm.CustomText, strings.Repeat("x", 1001), nil, "too_long"}, {crm.CustomText, "a\x00", nil, "control_character"},
		{crm.CustomNumber, json.Number("4"), json.Number("4"), ""}, {crm.CustomNumber, json.Number("1.10"), json.Number("1.1"), ""},
		{crm.CustomNumber, json.Number("123456789012345678901234.000000000000000000000001"), json.Number("123456789012345678901234.000000000000000000000001"), ""},
		{crm.CustomNumber, "0.1", json.Number("0.1"), ""}, {crm.CustomNumber, "-0", json.Number("0"), ""}, {crm.CustomNumber, "+07", json.Number("7"), ""},
		{crm.CustomNumber, "1,234.50", json.Number("1234.5"), ""}, {crm.CustomNumber, "1.234,50", json.Number("1234.5"), ""}, {crm.CustomNumber, "1,234", nil, "not_a_number"},
		{crm.CustomNumber, "3,5", json.Number("3.5"), ""}, {crm.CustomNumber, "1 234,5", json.Number("1234.5"), ""}, {crm.CustomNumber, "1e3", json.Number("1000"), ""},
		{crm.CustomNumber, "1e99", nil, "out_of_range"}, {crm.CustomNumber, strings.Repeat("9", 31), nil, "out_of_range"}, {crm.CustomNumber, "12 kg", nil, "not_a_number"},
		{crm.CustomNumber, true, nil, "wrong_type"}, {crm.CustomNumber, "0x10", nil, "not_a_number"}, {crm.CustomNumber, "1/2", nil, "not_a_number"}, {crm.CustomNumber, "NaN", nil, "not_a_number"},
		{crm.CustomDate, "2026-11-24", "2026-11-24", ""}, {crm.CustomDate, "24.11.2026", "2026-11-24", ""}, {crm.CustomDate, "24/11/2026", "2026-11-24", ""},
		{crm.CustomDate, "11/24/2026", "2026-11-24", ""}, {crm.CustomDate, "02/03/2026", nil, "ambiguous_date"}, {crm.CustomDate, "2026-02-30", nil, "not_a_date"},
		{crm.CustomDate, json.Number("20260101"), nil, "not_a_date"}, {crm.CustomBoolean, "Yes", true, ""}, {crm.CustomBoolean, false, false, ""}, {crm.CustomBoolean, "maybe", nil, "not_yes_or_no"},
		{crm.CustomChoice, "red one", "red", ""}, {crm.CustomChoice, "Blue", "Blue", ""}, {crm.CustomChoice, "green", nil, "unknown_option"}, {crm.CustomChoice, true, nil, "unknown_option"},
	} {
		got, err := field(test.kind).Parse(test.in)
		code := ""
		if err != nil {
			code = err.Code
		}
		if got != test.want || code != test.code {
			t.Errorf("%s %v: %v %q, want %v %q", test.kind, test.in, got, code, test.want, test.code)
		}
		if got != nil {
			if again, err := field(test.kind).Parse(field(test.kind).Show(got)); err != nil || again != got {
				t.Errorf("%s: %v is shown as %q and read as %v", test.kind, got, field(test.kind).Show(got), again)
			}
		}
	}
}

// Keys of numbers stand in the order of the numbers.
func TestNumberKeysSort(t *testing.T) {
	number := rapid.StringMatching(`-?[0-9]{1,8}(\.[0-9]{1,4})?`)
	field := crm.CustomField{Kind: crm.CustomNumber}
	rapid.Check(t, func(t *rapid.T) {
		a, errA := field.Parse(number.Draw(t, "a"))
		b, errB := field.Parse(number.Draw(t, "b"))
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		x, _ := new(big.Rat).SetString(a.(json.Number).String())
		y, _ := new(big.Rat).SetString(b.(json.Number).String())
		if want, got := x.Cmp(y), strings.Compare(crm.SortKey(a), crm.SortKey(b)); got != want {
			t.Fatalf("%s and %s: keys compare as %d, numbers as %d", a, b, got, want)
		}
	})
}

func TestCustomDefinitions(t *testing.T) {
	good := crm.CustomField{Label: " Preferred  time ", Kind: crm.CustomChoice, Options: []crm.CustomOption{{Label: "Früh"}, {Label: "Früh."}, {Label: "早"}}}
	if problems := good.Normalise(); len(problems) > 0 || good.Key != "preferred_time" || good.Label != "Preferred time" ||
		good.Options[0].Value != "fruh" || good.Options[1].Value != "fruh_2" || good.Options[2].Value != "option" {
		t.Errorf("%v %+v", problems, good)
	}
	for _, bad := range []crm.CustomField{
		{Kind: crm.CustomText}, {Label: "X"}, {Label: "X", Kind: "colour"}, {Label: "X", Kind: crm.CustomChoice}, {Label: "X", Key: "No", Kind: crm.CustomText},
		{Label: "X", Kind: crm.CustomText, Options: []crm.CustomOption{{Label: "a"}}}, {Label: "X", Kind: crm.CustomChoice, Options: []crm.CustomOption{{Label: "a"}, {Label: "A"}}},
		{Label: "X", Kind: crm.CustomChoice, Options: []crm.CustomOption{{Label: "a", Retired: true}}}, {Label: "X\n", Key: "a.b", Kind: crm.CustomText},
	} {
		if len(bad.Normalise()) == 0 {
			t.Errorf("%+v passes", bad)
		}
	}
}
