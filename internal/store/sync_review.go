package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

type reviewDocument struct {
	Values     crm.Values         `json:"values,omitempty"`
	ContactIDs []crm.ID           `json:"contact_ids,omitempty"`
	Fields     []crm.Disagreement `json:"fields,omitempty"`
	Seen       string             `json:"seen,omitempty"`
	URL        string             `json:"url,omitempty"`
}

const reviewColumns = "id, connection_id, remote_id, reason, detail, name, item, at"

func scanReview(row db.Row) (r crm.ReviewItem, err error) {
	var d reviewDocument
	err = row.Scan(&r.ID, &r.ConnectionID, &r.RemoteID, &r.Reason, &r.Detail, &r.Name, db.JSON(&d), &r.At)
	r.Values, r.ContactIDs, r.Fields, r.Seen, r.URL = d.Values, d.ContactIDs, d.Fields, d.Seen, d.URL
	return r, err
}

// PutReview keeps a record that a person must place. There is one entry a record, which
// keeps its id.
func PutReview(tx *db.Tx, business crm.ID, r crm.ReviewItem) {
	tx.Exec("insert into sync_review (business_id, "+reviewColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		on conflict (business_id, connection_id, remote_id) do update set reason = excluded.reason, detail = excluded.detail, name = excluded.name,
			item = excluded.item`,
		business, r.ID, r.ConnectionID, r.RemoteID, r.Reason, r.Detail, r.Name, db.JSON(reviewDocument{r.Values, r.ContactIDs, r.Fields, r.Seen, r.URL}), r.At)
}

// DropReview takes a record off the list.
func DropReview(tx *db.Tx, business, connection crm.ID, remotes []string) {
	if len(remotes) > 0 {
		tx.Exec("delete from sync_review where business_id = $1 and connection_id = $2 and remote_id = any($3)", business, connection, remotes)
	}
}

// Review is a page of the list of a connection, behind an id.
func Review(tx *db.Tx, business, connection, after crm.ID, limit int) ([]crm.ReviewItem, error) {
	return db.All(tx, scanReview, "select "+reviewColumns+" from sync_review where business_id = $1 and connection_id = $2 and id > $3 order by id limit $4",
		business, connection, string(after), limit)
}

// ReviewByID are those of some items that are on the list of a connection.
func ReviewByID(tx *db.Tx, business, connection crm.ID, ids []crm.ID) (map[crm.ID]crm.ReviewItem, error) {
	list, err := db.All(tx, scanReview, "select "+reviewColumns+" from sync_review where business_id = $1 and connection_id = $2 and id = any($3)", business, connection, texts(ids))
	m := make(map[crm.ID]crm.ReviewItem, len(list))
	for _, r := range list {
		m[r.ID] = r
	}
	return m, err
}

// CountReview counts the list of a connection.
func CountReview(tx *db.Tx, business, connection crm.ID) (int, error) {
	return count(tx, "select count(*) from sync_review where business_id = $1 and connection_id = $2", business, connection)
}

const pushColumns = "id, connection_id, contact_id, remote_id, fields, state, code, reason, tries, at, ended_at"

func scanPushed(row db.Row) (p crm.Pushed, err error) {
	err = row.Scan(&p.ID, &p.ConnectionID, &p.ContactID, &p.RemoteID, db.JSON(&p.Values), &p.State, &p.Code, &p.Reason, &p.Tries, &p.At, &p.EndedAt)
	return p, err
}

// AddPushed notes that a contact is to be sent, unless that waits already.
func AddPushed(tx *db.Tx, business crm.ID, p crm.Pushed) {
	tx.Exec("insert into sync_push (business_id, "+pushColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		on conflict (business_id, connection_id, contact_id) where state = 'waiting' do nothing`,
		business, p.ID, p.ConnectionID, p.ContactID, p.RemoteID, db.JSON(p.Values), p.State, p.Code, p.Reason, p.Tries, p.At, p.EndedAt)
}

// ChangePushed writes how far it is.
func ChangePushed(tx *db.Tx, business crm.ID, p crm.Pushed) {
	tx.Exec("update sync_push set remote_id = $4, fields = $5, state = $6, code = $7, reason = $8, tries = $9, ended_at = $10 where business_id = $1 and connection_id = $2 and id = $3",
		business, p.ConnectionID, p.ID, p.RemoteID, db.JSON(p.Values), p.State, p.Code, p.Reason, p.Tries, p.EndedAt)
}

// DropPushed forgets one in which there was nothing to send.
func DropPushed(tx *db.Tx, business, connection, id crm.ID) {
	tx.Exec("delete from sync_push where business_id = $1 and connection_id = $2 and id = $3", business, connection, id)
}

// WaitingPushes are up to limit changes that are to be sent, the oldest first.
func WaitingPushes(tx *db.Tx, business, connection crm.ID, limit int) ([]crm.Pushed, error) {
	return db.All(tx, scanPushed, "select "+pushColumns+" from sync_push where business_id = $1 and connection_id = $2 and state = 'waiting' order by id limit $3", business, connection, limit)
}

// Pushes is a page of what was sent, refused or waits, the newest first, before an id.
func Pushes(tx *db.Tx, business, connection, before crm.ID, limit int) ([]crm.Pushed, error) {
	if before == "" {
		before = "~"
	}
	return db.All(tx, scanPushed, "select "+pushColumns+" from sync_push where business_id = $1 and connection_id = $2 and id < $3 order by id desc limit $4", business, connection, string(before), limit)
}

// PushedByID reads one; else ErrNotFound.
func PushedByID(tx *db.Tx, business, connection, id crm.ID) (crm.Pushed, error) {
	p, found, err := db.One(tx, scanPushed, "select "+pushColumns+" from sync_push where business_id = $1 and connection_id = $2 and id = $3", business, connection, id)
	if err == nil && !found {
		err = crm.ErrNotFound
	}
	return p, err
}

// ForgetPushes clears what was sent before a time.
func ForgetPushes(tx *db.Tx, business, connection crm.ID, before time.Time) {
	tx.Exec("delete from sync_push where business_id = $1 and connection_id = $2 and state = 'sent' and ended_at < $3", business, connection, before)
}
