package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// Duplicate is a pair of contacts that seem to be one person (C12).
type Duplicate struct {
	ID          crm.ID
	Low, High   crm.ID // their ids in order
	Score       int
	Reason      string
	FoundAt     time.Time
	DismissedAt time.Time // zero: nobody said that they are two
}

const selectDuplicate = `select d.id, d.low_id, d.high_id, d.score, d.reason, d.found_at, d.dismissed_at
	from duplicate d
	join contact c on c.business_id = d.business_id and c.id = d.low_id
	join contact o on o.business_id = d.business_id and o.id = d.high_id `

func scanDuplicate(row db.Row) (d Duplicate, err error) {
	err = row.Scan(&d.ID, &d.Low, &d.High, &d.Score, &d.Reason, &d.FoundAt, &d.DismissedAt)
	return d, err
}

// bothSeenBy is the condition under which a user sees both of a pair (V2).
func bothSeenBy(who crm.Actor, user int) string {
	return contactSeenBy(who, user) + " and " + seenBy(who, "o", "contact_viewer", "contact_id", user)
}

const undecided = "d.dismissed_at is null and c.status = 'active' and o.status = 'active'"

// DuplicatePlace is where a page of duplicates ended.
type DuplicatePlace struct {
	Score int
	ID    crm.ID
}

// Duplicates is a page of the pairs that nobody decided about and of which who may see
// both, the surest first.
func Duplicates(tx *db.Tx, who crm.Actor, after *DuplicatePlace, limit int) ([]Duplicate, error) {
	if after == nil {
		after = &DuplicatePlace{Score: 1000}
	}
	return db.All(tx, scanDuplicate, selectDuplicate+"where d.business_id = $1 and (d.score, d.id) < ($3, $4) and "+undecided+" and "+bothSeenBy(who, 2)+
		" order by d.score desc, d.id desc limit $5", who.BusinessID, who.UserID, after.Score, string(after.ID), limit)
}

// CountDuplicates counts what Duplicates lists, up to most: more is answered as most + 1.
func CountDuplicates(tx *db.Tx, who crm.Actor, most int) (int, error) {
	return count(tx, `select count(*) from (select 1 from duplicate d
		join contact c on c.business_id = d.business_id and c.id = d.low_id
		join contact o on o.business_id = d.business_id and o.id = d.high_id
		where d.business_id = $1 and `+undecided+" and "+bothSeenBy(who, 2)+" limit $3) as counted", who.BusinessID, who.UserID, most+1)
}

// DuplicateByID reads one pair of which who may see both; else ErrNotFound.
func DuplicateByID(tx *db.Tx, who crm.Actor, id crm.ID) (Duplicate, error) {
	d, found, err := db.One(tx, scanDuplicate, selectDuplicate+"where d.business_id = $1 and d.id = $3 and "+bothSeenBy(who, 2), who.BusinessID, who.UserID, id)
	if err == nil && !found {
		err = crm.ErrNotFound
	}
	return d, err
}

// DismissDuplicate remembers that a pair is two people.
func DismissDuplicate(tx *db.Tx, who crm.Actor, id crm.ID, at time.Time) {
	tx.Exec("update duplicate set dismissed_at = $3, dismissed_by = $4 where business_id = $1 and id = $2", who.BusinessID, id, at, who.Name)
}

// PutDuplicate notes a pair, or what is known of it anew. One that was dismissed stays
// so, and one that a message told of keeps that reason. told says that a message did.
func PutDuplicate(tx *db.Tx, business crm.ID, d Duplicate, told bool) {
	tx.Exec(`insert into duplicate (business_id, id, low_id, high_id, score, reason, told, found_at) values ($1, $2, $3, $4, $5, $6, $7, $8)
		on conflict (business_id, low_id, high_id) do update set score = excluded.score, reason = excluded.reason, told = excluded.told
		where duplicate.dismissed_at is null and (excluded.told or not duplicate.told)
			and (duplicate.score <> excluded.score or duplicate.reason <> excluded.reason)`,
		business, d.ID, d.Low, d.High, d.Score, d.Reason, told, d.FoundAt)
}

