package contacts

import (
	"context"
	"slices"
	"strings"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Parting is how undoing a merge ended.
type Parting struct {
	Kept     *crm.Contact
	Restored *crm.Contact
	// Stayed are the fields of the kept contact that were changed since the merge, and so
	// are as they were changed.
	Stayed []string
	// Freed are numbers and addresses of the restored contact that were taken off the
	// merged one since. Nobody holds them, and it comes back without them.
	Freed []string
}

// Undo makes two contacts of one again, as they were before a merge (C11). What was
// changed since stays with the kept contact, and is named; conversations that began since
// go to whose address wrote in them. The error is of kind Conflicting where that is not
// possible: undone already (already_undone), the kept contact deleted (kept_gone) or
// itself merged since (merged_since), a number that somebody else has now
// (identity_moved). Admins only.
func (s *Contacts) Undo(ctx context.Context, who crm.Actor, merge crm.ID) (p Parting, err error) {
	if !who.IsAdmin() {
		return p, crm.ErrForbidden
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		u, err := lookAtUndo(tx, who, merge)
		if err != nil {
			return err
		}
		u.at = s.Now()
		if p, err = u.write(tx); err != nil {
			return err
		}
		return s.record(tx, u.events...)
	})
	return p, err
}

// MergeOf reads a merge whose kept contact who may see. Admins only.
func (s *Contacts) MergeOf(ctx context.Context, who crm.Actor, id crm.ID) (m store.Merge, err error) {
	if !who.IsAdmin() {
		return m, crm.ErrForbidden
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if m, err = store.MergeByID(tx, who.BusinessID, id); err != nil {
			return err
		}
		_, err := keptOf(tx, who, m)
		if crm.KindOf(err) == crm.Conflicting {
			return nil
		}
		return err
	})
	return m, err
}

// Undoable are the merges into a contact that can be undone, the newest first.
func (s *Contacts) Undoable(ctx context.Context, who crm.Actor, contact crm.ID) (list []store.Merge, err error) {
	if !who.IsAdmin() {
		return nil, nil
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err = store.MergesInto(tx, who.BusinessID, contact)
		return err
	})
	return slices.DeleteFunc(list, func(m store.Merge) bool { return m.Before == nil }), err
}

// MergedInto is the contact of which another became part, at last, as far as who may see
// it; "" where there is none.
func (s *Contacts) MergedInto(ctx context.Context, who crm.Actor, gone crm.ID) (into crm.ID, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		at := gone
		for range 20 { // deep enough, and an end in any case
			m, found, err := store.MergeOf(tx, who.BusinessID, at)
			if err != nil || !found {
				return err
			}
			at = m.KeptID
			if c, err := store.Contact(tx, who, at); err == nil {
				into = c.ID
				return nil
			} else if crm.KindOf(err) != crm.NotFound {
				return err
			}
		}
		return nil
	})
	return into, err
}

// keptOf is the contact that a merge kept, as far as who may see it.
func keptOf(tx *db.Tx, who crm.Actor, m store.Merge) (*crm.Contact, error) {
	c, err := store.Contact(tx, who, m.KeptID)
	if crm.KindOf(err) != crm.NotFound {
		return c, err
	}
	there, err := store.ContactsByID(tx, who.BusinessID, []crm.ID{m.KeptID})
	if err != nil {
		return nil, err
	}
	if len(there) > 0 {
		return nil, crm.ErrNotFound
	}
	later, found, err := store.MergeOf(tx, who.BusinessID, m.KeptID)
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, crm.Errorf(crm.Conflicting, "kept_gone", "The contact that was kept has been deleted since, so this cannot be undone.")
	}
	if _, err := keptOf(tx, who, later); crm.KindOf(err) == crm.NotFound {
		return nil, err
	}
	return nil, crm.Errorf(crm.Conflicting, "merged_since", "The contact that was kept has itself been merged into another since. Undo that merge first.")
}

