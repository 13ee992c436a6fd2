package contacts

import (
	"context"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

const (
	// lookEvery is how long a changed contact may wait until its duplicates are known.
	lookEvery = 2 * time.Second
	// lookAt is how many events are looked through at once: their writing stays well
	// under 100 ms, so that webhooks do not wait for it.
	lookAt = 250
	// lease is how long a node may be silent before another one takes its work on.
	lease = 30 * time.Second
	// importRest is how long an import may not have moved for duplicates to be looked for beside it.
	// They would take half of what it has of the processors and the writer.
	importRest = 5 * time.Second
)

// KeepDuplicates looks for duplicates among what changed until ctx ends (C12). It follows
// the events, so that saving contacts costs nothing more, and waits while an import is at
// work; how far it came is on disk, and several nodes share the businesses among them.
func (s *Contacts) KeepDuplicates(ctx context.Context, report func(error)) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	idle := map[crm.ID]store.Cursor{}
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if err := s.findDuplicates(ctx, idle, s.importing); err != nil && ctx.Err() == nil {
			report(err)
		}
	}
}

// FindDuplicates looks through everything that changed, now.
func (s *Contacts) FindDuplicates(ctx context.Context) error {
	return s.findDuplicates(ctx, map[crm.ID]store.Cursor{}, func(context.Context, crm.ID) (bool, error) { return false, nil })
}

// importing reports whether an import of a business is at work.
func (s *Contacts) importing(ctx context.Context, business crm.ID) (at bool, err error) {
	err = s.DB.ReadBehind(ctx, func(tx *db.Tx) error {
		at, err = store.ImportAtWork(tx, business, s.Now().Add(-importRest))
		return err
	})
	return at, err
}

// findDuplicates works off what is behind. idle remembers how far there was nothing to
// do, which is not worth a write each time. A business is left for later when later says so.
func (s *Contacts) findDuplicates(ctx context.Context, idle map[crm.ID]store.Cursor, later func(context.Context, crm.ID) (bool, error)) error {
	var behind []crm.ID
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		behind, err = store.Behind(tx)
		return err
	})
	if err != nil {
		return err
	}
	for _, business := range behind {
		if err := s.findIn(ctx, business, idle, later); err != nil {
			return err
		}
	}
	return nil
}

// findIn works off one business, unless another node does.
func (s *Contacts) findIn(ctx context.Context, business crm.ID, idle map[crm.ID]store.Cursor, later func(context.Context, crm.ID) (bool, error)) error {
	if at, known := idle[business]; known {
		quiet, err := s.stillQuiet(ctx, business, at, idle)
		if err != nil || quiet {
			return err
		}
	}
	if wait, err := later(ctx, business); err != nil || wait {
		return err
	}
	var at store.Cursor
	var taken bool
	err := s.DB.Write(ctx, func(tx *db.Tx) (err error) {
		now := time.Now()
		at, taken, err = store.TakeProgress(tx, business, now, now.Add(lease))
		return err
	})
	if err != nil || !taken {
		return err
	}
	for err == nil {
		var batch findings
		if batch, err = s.gatherFindings(ctx, business, at); err != nil || len(batch.events) == 0 {
			break
		}
		var moved bool
		err = s.DB.WriteBehind(ctx, func(tx *db.Tx) error {
			var err error
			if moved, err = store.MoveProgress(tx, business, at, batch.last(), time.Now().Add(lease)); err != nil || !moved {
				return err
			}
			return batch.write(tx, business)
		})
		if !moved {
			return err
		}
		at = batch.last()
		idle[business] = at
		if len(batch.changed) > 0 && len(batch.events) == lookAt {
			select { // there is more: leave room for others
			case <-time.After(5 * time.Millisecond):
			case <-ctx.Done():
			}
			var wait bool
			if wait, err = later(ctx, business); wait {
				break
			}
		}
	}
	return firstErr(err, s.DB.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		store.LeaveProgress(tx, business)
		return nil
	}))
}

