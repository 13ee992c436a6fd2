package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// Feed is one thing that is followed of a connection, and how far.
type Feed struct {
	ConnectionID crm.ID
	Kind         crm.FeedKind
	Cursor       string // behind the last page that was saved whole, of the last round that ended
	Run          crm.SyncRun
	Running      bool // the round at hand has not ended
	Wanted       crm.SyncMode
	Place        string // within the round at hand
	DueAt        time.Time
	PollAt       time.Time
	SweepAt      time.Time
	OKAt         time.Time
	Failures     int
	Problem      string
	Round        int64
	WorkedUntil  time.Time
	QueuedUntil  time.Time
}

const feedColumns = `connection_id, kind, cursor, run, running, wanted, place, due_at, poll_at, sweep_at, ok_at, failures, problem, round, worked_until, queued_until`

func scanFeed(row db.Row) (f Feed, err error) {
	err = row.Scan(&f.ConnectionID, &f.Kind, &f.Cursor, db.JSON(&f.Run), &f.Running, &f.Wanted, &f.Place, &f.DueAt, &f.PollAt, &f.SweepAt, &f.OKAt,
		&f.Failures, &f.Problem, &f.Round, &f.WorkedUntil, &f.QueuedUntil)
	return f, err
}

// AddFeed inserts a feed, or leaves the one that is there.
func AddFeed(tx *db.Tx, business crm.ID, f Feed) {
	tx.Exec("insert into sync_feed (business_id, "+feedColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
		on conflict (business_id, connection_id, kind) do nothing`,
		business, f.ConnectionID, f.Kind, f.Cursor, db.JSON(f.Run), f.Running, f.Wanted, f.Place, f.DueAt, f.PollAt, f.SweepAt, f.OKAt, f.Failures, f.Problem,
		f.Round, f.WorkedUntil, f.QueuedUntil)
}

// ChangeFeed writes what changes of a feed.
func ChangeFeed(tx *db.Tx, business crm.ID, f Feed) {
	tx.Exec(`update sync_feed set cursor = $4, run = $5, running = $6, wanted = $7, place = $8, due_at = $9, poll_at = $10, sweep_at = $11, ok_at = $12, failures = $13,
		problem = $14, round = $15, worked_until = $16, queued_until = $17 where business_id = $1 and connection_id = $2 and kind = $3`,
		business, f.ConnectionID, f.Kind, f.Cursor, db.JSON(f.Run), f.Running, f.Wanted, f.Place, f.DueAt, f.PollAt, f.SweepAt, f.OKAt, f.Failures, f.Problem,
		f.Round, f.WorkedUntil, f.QueuedUntil)
}

// KeepFeed says that a worker still has a feed, if it does.
func KeepFeed(tx *db.Tx, business, connection crm.ID, kind crm.FeedKind, round int64, until time.Time) {
	tx.Exec(`update sync_feed set worked_until = $5 where business_id = $1 and connection_id = $2 and kind = $3 and round = $4
		and worked_until is not null and worked_until < $5`, business, connection, kind, round, until)
}

// LockFeed reads a feed for a transaction that is going to change it; else ErrNotFound.
func LockFeed(tx *db.Tx, business, connection crm.ID, kind crm.FeedKind) (Feed, error) {
	f, found, err := db.One(tx, scanFeed, "select "+feedColumns+" from sync_feed where business_id = $1 and connection_id = $2 and kind = $3 for update", business, connection, kind)
	if err == nil && !found {
		err = crm.ErrNotFound
	}
	return f, err
}

// Feeds are those of a business, by connection.
func Feeds(tx *db.Tx, business crm.ID) (map[crm.ID]map[crm.FeedKind]Feed, error) {
	list, err := db.All(tx, scanFeed, "select "+feedColumns+" from sync_feed where business_id = $1", business)
	all := map[crm.ID]map[crm.FeedKind]Feed{}
	for _, f := range list {
		if all[f.ConnectionID] == nil {
			all[f.ConnectionID] = map[crm.FeedKind]Feed{}
		}
		all[f.ConnectionID][f.Kind] = f
	}
	return all, err
}

// DueFeeds are the feeds of all businesses for which there is something to do and that
// nobody works at, the longest due first. Those of restored copies rest.
func DueFeeds(tx *db.Tx, now time.Time, limit int) ([]ConnectionPlace, error) {
	return db.All(tx, func(row db.Row) (p ConnectionPlace, err error) {
		err = row.Scan(&p.Business, &p.ID, &p.Kind)
		return p, err
	}, `select f.business_id, f.connection_id, f.kind from sync_feed f
		join connection c on c.business_id = f.business_id and c.id = f.connection_id
		join business b on b.id = f.business_id
		where f.due_at <= $1 and (f.worked_until is null or f.worked_until <= $1) and (f.queued_until is null or f.queued_until <= $1)
			and c.state = 'connected' and not b.held order by f.due_at limit $2`, now, limit)
}

// WakeFeed makes a feed due at a time, unless it is due earlier.
func WakeFeed(tx *db.Tx, business, connection crm.ID, kind crm.FeedKind, at time.Time) {
	tx.Exec("update sync_feed set due_at = $4 where business_id = $1 and connection_id = $2 and kind = $3 and (due_at is null or due_at > $4)", business, connection, kind, at)
}

// AddHint notes that a record may have changed over there.
func AddHint(tx *db.Tx, business, connection crm.ID, kind crm.FeedKind, remote string, now time.Time) {
	tx.Exec(`insert into sync_hint (business_id, connection_id, kind, remote_id, at) values ($1, $2, $3, $4, $5)
		on conflict (business_id, connection_id, kind, remote_id) do update set at = excluded.at`, business, connection, kind, remote, now)
}

// Hint is a record that a webhook named.
type Hint struct {
	RemoteID string
	At       time.Time
}

// Hints are up to limit hints of a feed, the oldest first.
func Hints(tx *db.Tx, business, connection crm.ID, kind crm.FeedKind, limit int) ([]Hint, error) {
	return db.All(tx, func(row db.Row) (h Hint, err error) {
		err = row.Scan(&h.RemoteID, &h.At)
		return h, err
	}, "select remote_id, at from sync_hint where business_id = $1 and connection_id = $2 and kind = $3 order by at, remote_id limit $4", business, connection, kind, limit)
}

// DropHint forgets a hint, unless there was another one since.
func DropHint(tx *db.Tx, business, connection crm.ID, kind crm.FeedKind, h Hint) {
	tx.Exec("delete from sync_hint where business_id = $1 and connection_id = $2 and kind = $3 and remote_id = $4 and at <= $5", business, connection, kind, h.RemoteID, h.At)
}

// DropHints forgets all of a feed.
func DropHints(tx *db.Tx, business, connection crm.ID, kind crm.FeedKind) {
	tx.Exec("delete from sync_hint where business_id = $1 and connection_id = $2 and kind = $3", business, connection, kind)
}

// ClearPreview forgets what a first run would do.
func ClearPreview(tx *db.Tx, business, connection crm.ID) {
	tx.Exec("delete from sync_preview where business_id = $1 and connection_id = $2", business, connection)
}

type previewSaid struct {
	Changes []crm.Change `json:"changes,omitempty"`
	Reason  string       `json:"reason,omitempty"`
}

// AddPreview keeps what a first run would do with records, in place of what stood at their
// positions: a page may come again.
func AddPreview(tx *db.Tx, business, connection crm.ID, list []crm.PreviewRow) {
	if len(list) == 0 {
		return
	}
	tx.Exec("delete from sync_preview where business_id = $1 and connection_id = $2 and position >= $3 and position <= $4",
		business, connection, list[0].Position, list[len(list)-1].Position)
	rows := make([][]any, len(list))
	for n, p := range list {
		rows[n] = []any{business, connection, p.Position, p.RemoteID, p.Name, p.Outcome, p.ContactID, db.JSON(previewSaid{p.Changes, p.Reason})}
	}
	tx.Insert("sync_preview", []string{"business_id", "connection_id", "position", "remote_id", "name", "outcome", "contact_id", "said"}, rows)
}

// PreviewRows is a page of what a first run would do, behind a position; of one outcome,
// or of all.
func PreviewRows(tx *db.Tx, business, connection crm.ID, outcome crm.SyncOutcome, after, limit int) ([]crm.PreviewRow, error) {
	return db.All(tx, func(row db.Row) (p crm.PreviewRow, err error) {
		var said previewSaid
		err = row.Scan(&p.Position, &p.RemoteID, &p.Name, &p.Outcome, &p.ContactID, db.JSON(&said))
		p.Changes, p.Reason = said.Changes, said.Reason
		return p, err
	}, `select position, remote_id, name, outcome, contact_id, said from sync_preview where business_id = $1 and connection_id = $2
		and ($3 = '' or outcome = $3) and position > $4 order by position limit $5`, business, connection, string(outcome), after, limit)
}
