package contacts

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

const (
	// bulkChunkTime is how long a chunk may hold SQLite's one writer, and bulkStepTime how long
	// it goes on once others wait for it.
	bulkChunkTime = 24 * time.Millisecond
	bulkStepTime  = 2 * time.Millisecond
	// bulkBesideTime is how long a chunk lasts on PostgreSQL, beside others: its statements are
	// what they share the processors with.
	bulkBesideTime = 14 * time.Millisecond
	minBulkChunk   = 20
	maxBulkChunk   = 2000
	// bulkSlice is how long an act is worked at before it makes room for others'.
	bulkSlice = 5 * time.Second
	// bulkLeftAfter is how long nobody may have worked at an act until it is taken up anew.
	bulkLeftAfter = 8 * time.Second
)

// WorkBulk works at an act on many for a slice of time; more says that there is more to
// do. Each chunk is one transaction that also notes how far the act is, under its lock, so
// that neither a crash at any moment nor a second worker does a contact twice or none.
func (s *Contacts) WorkBulk(ctx context.Context, business, id crm.ID) (more bool, err error) {
	until := time.Now().Add(bulkSlice)
	chunk, step := bulkChunkTime, bulkStepTime
	if s.DB.Engine() == db.Postgres {
		chunk, step = bulkBesideTime, bulkBesideTime
	}
	for size := 100; ; {
		err = s.DB.WriteBehind(ctx, func(tx *db.Tx) error {
			begun := time.Now()
			for {
				stepped := time.Now()
				more, err = s.bulkChunk(tx, business, id, size)
				next := float64(size) * float64(step) / float64(max(time.Since(stepped), time.Microsecond))
				size = int(min(max(next, minBulkChunk), float64(2*size), maxBulkChunk))
				if err != nil || !more || tx.Awaited() || time.Since(begun)+step > chunk {
					return err
				}
			}
		})
		if crm.KindOf(err) == crm.NotFound {
			return false, nil
		}
		if err != nil || !more || time.Now().After(until) {
			return more, err
		}
	}
}

// FinishBulk works at an act until nothing is left to do, for callers that wait.
func (s *Contacts) FinishBulk(ctx context.Context, business, id crm.ID) error {
	for more := true; more; {
		var err error
		if more, err = s.WorkBulk(ctx, business, id); err != nil {
			return err
		}
	}
	return nil
}

// TakeUpBulks enqueues acts that a node left lying when it died, and forgets those that had
// not begun.
func (s *Contacts) TakeUpBulks(ctx context.Context) error {
	var left []store.LeftBulk
	since := s.Now().Add(-bulkLeftAfter)
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		left, err = store.LeftBulks(tx, since)
		return err
	})
	for _, l := range left {
		if err != nil {
			return err
		}
		err = s.DB.Write(ctx, func(tx *db.Tx) error {
			b, err := store.LockBulk(tx, l.Business, l.ID)
			if err != nil || b.Status != crm.BulkRunning || b.MovedAt.After(since) {
				return err
			}
			if b.Total == store.NotBegun {
				store.ForgetBulk(tx, l.Business, l.ID)
				return nil
			}
			b.MovedAt = s.Now() // so that it is not taken up again at once
			store.ChangeBulk(tx, b)
			return s.WorkLater(tx, l.Business, l.ID)
		})
	}
	return err
}

// bulkChunk does the next contacts of an act.
func (s *Contacts) bulkChunk(tx *db.Tx, business, id crm.ID, size int) (more bool, err error) {
	b, err := store.LockBulk(tx, business, id)
	if err != nil || b.Status != crm.BulkRunning {
		return false, err
	}
	u, err := store.User(tx, business, b.UserID)
	if err != nil {
		return false, err
	}
	who := crm.Actor{BusinessID: business, UserID: u.ID, Role: u.Role, Name: u.Name, Via: b.Via}
	if !u.Active || !crm.MayBulk(who, b.Action, b.UndoOf != "") {
		b.Problem = u.Name + " may not do this any more."
		return false, s.endBulk(tx, who, b, crm.BulkCancelled)
	}
	rows, err := store.BulkRows(tx, business, id, "", b.Place, size)
	if err != nil {
		return false, err
	}
	if len(rows) > 0 {
		if err := s.doBulk(tx, who, b, rows); err != nil {
			return false, err
		}
		if err := store.SetBulkOutcomes(tx, business, id, rows); err != nil {
			return false, err
		}
		for _, r := range rows {
			b.Counts[r.Outcome]++
		}
		b.Done += len(rows)
		b.Place = rows[len(rows)-1].Position
	}
	if len(rows) < size {
		b.Total = b.Done // somebody may have been erased on the way (C10)
		return false, s.endBulk(tx, who, b, crm.BulkDone)
	}
	b.MovedAt = s.Now()
	store.ChangeBulk(tx, b)
	return true, nil
}