func firstErr(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// stillQuiet passes over events that say nothing of duplicates, such as messages.
func (s *Contacts) stillQuiet(ctx context.Context, business crm.ID, at store.Cursor, idle map[crm.ID]store.Cursor) (quiet bool, err error) {
	err = s.DB.ReadBehind(ctx, func(tx *db.Tx) error {
		list, err := store.ChangedContacts(tx, business, at, lookAt)
		quiet = len(list) < lookAt // so many are worth writing down how far one came
		for _, e := range list {
			quiet = quiet && e.Contact == ""
		}
		if quiet && len(list) > 0 {
			idle[business] = list[len(list)-1].At
		}
		return err
	})
	return quiet, err
}

// findings is what some events say of duplicates.
type findings struct {
	events  []store.ChangedContact
	changed []crm.ID
	keys    map[crm.ID][]crm.DuplicateKey
	pairs   []store.Duplicate
	told    []store.Duplicate
}

func (f *findings) last() store.Cursor { return f.events[len(f.events)-1].At }

// gatherFindings reads the next events and compares the contacts they changed with those
// that share a key, among them and before them. Nothing is written.
func (s *Contacts) gatherFindings(ctx context.Context, business crm.ID, at store.Cursor) (f findings, err error) {
	err = s.DB.ReadBehind(ctx, func(tx *db.Tx) error {
		f = findings{keys: map[crm.ID][]crm.DuplicateKey{}}
		if f.events, err = store.ChangedContacts(tx, business, at, lookAt); err != nil {
			return err
		}
		seen := map[crm.ID]bool{}
		for _, e := range f.events {
			if e.Contact != "" && !seen[e.Contact] {
				seen[e.Contact] = true
				f.changed = append(f.changed, e.Contact)
			}
		}
		known := map[crm.ID]*crm.Contact{}
		list, err := store.ContactsByID(tx, business, f.changed)
		if err != nil {
			return err
		}
		for _, c := range list {
			known[c.ID] = c
			f.keys[c.ID] = crm.DuplicateKeys(c)
		}
		return f.compare(tx, business, known, s.Now())
	})
	return f, err
}

// compare finds pairs among contacts that share a key.
func (f *findings) compare(tx *db.Tx, business crm.ID, known map[crm.ID]*crm.Contact, now time.Time) error {
	var keys []crm.DuplicateKey
	most, sharing := map[string]int{}, map[string][]crm.ID{}
	for _, id := range f.changed {
		for _, key := range f.keys[id] {
			if most[key.Key] == 0 {
				most[key.Key] = key.Most
				keys = append(keys, key)
			}
			sharing[key.Key] = append(sharing[key.Key], id)
		}
	}
	stored, err := store.Sharing(tx, business, keys)
	if err != nil {
		return err
	}
	changed := map[crm.ID]bool{}
	for _, id := range f.changed {
		changed[id] = true
	}
	var others []crm.ID
	for key, ids := range stored {
		for _, id := range ids {
			if !changed[id] { // of those that changed the new keys are known
				sharing[key] = append(sharing[key], id)
			}
		}
		if len(sharing[key]) > most[key] {
			continue
		}
		for _, id := range sharing[key] {
			if known[id] == nil {
				others = append(others, id)
			}
		}
	}
	list, err := store.ContactsByID(tx, business, others)
	if err != nil {
		return err
	}
	for _, c := range list {
		known[c.ID] = c
	}
	f.pair(sharing, most, known, now)
	return nil
}

func (f *findings) pair(sharing map[string][]crm.ID, most map[string]int, known map[crm.ID]*crm.Contact, now time.Time) {
	done := map[[2]crm.ID]bool{}
	for _, e := range f.events {
		if e.Type == crm.ContactLookalike && known[e.Contact] != nil && e.Other != "" {
			f.told = append(f.told, store.NewDuplicate(e.Contact, e.Other, toldLikeness, now))
		}
		for _, key := range f.keys[e.Contact] {
			if len(sharing[key.Key]) > most[key.Key] {
				continue
			}
			for _, other := range sharing[key.Key] {
				d := store.NewDuplicate(e.Contact, other, crm.Likeness{}, now)
				pair := [2]crm.ID{d.Low, d.High}
				if other == e.Contact || known[other] == nil || done[pair] {
					continue
				}
				done[pair] = true
				if l, ok := crm.Alike(known[e.Contact], known[other]); ok {
					d.Score, d.Reason = l.Score, l.Reason
					f.pairs = append(f.pairs, d)
				}
			}
		}
	}
}

// toldLikeness is that of a pair of which a message told: both ids came with it (I5).
var toldLikeness = crm.Likeness{Score: 98, Reason: "A message came with ids of both"}

// write notes keys and pairs, and forgets pairs that are none any more.
func (f *findings) write(tx *db.Tx, business crm.ID) error {
	if len(f.changed) == 0 {
		return nil
	}
	// What was deleted since it was read must not be written: the rows hang on contacts.
	var ids []crm.ID
	ids = append(ids, f.changed...)
	for _, d := range append(f.pairs, f.told...) {
		ids = append(ids, d.Low, d.High)
	}
	there, err := store.Existing(tx, business, ids)
	if err != nil {
		return err
	}
	for _, id := range f.changed {
		if !there[id] {
			delete(f.keys, id)
		}
	}
	store.SetDuplicateKeys(tx, business, f.changed, f.keys)
	keep := map[[2]crm.ID]bool{}
	for _, d := range f.pairs {
		if there[d.Low] && there[d.High] {
			keep[[2]crm.ID{d.Low, d.High}] = true
		}
	}
	if err := store.KeepDuplicates(tx, business, f.changed, keep); err != nil {
		return err
	}
	for _, d := range f.pairs {
		if keep[[2]crm.ID{d.Low, d.High}] {
			store.PutDuplicate(tx, business, d, false)
		}
	}
	for _, d := range f.told {
		if there[d.Low] && there[d.High] {
			store.PutDuplicate(tx, business, d, true)
		}
	}
	return nil
}
