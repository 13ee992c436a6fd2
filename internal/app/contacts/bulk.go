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

// BulkDraft is what somebody wants done to many contacts (T2).
type BulkDraft struct {
	Filter *crm.Filter // to all that match and that they see; or
	IDs    []crm.ID    // to these
	Action crm.BulkAction
	What   crm.BulkWhat
}

// undoBulkFor is how long an act on many can be taken back.
const undoBulkFor = 30 * 24 * time.Hour

// StartBulk freezes the set of contacts and has the act worked off in the background. The
// set is never wider than what who sees (V2). Errors are of kind Forbidden, and Invalid
// for a filter that cannot be read and for tags, people or contacts that cannot be.
func (s *Contacts) StartBulk(ctx context.Context, who crm.Actor, d BulkDraft) (b *crm.Bulk, err error) {
	if !crm.MayBulk(who, d.Action, false) {
		return nil, crm.ErrForbidden
	}
	ids := slices.Compact(slices.Sorted(slices.Values(d.IDs)))
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if err := checkBulk(tx, who, d); err != nil || d.Filter == nil {
			return err
		}
		ids, err = store.AllMatching(tx, who, *d.Filter)
		return err
	})
	if err != nil {
		return nil, err
	}
	if s.DB.Engine() == db.Postgres {
		ids = apart(ids)
	}
	b = s.newBulk(who, d.Action, d.What)
	freeze := func(tx *db.Tx, behind, upTo int) (int, error) {
		store.FreezeNamed(tx, who.BusinessID, b.ID, behind, ids[behind:upTo])
		return upTo - behind, nil
	}
	return b, s.freezeBulk(ctx, b, len(ids), freeze, func(tx *db.Tx) error { return s.beginBulk(tx, who, b) })
}

// apart puts contacts that were made one after another some hundreds apart. PostgreSQL keeps
// such on one page, and has room there for a new version of one or two: the next that comes
// takes the place of the version before, and no index is written anew.
func apart(ids []crm.ID) []crm.ID {
	const window, step = 8192, 16
	list := make([]crm.ID, 0, len(ids))
	for some := range slices.Chunk(ids, window) {
		for first := range step {
			for n := first; n < len(some); n += step {
				list = append(list, some[n])
			}
		}
	}
	return list
}

// CountForBulk counts those that an act would be about now, as far as who sees them.
func (s *Contacts) CountForBulk(ctx context.Context, who crm.Actor, d BulkDraft) (n int, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if d.Filter != nil {
			n, err = store.CountMatching(tx, who, *d.Filter)
			return err
		}
		seen, _, err := store.SeenContacts(tx, who, d.IDs)
		n = len(seen)
		return err
	})
	return n, err
}

// checkBulk refuses what could be done to no contact at all, by the rules of a save.
func checkBulk(tx *db.Tx, who crm.Actor, d BulkDraft) error {
	var problems crm.Problems
	if !slices.Contains(crm.BulkActions, d.Action) {
		problems.Add("action", "unknown_action", "The action is one of %s.", actionNames())
	}
	switch {
	case d.Filter == nil && len(d.IDs) == 0:
		problems.Add("ids", "required", "Say which contacts: a filter or ids.")
	case d.Filter != nil && len(d.IDs) > 0:
		problems.Add("ids", "both", "Either a filter or ids, not both.")
	case d.Filter != nil:
		for _, p := range d.Filter.Problems {
			problems.Add("filter."+p.Field, p.Code, "%s", p.Detail)
		}
	}
	crm.CheckChosen(&problems, "ids", d.IDs)
	draft := d.draft()
	switch {
	case d.Action == crm.BulkAddTags || d.Action == crm.BulkRemoveTags:
		if len(d.What.Tags) == 0 {
			problems.Add("tags", "required", "Choose at least one tag.")
		}
		draft.AddTags, draft.RemoveTags = d.What.Tags, nil // to take off, they must be there too
	case d.Action == crm.BulkVisibility && d.What.Visibility == nil:
		problems.Add("visibility", "required", "Say who sees them.")
	}
	around := &surroundings{users: map[crm.ID]crm.User{}, tags: map[crm.ID]crm.Tag{}, fields: map[string]crm.CustomField{}}
	if err := around.readAround(tx, who, []*crm.Draft{draft}); err != nil {
		return err
	}
	p := prepared{draft: draft}
	around.checkPeople(&p, &crm.Contact{Visibility: crm.Visibility{Mode: crm.Everyone}})
	around.checkTags(&p)
	problems = append(problems, p.problems...)
	return problems.Err()
}

func actionNames() string {
	names := make([]string, len(crm.BulkActions))
	for n, a := range crm.BulkActions {
		names[n] = string(a)
	}
	return strings.Join(names, ", ")
}

// draft is what an action asks of one contact; empty for those that are no edit.
func (d BulkDraft) draft() *crm.Draft {
	switch d.Action {
	case crm.BulkAddTags:
		return &crm.Draft{AddTags: d.What.Tags}
	case crm.BulkRemoveTags:
		return &crm.Draft{RemoveTags: d.What.Tags}
	case crm.BulkAssign:
		return &crm.Draft{AssigneeID: &d.What.AssigneeID}
	case crm.BulkVisibility:
		return &crm.Draft{Visibility: d.What.Visibility}
	}
	return &crm.Draft{}
}

