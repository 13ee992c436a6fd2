package store

import (
	"math"
	"slices"
	"strings"

	"parley/internal/crm"
	"parley/internal/db"
)

// MaxHits is how many contacts a search brings at the most. A search that has more is to
// be narrowed by typing on, and whoever reads its list is told so.
const MaxHits = 200

// maxWaiting is how many of the contacts that wait for SQLite's index (indexContacts) a
// search looks through at the most: the newest.
const maxWaiting = 5000

// Cut says of a search that it may not bring everybody who matches, and why. Empty: it
// does.
type Cut string

// The reasons.
const (
	CutHits  Cut = "hits"  // there are more than MaxHits
	CutIndex Cut = "index" // very many contacts changed a moment ago, and the index is still behind
)

// hits finds the ids of the contacts that a query means, as a list that lists and counts
// then start from: at most MaxHits of each kind. It is routed: digits look at phones, @ at
// e-mails, one or two letters at the beginnings of names, anything else at the index of
// trigrams.
func hits(tx *db.Tx, business crm.ID, query string) (ids []string, cut Cut, err error) {
	return hitsUpTo(tx, business, query, MaxHits)
}

// allHits is hits for what is done with everybody who matches, and may leave out nobody.
func allHits(tx *db.Tx, business crm.ID, query string) ([]string, error) {
	ids, _, err := hitsUpTo(tx, business, query, math.MaxInt32)
	return ids, err
}

func hitsUpTo(tx *db.Tx, business crm.ID, query string, most int) (ids []string, cut Cut, err error) {
	query = strings.TrimSpace(query)
	s := search{tx: tx, business: business, most: most}
	folded := Fold(query)
	switch digits := phoneDigits(query); {
	case digits != "":
		err = s.phones(query, digits)
	case folded == "":
	case strings.Contains(folded, "@") && !strings.HasPrefix(folded, "@"):
		err = s.prefix("identity", "value", folded, "business_id = $1 and kind = 'email' and scope = ''")
	case len([]rune(folded)) < 3:
		err = s.names(folded)
	default:
		s.found, s.cut, err = textHits(tx, business, folded, most)
	}
	return distinct(s.found), s.cut, err
}

// search gathers hits, at most so many of each kind.
type search struct {
	tx       *db.Tx
	business crm.ID
	most     int
	found    []string
	cut      Cut
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

// phones finds numbers by their whole in any spelling, by their beginning with or without
// the country code, and by their end.
func (s *search) phones(query, digits string) error {
	country, _, err := db.One(s.tx, db.Column[string], "select country from business where id = $1", s.business)
	if err != nil {
		return err
	}
	beginnings := []string{"+" + strings.TrimPrefix(digits, "00")}
	if phone, err := crm.ParsePhone(query, country, true); err == nil {
		beginnings = append(beginnings, phone.E164)
	}
	if code := crm.CallingCode(country); code != "" && !strings.HasPrefix(query, "+") {
		beginnings = append(beginnings, code+strings.TrimLeft(digits, "0"))
	}
	slices.Sort(beginnings)
	for _, b := range slices.Compact(beginnings) {
		if err := s.prefix("identity", "value", b, "business_id = $1 and kind = 'phone' and scope = ''"); err != nil {
			return err
		}
	}
	end := reversed(crm.Identity{Kind: crm.PhoneIdentity, Value: digits})
	return s.prefix("identity", "reversed", end, "business_id = $1 and reversed <> ''")
}

// names finds names and business names by their first letters.
func (s *search) names(folded string) error {
	for _, column := range []string{"name_key", "last_key", "business_key"} {
		if err := s.prefix("contact", column, folded, "business_id = $1 and "+column+" <> ''"); err != nil {
			return err
		}
	}
	return nil
}

// prefix finds the rows of a table in which a column begins with a text: it walks a range
// of an index, which is as fast for a million contacts as for ten.
func (s *search) prefix(table, column, text, where string) error {
	key := map[string]string{"identity": "contact_id", "contact": "id"}[table]
	found, err := db.All(s.tx, db.Column[string], "select "+key+" from "+table+" where "+where+" and "+key+" is not null and "+
		column+" >= $2 and "+column+" < $3 order by "+column+" limit "+itoa(s.most+1), s.business, text, text+"\U0010ffff")
	if len(found) > s.most {
		found, s.cut = found[:s.most], CutHits
	}
	s.found = append(s.found, found...)
	return err
}

func distinct(ids []string) []string {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if ids == nil {
		return []string{}
	}
	return ids
}
