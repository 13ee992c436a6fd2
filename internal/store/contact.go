package store

import (
	"cmp"
	"slices"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// contactColumns are the columns that a contact is read from and written to, in the
// order of contactTargets.
var contactColumns = []string{"id", "first_name", "middle_name", "last_name", "business_name",
	"contact_street", "contact_city", "contact_region", "contact_postal_code", "contact_country",
	"billing_street", "billing_city", "billing_region", "billing_postal_code", "billing_country",
	"notes", "custom", "status", "name_is_placeholder", "profile_name", "source", "visibility", "assignee_id",
	"version", "created_at", "created_by", "updated_at", "updated_by", "last_message_at"}

// derivedColumns follow from the others; see contactValues.
var derivedColumns = []string{"active_at", "name_key", "last_key", "business_key"}

const selectContact = `select c.id, c.first_name, c.middle_name, c.last_name, c.business_name,
		c.contact_street, c.contact_city, c.contact_region, c.contact_postal_code, c.contact_country,
		c.billing_street, c.billing_city, c.billing_region, c.billing_postal_code, c.billing_country,
		c.notes, c.custom, c.status, c.name_is_placeholder, c.profile_name, c.source, c.visibility, c.assignee_id,
		c.version, c.created_at, c.created_by, c.updated_at, c.updated_by, c.last_message_at `

func scanContact(row db.Row) (*crm.Contact, error) {
	c := &crm.Contact{Visibility: crm.Visibility{UserIDs: []crm.ID{}}}
	err := row.Scan(&c.ID, &c.FirstName, &c.MiddleName, &c.LastName, &c.BusinessName,
		&c.Contact.Street, &c.Contact.City, &c.Contact.Region, &c.Contact.PostalCode, &c.Contact.Country,
		&c.Billing.Street, &c.Billing.City, &c.Billing.Region, &c.Billing.PostalCode, &c.Billing.Country,
		&c.Notes, db.JSON(&c.Custom), &c.Status, &c.NameIsPlaceholder, &c.ProfileName, &c.Source, &c.Visibility.Mode, &c.AssigneeID,
		&c.Version, &c.CreatedAt, &c.CreatedBy, &c.UpdatedAt, &c.UpdatedBy, &c.LastMessageAt)
	return c, err
}

func contactValues(c *crm.Contact) []any {
	if c.Custom == nil {
		c.Custom = crm.CustomValues{}
	}
	return []any{c.ID, c.FirstName, c.MiddleName, c.LastName, c.BusinessName,
		c.Contact.Street, c.Contact.City, c.Contact.Region, c.Contact.PostalCode, c.Contact.Country,
		c.Billing.Street, c.Billing.City, c.Billing.Region, c.Billing.PostalCode, c.Billing.Country,
		c.Notes, db.JSON(c.Custom), c.Status, c.NameIsPlaceholder, c.ProfileName, c.Source, c.Visibility.Mode, c.AssigneeID,
		c.Version, c.CreatedAt, c.CreatedBy, c.UpdatedAt, c.UpdatedBy, c.LastMessageAt,
		activeAt(c), Fold(c.Name()), Fold(crm.FullName(c.LastName, c.FirstName)), Fold(c.BusinessName)}
}

// activeAt is when something last happened with a contact: what the list is ordered by.
func activeAt(c *crm.Contact) time.Time {
	if c.LastMessageAt.IsZero() {
		return c.CreatedAt
	}
	return c.LastMessageAt
}

// AddContacts inserts contacts with their identities, tags and viewers. Search finds them
// once IndexNew was told of them.
func AddContacts(tx *db.Tx, business crm.ID, contacts []*crm.Contact) {
	rows := make([][]any, len(contacts))
	var holdings []Holding
	var tags, viewers, custom [][]any
	for n, c := range contacts {
		rows[n] = append(contactValues(c), business)
		for _, i := range c.Identities {
			holdings = append(holdings, Holding{i, crm.Owner{ContactID: c.ID}})
		}
		for _, t := range c.Tags {
			tags = append(tags, []any{business, c.ID, t.ID})
		}
		for _, u := range c.Visibility.UserIDs {
			viewers = append(viewers, []any{business, c.ID, u})
		}
		custom = append(custom, customRows(business, c)...)
	}
	columns := append(append(append([]string{}, contactColumns...), derivedColumns...), "business_id")
	tx.Insert("contact", columns, rows)
	if len(contacts) > 0 {
		AddIdentities(tx, business, holdings, contacts[0].CreatedAt)
	}
	tx.Insert("contact_tag", []string{"business_id", "contact_id", "tag_id"}, tags)
	tx.Insert("contact_viewer", []string{"business_id", "contact_id", "user_id"}, viewers)
	addCustom(tx, custom)
}

// updateContact writes every column of a contact; its arguments are contactValues, then
// the business.
var updateContact = func() string {
	columns := append(append([]string{}, contactColumns[1:]...), derivedColumns...)
	sql := "update contact set "
	for i, column := range columns {
		if i > 0 {
			sql += ", "
		}
		sql += column + " = $" + itoa(i+2)
	}
	return sql + " where id = $1 and business_id = $" + itoa(len(columns)+2)
}()

// ChangeContact writes a contact's own columns and has it indexed anew. Identities, tags
// and viewers are written apart.
func ChangeContact(tx *db.Tx, business crm.ID, c *crm.Contact) {
	tx.Exec(updateContact, append(contactValues(c), business)...)
	setCustom(tx, business, c)
	indexContacts(tx, business, []*crm.Contact{c})
}

// SetContactTags replaces the tags of a contact.
func SetContactTags(tx *db.Tx, business, contact crm.ID, tags []crm.Tag) {
	tx.Exec("delete from contact_tag where business_id = $1 and contact_id = $2", business, contact)
	for _, t := range tags {
		tx.Exec("insert into contact_tag (business_id, contact_id, tag_id) values ($1, $2, $3)", business, contact, t.ID)
	}
}

// SetContactViewers replaces who is chosen to see a contact.
func SetContactViewers(tx *db.Tx, business, contact crm.ID, users []crm.ID) {
	tx.Exec("delete from contact_viewer where business_id = $1 and contact_id = $2", business, contact)
	for _, u := range users {
		tx.Exec("insert into contact_viewer (business_id, contact_id, user_id) values ($1, $2, $3)", business, contact, u)
	}
}

// TouchContacts notes that messages went to or came from contacts at now.
func TouchContacts(tx *db.Tx, business crm.ID, ids []crm.ID, now time.Time) {
	tx.Exec("update contact set last_message_at = $3, active_at = $3 where business_id = $1 and id = any($2)", business, texts(ids), now)
}

// DeleteContacts removes contacts for good, with everything that hangs on them and what
// their histories say of them: nobody could erase that later (C6, C10). What was kept of
// answers to API calls goes after a day anyway.
func DeleteContacts(tx *db.Tx, business crm.ID, ids ...crm.ID) error {
	if len(ids) == 0 {
		return nil
	}
	if _, _, err := forget(tx, business, ids); err != nil {
		return err
	}
	removeContacts(tx, business, ids)
	return nil
}

func removeContacts(tx *db.Tx, business crm.ID, ids []crm.ID) {
	unindexContacts(tx, business, ids)
	LeaveInvoices(tx, business, ids)
	PartLinks(tx, business, ids)
	tx.Exec("delete from contact where business_id = $1 and id = any($2)", business, texts(ids))
}

// Contact reads one contact whole, as far as who may see it; else ErrNotFound.
func Contact(tx *db.Tx, who crm.Actor, id crm.ID) (*crm.Contact, error) {
	list, err := readContacts(tx, who.BusinessID, selectContact+"from contact c where c.business_id = $1 and c.id = $2 and "+contactSeenBy(who, 3),
		who.BusinessID, id, who.UserID)
	if err != nil || len(list) == 0 {
		return nil, orNotFound(err)
	}
	return list[0], nil
}

// ContactsSeen reads contacts whole, as far as who may see them, in no order.
func ContactsSeen(tx *db.Tx, who crm.Actor, ids []crm.ID) ([]*crm.Contact, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return readContacts(tx, who.BusinessID, selectContact+"from contact c where c.business_id = $1 and c.id = any($2) and "+contactSeenBy(who, 3),
		who.BusinessID, texts(ids), who.UserID)
}

// ContactsByID reads contacts whole, whoever asks, in no order. It is for rules, not for
// showing.
func ContactsByID(tx *db.Tx, business crm.ID, ids []crm.ID) ([]*crm.Contact, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return readContacts(tx, business, selectContact+"from contact c where c.business_id = $1 and c.id = any($2)", business, texts(ids))
}

// readContacts runs a query for contacts and fills in what hangs on them.
func readContacts(tx *db.Tx, business crm.ID, sql string, args ...any) ([]*crm.Contact, error) {
	list, err := db.All(tx, scanContact, sql, args...)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list, fillContacts(tx, business, list)
}

// fillContacts reads identities, tags, viewers and opt-outs of contacts in one round trip.
// What hangs on a contact is sorted here: an order by would have SQLite walk a whole
// business in that order instead of looking the contacts up.
func fillContacts(tx *db.Tx, business crm.ID, list []*crm.Contact) error {
	byID := make(map[crm.ID]*crm.Contact, len(list))
	ids := make([]string, len(list))
	for n, c := range list {
		c.BusinessID = business
		byID[c.ID] = c
		ids[n] = string(c.ID)
	}
	err := tx.Ask(
		db.Each(func(row db.Row) error {
			h, err := scanHolding(row)
			if c := byID[h.ContactID]; c != nil {
				c.Identities = append(c.Identities, h.Identity)
			}
			return err
		}, "select "+holdingColumns+" from identity where business_id = $1 and contact_id = any($2)", business, ids),
		tagsOf(business, ids, func(id crm.ID, t crm.Tag) {
			if c := byID[id]; c != nil {
				c.Tags = append(c.Tags, t)
			}
		}),
		db.Each(func(row db.Row) error {
			var id, user crm.ID
			err := row.Scan(&id, &user)
			if c := byID[id]; c != nil {
				c.Visibility.UserIDs = append(c.Visibility.UserIDs, user)
			}
			return err
		}, "select contact_id, user_id from contact_viewer where business_id = $1 and contact_id = any($2)", business, ids),
		db.Each(func(row db.Row) error {
			var id crm.ID
			var family crm.Family
			err := row.Scan(&id, &family)
			if c := byID[id]; c != nil {
				c.OptOuts = append(c.OptOuts, family)
			}
			return err
		}, "select contact_id, family from opt_out where business_id = $1 and contact_id = any($2)", business, ids),
	)
	tags := crm.TagOrder{}
	for _, c := range list {
		sortHangings(c, tags)
	}
	return err
}

// sortHangings puts primary identities first within their kind, tags and users in the
// order in which they are always shown.
func sortHangings(c *crm.Contact, tags crm.TagOrder) {
	slices.SortFunc(c.Identities, func(a, b crm.Identity) int {
		return cmp.Or(-cmp.Compare(a.Kind, b.Kind), cmp.Compare(later(a), later(b)), cmp.Compare(a.Value, b.Value))
	})
	slices.SortFunc(c.Tags, tags.Compare)
	slices.Sort(c.Visibility.UserIDs)
	slices.Sort(c.OptOuts)
}

// tagsOf asks for the tags of contacts, in no order.
func tagsOf(business crm.ID, contacts []string, found func(contact crm.ID, t crm.Tag)) db.Query {
	return db.Each(func(row db.Row) error {
		var id crm.ID
		var t crm.Tag
		err := row.Scan(&id, &t.ID, &t.Name, &t.Colour)
		found(id, t)
		return err
	}, `select ct.contact_id, t.id, t.name, t.colour from contact_tag ct
		join tag t on t.business_id = ct.business_id and t.id = ct.tag_id and t.gone_at is null
		where ct.business_id = $1 and ct.contact_id = any($2)`, business, contacts)
}

func later(i crm.Identity) int {
	if i.Primary {
		return 0
	}
	return 1
}

func orNotFound(err error) error {
	if err == nil {
		return crm.ErrNotFound
	}
	return err
}
