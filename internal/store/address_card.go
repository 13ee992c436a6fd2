package store

import (
	"slices"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// BookEntry is a contact as an address book lists it.
type BookEntry struct {
	ID        crm.ID
	Version   int64
	UpdatedAt time.Time
	Name      string // of its resource: the one that a client chose, else its id
	Tags      []crm.Tag
}

// BookEntries are the active contacts that who may see, in the order of their ids, behind
// one of them.
func BookEntries(tx *db.Tx, who crm.Actor, after crm.ID, limit int) ([]BookEntry, error) {
	list, err := db.All(tx, func(row db.Row) (e BookEntry, err error) {
		err = row.Scan(&e.ID, &e.Version, &e.UpdatedAt, &e.Name)
		return e, err
	}, `select c.id, c.version, c.updated_at, coalesce(a.name, c.id) from contact c
		left join address_card a on a.business_id = c.business_id and a.contact_id = c.id
		where c.business_id = $1 and c.status = 'active' and `+contactSeenBy(who, 2)+" and c.id > $3 order by c.id limit $4",
		who.BusinessID, who.UserID, string(after), limit)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	at := make(map[crm.ID]int, len(list))
	ids := make([]string, len(list))
	for n, e := range list {
		at[e.ID], ids[n] = n, string(e.ID)
	}
	err = tx.Ask(tagsOf(who.BusinessID, ids, func(id crm.ID, t crm.Tag) {
		if n, ok := at[id]; ok {
			list[n].Tags = append(list[n].Tags, t)
		}
	}))
	tags := crm.TagOrder{}
	for _, e := range list {
		slices.SortFunc(e.Tags, tags.Compare)
	}
	return list, err
}

// BookState changes whenever what BookEntries lists does, but for the names of tags: how many
// there are, all their versions together, and the newest of them.
func BookState(tx *db.Tx, who crm.Actor) (count, versions int64, newest crm.ID, err error) {
	err = tx.Ask(db.Each(func(row db.Row) error { return row.Scan(&count, &versions, &newest) },
		`select count(*), coalesce(cast(sum(c.version) as bigint), 0), coalesce(max(c.id), '') from contact c
		where c.business_id = $1 and c.status = 'active' and `+contactSeenBy(who, 2), who.BusinessID, who.UserID))
	return count, versions, newest, err
}

// AddressCard is where a client keeps a contact that it made.
type AddressCard struct {
	ContactID crm.ID
	Name      string
	UID       string
}

func scanAddressCard(row db.Row) (c AddressCard, err error) {
	err = row.Scan(&c.ContactID, &c.Name, &c.UID)
	return c, err
}

// AddAddressCard keeps one. A name that is taken stays with whom it is.
func AddAddressCard(tx *db.Tx, business crm.ID, c AddressCard) {
	tx.Exec(`insert into address_card (business_id, contact_id, name, uid) values ($1, $2, $3, $4)
		on conflict do nothing`, business, c.ContactID, c.Name, c.UID)
}

// AddressCardsNamed are those with some names.
func AddressCardsNamed(tx *db.Tx, business crm.ID, names []string) ([]AddressCard, error) {
	return db.All(tx, scanAddressCard, "select contact_id, name, uid from address_card where business_id = $1 and name = any($2)", business, names)
}

// AddressCardsOf are those of some contacts.
func AddressCardsOf(tx *db.Tx, business crm.ID, contacts []crm.ID) ([]AddressCard, error) {
	return db.All(tx, scanAddressCard, "select contact_id, name, uid from address_card where business_id = $1 and contact_id = any($2)", business, texts(contacts))
}
