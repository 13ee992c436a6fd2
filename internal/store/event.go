package store

import (
	"fmt"

	"parley/internal/crm"
	"parley/internal/db"
)

var eventColumns = []string{"business_id", "type", "at", "actor_id", "actor_name", "via", "address", "contact_id",
	"conversation_id", "message_id", "user_id", "subject_id", "changes", "note", "audit"}

// AddEvents appends events of one business in their order.
func AddEvents(tx *db.Tx, events []crm.Event) error {
	if len(events) == 0 {
		return nil
	}
	rows := make([][]any, len(events))
	for i, e := range events {
		if e.Changes == nil {
			e.Changes = []crm.Change{}
		}
		rows[i] = []any{e.BusinessID, e.Type, e.At, e.ActorID, e.ActorName, e.Via, e.Address, e.ContactID,
			e.ConversationID, e.MessageID, e.UserID, e.SubjectID, db.JSON(e.Changes), e.Note, crm.AuditKindOf(e)}
	}
	columns := eventColumns
	if tx.Engine() == db.SQLite {
		// The one writer numbers events in the order of their commits. PostgreSQL does
		// it by the defaults of the columns.
		last, _, err := db.One(tx, db.Column[int64], "update event_seq set last = last + $1 returning last", len(events))
		if err != nil {
			return err
		}
		columns = append([]string{"seq"}, eventColumns...)
		for i := range rows {
			rows[i] = append([]any{last - int64(len(events)-1-i)}, rows[i]...)
		}
	}
	tx.Insert("event", columns, rows)
	return nil
}

const selectEvent = `select e.tx, e.seq, e.business_id, e.type, e.at, e.actor_id, e.actor_name, e.via, e.address, e.contact_id,
		e.conversation_id, e.message_id, e.user_id, e.subject_id, e.changes, e.note, e.audit
	from event e `

func scanEvent(row db.Row) (e crm.Event, err error) {
	var c Cursor
	err = row.Scan(&c.Tx, &c.Seq, &e.BusinessID, &e.Type, &e.At, &e.ActorID, &e.ActorName, &e.Via, &e.Address, &e.ContactID,
		&e.ConversationID, &e.MessageID, &e.UserID, &e.SubjectID, db.JSON(&e.Changes), &e.Note, &e.Kind)
	e.Cursor = c.String()
	return e, err
}

// Cursor is a place in the order of events: everything up to it was read.
type Cursor struct{ Tx, Seq int64 }

func (c Cursor) String() string { return fmt.Sprintf("%d.%d", c.Tx, c.Seq) }

// ParseCursor reads what String wrote; ok is false for anything else.
func ParseCursor(s string) (c Cursor, ok bool) {
	n, err := fmt.Sscanf(s, "%d.%d", &c.Tx, &c.Seq)
	return c, err == nil && n == 2 && c.Tx >= 0 && c.Seq >= 0 && c.String() == s
}

// settled is the condition under which no event before this one can still appear.
func settled(tx *db.Tx) string {
	if tx.Engine() == db.SQLite {
		return "true"
	}
	return "e.tx < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
}

// lastSettled asks for the last place that settled holds for, of any business.
func lastSettled(tx *db.Tx) string {
	if tx.Engine() == db.SQLite {
		return "select 0, last from event_seq"
	}
	return "select pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1, 9223372036854775807"
}

// EventsAfter are up to limit events of a business after a place, in their order. An
// event that is not there yet comes after every event that is.
func EventsAfter(tx *db.Tx, business crm.ID, after Cursor, limit int) ([]crm.Event, error) {
	return db.All(tx, scanEvent, selectEvent+"where e.business_id = $1 and (e.tx, e.seq) > ($2, $3) and "+settled(tx)+
		" order by e.tx, e.seq limit $4", business, after.Tx, after.Seq, limit)
}

// LastEvent is the place of the newest event of a business that EventsAfter would read.
func LastEvent(tx *db.Tx, business crm.ID) (Cursor, error) {
	c, _, err := db.One(tx, func(row db.Row) (c Cursor, err error) {
		err = row.Scan(&c.Tx, &c.Seq)
		return c, err
	}, "select e.tx, e.seq from event e where e.business_id = $1 and "+settled(tx)+" order by e.tx desc, e.seq desc limit 1", business)
	return c, err
}

// ContactEvents are the events about a contact, and about those that were merged into it,
// before a place, newest first. before nil starts at the end. What names another contact
// that who may not see is left out (V2).
func ContactEvents(tx *db.Tx, who crm.Actor, contact crm.ID, before *Cursor, limit int) ([]crm.Event, error) {
	if before == nil {
		before = &Cursor{Tx: 1<<63 - 1}
	}
	lineage, err := Lineage(tx, who.BusinessID, contact)
	if err != nil {
		return nil, err
	}
	place := unwalked(tx, "e.tx")
	return db.All(tx, scanEvent, selectEvent+`where e.business_id = $1 and e.contact_id = any($2) and (`+place+`, e.seq) < ($3, $4)
		and e.type like 'contact.%' and (e.type <> 'contact.merged_away' or e.contact_id = $6)
		and (e.type <> 'contact.lookalike' or not exists (
			select 1 from contact c where c.business_id = $1 and c.id = e.subject_id and not `+contactSeenBy(who, 7)+`))
		order by `+place+` desc, e.seq desc limit $5`, who.BusinessID, texts(lineage), before.Tx, before.Seq, limit, contact, who.UserID)
}

// Histories are all that happened to some contacts, in order, whoever asks.
func Histories(tx *db.Tx, business crm.ID, contacts []crm.ID) (map[crm.ID][]crm.Event, error) {
	if len(contacts) == 0 {
		return nil, nil
	}
	place := unwalked(tx, "e.tx")
	events, err := db.All(tx, scanEvent, selectEvent+`where e.business_id = $1 and e.contact_id = any($2) and e.type like 'contact.%'
		order by `+place+`, e.seq`, business, texts(contacts))
	histories := map[crm.ID][]crm.Event{}
	for _, e := range events {
		histories[e.ContactID] = append(histories[e.ContactID], e)
	}
	return histories, err
}

// unwalked is the transaction of events, to order those of some contacts by. As it is, SQLite
// would walk the events of everybody, which lie in this order, instead of looking them up.
func unwalked(tx *db.Tx, column string) string {
	if tx.Engine() == db.SQLite {
		return column + " + 0"
	}
	return column
}

// ContactEvent is the entry at a place in a contact's history.
func ContactEvent(tx *db.Tx, business, contact crm.ID, at Cursor) (e crm.Event, found bool, err error) {
	lineage, err := Lineage(tx, business, contact)
	if err != nil {
		return e, false, err
	}
	return db.One(tx, scanEvent, selectEvent+"where e.business_id = $1 and e.contact_id = any($2) and e.tx = $3 and e.seq = $4 and e.type like 'contact.%'",
		business, texts(lineage), at.Tx, at.Seq)
}

// ConversationEvents are what happened to a conversation beside its messages, in order.
func ConversationEvents(tx *db.Tx, business, conversation crm.ID, limit int) ([]crm.Event, error) {
	return db.All(tx, scanEvent, selectEvent+`where e.business_id = $1 and e.conversation_id = $2 and e.type like 'conversation.%'
		and e.type <> 'conversation.seen' order by e.tx, e.seq limit $3`, business, conversation, limit)
}

// Before reports whether a place comes before another.
func (c Cursor) Before(other Cursor) bool {
	return c.Tx < other.Tx || c.Tx == other.Tx && c.Seq < other.Seq
}
