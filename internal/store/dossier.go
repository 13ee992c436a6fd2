package store

import (
	"slices"
	"strings"

	"parley/internal/crm"
	"parley/internal/db"
)

// MessagesAfter is a page of a conversation's messages, oldest first, after a place.
func MessagesAfter(tx *db.Tx, business, conversation crm.ID, after *MessagePlace, limit int) ([]crm.Message, error) {
	w := &conditions{args: []any{business, conversation}}
	w.sql = "m.business_id = $1 and m.conversation_id = $2"
	if after != nil {
		w.and("(m.at, m.id) > (" + w.arg(after.At) + ", " + w.arg(after.ID) + ")")
	}
	return readMessages(tx, business, selectMessage+"where "+w.sql+" order by m.at, m.id limit "+w.arg(limit), w.args...)
}

// EventsAbout is a page of what happened to a contact and to those that became part of it,
// in order: what is about a conversation only where it is one of seen. Messages are left
// out; they tell that themselves.
func EventsAbout(tx *db.Tx, business crm.ID, line, seen []crm.ID, after Cursor, limit int) ([]crm.Event, error) {
	return db.All(tx, scanEvent, selectEvent+`where e.business_id = $1 and e.contact_id = any($2) and (e.tx, e.seq) > ($4, $5)
		and (e.conversation_id is null or e.conversation_id = any($3)) and e.type not like 'message.%' and e.type <> 'conversation.seen'
		order by e.tx, e.seq limit $6`, business, texts(line), texts(seen), after.Tx, after.Seq, limit)
}

// MergesAbout are the merges in which any of some contacts took part, undone ones too.
func MergesAbout(tx *db.Tx, business crm.ID, line []crm.ID) ([]Merge, error) {
	return db.All(tx, scanMerge, "select "+mergeColumns+" from merge where business_id = $1 and (kept_id = any($2) or gone_id = any($2)) order by at, id",
		business, texts(line))
}

// DismissedSeen is Dismissed as far as who may see both contacts (V2).
func DismissedSeen(tx *db.Tx, who crm.Actor, contact crm.ID) ([]Duplicate, error) {
	return db.All(tx, scanDuplicate, selectDuplicate+"where d.business_id = $1 and (d.low_id = $3 or d.high_id = $3) and d.dismissed_at is not null and "+
		bothSeenBy(who, 2)+" order by d.dismissed_at, d.id", who.BusinessID, who.UserID, contact)
}

// UnfiledFrom are the unfiled messages that came from a contact's numbers and ids (I7).
func UnfiledFrom(tx *db.Tx, business crm.ID, c *crm.Contact) ([]Unfiled, error) {
	var senders []string
	for _, i := range c.Identities {
		senders = append(senders, i.Value, strings.TrimPrefix(i.Value, "+"))
	}
	return db.All(tx, scanUnfiled, "select "+unfiledColumns+" from unfiled where business_id = $1 and sender = any($2) order by id",
		business, slices.Compact(senders))
}
