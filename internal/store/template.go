package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

const templateColumns = "business_id, id, channel_id, external_id, name, language, category, status, quality, reason, parts, synced_at, fills"

func scanTemplate(row db.Row) (t crm.Template, err error) {
	err = row.Scan(&t.BusinessID, &t.ID, &t.ChannelID, &t.ExternalID, &t.Name, &t.Language, &t.Category, &t.Status, &t.Quality,
		&t.Reason, db.JSON(&t.Parts), &t.SyncedAt, db.JSON(&t.Fills))
	return t, err
}

// PutTemplate inserts a template, or brings the one of that channel, name and language up
// to it; its id and what an admin fills it with stay.
func PutTemplate(tx *db.Tx, t crm.Template) {
	if t.Fills == nil {
		t.Fills = map[string]string{}
	}
	tx.Exec("insert into template ("+templateColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		on conflict (business_id, channel_id, name, language) do update set external_id = excluded.external_id, category = excluded.category,
			status = excluded.status, quality = excluded.quality, reason = excluded.reason, parts = excluded.parts, synced_at = excluded.synced_at`,
		t.BusinessID, t.ID, t.ChannelID, t.ExternalID, t.Name, t.Language, t.Category, t.Status, t.Quality, t.Reason, db.JSON(t.Parts), t.SyncedAt, db.JSON(t.Fills))
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

// SetTemplateFills writes what the variables of a template begin with.
func SetTemplateFills(tx *db.Tx, business, id crm.ID, fills map[string]string) {
	tx.Exec("update template set fills = $3 where business_id = $1 and id = $2", business, id, db.JSON(fills))
}

// TemplatesByExternal are those that a provider knows by an id: one for each channel of the
// account.
func TemplatesByExternal(tx *db.Tx, business crm.ID, external string) ([]crm.Template, error) {
	return db.All(tx, scanTemplate, "select "+templateColumns+" from template where business_id = $1 and external_id = $2 order by id", business, external)
}

// TemplateSync says when a channel's templates were last asked for, and why that did
// not work; the zero time is never.
type TemplateSync struct {
	ChannelID crm.ID
	At        time.Time
	Problem   string
}

// TemplateSyncs are those of all channels of a business.
func TemplateSyncs(tx *db.Tx, business crm.ID) (map[crm.ID]TemplateSync, error) {
	list, err := db.All(tx, func(row db.Row) (s TemplateSync, err error) {
		err = row.Scan(&s.ChannelID, &s.At, &s.Problem)
		return s, err
	}, "select channel_id, at, problem from template_sync where business_id = $1", business)
	by := map[crm.ID]TemplateSync{}
	for _, s := range list {
		by[s.ChannelID] = s
	}
	return by, err
}

// NoteTemplateSync writes how asking for a channel's templates went.
func NoteTemplateSync(tx *db.Tx, business crm.ID, s TemplateSync) {
	tx.Exec(`insert into template_sync (business_id, channel_id, at, problem) values ($1, $2, $3, $4)
		on conflict (business_id, channel_id) do update set at = excluded.at, problem = excluded.problem`, business, s.ChannelID, s.At, s.Problem)
}
