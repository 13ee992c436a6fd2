package contacts

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// noLongerSees is the note on a conversation that was taken from somebody who may not see
// it any more.
const noLongerSees = "The person it was assigned to may not see it any more."

// applyToOpen gives the contact's visibility to its open conversation (V2), as far as who
// may see that. Whoever has it and may not see it any more does not keep it (V3).
func applyToOpen(tx *db.Tx, who crm.Actor, c *crm.Contact, now time.Time) ([]crm.Event, error) {
	store.LockConversationsOf(tx, who.BusinessID, []crm.ID{c.ID})
	v, found, err := store.OpenConversationOf(tx, who, c.ID)
	if err != nil || !found {
		return nil, err
	}
	store.SetConversationVisibility(tx, who.BusinessID, v.ID, c.Visibility)
	event := who.Event(crm.ConversationVisible, now)
	event.ContactID, event.ConversationID = c.ID, v.ID
	events := []crm.Event{event}
	if v.AssigneeID == "" {
		return events, nil
	}
	users, err := store.Users(tx, who.BusinessID)
	if err != nil || crm.MaySee(users, v.AssigneeID, c.Visibility) {
		return events, err
	}
	store.AssignConversation(tx, who.BusinessID, v.ID, "", false, noLongerSees)
	taken := who.Event(crm.ConversationAssigned, now)
	taken.ContactID, taken.ConversationID, taken.Note = c.ID, v.ID, noLongerSees
	return append(events, taken), nil
}
