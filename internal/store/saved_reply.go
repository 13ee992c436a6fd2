package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

func scanSavedReply(row db.Row) (r crm.SavedReply, err error) {
	err = row.Scan(&r.ID, &r.Name, &r.Text)
	return r, err
}

// SavedReplies are those of a business by name.
func SavedReplies(tx *db.Tx, business crm.ID) ([]crm.SavedReply, error) {
	return db.All(tx, scanSavedReply, "select id, name, text from saved_reply where business_id = $1 order by name_key, id", business)
}

// PutSavedReply adds one, or writes its name and text.
func PutSavedReply(tx *db.Tx, business crm.ID, r crm.SavedReply, now time.Time) {
	tx.Exec(`insert into saved_reply (business_id, id, name, name_key, text, created_at) values ($1, $2, $3, $4, $5, $6)
		on conflict (business_id, id) do update set name = excluded.name, name_key = excluded.name_key, text = excluded.text`,
		business, r.ID, r.Name, Fold(r.Name), r.Text, now)
}

// DeleteSavedReply removes one.
func DeleteSavedReply(tx *db.Tx, business, id crm.ID) {
	tx.Exec("delete from saved_reply where business_id = $1 and id = $2", business, id)
}
