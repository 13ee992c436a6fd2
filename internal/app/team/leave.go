package team

import (
	"context"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Holdings counts what hangs on a user: what deactivating has to find a new place for
// (V4). Admins only. It counts what the asker may not see as well, and shows none of it.
func (s *Team) Holdings(ctx context.Context, who crm.Actor, user crm.ID) (h store.Holdings, err error) {
	if !who.IsAdmin() {
		return h, crm.ErrForbidden
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := store.User(tx, who.BusinessID, user); err != nil {
			return err
		}
		h, err = store.HoldingsOf(tx, who.BusinessID, user)
		return err
	})
	return h, err
}

// LeftAssigned counts, by deactivated user, the contacts that are still assigned to that
// user (V4). Admins only.
func (s *Team) LeftAssigned(ctx context.Context, who crm.Actor) (left map[crm.ID]int, err error) {
	if !who.IsAdmin() {
		return nil, crm.ErrForbidden
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		left, err = store.LeftAssigned(tx, who)
		return err
	})
	return left, err
}

// heir is the active user who shall get what somebody leaves.
func heir(tx *db.Tx, leaving crm.User, to crm.ID) (crm.User, error) {
	var problems crm.Problems
	store.KeepUsers(tx, leaving.BusinessID, to)
	u, err := store.User(tx, leaving.BusinessID, to)
	switch {
	case crm.KindOf(err) == crm.NotFound || err == nil && (!u.Active || u.ID == leaving.ID):
		problems.Add("hand_over_to", "unknown_user", "Choose an active user other than the one who leaves.")
	case err != nil:
		return u, err
	case leaving.Active:
		problems.Add("hand_over_to", "not_leaving", "Things are handed over when a user is deactivated: send active false with it.")
	}
	return u, problems.Err()
}

// leave draws the consequences of deactivating a user (V4). Access ends. With an heir,
// what only the user was chosen to see is shown to the heir, and conversations and contacts
// go to the heir as far as the heir may see them; open conversations that have no place
// return to unassigned. Contacts that stay assigned to the user are listed for a new choice.
func (s *Team) leave(tx *db.Tx, who crm.Actor, u crm.User, to *crm.User, now time.Time) ([]crm.Event, error) {
	store.EndSessions(tx, u.BusinessID, u.ID, "")
	store.EndTokens(tx, u.BusinessID, u.ID)
	store.UseLinks(tx, u.BusinessID, u.ID)
	why := u.Name + " was deactivated."
	var events []crm.Event
	assigned := func(list []crm.Conversation, user crm.ID, note string) {
		for _, v := range list {
			e := who.Event(crm.ConversationAssigned, now)
			e.ContactID, e.ConversationID, e.UserID, e.Note = v.ContactID, v.ID, user, note
			events = append(events, e)
		}
	}
	if to != nil {
		changed, err := handOver(tx, who, u, *to, why, now)
		if err != nil {
			return nil, err
		}
		events = append(events, changed...)
		given, err := store.HandOverConversations(tx, u.ID, actorOf(*to), why)
		if err != nil {
			return nil, err
		}
		assigned(given, to.ID, to.Name)
	}
	freed, err := store.UnassignFrom(tx, u.BusinessID, u.ID, why)
	assigned(freed, "", why)
	return events, err
}

// handOver gives the contacts of one who leaves to the heir.
func handOver(tx *db.Tx, who crm.Actor, u, to crm.User, why string, now time.Time) ([]crm.Event, error) {
	shared, err := store.ShareOnlyTheirs(tx, u.BusinessID, u.ID, to.ID, who.Name, now)
	if err != nil {
		return nil, err
	}
	given, err := store.HandOverContacts(tx, u.ID, actorOf(to), who.Name, now)
	if err != nil {
		return nil, err
	}
	var events []crm.Event
	changed := func(ids []crm.ID, change crm.Change) {
		for _, id := range ids {
			e := who.Event(crm.ContactChanged, now)
			e.ContactID, e.Changes, e.Note = id, []crm.Change{change}, why
			events = append(events, e)
		}
	}
	changed(shared, crm.Change{Field: "visible_to", Old: []crm.ID{u.ID}, New: []crm.ID{u.ID, to.ID}})
	changed(given, crm.Change{Field: "assignee_id", Old: u.ID, New: to.ID})
	return events, nil
}

// actorOf is a user as the rules of visibility ask for one.
func actorOf(u crm.User) crm.Actor {
	return crm.Actor{BusinessID: u.BusinessID, UserID: u.ID, Role: u.Role, Name: u.Name}
}
