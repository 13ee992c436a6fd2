package contacts

import (
	"context"
	"slices"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Merging says what becomes of two contacts (C11): From becomes part of Into, which
// keeps its id.
type Merging struct {
	From, Into crm.ID
	// Choices say whose value a field has; what is left out is crm.DefaultChoice.
	Choices map[string]crm.MergeChoice
}

// MergePreview is what a merge would do, for whoever decides about it.
type MergePreview struct {
	From, Into, After *crm.Contact
	// What moves, as far as the asker may see.
	Conversations, Messages int
	// Links are the records of both in one system, between which is to be chosen under
	// LinksField; nil where there is nothing to choose.
	Links *TwoLinks
	// OpenBoth says that both have an open conversation: the one with the older last
	// message would be closed (V1).
	OpenBoth bool
}

// PreviewMerge says what Merge would do, and writes nothing. Admins only.
func (s *Contacts) PreviewMerge(ctx context.Context, who crm.Actor, m Merging) (p MergePreview, err error) {
	if !who.IsAdmin() {
		return p, crm.ErrForbidden
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		j, err := lookAtMerge(tx, who, m)
		if err != nil {
			return err
		}
		p = MergePreview{From: j.from, Into: j.into, After: j.after, Links: j.links}
		if p.Conversations, p.Messages, err = store.CountTalk(tx, who, m.From); err != nil {
			return err
		}
		open := 0
		for _, id := range []crm.ID{m.From, m.Into} {
			n, err := store.CountConversationsIn(tx, who, store.ConversationFilter{View: store.ViewOpen, Contact: id}, 1)
			if err != nil {
				return err
			}
			open += n
		}
		p.OpenBoth = open == 2
		return nil
	})
	return p, err
}

// Merge makes one contact part of another and returns the kept one with the id under
// which the merge can be undone. Both keep their identities, with one primary of a kind;
// tags unite, opt-outs of either hold, conversations move. Nobody sees more than before:
// the contact and its conversations are visible to those who saw both (V2). Where both
// have an open conversation, the one with the later message stays open and the other is
// closed with a note (V1). Admins only, for a contact vanishes (V5). Errors are of kind
// NotFound (from), Invalid (into, choices) and Conflicting (nobody would see it).
func (s *Contacts) Merge(ctx context.Context, who crm.Actor, m Merging) (c *crm.Contact, merge crm.ID, err error) {
	if !who.IsAdmin() {
		return nil, "", crm.ErrForbidden
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		ids := []crm.ID{m.From, m.Into}
		both, err := store.ContactsByID(tx, who.BusinessID, ids)
		if err != nil {
			return err
		}
		var keys []crm.IdentityKey
		for _, c := range both {
			keys = append(keys, identityKeys(c.Identities)...)
		}
		store.LockIdentities(tx, who.BusinessID, keys) // before contacts, as receiving does
		store.LockContacts(tx, who.BusinessID, ids)
		store.KeepUsers(tx, who.BusinessID) // one of whom may get the conversation
		j, err := lookAtMerge(tx, who, m)
		if err != nil {
			return err
		}
		if err := j.read(tx, s.Now()); err != nil {
			return err
		}
		if err := j.chooseLinks(tx, m.Choices[LinksField]); err != nil {
			return err
		}
		merge = crm.NewID(j.now)
		if c, err = j.write(tx, merge); err != nil {
			return err
		}
		return s.record(tx, j.events...)
	})
	return c, merge, err
}

func identityKeys(list []crm.Identity) []crm.IdentityKey {
	keys := make([]crm.IdentityKey, len(list))
	for n, i := range list {
		keys[n] = i.Key()
	}
	return keys
}

// joining is a merge on its way.
type joining struct {
	who               crm.Actor
	from, into, after *crm.Contact
	users             []crm.User
	now               time.Time
	before            store.Before
	events            []crm.Event
	links             *TwoLinks
	clash             [][2]crm.Link // records in one system: of into, of from
}

// lookAtMerge reads both contacts and what would come of them.
func lookAtMerge(tx *db.Tx, who crm.Actor, m Merging) (*joining, error) {
	j := &joining{who: who}
	var err error
	if j.from, err = store.Contact(tx, who, m.From); err != nil {
		return nil, err
	}
	var problems crm.Problems
	if m.From == m.Into {
		problems.Add("into", "same_contact", "A contact cannot be merged with itself.")
		return nil, problems.Err()
	}
	if j.into, err = store.Contact(tx, who, m.Into); crm.KindOf(err) == crm.NotFound {
		problems.Add("into", "unknown_contact", "There is no such contact.")
		return nil, problems.Err()
	} else if err != nil {
		return nil, err
	}
	fields, err := j.lookAtLinks(tx, m.Choices)
	if err != nil {
		return nil, err
	}
	if j.after, err = crm.Merged(j.into, j.from, fields); err != nil {
		return nil, err
	}
	if j.users, err = store.Users(tx, who.BusinessID); err != nil {
		return nil, err
	}
	var ok bool
	if j.after.Visibility, ok = crm.Narrower(j.into.Visibility, j.from.Visibility, j.users); !ok {
		return nil, errNobodySees
	}
	j.after.Identities = onePrimary(slices.Clone(j.after.Identities))
	return j, j.checkAssignee(m.Choices)
}