// undoing is a merge on its way back.
type undoing struct {
	who     crm.Actor
	merge   store.Merge
	now     *crm.Contact // the kept contact as it is
	gone    *crm.Contact // the other one as it comes back
	returns []store.HeldIdentity
	freed   []string
	stopped []crm.Family // said since the merge, so it holds for both (B5)
	users   []crm.User
	at      time.Time
	events  []crm.Event
}

// lookAtUndo reads, under lock, how things stand, and refuses what cannot be undone.
func lookAtUndo(tx *db.Tx, who crm.Actor, id crm.ID) (*undoing, error) {
	m, err := store.MergeByID(tx, who.BusinessID, id)
	if err != nil {
		return nil, err
	}
	if m.Before != nil {
		var keys []crm.IdentityKey
		for _, h := range slices.Concat(m.Before.Kept.Identities, m.Before.Gone.Identities) {
			keys = append(keys, h.Key())
		}
		store.LockIdentities(tx, who.BusinessID, keys)
		store.LockContacts(tx, who.BusinessID, []crm.ID{m.KeptID})
		store.KeepUsers(tx, who.BusinessID)
		if m, err = store.MergeByID(tx, who.BusinessID, id); err != nil { // as it is now that nobody else undoes it
			return nil, err
		}
	}
	u := &undoing{who: who, merge: m}
	if u.now, err = keptOf(tx, who, m); err != nil {
		return nil, err
	}
	switch {
	case !m.UndoneAt.IsZero():
		return nil, crm.Errorf(crm.Conflicting, "already_undone", "This merge has been undone already.")
	case m.Before == nil:
		return nil, crm.Errorf(crm.Conflicting, "kept_gone", "What undoing would need has been erased.")
	}
	gone := m.Before.Gone.Contact
	u.gone = &gone
	if u.users, err = store.Users(tx, who.BusinessID); err != nil {
		return nil, err
	}
	families, err := store.StopsSince(tx, who.BusinessID, m.KeptID, m.At)
	if err != nil {
		return nil, err
	}
	for _, family := range families {
		u.stopped = append(u.stopped, crm.Family(strings.ToLower(family)))
	}
	return u, u.checkIdentities(tx)
}

// checkIdentities finds what goes back to the restored contact. What a person took off
// the merged one stays off; what somebody else has now stands in the way.
func (u *undoing) checkIdentities(tx *db.Tx) error {
	var wanted []crm.Identity
	for _, h := range u.merge.Before.Gone.Identities {
		wanted = append(wanted, h.Identity())
	}
	holdings, err := store.Holders(tx, u.who.BusinessID, wanted)
	if err != nil {
		return err
	}
	owners := map[crm.IdentityKey]crm.Owner{}
	for _, h := range holdings {
		owners[h.Key()] = h.Owner
	}
	for n, h := range u.merge.Before.Gone.Identities {
		switch owner, held := owners[h.Key()]; {
		case !held:
			u.freed = append(u.freed, wanted[n].Shown())
		case owner.ContactID != u.merge.KeptID:
			return u.refuseMoved(tx, wanted[n], owner)
		default:
			u.returns = append(u.returns, h)
		}
	}
	return nil
}

func (u *undoing) refuseMoved(tx *db.Tx, i crm.Identity, owner crm.Owner) error {
	conflict := &crm.Conflict{Field: string(i.Kind), Value: i.Shown(), HeldBy: "user", Actions: []string{}}
	detail := "a team member"
	if owner.ContactID != "" {
		conflict.HeldBy, detail = "contact", "another contact"
		holder, err := store.Contact(tx, u.who, owner.ContactID)
		switch {
		case err == nil:
			conflict.ID, conflict.Name, conflict.Actions, detail = holder.ID, holder.Name(), []string{"open"}, holder.Name()
		case crm.KindOf(err) != crm.NotFound:
			return err
		}
	}
	return &crm.Error{Kind: crm.Conflicting, Code: "identity_moved", Conflict: conflict,
		Detail: i.Shown() + " belongs to " + detail + " by now, so the two cannot be parted as they were. Free it there first."}
}
