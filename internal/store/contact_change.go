package store

import (
	"reflect"
	"slices"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// ContactChange is a contact as it was read and as it is to be.
type ContactChange struct{ Before, After *crm.Contact }

// ChangeContacts writes what differs between contacts before and after: one or thousands.
// Identities that are given up are free before any is taken, so that two contacts of one
// call can swap theirs.
func ChangeContacts(tx *db.Tx, business crm.ID, changes []ContactChange, now time.Time) {
	var come []Holding
	for _, c := range changes {
		owner := crm.Owner{ContactID: c.After.ID}
		var gone []crm.IdentityKey
		for _, i := range c.Before.Identities {
			if !slices.Contains(c.After.Identities, i) {
				gone = append(gone, i.Key())
			}
		}
		RemoveIdentities(tx, business, owner, gone)
		for _, i := range c.After.Identities {
			if !slices.Contains(c.Before.Identities, i) {
				come = append(come, Holding{i, owner})
			}
		}
	}
	AddIdentities(tx, business, come, now)
	changeTags(tx, business, changes)
	changeViewers(tx, business, changes)
	var named []*crm.Contact
	for _, c := range changes {
		tx.Exec(updateContact, append(contactValues(c.After), business)...)
		if !reflect.DeepEqual(c.Before.Custom, c.After.Custom) {
			setCustom(tx, business, c.After)
		}
		if searchText(c.Before) != searchText(c.After) {
			named = append(named, c.After)
		}
	}
	indexContacts(tx, business, named)
}

func changeTags(tx *db.Tx, business crm.ID, changes []ContactChange) {
	var ids []string
	var rows [][]any
	for _, c := range changes {
		if slices.Equal(c.Before.Tags, c.After.Tags) {
			continue
		}
		ids = append(ids, string(c.After.ID))
		for _, t := range c.After.Tags {
			rows = append(rows, []any{business, c.After.ID, t.ID})
		}
	}
	if len(ids) > 0 {
		tx.Exec("delete from contact_tag where business_id = $1 and contact_id = any($2)", business, ids)
		tx.Insert("contact_tag", []string{"business_id", "contact_id", "tag_id"}, rows)
	}
}

func changeViewers(tx *db.Tx, business crm.ID, changes []ContactChange) {
	var ids []string
	var rows [][]any
	for _, c := range changes {
		if slices.Equal(c.Before.Visibility.UserIDs, c.After.Visibility.UserIDs) {
			continue
		}
		ids = append(ids, string(c.After.ID))
		for _, u := range c.After.Visibility.UserIDs {
			rows = append(rows, []any{business, c.After.ID, u})
		}
	}
	if len(ids) > 0 {
		tx.Exec("delete from contact_viewer where business_id = $1 and contact_id = any($2)", business, ids)
		tx.Insert("contact_viewer", []string{"business_id", "contact_id", "user_id"}, rows)
	}
}
