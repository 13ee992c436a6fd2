package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// Attachment is a file that somebody brought to send in a conversation.
type Attachment struct {
	crm.Media
	BusinessID     crm.ID
	ConversationID crm.ID
	UserID         crm.ID
	CreatedAt      time.Time
}

// AddAttachment keeps a file until it is sent.
func AddAttachment(tx *db.Tx, a Attachment, content []byte) {
	tx.Exec(`insert into attachment (business_id, id, conversation_id, user_id, content_type, name, sha256, size, bytes, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		a.BusinessID, a.ID, a.ConversationID, a.UserID, a.Type, a.Name, a.SHA256, len(content), content, a.CreatedAt)
}

// AttachmentByID reads what is known of a file that somebody brought to a conversation.
func AttachmentByID(tx *db.Tx, business, conversation, user, id crm.ID) (Attachment, bool, error) {
	return db.One(tx, func(row db.Row) (a Attachment, err error) {
		err = row.Scan(&a.BusinessID, &a.ID, &a.ConversationID, &a.UserID, &a.Type, &a.Name, &a.SHA256, &a.Size, &a.CreatedAt)
		return a, err
	}, `select business_id, id, conversation_id, user_id, content_type, name, sha256, size, created_at from attachment
		where business_id = $1 and conversation_id = $2 and user_id = $3 and id = $4`, business, conversation, user, id)
}

// SendAttachment makes an attachment the stored file of the media of the same id, which its
// message has brought.
func SendAttachment(tx *db.Tx, business, id crm.ID, now time.Time) {
	tx.Exec(`insert into media_file (business_id, media_id, bytes, stored_at)
		select business_id, id, bytes, $3 from attachment where business_id = $1 and id = $2`, business, id, now)
	DropAttachment(tx, business, id)
}

// DropAttachment removes one that is not to be sent.
func DropAttachment(tx *db.Tx, business, id crm.ID) {
	tx.Exec("delete from attachment where business_id = $1 and id = $2", business, id)
}

// ForgetAttachments clears what was brought before a time and never sent.
func ForgetAttachments(tx *db.Tx, business crm.ID, before time.Time) {
	tx.Exec("delete from attachment where business_id = $1 and created_at < $2", business, before)
}
