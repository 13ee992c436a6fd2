package store

import (
	"parley/internal/crm"
	"parley/internal/db"
)

const templateColumns = "business_id, id, channel_id, external_id, name, language, category, status, quality, reason, parts, synced_at"

func scanTemplate(row db.Row) (t crm.Template, err error) {
	err = row.Scan(&t.BusinessID, &t.ID, &t.ChannelID, &t.ExternalID, &t.Name, &t.Language, &t.Category, &t.Status, &t.Quality,
		&t.Reason, db.JSON(&t.Parts), &t.SyncedAt)
	return t, err
}

// PutTemplate inserts a template, or brings the one of that channel, name and language up
// to it; its id stays.
func PutTemplate(tx *db.Tx, t crm.Template) {
	tx.Exec("insert into template ("+templateColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		on conflict (business_id, channel_id, name, language) do update set external_id = excluded.external_id, category = excluded.category,
			status = excluded.status, quality = excluded.quality, reason = excluded.reason, parts = excluded.parts, synced_at = excluded.synced_at`,
		t.BusinessID, t.ID, t.ChannelID, t.ExternalID, t.Name, t.Language, t.Category, t.Status, t.Quality, t.Reason, db.JSON(t.Parts), t.SyncedAt)
}

// Templates are those of a business by channel, name and language; of one channel where
// one is named.
func Templates(tx *db.Tx, business, channel crm.ID) ([]crm.Template, error) {
	w := &conditions{args: []any{business}}
	w.sql = "business_id = $1"
	if channel != "" {
		w.and("channel_id = " + w.arg(channel))
	}
	return db.All(tx, scanTemplate, "select "+templateColumns+" from template where "+w.sql+" order by channel_id, name, language", w.args...)
}

// TemplateByID reads one.
func TemplateByID(tx *db.Tx, business, id crm.ID) (crm.Template, error) {
	t, found, err := db.One(tx, scanTemplate, "select "+templateColumns+" from template where business_id = $1 and id = $2", business, id)
	if err == nil && !found {
		err = crm.ErrNotFound
	}
	return t, err
}

// TemplateByName finds the template of a channel that has a name and a language.
func TemplateByName(tx *db.Tx, business, channel crm.ID, name, language string) (crm.Template, bool, error) {
	return db.One(tx, scanTemplate, "select "+templateColumns+" from template where business_id = $1 and channel_id = $2 and name = $3 and language = $4",
		business, channel, name, language)
}

// DeleteTemplate removes a template.
func DeleteTemplate(tx *db.Tx, business, id crm.ID) {
	tx.Exec("delete from template where business_id = $1 and id = $2", business, id)
}
