package inbox

import (
	"context"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// UnfiledMessage reads one message that could not be filed. Admins only.
func (s *Inbox) UnfiledMessage(ctx context.Context, who crm.Actor, id crm.ID) (u store.Unfiled, err error) {
	if !who.IsAdmin() {
		return u, crm.ErrForbidden
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		u, err = store.UnfiledByID(tx, who.BusinessID, id)
		return err
	})
	return u, err
}

// Media reads what is known of a file of a message that who may see, without fetching it.
func (s *Inbox) Media(ctx context.Context, who crm.Actor, id crm.ID) (m crm.Media, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		place, err := store.MediaByID(tx, who.BusinessID, id)
		if err != nil {
			return err
		}
		m = place.Media
		_, err = store.ConversationByID(tx, who, place.ConversationID)
		return err
	})
	return m, err
}
