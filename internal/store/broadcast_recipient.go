package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// AddRecipients adds people to the audience of a broadcast.
func AddRecipients(tx *db.Tx, business, broadcast crm.ID, list []crm.Recipient) {
	rows := make([][]any, len(list))
	for n, r := range list {
		rows[n] = []any{business, broadcast, r.Position, r.ID, r.ContactID, r.ChannelID, r.Address, r.Status, r.Status.Rank(), r.Skip}
	}
	tx.Insert("broadcast_recipient", []string{"business_id", "broadcast_id", "position", "id", "contact_id", "channel_id", "address", "status", "rank", "skip"}, rows)
}

// ForgetRecipients empties an audience that was not complete.
func ForgetRecipients(tx *db.Tx, business, broadcast crm.ID) {
	tx.Exec("delete from broadcast_recipient where business_id = $1 and broadcast_id = $2", business, broadcast)
}

const recipientColumns = `position, id, coalesce(contact_id, ''), channel_id, address, text, status, skip, error, error_code,
	case when may_retry then coalesce(next_at, claimed_at) end,
	coalesce(external_id, ''), attempts, claimed_at, sent_at, delivered_at, read_at, replied_at`

func scanRecipient(row db.Row) (r crm.Recipient, err error) {
	err = row.Scan(&r.Position, &r.ID, &r.ContactID, &r.ChannelID, &r.Address, &r.Text, &r.Status, &r.Skip, &r.Error, &r.ErrorCode, &r.RetryAt,
		&r.ExternalID, &r.Attempts, &r.ClaimedAt, &r.SentAt, &r.DeliveredAt, &r.ReadAt, &r.RepliedAt)
	return r, err
}

// RecipientFilter chooses recipients of a broadcast.
type RecipientFilter struct {
	Status  crm.MessageStatusValue // empty for any; one whose message is on its way counts as queued
	Skip    crm.SkipReason         // with this reason; empty for any
	Replied bool                   // only those who answered
	RetryAt time.Time              // only those who may be tried again then
}

func (f RecipientFilter) where(w *conditions) {
	switch f.Status {
	case "":
	case crm.Queued:
		w.and("status in ('queued', 'sending')")
	default:
		w.and("status = " + w.arg(f.Status))
	}
	if f.Skip != "" {
		w.and("skip = " + w.arg(f.Skip))
	}
	if f.Replied {
		w.and("replied_at is not null")
	}
	if !f.RetryAt.IsZero() {
		w.and("may_retry and coalesce(next_at, 0) <= " + w.arg(f.RetryAt))
	}
}

// Recipients are those of a broadcast behind a position, in their order.
func Recipients(tx *db.Tx, business, broadcast crm.ID, f RecipientFilter, after, limit int) ([]crm.Recipient, error) {
	w := &conditions{args: []any{business, broadcast, after}}
	w.sql = "business_id = $1 and broadcast_id = $2 and position > $3"
	f.where(w)
	return db.All(tx, scanRecipient, "select "+recipientColumns+" from broadcast_recipient where "+w.sql+" order by position limit "+w.arg(limit), w.args...)
}

// CountRecipients counts those of a broadcast that match.
func CountRecipients(tx *db.Tx, business, broadcast crm.ID, f RecipientFilter) (int, error) {
	w := &conditions{args: []any{business, broadcast}}
	w.sql = "business_id = $1 and broadcast_id = $2"
	f.where(w)
	return count(tx, "select count(*) from broadcast_recipient where "+w.sql, w.args...)
}

// BroadcastCounts counts the recipients of broadcasts as they are now.
func BroadcastCounts(tx *db.Tx, business crm.ID, broadcasts []crm.ID, now time.Time) (map[crm.ID]crm.BroadcastCounts, error) {
	all := map[crm.ID]crm.BroadcastCounts{}
	for _, id := range broadcasts {
		all[id] = crm.BroadcastCounts{ByStatus: map[crm.MessageStatusValue]int{}}
	}
	err := tx.Ask(db.Each(func(row db.Row) error {
		var id crm.ID
		var status crm.MessageStatusValue
		var n, replied, retry int
		if err := row.Scan(&id, &status, &n, &replied, &retry); err != nil {
			return err
		}
		if status == crm.Sending {
			status = crm.Queued
		}
		c := all[id]
		c.ByStatus[status] += n
		c.Replied += replied
		c.MayRetry += retry
		all[id] = c
		return nil
	}, `select broadcast_id, status, count(*), count(replied_at), sum(case when may_retry and coalesce(next_at, 0) <= $3 then 1 else 0 end) from broadcast_recipient
		where business_id = $1 and broadcast_id = any($2) group by broadcast_id, status`, business, texts(broadcasts), now))
	return all, err
}

// SkipCounts counts those who are left out by reason.
func SkipCounts(tx *db.Tx, business, broadcast crm.ID) (map[crm.SkipReason]int, error) {
	counts := map[crm.SkipReason]int{}
	err := tx.Ask(db.Each(func(row db.Row) error {
		var reason crm.SkipReason
		var n int
		err := row.Scan(&reason, &n)
		counts[reason] = n
		return err
	}, "select skip, count(*) from broadcast_recipient where business_id = $1 and broadcast_id = $2 and status = 'skipped' group by skip", business, broadcast))
	return counts, err
}

// Moment is how many messages went out, arrived and were read within a stretch of time.
type Moment struct {
	At                    time.Time // where the stretch begins
	Sent, Delivered, Read int
}

