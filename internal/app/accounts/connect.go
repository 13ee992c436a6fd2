package accounts

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"parley/internal/auth"
	"parley/internal/connector"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// stateFor is how long somebody may take to consent.
const stateFor = 15 * time.Minute

// state goes to the provider and comes back, sealed: nobody else can make one, and it works
// once, for the session or token that began (S1).
type state struct {
	Business   crm.ID    `json:"b"`
	Connection crm.ID    `json:"c"`
	Nonce      string    `json:"n"`
	Verifier   string    `json:"v"` // of PKCE
	Until      time.Time `json:"u"`
}

// Connect begins a connection and answers with the address at which an admin consents.
// secret is the session or the token of the one who begins: only that one can end it.
// Errors: Forbidden, Invalid, Unavailable without the operator's registration.
func (s *Accounts) Connect(ctx context.Context, who crm.Actor, secret, provider string) (c crm.Connection, address string, err error) {
	if !who.IsAdmin() {
		return c, "", crm.ErrForbidden
	}
	conn, _, err := s.open(provider)
	if err != nil {
		return c, "", err
	}
	now := s.Now()
	c = crm.Connection{BusinessID: who.BusinessID, ID: crm.NewID(now), Provider: provider, State: crm.Connecting, Details: map[string]string{},
		Choices: []crm.Organisation{}, StartedBy: who.UserID, CreatedAt: now, CreatedBy: who.Name}
	address = s.begin(conn, &c, secret)
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		store.AddConnection(tx, c)
		return s.record(tx, s.connectionEvent(who, crm.ConnectionCreated, c))
	})
	return c, address, err
}

// Reconnect is Connect for a connection that is there: its grant is dead, or nobody ended
// what was begun.
func (s *Accounts) Reconnect(ctx context.Context, who crm.Actor, secret string, id crm.ID) (address string, err error) {
	err = s.change(ctx, who, id, func(_ *db.Tx, c *crm.Connection) error {
		if c.State == crm.Disconnected {
			return crm.Errorf(crm.Conflicting, "not_connected", "It was disconnected. Connect anew.")
		}
		conn, _, err := s.open(c.Provider)
		if err != nil {
			return err
		}
		c.StartedBy = who.UserID
		address = s.begin(conn, c, secret)
		return nil
	})
	return address, err
}

// begin notes who began, and makes the address.
func (s *Accounts) begin(conn connector.Connector, c *crm.Connection, secret string) string {
	st := state{Business: c.BusinessID, Connection: c.ID, Nonce: random(16), Verifier: random(48), Until: s.Now().Add(stateFor)}
	c.Begun = s.begun(secret, st)
	text, _ := json.Marshal(st) // texts never fail
	sealed := s.Sealer.Seal("oauth/"+c.Provider, text)
	return conn.AuthorizeURL(strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(sealed), st.Verifier)
}

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

func (s *Accounts) begun(secret string, st state) string {
	return s.Sealer.MAC("oauth begun", []byte(auth.HashToken(secret)+"\x00"+st.Nonce))
}

// readState opens what the provider sent back.
func (s *Accounts) readState(provider, text string) (st state, err error) {
	text = strings.NewReplacer("-", "+", "_", "/").Replace(text)
	text += strings.Repeat("=", (4-len(text)%4)%4)
	opened, err := s.Sealer.Open("oauth/"+provider, text)
	if err != nil {
		return st, err
	}
	return st, json.Unmarshal(opened, &st)
}

// badState is all that a caller learns who did not begin.
var badState = crm.Errorf(crm.Invalid, "bad_state", "This is not the answer to a connection that you began here, or it was used before. Begin again under Settings > Integrations.")

