package store

import (
	"slices"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// CountedTag is a tag and how many contacts carry it.
type CountedTag struct {
	crm.Tag
	Contacts int
}

func scanTag(row db.Row) (t crm.Tag, err error) {
	err = row.Scan(&t.ID, &t.Name, &t.Colour)
	return t, err
}

// Tags are the tags of a business by name.
func Tags(tx *db.Tx, business crm.ID) ([]crm.Tag, error) {
	list, err := db.All(tx, scanTag, "select id, name, colour from tag where business_id = $1 and gone_at is null", business)
	slices.SortFunc(list, crm.TagOrder{}.Compare)
	return list, err
}

// CountedTags are the tags of a business with the number of contacts that who may see: all
// that carry a tag, without the few of whom not everyone knows and who may not.
func CountedTags(tx *db.Tx, who crm.Actor) ([]CountedTag, error) {
	list, err := db.All(tx, func(row db.Row) (t CountedTag, err error) {
		hidden := 0
		err = row.Scan(&t.ID, &t.Name, &t.Colour, &t.Contacts, &hidden)
		t.Contacts -= hidden
		return t, err
	}, `with hidden as materialized (
			select ct.tag_id, count(*) as n from contact c join contact_tag ct on ct.business_id = c.business_id and ct.contact_id = c.id
			where c.business_id = $1 and c.visibility = 'chosen' and not `+contactSeenBy(who, 2)+` group by ct.tag_id)
		select t.id, t.name, t.colour,
			(select count(*) from contact_tag ct where ct.business_id = t.business_id and ct.tag_id = t.id),
			coalesce((select n from hidden where hidden.tag_id = t.id), 0)
		from tag t where t.business_id = $1 and t.gone_at is null`, who.BusinessID, who.UserID)
	order := crm.TagOrder{}
	slices.SortFunc(list, func(a, b CountedTag) int { return order.Compare(a.Tag, b.Tag) })
	return list, err
}

// TagByID reads one tag.
func TagByID(tx *db.Tx, business, id crm.ID) (crm.Tag, error) {
	t, found, err := db.One(tx, scanTag, "select id, name, colour from tag where business_id = $1 and id = $2 and gone_at is null", business, id)
	if err == nil && !found {
		err = crm.ErrNotFound
	}
	return t, err
}

// TagByName finds a tag by its name, without regard to case and outer space (T1).
func TagByName(tx *db.Tx, business crm.ID, name string) (crm.Tag, bool, error) {
	return db.One(tx, scanTag, "select id, name, colour from tag where business_id = $1 and name_key = $2 and gone_at is null", business, crm.TagKey(name))
}

// AddTag inserts a tag.
func AddTag(tx *db.Tx, business crm.ID, t crm.Tag, now time.Time) {
	tx.Exec("insert into tag (business_id, id, name, name_key, colour, created_at) values ($1, $2, $3, $4, $5, $6)",
		business, t.ID, t.Name, crm.TagKey(t.Name), t.Colour, now)
}

// ChangeTag writes a tag's name and colour.
func ChangeTag(tx *db.Tx, business crm.ID, t crm.Tag) {
	tx.Exec("update tag set name = $3, name_key = $4, colour = $5 where business_id = $1 and id = $2",
		business, t.ID, t.Name, crm.TagKey(t.Name), t.Colour)
}
