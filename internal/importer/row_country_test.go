package importer_test

import (
	"testing"

	"parley/internal/importer"
)

// M4: a local number is one of the country that stands in its row, where it is one there;
// the row says so. A mobile of the chosen country stays one. Else it is one of the country that was chosen.
func TestCountryOfTheRow(t *testing.T) {
	for _, c := range []struct {
		phone, country, want string
		said                 bool
	}{
		{"030 2093 0", "DE", "+493020930", true},
		{"0172 9925904", "Germany", "+491729925904", true},
		{"07400 123456", "DE", "+447400123456", false}, // a mobile here, a landline there
		{"07400 123456", "FR", "+447400123456", false}, // none in France
		{"07400 123456", "", "+447400123456", false},
		{"07400 123456", "GB", "+447400123456", false},
		{"+44 7400 123456", "DE", "+447400123456", false},
		{"0033 6 12 34 56 78", "DE", "+33612345678", false},
	} {
		f, err := open([]byte("First name,Last name,Phone,Country\nA,B,"+c.phone+","+c.country+"\n"), importer.Options{Country: "GB"})
		if err != nil {
			t.Fatal(err)
		}
		p, err := f.Parser(importer.Settings{Mapping: f.Proposed()})
		if err != nil {
			t.Fatal(err)
		}
		for row, err := range f.Rows() {
			if err != nil {
				t.Fatal(err)
			}
			r := p.Parse(row)
			said := len(r.Warnings) > 0 && r.Warnings[0].Code == "read_by_row_country"
			if len(*r.Draft.Identities) != 1 || (*r.Draft.Identities)[0].Value != c.want || said != c.said {
				t.Errorf("%s in %q: %+v, want %s; %v", c.phone, c.country, *r.Draft.Identities, c.want, r.Warnings)
			}
			row.Phones = r.Phones
			if again := p.Parse(row); len(*again.Draft.Identities) != 1 || (*again.Draft.Identities)[0].Value != c.want || len(again.Warnings) != len(r.Warnings) {
				t.Errorf("%s, read before: %+v %v", c.phone, *again.Draft.Identities, again.Warnings)
			}
		}
	}
}
