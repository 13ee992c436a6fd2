package crm

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// CustomField is a field that admins add to contacts (C1). Its key and kind stay for
// good, since programs, files and saved filters name it by the key; its label may change.
type CustomField struct {
	ID      ID
	Key     string // lower-case letters, digits and _
	Label   string
	Kind    CustomKind
	Options []CustomOption // of a choice
}

// CustomKind is what the values of a custom field are.
type CustomKind string

// The kinds. In the API a number is a JSON number of any length, a date "2026-11-24", a
// choice the value of one of its options.
const (
	CustomText    CustomKind = "text"
	CustomNumber  CustomKind = "number"
	CustomDate    CustomKind = "date"
	CustomChoice  CustomKind = "choice"
	CustomBoolean CustomKind = "boolean"
)

// CustomKinds are all of them in the order in which they are offered.
var CustomKinds = []CustomKind{CustomText, CustomNumber, CustomDate, CustomChoice, CustomBoolean}

// CustomOption is one of the answers of a choice. The value is what is kept and stays;
// the label is what people read. A retired one cannot be chosen any more, and whoever has
// it keeps it.
type CustomOption struct {
	Value   string `json:"value"`
	Label   string `json:"label"`
	Retired bool   `json:"retired,omitempty"`
}

// CustomValues are the values of a contact's custom fields by key: string for text, date
// and choice, json.Number for number, bool for boolean. A field without a value is not
// in it.
type CustomValues map[string]any

// UnmarshalJSON reads numbers digit by digit, so that none of them is lost.
func (v *CustomValues) UnmarshalJSON(text []byte) error {
	var m map[string]any
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	err := d.Decode(&m)
	*v = m
	return err
}

const (
	maxOptions    = 100
	maxCustomText = 1000
)

var customKey = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// Normalise cleans a definition in place and reports what is wrong with it. An empty key
// is made from the label, an empty value of an option from its own.
func (f *CustomField) Normalise() Problems {
	var problems Problems
	f.Label = FullName(CleanLine(&problems, "label", f.Label, 60))
	if f.Label == "" && len(problems) == 0 {
		problems.Add("label", "required", "A field needs a label.")
	}
	if f.Key == "" {
		f.Key = KeyOf(f.Label, "field")
	}
	if !customKey.MatchString(f.Key) {
		problems.Add("key", "bad_key", "A key is made of lower-case letters, digits and _, begins with a letter and has at most 40 of them.")
	}
	if !slices.Contains(CustomKinds, f.Kind) {
		problems.Add("kind", "unknown_kind", "The kind is text, number, date, choice or boolean.")
	}
	f.normaliseOptions(&problems)
	return problems
}

func (f *CustomField) normaliseOptions(problems *Problems) {
	if f.Kind != CustomChoice {
		if len(f.Options) > 0 {
			problems.Add("options", "no_choice", "Only a choice has options.")
		}
		return
	}
	if len(f.Options) > maxOptions {
		problems.Add("options", "too_many", "At most %d options.", maxOptions)
		return
	}
	values, labels := map[string]bool{}, map[string]bool{}
	open := false
	for i := range f.Options {
		o := &f.Options[i]
		o.Label = FullName(CleanLine(problems, "options", o.Label, 80))
		o.Value = CleanLine(problems, "options", o.Value, 80)
		if o.Value == "" {
			o.Value = freshValue(KeyOf(o.Label, "option"), f.Options)
		}
		switch {
		case o.Label == "":
			problems.Add("options", "required", "An option needs a label.")
		case values[Fold(o.Value)], labels[Fold(o.Label)]:
			problems.Add("options", "twice", "The option %q is there twice.", o.Label)
		}
		values[Fold(o.Value)], labels[Fold(o.Label)] = true, true
		open = open || !o.Retired
	}
	if !open {
		problems.Add("options", "required", "A choice needs at least one option.")
	}
}

// freshValue is the value of a new option that no other has.
func freshValue(value string, options []CustomOption) string {
	candidate := value
	for n := 2; slices.ContainsFunc(options, func(o CustomOption) bool { return o.Value == candidate }); n++ {
		candidate = value + "_" + itoa(n)
	}
	return candidate
}

// KeyOf makes a key out of a label: "Preferred time" is preferred_time. fallback begins
// the key where the label has no such letters.
func KeyOf(label, fallback string) string {
	var b strings.Builder
	for _, r := range Fold(label) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	key := strings.Trim(b.String(), "_")
	if key == "" || key[0] < 'a' {
		key = strings.Trim(fallback+"_"+key, "_")
	}
	return strings.Trim(key[:min(len(key), 40)], "_")
}

// Option is the option of a choice that has this value or, failing that, this label
// without regard to case.
func (f CustomField) Option(text string) (CustomOption, bool) {
	for _, o := range f.Options {
		if o.Value == text {
			return o, true
		}
	}
	for _, o := range f.Options {
		if Fold(o.Label) == Fold(text) {
			return o, true
		}
	}
	return CustomOption{}, false
}