// Timeline counts what happened to a broadcast in stretches of time.
func Timeline(tx *db.Tx, business, broadcast crm.ID, stretch time.Duration) (map[int64]Moment, error) {
	moments := map[int64]Moment{}
	step := stretch.Microseconds()
	ask := func(column string, put func(*Moment, int)) db.Query {
		return db.Each(func(row db.Row) error {
			var at int64
			var n int
			err := row.Scan(&at, &n)
			m := moments[at]
			m.At = time.UnixMicro(at * step).UTC()
			put(&m, n)
			moments[at] = m
			return err
		}, "select "+column+" / $3, count(*) from broadcast_recipient where business_id = $1 and broadcast_id = $2 and "+column+" is not null group by "+column+" / $3",
			business, broadcast, step)
	}
	return moments, tx.Ask(
		ask("sent_at", func(m *Moment, n int) { m.Sent = n }),
		ask("delivered_at", func(m *Moment, n int) { m.Delivered = n }),
		ask("read_at", func(m *Moment, n int) { m.Read = n }))
}

// NoteReplies notes that contacts wrote: it counts for the last broadcast that each of
// them got since a time.
func NoteReplies(tx *db.Tx, business crm.ID, contacts []crm.ID, since, now time.Time) {
	tx.Exec(`update broadcast_recipient set replied_at = $4 where business_id = $1 and replied_at is null and contact_id = any($2)
		and sent_at >= $3 and rank in (3, 4, 6, 7) and not exists (select 1 from broadcast_recipient later
			where later.business_id = $1 and later.contact_id = broadcast_recipient.contact_id and later.sent_at > broadcast_recipient.sent_at)`,
		business, texts(contacts), since, now)
}

// GotBroadcast is a broadcast's message as it stands in a contact's thread.
type GotBroadcast struct {
	crm.Recipient
	BroadcastID crm.ID
	Name        string // of the broadcast
	By          string // its sender
}

// GotBroadcasts are the messages of broadcasts that were handed over for a contact within
// a stretch of time, the newest first. Whether the asker may see them is for the caller to
// check.
func GotBroadcasts(tx *db.Tx, business, contact crm.ID, from, to time.Time, limit int) ([]GotBroadcast, error) {
	w := &conditions{args: []any{business, contact}}
	w.sql = "r.business_id = $1 and r.contact_id = $2 and r.claimed_at is not null and r.status <> 'queued'"
	if !from.IsZero() {
		w.and("r.claimed_at >= " + w.arg(from))
	}
	if !to.IsZero() {
		w.and("r.claimed_at < " + w.arg(to))
	}
	return db.All(tx, func(row db.Row) (g GotBroadcast, err error) {
		err = row.Scan(&g.BroadcastID, &g.Name, &g.By, &g.ID, &g.ContactID, &g.ChannelID, &g.Address, &g.Text, &g.Status, &g.Error, &g.ErrorCode, &g.ExternalID, &g.ClaimedAt)
		return g, err
	}, `select r.broadcast_id, b.name, b.by_name, r.id, r.contact_id, r.channel_id, r.address, r.text, r.status, r.error, r.error_code, coalesce(r.external_id, ''), r.claimed_at
		from broadcast_recipient r join broadcast b on b.business_id = r.business_id and b.id = r.broadcast_id
		where `+w.sql+" order by r.claimed_at desc, r.id desc limit "+w.arg(limit), w.args...)
}

// clearRecipients takes a contact that goes out of broadcasts: the counts stay, and nobody
// can be told from them (C10). Who still waits is left out.
func clearRecipients(tx *db.Tx, business crm.ID, contacts []crm.ID) {
	tx.Exec(`update broadcast_recipient set status = 'skipped', rank = 9, skip = 'gone' where business_id = $1 and contact_id = any($2) and status = 'queued'`, business, texts(contacts))
	tx.Exec(`update broadcast_recipient set contact_id = null, address = '', text = '' where business_id = $1 and contact_id = any($2)`, business, texts(contacts))
}

// MoveRecipients gives a contact the places in broadcasts of one that became part of it.
// Where both are in the same broadcast and one still waits, that one is the same person.
func MoveRecipients(tx *db.Tx, business, from, into crm.ID) {
	tx.Exec(`update broadcast_recipient set status = 'skipped', rank = 9, skip = 'duplicate' where business_id = $1 and contact_id = $2 and status = 'queued'
		and broadcast_id in (select other.broadcast_id from broadcast_recipient other where other.business_id = $1 and other.contact_id = $3 and other.status <> 'skipped')`,
		business, from, into)
	tx.Exec("update broadcast_recipient set contact_id = $3 where business_id = $1 and contact_id = $2", business, from, into)
}

// LastWritten is when a contact last wrote, and from which exact address (I3).
type LastWritten struct {
	Address string
	At      time.Time
}

// LastWrote is that of contacts on a channel.
func LastWrote(tx *db.Tx, business, channel crm.ID, contacts []crm.ID) (map[crm.ID]LastWritten, error) {
	wrote := map[crm.ID]LastWritten{}
	return wrote, tx.Ask(db.Each(func(row db.Row) error {
		var contact crm.ID
		var last LastWritten
		err := row.Scan(&contact, &last.Address, &last.At)
		wrote[contact] = last // the last one stays
		return err
	}, `select v.contact_id, m.address, m.at from conversation v join message m on m.business_id = v.business_id and m.conversation_id = v.id
		where v.business_id = $1 and v.contact_id = any($2) and m.channel_id = $3 and m.direction = 'in' order by m.at`, business, texts(contacts), channel))
}

// RecipientByID reads one of a broadcast.
func RecipientByID(tx *db.Tx, business, broadcast, id crm.ID) (crm.Recipient, error) {
	r, found, err := db.One(tx, scanRecipient, "select "+recipientColumns+" from broadcast_recipient where business_id = $1 and broadcast_id = $2 and id = $3", business, broadcast, id)
	if err == nil && !found {
		err = crm.ErrNotFound
	}
	return r, err
}
