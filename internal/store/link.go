package store

import (
	"slices"

	"parley/internal/crm"
	"parley/internal/db"
)

const linkColumns = "connection_id, remote_id, contact_id, state, version, name, url, base, seen, merged_into, erased, updated_at"

func scanLink(row db.Row) (l crm.Link, err error) {
	err = row.Scan(&l.ConnectionID, &l.RemoteID, &l.ContactID, &l.State, &l.Version, &l.Name, &l.URL, db.JSON(&l.Base), &l.Seen, &l.MergedInto, &l.Erased, &l.UpdatedAt)
	return l, err
}

// PutLinks keeps links: new ones, and those that are there as they are now.
func PutLinks(tx *db.Tx, business crm.ID, list []crm.Link) {
	for _, l := range list {
		tx.Exec("insert into ext_link (business_id, "+linkColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
			on conflict (business_id, connection_id, remote_id) do update set contact_id = excluded.contact_id, state = excluded.state, version = excluded.version,
				name = excluded.name, url = excluded.url, base = excluded.base, seen = excluded.seen, merged_into = excluded.merged_into, erased = excluded.erased, updated_at = excluded.updated_at`,
			business, l.ConnectionID, l.RemoteID, l.ContactID, l.State, l.Version, l.Name, l.URL, db.JSON(l.Base), l.Seen, l.MergedInto, l.Erased, l.UpdatedAt)
	}
}

// LinksOf are the links of records of a connection, by record.
func LinksOf(tx *db.Tx, business, connection crm.ID, remotes []string) (map[string]crm.Link, error) {
	list, err := db.All(tx, scanLink, "select "+linkColumns+" from ext_link where business_id = $1 and connection_id = $2 and remote_id = any($3)", business, connection, remotes)
	return byRemote(list), err
}

// AddLinks keeps links that are not there yet.
func AddLinks(tx *db.Tx, business crm.ID, list []crm.Link) {
	rows := make([][]any, len(list))
	for n, l := range list {
		rows[n] = []any{business, l.ConnectionID, l.RemoteID, l.ContactID, l.State, l.Version, l.Name, l.URL, db.JSON(l.Base), l.Seen, l.MergedInto, l.Erased, l.UpdatedAt}
	}
	tx.Insert("ext_link", []string{"business_id", "connection_id", "remote_id", "contact_id", "state", "version", "name", "url", "base", "seen", "merged_into", "erased", "updated_at"}, rows)
}

func byRemote(list []crm.Link) map[string]crm.Link {
	m := make(map[string]crm.Link, len(list))
	for _, l := range list {
		m[l.RemoteID] = l
	}
	return m
}

// LinksTo are the links of a connection to contacts, by contact. They are found by the
// contacts: a plan that walks the connection's links grows with the square of their number.
func LinksTo(tx *db.Tx, business, connection crm.ID, contacts []crm.ID) (map[crm.ID]crm.Link, error) {
	m := map[crm.ID]crm.Link{}
	if len(contacts) == 0 {
		return m, nil
	}
	list, err := db.All(tx, scanLink, "select "+linkColumns+" from ext_link where business_id = $1 and contact_id = any($2)", business, texts(contacts))
	for _, l := range list {
		had, known := m[l.ContactID]
		if l.ConnectionID == connection && (l.State == crm.LinkFollowed || l.State == crm.LinkArchived) && (!known || l.RemoteID < had.RemoteID) {
			m[l.ContactID] = l
		}
	}
	return m, err
}

// LinksOfContact are the links of a contact to whatever connection.
func LinksOfContact(tx *db.Tx, business, contact crm.ID) ([]crm.Link, error) {
	return db.All(tx, scanLink, "select "+linkColumns+" from ext_link where business_id = $1 and contact_id = $2 order by connection_id, remote_id", business, contact)
}

// FollowedContacts are those of some contacts that follow a record of whatever connection.
func FollowedContacts(tx *db.Tx, business crm.ID, contacts []crm.ID) (map[crm.ID]bool, error) {
	return idSet(tx, "select contact_id from ext_link where business_id = $1 and contact_id = any($2) and state = 'followed'", business, texts(contacts))
}

// CountLinks counts the records of a connection that have a contact.
func CountLinks(tx *db.Tx, business, connection crm.ID) (int, error) {
	return count(tx, "select count(*) from ext_link where business_id = $1 and connection_id = $2 and contact_id is not null", business, connection)
}

// PartLinks takes contacts that are deleted off their links. The records stay known, so
// that none makes one again by itself.
func PartLinks(tx *db.Tx, business crm.ID, contacts []crm.ID) {
	tx.Exec("update ext_link set contact_id = null, state = 'parted', base = '{}', name = '', seen = '' where business_id = $1 and contact_id = any($2)", business, texts(contacts))
	tx.Exec("delete from sync_push where business_id = $1 and contact_id = any($2)", business, texts(contacts))
}

// MoveLinks gives the links of a contact to the one that it became part of.
func MoveLinks(tx *db.Tx, business, from, to crm.ID) {
	tx.Exec("update ext_link set contact_id = $3 where business_id = $1 and contact_id = $2", business, from, to)
	tx.Exec("delete from sync_push where business_id = $1 and contact_id = $2 and state = 'waiting'", business, from)
}

// eraseSync clears what connections keep of a person (C10).
func eraseSync(tx *db.Tx, business crm.ID, line []crm.ID, marks marks) {
	tx.Exec("update ext_link set contact_id = null, state = 'ignored', erased = true, base = '{}', name = '', seen = '' where business_id = $1 and contact_id = any($2)", business, texts(line))
	tx.Exec("delete from sync_push where business_id = $1 and contact_id = any($2)", business, texts(line))
	tx.Exec("delete from sync_preview where business_id = $1", business)
	reviewed := slices.Clone(marks)
	for _, id := range line {
		reviewed = append(reviewed, id.String())
	}
	reviewed.each(tx, business, "delete from sync_review where business_id = $1", "cast(item as text)", "detail")
	marks.each(tx, business, "update ext_link set erased = state = 'ignored', base = '{}', name = '', seen = '' where business_id = $1", "cast(base as text)")
	marks.each(tx, business, "delete from sync_push where business_id = $1", "cast(fields as text)", "reason")
}
