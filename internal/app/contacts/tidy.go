package contacts

import (
	"context"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// tidyEvery is how often KeepTidy looks for something to clear away.
const tidyEvery = 10 * time.Second

// KeepTidy clears away the values of deleted custom fields, and tags that are gone, until
// ctx ends, a chunk at a time. Several nodes may do it at once.
func (s *Contacts) KeepTidy(ctx context.Context, report func(error)) {
	tick := time.NewTicker(tidyEvery)
	defer tick.Stop()
	for {
		if err := s.Tidy(ctx); err != nil && ctx.Err() == nil {
			report(err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Tidy clears away everything that waits for it now.
func (s *Contacts) Tidy(ctx context.Context) error {
	var waiting []store.DeletedField
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		waiting, err = store.DeletedFields(tx)
		return err
	})
	for _, f := range waiting {
		for done := false; err == nil && !done; {
			done, err = s.clearField(ctx, f)
		}
	}
	if err != nil {
		return err
	}
	return s.clearTags(ctx)
}

// clearTags takes tags that were deleted or merged off those who carry them still, and
// says so in their histories.
func (s *Contacts) clearTags(ctx context.Context) error {
	var waiting []crm.GoneTag
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		waiting, err = store.TagsToClear(tx)
		return err
	})
	for _, t := range waiting {
		for done := false; err == nil && !done; {
			err = s.DB.WriteBehind(ctx, func(tx *db.Tx) error {
				ids, err := store.ClearTag(tx, t, clearChunk)
				done = len(ids) < clearChunk
				if err != nil {
					return err
				}
				events := make([]crm.Event, len(ids))
				for n, id := range ids {
					events[n] = t.Retagged(id)
				}
				return s.record(tx, events...)
			})
		}
	}
	return err
}
