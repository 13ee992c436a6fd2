package store

import (
	"slices"
	"strings"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

func scanCustomField(row db.Row) (f crm.CustomField, err error) {
	err = row.Scan(&f.ID, &f.Key, &f.Label, &f.Kind, db.JSON(&f.Options))
	return f, err
}

// CustomFields are the custom fields of a business in the order that admins gave them.
func CustomFields(tx *db.Tx, business crm.ID) ([]crm.CustomField, error) {
	return db.All(tx, scanCustomField, "select id, key, label, kind, options from custom_field where business_id = $1 and not deleted order by position, id", business)
}

// PutCustomField adds a field, or writes its label and options.
func PutCustomField(tx *db.Tx, business crm.ID, f crm.CustomField, now time.Time) {
	if f.Options == nil {
		f.Options = []crm.CustomOption{}
	}
	tx.Exec(`insert into custom_field (business_id, id, key, label, kind, options, position, created_at)
			values ($1, $2, $3, $4, $5, $6, (select coalesce(max(position), 0) + 1 from custom_field where business_id = $1), $7)
		on conflict (business_id, id) do update set label = excluded.label, options = excluded.options`,
		business, f.ID, f.Key, f.Label, f.Kind, db.JSON(f.Options), now)
}

// PlaceCustomField gives a field its place among the others.
func PlaceCustomField(tx *db.Tx, business, id crm.ID, position int) {
	tx.Exec("update custom_field set position = $3 where business_id = $1 and id = $2", business, id, position)
}

// CountCustomValues counts the contacts that have a value of a custom field, archived and
// hidden ones too.
func CountCustomValues(tx *db.Tx, business crm.ID, key string) (int, error) {
	return count(tx, "select count(*) from contact_custom where business_id = $1 and key = $2", business, key)
}

// CountCustomOption counts the contacts that have one value of a custom field.
func CountCustomOption(tx *db.Tx, business crm.ID, key string, value any) (int, error) {
	return count(tx, "select count(*) from contact_custom where business_id = $1 and key = $2 and value = $3", business, key, crm.SortKey(value))
}

// DeleteCustomField takes a field out of sight and makes its key free once the values are
// cleared away.
func DeleteCustomField(tx *db.Tx, business, id crm.ID) {
	tx.Exec("update custom_field set deleted = true where business_id = $1 and id = $2", business, id)
}

// DeletedField is a custom field whose values are still to be cleared away.
type DeletedField struct {
	Business crm.ID
	ID       crm.ID
	Key      string
}

// DeletedFields are those of all businesses.
func DeletedFields(tx *db.Tx) ([]DeletedField, error) {
	return db.All(tx, func(row db.Row) (f DeletedField, err error) {
		err = row.Scan(&f.Business, &f.ID, &f.Key)
		return f, err
	}, "select business_id, id, key from custom_field where deleted order by business_id, id")
}

// ClearField clears the values that up to n contacts have of a deleted field, and the
// field itself when there were none left. done is true then.
func ClearField(tx *db.Tx, f DeletedField, n int) (done bool, err error) {
	ids, err := db.All(tx, db.Column[crm.ID], "select contact_id from contact_custom where business_id = $1 and key = $2 order by contact_id limit $3", f.Business, f.Key, n)
	if err != nil {
		return false, err
	}
	slices.Sort(ids)
	LockContacts(tx, f.Business, ids)
	contacts, err := ContactsByID(tx, f.Business, ids)
	if err != nil {
		return false, err
	}
	for _, c := range contacts {
		delete(c.Custom, f.Key)
		tx.Exec("update contact set custom = $3 where business_id = $1 and id = $2", f.Business, c.ID, db.JSON(c.Custom))
		tx.Exec("delete from contact_custom where business_id = $1 and contact_id = $2 and key = $3", f.Business, c.ID, f.Key)
	}
	if len(ids) == 0 {
		tx.Exec("delete from custom_field where business_id = $1 and id = $2", f.Business, f.ID)
	}
	return len(ids) == 0, nil
}

// HasDeletedField reports whether a key still belongs to a field that is being cleared.
func HasDeletedField(tx *db.Tx, business crm.ID, key string) (bool, error) {
	n, err := count(tx, "select count(*) from custom_field where business_id = $1 and key = $2 and deleted", business, key)
	return n > 0, err
}

// customRows are the rows of contact_custom of a contact.
func customRows(business crm.ID, c *crm.Contact) [][]any {
	var rows [][]any
	for key, v := range c.Custom {
		rows = append(rows, []any{business, c.ID, key, crm.SortKey(v)})
	}
	slices.SortFunc(rows, func(a, b []any) int { return strings.Compare(a[2].(string), b[2].(string)) })
	return rows
}

func addCustom(tx *db.Tx, rows [][]any) {
	tx.Insert("contact_custom", []string{"business_id", "contact_id", "key", "value"}, rows)
}

// setCustom brings contact_custom up to a contact that was changed.
func setCustom(tx *db.Tx, business crm.ID, c *crm.Contact) {
	tx.Exec("delete from contact_custom where business_id = $1 and contact_id = $2", business, c.ID)
	addCustom(tx, customRows(business, c))
}
