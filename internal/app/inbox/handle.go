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
	store.KeepUsers(tx, who.BusinessID, c[0].AssigneeID)
	users, err := store.Users(tx, who.BusinessID)
	if err != nil {
		return err
	}
	v.Status, v.Visibility, v.AssigneeID = crm.Open, c[0].Visibility, crm.AssigneeFor(c[0], nil)
	if !crm.MaySee(users, v.AssigneeID, v.Visibility) {
		v.AssigneeID = "" // deactivated since (V4)
	}
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
				const why = "The person it was assigned to may not see it any more."
				store.AssignConversation(tx, who.BusinessID, id, "", false, why)
				taken := about(who, crm.ConversationAssigned, s.Now(), v.ContactID, v.ID)
				taken.Note = why
				if err := s.record(tx, taken); err != nil {
					return err
				}
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
