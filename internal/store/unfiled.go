package store

import (
	"encoding/json"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// Unfiled is a message that could not be filed (I7), with the item as it was parsed.
type Unfiled struct {
	BusinessID crm.ID
	ID         crm.ID
	ChannelID  crm.ID
	Reason     string // a stable word: team_member, unreadable, failed
	Detail     string // a sentence
	Sender     string
	Text       string
	Item       crm.Inbound
	At         time.Time
}

// AddUnfiled inserts an unfiled message. The same item twice is kept once.
func AddUnfiled(tx *db.Tx, u Unfiled) error {
	item, err := json.Marshal(u.Item)
	if err != nil {
		return err
	}
	tx.Exec(`insert into unfiled (business_id, id, channel_id, external_id, reason, detail, sender, text, item, at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		on conflict (business_id, channel_id, external_id) where external_id is not null do nothing`,
		u.BusinessID, u.ID, u.ChannelID, nullable(u.Item.ExternalID), u.Reason, u.Detail, u.Sender, u.Text, string(item), u.At)
	return nil
}

const unfiledColumns = "business_id, id, channel_id, reason, detail, sender, text, item, at"

func scanUnfiled(row db.Row) (u Unfiled, err error) {
	err = row.Scan(&u.BusinessID, &u.ID, &u.ChannelID, &u.Reason, &u.Detail, &u.Sender, &u.Text, db.JSON(&u.Item), &u.At)
	return u, err
}

// UnfiledMessages is a page of them, newest first, before an id.
func UnfiledMessages(tx *db.Tx, business, before crm.ID, limit int) ([]Unfiled, error) {
	w := &conditions{args: []any{business}}
	w.sql = "business_id = $1"
	if before != "" {
		w.and("id < " + w.arg(before))
	}
	return db.All(tx, scanUnfiled, "select "+unfiledColumns+" from unfiled where "+w.sql+" order by id desc limit "+w.arg(limit), w.args...)
}

// UnfiledByID reads one.
func UnfiledByID(tx *db.Tx, business, id crm.ID) (Unfiled, error) {
	u, found, err := db.One(tx, scanUnfiled, "select "+unfiledColumns+" from unfiled where business_id = $1 and id = $2", business, id)
	if err == nil && !found {
		err = crm.ErrNotFound
	}
	return u, err
}

// CountUnfiled counts them, up to a thousand.
func CountUnfiled(tx *db.Tx, business crm.ID) (int, error) {
	return count(tx, "select count(*) from (select 1 from unfiled where business_id = $1 limit 1001) as counted", business)
}

// DeleteUnfiled removes one that was filed or dismissed.
func DeleteUnfiled(tx *db.Tx, business, id crm.ID) {
	tx.Exec("delete from unfiled where business_id = $1 and id = $2", business, id)
}
