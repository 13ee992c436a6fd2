package store

import (
	"slices"

	"parley/internal/crm"
	"parley/internal/db"
)

// ErasedTables are those that may hold a person's data: Erase clears what they hold of
// one. Every table that a migration adds and that may hold a name, a number, a message or
// a copy of one must be added here and to Erase; any other to ExemptTables. A test fails
// for a table that is in neither.
var ErasedTables = []string{"contact", "identity", "contact_viewer", "contact_tag", "contact_custom", "opt_out", "conversation", "conversation_viewer",
	"conversation_seen", "message", "media", "media_file", "reaction", "parked_status", "unfiled", "event", "idempotent", "contact_text", "contact_fts",
	"contact_unindexed", "contact_text_gone", "merge", "invoice", "duplicate", "duplicate_key",
	"broadcast_recipient", "attachment", "import", "import_part", "import_edit", "import_row", "import_change", "import_kept", "bulk_contact", "address_card",
	"ext_link", "sync_review", "sync_preview", "sync_push"}

// ExemptTables are those that hold nothing of a contact, with why that is so.
var ExemptTables = map[string]string{
	"business": "the business itself", "app_user": "its team", "sign_in": "its team", "session": "its team", "api_token": "its team",
	"one_time_link": "its team", "guess": "who tried to sign in", "tag": "names of tags", "channel": "the business's own numbers", "webhook": "addresses",
	"custom_field": "names of fields", "template": "texts with gaps for anybody", "template_sync": "times", "template_file": "examples for anybody, for a day", "saved_reply": "texts for anybody", "auto_reply": "texts for anybody", "auto_reply_sent": "times", "hook_endpoint": "addresses of the business", "hook_delivery": "places of events", "contact_view": "what a user searched for", "contact_columns": "how a user likes a list",
	"import_shape": "what columns hold", "bulk": "what was done to many, by ids of tags and users",
	"broadcast": "texts with gaps, by ids of tags and contacts", "send_lane": "numbers",
	"connection": "organisations elsewhere", "connection_token": "sealed grants", "connection_budget": "numbers", "sync_feed": "places and numbers",
	"sync_hint": "ids of records elsewhere", "sync_frozen": "names of fields, and gone with the contact", "webhook_sequence": "numbers",
	"event_seal": "digests under the secret key", "event_seal_head": "a number",
	"duplicate_progress": "a place in the events", "event_seq": "a number", "goose_db_version": "migrations",
}

// Erase removes a contact and all that is kept of it in any table (C10): what hangs on it,
// what history, answers to API calls, unfiled messages and undone merges say of it, and
// where others' history names it. Events stay, without any details: the audit log says
// that something happened, and not to whom.
func Erase(tx *db.Tx, business crm.ID, c *crm.Contact) error {
	line, conversations, err := forget(tx, business, []crm.ID{c.ID})
	if err != nil {
		return err
	}
	marks, err := marksOf(tx, business, c)
	if err != nil {
		return err
	}
	marks.each(tx, business, "delete from unfiled where business_id = $1", "sender", "text", "item")
	marks.each(tx, business, "delete from reaction where business_id = $1", "sender")
	answers := slices.Clone(marks)
	for _, id := range slices.Concat(line, conversations) {
		answers = append(answers, id.String())
	}
	answers.each(tx, business, "delete from idempotent where business_id = $1", "body")
	eraseEvents(tx, business, line, marks, c)
	eraseImports(tx, business, line, marks, c)
	tx.Exec("delete from bulk_contact where business_id = $1 and contact_id = any($2)", business, texts(line))
	eraseSync(tx, business, line, marks)
	removeContacts(tx, business, []crm.ID{c.ID})
	return nil
}

// forget clears what deleting the rows of contacts would leave behind: the details in their
// history, in the images of merges, and what hangs on the ids of their messages.
func forget(tx *db.Tx, business crm.ID, contacts []crm.ID) (line, conversations []crm.ID, err error) {
	if line, err = Lineage(tx, business, contacts...); err != nil {
		return nil, nil, err
	}
	conversations, err = db.All(tx, db.Column[crm.ID], "select id from conversation where business_id = $1 and contact_id = any($2)", business, texts(contacts))
	if err != nil {
		return nil, nil, err
	}
	clearRecipients(tx, business, line)
	tx.Exec("update merge set before = null where business_id = $1 and (kept_id = any($2) or gone_id = any($2))", business, texts(line))
	const blank = "update event set changes = '[]', note = '' where business_id = $1 and (note <> '' or cast(changes as text) <> '[]') and "
	tx.Exec(blank+"contact_id = any($2)", business, texts(line))
	tx.Exec(blank+"conversation_id = any($2)", business, texts(conversations))
	for _, table := range []string{"reaction", "parked_status"} {
		tx.Exec("delete from "+table+` where business_id = $1 and external_id in (
			select m.external_id from message m where m.business_id = $1 and m.conversation_id = any($2) and m.external_id is not null)`, business, texts(conversations))
	}
	return line, conversations, nil
}

// eraseEvents blanks what others' history says of a person: by a number or an address, as
// the one whom it was done to, or by name where two contacts were looked at together.
func eraseEvents(tx *db.Tx, business crm.ID, line []crm.ID, marks marks, c *crm.Contact) {
	w := &conditions{}
	w.arg(business)
	says := marks.in(tx, w, "note", "cast(changes as text)") + " or subject_id = any(" + w.arg(texts(line)) + ")"
	if name := c.Name(); name != "" && !c.NameIsPlaceholder {
		says += " or type in ('contact.lookalike', 'contact.merged', 'contact.merged_away', 'contact.parted', 'conversation.moved') and note like " +
			w.arg("%"+likeEscaper.Replace(name)+"%") + ` escape '\'`
	}
	tx.Exec("update event set changes = '[]', note = '' where business_id = $1 and ("+says+")", w.args...)
}
