package accounts_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"parley/internal/app/accounts"
	"parley/internal/connector/xeroemulator"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// S1: only the answer to what was begun here, by the one who began, ends it, once and in
// time. What is refused is noted, and links nothing.
func TestCallback(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		c, address, err := b.Accounts.Connect(t.Context(), b.M, secret, "xero")
		must(t, err)
		back := query(t, b.xero.Consent(address))
		other := crm.Actor{BusinessID: crm.NewID(b.Now()), UserID: b.M.UserID, Role: crm.Admin, Name: "Other", Via: crm.ViaPage}
		spoiled := func(state string) url.Values { return url.Values{"code": back["code"], "state": {state}} }
		state := back.Get("state")
		changed := "A" + state[1:]
		if changed == state {
			changed = "B" + state[1:]
		}
		for name, call := range map[string]func() error{
			"another session": func() error {
				_, err := b.Accounts.Callback(t.Context(), b.M, "another session", "xero", back)
				return err
			},
			"another business": func() error { _, err := b.Accounts.Callback(t.Context(), other, secret, "xero", back); return err },
			"no state":         func() error { _, err := b.Accounts.Callback(t.Context(), b.M, secret, "xero", spoiled("")); return err },
			"a changed state": func() error {
				_, err := b.Accounts.Callback(t.Context(), b.M, secret, "xero", spoiled(changed))
				return err
			},
		} {
			if err := call(); err == nil {
				t.Errorf("%s is taken", name)
			}
		}
		if _, err := b.Accounts.Callback(t.Context(), b.A, secret, "xero", back); crm.KindOf(err) != crm.Forbidden {
			t.Errorf("an agent connects: %v", err)
		}
		b.id = c.ID
		if o := b.overview(t); o.State != crm.Connecting || o.Account != "" {
			t.Fatalf("it is %s", o.State)
		}
		b.Sleep(20 * time.Minute)
		if _, err := b.Accounts.Callback(t.Context(), b.M, secret, "xero", back); crm.KindOf(err) != crm.Invalid {
			t.Errorf("an old state is taken: %v", err)
		}
		refused := 0
		must(t, b.DB.Read(t.Context(), func(tx *db.Tx) error {
			list, err := store.EventsAfter(tx, b.M.BusinessID, store.Cursor{}, 1000)
			for _, e := range list {
				if e.Type == crm.ConnectionRefused {
					refused++
				}
			}
			return err
		}))
		if refused < 3 {
			t.Errorf("%d refusals are noted", refused)
		}

		_, address, err = b.Accounts.Connect(t.Context(), b.M, secret, "xero")
		must(t, err)
		back = query(t, b.xero.Consent(address))
		_, err = b.Accounts.Callback(t.Context(), b.M, secret, "xero", back)
		must(t, err)
		calls := len(b.xero.Calls())
		_, err = b.Accounts.Callback(t.Context(), b.M, secret, "xero", back)
		if e := new(crm.Error); !errors.As(err, &e) || e.Code != "bad_state" || len(b.xero.Calls()) != calls {
			t.Errorf("a state works twice: %v", err)
		}
	})
}

