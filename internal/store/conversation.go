package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

const conversationColumns = `v.id, v.contact_id, v.status, v.assignee_id, v.handed_over, v.assign_note, v.visibility, v.channel_id, v.address,
	v.last_message_at, v.last_inbound_at, v.last_received_at, v.last_text, v.last_direction, v.opened_at, v.closed_at`

func conversationTargets(v *crm.Conversation) []any {
	return []any{&v.ID, &v.ContactID, &v.Status, &v.AssigneeID, &v.HandedOver, &v.AssignNote, &v.Visibility.Mode, &v.ChannelID, &v.Address,
		&v.LastMessageAt, &v.LastInboundAt, &v.LastReceivedAt, &v.LastText, &v.LastDirection, &v.OpenedAt, &v.ClosedAt}
}

func scanConversation(row db.Row) (v crm.Conversation, err error) {
	err = row.Scan(conversationTargets(&v)...)
	return v, err
}

// OpenConversation inserts a conversation with its viewers. That a contact has only one
// open is the database's business (V1).
func OpenConversation(tx *db.Tx, v crm.Conversation) {
	tx.Exec(`insert into conversation (business_id, id, contact_id, status, assignee_id, handed_over, assign_note, visibility, channel_id, address,
			last_message_at, last_inbound_at, last_received_at, last_text, last_direction, opened_at)
		values ($1, $2, $3, 'open', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		v.BusinessID, v.ID, v.ContactID, v.AssigneeID, v.HandedOver, v.AssignNote, v.Visibility.Mode, v.ChannelID, v.Address,
		v.LastMessageAt, v.LastInboundAt, v.LastReceivedAt, v.LastText, v.LastDirection, v.OpenedAt)
	addConversationViewers(tx, v.BusinessID, v.ID, v.Visibility.UserIDs)
}

// ReopenConversation opens a closed conversation again: under the contact's visibility
// of now, and assigned anew.
func ReopenConversation(tx *db.Tx, business, id crm.ID, visibility crm.Visibility, assignee crm.ID) {
	tx.Exec(`update conversation set status = 'open', closed_at = null, handed_over = false, assign_note = '', visibility = $3, assignee_id = $4
		where business_id = $1 and id = $2`, business, id, visibility.Mode, assignee)
	SetConversationViewers(tx, business, id, visibility.UserIDs)
}

// CloseConversation closes a conversation.
func CloseConversation(tx *db.Tx, business, id crm.ID, now time.Time) {
	tx.Exec("update conversation set status = 'closed', closed_at = $3, handed_over = false where business_id = $1 and id = $2 and status = 'open'", business, id, now)
}

// AssignConversation writes who a conversation is assigned to, whether a person decided
// that (V3), and a note why.
func AssignConversation(tx *db.Tx, business, id, assignee crm.ID, handedOver bool, note string) {
	tx.Exec("update conversation set assignee_id = $3, handed_over = $4, assign_note = $5 where business_id = $1 and id = $2", business, id, assignee, handedOver, note)
}

// NoteReceived brings a conversation up to date with the last of the messages that came in.
func NoteReceived(tx *db.Tx, business crm.ID, m crm.Message, line string, lastInbound time.Time) {
	tx.Exec(`update conversation set
			last_inbound_at = case when last_inbound_at is null or last_inbound_at < $3 then $3 else last_inbound_at end,
			last_received_at = $4, last_message_at = $4, channel_id = $5, address = $6, last_text = $7, last_direction = 'in'
		where business_id = $1 and id = $2`,
		business, m.ConversationID, lastInbound, m.ReceivedAt, m.ChannelID, m.Address, line)
}

// NoteReply brings a conversation up to date with a message of ours, which leaves the window alone.
func NoteReply(tx *db.Tx, business crm.ID, m crm.Message, line string) {
	tx.Exec("update conversation set last_text = $3, last_direction = 'out', last_message_at = $4 where business_id = $1 and id = $2",
		business, m.ConversationID, line, m.At)
}

// SetConversationViewers replaces who is chosen to see a conversation.
func SetConversationViewers(tx *db.Tx, business, id crm.ID, users []crm.ID) {
	tx.Exec("delete from conversation_viewer where business_id = $1 and conversation_id = $2", business, id)
	addConversationViewers(tx, business, id, users)
}

// SetConversationVisibility writes who sees a conversation.
func SetConversationVisibility(tx *db.Tx, business, id crm.ID, v crm.Visibility) {
	tx.Exec("update conversation set visibility = $3 where business_id = $1 and id = $2", business, id, v.Mode)
	SetConversationViewers(tx, business, id, v.UserIDs)
}

func addConversationViewers(tx *db.Tx, business, id crm.ID, users []crm.ID) {
	for _, u := range users {
		tx.Exec("insert into conversation_viewer (business_id, conversation_id, user_id) values ($1, $2, $3)", business, id, u)
	}
}

// ConversationByID reads one conversation, as far as who may see it, with a lock where
// there is more than one writer; else ErrNotFound.
func ConversationByID(tx *db.Tx, who crm.Actor, id crm.ID) (crm.Conversation, error) {
	v, found, err := db.One(tx, scanConversation, "select "+conversationColumns+
		" from conversation v where v.business_id = $1 and v.id = $2 and "+conversationSeenBy(who, 3), who.BusinessID, id, who.UserID)
	if err != nil || !found {
		return v, orNotFound(err)
	}
	v.BusinessID = who.BusinessID
	return v, tx.Ask(db.Each(func(row db.Row) error {
		var user crm.ID
		err := row.Scan(&user)
		v.Visibility.UserIDs = append(v.Visibility.UserIDs, user)
		return err
	}, "select user_id from conversation_viewer where business_id = $1 and conversation_id = $2 order by user_id", who.BusinessID, id))
}

// OpenConversationOf is the open conversation of a contact, as far as who may see it,
// without its viewers.
func OpenConversationOf(tx *db.Tx, who crm.Actor, contact crm.ID) (v crm.Conversation, found bool, err error) {
	return db.One(tx, scanConversation, "select "+conversationColumns+
		" from conversation v where v.business_id = $1 and v.contact_id = $2 and v.status = 'open' and "+conversationSeenBy(who, 3),
		who.BusinessID, contact, who.UserID)
}

// LockConversation makes the transaction the only one that changes a conversation until
// it ends.
func LockConversation(tx *db.Tx, business, id crm.ID) {
	if tx.Engine() == db.Postgres {
		tx.Exec("select 1 from conversation where business_id = $1 and id = $2 for update", business, id)
	}
}

// OpenConversationsOf counts a contact's open conversations, whoever may see them (C6).
func OpenConversationsOf(tx *db.Tx, business, contact crm.ID) (int, error) {
	return count(tx, "select count(*) from conversation where business_id = $1 and contact_id = $2 and status = 'open'", business, contact)
}

// UnassignFrom takes a user's open conversations away with a note why (V4) and returns
// them.
func UnassignFrom(tx *db.Tx, business, user crm.ID, note string) ([]crm.Conversation, error) {
	return db.All(tx, func(row db.Row) (v crm.Conversation, err error) {
		err = row.Scan(&v.ID, &v.ContactID)
		return v, err
	}, `update conversation set assignee_id = null, handed_over = false, assign_note = $3
		where business_id = $1 and assignee_id = $2 and status = 'open' returning id, contact_id`, business, user, note)
}

// MarkSeen notes how far a user has read a conversation.
func MarkSeen(tx *db.Tx, business, user, conversation crm.ID, at time.Time) {
	tx.Exec(`insert into conversation_seen (business_id, user_id, conversation_id, seen_at) values ($1, $2, $3, $4)
		on conflict (business_id, user_id, conversation_id) do update set seen_at = excluded.seen_at
		where conversation_seen.seen_at < excluded.seen_at`, business, user, conversation, at)
}

// ContactOfConversation is whom a conversation is with now.
func ContactOfConversation(tx *db.Tx, business, conversation crm.ID) (crm.ID, error) {
	id, found, err := db.One(tx, db.Column[crm.ID], "select contact_id from conversation where business_id = $1 and id = $2", business, conversation)
	if err == nil && !found {
		err = crm.ErrNotFound
	}
	return id, err
}

// ConversationSpan is from when to when what a contact got besides belongs to a
// conversation: from the end of the one before, zero without one, to its own end, zero for
// the newest.
func ConversationSpan(tx *db.Tx, v crm.Conversation) (from, to time.Time, err error) {
	moment := db.Column[time.Time]
	from, _, err = db.One(tx, moment, "select max(coalesce(closed_at, last_message_at)) from conversation where business_id = $1 and contact_id = $2 and opened_at < $3 and id <> $4",
		v.BusinessID, v.ContactID, v.OpenedAt, v.ID)
	if err != nil {
		return from, to, err
	}
	newer, err := count(tx, "select count(*) from (select 1 from conversation where business_id = $1 and contact_id = $2 and opened_at > $3 and id <> $4 limit 1) as counted",
		v.BusinessID, v.ContactID, v.OpenedAt, v.ID)
	if newer > 0 {
		to = v.ClosedAt
	}
	return from, to, err
}
