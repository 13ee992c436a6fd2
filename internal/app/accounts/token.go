package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"parley/internal/connector"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

const (
	// freshFor is how long an access token must live on to be used.
	freshFor = 2 * time.Minute
	// refreshFor is how long one node may take to make a new token and keep it before
	// another tries: whether a grant outlived a node that died shows within a minute (S6).
	// askFor is how much of it the provider may take, keepFor our own database.
	refreshFor = 45 * time.Second
	askFor     = 20 * time.Second
	keepFor    = 20 * time.Second
	// dayShare is the part of a day's calls that follows changes by itself; the rest is
	// for what people ask for.
	dayShare = 0.8
)

func place(connection crm.ID) string { return "connection/" + connection.String() }

func (s *Accounts) unseal(connection crm.ID, g store.Grant) (t connector.Token, err error) {
	opened, err := s.Sealer.Open(place(connection), g.Sealed)
	if err != nil {
		return t, err
	}
	return t, json.Unmarshal(opened, &t)
}

// keep stores a token, sealed.
func (s *Accounts) keep(tx *db.Tx, c *crm.Connection, t connector.Token, round int64) error {
	text, err := json.Marshal(t)
	if err != nil {
		return err
	}
	store.PutGrant(tx, c.BusinessID, c.ID, store.Grant{Sealed: s.Sealer.Seal(place(c.ID), text), Round: round, ExpiresAt: t.ExpiresAt})
	return nil
}

// errBusy says that another node is making a token: in a moment there is one.
var errBusy = &connector.Error{Trouble: connector.Wait, Code: "refreshing", Reason: "A new token is being made.", After: time.Second}

// errEnded says that the connection is not one any more.
var errEnded = errors.New("accounts: the connection has ended")

// token is one that can be used, made anew where it must be: by one node at a time, and
// kept before it is used (S6). stale is a token that the provider refused, or "". A grant
// that is dead makes the connection one to reconnect.
func (s *Accounts) token(ctx context.Context, conn connector.Connector, c crm.Connection, stale string) (t connector.Token, err error) {
	var grant store.Grant
	refresh := false
	look := func(tx *db.Tx, read func(*db.Tx, crm.ID, crm.ID) (store.Grant, bool, error)) error {
		var found bool
		if grant, found, err = read(tx, c.BusinessID, c.ID); err != nil {
			return err
		}
		if !found {
			return errEnded
		}
		t, err = s.unseal(c.ID, grant)
		refresh = s.Now().Add(freshFor).After(grant.ExpiresAt) || stale != "" && stale == t.Access
		return err
	}
	// Mostly there is one, and SQLite's one writer is not waited for.
	if err := s.DB.Read(ctx, func(tx *db.Tx) error { return look(tx, store.GrantOf) }); err != nil || !refresh {
		return t, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := look(tx, store.LockGrant); err != nil || !refresh {
			return err
		}
		now := s.Now()
		if grant.RefreshingUntil.After(now) {
			return errBusy
		}
		claimed := grant
		claimed.RefreshingUntil = now.Add(refreshFor)
		store.PutGrant(tx, c.BusinessID, c.ID, claimed)
		return nil
	})
	if err != nil || !refresh {
		return t, err
	}
	// Whoever is asked to stop lets it come to its end: what was rotated must be heard of.
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), askFor)
	fresh, asked := conn.Refresh(asking, t)
	cancel()
	return fresh, s.refreshed(ctx, c, grant.Round, fresh, asked)
}

// refreshed keeps what became of a refresh. Nobody else may have made one meanwhile: then
// ours is not the last, and is forgotten.
func (s *Accounts) refreshed(ctx context.Context, c crm.Connection, round int64, t connector.Token, asked error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepFor) // what was rotated must be kept
	defer cancel()
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		grant, found, err := store.LockGrant(tx, c.BusinessID, c.ID)
		if err != nil || !found {
			return err
		}
		if grant.Round != round {
			asked = errBusy
			return nil
		}
		if asked == nil {
			return s.keep(tx, &c, t, round+1)
		}
		grant.RefreshingUntil = time.Time{}
		store.PutGrant(tx, c.BusinessID, c.ID, grant)
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep a refreshed token: %w", err)
	}
	return asked
}

