package store

import (
	"math"
	"slices"
	"strings"

	"parley/internal/crm"
	"parley/internal/db"
)

// maxHits is how many contacts a search brings at the most. A search that has more is to
// be narrowed by typing on.
const maxHits = 200

// hits finds the ids of the contacts that a query means, as a list that lists and counts
// then start from: at most maxHits of each kind. It is routed: digits look at phones, @ at
// e-mails, one or two letters at the beginnings of names, anything else at the index of
// trigrams.
func hits(tx *db.Tx, business crm.ID, query string) ([]string, error) {
	return hitsUpTo(tx, business, query, maxHits)
}

// allHits is hits for what is done with everybody who matches, and may leave out nobody.
func allHits(tx *db.Tx, business crm.ID, query string) ([]string, error) {
	return hitsUpTo(tx, business, query, math.MaxInt32)
}

func hitsUpTo(tx *db.Tx, business crm.ID, query string, most int) ([]string, error) {
	query = strings.TrimSpace(query)
	if digits := phoneDigits(query); digits != "" {
		return phoneHits(tx, business, query, digits, most)
	}
	folded := Fold(query)
	switch {
	case folded == "":
		return []string{}, nil
	case strings.Contains(folded, "@") && !strings.HasPrefix(folded, "@"):
		return prefixHits(tx, business, prefix{"identity", "value", folded, "business_id = $1 and kind = 'email' and scope = ''"}, most)
	case len([]rune(folded)) < 3:
		return nameHits(tx, business, folded, most)
	}
	return textHits(tx, business, folded, most)
}

// phoneDigits is what a query that can only mean a phone holds of one, else "".
func phoneDigits(query string) string {
	digits := strings.Builder{}
	for _, r := range query {
		switch {
		case r >= '0' && r <= '9':
			digits.WriteRune(r)
		case strings.ContainsRune("+-() ./\u00a0", r):
		default:
			return ""
		}
	}
	if digits.Len() < 3 {
		return ""
	}
	return digits.String()
}

// phoneHits finds numbers by their whole in any spelling, by their beginning with or
// without the country code, and by their end.
func phoneHits(tx *db.Tx, business crm.ID, query, digits string, most int) ([]string, error) {
	country, _, err := db.One(tx, db.Column[string], "select country from business where id = $1", business)
	if err != nil {
		return nil, err
	}
	beginnings := []string{"+" + strings.TrimPrefix(digits, "00")}
	if phone, err := crm.ParsePhone(query, country, true); err == nil {
		beginnings = append(beginnings, phone.E164)
	}
	if code := crm.CallingCode(country); code != "" && !strings.HasPrefix(query, "+") {
		beginnings = append(beginnings, code+strings.TrimLeft(digits, "0"))
	}
	slices.Sort(beginnings)
	var all []string
	for _, b := range slices.Compact(beginnings) {
		found, err := prefixHits(tx, business, prefix{"identity", "value", b, "business_id = $1 and kind = 'phone' and scope = ''"}, most)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	end := reversed(crm.Identity{Kind: crm.PhoneIdentity, Value: digits})
	found, err := prefixHits(tx, business, prefix{"identity", "reversed", end, "business_id = $1 and reversed <> ''"}, most)
	return distinct(append(all, found...)), err
}

// nameHits finds names and business names by their first letters.
func nameHits(tx *db.Tx, business crm.ID, folded string, most int) ([]string, error) {
	var all []string
	for _, column := range []string{"name_key", "last_key", "business_key"} {
		found, err := prefixHits(tx, business, prefix{"contact", column, folded, "business_id = $1 and " + column + " <> ''"}, most)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return distinct(all), nil
}

// prefix names a column in which values are looked for by their beginning.
type prefix struct{ table, column, text, where string }

// prefixHits walks a range of an index, which is as fast for a million contacts as for
// ten.
func prefixHits(tx *db.Tx, business crm.ID, p prefix, most int) ([]string, error) {
	key := map[string]string{"identity": "contact_id", "contact": "id"}[p.table]
	return db.All(tx, db.Column[string], "select "+key+" from "+p.table+" where "+p.where+" and "+key+" is not null and "+
		p.column+" >= $2 and "+p.column+" < $3 order by "+p.column+" limit "+itoa(most), business, p.text, p.text+"\U0010ffff")
}

func distinct(ids []string) []string {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if ids == nil {
		return []string{}
	}
	return ids
}
