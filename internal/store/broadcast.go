package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

const broadcastColumns = `id, name, coalesce(channel_id, ''), audience, text, template, start_at, quiet, status, problem, user_id, by_name,
	created_at, started_at, frozen_at, ended_at, moved_at, total, accepted, round`

func scanBroadcast(row db.Row) (*crm.Broadcast, error) {
	b := &crm.Broadcast{}
	err := row.Scan(&b.ID, &b.Name, &b.ChannelID, db.JSON(&b.Audience), &b.Text, db.JSON(&b.Template), &b.StartAt, db.JSON(&b.Quiet), &b.Status, &b.Problem,
		&b.UserID, &b.ByName, &b.CreatedAt, &b.StartedAt, &b.FrozenAt, &b.EndedAt, &b.MovedAt, &b.Total, db.JSON(&b.Accepted), &b.Round)
	return b, err
}

// PutBroadcast adds a broadcast or writes one anew.
func PutBroadcast(tx *db.Tx, b *crm.Broadcast) {
	tx.Exec(`insert into broadcast (business_id, id, name, channel_id, audience, text, template, start_at, quiet, status, problem, user_id, by_name,
			created_at, started_at, frozen_at, ended_at, moved_at, total, accepted, round)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
		on conflict (business_id, id) do update set name = excluded.name, channel_id = excluded.channel_id, audience = excluded.audience, text = excluded.text,
			template = excluded.template, start_at = excluded.start_at, quiet = excluded.quiet, status = excluded.status, problem = excluded.problem,
			user_id = excluded.user_id, by_name = excluded.by_name, started_at = excluded.started_at, frozen_at = excluded.frozen_at,
			ended_at = excluded.ended_at, moved_at = excluded.moved_at, total = excluded.total, accepted = excluded.accepted, round = excluded.round`,
		b.BusinessID, b.ID, b.Name, b.ChannelID, db.JSON(b.Audience), b.Text, db.JSON(b.Template), b.StartAt, db.JSON(b.Quiet), b.Status, b.Problem, b.UserID,
		b.ByName, b.CreatedAt, b.StartedAt, b.FrozenAt, b.EndedAt, b.MovedAt, b.Total, db.JSON(append([]crm.ID{}, b.Accepted...)), b.Round)
}

// Broadcast reads one; else ErrNotFound.
func Broadcast(tx *db.Tx, business, id crm.ID) (*crm.Broadcast, error) {
	return oneBroadcast(tx, business, "select "+broadcastColumns+" from broadcast where business_id = $1 and id = $2", business, id)
}

// LockBroadcast is Broadcast for a transaction that is going to change it: no other one
// does so until it ends.
func LockBroadcast(tx *db.Tx, business, id crm.ID) (*crm.Broadcast, error) {
	return oneBroadcast(tx, business, "select "+broadcastColumns+" from broadcast where business_id = $1 and id = $2 for update", business, id)
}

func oneBroadcast(tx *db.Tx, business crm.ID, sql string, args ...any) (*crm.Broadcast, error) {
	b, found, err := db.One(tx, scanBroadcast, sql, args...)
	if err != nil || !found {
		return nil, orNotFound(err)
	}
	b.BusinessID = business
	return b, nil
}

// Broadcasts are those of a business, newest first, before one of them.
func Broadcasts(tx *db.Tx, business, before crm.ID, limit int) ([]*crm.Broadcast, error) {
	if before == "" {
		before = "~"
	}
	list, err := db.All(tx, scanBroadcast, "select "+broadcastColumns+" from broadcast where business_id = $1 and id < $2 order by id desc limit $3",
		business, string(before), limit)
	for _, b := range list {
		b.BusinessID = business
	}
	return list, err
}

// CountBroadcasts counts what Broadcasts lists, up to most: more is answered as most + 1.
func CountBroadcasts(tx *db.Tx, business crm.ID, most int) (int, error) {
	return count(tx, "select count(*) from (select 1 from broadcast where business_id = $1 limit $2) as counted", business, most+1)
}

// DeleteBroadcast removes one with its recipients.
func DeleteBroadcast(tx *db.Tx, business, id crm.ID) {
	tx.Exec("delete from broadcast where business_id = $1 and id = $2", business, id)
}