// dead makes a connection one to reconnect: nothing calls the provider any more until an
// admin has (S6).
func (s *Accounts) dead(ctx context.Context, c crm.Connection, cause error) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		now, err := store.LockConnection(tx, c.BusinessID, c.ID)
		if err != nil || now.State != crm.Connected {
			return err
		}
		now.State, now.Problem = crm.Reconnect, words(cause)+" Connect it again."
		store.ChangeConnection(tx, now)
		store.InvoicesUnread(tx, c.BusinessID, c.ID, s.Now())
		event := s.connectionEvent(crm.System(c.BusinessID), crm.ConnectionChanged, now)
		event.Changes = []crm.Change{{Field: "state", Old: crm.Connected, New: crm.Reconnect}}
		return s.record(tx, event)
	})
}

// meter lets calls of a connection through within its provider's limits, counted in the
// database for all nodes together.
type meter struct {
	s     *Accounts
	c     crm.Connection
	kind  connector.Kind
	asked bool // somebody waits for it: the whole day's calls are theirs
	calls int
}

func (m *meter) before(ctx context.Context) error {
	limits := m.kind.Limits
	perDay := dayShare * float64(limits.PerDay)
	if m.asked {
		perDay = float64(limits.PerDay)
	}
	err := m.s.DB.Write(ctx, func(tx *db.Tx) error {
		b, err := store.LockBudget(tx, m.c.BusinessID, m.c.ID)
		if err != nil {
			return err
		}
		now := m.s.Now()
		if minute := now.Unix() / 60; b.Minute != minute {
			b.Minute, b.InMinute = minute, 0
		}
		if day := now.Unix() / (24 * 60 * 60); b.Day != day {
			b.Day, b.InDay = day, 0
		}
		switch {
		case b.BlockedUntil.After(now):
			return waitFor(b.BlockedUntil.Sub(now))
		case limits.PerMinute > 0 && b.InMinute >= limits.PerMinute:
			return waitFor(time.Unix((b.Minute+1)*60, 0).Sub(now))
		case limits.PerDay > 0 && float64(b.InDay) >= perDay:
			return waitFor(time.Unix((b.Day+1)*24*60*60, 0).Sub(now))
		}
		b.InMinute++
		b.InDay++
		store.ChangeBudget(tx, m.c.BusinessID, m.c.ID, b)
		return nil
	})
	if err == nil {
		m.calls++
		err = calls.wait(ctx, m.c.ID, limits.PerSecond)
	}
	return err
}

func waitFor(d time.Duration) error {
	return &connector.Error{Trouble: connector.Wait, Code: "limit", Reason: "The calls that the provider allows are used up for now.", After: max(d, 100*time.Millisecond)}
}

// after heeds what the provider said: nobody calls before it wants to be called.
func (m *meter) after(ctx context.Context, told connector.Told) {
	if told.RetryAfter <= 0 {
		return
	}
	_ = m.s.DB.Write(ctx, func(tx *db.Tx) error { // the call's own error says the same
		b, err := store.LockBudget(tx, m.c.BusinessID, m.c.ID)
		if until := m.s.Now().Add(told.RetryAfter); err == nil && until.After(b.BlockedUntil) {
			b.BlockedUntil = until
			store.ChangeBudget(tx, m.c.BusinessID, m.c.ID, b)
		}
		return err
	})
}

// call runs f with a token. One that the provider refuses is made anew, once.
func (s *Accounts) call(ctx context.Context, conn connector.Connector, c crm.Connection, m *meter, f func(connector.Access) error) error {
	stale := ""
	for {
		t, err := s.token(ctx, conn, c, stale)
		if err != nil {
			return err
		}
		err = f(connector.Access{Token: t.Access, Org: crm.Organisation{ID: c.Account, Name: c.Name, Details: c.Details}, Before: m.before, After: m.after})
		if connector.TroubleOf(err) != connector.Expired {
			return err
		}
		if stale != "" {
			return connector.Fail(connector.Dead, "http 401", "It does not take a new token either.")
		}
		stale = t.Access
	}
}
