package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// NextRecipients are the next who wait in a broadcast.
func NextRecipients(tx *db.Tx, business, broadcast crm.ID, now time.Time, limit int) ([]crm.Recipient, error) {
	return db.All(tx, scanRecipient, "select "+recipientColumns+` from broadcast_recipient
		where business_id = $1 and broadcast_id = $2 and status = 'queued' and (next_at is null or next_at <= $3) order by position limit $4`,
		business, broadcast, now, limit)
}

// Claim notes that a recipient's message is handed over from now on by the worker of a
// lane: the provider may have it.
func Claim(tx *db.Tx, business, broadcast crm.ID, r crm.Recipient, lane string, now time.Time) {
	tx.Exec(`update broadcast_recipient set status = 'sending', rank = 2, claimed_at = $4, attempts = attempts + 1, address = $5, text = $6, lane = $7
		where business_id = $1 and broadcast_id = $2 and position = $3 and status = 'queued'`, business, broadcast, r.Position, now, r.Address, r.Text, lane)
}

// Skip leaves a recipient out who still waits.
func Skip(tx *db.Tx, business, broadcast crm.ID, position int, reason crm.SkipReason) {
	tx.Exec(`update broadcast_recipient set status = 'skipped', rank = 9, skip = $4, next_at = null
		where business_id = $1 and broadcast_id = $2 and position = $3 and status = 'queued'`, business, broadcast, position, reason)
}

// SkipWaiting leaves out up to most of those who wait in a broadcast, and says how many.
func SkipWaiting(tx *db.Tx, business, broadcast crm.ID, reason crm.SkipReason, most int) (int, error) {
	n, err := tx.Affected(`update broadcast_recipient set status = 'skipped', rank = 9, skip = $3, next_at = null
		where business_id = $1 and broadcast_id = $2 and position in (select q.position from broadcast_recipient q
			where q.business_id = $1 and q.broadcast_id = $2 and q.status = 'queued' order by q.position limit $4)`, business, broadcast, reason, most)
	return int(n), err
}

// Unfinished counts those of a broadcast who wait or whose message is on its way.
func Unfinished(tx *db.Tx, business, broadcast crm.ID) (int, error) {
	return count(tx, `select count(*) from (select 1 from broadcast_recipient where business_id = $1 and broadcast_id = $2 and status in ('queued', 'sending') limit 1) as counted`,
		business, broadcast)
}

// BackInQueue puts a claimed recipient back whose message the provider certainly did not
// take, under a new id: what is noted of this attempt is not to be taken for the next.
// Without counted the attempt is none.
func BackInQueue(tx *db.Tx, business, id, fresh crm.ID, next time.Time, counted bool) {
	less := 1
	if counted {
		less = 0
	}
	tx.Exec(`update broadcast_recipient set status = 'queued', rank = 1, id = $5, next_at = $3, claimed_at = null, attempts = attempts - $4
		where business_id = $1 and id = $2 and rank = 2`, business, id, next, less, fresh)
}

// MarkRecipientSent notes that the provider took a message, and its id for it.
func MarkRecipientSent(tx *db.Tx, business, id crm.ID, external string, now time.Time) {
	tx.Exec(`update broadcast_recipient set external_id = coalesce(external_id, $3), sent_at = coalesce(sent_at, $4),
			status = case when rank < 4 then 'sent' else status end, rank = case when rank < 4 then 4 else rank end,
			error = case when rank < 4 then '' else error end
		where business_id = $1 and id = $2`, business, id, nullable(external), now)
}

// MoveRecipient moves a recipient's message forward; nothing happens when it is as far
// already (V7). Of one that failed retryAt is from when on it may be tried again; zero for
// never.
func MoveRecipient(tx *db.Tx, business, id crm.ID, s crm.InboundStatus, retryAt, now time.Time) {
	failed := s.Status == crm.Failed
	w := &conditions{args: []any{business, id, s.Status, s.Status.Rank(), s.Error, s.ErrorCode, nullable(s.ExternalID), failed && !retryAt.IsZero()}}
	sets := "status = $3, rank = $4, error = $5, error_code = $6, external_id = coalesce(external_id, $7), may_retry = $8"
	if failed {
		sets += ", next_at = " + w.arg(retryAt)
	}
	at := w.arg(now)
	switch s.Status {
	case crm.Sent, crm.Delivered, crm.Read:
		sets += ", sent_at = coalesce(sent_at, " + at + ")"
		if s.Status != crm.Sent {
			sets += ", delivered_at = coalesce(delivered_at, " + at + ")"
		}
		if s.Status == crm.Read {
			sets += ", read_at = coalesce(read_at, " + at + ")"
		}
	default:
		sets += ", claimed_at = coalesce(claimed_at, " + at + ")"
	}
	tx.Exec("update broadcast_recipient set "+sets+" where business_id = $1 and id = $2 and rank < $4", w.args...)
}