// RunningOn are the broadcasts that run over a channel, the oldest first.
func RunningOn(tx *db.Tx, business, channel crm.ID) ([]*crm.Broadcast, error) {
	list, err := db.All(tx, scanBroadcast, "select "+broadcastColumns+` from broadcast
		where business_id = $1 and channel_id = $2 and ended_at is null and status = 'running' order by started_at, id`, business, channel)
	for _, b := range list {
		b.BusinessID = business
	}
	return list, err
}

// ActiveBroadcast names a broadcast of whichever business that has something to do.
type ActiveBroadcast struct {
	Business, ID, Channel crm.ID
	Status                crm.BroadcastStatus
	Frozen                bool
	StartAt               time.Time
	MovedAt               time.Time
}

// ActiveBroadcasts are those that run and those that wait for their time.
func ActiveBroadcasts(tx *db.Tx) ([]ActiveBroadcast, error) {
	return db.All(tx, func(row db.Row) (a ActiveBroadcast, err error) {
		err = row.Scan(&a.Business, &a.ID, &a.Channel, &a.Status, &a.Frozen, &a.StartAt, &a.MovedAt)
		return a, err
	}, `select business_id, id, coalesce(channel_id, ''), status, frozen_at is not null, start_at, moved_at from broadcast
		where ended_at is null and status in ('running', 'scheduled') order by business_id, started_at, id`)
}

// SetBroadcastProblem notes what a broadcast waits for; empty when nothing is in its way.
func SetBroadcastProblem(tx *db.Tx, business, id crm.ID, problem string) {
	tx.Exec("update broadcast set problem = $3 where business_id = $1 and id = $2 and problem <> $3", business, id, problem)
}

// Deleted reports which of these tags are gone without having become another.
func Deleted(tx *db.Tx, business crm.ID, tags []crm.ID) ([]crm.Tag, error) {
	if len(tags) == 0 {
		return nil, nil
	}
	return db.All(tx, func(row db.Row) (t crm.Tag, err error) {
		err = row.Scan(&t.ID, &t.Name)
		return t, err
	}, "select id, name from tag where business_id = $1 and id = any($2) and gone_at is not null and into_id is null order by name", business, texts(tags))
}

// TouchBroadcast notes that somebody is at work on a broadcast.
func TouchBroadcast(tx *db.Tx, business, id crm.ID, now time.Time) {
	tx.Exec("update broadcast set moved_at = $3 where business_id = $1 and id = $2", business, id, now)
}

// SetFrozen notes that the audience of a broadcast is complete.
func SetFrozen(tx *db.Tx, business, id crm.ID, now time.Time, total int) {
	tx.Exec("update broadcast set frozen_at = $3, moved_at = $3, total = $4 where business_id = $1 and id = $2", business, id, now, total)
}

// RecentBroadcast is one of whichever business that may have something to be settled.
type RecentBroadcast struct {
	Business, ID, Channel crm.ID
	Status                crm.BroadcastStatus
	Waiting, Unknown      bool // somebody in it still waits, or nobody knows how it ended
}

// RecentBroadcasts are those that began, and have not ended before a time.
func RecentBroadcasts(tx *db.Tx, since time.Time) ([]RecentBroadcast, error) {
	const some = `exists (select 1 from broadcast_recipient r where r.business_id = b.business_id and r.broadcast_id = b.id and r.status = `
	return db.All(tx, func(row db.Row) (r RecentBroadcast, err error) {
		err = row.Scan(&r.Business, &r.ID, &r.Channel, &r.Status, &r.Waiting, &r.Unknown)
		return r, err
	}, "select b.business_id, b.id, coalesce(b.channel_id, ''), b.status, "+some+"'queued'), "+some+"'unknown')"+`
		from broadcast b where b.started_at is not null and (b.ended_at is null or b.ended_at > $1) order by b.business_id, b.id`, since)
}

// BroadcastsOn are the broadcasts that began over a channel and have not ended before a
// time.
func BroadcastsOn(tx *db.Tx, business, channel crm.ID, since time.Time) ([]crm.ID, error) {
	return db.All(tx, db.Column[crm.ID], "select id from broadcast where business_id = $1 and channel_id = $2 and started_at is not null and (ended_at is null or ended_at > $3)",
		business, channel, since)
}
