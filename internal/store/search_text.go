package store

import (
	"strings"

	"parley/internal/crm"
	"parley/internal/db"
)

// searchText is what the index of trigrams holds of a contact.
func searchText(c *crm.Contact) string {
	parts := []string{c.Name(), c.BusinessName, c.ProfileName}
	for _, i := range c.Identities {
		if i.Kind == crm.PhoneIdentity {
			continue
		}
		if parts = append(parts, i.Value); Fold(i.Shown()) != Fold(i.Value) {
			parts = append(parts, i.Shown())
		}
	}
	return Fold(strings.Join(parts, " "))
}

// atOnce is from how many new contacts on the index is filled in bulk, which costs little
// on SQLite too.
const atOnce = 100

// atHand is how many deleted contacts the index forgets at once; more are forgotten later.
const atHand = 10

// IndexNew has search find contacts that this transaction added: all of them together, for on
// SQLite each call costs as much as some dozen contacts.
func IndexNew(tx *db.Tx, business crm.ID, contacts []*crm.Contact) error {
	if len(contacts) < atOnce {
		indexContacts(tx, business, contacts)
		return nil
	}
	rows := make([][]any, len(contacts))
	for i, c := range contacts {
		rows[i] = []any{business, c.ID, searchText(c)}
	}
	if tx.Engine() == db.Postgres {
		tx.Insert("contact_text", []string{"business_id", "contact_id", "body"}, rows)
		return nil
	}
	return insertTexts(tx, business, rows)
}

// insertTexts adds texts on SQLite that the index does not hold yet.
func insertTexts(tx *db.Tx, business crm.ID, rows [][]any) error {
	last, _, err := db.One(tx, db.Column[int64], "select coalesce(max(doc), 0) from contact_text")
	if err != nil {
		return err
	}
	tx.Insert("contact_text", []string{"business_id", "contact_id", "body"}, rows)
	tx.Exec("insert into contact_fts (rowid, body) "+lastTexts, last, business)
	return nil
}

// lastTexts are the texts of a business from a number on. The plus keeps SQLite from going
// through everybody of the business.
const lastTexts = "select doc, body from contact_text where doc > $1 and +business_id = $2"

// indexContacts brings the index up to date: at once on PostgreSQL, on SQLite soon after
// (IndexSome), for there it would cost every transaction half its speed.
func indexContacts(tx *db.Tx, business crm.ID, contacts []*crm.Contact) {
	if tx.Engine() == db.SQLite {
		rows := make([][]any, len(contacts))
		for i, c := range contacts {
			rows[i] = []any{business, c.ID}
		}
		for _, row := range rows {
			tx.Exec("insert into contact_unindexed (business_id, contact_id) values ($1, $2) on conflict (business_id, contact_id) do nothing", row...)
		}
		return
	}
	for _, c := range contacts {
		tx.Exec(`insert into contact_text (business_id, contact_id, body) values ($1, $2, $3)
			on conflict (business_id, contact_id) do update set body = excluded.body where contact_text.body <> excluded.body`,
			business, c.ID, searchText(c))
	}
}

// unindexContacts takes contacts that are going to be deleted out of the index: a few at
// once, for nothing of them may stay behind (C10). Many are found no more and overwritten
// soon after (IndexSome), for that would hold up whoever else has something to write.
func unindexContacts(tx *db.Tx, business crm.ID, ids []crm.ID) {
	if tx.Engine() == db.Postgres {
		return // the foreign key does it
	}
	tx.Exec("delete from contact_unindexed where business_id = $1 and contact_id = any($2)", business, texts(ids))
	if len(ids) <= atHand {
		forgetText(tx, business, ids...)
		return
	}
	tx.Exec("insert into contact_text_gone (doc, business_id, body) select doc, business_id, body from contact_text where business_id = $1 and contact_id = any($2)", business, texts(ids))
	tx.Exec("delete from contact_text where business_id = $1 and contact_id = any($2)", business, texts(ids))
}

// forgetText removes contacts' old texts from the index on SQLite, which must be told the
// very texts it holds.
func forgetText(tx *db.Tx, business crm.ID, ids ...crm.ID) {
	tx.Exec(`insert into contact_fts (contact_fts, rowid, body)
		select 'delete', doc, body from contact_text where business_id = $1 and contact_id = any($2)`, business, texts(ids))
	tx.Exec("delete from contact_text where business_id = $1 and contact_id = any($2)", business, texts(ids))
}

