package inbox

import (
	"context"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// CountCap is how far conversations and messages are counted; a count of one more stands
// for "more".
const CountCap = 10_000

// Count counts what List lists, up to CountCap + 1.
func (s *Inbox) Count(ctx context.Context, who crm.Actor, f store.ConversationFilter) (n int, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		n, err = store.CountConversationsIn(tx, who, f, CountCap)
		return err
	})
	return n, err
}

// CountMessages counts the messages of a conversation that who may see, up to CountCap + 1.
func (s *Inbox) CountMessages(ctx context.Context, who crm.Actor, conversation crm.ID) (n int, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := store.ConversationByID(tx, who, conversation); err != nil {
			return err
		}
		n, err = store.CountMessages(tx, who.BusinessID, conversation, CountCap)
		return err
	})
	return n, err
}

// CountUnfiled counts what could not be filed, up to 1001. Admins only.
func (s *Inbox) CountUnfiled(ctx context.Context, who crm.Actor) (n int, err error) {
	if !who.IsAdmin() {
		return 0, crm.ErrForbidden
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		n, err = store.CountUnfiled(tx, who.BusinessID)
		return err
	})
	return n, err
}
