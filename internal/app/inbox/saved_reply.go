package inbox

import (
	"context"
	"slices"
	"strings"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// maxSavedReplies is how many saved replies a business may have.
const maxSavedReplies = 500

// SavedReplies are those of the business by name.
func (s *Inbox) SavedReplies(ctx context.Context, who crm.Actor) (list []crm.SavedReply, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err = store.SavedReplies(tx, who.BusinessID)
		return err
	})
	return list, err
}

// SavedReply is one of them; else ErrNotFound.
func (s *Inbox) SavedReply(ctx context.Context, who crm.Actor, id crm.ID) (r crm.SavedReply, err error) {
	list, err := s.SavedReplies(ctx, who)
	if i := slices.IndexFunc(list, func(r crm.SavedReply) bool { return r.ID == id }); err == nil && i >= 0 {
		return list[i], nil
	}
	return r, orNotFound(err)
}

// PutSavedReply makes a saved reply (with an empty ID) or changes one. The error is of kind
// Invalid and names the field. Admins only.
func (s *Inbox) PutSavedReply(ctx context.Context, who crm.Actor, r crm.SavedReply) (crm.SavedReply, error) {
	if !who.IsAdmin() {
		return r, crm.ErrForbidden
	}
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		store.LockIdentities(tx, who.BusinessID, []crm.IdentityKey{{Scope: "saved_reply"}})
		custom, err := store.CustomFields(tx, who.BusinessID)
		if err != nil {
			return err
		}
		list, err := store.SavedReplies(tx, who.BusinessID)
		if err != nil {
			return err
		}
		problems := r.Normalise(crm.MergeFieldsWith(custom))
		event := who.Event(crm.SavedReplyChanged, s.Now())
		switch {
		case r.ID == "" && len(list) >= maxSavedReplies:
			problems.Add("name", "too_many", "There are %d saved replies already, which is the most.", maxSavedReplies)
		case r.ID != "" && !slices.ContainsFunc(list, func(other crm.SavedReply) bool { return other.ID == r.ID }):
			return crm.ErrNotFound
		}
		if slices.ContainsFunc(list, func(other crm.SavedReply) bool { return other.ID != r.ID && crm.Fold(other.Name) == crm.Fold(r.Name) }) {
			problems.Add("name", "taken", "There is a saved reply of that name.")
		}
		if err := problems.Err(); err != nil {
			return err
		}
		if r.ID == "" {
			r.ID, event.Type = crm.NewID(s.Now()), crm.SavedReplyCreated
		}
		store.PutSavedReply(tx, who.BusinessID, r, s.Now())
		event.SubjectID, event.Note = r.ID, r.Name
		return s.record(tx, event)
	})
	return r, err
}

// DeleteSavedReply removes one. Admins only.
func (s *Inbox) DeleteSavedReply(ctx context.Context, who crm.Actor, id crm.ID) error {
	if !who.IsAdmin() {
		return crm.ErrForbidden
	}
	r, err := s.SavedReply(ctx, who, id)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		store.DeleteSavedReply(tx, who.BusinessID, id)
		event := who.Event(crm.SavedReplyDeleted, s.Now())
		event.SubjectID, event.Note = id, r.Name
		return s.record(tx, event)
	})
}

// FilledReply is a saved reply with its text filled from a contact.
type FilledReply struct {
	crm.SavedReply
	Filled string
}

// OfferReplies are the saved replies of which the name, or a word of it, begins with a
// query, filled for the contact of a conversation; those of which the text holds it follow.
// At most most.
func (s *Inbox) OfferReplies(ctx context.Context, who crm.Actor, conversation crm.ID, query string, most int) (found []FilledReply, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		found = nil
		v, err := store.ConversationByID(tx, who, conversation)
		if err != nil {
			return err
		}
		list, err := store.SavedReplies(tx, who.BusinessID)
		if err != nil {
			return err
		}
		values, err := MergeValues(tx, who, v.ContactID)
		if err != nil {
			return err
		}
		fields := crm.MergeFieldsWith(values.Custom)
		query := crm.Fold(strings.TrimSpace(query))
		for _, inText := range []bool{false, true} {
			for _, r := range list {
				named := strings.Contains(" "+crm.Fold(r.Name), " "+query)
				if len(found) == most || named == inText || inText && !strings.Contains(crm.Fold(r.Text), query) {
					continue
				}
				text := r.Text // a field that is gone stands as it was written
				if m, err := crm.ParseMergeText(r.Text, fields); err == nil {
					text = m.Fill(values)
				}
				found = append(found, FilledReply{r, text})
			}
		}
		return nil
	})
	return found, err
}
