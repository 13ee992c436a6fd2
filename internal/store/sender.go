package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// Standing is what is known of a sender before its message is filed: who holds the
// identity and where the two stand.
type Standing struct {
	Key     crm.IdentityKey
	Owner   crm.Owner
	Contact *crm.Contact      // nil when nobody or a user holds it; only what filing needs; its assignee only while active (V4)
	Open    *crm.Conversation // the open conversation, or nil
	// Reopen is the closed conversation that a message would reopen, or empty (V1).
	Reopen crm.ID
}

const selectStanding = `select i.kind, i.scope, i.value, i.contact_id, i.user_id,
		coalesce(c.first_name, ''), coalesce(c.last_name, ''), coalesce(c.status, ''), coalesce(c.name_is_placeholder, false), coalesce(c.profile_name, ''),
		coalesce(c.visibility, ''), (select u.id from app_user u where u.business_id = $1 and u.id = c.assignee_id and u.active),
		v.id, v.assignee_id, coalesce(v.handed_over, false), coalesce(v.visibility, ''), v.last_message_at,
		case when v.id is null and i.contact_id is not null then (
			select x.id from conversation x where x.business_id = $1 and x.contact_id = i.contact_id and x.status = 'closed' and x.closed_at > $2
			order by x.last_message_at desc, x.id desc limit 1) end
	from identity i
	left join contact c on c.business_id = i.business_id and c.id = i.contact_id
	left join conversation v on v.business_id = i.business_id and v.contact_id = i.contact_id and v.status = 'open'
	where i.business_id = $1 and `

func scanStanding(row db.Row) (s Standing, err error) {
	var c crm.Contact
	var v crm.Conversation
	err = row.Scan(&s.Key.Kind, &s.Key.Scope, &s.Key.Value, &s.Owner.ContactID, &s.Owner.UserID,
		&c.FirstName, &c.LastName, &c.Status, &c.NameIsPlaceholder, &c.ProfileName, &c.Visibility.Mode, &c.AssigneeID,
		&v.ID, &v.AssigneeID, &v.HandedOver, &v.Visibility.Mode, &v.LastMessageAt, &s.Reopen)
	if s.Owner.ContactID != "" {
		c.ID = s.Owner.ContactID
		s.Contact = &c
	}
	if v.ID != "" {
		v.ContactID, v.Status = c.ID, crm.Open
		s.Open = &v
	}
	return s, err
}

// Arrival is what Standings needs to know of the items that came in together.
type Arrival struct {
	Channel     Channel
	ExternalIDs []string
	Phones      []string // canonical
	UserIDs     []string // WhatsApp, within Scope
	Scope       string
	Now         time.Time
}

// Standings reads, in one round trip and under lock, which of the items were seen before
// and how their senders stand. Chosen viewers of contacts and open conversations are filled in.
func Standings(tx *db.Tx, a Arrival) (seen map[string]bool, standings []Standing, err error) {
	business := a.Channel.BusinessID
	LockContactsOf(tx, business, crm.PhoneIdentity, "", a.Phones)
	LockContactsOf(tx, business, crm.WhatsAppIdentity, a.Scope, a.UserIDs)
	keepAssigneesOf(tx, business, crm.PhoneIdentity, "", a.Phones)
	keepAssigneesOf(tx, business, crm.WhatsAppIdentity, a.Scope, a.UserIDs)
	seen = map[string]bool{}
	note := func(row db.Row) error {
		var id string
		err := row.Scan(&id)
		seen[id] = true
		return err
	}
	var queries []db.Query
	if len(a.ExternalIDs) > 0 {
		queries = append(queries,
			db.Each(note, "select external_id from message where business_id = $1 and channel_id = $2 and external_id = any($3)", business, a.Channel.ID, a.ExternalIDs),
			db.Each(note, "select external_id from unfiled where business_id = $1 and channel_id = $2 and external_id = any($3)", business, a.Channel.ID, a.ExternalIDs))
	}
	since := a.Now.Add(-crm.ReopenWithin)
	if len(a.Phones) > 0 {
		queries = append(queries, db.Into(&standings, scanStanding, selectStanding+"i.kind = 'phone' and i.scope = '' and i.value = any($3)", business, since, a.Phones))
	}
	if len(a.UserIDs) > 0 {
		queries = append(queries, db.Into(&standings, scanStanding, selectStanding+"i.kind = 'whatsapp' and i.scope = $3 and i.value = any($4)", business, since, a.Scope, a.UserIDs))
	}
	if err := tx.Ask(queries...); err != nil {
		return nil, nil, err
	}
	return seen, standings, fillViewers(tx, business, standings)
}

// fillViewers reads who is chosen to see the contacts and the open conversations that not
// everyone sees.
func fillViewers(tx *db.Tx, business crm.ID, standings []Standing) error {
	chosen := map[crm.ID]*crm.Visibility{}
	var contacts, conversations []string
	for _, s := range standings {
		if s.Contact != nil && s.Contact.Visibility.Mode == crm.Chosen {
			chosen[s.Contact.ID] = &s.Contact.Visibility
			contacts = append(contacts, string(s.Contact.ID))
		}
		if s.Open != nil && s.Open.Visibility.Mode == crm.Chosen {
			chosen[s.Open.ID] = &s.Open.Visibility
			conversations = append(conversations, string(s.Open.ID))
		}
	}
	add := func(row db.Row) error {
		var of, user crm.ID
		err := row.Scan(&of, &user)
		if v := chosen[of]; v != nil {
			v.UserIDs = append(v.UserIDs, user)
		}
		return err
	}
	var queries []db.Query
	if len(contacts) > 0 {
		queries = append(queries, db.Each(add, "select contact_id, user_id from contact_viewer where business_id = $1 and contact_id = any($2)", business, contacts))
	}
	if len(conversations) > 0 {
		queries = append(queries, db.Each(add, "select conversation_id, user_id from conversation_viewer where business_id = $1 and conversation_id = any($2)", business, conversations))
	}
	if len(queries) == 0 {
		return nil
	}
	return tx.Ask(queries...)
}
