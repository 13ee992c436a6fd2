package store

import (
	"parley/internal/crm"
	"parley/internal/db"
)

// Found is what one search over everything brought.
type Found struct {
	Contacts      []*crm.Contact    // active ones
	Conversations []ConversationRow // with contacts that match, archived ones too
	Cut           Cut               // the search did not look at all hits
}

// Find looks for contacts, and for conversations by whom they are with, the last active
// first: up to most of each that who may see (V2). Messages are not searched.
func Find(tx *db.Tx, who crm.Actor, query string, most int) (f Found, err error) {
	ids, cut, err := hits(tx, who.BusinessID, query)
	if f.Cut = cut; err != nil || len(ids) == 0 {
		return f, err
	}
	w := contactConditions(who, crm.Filter{})
	w.hitList(ids)
	f.Contacts, err = readContacts(tx, who.BusinessID, w.with+selectContact+w.from+"where "+w.sql+" order by "+orders[crm.LastActiveFirst].by()+" limit "+w.arg(most), w.args...)
	if err != nil {
		return f, err
	}
	f.Conversations, err = conversationsWith(tx, who, ids, most)
	return f, err
}