const (
	bulkGone = "Not there any more, or not yours to see."
	bulkSame = "It was so already."
)

// doBulk does the act to contacts and puts into their rows what became of each.
func (s *Contacts) doBulk(tx *db.Tx, who crm.Actor, b *crm.Bulk, rows []crm.BulkRow) error {
	policy, err := bulkPolicy(tx, b)
	if err != nil {
		return err
	}
	switch b.Action {
	case crm.BulkArchive, crm.BulkRestore, crm.BulkDelete:
		return s.bulkStatus(tx, who, b, rows, policy)
	}
	if b.UndoOf != "" {
		return s.undoEdits(tx, who, b, rows, policy)
	}
	drafts := make([]*crm.Draft, len(rows))
	for n, r := range rows {
		drafts[n] = BulkDraft{Action: b.Action, What: b.What}.draft()
		drafts[n].ID = r.ContactID
	}
	list, err := s.Save(tx, who, drafts, policy, s.Now())
	for n, p := range list {
		ended(&rows[n], p)
		if p.Outcome == Update {
			rows[n].Changed = changedBy(b.Action, p)
		}
	}
	return err
}

// bulkPolicy has the history of each contact name the act.
func bulkPolicy(tx *db.Tx, b *crm.Bulk) (p Policy, err error) {
	p.Subject = b.ID
	done, undone := "Done to many contacts at once.", "An act on many contacts was taken back."
	if len(b.What.Tags) > 0 {
		tags, err := store.TagsByID(tx, b.BusinessID, b.What.Tags)
		if err != nil {
			return p, err
		}
		named := slices.Compact(slices.SortedFunc(maps.Values(tags), crm.TagOrder{}.Compare))
		names := make([]string, len(named))
		for n, t := range named {
			names[n] = t.Name
		}
		list := strings.Join(names, ", ")
		done = "Tagged with many others: " + list + "."
		undone = "Tagging many at once was taken back: " + list + "."
		if b.Action == crm.BulkRemoveTags {
			done = "Taken off many at once: " + list + "."
			undone = "Taking off many at once was taken back: " + list + "."
		}
	}
	p.Note = done
	if b.UndoOf != "" {
		p.Note = undone
	}
	return p, nil
}

// bulkStatus archives, restores or deletes.
func (s *Contacts) bulkStatus(tx *db.Tx, who crm.Actor, b *crm.Bulk, rows []crm.BulkRow, policy Policy) error {
	ids := contactsOf(rows)
	store.LockContacts(tx, who.BusinessID, ids)
	seen, err := store.ContactsSeen(tx, who, ids)
	if err != nil {
		return err
	}
	there := map[crm.ID]*crm.Contact{}
	for _, c := range seen {
		there[c.ID] = c
	}
	to, event := crm.Archived, crm.ContactArchived
	if (b.Action == crm.BulkRestore) != (b.UndoOf != "") {
		to, event = crm.Active, crm.ContactRestored
	}
	var moved []*crm.Contact
	for n := range rows {
		r := &rows[n]
		switch c := there[r.ContactID]; {
		case c == nil:
			r.Outcome, r.Reason = crm.BulkNotDone, bulkGone
		case b.Action == crm.BulkDelete && b.UndoOf == "":
			d, err := s.deleteOrArchive(tx, who, c, policy)
			if err != nil {
				return err
			}
			r.Outcome = crm.BulkChanged
			if d.Archived {
				r.Outcome, r.Reason = crm.BulkArchived, d.reason()
			}
		case c.Status == to:
			r.Outcome, r.Reason = crm.BulkUnchanged, bulkSame
		default:
			r.Outcome = crm.BulkChanged
			moved = append(moved, c)
		}
	}
	return s.setStatuses(tx, who, moved, to, event, policy)
}