// SentTo is a recipient whose message news is about.
type SentTo struct {
	ID, BroadcastID, ContactID, ChannelID crm.ID
	ExternalID                            string
	Rank                                  int
}

// SentTos finds the recipients that news is about, by our own ids and by the provider's.
func SentTos(tx *db.Tx, business, channel crm.ID, ids []crm.ID, externals []string) (list []SentTo, err error) {
	scan := func(row db.Row) (s SentTo, err error) {
		err = row.Scan(&s.ID, &s.BroadcastID, &s.ContactID, &s.ChannelID, &s.ExternalID, &s.Rank)
		return s, err
	}
	const columns = "select id, broadcast_id, coalesce(contact_id, ''), channel_id, coalesce(external_id, ''), rank from broadcast_recipient where business_id = $1 and "
	var queries []db.Query
	if len(ids) > 0 {
		queries = append(queries, db.Into(&list, scan, columns+"id = any($2) and channel_id = $3", business, texts(ids), channel))
	}
	if len(externals) > 0 {
		queries = append(queries, db.Into(&list, scan, columns+"channel_id = $2 and external_id = any($3)", business, channel, externals))
	}
	if len(queries) == 0 {
		return nil, nil
	}
	return list, tx.Ask(queries...)
}

// Strand turns what a worker that died had claimed over a channel into unknown, and says
// how many those are (V7).
func Strand(tx *db.Tx, business, broadcast crm.ID, why string) (int, error) {
	n, err := tx.Affected(`update broadcast_recipient set status = 'unknown', rank = 3, error = $3
		where business_id = $1 and broadcast_id = $2 and status = 'sending'`, business, broadcast, why)
	return int(n), err
}

// Requeue puts up to most recipients that match back into the queue, because a person
// said so: under new ids, so that late news of the first message is not taken for news of
// the second. It says how many those are.
func Requeue(tx *db.Tx, business, broadcast crm.ID, f RecipientFilter, newID func() crm.ID, most int) (int, error) {
	list, err := Recipients(tx, business, broadcast, f, 0, most)
	for _, r := range list {
		tx.Exec(`update broadcast_recipient set status = 'queued', rank = 1, id = $4, error = '', error_code = '', may_retry = false, external_id = null,
				next_at = null, claimed_at = null, sent_at = null, delivered_at = null, read_at = null, attempts = 0
			where business_id = $1 and broadcast_id = $2 and position = $3`, business, broadcast, r.Position, newID())
	}
	return len(list), err
}

// UnknownRecipients are those of a broadcast of whom nobody knows whether they have the
// message, claimed before a time and due to be asked about.
func UnknownRecipients(tx *db.Tx, business, broadcast crm.ID, before, now time.Time, limit int) ([]crm.Recipient, error) {
	return db.All(tx, scanRecipient, "select "+recipientColumns+` from broadcast_recipient
		where business_id = $1 and broadcast_id = $2 and status = 'unknown' and claimed_at < $3 and (next_at is null or next_at <= $4) order by position limit $5`,
		business, broadcast, before, now, limit)
}

// AskAgain says when an unknown message is to be asked about next.
func AskAgain(tx *db.Tx, business, id crm.ID, at time.Time) {
	tx.Exec("update broadcast_recipient set next_at = $3 where business_id = $1 and id = $2 and status = 'unknown'", business, id, at)
}

// NeverSent puts a claimed or unknown message that the provider certainly never got back
// into the queue, under a new id.
func NeverSent(tx *db.Tx, business, id, fresh crm.ID) {
	tx.Exec(`update broadcast_recipient set status = 'queued', rank = 1, id = $3, error = '', error_code = '', next_at = null, claimed_at = null, lane = ''
		where business_id = $1 and id = $2 and status in ('sending', 'unknown')`, business, id, fresh)
}

// KnownExternals are those of a provider's ids that some message of ours has already.
func KnownExternals(tx *db.Tx, business, channel crm.ID, externals []string) (map[string]bool, error) {
	known := map[string]bool{}
	read := func(row db.Row) error {
		id, err := db.Column[string](row)
		known[id] = true
		return err
	}
	return known, tx.Ask(
		db.Each(read, "select external_id from broadcast_recipient where business_id = $1 and channel_id = $2 and external_id = any($3)", business, channel, externals),
		db.Each(read, "select external_id from message where business_id = $1 and channel_id = $2 and external_id = any($3)", business, channel, externals))
}
