// Package team is the room of businesses, their users and what belongs to them: sessions,
// tokens, tags and channels.
package team

import (
	"context"
	"strings"
	"time"

	"parley/internal/auth"
	"parley/internal/channel"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// Team holds what the verbs of this room need.
type Team struct {
	DB     *db.DB
	Now    func() time.Time
	Sealer *auth.Sealer
	// Kinds are the providers that channels can be made of.
	Kinds []channel.Kind
	// Config completes what a channel is opened with: addresses, HTTP client.
	Config func(kind string, id crm.ID) channel.Config
	// Wake is called after a commit that wrote events of a business.
	Wake func(business crm.ID)

	opened   opened
	unsealed due
}

// record appends events and has them told to everyone after the commit.
func (s *Team) record(tx *db.Tx, events ...crm.Event) error {
	if len(events) == 0 {
		return nil
	}
	tx.After(func() { s.Wake(events[0].BusinessID) })
	return store.AddEvents(tx, events)
}

// Business reads the actor's business.
func (s *Team) Business(ctx context.Context, who crm.Actor) (b crm.Business, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		b, err = store.Business(tx, who.BusinessID)
		return err
	})
	return b, err
}

// Founding is what a new business begins with.
type Founding struct {
	Name          string
	Country       string
	TimeZone      string // empty: UTC
	AdminName     string // empty: the part of the e-mail before the @
	AdminEmail    string
	AdminPassword string // empty: the admin signs in by a link, or with the token
	Demo          bool
}

// Founded is what Found made. Token is an API token of the admin.
type Founded struct {
	Business crm.Business
	Admin    crm.User
	Token    string
}

// Found makes a business and its first admin. onlyFirst refuses when there is a business
// already: that is the set-up page, which is open to anyone until then. The error is of
// kind Invalid or, with onlyFirst, Forbidden.
func (s *Team) Found(ctx context.Context, f Founding, onlyFirst bool) (made Founded, err error) {
	b, email, err := checkFounding(&f)
	if err != nil {
		return made, err
	}
	hash := ""
	if f.AdminPassword != "" {
		hash = auth.HashPassword(f.AdminPassword)
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if onlyFirst {
			store.LockIdentities(tx, "", []crm.IdentityKey{{Value: "set-up"}})
			if any, err := store.AnyBusiness(tx); err != nil {
				return err
			} else if any {
				return crm.Errorf(crm.Forbidden, "already_set_up", "Parley is set up already. Please sign in.")
			}
		}
		now := s.Now()
		b.ID, b.CreatedAt = crm.NewID(now), now
		u := crm.User{BusinessID: b.ID, ID: crm.NewID(now), Name: f.AdminName, Email: email.Entered, Role: crm.Admin, Active: true, CreatedAt: now, Invited: hash == ""}
		store.AddBusiness(tx, b)
		store.AddUser(tx, u)
		store.AddIdentities(tx, b.ID, []store.Holding{{Identity: email, Owner: crm.Owner{UserID: u.ID}}}, now)
		store.SetSignIn(tx, b.ID, u.ID, email.Value)
		if hash != "" {
			store.SetPassword(tx, b.ID, u.ID, hash)
		}
		token, tokenHash := auth.NewToken("parley_")
		store.AddToken(tx, tokenHash, b.ID, u.ID, store.Token{ID: crm.NewID(now), Name: "made with the business", CreatedAt: now})
		made = Founded{b, u, token}
		event := crm.Actor{BusinessID: b.ID, UserID: u.ID, Name: u.Name, Via: crm.ViaSystem}.Event(crm.BusinessCreated, now)
		return s.record(tx, event)
	})
	return made, err
}

func checkFounding(f *Founding) (b crm.Business, email crm.Identity, err error) {
	var problems crm.Problems
	b = checkBusiness(&problems, crm.Business{Name: f.Name, Country: f.Country, TimeZone: f.TimeZone, Demo: f.Demo})
	f.AdminName = crm.CleanLine(&problems, "admin_name", f.AdminName, 200)
	value, entered, emailErr := crm.ParseEmail(f.AdminEmail)
	if emailErr != nil {
		problems.Add("admin_email", "invalid_email", "%s", emailErr)
	}
	if f.AdminName == "" && emailErr == nil {
		f.AdminName, _, _ = strings.Cut(entered, "@")
	}
	if f.AdminPassword != "" {
		if wrong := auth.CheckPassword(f.AdminPassword); wrong != "" {
			problems.Add("admin_password", "weak_password", "%s", wrong)
		}
	}
	return b, crm.Identity{Kind: crm.EmailIdentity, Value: value, Entered: entered, Primary: true}, problems.Err()
}

// checkBusiness cleans and checks what a business is described by.
func checkBusiness(p *crm.Problems, b crm.Business) crm.Business {
	b.Name = crm.CleanLine(p, "name", b.Name, 200)
	if b.Name == "" {
		p.Add("name", "required", "The business needs a name.")
	}
	if !crm.IsCountry(b.Country) {
		p.Add("country", "unknown_country", "%q is no country code. Use two letters such as GB.", b.Country)
	}
	if b.TimeZone == "" {
		b.TimeZone = "UTC"
	}
	if _, err := time.LoadLocation(b.TimeZone); err != nil || b.TimeZone == "Local" {
		p.Add("time_zone", "unknown_time_zone", "%q is no time zone. Use a name such as Europe/London.", b.TimeZone)
	}
	return b
}

// NeedsSetUp reports whether there is no business yet.
func (s *Team) NeedsSetUp(ctx context.Context) (needed bool, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		any, err := store.AnyBusiness(tx)
		needed = !any
		return err
	})
	return needed, err
}

// ChangeBusiness changes name, country and time zone. Admins only.
func (s *Team) ChangeBusiness(ctx context.Context, who crm.Actor, b crm.Business) (crm.Business, error) {
	if !who.IsAdmin() {
		return b, crm.ErrForbidden
	}
	var problems crm.Problems
	b = checkBusiness(&problems, b)
	if err := problems.Err(); err != nil {
		return b, err
	}
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		b.ID = who.BusinessID
		was, err := store.Business(tx, b.ID)
		if err != nil {
			return err
		}
		store.ChangeBusiness(tx, b)
		event := who.Event(crm.BusinessChanged, s.Now())
		for _, c := range []crm.Change{{Field: "name", Old: was.Name, New: b.Name}, {Field: "country", Old: was.Country, New: b.Country}, {Field: "time_zone", Old: was.TimeZone, New: b.TimeZone}} {
			if c.Old != c.New {
				event.Changes = append(event.Changes, c)
			}
		}
		return s.record(tx, event)
	})
	return b, err
}

// Release lets a business that was restored from a backup send again. Admins only.
func (s *Team) Release(ctx context.Context, who crm.Actor) error {
	if !who.IsAdmin() {
		return crm.ErrForbidden
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		store.Release(tx, who.BusinessID)
		event := who.Event(crm.BusinessChanged, s.Now())
		event.Note = "Sending was released after a restore."
		return s.record(tx, event)
	})
}
