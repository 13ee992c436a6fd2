package inbox

import (
	"context"

	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Unfiled is a page of what could not be filed, newest first, before an id. Admins only
// (I7).
func (s *Inbox) Unfiled(ctx context.Context, who crm.Actor, before crm.ID, limit int) (list []store.Unfiled, err error) {
	if !who.IsAdmin() {
		return nil, crm.ErrForbidden
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err = store.UnfiledMessages(tx, who.BusinessID, before, limit)
		return err
	})
	return list, err
}

// Retry files an unfiled message once more, as if it came in now; the time it was written
// stays. What cannot be filed again stays in the list under the same id. Admins only.
func (s *Inbox) Retry(ctx context.Context, who crm.Actor, id crm.ID, scope func(store.Channel) string) (filed bool, err error) {
	if !who.IsAdmin() {
		return false, crm.ErrForbidden
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		u, err := store.UnfiledByID(tx, who.BusinessID, id)
		if err != nil {
			return err
		}
		ch, err := store.ChannelByID(tx, who.BusinessID, u.ChannelID)
		if err != nil {
			return err
		}
		store.DeleteUnfiled(tx, who.BusinessID, id)
		r := &receipt{Inbox: s, tx: tx, channel: ch, scope: scope(ch), now: s.Now(), again: &u,
			who: crm.Actor{BusinessID: who.BusinessID, Name: ch.Family.Title(), Via: crm.ViaMessage}}
		if err := r.file([]crm.Inbound{u.Item}); err != nil {
			return err
		}
		if filed = !r.stays; !filed {
			return nil
		}
		event := who.Event(crm.UnfiledResolved, s.Now())
		event.SubjectID = id
		return s.record(tx, event)
	})
	return filed, err
}
