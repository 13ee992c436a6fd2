package team

import (
	"context"
	"time"

	"parley/internal/auth"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// invitationLasts is how long an invitation or reset link is good for.
const invitationLasts = 7 * 24 * time.Hour

// UserDraft is what somebody wants a user to be. nil leaves a field as it is.
type UserDraft struct {
	Name, Email, Phone *string
	Role               *crm.Role
	Active             *bool
	// HandOverTo gets what a user has who is deactivated (V4); nil or empty leaves it without
	// a place.
	HandOverTo *crm.ID
}

// Users are the users of the business by name.
func (s *Team) Users(ctx context.Context, who crm.Actor) (list []crm.User, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err = store.Users(tx, who.BusinessID)
		return err
	})
	return list, err
}

// User reads one user of the business.
func (s *Team) User(ctx context.Context, who crm.Actor, id crm.ID) (u crm.User, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		u, err = store.User(tx, who.BusinessID, id)
		return err
	})
	return u, err
}

// Invite makes a user without a password and a link by which that user sets one. Admins
// only. The error is of kind Invalid or Conflicting (I1: the e-mail or phone is taken).
func (s *Team) Invite(ctx context.Context, who crm.Actor, d UserDraft) (u crm.User, token string, err error) {
	if !who.IsAdmin() {
		return u, "", crm.ErrForbidden
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		now := s.Now()
		u = crm.User{BusinessID: who.BusinessID, ID: crm.NewID(now), Role: crm.Agent, Active: true, Invited: true, CreatedAt: now}
		come, _, err := s.draftUser(tx, who, &u, d, nil)
		if err != nil {
			return err
		}
		store.AddUser(tx, u)
		s.writeIdentities(tx, u, come, nil, now)
		token = newLink(tx, "invitation", u, now)
		event := who.Event(crm.UserInvited, now)
		event.UserID, event.Note = u.ID, u.Name
		return s.record(tx, event)
	})
	return u, token, err
}

// ChangeUser changes a user. Admins change everyone, others themselves, but nobody their
// own role, and nobody deactivates the last admin. What deactivating does is said at leave.
func (s *Team) ChangeUser(ctx context.Context, who crm.Actor, id crm.ID, d UserDraft) (u crm.User, err error) {
	if !who.IsAdmin() && (id != who.UserID || d.Role != nil || d.Active != nil || d.HandOverTo != nil) {
		return u, crm.ErrForbidden
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		store.LockUser(tx, who.BusinessID, id)
		if u, err = store.User(tx, who.BusinessID, id); err != nil {
			return err
		}
		had, err := store.UserIdentities(tx, who.BusinessID, id)
		if err != nil {
			return err
		}
		was := u
		come, gone, err := s.draftUser(tx, who, &u, d, had)
		if err != nil {
			return err
		}
		if err := s.keepAnAdmin(tx, who, was, u); err != nil {
			return err
		}
		var to *crm.User
		if d.HandOverTo != nil && *d.HandOverTo != "" {
			chosen, err := heir(tx, u, *d.HandOverTo)
			if err != nil {
				return err
			}
			to = &chosen
		}
		now := s.Now()
		store.ChangeUser(tx, u)
		s.writeIdentities(tx, u, come, gone, now)
		return s.noteChange(tx, who, was, u, to, now)
	})
	return u, err
}

// noteChange records what changed of a user and draws the consequences of V4.
func (s *Team) noteChange(tx *db.Tx, who crm.Actor, was, u crm.User, to *crm.User, now time.Time) error {
	event := who.Event(crm.UserChanged, now)
	event.UserID, event.Note, event.Changes = u.ID, u.Name, userChanges(was, u)
	if was.Active && !u.Active {
		event.Type = crm.UserDeactivated
		if to != nil {
			event.Changes = append(event.Changes, crm.Change{Field: "handed_over_to", Old: nil, New: to.Name})
		}
		left, err := s.leave(tx, who, u, to, now)
		if err != nil {
			return err
		}
		return s.record(tx, append([]crm.Event{event}, left...)...)
	}
	if !was.Active && u.Active {
		event.Type = crm.UserReactivated
	}
	return s.record(tx, event)
}

// userChanges are what changed of a user, field by field, for the audit log (A4).
func userChanges(was, u crm.User) []crm.Change {
	var list []crm.Change
	add := func(field string, old, now any) {
		if old != now {
			list = append(list, crm.Change{Field: field, Old: old, New: now})
		}
	}
	add("name", was.Name, u.Name)
	add("role", string(was.Role), string(u.Role))
	add("email", was.Email, u.Email)
	add("phone", was.Phone, u.Phone)
	add("active", was.Active, u.Active)
	return list
}

// keepAnAdmin refuses what would leave the business without an active admin, or change
// one's own role.
func (s *Team) keepAnAdmin(tx *db.Tx, who crm.Actor, was, is crm.User) error {
	if was.Role != crm.Admin || is.Role == crm.Admin && is.Active {
		return nil
	}
	if is.ID == who.UserID {
		return crm.Errorf(crm.Conflicting, "yourself", "You cannot take your own admin role away. Another admin can.")
	}
	store.LockIdentities(tx, is.BusinessID, []crm.IdentityKey{{Value: "admins"}})
	users, err := store.Users(tx, is.BusinessID)
	if err != nil {
		return err
	}
	for _, u := range users {
		if u.ID != is.ID && u.Role == crm.Admin && u.Active {
			return nil
		}
	}
	return crm.Errorf(crm.Conflicting, "last_admin", "This is the last active admin. Make somebody else an admin first.")
}