func (s *Contacts) newBulk(who crm.Actor, action crm.BulkAction, what crm.BulkWhat) *crm.Bulk {
	now := s.Now()
	return &crm.Bulk{BusinessID: who.BusinessID, ID: crm.NewID(now), UserID: who.UserID, Via: who.Via, Action: action, What: what,
		Status: crm.BulkRunning, Counts: crm.BulkCounts{}, CreatedAt: now, MovedAt: now}
}

func bulkEvent(who crm.Actor, t crm.EventType, b *crm.Bulk) crm.Event {
	at := b.CreatedAt
	if t == crm.BulkEnded {
		at = b.EndedAt
	}
	event := who.Event(t, at)
	event.SubjectID, event.UserID, event.Note = b.ID, b.UserID, string(b.Action)
	return event
}

// Bulk reads an act on many: one of who's own, and for admins anybody's. To another's
// numbers those contacts do not count that an admin may not see (V2).
func (s *Contacts) Bulk(ctx context.Context, who crm.Actor, id crm.ID) (b *crm.Bulk, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if b, err = heardOf(who)(store.Bulk(tx, who.BusinessID, id)); err != nil {
			return err
		}
		return withoutHidden(tx, who, []*crm.Bulk{b})
	})
	return b, err
}

// heardOf lets an act on many pass that who may read.
func heardOf(who crm.Actor) func(*crm.Bulk, error) (*crm.Bulk, error) {
	return func(b *crm.Bulk, err error) (*crm.Bulk, error) {
		if err == nil && b.UserID != who.UserID && !who.IsAdmin() {
			return nil, crm.ErrNotFound
		}
		return b, err
	}
}

// own lets an act on many pass that who may steer: nobody but who did it, for taking it
// back goes by what they see.
func own(who crm.Actor) func(*crm.Bulk, error) (*crm.Bulk, error) {
	return func(b *crm.Bulk, err error) (*crm.Bulk, error) {
		if b, err = heardOf(who)(b, err); err == nil && b.UserID != who.UserID {
			return nil, crm.ErrForbidden
		}
		return b, err
	}
}

// withoutHidden takes off the numbers of others' acts the contacts that who may not see.
func withoutHidden(tx *db.Tx, who crm.Actor, list []*crm.Bulk) error {
	var others []crm.ID
	for _, b := range list {
		if b.UserID != who.UserID {
			others = append(others, b.ID)
		}
	}
	if len(others) == 0 {
		return nil
	}
	hidden, err := store.HiddenOfBulks(tx, who, others)
	for _, b := range list {
		b.LeaveOut(hidden[b.ID])
	}
	return err
}

// Bulks are the acts on many that who may read, the newest first, before one of them.
func (s *Contacts) Bulks(ctx context.Context, who crm.Actor, before crm.ID, limit int) (list []*crm.Bulk, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if list, err = store.Bulks(tx, who, before, limit); err != nil {
			return err
		}
		return withoutHidden(tx, who, list)
	})
	return list, err
}

// CountBulks counts what Bulks lists, up to most: more is answered as most + 1.
func (s *Contacts) CountBulks(ctx context.Context, who crm.Actor, most int) (n int, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		n, err = store.CountBulks(tx, who, most)
		return err
	})
	return n, err
}

// BulkResult is what became of one contact. Its name is there as far as who may see the
// contact now.
type BulkResult struct {
	crm.BulkRow
	Name string
}

// BulkResults is a page of what became of the contacts of an act: of all, or of those with
// one outcome, behind a position. In another's act those are left out that who may not see.
func (s *Contacts) BulkResults(ctx context.Context, who crm.Actor, id crm.ID, outcome crm.BulkOutcome, after, limit int) (list []BulkResult, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		b, err := heardOf(who)(store.Bulk(tx, who.BusinessID, id))
		if err != nil {
			return err
		}
		var rows []crm.BulkRow
		if b.UserID == who.UserID {
			rows, err = store.BulkRows(tx, who.BusinessID, id, outcome, after, limit)
		} else {
			rows, err = store.BulkRowsSeenBy(tx, who, id, outcome, after, limit)
		}
		if err != nil {
			return err
		}
		names, err := store.ContactNames(tx, who, contactsOf(rows))
		list = nil
		for _, r := range rows {
			list = append(list, BulkResult{r, names[r.ContactID]})
		}
		return err
	})
	return list, err
}

func contactsOf(rows []crm.BulkRow) []crm.ID {
	ids := make([]crm.ID, len(rows))
	for n, r := range rows {
		ids[n] = r.ContactID
	}
	return ids
}

// CancelBulk ends an act after the chunk at hand. What was done stays done, and can be
// taken back.
func (s *Contacts) CancelBulk(ctx context.Context, who crm.Actor, id crm.ID) (b *crm.Bulk, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if b, err = own(who)(store.LockBulk(tx, who.BusinessID, id)); err != nil {
			return err
		}
		if b.Status != crm.BulkRunning {
			return crm.Errorf(crm.Conflicting, "wrong_status", "It has ended already.")
		}
		return s.endBulk(tx, who, b, crm.BulkCancelled)
	})
	return b, err
}

func (s *Contacts) endBulk(tx *db.Tx, who crm.Actor, b *crm.Bulk, status crm.BulkStatus) error {
	b.Status, b.EndedAt = status, s.Now()
	b.MovedAt = b.EndedAt
	store.ChangeBulk(tx, b)
	return s.record(tx, bulkEvent(who, crm.BulkEnded, b))
}
