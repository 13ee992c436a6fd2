package contacts

import (
	"context"
	"errors"
	"slices"
	"strings"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// CanUndoBulk says why an act on many cannot be taken back by who now; nil when it can.
func (s *Contacts) CanUndoBulk(who crm.Actor, b *crm.Bulk) error {
	switch {
	case b.UserID != who.UserID || !crm.MayBulk(who, b.Action, true):
		return crm.ErrForbidden
	case b.UndoOf != "":
		return crm.Errorf(crm.Conflicting, "is_undo", "This took something back itself.")
	case b.UndoneBy != "":
		return crm.Errorf(crm.Conflicting, "already_undone", "This was taken back already.")
	case b.Status == crm.BulkRunning:
		return crm.Errorf(crm.Conflicting, "wrong_status", "It can be undone once it has ended.")
	case s.Now().Sub(b.EndedAt) > undoBulkFor:
		return crm.Errorf(crm.Conflicting, "too_late", "This can be undone for 30 days.")
	case b.Undoable() == 0 && b.Action == crm.BulkDelete && b.Counts[crm.BulkChanged] > 0:
		return crm.Errorf(crm.Conflicting, "deleted", "Who was deleted cannot be brought back.")
	case b.Undoable() == 0:
		return crm.Errorf(crm.Conflicting, "nothing_changed", "Nothing was changed.")
	}
	return nil
}

// UndoBulk has an act on many taken back: an act of its own, with its own receipt. What
// people changed since is kept. Errors are of kind Forbidden, NotFound and Conflicting.
func (s *Contacts) UndoBulk(ctx context.Context, who crm.Actor, id crm.ID) (b *crm.Bulk, err error) {
	var of *crm.Bulk
	undoable := func(read func(*db.Tx, crm.ID, crm.ID) (*crm.Bulk, error)) func(*db.Tx) error {
		return func(tx *db.Tx) (err error) {
			if of, err = own(who)(read(tx, who.BusinessID, id)); err != nil {
				return err
			}
			return s.CanUndoBulk(who, of)
		}
	}
	if err := s.DB.Read(ctx, undoable(store.Bulk)); err != nil {
		return nil, err
	}
	changed := crm.BulkChanged
	if of.Action == crm.BulkDelete {
		changed = crm.BulkArchived
	}
	b = s.newBulk(who, of.Action, of.What)
	b.UndoOf = of.ID
	freeze := func(tx *db.Tx, behind, upTo int) (int, error) {
		return store.FreezeUndo(tx, who.BusinessID, b.ID, id, changed, behind, upTo)
	}
	return b, s.freezeBulk(ctx, b, of.Place, freeze, func(tx *db.Tx) error {
		if err := undoable(store.LockBulk)(tx); err != nil {
			return err
		}
		of.UndoneBy = b.ID
		store.ChangeBulk(tx, of)
		return s.beginBulk(tx, who, b)
	})
}

// undoEdits gives contacts back what an act changed of them, where that still stands as
// the act left it.
func (s *Contacts) undoEdits(tx *db.Tx, who crm.Actor, b *crm.Bulk, rows []crm.BulkRow, policy Policy) error {
	ids := contactsOf(rows)
	store.LockContacts(tx, who.BusinessID, ids)
	list, err := store.ContactsByID(tx, who.BusinessID, ids)
	if err != nil {
		return err
	}
	there := map[crm.ID]*crm.Contact{}
	for _, c := range list {
		there[c.ID] = c
	}
	around := &surroundings{users: map[crm.ID]crm.User{}, tags: map[crm.ID]crm.Tag{}, fields: map[string]crm.CustomField{}}
	if err := around.readAround(tx, who, []*crm.Draft{{AddTags: b.What.Tags, Visibility: &crm.Visibility{}}}); err != nil {
		return err
	}
	var drafts []*crm.Draft
	var of []int // the row of each draft
	for n := range rows {
		r := &rows[n]
		c := there[r.ContactID]
		// Whom the act itself hid from who did it, that one may still restore.
		if c == nil || !crm.CanSee(c.Visibility, who.UserID, who.Role, around.active) && (b.Action != crm.BulkVisibility || !stands(b, c)) {
			r.Outcome, r.Reason = crm.BulkNotDone, bulkGone
			continue
		}
		d, reason := around.back(b, *r, c)
		if d == nil {
			r.Outcome, r.Reason = crm.BulkNotDone, reason
			continue
		}
		drafts, of = append(drafts, d), append(of, n)
	}
	policy.Seen = true
	plans, err := s.Save(tx, who, drafts, policy, s.Now())
	for n, p := range plans {
		ended(&rows[of[n]], p)
	}
	return err
}

// stands reports whether a contact's assignee or visibility is as an act left it.
func stands(b *crm.Bulk, c *crm.Contact) bool {
	if b.Action == crm.BulkAssign {
		return c.AssigneeID == b.What.AssigneeID
	}
	v := *b.What.Visibility
	return c.Visibility.Mode == v.Mode && (v.Mode != crm.Chosen || slices.Equal(sorted(c.Visibility.UserIDs), sorted(v.UserIDs)))
}

// back is the draft that restores what an act changed of a contact; nil with the reason
// where it is kept.
func (s *surroundings) back(b *crm.Bulk, r crm.BulkRow, c *crm.Contact) (*crm.Draft, string) {
	d := &crm.Draft{ID: r.ContactID, Held: true}
	switch b.Action {
	case crm.BulkAddTags:
		d.RemoveTags = r.Changed.Tags
	case crm.BulkRemoveTags:
		for _, id := range r.Changed.Tags {
			if _, there := s.tags[id]; there {
				d.AddTags = append(d.AddTags, id)
			}
		}
		if len(d.AddTags) == 0 {
			return nil, "The tag was deleted since."
		}
	case crm.BulkAssign:
		d.AssigneeID = &r.Changed.AssigneeID
	case crm.BulkVisibility:
		d.Visibility = r.Changed.Visibility
	}
	if (b.Action == crm.BulkAssign || b.Action == crm.BulkVisibility) && !stands(b, c) {
		return nil, "Changed since by " + c.UpdatedBy + ", and kept."
	}
	return d, ""
}

// ended notes how a save of one contact ended.
func ended(r *crm.BulkRow, p Planned) {
	switch p.Outcome {
	case Update:
		r.Outcome = crm.BulkChanged
	case Unchanged:
		r.Outcome, r.Reason = crm.BulkUnchanged, bulkSame
	default:
		r.Outcome, r.Reason = crm.BulkNotDone, refusal(p.Err)
	}
}

// refusal says in sentences why a save was refused.
func refusal(err error) string {
	var e *crm.Error
	switch {
	case !errors.As(err, &e):
		return "It was refused."
	case e.Kind == crm.NotFound:
		return bulkGone
	}
	return e.Sentences()
}

// changedBy is what an action changed of a contact, as it was before.
func changedBy(a crm.BulkAction, p Planned) (was crm.BulkBefore) {
	tagsOf := func(from, but *crm.Contact) (ids []crm.ID) {
		for _, t := range from.Tags {
			if !slices.ContainsFunc(but.Tags, func(o crm.Tag) bool { return o.ID == t.ID }) {
				ids = append(ids, t.ID)
			}
		}
		return ids
	}
	switch a {
	case crm.BulkAddTags:
		was.Tags = tagsOf(p.After, p.Before)
	case crm.BulkRemoveTags:
		was.Tags = tagsOf(p.Before, p.After)
	case crm.BulkAssign:
		was.AssigneeID = p.Before.AssigneeID
	case crm.BulkVisibility:
		was.Visibility = &p.Before.Visibility
	}
	return was
}

// reason says what kept a contact from being deleted.
func (d Deletion) reason() string {
	var open []string
	switch {
	case d.OpenConversations == 1:
		open = append(open, "a conversation")
	case d.OpenConversations > 1:
		open = append(open, "conversations")
	}
	switch {
	case len(d.OpenInvoices) == 1:
		open = append(open, "an invoice")
	case len(d.OpenInvoices) > 1:
		open = append(open, "invoices")
	}
	verb := " is open."
	if d.OpenConversations+len(d.OpenInvoices) > 1 {
		verb = " are open."
	}
	return "Archived instead of deleted: " + strings.Join(open, " and ") + verb
}