// A grant that opens several organisations asks which; one that opens other books than
// before links nothing; the same books are connected once.
func TestOrganisations(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		second := b.xero.AddOrg("Second Ltd", "AU", "AUD")
		c, address, err := b.Accounts.Connect(t.Context(), b.M, secret, "xero")
		must(t, err)
		c, err = b.Accounts.Callback(t.Context(), b.M, secret, "xero", query(t, b.xero.Consent(address)))
		must(t, err)
		if c.State != crm.Connecting || len(c.Choices) != 2 {
			t.Fatalf("it is %s with %d to choose among", c.State, len(c.Choices))
		}
		b.id = c.ID
		if err := b.Accounts.Choose(t.Context(), b.M, b.id, "elsewhere"); crm.KindOf(err) != crm.Invalid {
			t.Errorf("an organisation that was not offered: %v", err)
		}
		must(t, b.Accounts.Choose(t.Context(), b.M, b.id, second))
		if o := b.overview(t); o.State != crm.Connected || o.Name != "Second Ltd" || o.Details["country"] != "AU" {
			t.Fatalf("it is %s: %+v", o.State, o.Connection)
		}
		b.xero.PutContact(second, xeroemulator.Contact{Name: "Sheila", FirstName: "Sheila", LastName: "Au", Phones: []xeroemulator.Phone{{PhoneType: "MOBILE", PhoneNumber: "0412 345 678"}}})
		b.sync(t)
		if b.holder(t, crm.PhoneIdentity, "+61412345678") == nil {
			t.Error("a number is not read as one of the organisation's country")
		}
		address, err = b.Accounts.Reconnect(t.Context(), b.M, secret, b.id)
		must(t, err)
		if _, err := b.Accounts.Callback(t.Context(), b.M, secret, "xero", query(t, b.xero.Consent(address, b.org))); crm.KindOf(err) != crm.Conflicting {
			t.Errorf("other books than before: %v", err)
		}
		_, address, err = b.Accounts.Connect(t.Context(), b.M, secret, "xero")
		must(t, err)
		if _, err := b.Accounts.Callback(t.Context(), b.M, secret, "xero", query(t, b.xero.Consent(address, second))); crm.KindOf(err) != crm.Conflicting {
			t.Errorf("the same books twice: %v", err)
		}
	})
}

// Disconnecting gives the permission back and keeps what came; connected again, it goes on
// where it was.
func TestDisconnect(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		b.xero.PutContact(b.org, priya())
		b.xero.PutContact(b.org, xeroemulator.Contact{Name: "Nobody"})
		b.connect(t)
		b.sync(t)
		item := b.review(t)["Nobody"]
		must(t, b.Accounts.Resolve(t.Context(), b.M, b.id, item.ID, accounts.Resolution{Action: accounts.ResolveIgnore}))
		must(t, b.Accounts.Disconnect(t.Context(), b.M, b.id))
		if o := b.overview(t); o.State != crm.Disconnected || b.xero.Granted() != 0 {
			t.Fatalf("it is %s, %d organisations are granted", o.State, b.xero.Granted())
		}
		must(t, b.DB.Write(t.Context(), func(tx *db.Tx) error {
			_, found, err := store.LockGrant(tx, b.M.BusinessID, b.id)
			if found {
				t.Error("the grant is still there")
			}
			return err
		}))
		if b.holder(t, crm.PhoneIdentity, "+447400123456") == nil {
			t.Error("the contact is gone")
		}
		b.connect(t)
		before := b.eventCount(t)
		b.sync(t)
		if o := b.overview(t); o.Linked != 1 || o.Review != 0 || b.eventCount(t) != before {
			t.Errorf("connected again: %d linked, %d to review, %d events more", o.Linked, o.Review, b.eventCount(t)-before)
		}
	})
}

// A5: no token and no key is anywhere where it could be read.
func TestSecretsAreSealed(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		b.connect(t)
		var sealed string
		must(t, b.DB.Write(t.Context(), func(tx *db.Tx) error {
			g, _, err := store.LockGrant(tx, b.M.BusinessID, b.id)
			sealed = g.Sealed
			return err
		}))
		if sealed == "" || strings.Contains(sealed, "refresh") || strings.Contains(sealed, "{") {
			t.Errorf("the grant is kept as %q", sealed)
		}
	})
}

// A restored copy calls nobody: a token that it made anew would end the original's.
func TestHeldCopyRests(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		b.xero.PutContact(b.org, priya())
		b.connect(t)
		b.sync(t)
		must(t, b.DB.Write(t.Context(), func(tx *db.Tx) error {
			tx.Exec("update business set held = true where id = $1", b.M.BusinessID)
			return nil
		}))
		calls := len(b.xero.Calls())
		b.Sleep(time.Hour)
		b.work(t, crm.FeedContacts)
		if err := b.Accounts.Sync(t.Context(), b.M, b.id); crm.KindOf(err) != crm.Conflicting {
			t.Errorf("it is synced: %v", err)
		}
		must(t, b.Accounts.Disconnect(t.Context(), b.M, b.id))
		if n := len(b.xero.Calls()); n != calls || b.xero.Granted() != 1 || b.xero.Refreshes() != 0 {
			t.Errorf("%d calls, %d refreshes, %d granted", n-calls, b.xero.Refreshes(), b.xero.Granted())
		}
	})
}