// Callback ends what Connect or Reconnect began, with what the provider called back with.
// A state that is missing, another's, used before or of another provider is refused and
// noted, and nothing is linked. With one organisation it is connected; of several, one is
// to be chosen.
func (s *Accounts) Callback(ctx context.Context, who crm.Actor, secret, provider string, query url.Values) (c crm.Connection, err error) {
	if !who.IsAdmin() {
		return c, crm.ErrForbidden
	}
	conn, kind, err := s.open(provider)
	if err != nil {
		return c, err
	}
	st, err := s.readState(provider, query.Get("state"))
	if err != nil || st.Business != who.BusinessID || s.Now().After(st.Until) {
		return c, s.refuse(ctx, who, kind, "")
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if c, err = store.LockConnection(tx, who.BusinessID, st.Connection); err != nil {
			return err
		}
		if c.Provider != provider || c.Begun == "" || c.Begun != s.begun(secret, st) || c.State == crm.Disconnected {
			return badState
		}
		c.Begun = "" // it works once
		store.ChangeConnection(tx, c)
		return nil
	})
	if err != nil {
		return crm.Connection{}, s.refuse(ctx, who, kind, st.Connection)
	}
	token, list, err := conn.Exchange(ctx, query, st.Verifier)
	if err == nil && len(list) == 0 {
		err = connector.Fail(connector.Refused, "no_organisation", "No "+kind.Organisation+" was chosen there.")
	}
	if err != nil {
		return c, s.notConnected(ctx, who, c.ID, err)
	}
	err = s.change(ctx, who, c.ID, func(tx *db.Tx, now *crm.Connection) error {
		defer func() { c = *now }()
		if now.State == crm.Disconnected {
			return badState
		}
		if now.Account != "" { // the same books again
			for _, org := range list {
				if org.ID == now.Account {
					return s.connected(tx, now, org, token, kind)
				}
			}
			return crm.Errorf(crm.Conflicting, "other_organisation", "This opens other books than %s. Choose the same %s there, or connect anew.", now.Name, kind.Organisation)
		}
		if len(list) == 1 {
			return s.connected(tx, now, list[0], token, kind)
		}
		now.Choices, now.Problem = list, ""
		return s.keep(tx, now, token, 1)
	})
	return c, err
}

// refuse notes a call back that is none of ours.
func (s *Accounts) refuse(ctx context.Context, who crm.Actor, kind connector.Kind, id crm.ID) error {
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		event := who.Event(crm.ConnectionRefused, s.Now())
		event.SubjectID, event.Note = id, kind.Title
		return s.record(tx, event)
	})
	if err != nil {
		return err
	}
	return badState
}

// notConnected notes why no grant came, and says so.
func (s *Accounts) notConnected(ctx context.Context, who crm.Actor, id crm.ID, cause error) error {
	reason := words(cause)
	err := s.change(ctx, who, id, func(_ *db.Tx, c *crm.Connection) error {
		c.Problem = reason
		return nil
	})
	if err != nil {
		return err
	}
	kind := crm.Conflicting
	switch connector.TroubleOf(cause) {
	case connector.Away, connector.Wait, connector.Garbled:
		kind = crm.Unavailable
	}
	return crm.Errorf(kind, "not_connected", "%s", reason)
}

// words are what people read of an error.
func words(err error) string {
	var e *connector.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	var known *crm.Error
	if errors.As(err, &known) {
		return known.Error()
	}
	return "Something went wrong in Parley. Whoever runs it finds more in the log."
}

// Choose takes one of the organisations that a grant opens.
func (s *Accounts) Choose(ctx context.Context, who crm.Actor, id crm.ID, organisation string) error {
	return s.change(ctx, who, id, func(tx *db.Tx, c *crm.Connection) error {
		kind, _ := s.Kind(c.Provider)
		for _, org := range c.Choices {
			if org.ID != organisation || c.State != crm.Connecting {
				continue
			}
			grant, found, err := store.LockGrant(tx, c.BusinessID, id)
			if err != nil || !found {
				return orConflict(err)
			}
			token, err := s.unseal(id, grant)
			if err != nil {
				return err
			}
			return s.connected(tx, c, org, token, kind)
		}
		var p crm.Problems
		p.Add("organisation", "unknown_organisation", "Choose one of those that were offered.")
		return p.Err()
	})
}

func orConflict(err error) error {
	if err != nil {
		return err
	}
	return crm.Errorf(crm.Conflicting, "not_connected", "It is not connected.")
}

