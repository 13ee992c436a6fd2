package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// Holding is an identity together with who holds it.
type Holding struct {
	crm.Identity
	crm.Owner
}

const holdingColumns = "kind, scope, value, contact_id, user_id, is_primary, label, entered"

func scanHolding(row db.Row) (h Holding, err error) {
	err = row.Scan(&h.Kind, &h.Scope, &h.Value, &h.ContactID, &h.UserID, &h.Primary, &h.Label, &h.Entered)
	return h, err
}

// Holders finds who holds any of the identities (I1), of all kinds in one round trip.
func Holders(tx *db.Tx, business crm.ID, identities []crm.Identity) ([]Holding, error) {
	var list []Holding
	var queries []db.Query
	for _, kind := range []crm.IdentityKind{crm.PhoneIdentity, crm.EmailIdentity} {
		if wanted := values(identities, kind); len(wanted) > 0 {
			queries = append(queries, db.Into(&list, scanHolding, "select "+holdingColumns+
				" from identity where business_id = $1 and kind = $2 and scope = '' and value = any($3)", business, kind, wanted))
		}
	}
	for _, i := range identities {
		if i.Kind == crm.WhatsAppIdentity {
			queries = append(queries, db.Into(&list, scanHolding, "select "+holdingColumns+
				" from identity where business_id = $1 and kind = 'whatsapp' and scope = $2 and value = $3", business, i.Scope, i.Value))
		}
	}
	if len(queries) == 0 {
		return nil, nil
	}
	return list, tx.Ask(queries...)
}

// AddIdentities inserts identities of their owners. One that is taken fails the
// transaction: that is rule I1.
func AddIdentities(tx *db.Tx, business crm.ID, holdings []Holding, now time.Time) {
	rows := make([][]any, 0, len(holdings))
	positions := map[crm.Owner]int{}
	for _, h := range holdings {
		rows = append(rows, []any{business, h.Kind, h.Scope, h.Value, h.ContactID, h.UserID, h.Primary,
			positions[h.Owner], h.Label, h.Entered, reversed(h.Identity), now})
		positions[h.Owner]++
	}
	tx.Insert("identity", []string{"business_id", "kind", "scope", "value", "contact_id", "user_id", "is_primary",
		"position", "label", "entered", "reversed", "created_at"}, rows)
}

// RemoveIdentities frees identities of an owner.
func RemoveIdentities(tx *db.Tx, business crm.ID, owner crm.Owner, keys []crm.IdentityKey) {
	for _, key := range keys {
		if owner.ContactID != "" {
			tx.Exec("delete from identity where business_id = $1 and kind = $2 and scope = $3 and value = $4 and contact_id = $5",
				business, key.Kind, key.Scope, key.Value, owner.ContactID)
		} else {
			tx.Exec("delete from identity where business_id = $1 and kind = $2 and scope = $3 and value = $4 and user_id = $5",
				business, key.Kind, key.Scope, key.Value, owner.UserID)
		}
	}
}

// UserIdentities are the identities of a user.
func UserIdentities(tx *db.Tx, business, user crm.ID) ([]crm.Identity, error) {
	holdings, err := db.All(tx, scanHolding, "select "+holdingColumns+
		" from identity where business_id = $1 and user_id = $2 order by position, value", business, user)
	var list []crm.Identity
	for _, h := range holdings {
		list = append(list, h.Identity)
	}
	return list, err
}

func reversed(i crm.Identity) string {
	if i.Kind != crm.PhoneIdentity {
		return ""
	}
	runes := []rune(i.Value)
	for a, b := 0, len(runes)-1; a < b; a, b = a+1, b-1 {
		runes[a], runes[b] = runes[b], runes[a]
	}
	return string(runes)
}
