package inbox

import (
	"context"
	"errors"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Assign hands a conversation to a user, or to nobody with an empty user. It stands until
// the conversation closes (V3). The user must be active and may see it.
func (s *Inbox) Assign(ctx context.Context, who crm.Actor, id, user crm.ID) (store.ConversationRow, error) {
	return s.assign(ctx, who, id, user, func(*db.Tx, *crm.Conversation) error { return nil })
}

// assign is Assign where allow, asked under lock, does not object.
func (s *Inbox) assign(ctx context.Context, who crm.Actor, id, user crm.ID, allow func(*db.Tx, *crm.Conversation) error) (store.ConversationRow, error) {
	return s.change(ctx, who, id, func(tx *db.Tx, v *crm.Conversation) error {
		if err := allow(tx, v); err != nil {
			return err
		}
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

// Handed is what became of one conversation that was to be handed out. Refusal says in
// words why it was not; nil when it was.
type Handed struct {
	ID      crm.ID
	Name    string // of the contact, where who may see it
	Refusal *crm.Error
}

// HandOut hands several open conversations to a user, each by itself: one that cannot go
// does not hold up the others. With onlyFree those that somebody has by now stay there.
func (s *Inbox) HandOut(ctx context.Context, who crm.Actor, ids []crm.ID, user crm.ID, onlyFree bool) ([]Handed, error) {
	list := make([]Handed, len(ids))
	for i, id := range ids {
		_, err := s.assign(ctx, who, id, user, func(tx *db.Tx, v *crm.Conversation) error {
			row, err := store.ConversationRowByID(tx, who, v.ID)
			list[i].Name = row.Contact.Name()
			switch {
			case err != nil:
				return err
			case v.Status != crm.Open:
				return crm.Errorf(crm.Conflicting, "closed", "It was closed in the meantime.")
			case onlyFree && v.AssigneeID != "" && v.AssigneeID != user:
				return crm.Errorf(crm.Conflicting, "taken", "%s has it by now.", row.AssigneeName)
			}
			return nil
		})
		list[i].ID = id
		if err == nil {
			continue
		}
		if !errors.As(err, &list[i].Refusal) || list[i].Refusal.Kind == crm.Unavailable {
			return nil, err
		}
		if refused := list[i].Refusal; len(refused.Fields) > 0 {
			list[i].Refusal = &crm.Error{Kind: refused.Kind, Code: refused.Fields[0].Code, Detail: refused.Fields[0].Detail}
		}
	}
	return list, nil
}

// mayHandle refuses a user who is not there, not active, or may not see the conversation.
func (s *Inbox) mayHandle(tx *db.Tx, v *crm.Conversation, user crm.ID) (crm.User, error) {
	store.KeepUsers(tx, v.BusinessID, user)
	users, err := store.Users(tx, v.BusinessID)
	if err != nil {
		return crm.User{}, err
	}
	var chosen crm.User
	for _, u := range users {
		if u.ID == user {
			chosen = u
		}
	}
	var problems crm.Problems
	switch {
	case !chosen.Active:
		problems.Add("user_id", "unknown_user", "This person is not an active user.")
	case !crm.MaySee(users, user, v.Visibility):
		problems.Add("user_id", "cannot_see", "%s may not see this conversation. Change who can see it first.", chosen.Name)
	}
	return chosen, problems.Err()
}
