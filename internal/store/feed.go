package store

import (
	"strings"

	"parley/internal/crm"
	"parley/internal/db"
)

// Seen answers who sees contacts and conversations, for the live feed.
type Seen struct {
	Contacts      map[crm.ID]crm.Visibility
	Conversations map[crm.ID]crm.Visibility
	active        map[crm.ID]bool
}

// Visibilities reads who sees these contacts and conversations. What is not there any
// more is missing.
func Visibilities(tx *db.Tx, business crm.ID, contacts, conversations []crm.ID) (Seen, error) {
	s := Seen{map[crm.ID]crm.Visibility{}, map[crm.ID]crm.Visibility{}, map[crm.ID]bool{}}
	into := func(m map[crm.ID]crm.Visibility) func(db.Row) error {
		return func(row db.Row) error {
			var id, user crm.ID
			var mode crm.VisibilityMode
			var active bool
			if err := row.Scan(&id, &mode, &user, &active); err != nil {
				return err
			}
			v := m[id]
			v.Mode = mode
			if user != "" {
				v.UserIDs = append(v.UserIDs, user)
				s.active[user] = active
			}
			m[id] = v
			return nil
		}
	}
	return s, tx.Ask(
		db.Each(into(s.Contacts), `select c.id, c.visibility, w.user_id, coalesce(u.active, false) from contact c
			left join contact_viewer w on w.business_id = c.business_id and w.contact_id = c.id
			left join app_user u on u.business_id = c.business_id and u.id = w.user_id
			where c.business_id = $1 and c.id = any($2)`, business, texts(contacts)),
		db.Each(into(s.Conversations), `select v.id, v.visibility, w.user_id, coalesce(u.active, false) from conversation v
			left join conversation_viewer w on w.business_id = v.business_id and w.conversation_id = v.id
			left join app_user u on u.business_id = v.business_id and u.id = w.user_id
			where v.business_id = $1 and v.id = any($2)`, business, texts(conversations)),
	)
}

// Sees reports whether somebody may hear of an event (V2, V5). What is about a
// conversation follows its visibility, as the inbox does; what is about a contact, or two
// of them, follows theirs; what is about settings is for admins.
func (s Seen) Sees(who crm.Actor, e crm.Event) bool {
	switch e.Type {
	case crm.ConversationSeen, crm.BulkStarted, crm.BulkEnded:
		return e.UserID == who.UserID
	case crm.ImportUploaded, crm.ImportMoved, crm.ImportStarted, crm.ImportEnded, crm.ImportReverted:
		return who.IsAdmin() || e.UserID == who.UserID
	case crm.TagCreated, crm.TagChanged, crm.TagDeleted, crm.TagMerged, crm.TagMoved:
		return true
	}
	if e.ContactID == "" && e.ConversationID == "" {
		return who.IsAdmin()
	}
	if e.ConversationID != "" && !strings.HasPrefix(string(e.Type), "contact.") {
		return s.may(who, s.Conversations, e.ConversationID)
	}
	return s.may(who, s.Contacts, e.ContactID) && s.may(who, s.Contacts, e.OtherContact())
}

// may is CanSee for one id. Of what is gone, only admins hear.
func (s Seen) may(who crm.Actor, m map[crm.ID]crm.Visibility, id crm.ID) bool {
	if id == "" {
		return true
	}
	v, ok := m[id]
	if !ok {
		return who.IsAdmin()
	}
	return crm.CanSee(v, who.UserID, who.Role, func(u crm.ID) bool { return s.active[u] })
}
