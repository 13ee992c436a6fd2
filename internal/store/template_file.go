package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// TemplateFile is a file that an admin brought as the example of a template's header.
type TemplateFile struct {
	crm.Media
	BusinessID crm.ID
	UserID     crm.ID
	CreatedAt  time.Time
}

// AddTemplateFile keeps a file until ForgetTemplateFiles.
func AddTemplateFile(tx *db.Tx, f TemplateFile, content []byte) {
	tx.Exec(`insert into template_file (business_id, id, user_id, content_type, name, sha256, size, bytes, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		f.BusinessID, f.ID, f.UserID, f.Type, f.Name, f.SHA256, len(content), content, f.CreatedAt)
}

// TemplateFileByID reads what is known of a file that a user brought.
func TemplateFileByID(tx *db.Tx, business, user, id crm.ID) (TemplateFile, bool, error) {
	return db.One(tx, func(row db.Row) (f TemplateFile, err error) {
		err = row.Scan(&f.BusinessID, &f.ID, &f.UserID, &f.Type, &f.Name, &f.SHA256, &f.Size, &f.CreatedAt)
		return f, err
	}, `select business_id, id, user_id, content_type, name, sha256, size, created_at from template_file
		where business_id = $1 and user_id = $2 and id = $3`, business, user, id)
}

// TemplateFileBytes reads the file itself.
func TemplateFileBytes(tx *db.Tx, business, id crm.ID) ([]byte, bool, error) {
	return db.One(tx, db.Column[[]byte], "select bytes from template_file where business_id = $1 and id = $2", business, id)
}

// ForgetTemplateFiles clears what was brought before a time.
func ForgetTemplateFiles(tx *db.Tx, business crm.ID, before time.Time) {
	tx.Exec("delete from template_file where business_id = $1 and created_at < $2", business, before)
}
