package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// MediaPlace is a file of a message and where to get it.
type MediaPlace struct {
	crm.Media
	MessageID      crm.ID
	ConversationID crm.ID
	ChannelID      crm.ID
	Stored         bool
}

// MediaByID reads one file's place, whoever asks: who may see its conversation is for the
// caller to check.
func MediaByID(tx *db.Tx, business, id crm.ID) (MediaPlace, error) {
	p, found, err := db.One(tx, func(row db.Row) (p MediaPlace, err error) {
		p.ID = id
		err = row.Scan(&p.Type, &p.Name, &p.SHA256, &p.Size, &p.Reference, &p.MessageID, &p.ConversationID, &p.ChannelID, &p.Stored)
		return p, err
	}, `select f.content_type, f.name, f.sha256, f.size, f.reference, f.message_id, m.conversation_id, m.channel_id,
			exists (select 1 from media_file b where b.business_id = f.business_id and b.media_id = f.id)
		from media f join message m on m.business_id = f.business_id and m.id = f.message_id
		where f.business_id = $1 and f.id = $2`, business, id)
	if err == nil && !found {
		err = crm.ErrNotFound
	}
	return p, err
}

// MediaBytes reads a stored file.
func MediaBytes(tx *db.Tx, business, id crm.ID) ([]byte, bool, error) {
	return db.One(tx, db.Column[[]byte], "select bytes from media_file where business_id = $1 and media_id = $2", business, id)
}

// KeepMedia stores the bytes of a file and what is now known of it.
func KeepMedia(tx *db.Tx, business, id crm.ID, contentType string, bytes []byte, now time.Time) {
	tx.Exec(`insert into media_file (business_id, media_id, bytes, stored_at) values ($1, $2, $3, $4)
		on conflict (business_id, media_id) do nothing`, business, id, bytes, now)
	tx.Exec("update media set size = $3, content_type = $4 where business_id = $1 and id = $2", business, id, len(bytes), contentType)
}
