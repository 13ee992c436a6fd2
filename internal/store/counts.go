package store

import (
	"parley/internal/crm"
	"parley/internal/db"
)

// CountConversationsIn counts what Conversations lists, up to most: more is answered as
// most + 1.
func CountConversationsIn(tx *db.Tx, who crm.Actor, f ConversationFilter, most int) (int, error) {
	w, err := conversationConditions(tx, who, f)
	if err != nil {
		return 0, err
	}
	return count(tx, w.with+"select count(*) from (select 1 from "+w.from+" v where v.business_id = $1 and "+w.sql+" limit "+w.arg(most+1)+") as counted", w.args...)
}

// CountMessages counts the messages of a conversation, up to most: more is answered as
// most + 1.
func CountMessages(tx *db.Tx, business, conversation crm.ID, most int) (int, error) {
	return count(tx, "select count(*) from (select 1 from message m where m.business_id = $1 and m.conversation_id = $2 and m.type <> 'reaction' limit $3) as counted",
		business, conversation, most+1)
}
