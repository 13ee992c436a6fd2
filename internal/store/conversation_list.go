package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// View is one of the lists of the inbox.
type View string

// The views.
const (
	ViewOpen       View = "open"
	ViewUnassigned View = "unassigned"
	ViewMine       View = "mine"
	ViewClosed     View = "closed"
)

// ConversationFilter chooses conversations for a list.
type ConversationFilter struct {
	View    View   // empty: open and closed
	Query   string // names, business names, e-mails and phones of contacts
	Contact crm.ID
}

// ConversationPlace is where a page of conversations ended.
type ConversationPlace struct {
	LastMessageAt time.Time
	ID            crm.ID
}

// ConversationRow is a conversation as lists show it.
type ConversationRow struct {
	crm.Conversation
	Contact      crm.Contact // names, profile name and placeholder mark only
	AssigneeName string
	ChannelName  string
	Family       crm.Family
	Unread       bool // something came in that the asker has not seen
}

func scanConversationRow(row db.Row) (r ConversationRow, err error) {
	var seen time.Time
	err = row.Scan(append(conversationTargets(&r.Conversation), &r.Contact.FirstName, &r.Contact.MiddleName, &r.Contact.LastName,
		&r.Contact.BusinessName, &r.Contact.NameIsPlaceholder, &r.Contact.ProfileName,
		&r.AssigneeName, &r.ChannelName, &r.Family, &seen)...)
	r.Contact.ID = r.ContactID
	r.Unread = r.LastReceivedAt.After(seen)
	return r, err
}

const selectConversationRow = "select " + conversationColumns + `,
		c.first_name, c.middle_name, c.last_name, c.business_name, c.name_is_placeholder, c.profile_name,
		coalesce(u.name, ''), coalesce(ch.name, ''), coalesce(ch.family, ''), s.seen_at
	from `

const joinConversationRow = ` v
	join contact c on c.business_id = v.business_id and c.id = v.contact_id
	left join app_user u on u.business_id = v.business_id and u.id = v.assignee_id
	left join channel ch on ch.business_id = v.business_id and ch.id = v.channel_id
	left join conversation_seen s on s.business_id = v.business_id and s.user_id = $2 and s.conversation_id = v.id
	where v.business_id = $1 and `

// conversationConditions is the filter as conditions on conversation v. $1 is the
// business, $2 the asker.
func conversationConditions(tx *db.Tx, who crm.Actor, f ConversationFilter) (*conditions, error) {
	w := &conditions{from: "conversation", args: []any{who.BusinessID, who.UserID}}
	w.sql = conversationSeenBy(who, 2)
	switch f.View {
	case ViewOpen:
		w.and("v.status = 'open'")
	case ViewUnassigned:
		w.and("v.status = 'open' and v.assignee_id is null")
	case ViewMine:
		w.and("v.status = 'open' and v.assignee_id = $2")
	case ViewClosed:
		w.and("v.status = 'closed'")
	}
	if f.Contact != "" {
		w.and("v.contact_id = " + w.arg(f.Contact))
	}
	if f.Query != "" {
		ids, cut, err := hits(tx, who.BusinessID, f.Query)
		if err != nil {
			return nil, err
		}
		w.cut = cut
		w.with = "with hit as materialized (select * from conversation where business_id = $1 and contact_id = any(" + w.arg(ids) + ")) "
		w.from = "hit"
	}
	return w, nil
}

// conversationsWith are the conversations with some contacts that who may see, of both
// states, the last message first.
func conversationsWith(tx *db.Tx, who crm.Actor, contacts []string, limit int) ([]ConversationRow, error) {
	w := &conditions{args: []any{who.BusinessID, who.UserID}}
	with := "with hit as materialized (select * from conversation where business_id = $1 and contact_id = any(" + w.arg(contacts) + ")) "
	rows, err := db.All(tx, scanConversationRow, with+selectConversationRow+"hit"+joinConversationRow+conversationSeenBy(who, 2)+
		" order by v.last_message_at desc, v.id desc limit "+w.arg(limit), w.args...)
	if err != nil {
		return nil, err
	}
	return rows, fillConversationViewers(tx, who.BusinessID, rows)
}

// Conversations is a page of the conversations that match, the last message first. cut says
// that the search did not look at all hits, and that those with others are not listed.
func Conversations(tx *db.Tx, who crm.Actor, f ConversationFilter, after *ConversationPlace, limit int) (rows []ConversationRow, cut Cut, err error) {
	w, err := conversationConditions(tx, who, f)
	if err != nil {
		return nil, "", err
	}
	if after != nil {
		w.and("(v.last_message_at, v.id) < (" + w.arg(after.LastMessageAt) + ", " + w.arg(after.ID) + ")")
	}
	rows, err = db.All(tx, scanConversationRow, w.with+selectConversationRow+w.from+joinConversationRow+w.sql+
		" order by v.last_message_at desc, v.id desc limit "+w.arg(limit), w.args...)
	if err != nil {
		return nil, "", err
	}
	return rows, w.cut, fillConversationViewers(tx, who.BusinessID, rows)
}

// ConversationRowByID is one conversation as lists show it, as far as who may see it.
func ConversationRowByID(tx *db.Tx, who crm.Actor, id crm.ID) (ConversationRow, error) {
	row, found, err := db.One(tx, scanConversationRow, selectConversationRow+"conversation"+joinConversationRow+conversationSeenBy(who, 2)+" and v.id = $3", who.BusinessID, who.UserID, id)
	if err != nil || !found {
		return row, orNotFound(err)
	}
	rows := []ConversationRow{row}
	err = fillConversationViewers(tx, who.BusinessID, rows)
	return rows[0], err
}

func fillConversationViewers(tx *db.Tx, business crm.ID, rows []ConversationRow) error {
	at := map[crm.ID]int{}
	var ids []string
	for i := range rows {
		rows[i].BusinessID = business
		rows[i].Visibility.UserIDs = []crm.ID{}
		if rows[i].Visibility.Mode == crm.Chosen {
			at[rows[i].ID] = i
			ids = append(ids, string(rows[i].ID))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return tx.Ask(db.Each(func(row db.Row) error {
		var id, user crm.ID
		err := row.Scan(&id, &user)
		if i, ok := at[id]; ok {
			rows[i].Visibility.UserIDs = append(rows[i].Visibility.UserIDs, user)
		}
		return err
	}, "select conversation_id, user_id from conversation_viewer where business_id = $1 and conversation_id = any($2)", business, ids))
}

// Counts are the numbers beside the views of the inbox, each up to a thousand.
type Counts struct {
	Open, Unassigned, Mine int
	Unread                 int // open ones with something the asker has not seen
}

// CountConversations counts the open conversations that who may see.
func CountConversations(tx *db.Tx, who crm.Actor) (Counts, error) {
	var n Counts
	visible := conversationSeenBy(who, 2)
	counted := func(target *int, condition string) db.Query {
		return db.Each(func(row db.Row) error { return row.Scan(target) },
			"select count(*) from (select 1 from conversation v where v.business_id = $1 and "+visible+" and v.status = 'open'"+condition+" limit 1001) as counted",
			who.BusinessID, who.UserID)
	}
	err := tx.Ask(
		counted(&n.Open, ""),
		counted(&n.Unassigned, " and v.assignee_id is null"),
		counted(&n.Mine, " and v.assignee_id = $2"),
		counted(&n.Unread, ` and v.last_received_at is not null and not exists (select 1 from conversation_seen s
			where s.business_id = v.business_id and s.user_id = $2 and s.conversation_id = v.id and s.seen_at >= v.last_received_at)`))
	return n, err
}