// connected makes a connection to an organisation one that works.
func (s *Accounts) connected(tx *db.Tx, c *crm.Connection, org crm.Organisation, token connector.Token, kind connector.Kind) error {
	other, found, err := store.ConnectionTo(tx, c.BusinessID, c.Provider, org.ID)
	if err != nil {
		return err
	}
	if found && other.ID != c.ID {
		return crm.Errorf(crm.Conflicting, "connected_already", "%s is connected already.", org.Name)
	}
	now := s.Now()
	again := c.State == crm.Reconnect || c.State == crm.Connected
	c.State, c.Account, c.Name, c.Details, c.Choices, c.Problem, c.ConnectedAt = crm.Connected, org.ID, org.Name, org.Details, []crm.Organisation{}, "", now
	if c.Details == nil {
		c.Details = map[string]string{}
	}
	if err := s.keep(tx, c, token, 1); err != nil {
		return err
	}
	if !again {
		store.InheritLinks(tx, c.BusinessID, c.ID, c.Provider, org.ID)
	}
	feeds := []crm.FeedKind{crm.FeedContacts, crm.FeedPush}
	if kind.Invoices {
		feeds = append(feeds, crm.FeedInvoices)
	}
	for _, f := range feeds {
		store.AddFeed(tx, c.BusinessID, store.Feed{ConnectionID: c.ID, Kind: f})
		if again && (c.Following || f == crm.FeedPush && c.Push) {
			feed, err := store.LockFeed(tx, c.BusinessID, c.ID, f)
			if err != nil {
				return err
			}
			feed.DueAt, feed.PollAt, feed.Problem, feed.Failures = now, now, "", 0
			store.ChangeFeed(tx, c.BusinessID, feed)
		}
	}
	return nil
}

// Disconnect ends a connection: the grant is given back and forgotten, contacts and
// invoices stay. Admins only.
func (s *Accounts) Disconnect(ctx context.Context, who crm.Actor, id crm.ID) error {
	var grant store.Grant
	var had, held bool
	var c crm.Connection
	err := s.change(ctx, who, id, func(tx *db.Tx, now *crm.Connection) (err error) {
		c = *now
		if now.State == crm.Disconnected {
			return nil
		}
		if grant, had, err = store.LockGrant(tx, now.BusinessID, id); err != nil {
			return err
		}
		held = crm.KindOf(mustNotBeHeld(tx, now.BusinessID)) == crm.Conflicting
		store.DropGrant(tx, now.BusinessID, id)
		if now.Details == nil {
			now.Details = map[string]string{}
		}
		if now.Account != "" {
			now.Details["account"] = now.Account
		}
		now.State, now.Account, now.Push, now.Begun, now.Problem, now.EndedAt = crm.Disconnected, "", false, "", "", s.Now()
		store.ClearPreview(tx, now.BusinessID, id)
		store.InvoicesUnread(tx, now.BusinessID, id, s.Now())
		for _, kind := range []crm.FeedKind{crm.FeedContacts, crm.FeedInvoices, crm.FeedPush} {
			store.DropHints(tx, now.BusinessID, id, kind)
		}
		return nil
	})
	if err != nil || !had || held || c.Account == "" {
		return err
	}
	return s.giveBack(ctx, who, c, grant)
}

// giveBack tells the provider. Where it cannot be reached the grant is forgotten here all
// the same, and the connection says what an admin can do over there.
func (s *Accounts) giveBack(ctx context.Context, who crm.Actor, c crm.Connection, grant store.Grant) error {
	conn, kind, err := s.open(c.Provider)
	if err != nil {
		return nil //nolint:nilerr // the operator took the registration away: nothing to tell
	}
	token, err := s.unseal(c.ID, grant)
	if err != nil {
		return nil //nolint:nilerr // sealed with another key: nobody can use it
	}
	if s.Now().After(token.ExpiresAt) {
		if fresh, err := conn.Refresh(ctx, token); err == nil {
			token = fresh
		}
	}
	err = conn.Revoke(ctx, token, crm.Organisation{ID: c.Account, Name: c.Name, Details: c.Details})
	if err == nil || connector.TroubleOf(err) == connector.Dead || connector.TroubleOf(err) == connector.Expired {
		return nil
	}
	return s.change(ctx, who, c.ID, func(_ *db.Tx, now *crm.Connection) error {
		now.Problem = fmt.Sprintf("%s could not be told (%s). Take Parley off the list of connected apps there.", kind.Title, strings.TrimSuffix(words(err), "."))
		return nil
	})
}
