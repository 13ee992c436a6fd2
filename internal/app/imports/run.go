package imports

import (
	"context"
	"strconv"
	"sync"
	"time"

	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/importer"
	"parley/internal/store"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Start has the rows written, as the preview says. Errors: Invalid while a needed field
// has no column, Conflicting when there is no preview or it has begun.
func (s *Imports) Start(ctx context.Context, who crm.Actor, id crm.ID) (*crm.Import, error) {
	return s.change(ctx, who, id, func(tx *db.Tx, i *crm.Import) error {
		if i.Status.Began() {
			return notNow(i, "It has begun already.")
		}
		if err := needed(i); err != nil {
			return err
		}
		if i.Status != crm.ImportPreviewed {
			return notNow(i, "Look at the preview first.")
		}
		if i.Choices.CreateTags && !who.IsAdmin() {
			return crm.Errorf(crm.Forbidden, "tags_need_admin", "Only an admin can have new tags made.")
		}
		now := s.Now()
		i.Status, i.Place, i.StartedAt, i.MovedAt = crm.ImportRunning, 0, now, now
		i.Round++
		for n := range i.File.Columns {
			i.File.Columns[n].Samples = nil // they have served, and hold people's data
		}
		remembered := crm.ImportChoices{Mapping: i.Choices.Mapping, Existing: i.Choices.Existing, Country: i.Choices.Country}
		for _, fingerprint := range []string{i.File.Fingerprint, refusedFingerprint(i)} {
			store.KeepImportChoices(tx, who.BusinessID, fingerprint, remembered, now)
		}
		if err := s.record(tx, s.event(who, crm.ImportStarted, i)); err != nil {
			return err
		}
		return s.Enqueue(tx, who.BusinessID, id)
	})
}

// Cancel ends a run after the chunk at hand: rows that were written stay, and can be
// undone; the others count as skipped. A preview that is being made is given up.
func (s *Imports) Cancel(ctx context.Context, who crm.Actor, id crm.ID) (*crm.Import, error) {
	return s.change(ctx, who, id, func(tx *db.Tx, i *crm.Import) error {
		switch i.Status {
		case crm.ImportRunning:
			rest, err := store.CountImportRows(tx, who.BusinessID, id, i.Place)
			if err != nil {
				return err
			}
			for outcome, n := range rest {
				i.Counts[outcome] -= n
				i.Counts[crm.RowSkipped] += n
			}
			i.Status, i.EndedAt = crm.ImportCancelled, s.Now()
			if err := s.record(tx, s.event(who, crm.ImportEnded, i)); err != nil {
				return err
			}
		case crm.ImportPreviewing:
			i.Status = crm.ImportMapping
		default:
			return notNow(i, "There is nothing to cancel.")
		}
		i.Round++
		return nil
	})
}

// Delete forgets an import that never began, with its file.
func (s *Imports) Delete(ctx context.Context, who crm.Actor, id crm.ID) error {
	_, err := s.change(ctx, who, id, func(_ *db.Tx, i *crm.Import) error {
		if i.Status.Began() {
			return notNow(i, "Its receipt is kept for good.")
		}
		i.Status, i.MovedAt = crm.ImportUploading, s.Now() // nobody sees it any more
		i.Round++
		return nil
	})
	if err != nil {
		return err
	}
	return s.forget(context.WithoutCancel(ctx), who.BusinessID, id)
}

// staged is a row that was previewed, and read again.
type staged struct {
	row    crm.ImportRow
	result importer.Result
}

// run writes rows for one slice of time. again is more than 0 when there are more.
func (s *Imports) run(ctx context.Context, i *crm.Import) (again time.Duration, err error) {
	if err := s.claim(ctx, i, nil); err != nil {
		return 0, err
	}
	around, err := s.around(ctx, i.BusinessID)
	if err != nil {
		return 0, err
	}
	p, err := parser(i, around)
	if err != nil {
		return 0, err
	}
	var who crm.Actor
	if err := s.DB.Read(ctx, func(tx *db.Tx) error {
		r, err := role(tx, i)
		who = actorOf(i, r)
		return err
	}); err != nil {
		return 0, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	begun := time.Now()
	size, step := s.paced(pace{minChunk, minChunk, maxChunk, endTime}), s.paced(pace{maxStep, minStep, maxStep, stepTime})
	var moved, told time.Time
	var waiting []staged
	for batch := range s.read(ctx, i, p) {
		if batch.err != nil {
			return 0, batch.err
		}
		waiting = append(waiting, batch.rows...)
		for len(waiting) >= size.rows || batch.last || time.Since(moved) > tellEvery {
			c := &runningChunk{who: who, rows: waiting, through: batch.through, last: batch.last}
			if len(waiting) > size.rows {
				c.rows, c.through, c.last = waiting[:size.rows], waiting[size.rows].row.Position-1, false
			}
			if err := s.runChunk(ctx, i, c, &size, &step, &told); err != nil {
				return 0, err
			}
			waiting, moved = waiting[c.done:], time.Now()
			if i.Status != crm.ImportRunning {
				return 0, nil
			}
			if time.Since(begun) > slice {
				return time.Millisecond, nil
			}
		}
	}
	return 0, ctx.Err()
}

// readBatch is the rows up to a position in which there is something to do, in their order; last
// says that none follow.
type readBatch struct {
	rows    []staged
	through int
	last    bool
	err     error
}

// read reads rows behind the place of an import and makes drafts of them on all cores,
// a little ahead of whoever writes them.
func (s *Imports) read(ctx context.Context, i *crm.Import, p *importer.Parser) <-chan readBatch {
	const positions = 1000
	batches := make(chan readBatch, 2)
	place, total := i.Place, i.Total
	business, id := i.BusinessID, i.ID
	go func() {
		defer close(batches)
		for {
			through := min(place+positions, total)
			var list []crm.ImportRow
			err := s.DB.ReadBehind(ctx, func(tx *db.Tx) (err error) {
				list, err = store.OpenImportRows(tx, business, id, place, through)
				return err
			})
			b := readBatch{rows: s.parse(p, list), through: through, last: through == total, err: err}
			place = through
			select {
			case batches <- b:
			case <-ctx.Done():
				return
			}
			if b.last || b.err != nil {
				return
			}
		}
	}()
	return batches
}

func (s *Imports) parse(p *importer.Parser, list []crm.ImportRow) []staged {
	rows := make([]staged, len(list))
	var running sync.WaitGroup
	workers := s.workers()
	for w := range workers {
		running.Go(func() {
			for n := w; n < len(list); n += workers {
				rows[n].row = list[n]
				if list[n].Outcome != crm.RowRefused {
					rows[n].result = parseRow(p, list[n])
				}
			}
		})
	}
	running.Wait()
	return rows
}

func parseRow(p *importer.Parser, row crm.ImportRow) importer.Result {
	return p.Parse(importer.Row{Line: row.Line, Cells: row.Cells, Phones: row.Phones})
}

// runningChunk is rows that are written in one transaction.
type runningChunk struct {
	who     crm.Actor
	rows    []staged
	through int  // the position up to which nothing else is to do
	last    bool // nothing is behind it either
	done    int  // how many rows were written: fewer than there are when others wait for the writer
}

// runChunk writes rows in one transaction, with what became of them and how far the import is.
func (s *Imports) runChunk(ctx context.Context, i *crm.Import, c *runningChunk, size, step *pace, told *time.Time) error {
	var written time.Time
	err := s.chunk(ctx, i, func(tx *db.Tx, now *crm.Import) error {
		c.done = 0
		var created []*crm.Contact
		for held := time.Now(); c.done < len(c.rows) && (time.Since(held) < leastTime || !tx.Awaited()); {
			stepped := time.Now()
			next := min(c.done+step.rows, len(c.rows))
			made, err := s.save(tx, now, c.who, c.rows[c.done:next])
			if err != nil {
				return err
			}
			created = append(created, made...)
			step.took(next-c.done, time.Since(stepped))
			c.done = next
		}
		written = time.Now()
		if err := store.IndexNew(tx, i.BusinessID, created); err != nil {
			return err
		}
		now.Place = c.through
		if c.done < len(c.rows) {
			now.Place = c.rows[c.done].row.Position - 1
		}
		now.Written = now.Place
		if c.last && c.done == len(c.rows) {
			now.Status, now.EndedAt = crm.ImportDone, s.Now()
			if err := s.record(tx, s.event(c.who, crm.ImportEnded, now)); err != nil {
				return err
			}
		}
		return s.tell(tx, now, told)
	})
	size.took(c.done, time.Since(written))
	return err
}

// save writes the rows of a step, and answers with the contacts that they made.
func (s *Imports) save(tx *db.Tx, i *crm.Import, who crm.Actor, list []staged) ([]*crm.Contact, error) {
	tags, err := readTags(tx, i)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	create := func(name string) crm.Tag {
		t := crm.Tag{ID: crm.NewID(now), Name: name, Colour: crm.TagColours[0]}
		store.AddTag(tx, i.BusinessID, t, now)
		return t
	}
	var rows []contacts.Brought
	var of []crm.ImportRow
	var warnings [][]crm.FieldError
	for n := range list {
		row := list[n].row
		if row.Outcome == crm.RowRefused {
			continue
		}
		if row.Outcome != crm.RowCreate {
			// The row was about somebody who is there. Should they be gone, it makes a
			// contact under an id of its own.
			row.ContactID = crm.NewID(now)
		}
		brought, said := tags.brought(&list[n].result, row, create)
		if list[n].row.Outcome == crm.RowSame {
			brought.Same, brought.SameLine = list[n].row.ContactID, list[n].row.SameLine
		}
		rows, of, warnings = append(rows, brought), append(of, list[n].row), append(warnings, said)
	}
	saved, err := s.Contacts.SaveBrought(tx, who, rows, i.Choices.Existing, now)
	if err != nil {
		return nil, err
	}
	for n, p := range saved.Plans {
		row := of[n]
		settle(&row, p, warnings[n])
		if sameRow(of[n], row) {
			continue
		}
		i.Counts[of[n].Outcome]--
		i.Counts[row.Outcome]++
		store.ChangeImportRow(tx, i.BusinessID, i.ID, row)
	}
	kept := make([]store.ImportChange, len(saved.Changed))
	for n, c := range saved.Changed {
		kept[n] = store.ImportChange{Contact: c.Before.ID, Was: c.Before, Became: c.After}
	}
	return saved.Created, store.KeepImportChanges(tx, i.BusinessID, i.ID, kept)
}