// Dismissed are the pairs of a contact that somebody said are two people.
func Dismissed(tx *db.Tx, business, contact crm.ID) ([]Duplicate, error) {
	return db.All(tx, scanDuplicate, selectDuplicate+"where d.business_id = $1 and (d.low_id = $2 or d.high_id = $2) and d.dismissed_at is not null", business, contact)
}

// RememberDismissed notes again that a pair is two people, as long as both are there.
func RememberDismissed(tx *db.Tx, business crm.ID, d Duplicate, by string) {
	tx.Exec(`insert into duplicate (business_id, id, low_id, high_id, score, reason, found_at, dismissed_at, dismissed_by)
		select c.business_id, $2, c.id, o.id, $5, $6, $7, $8, $9 from contact c join contact o on o.business_id = c.business_id
		where c.business_id = $1 and c.id = $3 and o.id = $4
		on conflict (business_id, low_id, high_id) do update set dismissed_at = excluded.dismissed_at, dismissed_by = excluded.dismissed_by`,
		business, d.ID, d.Low, d.High, d.Score, d.Reason, d.FoundAt, d.DismissedAt, by)
}

// ForgetDuplicates forgets pairs by their ids.
func ForgetDuplicates(tx *db.Tx, business crm.ID, ids []crm.ID) {
	tx.Exec("delete from duplicate where business_id = $1 and id = any($2)", business, texts(ids))
}

// KeepDuplicates forgets the pairs among and around contacts that are not in keep, unless
// somebody dismissed them or a message told of them.
func KeepDuplicates(tx *db.Tx, business crm.ID, contacts []crm.ID, keep map[[2]crm.ID]bool) error {
	type pair struct{ id, low, high crm.ID }
	var pairs []pair
	scan := func(row db.Row) (p pair, err error) {
		err = row.Scan(&p.id, &p.low, &p.high)
		return p, err
	}
	const open = " and dismissed_at is null and not told"
	err := tx.Ask(
		db.Into(&pairs, scan, "select id, low_id, high_id from duplicate where business_id = $1 and low_id = any($2)"+open, business, texts(contacts)),
		db.Into(&pairs, scan, "select id, low_id, high_id from duplicate where business_id = $1 and high_id = any($2)"+open, business, texts(contacts)))
	for _, p := range pairs {
		if !keep[[2]crm.ID{p.low, p.high}] {
			tx.Exec("delete from duplicate where business_id = $1 and id = $2", business, p.id)
		}
	}
	return err
}

// SetDuplicateKeys replaces the keys of contacts.
func SetDuplicateKeys(tx *db.Tx, business crm.ID, contacts []crm.ID, keys map[crm.ID][]crm.DuplicateKey) {
	tx.Exec("delete from duplicate_key where business_id = $1 and contact_id = any($2)", business, texts(contacts))
	var rows [][]any
	for _, id := range contacts {
		for _, key := range keys[id] {
			rows = append(rows, []any{business, key.Key, id})
		}
	}
	tx.Insert("duplicate_key", []string{"business_id", "key", "contact_id"}, rows)
}

// Sharing finds the contacts that share keys, as many as a key allows and one more.
func Sharing(tx *db.Tx, business crm.ID, keys []crm.DuplicateKey) (map[string][]crm.ID, error) {
	found := map[string][]crm.ID{}
	var queries []db.Query
	for _, key := range keys {
		queries = append(queries, db.Each(func(row db.Row) error {
			var id crm.ID
			err := row.Scan(&id)
			found[key.Key] = append(found[key.Key], id)
			return err
		}, "select contact_id from duplicate_key where business_id = $1 and key = $2 limit $3", business, key.Key, key.Most+1))
	}
	if len(queries) == 0 {
		return found, nil
	}
	return found, tx.Ask(queries...)
}

// ChangedContact is one event that may change of what a contact is a duplicate.
type ChangedContact struct {
	At      Cursor
	Type    crm.EventType
	Contact crm.ID
	Other   crm.ID // with contact.lookalike
}

