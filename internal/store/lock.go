package store

import (
	"hash/fnv"
	"slices"

	"parley/internal/crm"
	"parley/internal/db"
)

// LockIdentities makes the transaction the only one that looks up or makes these
// identities until it ends. On SQLite there is one writer and nothing to do.
func LockIdentities(tx *db.Tx, business crm.ID, keys []crm.IdentityKey) {
	if tx.Engine() != db.Postgres || len(keys) == 0 {
		return
	}
	numbers := make([]int64, 0, len(keys))
	for _, key := range keys {
		h := fnv.New64a()
		_, _ = h.Write([]byte(string(business) + "\x00" + string(key.Kind) + "\x00" + key.Scope + "\x00" + key.Value))
		numbers = append(numbers, int64(h.Sum64()))
	}
	slices.Sort(numbers) // every transaction takes its locks in the same order
	tx.Exec("select count(pg_advisory_xact_lock(n)) from unnest($1::bigint[]) as n", slices.Compact(numbers))
}

// LockContacts makes the transaction the only one that changes these contacts until it
// ends. They are locked in the order of their ids.
func LockContacts(tx *db.Tx, business crm.ID, ids []crm.ID) {
	if tx.Engine() != db.Postgres || len(ids) == 0 {
		return
	}
	tx.Exec("select 1 from contact where business_id = $1 and id = any($2) order by id for update", business, texts(ids))
}

// LockContactsOf is LockContacts for the holders of identities of one kind.
func LockContactsOf(tx *db.Tx, business crm.ID, kind crm.IdentityKind, scope string, values []string) {
	if tx.Engine() != db.Postgres || len(values) == 0 {
		return
	}
	tx.Exec(`select 1 from contact where business_id = $1 and id in (
			select contact_id from identity
			where business_id = $1 and kind = $2 and scope = $3 and value = any($4) and contact_id is not null)
		order by id for update`, business, kind, scope, values)
}

// LockUser makes the transaction the only one that changes a user until it ends. Call it
// before what is read is written back whole.
func LockUser(tx *db.Tx, business, id crm.ID) { lockOne(tx, "app_user", business, id) }

// LockChannel is LockUser for a channel.
func LockChannel(tx *db.Tx, business, id crm.ID) { lockOne(tx, "channel", business, id) }

// LockHook is LockUser for an endpoint of webhooks.
func LockHook(tx *db.Tx, business, id crm.ID) { lockOne(tx, "hook_endpoint", business, id) }

func lockOne(tx *db.Tx, table string, business, id crm.ID) {
	if tx.Engine() == db.Postgres {
		tx.Exec("select 1 from "+table+" where business_id = $1 and id = $2 for no key update", business, id)
	}
}

// KeepUsers keeps users as they are until the transaction ends, all of the business without
// ids, so that what it gives to somebody is not theirs after they were let go (V4). Call it
// before they are read.
func KeepUsers(tx *db.Tx, business crm.ID, ids ...crm.ID) {
	if tx.Engine() != db.Postgres {
		return
	}
	if len(ids) == 0 {
		tx.Exec("select 1 from app_user where business_id = $1 order by id for share", business)
		return
	}
	tx.Exec("select 1 from app_user where business_id = $1 and id = any($2) order by id for share", business, texts(ids))
}

// keepAssigneesOf is KeepUsers for those whom the holders of identities of one kind are
// assigned to.
func keepAssigneesOf(tx *db.Tx, business crm.ID, kind crm.IdentityKind, scope string, values []string) {
	if tx.Engine() != db.Postgres || len(values) == 0 {
		return
	}
	tx.Exec(`select 1 from app_user where business_id = $1 and id in (
			select c.assignee_id from identity i join contact c on c.business_id = i.business_id and c.id = i.contact_id
			where i.business_id = $1 and i.kind = $2 and i.scope = $3 and i.value = any($4) and c.assignee_id is not null)
		order by id for share`, business, kind, scope, values)
}

func texts[T ~string](ids []T) []string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = string(id)
	}
	return list
}
