package store

import (
	"parley/internal/crm"
	"parley/internal/db"
)

// SetTagGone takes a tag out of use: deleted, or merged where into is not empty. What was
// merged into it follows. Its carriers are there until ClearTag has seen to them.
func SetTagGone(tx *db.Tx, t crm.GoneTag) {
	tx.Exec("update tag set into_id = $3 where business_id = $1 and into_id = $2", t.Business, t.ID, t.Into.ID)
	tx.Exec("update tag set gone_at = $3, gone_by_id = $4, gone_by = $5, gone_via = $6, into_id = $7 where business_id = $1 and id = $2",
		t.Business, t.ID, t.At, t.By.UserID, t.By.Name, t.By.Via, t.Into.ID)
}

const selectGoneTag = `select t.business_id, t.id, t.name, t.colour, t.gone_at, t.gone_by_id, t.gone_by, t.gone_via, i.id, coalesce(i.name, ''), coalesce(i.colour, '')
	from tag t left join tag i on i.business_id = t.business_id and i.id = t.into_id and i.gone_at is null `

func scanGoneTag(row db.Row) (t crm.GoneTag, err error) {
	err = row.Scan(&t.Business, &t.ID, &t.Name, &t.Colour, &t.At, &t.By.UserID, &t.By.Name, &t.By.Via, &t.Into.ID, &t.Into.Name, &t.Into.Colour)
	t.By.BusinessID = t.Business
	return t, err
}

// GoneTags are the tags of a business that were deleted or merged.
func GoneTags(tx *db.Tx, business crm.ID) ([]crm.GoneTag, error) {
	return db.All(tx, scanGoneTag, selectGoneTag+"where t.business_id = $1 and t.gone_at is not null order by t.gone_at, t.id", business)
}

// TagsToClear are the gone tags of all businesses that somebody carries still.
func TagsToClear(tx *db.Tx) ([]crm.GoneTag, error) {
	return db.All(tx, scanGoneTag, selectGoneTag+`where t.gone_at is not null
		and exists (select 1 from contact_tag ct where ct.business_id = t.business_id and ct.tag_id = t.id) order by t.business_id, t.id`)
}

// ClearTag takes a gone tag off up to n contacts, gives them what it became, and names
// them. There were no more when they are fewer than n.
func ClearTag(tx *db.Tx, t crm.GoneTag, n int) ([]crm.ID, error) {
	ids, err := db.All(tx, db.Column[crm.ID], "select contact_id from contact_tag where business_id = $1 and tag_id = $2 order by contact_id limit $3", t.Business, t.ID, n)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	LockContacts(tx, t.Business, ids)
	if t.Into.ID != "" {
		tx.Exec(`insert into contact_tag (business_id, contact_id, tag_id)
			select business_id, contact_id, $3 from contact_tag where business_id = $1 and tag_id = $2 and contact_id = any($4)
			on conflict (business_id, contact_id, tag_id) do nothing`, t.Business, t.ID, t.Into.ID, texts(ids))
	}
	// Two nodes may do this at once: only one of them finds a row, and tells of it.
	return db.All(tx, db.Column[crm.ID], "delete from contact_tag where business_id = $1 and tag_id = $2 and contact_id = any($3) returning contact_id", t.Business, t.ID, texts(ids))
}

// UniteTag gives everyone who carries one tag another one too: those after a contact, in
// the order of their ids, n of them or with 0 all. It answers with the last of them, empty
// when that were all.
func UniteTag(tx *db.Tx, business, from, into, after crm.ID, n int) (last crm.ID, err error) {
	if n > 0 {
		last, _, err = db.One(tx, db.Column[crm.ID], "select contact_id from contact_tag where business_id = $1 and tag_id = $2 and contact_id > $3 order by contact_id limit 1 offset $4",
			business, from, string(after), n-1)
		if err != nil {
			return "", err
		}
	}
	end := string(last)
	if last == "" {
		end = "\U0010ffff"
	}
	tx.Exec(`insert into contact_tag (business_id, contact_id, tag_id)
		select business_id, contact_id, $3 from contact_tag where business_id = $1 and tag_id = $2 and contact_id > $4 and contact_id <= $5
		on conflict (business_id, contact_id, tag_id) do nothing`, business, from, into, string(after), end)
	return last, nil
}

// TagCarriers counts who carries a tag, up to most.
func TagCarriers(tx *db.Tx, business, id crm.ID, most int) (int, error) {
	return count(tx, "select count(*) from (select 1 from contact_tag where business_id = $1 and tag_id = $2 limit $3) as counted", business, id, most)
}

// TagsByID are tags by the ids asked for, of those that are there. The id of one that was
// merged leads to what it became.
func TagsByID(tx *db.Tx, business crm.ID, ids []crm.ID) (map[crm.ID]crm.Tag, error) {
	tags := map[crm.ID]crm.Tag{}
	return tags, tx.Ask(db.Each(func(row db.Row) error {
		var asked crm.ID
		var t crm.Tag
		err := row.Scan(&asked, &t.ID, &t.Name, &t.Colour)
		tags[asked] = t
		return err
	}, `select t.id, now.id, now.name, now.colour from tag t
		join tag now on now.business_id = t.business_id and now.id = coalesce(t.into_id, t.id) and now.gone_at is null
		where t.business_id = $1 and t.id = any($2)`, business, texts(ids)))
}