// ChangedContacts are the next events of a business after a place, of which those that
// matter for duplicates have a contact.
func ChangedContacts(tx *db.Tx, business crm.ID, after Cursor, limit int) ([]ChangedContact, error) {
	return db.All(tx, func(row db.Row) (c ChangedContact, err error) {
		err = row.Scan(&c.At.Tx, &c.At.Seq, &c.Type, &c.Contact, &c.Other)
		switch c.Type {
		case crm.ContactCreated, crm.ContactChanged, crm.ContactArchived, crm.ContactRestored, crm.ContactReactivated,
			crm.ContactMerged, crm.ContactParted, crm.ContactLookalike:
		default:
			c.Contact = ""
		}
		return c, err
	}, "select e.tx, e.seq, e.type, e.contact_id, e.subject_id from event e where e.business_id = $1 and (e.tx, e.seq) > ($2, $3) and "+settled(tx)+
		" order by e.tx, e.seq limit $4", business, after.Tx, after.Seq, limit)
}

// Behind are the businesses that have events which nobody looked through for duplicates.
func Behind(tx *db.Tx) ([]crm.ID, error) {
	return db.All(tx, db.Column[crm.ID], `select b.id from business b left join duplicate_progress p on p.business_id = b.id
		where exists (select 1 from event e where e.business_id = b.id and (e.tx, e.seq) > (coalesce(p.tx, 0), coalesce(p.seq, 0)))`)
}

// TakeProgress takes a business on until a time, unless another node has it, and says up
// to which event it was looked through.
func TakeProgress(tx *db.Tx, business crm.ID, now, until time.Time) (at Cursor, taken bool, err error) {
	return db.One(tx, func(row db.Row) (at Cursor, err error) {
		err = row.Scan(&at.Tx, &at.Seq)
		return at, err
	}, `insert into duplicate_progress (business_id, taken_until) values ($1, $3)
		on conflict (business_id) do update set taken_until = excluded.taken_until where duplicate_progress.taken_until < $2
		returning tx, seq`, business, now.UnixMicro(), until.UnixMicro())
}

// MoveProgress notes how far a business was looked through, as long as nobody else took
// it on meanwhile; else moved is false.
func MoveProgress(tx *db.Tx, business crm.ID, from, to Cursor, until time.Time) (moved bool, err error) {
	n, err := tx.Affected("update duplicate_progress set tx = $4, seq = $5, taken_until = $6 where business_id = $1 and tx = $2 and seq = $3",
		business, from.Tx, from.Seq, to.Tx, to.Seq, until.UnixMicro())
	return n == 1, err
}

// LeaveProgress lets go of a business.
func LeaveProgress(tx *db.Tx, business crm.ID) {
	tx.Exec("update duplicate_progress set taken_until = 0 where business_id = $1", business)
}

// ForgetProgress has every contact of a business looked at anew: after a restore events
// have new numbers.
func ForgetProgress(tx *db.Tx, business crm.ID) {
	tx.Exec("delete from duplicate_progress where business_id = $1", business)
}

func pairKey(a, b crm.ID) (low, high crm.ID) {
	if b < a {
		a, b = b, a
	}
	return a, b
}

// NewDuplicate is a pair in order.
func NewDuplicate(a, b crm.ID, l crm.Likeness, at time.Time) Duplicate {
	low, high := pairKey(a, b)
	return Duplicate{ID: crm.NewID(at), Low: low, High: high, Score: l.Score, Reason: l.Reason, FoundAt: at}
}

// Existing are those of the contacts that are there, which they stay until the
// transaction ends.
func Existing(tx *db.Tx, business crm.ID, ids []crm.ID) (map[crm.ID]bool, error) {
	sql := "select id from contact where business_id = $1 and id = any($2)"
	if tx.Engine() == db.Postgres {
		sql += " order by id for key share"
	}
	return idSet(tx, sql, business, texts(ids))
}
