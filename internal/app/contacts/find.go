package contacts

import (
	"context"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Find looks for contacts and conversations at once, up to most of each: the search box
// that is open from every page. An empty query finds nothing. The error is of kind Invalid
// for one that cannot be read, on the field q.
func (s *Contacts) Find(ctx context.Context, who crm.Actor, query string, most int) (found store.Found, err error) {
	var problems crm.Problems
	query = crm.CleanLine(&problems, "q", query, 500)
	if err := problems.Err(); err != nil || query == "" {
		return found, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		found, err = store.Find(tx, who, query, most)
		return err
	})
	return found, err
}
