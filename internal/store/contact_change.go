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
	changeOwn(tx, business, changes)
	var named []*crm.Contact
	for _, c := range changes {
		if !reflect.DeepEqual(c.Before.Custom, c.After.Custom) {
			setCustom(tx, business, c.After)
		}
		if searchText(c.Before) != searchText(c.After) {
			named = append(named, c.After)
		}
	}
	indexContacts(tx, business, named)
}

// changeOwn writes the contacts' own columns. Those of which only who looks after them,
// who sees them or their status is new, or nothing but the version, are written together.
func changeOwn(tx *db.Tx, business crm.ID, changes []ContactChange) {
	type alike struct {
		assignee   crm.ID
		visibility crm.VisibilityMode
		status     crm.Status
		assigned   bool // the assignee changed
		shown      bool // the visibility changed
		moved      bool // the status changed
		at         time.Time
		by         string
	}
	together := map[alike][]string{}
	for _, c := range changes {
		rest := *c.After
		rest.Version, rest.UpdatedAt, rest.UpdatedBy = c.Before.Version+1, c.Before.UpdatedAt, c.Before.UpdatedBy
		if rest.Version != c.After.Version || rest.LastMessageAt != c.Before.LastMessageAt {
			tx.Exec(updateContact, append(contactValues(c.After), business)...)
			continue
		}
		rest.Version, rest.Identities, rest.Tags, rest.OptOuts = c.Before.Version, c.Before.Identities, c.Before.Tags, c.Before.OptOuts
		rest.AssigneeID, rest.Visibility, rest.Status = c.Before.AssigneeID, c.Before.Visibility, c.Before.Status
		if !reflect.DeepEqual(&rest, c.Before) {
			tx.Exec(updateContact, append(contactValues(c.After), business)...)
			continue
		}
		k := alike{at: c.After.UpdatedAt, by: c.After.UpdatedBy}
		if k.assigned = c.After.AssigneeID != c.Before.AssigneeID; k.assigned {
			k.assignee = c.After.AssigneeID
		}
		if k.shown = c.After.Visibility.Mode != c.Before.Visibility.Mode; k.shown {
			k.visibility = c.After.Visibility.Mode
		}
		if k.moved = c.After.Status != c.Before.Status; k.moved {
			k.status = c.After.Status
		}
		together[k] = append(together[k], string(c.After.ID))
	}
	for k, ids := range together {
		w := conditions{args: []any{business, ids}}
		set := func(column string, value any) string { return ", " + column + " = " + w.arg(value) }
		sets := "version = version + 1" + set("updated_at", k.at) + set("updated_by", k.by)
		if k.assigned {
			sets += set("assignee_id", k.assignee)
		}
		if k.shown {
			sets += set("visibility", k.visibility)
		}
		if k.moved {
			sets += set("status", k.status)
		}
		tx.Exec("update contact set "+sets+" where business_id = $1 and id = any($2)", w.args...)
	}
}

// changeTags takes off the tags that are gone and puts on those that are new.
func changeTags(tx *db.Tx, business crm.ID, changes []ContactChange) {
	gone := map[crm.ID][]string{} // contacts by tag
	var rows [][]any
	for _, c := range changes {
		if slices.Equal(c.Before.Tags, c.After.Tags) {
			continue
		}
		for _, t := range c.Before.Tags {
			if !carries(c.After.Tags, t.ID) {
				gone[t.ID] = append(gone[t.ID], string(c.After.ID))
			}
		}
		for _, t := range c.After.Tags {
			if !carries(c.Before.Tags, t.ID) {
				rows = append(rows, []any{business, c.After.ID, t.ID})
			}
		}
	}
	for tag, ids := range gone {
		tx.Exec("delete from contact_tag where business_id = $1 and tag_id = $2 and contact_id = any($3)", business, tag, ids)
	}
	tx.Insert("contact_tag", []string{"business_id", "contact_id", "tag_id"}, rows)
}

func carries(tags []crm.Tag, id crm.ID) bool {
	return slices.ContainsFunc(tags, func(t crm.Tag) bool { return t.ID == id })
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