var errNobodySees = crm.Errorf(crm.Conflicting, "nobody_sees_both",
	"Nobody may see both contacts and all their conversations, so nobody could see them together. Change who can see them first.")

// checkAssignee lets go of an assignee who may not see what comes of the two (V3), for
// the other one's if that one may. One that was chosen is refused.
func (j *joining) checkAssignee(choices map[string]crm.MergeChoice) error {
	may := func(id crm.ID) bool {
		return id == "" || slices.ContainsFunc(j.users, func(u crm.User) bool {
			return u.ID == id && u.Active && crm.CanSee(j.after.Visibility, u.ID, u.Role, j.active)
		})
	}
	if may(j.after.AssigneeID) {
		return nil
	}
	if _, chosen := choices["assignee_id"]; chosen {
		var problems crm.Problems
		problems.Add("fields.assignee_id", "cannot_see", "This person may not see what comes of the two, or is not an active user.")
		return problems.Err()
	}
	j.after.AssigneeID = ""
	for _, id := range []crm.ID{j.into.AssigneeID, j.from.AssigneeID} {
		if may(id) {
			j.after.AssigneeID = id
		}
	}
	return nil
}

func (j *joining) active(id crm.ID) bool {
	return slices.ContainsFunc(j.users, func(u crm.User) bool { return u.ID == id && u.Active })
}

// read keeps both as they stand, and decides about their conversations.
func (j *joining) read(tx *db.Tx, now time.Time) error {
	j.now = now
	store.LockConversationsOf(tx, j.who.BusinessID, []crm.ID{j.into.ID, j.from.ID})
	conversations, err := store.ConversationsOf(tx, j.who.BusinessID, []crm.ID{j.into.ID, j.from.ID})
	if err != nil {
		return err
	}
	for _, side := range []struct {
		at *store.Side
		c  *crm.Contact
	}{{&j.before.Kept, j.into}, {&j.before.Gone, j.from}} {
		*side.at = store.Side{Contact: *side.c, Identities: store.Held(side.c.Identities)}
		if side.at.OptOuts, err = store.OptOutsOf(tx, j.who.BusinessID, side.c.ID); err != nil {
			return err
		}
		if side.at.Invoices, err = store.InvoiceIDsOf(tx, j.who.BusinessID, side.c.ID); err != nil {
			return err
		}
		for _, v := range conversations {
			if v.ContactID != side.c.ID {
				continue
			}
			state, err := j.state(v)
			if err != nil {
				return err
			}
			state.Closed = v.Status == crm.Open && slices.ContainsFunc(conversations, func(o crm.Conversation) bool {
				return o.Status == crm.Open && o.ID != v.ID && staysOpen(o, v, j.into.ID)
			})
			side.at.Conversations = append(side.at.Conversations, state)
		}
	}
	return nil
}

// staysOpen reports whether of two open conversations a goes on: the one with the later
// message, else the kept contact's.
func staysOpen(a, b crm.Conversation, kept crm.ID) bool {
	if !a.LastMessageAt.Equal(b.LastMessageAt) {
		return a.LastMessageAt.After(b.LastMessageAt)
	}
	return a.ContactID == kept
}

// state is a conversation as it stands, and what the merge makes of who sees it: never
// more than see the contact, whose name stands above it.
func (j *joining) state(v crm.Conversation) (store.ConversationState, error) {
	s := store.ConversationState{ID: v.ID, Status: v.Status, AssigneeID: v.AssigneeID, HandedOver: v.HandedOver, AssignNote: v.AssignNote, Visibility: v.Visibility}
	narrow, ok := crm.Narrower(v.Visibility, j.after.Visibility, j.users)
	if !ok {
		return s, errNobodySees
	}
	for _, u := range j.users {
		if u.Active && crm.CanSee(v.Visibility, u.ID, u.Role, j.active) && !crm.CanSee(narrow, u.ID, u.Role, j.active) {
			s.Narrowed = &narrow
			s.Unassigned = s.Unassigned || u.ID == v.AssigneeID
		}
	}
	return s, nil
}
