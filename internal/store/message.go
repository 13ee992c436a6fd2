package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

var messageColumns = []string{"business_id", "id", "conversation_id", "contact_id", "channel_id", "direction", "address", "external_id",
	"type", "text", "content", "status", "rank", "error", "error_code", "sent_by", "at", "received_at"}

// AddMessages inserts messages with their media.
func AddMessages(tx *db.Tx, messages []crm.Message) {
	rows := make([][]any, len(messages))
	var media [][]any
	for n, m := range messages {
		rows[n] = []any{m.BusinessID, m.ID, m.ConversationID, m.ContactID, m.ChannelID, m.Direction, m.Address, nullable(m.ExternalID),
			m.Type, m.Text, db.JSON(m.Content), m.Status, m.Status.Rank(), m.Error, m.ErrorCode, m.SentBy, m.At, m.ReceivedAt}
		for i, f := range m.Media {
			media = append(media, []any{m.BusinessID, f.ID, m.ID, i, f.Type, f.Name, f.SHA256, f.Size, f.Reference})
		}
	}
	tx.Insert("message", messageColumns, rows)
	tx.Insert("media", []string{"business_id", "id", "message_id", "position", "content_type", "name", "sha256", "size", "reference"}, media)
}

func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

const selectMessage = `select m.id, m.conversation_id, m.contact_id, m.channel_id, m.direction, m.address, coalesce(m.external_id, ''),
		m.type, m.text, m.content, m.status, m.error, m.error_code, m.sent_by, coalesce(u.name, ''), m.at, m.received_at
	from message m left join app_user u on u.business_id = m.business_id and u.id = m.sent_by `

func scanMessage(row db.Row) (m crm.Message, err error) {
	err = row.Scan(&m.ID, &m.ConversationID, &m.ContactID, &m.ChannelID, &m.Direction, &m.Address, &m.ExternalID,
		&m.Type, &m.Text, db.JSON(&m.Content), &m.Status, &m.Error, &m.ErrorCode, &m.SentBy, &m.SentByName, &m.At, &m.ReceivedAt)
	return m, err
}

// MessagePlace is where a page of messages ended.
type MessagePlace struct {
	At time.Time
	ID crm.ID
}

// Messages is a page of a conversation's messages, newest first, before a place.
func Messages(tx *db.Tx, business, conversation crm.ID, before *MessagePlace, limit int) ([]crm.Message, error) {
	w := &conditions{args: []any{business, conversation}}
	w.sql = "m.business_id = $1 and m.conversation_id = $2 and m.type <> 'reaction'"
	if before != nil {
		w.and("(m.at, m.id) < (" + w.arg(before.At) + ", " + w.arg(before.ID) + ")")
	}
	return readMessages(tx, business, selectMessage+"where "+w.sql+" order by m.at desc, m.id desc limit "+w.arg(limit), w.args...)
}

// MessageByID reads one message, whoever asks: who may see its conversation is for the
// caller to check.
func MessageByID(tx *db.Tx, business, id crm.ID) (crm.Message, error) {
	list, err := readMessages(tx, business, selectMessage+"where m.business_id = $1 and m.id = $2", business, id)
	if err != nil || len(list) == 0 {
		return crm.Message{}, orNotFound(err)
	}
	return list[0], nil
}

func readMessages(tx *db.Tx, business crm.ID, sql string, args ...any) ([]crm.Message, error) {
	list, err := db.All(tx, scanMessage, sql, args...)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	at := map[crm.ID]int{}
	byExternal := map[[2]string]int{}
	var ids, externals []string
	for i := range list {
		list[i].BusinessID = business
		at[list[i].ID] = i
		ids = append(ids, string(list[i].ID))
		if list[i].ExternalID != "" {
			byExternal[[2]string{string(list[i].ChannelID), list[i].ExternalID}] = i
			externals = append(externals, list[i].ExternalID)
		}
	}
	err = tx.Ask(
		db.Each(func(row db.Row) error {
			var message crm.ID
			var f crm.Media
			err := row.Scan(&message, &f.ID, &f.Type, &f.Name, &f.SHA256, &f.Size)
			if i, ok := at[message]; ok {
				list[i].Media = append(list[i].Media, f)
			}
			return err
		}, "select message_id, id, content_type, name, sha256, size from media where business_id = $1 and message_id = any($2) order by message_id, position", business, ids),
		db.Each(func(row db.Row) error {
			var channel, external string
			var r crm.Reaction
			err := row.Scan(&channel, &external, &r.By, &r.Emoji)
			if i, ok := byExternal[[2]string{channel, external}]; ok {
				list[i].Reactions = append(list[i].Reactions, r)
			}
			return err
		}, "select channel_id, external_id, sender, emoji from reaction where business_id = $1 and external_id = any($2) and emoji <> '' order by at", business, externals))
	return list, err
}

