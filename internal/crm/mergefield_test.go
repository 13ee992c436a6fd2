package crm_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"parley/internal/crm"
)

var sizeField = crm.CustomField{Key: "size", Label: "Size", Kind: crm.CustomChoice, Options: []crm.CustomOption{{Value: "l", Label: "Large"}}}

func priya() crm.MergeValues {
	return crm.MergeValues{
		Contact: &crm.Contact{FirstName: "Priya", LastName: "Shah", Contact: crm.Address{City: "Leeds"}, Custom: crm.CustomValues{"size": "l"},
			Identities: []crm.Identity{{Kind: crm.PhoneIdentity, Value: "+447400123456", Primary: true}}},
		Custom: []crm.CustomField{sizeField}, Agent: "Ben", Our: "Rosas",
	}
}

func TestMergeText(t *testing.T) {
	known := crm.MergeFieldsWith([]crm.CustomField{sizeField})
	for _, row := range []struct {
		text, want, code string
		missing          []string
	}{
		{"Hello", "Hello", "", nil},
		{"", "", "", nil},
		{"Hi {{first_name}}!", "Hi Priya!", "", nil},
		{"Hi {{ first_name | there }}!", "Hi Priya!", "", nil},
		{"Hi {{middle_name|there}}!", "Hi there!", "", nil},
		{"Hi {{middle_name}}!", "Hi !", "", []string{"middle_name"}},
		{"Hi {{middle_name|}}!", "Hi !", "", nil},
		{"{{full_name}}, {{phone}}, {{contact_address.city}}, {{custom.size}}", "Priya Shah, +447400123456, Leeds, Large", "", nil},
		{"{{agent_name}} of {{our_name}}", "Ben of Rosas", "", nil},
		{"a { b } c }} d", "a { b } c }} d", "", nil},
		{"{{frist_name}}", "", "unknown_merge_field", nil},
		{"{{custom.colour}}", "", "unknown_merge_field", nil},
		{"{{first name}}", "", "bad_merge_field", nil},
		{"{{}}", "", "bad_merge_field", nil},
		{"{{first_name", "", "bad_merge_field", nil},
		{"{{{{first_name}}", "", "bad_merge_field", nil},
	} {
		m, err := crm.ParseMergeText(row.text, known)
		if row.code != "" {
			if err == nil || err.Code != row.code || err.Kind != crm.Invalid {
				t.Errorf("%q: %v, want %s", row.text, err, row.code)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", row.text, err)
			continue
		}
		if got := m.Fill(priya()); got != row.want {
			t.Errorf("%q gives %q, want %q", row.text, got, row.want)
		}
		if got := m.Missing(priya()); !slices.Equal(got, row.missing) {
			t.Errorf("%q misses %v, want %v", row.text, got, row.missing)
		}
	}
}

func TestMergeTextNamesWhatIsWrong(t *testing.T) {
	_, err := crm.ParseMergeText("Hi {{firstname}}", crm.MergeFieldsWith(nil))
	if err == nil || err.Detail != "There is no field {{firstname}}. Did you mean {{first_name}}?" {
		t.Errorf("got %v", err)
	}
}

// A name that a message made is nobody's (C3), and what somebody calls itself is no field.
func TestMergeTextAndNames(t *testing.T) {
	v := priya()
	v.Contact.NameIsPlaceholder = true
	m, _ := crm.ParseMergeText("Hi {{first_name|there}} {{full_name|friend}}", crm.MergeFieldsWith(nil))
	if got := m.Fill(v); got != "Hi there friend" {
		t.Errorf("got %q", got)
	}
	v = priya()
	v.Contact.FirstName = "{{email}}"
	if got := m.Fill(v); got != "Hi {{email}} {{email}} Shah" {
		t.Errorf("a value was read as a field: %q", got)
	}
}

func FuzzParseMergeText(f *testing.F) {
	for _, seed := range []string{"Hi {{first_name|there}}", "{{", "}}", "{{|}}", "{{a.b}}{{custom.size}}", "{{{first_name}}}", "é{{first_name|ü}}"} {
		f.Add(seed)
	}
	known := crm.MergeFieldsWith([]crm.CustomField{sizeField})
	f.Fuzz(func(t *testing.T, text string) {
		m, err := crm.ParseMergeText(text, known)
		if err != nil {
			if err.Kind != crm.Invalid || err.Detail == "" || utf8.ValidString(text) && !utf8.ValidString(err.Detail) {
				t.Errorf("%q: %+v", text, err)
			}
			return
		}
		if !strings.Contains(text, "{{") && m.Fill(priya()) != text {
			t.Errorf("%q became %q", text, m.Fill(priya()))
		}
		for _, name := range m.Fields() {
			if !known.Has(name) {
				t.Errorf("%q has a field %q that nobody knows", text, name)
			}
		}
	})
}