// IndexSome brings up to n contacts of SQLite's index up to date, or when all are has it
// forget up to n that were deleted, and reports how many there were. On PostgreSQL there is
// nothing to do.
func IndexSome(tx *db.Tx, n int) (int, error) {
	if tx.Engine() == db.Postgres {
		return 0, nil
	}
	done, err := indexWaiting(tx, n)
	if err != nil || done > 0 {
		return done, err
	}
	return forgetGone(tx, n)
}

func indexWaiting(tx *db.Tx, n int) (int, error) {
	type pair struct{ business, contact crm.ID }
	waiting, err := db.All(tx, func(row db.Row) (p pair, err error) {
		err = row.Scan(&p.business, &p.contact)
		return p, err
	}, "select business_id, contact_id from contact_unindexed order by business_id, contact_id limit $1", n)
	if err != nil || len(waiting) == 0 {
		return 0, err
	}
	byBusiness := map[crm.ID][]crm.ID{}
	for _, p := range waiting {
		byBusiness[p.business] = append(byBusiness[p.business], p.contact)
		tx.Exec("delete from contact_unindexed where business_id = $1 and contact_id = $2", p.business, p.contact)
	}
	for business, ids := range byBusiness {
		if err := reindex(tx, business, ids); err != nil {
			return 0, err
		}
	}
	return len(waiting), nil
}

// forgetGone has the index forget up to n of the deleted contacts of one business.
func forgetGone(tx *db.Tx, n int) (int, error) {
	business, found, err := db.One(tx, db.Column[crm.ID], "select business_id from contact_text_gone limit 1")
	if err != nil || !found {
		return 0, err
	}
	docs, err := db.All(tx, db.Column[int64], "select doc from contact_text_gone where business_id = $1 order by doc limit $2", business, n)
	if err != nil {
		return 0, err
	}
	last := docs[len(docs)-1]
	tx.Exec("insert into contact_fts (contact_fts, rowid, body) select 'delete', doc, body from contact_text_gone where business_id = $1 and doc <= $2", business, last)
	tx.Exec("delete from contact_text_gone where business_id = $1 and doc <= $2", business, last)
	return len(docs), nil
}

// reindex writes the texts of contacts on SQLite where they changed.
func reindex(tx *db.Tx, business crm.ID, ids []crm.ID) error {
	contacts, err := ContactsByID(tx, business, ids)
	if err != nil {
		return err
	}
	known := map[crm.ID]string{}
	err = tx.Ask(db.Each(func(row db.Row) error {
		var id crm.ID
		var body string
		err := row.Scan(&id, &body)
		known[id] = body
		return err
	}, "select contact_id, body from contact_text where business_id = $1 and contact_id = any($2)", business, texts(ids)))
	if err != nil {
		return err
	}
	var rows [][]any
	for _, c := range contacts {
		body := searchText(c)
		old, found := known[c.ID]
		if found && old == body {
			continue
		}
		if found {
			forgetText(tx, business, c.ID)
		}
		rows = append(rows, []any{business, c.ID, body})
	}
	if len(rows) == 0 {
		return nil
	}
	return insertTexts(tx, business, rows)
}

// OptimizeIndex folds SQLite's index together after much was added.
func OptimizeIndex(tx *db.Tx) {
	if tx.Engine() == db.SQLite {
		tx.Exec("insert into contact_fts (contact_fts) values ('optimize')")
	}
}

// textHits finds the contacts whose names, business name or e-mails hold every word.
func textHits(tx *db.Tx, business crm.ID, folded string, most int) (ids []string, cut Cut, err error) {
	words := strings.Fields(folded)
	if tx.Engine() == db.Postgres {
		ids, err = textHitsPostgres(tx, business, words, most+1)
	} else {
		ids, cut, err = textHitsSQLite(tx, business, words, most+1)
	}
	if ids = distinct(ids); len(ids) > most {
		ids, cut = ids[len(ids)-most:], CutHits // ids go by age: the newest stay
	}
	return ids, cut, err
}