// draftUser applies a draft to u and returns the identities that come and go.
func (s *Team) draftUser(tx *db.Tx, who crm.Actor, u *crm.User, d UserDraft, had []crm.Identity) (come, gone []crm.Identity, err error) {
	business, err := store.Business(tx, who.BusinessID)
	if err != nil {
		return nil, nil, err
	}
	var problems crm.Problems
	if d.Name != nil {
		u.Name = crm.CleanLine(&problems, "name", *d.Name, 200)
	}
	if u.Name == "" {
		problems.Add("name", "required", "A name is needed.")
	}
	if d.Role != nil {
		u.Role = *d.Role
		if u.Role != crm.Admin && u.Role != crm.Agent {
			problems.Add("role", "unknown_role", "A role is admin or agent.")
		}
	}
	if d.Active != nil {
		u.Active = *d.Active
	}
	if d.Email != nil {
		value, entered, err := crm.ParseEmail(*d.Email)
		if err != nil {
			problems.Add("email", "invalid_email", "%s", err)
		}
		u.Email = entered
		come, gone = exchange(come, gone, had, crm.Identity{Kind: crm.EmailIdentity, Value: value, Entered: entered, Primary: true})
	} else if u.Email == "" {
		problems.Add("email", "required", "An e-mail address is needed to sign in.")
	}
	if d.Phone != nil {
		phone := crm.Phone{}
		if *d.Phone != "" {
			if phone, err = crm.ParsePhone(*d.Phone, business.Country, business.Demo); err != nil {
				problems.Add("phone", "invalid_phone", "%s", err)
			}
		}
		u.Phone = phone.E164
		come, gone = exchange(come, gone, had, crm.Identity{Kind: crm.PhoneIdentity, Value: phone.E164, Entered: phone.Entered, Primary: true})
	}
	if err := problems.Err(); err != nil {
		return nil, nil, err
	}
	return come, gone, s.checkFree(tx, who, u.ID, come)
}

// exchange puts an identity in the place of the one of its kind; one without a value only
// takes the old one away.
func exchange(come, gone, had []crm.Identity, i crm.Identity) ([]crm.Identity, []crm.Identity) {
	for _, old := range had {
		if old.Kind == i.Kind {
			gone = append(gone, old)
		}
	}
	if i.Value != "" {
		come = append(come, i)
	}
	return come, gone
}

// checkFree refuses identities that somebody else holds (I1, I6).
func (s *Team) checkFree(tx *db.Tx, who crm.Actor, self crm.ID, come []crm.Identity) error {
	keys := make([]crm.IdentityKey, len(come))
	for n, i := range come {
		keys[n] = i.Key()
	}
	store.LockIdentities(tx, who.BusinessID, keys)
	holdings, err := store.Holders(tx, who.BusinessID, come)
	if err != nil {
		return err
	}
	for _, h := range holdings {
		if h.UserID == self {
			continue
		}
		conflict := &crm.Conflict{Field: string(h.Kind), Value: h.Shown(), HeldBy: "user", Actions: []string{}}
		detail := "This is used by another team member."
		if h.ContactID != "" {
			conflict.HeldBy = "contact"
			detail = "This belongs to a contact."
			c, err := store.Contact(tx, who, h.ContactID)
			if err != nil && crm.KindOf(err) != crm.NotFound {
				return err
			}
			if err == nil {
				if c.Status == crm.Archived {
					conflict.HeldBy = "archived_contact"
				}
				conflict.ID, conflict.Name, conflict.Actions = c.ID, c.Name(), []string{"open"}
				detail = "This belongs to the contact " + c.Name() + "."
			}
		}
		return &crm.Error{Kind: crm.Conflicting, Code: "identity_taken", Detail: detail, Conflict: conflict,
			Fields: []crm.FieldError{{Field: conflict.Field, Code: "identity_taken", Detail: detail}}}
	}
	return nil
}

func (s *Team) writeIdentities(tx *db.Tx, u crm.User, come, gone []crm.Identity, now time.Time) {
	owner := crm.Owner{UserID: u.ID}
	var keys []crm.IdentityKey
	for _, i := range gone {
		keys = append(keys, i.Key())
	}
	store.RemoveIdentities(tx, u.BusinessID, owner, keys)
	var holdings []store.Holding
	for _, i := range come {
		holdings = append(holdings, store.Holding{Identity: i, Owner: owner})
		if i.Kind == crm.EmailIdentity {
			store.SetSignIn(tx, u.BusinessID, u.ID, i.Value)
		}
	}
	store.AddIdentities(tx, u.BusinessID, holdings, now)
}

// NewLink makes a link by which a user sets a new password; older ones end. Admins only.
func (s *Team) NewLink(ctx context.Context, who crm.Actor, user crm.ID) (token string, err error) {
	if !who.IsAdmin() {
		return "", crm.ErrForbidden
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		u, err := store.User(tx, who.BusinessID, user)
		if err != nil {
			return err
		}
		if !u.Active {
			return crm.Errorf(crm.Conflicting, "not_active", "This user is deactivated. Activate the user first.")
		}
		purpose := "reset"
		if u.Invited {
			purpose = "invitation"
		}
		now := s.Now()
		token = newLink(tx, purpose, u, now)
		event := who.Event(crm.UserInvited, now)
		event.UserID, event.Note = u.ID, "New link to set a password."
		return s.record(tx, event)
	})
	return token, err
}

func newLink(tx *db.Tx, purpose string, u crm.User, now time.Time) string {
	token, hash := auth.NewToken("")
	store.AddLink(tx, hash, purpose, u.BusinessID, u.ID, now.Add(invitationLasts))
	return token
}
