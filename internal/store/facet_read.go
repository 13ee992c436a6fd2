package store

import (
	"math"

	"parley/internal/crm"
	"parley/internal/db"
)

// facetsOf reads what a book holds of some contacts. Those who are not there have no flags.
func facetsOf(tx *db.Tx, business crm.ID, ids []crm.ID) (map[crm.ID]*facets, error) {
	list := make(map[crm.ID]*facets, len(ids))
	for _, id := range ids {
		u, ok := id.Bytes()
		if !ok {
			return nil, errStrangeID(id)
		}
		list[id] = &facets{id: u}
	}
	w := &conditions{}
	w.arg(business)
	w.arg(texts(ids))
	return list, readFacets(tx, list, " = any($2)", w.args)
}

// facetsAfter reads what a book holds of the n contacts after one, in the order of ids, and
// who the last of them is; empty when those were all.
func facetsAfter(tx *db.Tx, business, after crm.ID, n int) (list []*facets, last crm.ID, err error) {
	ids, err := db.All(tx, db.Column[crm.ID], "select id from contact where business_id = $1 and id > $2 order by id limit $3", business, string(after), n)
	if err != nil || len(ids) == 0 {
		return nil, "", err
	}
	found := make(map[crm.ID]*facets, len(ids))
	for _, id := range ids {
		u, ok := id.Bytes()
		if !ok {
			return nil, "", errStrangeID(id)
		}
		f := &facets{id: u}
		found[id], list = f, append(list, f)
	}
	last = ids[len(ids)-1]
	return list, last, readFacets(tx, found, " between $2 and $3", []any{business, ids[0], last})
}

// errStrangeID is for an id that NewID did not write: such a business has no book.
func errStrangeID(id crm.ID) error {
	return crm.Errorf(crm.Invalid, "strange_id", "%q is not an id that Parley gave.", string(id))
}

// readFacets fills in what there is of contacts whose ids meet a condition.
func readFacets(tx *db.Tx, list map[crm.ID]*facets, which string, args []any) error {
	each := func(read func(db.Row) error, sql string) db.Query { return db.Each(read, sql, args...) }
	pair := func(write func(f *facets, value string)) func(db.Row) error {
		return func(row db.Row) error {
			var id crm.ID
			var value string
			err := row.Scan(&id, &value)
			if f := list[id]; f != nil {
				write(f, value)
			}
			return err
		}
	}
	if len(list) == 0 {
		return nil
	}
	// The values of deleted fields are cleared away silently, and the key may be another's one day.
	fields := map[string]bool{}
	return tx.Ask(
		db.Each(func(row db.Row) error {
			var key string
			err := row.Scan(&key)
			fields[key] = true
			return err
		}, "select key from custom_field where business_id = $1 and not deleted", args[0]),
		each(func(row db.Row) error {
			var id, assignee crm.ID
			var status crm.Status
			var visibility crm.VisibilityMode
			var source, country string
			var active int64
			var messaged bool
			if err := row.Scan(&id, &status, &visibility, &assignee, &source, &country, &active, &messaged); err != nil {
				return err
			}
			f := list[id]
			if f == nil {
				return nil
			}
			f.flags |= isThere
			if status == crm.Archived {
				f.flags |= isArchived
			}
			if visibility != crm.Everyone {
				f.flags |= isHidden
			}
			if messaged {
				f.flags |= hadMessage
			}
			f.active, f.assignee, f.source, f.country = active, string(assignee), source, country
			return nil
		}, "select id, status, visibility, assignee_id, source, contact_country, active_at, last_message_at is not null from contact where business_id = $1 and id"+which),
		each(pair(func(f *facets, tag string) { f.tags = append(f.tags, crm.ID(tag)) }),
			"select contact_id, tag_id from contact_tag where business_id = $1 and contact_id"+which),
		each(pair(func(f *facets, kind string) { f.flags |= kindFlags[crm.IdentityKind(kind)] }),
			"select contact_id, kind from identity where business_id = $1 and contact_id"+which),
		each(pair(func(f *facets, family string) { f.flags |= stopFlags[crm.Family(family)] }),
			"select contact_id, family from opt_out where business_id = $1 and contact_id"+which),
		each(func(row db.Row) error {
			var id crm.ID
			var key, value string
			err := row.Scan(&id, &key, &value)
			if f := list[id]; f != nil && fields[key] {
				if f.custom == nil {
					f.custom = map[string]string{}
				}
				f.custom[key] = value
			}
			return err
		}, "select contact_id, key, value from contact_custom where business_id = $1 and contact_id"+which))
}

// facetNews is what happened to the contacts of a business after a place, as a transaction
// sees it.
type facetNews struct {
	upTo    Cursor          // the last event before which none can still appear
	settled map[crm.ID]bool // contacts of events up to there
	open    map[crm.ID]bool // contacts of events after it, which another transaction may not see
	lost    bool            // somebody else than those may have changed: a tag or a field is gone
	before  bool            // the place lies after what the transaction sees
	more    bool            // there is too much of it
}

// facetNewsAfter reads events after a place, most at the most. Whatever changes a facet of
// a contact leaves an event that names it, in the same transaction; what does it to many
// by their tag leaves one that names the tag, and a deleted field its own.
func facetNewsAfter(tx *db.Tx, business crm.ID, after Cursor, most int) (news facetNews, err error) {
	var edge Cursor
	news = facetNews{upTo: after, settled: map[crm.ID]bool{}, open: map[crm.ID]bool{}}
	n := 0
	err = tx.Ask(
		db.Each(func(row db.Row) error { return row.Scan(&edge.Tx, &edge.Seq) }, lastSettled(tx)),
		db.Each(func(row db.Row) error {
			var at Cursor
			var what crm.EventType
			var contact crm.ID
			if err := row.Scan(&at.Tx, &at.Seq, &what, &contact); err != nil {
				return err
			}
			n++
			settled := !edge.Before(at)
			if settled {
				news.upTo = at
			}
			switch what {
			case crm.TagMerged, crm.TagMoved, crm.FieldDeleted:
				news.lost = true
			case crm.MessageStatus, crm.ConversationSeen: // many, and none of a facet
			default:
				switch {
				case contact == "":
				case settled:
					news.settled[contact] = true
				default:
					news.open[contact] = true
				}
			}
			return nil
		}, "select tx, seq, type, contact_id from event where business_id = $1 and (tx, seq) > ($2, $3) order by tx, seq limit $4", business, after.Tx, after.Seq, most+1))
	news.before, news.more = edge.Before(after), n > most
	return news, err
}

// allNews is how much of it is read when nobody waits.
const allNews = math.MaxInt32
