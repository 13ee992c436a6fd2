package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// Pace is how fast the next message of a conversation may leave.
type Pace struct {
	ChannelID    crm.ID
	MaxPerSecond float64
	Held         bool // nothing leaves: a restored copy, not released yet
}

// NextPace reads the pace of the next message that waits in a conversation.
func NextPace(tx *db.Tx, business, conversation crm.ID) (Pace, bool, error) {
	return db.One(tx, func(row db.Row) (p Pace, err error) {
		err = row.Scan(&p.ChannelID, &p.MaxPerSecond, &p.Held)
		return p, err
	}, `select c.id, c.max_per_second, b.held from message q
		join channel c on c.business_id = q.business_id and c.id = q.channel_id
		join business b on b.id = q.business_id
		where q.business_id = $1 and q.conversation_id = $2 and q.direction = 'out' and q.rank < 3 order by q.id limit 1`, business, conversation)
}

// ClaimNext takes the oldest message of a conversation that waits to be sent: from now on
// the provider may have it. found is false when none waits, or when one is still on its
// way, whose sender goes on with the next.
func ClaimNext(tx *db.Tx, business, conversation crm.ID, now time.Time) (m crm.Message, found bool, err error) {
	LockConversation(tx, business, conversation)
	id, found, err := db.One(tx, db.Column[crm.ID], `update message set status = 'sending', rank = 2, claimed_at = $3, attempts = attempts + 1
		where business_id = $1 and id = (
			select q.id from message q where q.business_id = $1 and q.conversation_id = $2 and q.direction = 'out' and q.rank < 3
			order by q.id limit 1) and rank = 1
		returning id`, business, conversation, now)
	if err != nil || !found {
		return m, false, err
	}
	m, err = MessageByID(tx, business, id)
	return m, err == nil, err
}

// Unclaim puts a message back that the provider certainly did not take.
func Unclaim(tx *db.Tx, business, id crm.ID) {
	tx.Exec("update message set status = 'queued', rank = 1, claimed_at = null where business_id = $1 and id = $2 and rank = 2", business, id)
}

// MarkSent notes the provider's id of a message it took.
func MarkSent(tx *db.Tx, business, id crm.ID, external string) {
	tx.Exec(`update message set external_id = $3 where business_id = $1 and id = $2 and external_id is null`, business, id, nullable(external))
	tx.Exec(`update message set status = 'sent', rank = 4 where business_id = $1 and id = $2 and rank < 4`, business, id)
}

// Attempts is how often a message was handed over.
func Attempts(tx *db.Tx, business, id crm.ID) (int, error) {
	return count(tx, "select attempts from message where business_id = $1 and id = $2", business, id)
}

// Abandoned turns messages that were claimed before a time and never ended into unknown
// ones, and returns them: their sender has died (V7).
func Abandoned(tx *db.Tx, business crm.ID, before time.Time, why string) ([]crm.Message, error) {
	return db.All(tx, func(row db.Row) (m crm.Message, err error) {
		m.BusinessID = business
		err = row.Scan(&m.ID, &m.ConversationID, &m.ContactID)
		return m, err
	}, `update message set status = 'unknown', rank = 3, error = $3
		where business_id = $1 and direction = 'out' and rank < 3 and status = 'sending' and claimed_at < $2
		returning id, conversation_id, contact_id`, business, before, why)
}

// Waiting are the conversations of a business that have messages to send.
func Waiting(tx *db.Tx, business crm.ID) ([]crm.ID, error) {
	return db.All(tx, db.Column[crm.ID], waitingToLeave, business)
}

// waitingToLeave says rank < 3 in so many words: SQLite would not see that the index of
// those holds the others.
const waitingToLeave = "select distinct conversation_id from message where business_id = $1 and direction = 'out' and rank < 3 and rank < 2"
