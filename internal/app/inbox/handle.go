package inbox

import (
	"context"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// change runs f on a conversation that who may see, under lock.
func (s *Inbox) change(ctx context.Context, who crm.Actor, id crm.ID, f func(*db.Tx, *crm.Conversation) error) (row store.ConversationRow, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		store.LockConversation(tx, who.BusinessID, id)
		v, err := store.ConversationByID(tx, who, id)
		if err != nil {
			return err
		}
		if err := f(tx, &v); err != nil {
			return err
		}
		row, err = store.ConversationRowByID(tx, who, id)
		if crm.KindOf(err) == crm.NotFound { // the change hid it from the one who made it
			row, err = store.ConversationRow{Conversation: v}, nil
		}
		return err
	})
	return row, err
}

// Assign hands a conversation to a user, or to nobody with an empty user. It stands until
// the conversation closes (V3). The user must be active and may see it.
func (s *Inbox) Assign(ctx context.Context, who crm.Actor, id, user crm.ID) (store.ConversationRow, error) {
	return s.change(ctx, who, id, func(tx *db.Tx, v *crm.Conversation) error {
		event := about(who, crm.ConversationAssigned, s.Now(), v.ContactID, v.ID)
		event.UserID = user
		if user != "" {
			u, err := s.mayHandle(tx, v, user)
			if err != nil {
				return err
			}
			event.Note = u.Name
		}
		if v.AssigneeID == user && v.HandedOver {
			return nil
		}
		store.AssignConversation(tx, who.BusinessID, id, user, true, "")
		return s.record(tx, event)
	})
}

// mayHandle refuses a user who is not there, not active, or may not see the conversation.
func (s *Inbox) mayHandle(tx *db.Tx, v *crm.Conversation, user crm.ID) (crm.User, error) {
	users, err := store.Users(tx, v.BusinessID)
	if err != nil {
		return crm.User{}, err
	}
	active := map[crm.ID]bool{}
	var chosen crm.User
	for _, u := range users {
		active[u.ID] = u.Active
		if u.ID == user {
			chosen = u
		}
	}
	var problems crm.Problems
	switch {
	case !chosen.Active:
		problems.Add("user_id", "unknown_user", "This person is not an active user.")
	case !crm.CanSee(v.Visibility, user, chosen.Role, func(id crm.ID) bool { return active[id] }):
		problems.Add("user_id", "cannot_see", "%s may not see this conversation. Change who can see it first.", chosen.Name)
	}
	return chosen, problems.Err()
}

// Close closes a conversation. Agents close what is assigned to them or to nobody (V5).
func (s *Inbox) Close(ctx context.Context, who crm.Actor, id crm.ID) (store.ConversationRow, error) {
	return s.change(ctx, who, id, func(tx *db.Tx, v *crm.Conversation) error {
		if !who.IsAdmin() && v.AssigneeID != "" && v.AssigneeID != who.UserID {
			return crm.Errorf(crm.Forbidden, "assigned_to_other", "This conversation is assigned to somebody else. Take it over first, or ask an admin.")
		}
		if v.Status == crm.Closed {
			return nil
		}
		now := s.Now()
		store.CloseConversation(tx, who.BusinessID, id, now)
		return s.record(tx, about(who, crm.ConversationClosed, now, v.ContactID, v.ID))
	})
}

// Reopen opens a closed conversation again, unless the contact has another open one (V1).
func (s *Inbox) Reopen(ctx context.Context, who crm.Actor, id crm.ID) (store.ConversationRow, error) {
	return s.change(ctx, who, id, func(tx *db.Tx, v *crm.Conversation) error {
		if v.Status == crm.Open {
			return nil
		}
		return s.reopen(tx, who, v)
	})
}

func (s *Inbox) reopen(tx *db.Tx, who crm.Actor, v *crm.Conversation) error {
	store.LockContacts(tx, who.BusinessID, []crm.ID{v.ContactID})
	n, err := store.OpenConversationsOf(tx, who.BusinessID, v.ContactID)
	if err != nil {
		return err
	}
	if n > 0 {
		return crm.Errorf(crm.Conflicting, "other_open", "There is a newer open conversation with this contact. Go on there.")
	}
	c, err := store.ContactsByID(tx, who.BusinessID, []crm.ID{v.ContactID})
	if err != nil || len(c) == 0 {
		return err
	}
	v.Status, v.Visibility, v.AssigneeID = crm.Open, c[0].Visibility, crm.AssigneeFor(c[0], nil)
	store.ReopenConversation(tx, who.BusinessID, v.ID, v.Visibility, v.AssigneeID)
	return s.record(tx, about(who, crm.ConversationReopened, s.Now(), v.ContactID, v.ID))
}

// SetVisibility changes who sees this one conversation (V2). Admins only.
func (s *Inbox) SetVisibility(ctx context.Context, who crm.Actor, id crm.ID, visibility crm.Visibility) (store.ConversationRow, error) {
	if !who.IsAdmin() {
		return store.ConversationRow{}, crm.ErrForbidden
	}
	return s.change(ctx, who, id, func(tx *db.Tx, v *crm.Conversation) error {
		if visibility.Mode != crm.Chosen {
			visibility = crm.Visibility{Mode: crm.Everyone}
		}
		var problems crm.Problems
		if visibility.Mode == crm.Chosen && len(visibility.UserIDs) == 0 {
			problems.Add("user_ids", "nobody_chosen", "Choose at least one person, or everyone.")
		}
		for _, user := range visibility.UserIDs {
			if u, err := store.User(tx, who.BusinessID, user); crm.KindOf(err) == crm.NotFound || err == nil && !u.Active {
				problems.Add("user_ids", "unknown_user", "One of the chosen people is not an active user.")
			} else if err != nil {
				return err
			}
		}
		if err := problems.Err(); err != nil {
			return err
		}
		v.Visibility = visibility
		store.SetConversationVisibility(tx, who.BusinessID, id, visibility)
		if v.AssigneeID != "" {
			if _, err := s.mayHandle(tx, v, v.AssigneeID); crm.KindOf(err) == crm.Invalid {
				store.AssignConversation(tx, who.BusinessID, id, "", false, "The person it was assigned to may not see it any more.")
			} else if err != nil {
				return err
			}
		}
		return s.record(tx, about(who, crm.ConversationVisible, s.Now(), v.ContactID, v.ID))
	})
}

// See notes that a user has read a conversation up to now.
func (s *Inbox) See(ctx context.Context, who crm.Actor, id crm.ID) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		row, err := store.ConversationRowByID(tx, who, id)
		if err != nil || !row.Unread {
			return err
		}
		store.MarkSeen(tx, who.BusinessID, who.UserID, id, s.Now())
		event := about(who, crm.ConversationSeen, s.Now(), "", id)
		event.UserID = who.UserID
		return s.record(tx, event)
	})
}
