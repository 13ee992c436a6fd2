// Package apptest builds the rooms on a real database for tests of the verbs.
package apptest

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"testing"
	"time"

	"parley/internal/app/accounts"
	"parley/internal/app/broadcasts"
	"parley/internal/app/contacts"
	"parley/internal/app/imports"
	"parley/internal/app/inbox"
	"parley/internal/app/team"
	"parley/internal/auth"
	"parley/internal/channel"
	"parley/internal/channel/simulator"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/db/dbtest"
	"parley/internal/store"
)

// World is a business of Great Britain with admin M, agents A and B, and a simulated
// WhatsApp and SMS channel. Every look at the clock is a millisecond later.
type World struct {
	DB         *db.DB
	Team       *team.Team
	Contacts   *contacts.Contacts
	Accounts   *accounts.Accounts
	Inbox      *inbox.Inbox
	Imports    *imports.Imports
	Broadcasts *broadcasts.Broadcasts
	M, A, B    crm.Actor
	WhatsApp   store.Channel
	SMS        store.Channel
	// Unrecorded says that the test writes to contacts past the verbs, which leaves no events:
	// the book in memory is not compared with the database in the end.
	Unrecorded bool
	followed   bool

	mu      sync.Mutex
	now     time.Time
	waiting []crm.ID // conversations with something to deliver
}

// Each runs f in a world of its own on each engine.
func Each(t *testing.T, f func(t *testing.T, w *World)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(t, New(t, d)) })
}

// New makes a world on an empty migrated database.
func New(t testing.TB, d *db.DB) *World {
	t.Helper()
	w := rooms(t, d)
	founded, err := w.Team.Found(t.Context(), team.Founding{Name: "Rosas", Country: "GB", TimeZone: "Europe/London", AdminName: "M", AdminEmail: "m@rosas.example"}, true)
	must(t, err)
	w.M = crm.Actor{BusinessID: founded.Business.ID, UserID: founded.Admin.ID, Role: crm.Admin, Name: "M", Via: crm.ViaAPI}
	w.A = w.AddUser(t, "A", "a@rosas.example", "+447400111222")
	w.B = w.AddUser(t, "B", "b@rosas.example", "")
	w.WhatsApp = w.addChannel(t, "whatsapp")
	w.SMS = w.addChannel(t, "sms")
	if _, measures := t.(*testing.B); !measures {
		w.keepBook(t)
	}
	return w
}

// Open makes a world of a database that has one business already, for its first admin M.
func Open(t testing.TB, d *db.DB) *World {
	t.Helper()
	w := rooms(t, d)
	must(t, d.Read(t.Context(), func(tx *db.Tx) error {
		return tx.Ask(db.Each(func(row db.Row) error {
			w.M = crm.Actor{Role: crm.Admin, Via: crm.ViaAPI}
			return row.Scan(&w.M.BusinessID, &w.M.UserID, &w.M.Name)
		}, "select business_id, id, name from app_user where role = 'admin' order by id limit 1"))
	}))
	return w
}

func rooms(t testing.TB, d *db.DB) *World {
	t.Helper()
	w := &World{DB: d, now: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
	sealer := NewSealer(t)
	wake := func(crm.ID) { w.followBook(t) }
	w.Team = &team.Team{DB: d, Now: w.Now, Sealer: sealer, Kinds: []channel.Kind{simulator.Kind}, Wake: wake,
		Config: func(_ string, id crm.ID) channel.Config {
			return channel.Config{WebhookURL: "https://parley.example/hooks/" + string(id)}
		}}
	w.Contacts = &contacts.Contacts{DB: d, Now: w.Now, Wake: wake, Facets: store.NewFacets(),
		WorkLater: func(*db.Tx, crm.ID, crm.ID) error { return nil }} // tests call WorkBulk or FinishBulk
	w.Accounts = &accounts.Accounts{DB: d, Now: w.Now, Wake: wake, Contacts: w.Contacts, Sealer: sealer,
		Enqueue: func(*db.Tx, crm.ID, crm.ID, crm.FeedKind) error { return nil }} // tests call Work
	w.Inbox = &inbox.Inbox{DB: d, Contacts: w.Contacts, Now: w.Now, Wake: wake, Open: w.Team.Open,
		Deliver: func(_ *db.Tx, _, conversation crm.ID) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.waiting = append(w.waiting, conversation)
			return nil
		},
		SyncLater: func(*db.Tx, crm.ID, crm.ID) error { return nil }} // tests call SyncTemplates
	w.Imports = &imports.Imports{DB: d, Contacts: w.Contacts, Now: w.Now, Wake: wake,
		Enqueue: func(*db.Tx, crm.ID, crm.ID) error { return nil }} // tests call Work or Finish
	w.Broadcasts = &broadcasts.Broadcasts{DB: d, Contacts: w.Contacts, Now: w.Now, Wake: wake, Open: w.Team.Open,
		Work: func(*db.Tx, crm.ID, crm.ID) error { return nil }} // tests call WorkLane
	return w
}

