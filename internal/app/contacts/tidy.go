package contacts

import (
	"context"
	"time"

	"parley/internal/db"
	"parley/internal/store"
)

// tidyEvery is how often KeepTidy looks for something to clear away.
const tidyEvery = 10 * time.Second

// KeepTidy clears away the values of deleted custom fields until ctx ends, a chunk at a
// time. Several nodes may do it at once.
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
	return err
}
