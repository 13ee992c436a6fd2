package team

import (
	"context"

	"parley/internal/auth"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Tokens are the API tokens of a user: one's own, or anyone's for admins.
func (s *Team) Tokens(ctx context.Context, who crm.Actor, user crm.ID) (list []store.Token, err error) {
	if user != who.UserID && !who.IsAdmin() {
		return nil, crm.ErrForbidden
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err = store.Tokens(tx, who.BusinessID, user)
		return err
	})
	return list, err
}

// NewToken makes an API token of a user: one's own, or anyone's for admins. It is
// returned here and can never be read again.
func (s *Team) NewToken(ctx context.Context, who crm.Actor, user crm.ID, name string) (token string, err error) {
	if user != who.UserID && !who.IsAdmin() {
		return "", crm.ErrForbidden
	}
	var problems crm.Problems
	name = crm.CleanLine(&problems, "name", name, 100)
	if err := problems.Err(); err != nil {
		return "", err
	}
	token, hash := auth.NewToken("parley_")
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		u, err := store.User(tx, who.BusinessID, user)
		if err != nil {
			return err
		}
		if !u.Active {
			return crm.Errorf(crm.Conflicting, "not_active", "This user is deactivated.")
		}
		now := s.Now()
		store.AddToken(tx, hash, who.BusinessID, user, store.Token{ID: crm.NewID(now), Name: name, CreatedAt: now})
		event := who.Event(crm.TokenCreated, now)
		event.UserID, event.Note = user, name
		return s.record(tx, event)
	})
	return token, err
}

// EndToken ends one of the actor's own API tokens.
func (s *Team) EndToken(ctx context.Context, who crm.Actor, id crm.ID) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		store.EndToken(tx, who.BusinessID, who.UserID, id)
		event := who.Event(crm.TokenEnded, s.Now())
		event.UserID, event.SubjectID = who.UserID, id
		return s.record(tx, event)
	})
}
