package importer

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"parley/internal/crm"
)

// Mapping says which field each column holds: "ignore", or one that Fields lists. A
// column that it does not name is ignored.
type Mapping map[int]string

// Fields lists the fields that a column can hold, in the order in which they are offered,
// without those of the business's own (custom.KEY).
func Fields() []string {
	list := []string{"first_name", "middle_name", "last_name", "full_name", "business_name", "email", "phone", "tags", "notes"}
	for _, prefix := range []string{"contact_address.", "billing_address."} {
		for _, part := range []string{"street", "city", "region", "postal_code", "country"} {
			list = append(list, prefix+part)
		}
	}
	return append(list, Ignore)
}

// takesSeveral reports whether a field takes more than one column (M2).
func takesSeveral(field string) bool {
	return field == "phone" || field == "email" || field == "tags" || strings.HasSuffix(field, "_address.street")
}

// Proposed is the mapping that the columns of the file propose.
func (f *File) Proposed() Mapping {
	m := Mapping{}
	for _, c := range f.Columns {
		m[c.Index] = c.Field
	}
	return m
}

// Check refuses a mapping that names columns or fields that are not there, or gives a
// field two columns that takes one. The error names the columns.
func (f *File) Check(m Mapping) error {
	known := map[string]bool{}
	for _, field := range Fields() {
		known[field] = true
	}
	for _, field := range f.options.Custom {
		known["custom."+field.Key] = true
	}
	var problems crm.Problems
	holder := map[string]int{}
	for i := range m {
		if i < 0 || i >= len(f.Columns) {
			problems.Add("mapping", "unknown_column", "The file has no column %d.", i+1)
		}
	}
	for i := range f.Columns {
		field := m[i]
		switch at, taken := holder[field]; {
		case field == "" || field == Ignore:
		case !known[field]:
			problems.Add("mapping", "unknown_field", "A contact has no field %q.", clip(field, 60))
		case taken && !takesSeveral(field):
			problems.Add("mapping", "field_twice", "Columns %d and %d cannot both be %s.", at+1, i+1, field)
		default:
			holder[field] = i
		}
	}
	return problems.Err()
}

// Missing says what has no column yet and must have one before an import (M2): of
// "first_name", "last_name" and "phone_or_email".
func (m Mapping) Missing() []string {
	have := map[string]bool{}
	for _, field := range m {
		have[field] = true
	}
	var missing []string
	if !have["full_name"] {
		for _, field := range []string{"first_name", "last_name"} {
			if !have[field] {
				missing = append(missing, field)
			}
		}
	}
	if !have["phone"] && !have["email"] {
		missing = append(missing, "phone_or_email")
	}
	return missing
}

// Fingerprint is the same for files whose tables have the same columns, so that a mapping
// can be remembered for the next file of the same kind.
func (f *File) Fingerprint() string { return FingerprintOf(f.Format, f.header) }

// FingerprintOf is the fingerprint of a file with these columns.
func FingerprintOf(format Format, headers []string) string {
	sum := sha256.New()
	sum.Write([]byte(format))
	for _, header := range headers {
		sum.Write([]byte{0})
		sum.Write([]byte(strings.ToLower(strings.TrimSpace(visible(header)))))
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}