// textHitsPostgres lets the index of trigrams choose; words of one or two letters only
// narrow what the longer ones found.
func textHitsPostgres(tx *db.Tx, business crm.ID, words []string, most int) ([]string, error) {
	w := &conditions{args: []any{business}}
	w.sql = "business_id = $1"
	for _, word := range words {
		w.and("body like " + w.arg("%"+likeEscaper.Replace(word)+"%"))
	}
	return nonNil(db.All(tx, db.Column[string], "select contact_id from contact_text where "+w.sql+" limit "+itoa(most), w.args...))
}

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// textHitsSQLite looks through what the index does not know yet, and asks it about the
// others, newest first.
func textHitsSQLite(tx *db.Tx, business crm.ID, words []string, most int) ([]string, Cut, error) {
	waiting, err := waitingFor(tx, business, words, max(most, maxWaiting))
	if err != nil {
		return nil, "", err
	}
	var match []string
	w := &conditions{args: []any{business}}
	for _, word := range words {
		if len([]rune(word)) >= 3 {
			match = append(match, `"`+strings.ReplaceAll(word, `"`, `""`)+`"`)
		} else {
			w.and("instr(t.body, " + w.arg(word) + ") > 0")
		}
	}
	if len(match) == 0 { // only short words: as they stand beside each other
		match = append(match, `"`+strings.ReplaceAll(strings.Join(words, " "), `"`, `""`)+`"`)
	}
	if waiting.from != "" { // what the index says of those who were looked at is old
		w.and("not exists (select 1 from contact_unindexed u where u.business_id = $1 and u.contact_id = t.contact_id and u.contact_id >= " + w.arg(waiting.from) + ")")
	}
	found, err := db.All(tx, db.Column[string], `select t.contact_id from contact_fts f join contact_text t on t.doc = f.rowid
		where f.body match `+w.arg(strings.Join(match, " AND "))+` and t.business_id = $1`+w.sql+`
		order by f.rowid desc limit `+itoa(most), w.args...)
	return append(found, waiting.hits...), waiting.cut, err
}

// waiting is what a search finds among the contacts that the index does not know yet.
type waiting struct {
	hits []string
	from crm.ID // the oldest that was looked at; empty when nobody waits
	cut  Cut    // there are older ones
}

func waitingFor(tx *db.Tx, business crm.ID, words []string, most int) (w waiting, err error) {
	ids, err := db.All(tx, db.Column[crm.ID], "select contact_id from contact_unindexed where business_id = $1 order by contact_id desc limit "+itoa(most+1), business)
	if err != nil || len(ids) == 0 {
		return w, err
	}
	if len(ids) > most {
		ids, w.cut = ids[:most], CutIndex
	}
	w.from = ids[len(ids)-1]
	contacts, err := ContactsByID(tx, business, ids)
	for _, c := range contacts {
		if holdsAll(searchText(c), words) {
			w.hits = append(w.hits, string(c.ID))
		}
	}
	return w, err
}

func holdsAll(text string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

func nonNil(ids []string, err error) ([]string, error) {
	if ids == nil {
		ids = []string{}
	}
	return ids, err
}

// AnyUnindexed reports whether SQLite's index has something to catch up on or to forget.
func AnyUnindexed(tx *db.Tx) (bool, error) {
	if tx.Engine() == db.Postgres {
		return false, nil
	}
	_, found, err := db.One(tx, db.Column[string], "select contact_id from contact_unindexed limit 1")
	if err != nil || found {
		return found, err
	}
	_, found, err = db.One(tx, db.Column[string], "select business_id from contact_text_gone limit 1")
	return found, err
}

// IndexFrom has the next n contacts after an id indexed again. done is true at the end.
func IndexFrom(tx *db.Tx, business, after crm.ID, n int) (last crm.ID, done bool, err error) {
	ids, err := db.All(tx, db.Column[crm.ID], "select id from contact where business_id = $1 and id > $2 order by id limit $3", business, string(after), n)
	if err != nil || len(ids) == 0 {
		return after, true, err
	}
	contacts, err := ContactsByID(tx, business, ids)
	indexContacts(tx, business, contacts)
	return ids[len(ids)-1], len(ids) < n, err
}
