package team

import (
	"context"
	"strings"
	"time"

	"parley/internal/auth"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// sessionLasts is how long a session lives after it was last used.
const sessionLasts = 30 * 24 * time.Hour

// SignIn is an attempt to sign in.
type SignIn struct {
	Email     string
	Password  string
	Business  crm.ID // when the e-mail is known in several; else empty
	Address   string // of the network
	UserAgent string
}

// SignedIn is how an attempt ended: a session token, or the businesses to choose from.
type SignedIn struct {
	Token  string
	Choose []crm.Business // ID and Name only
}

var errSignIn = crm.Errorf(crm.Unauthenticated, "wrong_sign_in", "E-mail and password do not match.")

// SignIn starts a session. The error is of kind Unauthenticated, or Limited while guessing
// is slowed (A2).
func (s *Team) SignIn(ctx context.Context, try SignIn) (result SignedIn, err error) {
	email, _, emailErr := crm.ParseEmail(try.Email)
	if emailErr != nil {
		email = strings.ToLower(strings.TrimSpace(try.Email))
	}
	if err := s.checkGuessing(ctx, email, try.Address); err != nil {
		return result, err
	}
	var accounts []store.Account
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		accounts, err = store.Accounts(tx, email)
		return err
	})
	if err != nil {
		return result, err
	}
	matching := verify(accounts, try)
	if len(matching) == 0 {
		return result, s.noteFailure(ctx, accounts, email, try)
	}
	if len(matching) > 1 {
		for _, a := range matching {
			result.Choose = append(result.Choose, crm.Business{ID: a.BusinessID, Name: a.BusinessName})
		}
		return result, nil
	}
	result.Token, err = s.startSession(ctx, matching[0].BusinessID, matching[0].UserID, email, try)
	return result, err
}

// verify finds the accounts whose password it is; it takes as long when there is none.
func verify(accounts []store.Account, try SignIn) (matching []store.Account) {
	if len(accounts) == 0 {
		auth.VerifyPassword(auth.NoHash, try.Password)
	}
	for _, a := range accounts {
		if try.Business != "" && try.Business != a.BusinessID {
			continue
		}
		if auth.VerifyPassword(a.PasswordHash, try.Password) {
			matching = append(matching, a)
		}
	}
	return matching
}

func (s *Team) startSession(ctx context.Context, business, user crm.ID, email string, try SignIn) (token string, err error) {
	token, hash := auth.NewToken("")
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		now := s.Now()
		u, err := store.User(tx, business, user)
		if err != nil {
			return err
		}
		store.EndExpiredSessions(tx, now)
		store.AddSession(tx, hash, business, crm.Session{ID: crm.NewID(now), UserID: user, CreatedAt: now, LastSeenAt: now,
			ExpiresAt: now.Add(sessionLasts), Address: try.Address, UserAgent: clipText(try.UserAgent, 300)})
		account, _, _ := subjects(email, try.Address)
		store.ForgetGuesses(tx, account)
		event := crm.Actor{BusinessID: business, UserID: user, Name: u.Name, Via: crm.ViaPage, Address: try.Address}.Event(crm.SignedIn, now)
		event.UserID = user
		return s.record(tx, event)
	})
	return token, err
}

// Who finds out who a session token belongs to. It notes, to the minute, that the session
// is used.
func (s *Team) Who(ctx context.Context, token string) (who crm.Actor, session crm.ID, err error) {
	hash := auth.HashToken(token)
	var b store.Bearer
	var found bool
	now := s.Now()
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		b, found, err = store.SessionBearer(tx, hash, now)
		return err
	})
	if err != nil {
		return who, "", err
	}
	if !found {
		return who, "", crm.Errorf(crm.Unauthenticated, "no_session", "Please sign in.")
	}
	if now.Sub(b.LastSeenAt) > time.Minute {
		err = s.DB.Write(ctx, func(tx *db.Tx) error {
			store.TouchSession(tx, hash, now, now.Add(sessionLasts))
			return nil
		})
	}
	return crm.Actor{BusinessID: b.BusinessID, UserID: b.UserID, Role: b.Role, Name: b.Name, Via: crm.ViaPage}, b.SessionID, err
}

