package contacts

import (
	"slices"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// write does what was decided, and keeps what undoing it needs.
func (j *joining) write(tx *db.Tx, merge crm.ID) (*crm.Contact, error) {
	business := j.who.BusinessID
	j.writeConversations(tx)
	for _, i := range j.after.Identities {
		store.GiveIdentity(tx, business, i.Key(), j.into.ID, i.Primary)
	}
	store.SetContactTags(tx, business, j.into.ID, j.after.Tags)
	store.SetContactViewers(tx, business, j.into.ID, j.after.Visibility.UserIDs)
	for _, stop := range j.before.Gone.OptOuts {
		store.OptOut(tx, business, j.into.ID, stop.Family, stop.At, stop.Source, stop.Wording)
	}
	if err := j.lendDismissed(tx); err != nil {
		return nil, err
	}
	store.MoveInvoices(tx, business, j.before.Gone.Invoices, j.into.ID)
	store.MoveRecipients(tx, business, j.from.ID, j.into.ID)
	store.RemoveMerged(tx, business, j.from.ID)
	changes := diff(j.into, j.after)
	j.after.Version++
	j.after.UpdatedAt, j.after.UpdatedBy = j.now, j.who.Name
	store.ChangeContact(tx, business, j.after)
	kept, err := store.Contact(tx, j.who, j.into.ID)
	if err != nil {
		return nil, err
	}
	j.before.After = *kept
	store.AddMerge(tx, business, store.Merge{ID: merge, KeptID: j.into.ID, GoneID: j.from.ID, At: j.now, ByName: j.who.Name, Before: &j.before})
	j.note(crm.ContactMergedAway, j.from.ID, merge, "Became part of "+j.into.Name()+".", nil)
	j.note(crm.ContactMerged, j.into.ID, merge, j.from.Name()+" became part of this contact.", changes)
	return kept, nil
}

// lendDismissed keeps in mind who is not the same person as the contact that goes: nor
// are they as the one it becomes part of (C12).
func (j *joining) lendDismissed(tx *db.Tx) (err error) {
	gone := &j.before.Gone
	if gone.Dismissed, err = store.Dismissed(tx, j.who.BusinessID, j.from.ID); err != nil {
		return err
	}
	for _, d := range gone.Dismissed {
		other := d.Low
		if other == j.from.ID {
			other = d.High
		}
		if other == j.into.ID {
			continue
		}
		lent := store.NewDuplicate(j.into.ID, other, crm.Likeness{Score: d.Score, Reason: d.Reason}, d.FoundAt)
		lent.DismissedAt = d.DismissedAt
		store.RememberDismissed(tx, j.who.BusinessID, lent, j.who.Name)
		gone.Lent = append(gone.Lent, lent.ID)
	}
	return nil
}

func (j *joining) note(t crm.EventType, contact, merge crm.ID, note string, changes []crm.Change) {
	event := j.who.Event(t, j.now)
	event.ContactID, event.SubjectID, event.Note, event.Changes = contact, merge, note, changes
	j.events = append(j.events, event)
}

// writeConversations closes what cannot stay open, moves what was the other's, and
// narrows who sees them.
func (j *joining) writeConversations(tx *db.Tx) {
	business := j.who.BusinessID
	var moving []crm.ID
	for _, s := range j.before.Gone.Conversations {
		moving = append(moving, s.ID)
	}
	all := slices.Concat(j.before.Kept.Conversations, j.before.Gone.Conversations)
	for _, s := range all {
		if s.Closed {
			store.CloseConversation(tx, business, s.ID, j.now)
			j.told(crm.ConversationClosed, s.ID, "Closed, because two contacts were merged and the conversation with the later message goes on.")
		}
	}
	store.MoveConversations(tx, business, moving, j.into.ID)
	for _, s := range all {
		if s.Narrowed != nil {
			store.SetConversationVisibility(tx, business, s.ID, *s.Narrowed)
			j.told(crm.ConversationVisible, s.ID, "")
		}
		if s.Unassigned {
			store.AssignConversation(tx, business, s.ID, "", false, cannotSeeAnyMore)
		}
		if s.Status == crm.Open && !s.Closed {
			j.told(crm.ConversationMoved, s.ID, j.who.Name+" merged "+j.from.Name()+" into "+j.into.Name())
		}
	}
}

const cannotSeeAnyMore = "The person it was assigned to may not see it any more."

func (j *joining) told(t crm.EventType, conversation crm.ID, note string) {
	event := j.who.Event(t, j.now)
	event.ContactID, event.ConversationID, event.Note = j.into.ID, conversation, note
	j.events = append(j.events, event)
}