// MessageByExternal finds one of our own messages by the provider's id for it.
func MessageByExternal(tx *db.Tx, business, channel crm.ID, external string) (crm.Message, bool, error) {
	return db.One(tx, scanMessage, selectMessage+"where m.business_id = $1 and m.channel_id = $2 and m.external_id = $3", business, channel, external)
}

// ApplyStatus moves a message of ours forward; nothing happens when it is as far already
// (V7).
func ApplyStatus(tx *db.Tx, business, id crm.ID, s crm.InboundStatus) (changed bool, err error) {
	n, err := tx.Affected(`update message set status = $3, rank = $4, error = $5, error_code = $6,
			external_id = coalesce(external_id, $7)
		where business_id = $1 and id = $2 and direction = 'out' and rank < $4`,
		business, id, s.Status, s.Status.Rank(), s.Error, s.ErrorCode, nullable(s.ExternalID))
	return n > 0, err
}

// ParkStatus keeps a status whose message is not known yet; the one that is furthest stays.
func ParkStatus(tx *db.Tx, business, channel crm.ID, s crm.InboundStatus, at time.Time) {
	tx.Exec(`insert into parked_status (business_id, channel_id, external_id, status, rank, error, error_code, at)
		values ($1, $2, $3, $4, $5, $6, $7, $8)
		on conflict (business_id, channel_id, external_id) do update set
			status = excluded.status, rank = excluded.rank, error = excluded.error, error_code = excluded.error_code, at = excluded.at
		where parked_status.rank < excluded.rank`,
		business, channel, s.ExternalID, s.Status, s.Status.Rank(), s.Error, s.ErrorCode, at)
}

// TakeParkedStatus removes and returns what waited for an external id.
func TakeParkedStatus(tx *db.Tx, business, channel crm.ID, external string) (crm.InboundStatus, bool, error) {
	return db.One(tx, func(row db.Row) (s crm.InboundStatus, err error) {
		s.ExternalID = external
		err = row.Scan(&s.Status, &s.Error, &s.ErrorCode)
		return s, err
	}, "delete from parked_status where business_id = $1 and channel_id = $2 and external_id = $3 returning status, error, error_code", business, channel, external)
}

// ForgetParkedStatuses clears what nobody came for since before, in one business.
func ForgetParkedStatuses(tx *db.Tx, business crm.ID, before time.Time) {
	tx.Exec("delete from parked_status where business_id = $1 and at < $2", business, before)
}

// React sets or, with an empty emoji, takes back somebody's reaction; an older one than
// is known changes nothing.
func React(tx *db.Tx, business, channel crm.ID, external, sender, emoji string, at time.Time) {
	tx.Exec(`insert into reaction (business_id, channel_id, external_id, sender, emoji, at) values ($1, $2, $3, $4, $5, $6)
		on conflict (business_id, channel_id, external_id, sender) do update set emoji = excluded.emoji, at = excluded.at
		where reaction.at <= excluded.at`, business, channel, external, sender, emoji, at)
}

// LastInboundOn is when somebody last wrote on a channel from an address, for the window
// (V6): in this conversation, or since a time in another one with the contact, which it
// has after a merge.
func LastInboundOn(tx *db.Tx, v crm.Conversation, channel crm.ID, address string, since time.Time) (time.Time, error) {
	at, _, err := db.One(tx, db.Column[time.Time], `select max(m.at) from message m
		where m.business_id = $1 and m.channel_id = $3 and m.address = $4 and m.direction = 'in' and m.conversation_id in (
			select x.id from conversation x where x.business_id = $1 and x.contact_id = $5 and (x.id = $2 or x.last_inbound_at > $6))`,
		v.BusinessID, v.ID, channel, address, v.ContactID, since)
	return at, err
}

// LastAddressOn is the exact address from which a contact last wrote on a channel, in
// whichever conversation; empty when it never did.
func LastAddressOn(tx *db.Tx, business, contact, channel crm.ID) (string, error) {
	address, _, err := db.One(tx, db.Column[string], `select m.address from message m
		where m.business_id = $1 and m.channel_id = $3 and m.direction = 'in' and m.conversation_id in (
			select v.id from conversation v where v.business_id = $1 and v.contact_id = $2)
		order by m.at desc, m.id desc limit 1`, business, contact, channel)
	return address, err
}

// LastAddress is the exact address and channel from which a contact last wrote in a
// conversation; found is false when it never did.
func LastAddress(tx *db.Tx, business, conversation crm.ID) (channel crm.ID, address string, found bool, err error) {
	type pair struct {
		channel crm.ID
		address string
	}
	p, found, err := db.One(tx, func(row db.Row) (p pair, err error) {
		err = row.Scan(&p.channel, &p.address)
		return p, err
	}, `select m.channel_id, m.address from message m where m.business_id = $1 and m.conversation_id = $2 and m.direction = 'in'
		order by m.at desc, m.id desc limit 1`, business, conversation)
	return p.channel, p.address, found, err
}