// NewSealer is a Sealer with a secret key of its own.
func NewSealer(t testing.TB) *auth.Sealer {
	t.Helper()
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	sealer, err := auth.NewSealer(key)
	must(t, err)
	return sealer
}

// Now is the time of the world.
func (w *World) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(time.Millisecond)
	return w.now
}

// Sleep moves the time.
func (w *World) Sleep(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// AddUser makes an agent.
func (w *World) AddUser(t testing.TB, name, email, phone string) crm.Actor {
	t.Helper()
	u, _, err := w.Team.Invite(t.Context(), w.M, team.UserDraft{Name: &name, Email: &email, Phone: &phone})
	must(t, err)
	return crm.Actor{BusinessID: w.M.BusinessID, UserID: u.ID, Role: crm.Agent, Name: name, Via: crm.ViaAPI}
}

func (w *World) addChannel(t testing.TB, family string) store.Channel {
	t.Helper()
	ch, err := w.Team.PutChannel(t.Context(), w.M, team.ChannelDraft{Kind: "simulator", Name: family, Settings: map[string]string{"family": family}})
	must(t, err)
	err = w.DB.Read(t.Context(), func(tx *db.Tx) error {
		ch, err = store.ChannelByID(tx, w.M.BusinessID, ch.ID)
		return err
	})
	must(t, err)
	return ch
}

var messages struct {
	sync.Mutex
	count int
}

// Text is an incoming text from a number, written now.
func (w *World) Text(from, text string) crm.Inbound {
	messages.Lock()
	defer messages.Unlock()
	messages.count++
	return crm.Inbound{ExternalID: fmt.Sprintf("x%d", messages.count), At: w.Now(),
		Sender: crm.Sender{Phone: from, Address: from}, Message: &crm.InboundMessage{Type: crm.TextMessage, Text: text}}
}

// Receive files items on a channel and fails the test when that fails.
func (w *World) Receive(t testing.TB, ch store.Channel, items ...crm.Inbound) {
	t.Helper()
	must(t, w.Inbox.Receive(t.Context(), ch, "", items))
}

// Deliver sends everything that waits, as the jobs would.
func (w *World) Deliver(ctx context.Context) error {
	w.mu.Lock()
	waiting := w.waiting
	w.waiting = nil
	w.mu.Unlock()
	for _, conversation := range waiting {
		for more := true; more; {
			var err error
			if more, _, err = w.Inbox.SendNext(ctx, w.M.BusinessID, conversation); err != nil {
				return err
			}
		}
	}
	return nil
}

// All are the contacts that M sees, of both statuses.
func (w *World) All(t testing.TB) []*crm.Contact {
	t.Helper()
	var list []*crm.Contact
	for _, status := range []crm.Status{crm.Active, crm.Archived} {
		page, err := w.Contacts.List(t.Context(), w.M, crm.Filter{Status: status}, "", nil, 200, false)
		must(t, err)
		list = append(list, page.Contacts...)
	}
	return list
}

// Only is the one contact there is.
func (w *World) Only(t testing.TB) *crm.Contact {
	t.Helper()
	list := w.All(t)
	if len(list) != 1 {
		t.Fatalf("%d contacts, want 1", len(list))
	}
	return list[0]
}

// Conversations are those that who sees in a view.
func (w *World) Conversations(t testing.TB, who crm.Actor, view store.View) []store.ConversationRow {
	t.Helper()
	page, err := w.Inbox.List(t.Context(), who, store.ConversationFilter{View: view}, nil, 200)
	must(t, err)
	return page.Rows
}

// Thread are the messages of a conversation, oldest first.
func (w *World) Thread(t testing.TB, conversation crm.ID) []crm.Message {
	t.Helper()
	thread, err := w.Inbox.Messages(t.Context(), w.M, conversation, nil, 200)
	must(t, err)
	var list []crm.Message
	for i := len(thread.Messages) - 1; i >= 0; i-- {
		list = append(list, thread.Messages[i])
	}
	return list
}

// Tag makes a tag.
func (w *World) Tag(t testing.TB, name string) crm.Tag {
	t.Helper()
	tag, err := w.Team.PutTag(t.Context(), w.M, crm.Tag{Name: name})
	must(t, err)
	return tag
}

// Deactivate ends a user's access.
func (w *World) Deactivate(t testing.TB, user crm.Actor) {
	t.Helper()
	_, err := w.Team.ChangeUser(t.Context(), w.M, user.UserID, team.UserDraft{Active: new(false)})
	must(t, err)
}

// Put saves a contact by hand.
func (w *World) Put(t testing.TB, first, last, phone, email string) *crm.Contact {
	t.Helper()
	c, err := w.Contacts.Put(t.Context(), w.M, Draft(first, last, phone, email))
	must(t, err)
	return c
}

// Draft is a contact as somebody types it.
func Draft(first, last, phone, email string) crm.Draft {
	return crm.Draft{Fields: map[crm.Field]string{crm.FirstName: first, crm.LastName: last}, Phone: &phone, Email: &email}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
