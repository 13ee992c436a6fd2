package store

import (
	"slices"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// Merge is one contact that became part of another (C11).
type Merge struct {
	ID       crm.ID
	KeptID   crm.ID
	GoneID   crm.ID
	At       time.Time
	ByName   string
	UndoneAt time.Time // zero: it stands
	Before   *Before   // nil: it cannot be undone any more
}

// Before is all that undoing a merge needs.
type Before struct {
	Kept, Gone Side
	After      crm.Contact // the kept one as the merge left it
	Links      []crm.Link  // of both, to records in other systems
}

// Side is one of two contacts as it stood before they were merged.
type Side struct {
	Contact       crm.Contact
	Identities    []HeldIdentity
	OptOuts       []SaidStop
	Conversations []ConversationState
	// Dismissed are pairs with the contact that somebody said are two people (C12); Lent
	// are the ids of those that say so of the kept contact since.
	Dismissed []Duplicate
	Lent      []crm.ID
	Invoices  []crm.ID
}

// HeldIdentity is an identity with what its API form leaves out.
type HeldIdentity struct {
	Kind    crm.IdentityKind
	Scope   string
	Value   string
	Entered string
	Label   string
	Primary bool
}

// Key identifies it within the business.
func (h HeldIdentity) Key() crm.IdentityKey {
	return crm.IdentityKey{Kind: h.Kind, Scope: h.Scope, Value: h.Value}
}

// Identity is it as a contact has it.
func (h HeldIdentity) Identity() crm.Identity {
	return crm.Identity{Kind: h.Kind, Scope: h.Scope, Value: h.Value, Entered: h.Entered, Label: h.Label, Primary: h.Primary}
}

// Held are identities as an image keeps them.
func Held(list []crm.Identity) []HeldIdentity {
	var held []HeldIdentity
	for _, i := range list {
		held = append(held, HeldIdentity{i.Kind, i.Scope, i.Value, i.Entered, i.Label, i.Primary})
	}
	return held
}

// SaidStop is an opt-out with where it came from (B5).
type SaidStop struct {
	Family  crm.Family
	At      time.Time
	Source  string
	Wording string
}

// ConversationState is what a merge may change of a conversation. Narrowed is what it
// made of the visibility, nil where it left it alone.
type ConversationState struct {
	ID         crm.ID
	Status     crm.ConversationStatus
	AssigneeID crm.ID
	HandedOver bool
	AssignNote string
	Visibility crm.Visibility
	Narrowed   *crm.Visibility
	Unassigned bool // because the assignee may not see it any more
	Closed     bool // because the other one's open conversation goes on (V1)
}

func scanMerge(row db.Row) (m Merge, err error) {
	var before Before
	err = row.Scan(&m.ID, &m.KeptID, &m.GoneID, &m.At, &m.ByName, &m.UndoneAt, db.JSON(&before))
	if before.Kept.Contact.ID != "" {
		m.Before = &before
	}
	return m, err
}

const mergeColumns = "id, kept_id, gone_id, at, by_name, undone_at, before"

// AddMerge keeps a merge with what undoing it needs.
func AddMerge(tx *db.Tx, business crm.ID, m Merge) {
	tx.Exec("insert into merge (business_id, id, kept_id, gone_id, at, by_name, before) values ($1, $2, $3, $4, $5, $6, $7)",
		business, m.ID, m.KeptID, m.GoneID, m.At, m.ByName, db.JSON(m.Before))
}

// MergeByID reads one merge, whoever asks.
func MergeByID(tx *db.Tx, business, id crm.ID) (Merge, error) {
	m, found, err := db.One(tx, scanMerge, "select "+mergeColumns+" from merge where business_id = $1 and id = $2", business, id)
	if err == nil && !found {
		err = crm.ErrNotFound
	}
	return m, err
}

// MergesInto are the merges into a contact that stand, the newest first.
func MergesInto(tx *db.Tx, business, contact crm.ID) ([]Merge, error) {
	return db.All(tx, scanMerge, "select "+mergeColumns+" from merge where business_id = $1 and kept_id = $2 and undone_at is null order by at desc, id desc",
		business, contact)
}

// MergeOf is the merge by which a contact became part of another, as long as it stands.
func MergeOf(tx *db.Tx, business, gone crm.ID) (Merge, bool, error) {
	return db.One(tx, scanMerge, "select "+mergeColumns+" from merge where business_id = $1 and gone_id = $2 and undone_at is null", business, gone)
}

// EndMerge notes that a merge was undone and forgets what that needed.
func EndMerge(tx *db.Tx, business, id crm.ID, at time.Time) {
	tx.Exec("update merge set undone_at = $3, before = null where business_id = $1 and id = $2", business, id, at)
}

// Lineage is a contact and all that became part of it, by merges that stand.
func Lineage(tx *db.Tx, business crm.ID, contacts ...crm.ID) ([]crm.ID, error) {
	all := slices.Clone(contacts)
	for next := all; len(next) > 0; {
		gone, err := db.All(tx, db.Column[crm.ID], "select gone_id from merge where business_id = $1 and kept_id = any($2) and undone_at is null", business, texts(next))
		if err != nil {
			return nil, err
		}
		next = slices.DeleteFunc(gone, func(id crm.ID) bool { return slices.Contains(all, id) })
		all = append(all, next...)
	}
	return all, nil
}

// OptOutsOf are a contact's opt-outs with where they came from.
func OptOutsOf(tx *db.Tx, business, contact crm.ID) ([]SaidStop, error) {
	return db.All(tx, func(row db.Row) (o SaidStop, err error) {
		err = row.Scan(&o.Family, &o.At, &o.Source, &o.Wording)
		return o, err
	}, "select family, at, source, wording from opt_out where business_id = $1 and contact_id = $2 order by family", business, contact)
}

// LockConversationsOf makes the transaction the only one that changes conversations of
// contacts until it ends.
func LockConversationsOf(tx *db.Tx, business crm.ID, contacts []crm.ID) {
	if tx.Engine() == db.Postgres {
		tx.Exec("select 1 from conversation where business_id = $1 and contact_id = any($2) order by id for update", business, texts(contacts))
	}
}

// ConversationsOf reads all conversations of contacts, whoever may see them.
func ConversationsOf(tx *db.Tx, business crm.ID, contacts []crm.ID) ([]crm.Conversation, error) {
	list, err := db.All(tx, scanConversation, "select "+conversationColumns+" from conversation v where v.business_id = $1 and v.contact_id = any($2)", business, texts(contacts))
	if err != nil {
		return nil, err
	}
	at := map[crm.ID]int{}
	ids := make([]crm.ID, len(list))
	for n := range list {
		list[n].BusinessID, list[n].Visibility.UserIDs = business, []crm.ID{}
		at[list[n].ID], ids[n] = n, list[n].ID
	}
	return list, tx.Ask(db.Each(func(row db.Row) error {
		var id, user crm.ID
		err := row.Scan(&id, &user)
		v := &list[at[id]].Visibility
		v.UserIDs = append(v.UserIDs, user)
		return err
	}, "select conversation_id, user_id from conversation_viewer where business_id = $1 and conversation_id = any($2)", business, texts(ids)))
}

// MoveConversations gives conversations with their messages to another contact.
func MoveConversations(tx *db.Tx, business crm.ID, ids []crm.ID, to crm.ID) {
	if len(ids) == 0 {
		return
	}
	tx.Exec("update conversation set contact_id = $3 where business_id = $1 and id = any($2)", business, texts(ids), to)
	tx.Exec("update message set contact_id = $3 where business_id = $1 and conversation_id = any($2)", business, texts(ids), to)
}

// RestoreConversation opens a conversation again as it was before a merge closed it.
func RestoreConversation(tx *db.Tx, business crm.ID, s ConversationState) {
	tx.Exec(`update conversation set status = 'open', closed_at = null, assignee_id = $3, handed_over = $4, assign_note = $5
		where business_id = $1 and id = $2`, business, s.ID, s.AssigneeID, s.HandedOver, s.AssignNote)
}

// GiveIdentity hands an identity to another contact.
func GiveIdentity(tx *db.Tx, business crm.ID, key crm.IdentityKey, to crm.ID, primary bool) {
	tx.Exec("update identity set contact_id = $5, is_primary = $6 where business_id = $1 and kind = $2 and scope = $3 and value = $4",
		business, key.Kind, key.Scope, key.Value, to, primary)
}

// RemoveMerged removes the row of a contact that became part of another. What hung on it
// has been moved; the merge keeps what undoing needs.
func RemoveMerged(tx *db.Tx, business, id crm.ID) {
	unindexContacts(tx, business, []crm.ID{id})
	tx.Exec("delete from contact where business_id = $1 and id = $2", business, id)
}

// StopsSince are the families of channels on which a contact said stop after a time.
func StopsSince(tx *db.Tx, business, contact crm.ID, since time.Time) ([]string, error) {
	return db.All(tx, db.Column[string], `select e.note from event e where e.business_id = $1 and e.contact_id = $2
		and e.type = 'contact.opted_out' and e.at > $3`, business, contact, since)
}

// CountTalk counts the conversations with a contact that who may see, and their messages.
func CountTalk(tx *db.Tx, who crm.Actor, contact crm.ID) (conversations, messages int, err error) {
	seen := "from conversation v where v.business_id = $1 and v.contact_id = $3 and " + conversationSeenBy(who, 2)
	if conversations, err = count(tx, "select count(*) "+seen, who.BusinessID, who.UserID, contact); err != nil {
		return 0, 0, err
	}
	messages, err = count(tx, "select count(*) from message m where m.business_id = $1 and m.conversation_id in (select v.id "+seen+")", who.BusinessID, who.UserID, contact)
	return conversations, messages, err
}
