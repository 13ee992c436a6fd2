package importer_test

import (
	"fmt"
	"slices"
	"strings"

	"parley/internal/importer"
)

// expectation is a contact as the corpus wants it, with what else it says of the row in
// keys that begin with "_".
type expectation fields

func (e expectation) text(key string) string { return text(e[key]) }

func text(v any) string {
	s, _ := v.(string)
	return s
}

func list(v any) []string {
	values, _ := v.([]any)
	var texts []string
	for _, value := range values {
		texts = append(texts, text(value))
	}
	return texts
}

// alike brings a value of a field to the form in which the corpus compares it.
func alike(field, s string) string {
	s = strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\u00a0", " ").Replace(s))
	switch {
	case field == "notes":
		return s
	case field == "email":
		return strings.ToLower(s)
	case strings.HasSuffix(field, ".country"):
		if code := importer.CountryOf(s); code != "" {
			return code
		}
	case strings.Contains(field, "_address."):
		s = strings.NewReplacer(",", " ", "\n", " ").Replace(s)
	}
	return strings.Join(strings.Fields(s), " ")
}

// same compares one field, tags as a set without those that may be left out.
func (e expectation) same(field string, got any) bool {
	accept, _ := e["_accept"].(map[string]any)
	also, _ := accept[field].([]any)
	for _, want := range append([]any{e[field]}, also...) {
		if field != "tags" {
			if alike(field, text(want)) == alike(field, text(got)) {
				return true
			}
			continue
		}
		optional := list(e["_tags_optional"])
		left := slices.DeleteFunc(list(got), func(tag string) bool { return slices.Contains(optional, tag) })
		wanted := list(want)
		slices.Sort(left)
		slices.Sort(wanted)
		if slices.Equal(left, wanted) {
			return true
		}
	}
	// A number in a range for fiction may be kept or refused.
	return field == "phone" && e.text("_phone_check") == "reserved_range" && text(got) == ""
}

func (e expectation) sameName(c fields) bool {
	firstName, lastName := alike("", text(c["first_name"])), alike("", text(c["last_name"]))
	if firstName == e.text("first_name") && lastName == e.text("last_name") {
		return true
	}
	splits, _ := e["_name_splits"].([]any)
	for _, split := range splits {
		if parts := list(split); len(parts) == 2 && parts[0] == firstName && parts[1] == lastName {
			return true
		}
	}
	accept, _ := e["_accept"].(map[string]any)
	return slices.Contains(list(accept["first_name"]), firstName)
}

var addressParts = []string{"street", "city", "region", "postal_code", "country"}

func address(c fields, group string) string {
	var parts []string
	for _, part := range addressParts {
		parts = append(parts, alike(group+part, text(c[group+part])))
	}
	return strings.Join(parts, "|")
}

// difference says what is wrong with an answer, or "". soft fields are not compared; with
// anyAddress the one address may be the contact or the billing address.
func (e expectation) difference(a answer, soft []string, anyAddress bool) string {
	if want := e.text("_row"); want != a.outcome && !slices.Contains(list(e["_accept_row"]), a.outcome) {
		return fmt.Sprintf("is %s (%s), want %s", a.outcome, a.reason, want)
	}
	if a.outcome != "import" {
		return ""
	}
	if !e.sameName(a.contact) {
		return fmt.Sprintf("name %q %q", a.contact["first_name"], a.contact["last_name"])
	}
	compare := []string{"middle_name", "business_name", "email", "phone", "tags", "notes"}
	groups := []string{"contact_address.", "billing_address."}
	for _, group := range groups {
		for _, part := range addressParts {
			if !anyAddress {
				compare = append(compare, group+part)
			}
		}
	}
	for _, field := range compare {
		if !slices.Contains(soft, field) && !e.same(field, a.contact[field]) {
			return fmt.Sprintf("%s is %q, want %q", field, a.contact[field], e[field])
		}
	}
	if anyAddress {
		var want, got []string
		for _, group := range groups {
			want, got = append(want, address(fields(e), group)), append(got, address(a.contact, group))
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			return fmt.Sprintf("addresses are %q, want %q", got, want)
		}
	}
	return ""
}
