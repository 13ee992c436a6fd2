package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// TakeLane makes a worker the one that sends broadcasts over a channel, unless another one
// does. stranded is true when the one before it gave no sign of life until now and did not
// let go: what it had claimed is unknown.
func TakeLane(tx *db.Tx, business, channel crm.ID, holder string, now, until time.Time) (taken, stranded bool, err error) {
	type lane struct {
		holder string
		until  time.Time
	}
	tx.Exec(`insert into send_lane (business_id, channel_id, holder, until) values ($1, $2, '', 0) on conflict (business_id, channel_id) do nothing`, business, channel)
	old, _, err := db.One(tx, func(row db.Row) (l lane, err error) {
		err = row.Scan(&l.holder, &l.until)
		return l, err
	}, "select holder, until from send_lane where business_id = $1 and channel_id = $2 for update", business, channel)
	if err != nil || old.holder != "" && now.Before(old.until) {
		return false, false, err
	}
	tx.Exec("update send_lane set holder = $3, until = $4, replies = 0 where business_id = $1 and channel_id = $2", business, channel, holder, until)
	return true, old.holder != "", nil
}

// KeepLane gives a sign of life, and answers with how many messages people sent over the
// channel since the one before. held is false when another worker has taken over: then
// nothing more may be claimed.
func KeepLane(tx *db.Tx, business, channel crm.ID, holder string, until time.Time) (replies int, held bool, err error) {
	replies, held, err = db.One(tx, db.Column[int], "select replies from send_lane where business_id = $1 and channel_id = $2 and holder = $3 for update", business, channel, holder)
	if err == nil && held {
		tx.Exec("update send_lane set until = $3, replies = 0 where business_id = $1 and channel_id = $2", business, channel, until)
	}
	return replies, held, err
}

// LeaveLane lets go of a channel once nothing is on its way any more.
func LeaveLane(tx *db.Tx, business, channel crm.ID, holder string) {
	tx.Exec("update send_lane set holder = '', until = 0 where business_id = $1 and channel_id = $2 and holder = $3", business, channel, holder)
}

// NoteReplySent tells the lane of a channel, where one sends, that a message of a person
// goes over it.
func NoteReplySent(tx *db.Tx, business, channel crm.ID) {
	tx.Exec("update send_lane set replies = replies + 1 where business_id = $1 and channel_id = $2 and holder <> ''", business, channel)
}

// LaneFree reports whether nobody sends broadcasts over a channel now.
func LaneFree(tx *db.Tx, business, channel crm.ID, now time.Time) (bool, error) {
	n, err := count(tx, "select count(*) from send_lane where business_id = $1 and channel_id = $2 and holder <> '' and until > $3", business, channel, now)
	return n == 0, err
}

// FreeLanes lets go of every lane, for a database that only one process works on: who held
// them has died. They are taken over as from one that did.
func FreeLanes(tx *db.Tx) {
	tx.Exec("update send_lane set until = 0 where holder <> ''")
}

// Unmarked is a message of a broadcast that a worker claimed, and nobody knows how it ended.
type Unmarked struct{ ID, BroadcastID crm.ID }

// UnmarkedBy are those of a worker of a channel's lane.
func UnmarkedBy(tx *db.Tx, business, channel crm.ID, holder string) ([]Unmarked, error) {
	return db.All(tx, func(row db.Row) (u Unmarked, err error) {
		err = row.Scan(&u.ID, &u.BroadcastID)
		return u, err
	}, `select r.id, r.broadcast_id from broadcast b join broadcast_recipient r on r.business_id = b.business_id and r.broadcast_id = b.id
		where b.business_id = $1 and b.channel_id = $2 and b.started_at is not null and r.status in ('sending', 'unknown') and r.lane = $3 order by r.id`,
		business, channel, holder)
}

// HoldsLane reports whether a worker is still the one of a channel.
func HoldsLane(tx *db.Tx, business, channel crm.ID, holder string) (bool, error) {
	n, err := count(tx, "select count(*) from (select 1 from send_lane where business_id = $1 and channel_id = $2 and holder = $3 for update) as held", business, channel, holder)
	return n > 0, err
}
