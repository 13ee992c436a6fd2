package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// Holdings is how much hangs on one user, whoever may see it (V4).
type Holdings struct {
	Conversations int // open ones assigned to the user
	Contacts      int // whose messages are assigned to the user
	OnlyTheirs    int // contacts that no other active user was chosen to see
}

// onlySeenBy is the condition under which a user (argument $2) is the only active one
// chosen to see a contact or conversation.
func onlySeenBy(a, viewers, key string) string {
	return "(" + a + ".visibility = 'chosen' and exists (select 1 from " + viewers + " w where w.business_id = " + a + ".business_id and w." + key + " = " + a + ".id and w.user_id = $2)" +
		" and not exists (select 1 from " + viewers + " w join app_user wu on wu.business_id = w.business_id and wu.id = w.user_id" +
		" where w.business_id = " + a + ".business_id and w." + key + " = " + a + ".id and w.user_id <> $2 and wu.active))"
}

// HoldingsOf counts what hangs on a user.
func HoldingsOf(tx *db.Tx, business, user crm.ID) (h Holdings, err error) {
	into := func(target *int) func(db.Row) error { return func(row db.Row) error { return row.Scan(target) } }
	err = tx.Ask(
		db.Each(into(&h.Conversations), "select count(*) from conversation where business_id = $1 and status = 'open' and assignee_id = $2", business, user),
		db.Each(into(&h.Contacts), "select count(*) from contact where business_id = $1 and assignee_id = $2", business, user),
		db.Each(into(&h.OnlyTheirs), "select count(*) from contact c where c.business_id = $1 and c.id in (select x.contact_id from contact_viewer x where x.business_id = $1 and x.user_id = $2) and "+
			onlySeenBy("c", "contact_viewer", "contact_id"), business, user))
	return h, err
}

// LeftAssigned counts, by deactivated user, the active contacts that who sees and that are
// still assigned to that user: a new choice is due (V4).
func LeftAssigned(tx *db.Tx, who crm.Actor) (map[crm.ID]int, error) {
	left := map[crm.ID]int{}
	return left, tx.Ask(db.Each(func(row db.Row) error {
		var user crm.ID
		var n int
		err := row.Scan(&user, &n)
		left[user] = n
		return err
	}, "select u.id, count(*) from app_user u join contact c on c.business_id = u.business_id and c.assignee_id = u.id"+
		" where u.business_id = $1 and not u.active and c.status = 'active' and "+contactSeenBy(who, 2)+" group by u.id", who.BusinessID, who.UserID))
}

// ShareOnlyTheirs lets another user see what only one was chosen to see: contacts and
// their conversations. It returns the contacts.
func ShareOnlyTheirs(tx *db.Tx, business, from, to crm.ID, by string, now time.Time) ([]crm.ID, error) {
	ids, err := db.All(tx, db.Column[crm.ID], "update contact as c set version = version + 1, updated_at = $3, updated_by = $4 where c.business_id = $1 and c.id in (select x.contact_id from contact_viewer x where x.business_id = $1 and x.user_id = $2) and "+
		onlySeenBy("c", "contact_viewer", "contact_id")+" returning id", business, from, now, by)
	if err != nil {
		return nil, err
	}
	tx.Exec("insert into conversation_viewer (business_id, conversation_id, user_id) select v.business_id, v.id, $3 from conversation v where v.business_id = $1 and v.id in (select x.conversation_id from conversation_viewer x where x.business_id = $1 and x.user_id = $2) and "+
		onlySeenBy("v", "conversation_viewer", "conversation_id")+" on conflict (business_id, conversation_id, user_id) do nothing", business, from, to)
	tx.Exec("insert into contact_viewer (business_id, contact_id, user_id) select c.business_id, c.id, $3 from contact c where c.business_id = $1 and c.id = any($2)"+
		" on conflict (business_id, contact_id, user_id) do nothing", business, texts(ids), to)
	return ids, nil
}

// HandOverConversations gives a user's open conversations to another who sees them, and
// returns them.
func HandOverConversations(tx *db.Tx, from crm.ID, to crm.Actor, note string) ([]crm.Conversation, error) {
	return db.All(tx, func(row db.Row) (v crm.Conversation, err error) {
		err = row.Scan(&v.ID, &v.ContactID)
		return v, err
	}, "update conversation as v set assignee_id = $2, handed_over = true, assign_note = $4 where v.business_id = $1 and v.status = 'open' and v.assignee_id = $3 and "+
		conversationSeenBy(to, 2)+" returning id, contact_id", to.BusinessID, to.UserID, from, note)
}

// HandOverContacts assigns the contacts of a user to another who sees them, and returns
// them.
func HandOverContacts(tx *db.Tx, from crm.ID, to crm.Actor, by string, now time.Time) ([]crm.ID, error) {
	return db.All(tx, db.Column[crm.ID], "update contact as c set assignee_id = $2, version = version + 1, updated_at = $4, updated_by = $5 where c.business_id = $1 and c.assignee_id = $3 and "+
		contactSeenBy(to, 2)+" returning id", to.BusinessID, to.UserID, from, now, by)
}
