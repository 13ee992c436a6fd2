package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// AutoReplies is what a business answers by itself; nothing where none was ever set.
func AutoReplies(tx *db.Tx, business crm.ID) (crm.AutoReplies, error) {
	a, _, err := db.One(tx, func(row db.Row) (a crm.AutoReplies, err error) {
		err = row.Scan(db.JSON(&a))
		return a, err
	}, "select settings from auto_reply where business_id = $1", business)
	return a, err
}

// SetAutoReplies writes what a business answers by itself.
func SetAutoReplies(tx *db.Tx, business crm.ID, a crm.AutoReplies) {
	tx.Exec("insert into auto_reply (business_id, settings) values ($1, $2) on conflict (business_id) do update set settings = excluded.settings", business, db.JSON(a))
}

// NoteAutoReply notes that a conversation gets an automatic reply; due is false when it got
// one of whichever kind since a time, and none may follow.
func NoteAutoReply(tx *db.Tx, business, conversation crm.ID, kind crm.AutoReplyKind, now, since time.Time) (due bool, err error) {
	n, err := tx.Affected(`insert into auto_reply_sent (business_id, conversation_id, kind, at)
		select $1, $2, $3, $4 where not exists (
			select 1 from auto_reply_sent s where s.business_id = $1 and s.conversation_id = $2 and s.at > $5)
		on conflict (business_id, conversation_id, kind) do update set at = excluded.at where auto_reply_sent.at <= $5`,
		business, conversation, kind, now, since)
	return n > 0, err
}