// WhoByToken finds out who an API token belongs to (A3).
func (s *Team) WhoByToken(ctx context.Context, token string) (who crm.Actor, err error) {
	hash := auth.HashToken(token)
	var b store.Bearer
	var found bool
	now := s.Now()
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		b, found, err = store.TokenBearer(tx, hash)
		return err
	})
	if err != nil {
		return who, err
	}
	if !found {
		return who, crm.Errorf(crm.Unauthenticated, "bad_token", "This token is not known, or its user is deactivated.")
	}
	if now.Sub(b.LastSeenAt) > time.Minute {
		err = s.DB.Write(ctx, func(tx *db.Tx) error {
			store.TouchToken(tx, hash, now)
			return nil
		})
	}
	return crm.Actor{BusinessID: b.BusinessID, UserID: b.UserID, Role: b.Role, Name: b.Name, Via: crm.ViaAPI}, err
}

// Sessions are the actor's own sessions.
func (s *Team) Sessions(ctx context.Context, who crm.Actor) (list []crm.Session, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err = store.Sessions(tx, who.BusinessID, who.UserID, s.Now())
		return err
	})
	return list, err
}

// EndSession ends one of the actor's own sessions.
func (s *Team) EndSession(ctx context.Context, who crm.Actor, id crm.ID) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		store.EndSession(tx, who.BusinessID, who.UserID, id)
		event := who.Event(crm.SignedOut, s.Now())
		event.UserID = who.UserID
		return s.record(tx, event)
	})
}

// LinkOwner is whom a link to set a password belongs to. The error is of kind NotFound
// when it was used or is too old.
func (s *Team) LinkOwner(ctx context.Context, token string) (u crm.User, b crm.Business, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		link, err := s.openLink(tx, token)
		if err != nil {
			return err
		}
		if u, err = store.User(tx, link.BusinessID, link.UserID); err != nil {
			return err
		}
		b, err = store.Business(tx, link.BusinessID)
		return err
	})
	return u, b, err
}

func (s *Team) openLink(tx *db.Tx, token string) (store.Link, error) {
	link, found, err := store.OpenLink(tx, auth.HashToken(token), s.Now())
	if err == nil && !found {
		err = crm.Errorf(crm.NotFound, "link_over", "This link was used already or is too old. Ask an admin for a new one.")
	}
	return link, err
}

// UseLink sets a password by a link, ends the link and every session, and signs in.
func (s *Team) UseLink(ctx context.Context, token, password string, try SignIn) (session string, err error) {
	if wrong := auth.CheckPassword(password); wrong != "" {
		var problems crm.Problems
		problems.Add("password", "weak_password", "%s", wrong)
		return "", problems.Err()
	}
	hash := auth.HashPassword(password)
	var link store.Link
	var email string
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if link, err = s.openLink(tx, token); err != nil {
			return err
		}
		u, err := store.User(tx, link.BusinessID, link.UserID)
		if err != nil {
			return err
		}
		email, _, _ = crm.ParseEmail(u.Email)
		store.SetPassword(tx, link.BusinessID, link.UserID, hash)
		store.UseLinks(tx, link.BusinessID, link.UserID)
		store.EndSessions(tx, link.BusinessID, link.UserID, "")
		event := crm.Actor{BusinessID: u.BusinessID, UserID: u.ID, Name: u.Name, Via: crm.ViaPage, Address: try.Address}.Event(crm.PasswordChanged, s.Now())
		if link.Purpose == "invitation" {
			event.Type = crm.UserJoined
		}
		event.UserID = u.ID
		return s.record(tx, event)
	})
	if err != nil {
		return "", err
	}
	return s.startSession(ctx, link.BusinessID, link.UserID, email, try)
}

// ChangePassword changes the actor's own password and ends all other sessions (A2).
func (s *Team) ChangePassword(ctx context.Context, who crm.Actor, session crm.ID, old, new string) error {
	var hash string
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		hash, err = store.PasswordHash(tx, who.BusinessID, who.UserID)
		return err
	})
	if err != nil {
		return err
	}
	var problems crm.Problems
	if hash != "" && !auth.VerifyPassword(hash, old) {
		problems.Add("old_password", "wrong_password", "This is not your password.")
	}
	if wrong := auth.CheckPassword(new); wrong != "" {
		problems.Add("password", "weak_password", "%s", wrong)
	}
	if err := problems.Err(); err != nil {
		return err
	}
	made := auth.HashPassword(new)
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		store.SetPassword(tx, who.BusinessID, who.UserID, made)
		store.EndSessions(tx, who.BusinessID, who.UserID, session)
		event := who.Event(crm.PasswordChanged, s.Now())
		event.UserID = who.UserID
		return s.record(tx, event)
	})
}

func clipText(s string, maximum int) string {
	if r := []rune(strings.ToValidUTF8(s, "")); len(r) > maximum {
		return string(r[:maximum])
	}
	return strings.ToValidUTF8(s, "")
}
