package inbox_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/crm"
	"parley/internal/store"
)

const stranger = "+447400333444"

// C3: a stranger's message makes a contact at once, with placeholder names that hold no
// number, known by that number, in an open conversation.
func TestStrangerBecomesContact(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		item := w.Text(stranger, "hello")
		item.Sender.ProfileName = "Sheena"
		w.Receive(t, w.WhatsApp, item)
		c := w.Only(t)
		if !c.NameIsPlaceholder || c.FirstName == "" || c.LastName == "" || strings.ContainsAny(c.Name(), "0123456789") {
			t.Errorf("name %q placeholder %v", c.Name(), c.NameIsPlaceholder)
		}
		if c.Phone() != stranger || c.ProfileName != "Sheena" || c.Source != crm.SourceWhatsApp {
			t.Errorf("phone %q profile %q source %q", c.Phone(), c.ProfileName, c.Source)
		}
		rows := w.Conversations(t, w.A, store.ViewUnassigned)
		if len(rows) != 1 || rows[0].LastText != "hello" || !rows[0].Unread {
			t.Fatalf("rows %+v", rows)
		}
		if thread := w.Thread(t, rows[0].ID); len(thread) != 1 || thread[0].Text != "hello" || thread[0].Address != stranger {
			t.Errorf("thread %+v", thread)
		}
	})
}

// The same items again, in another order and in pieces, change nothing.
func TestRepeatsChangeNothing(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		var items []crm.Inbound
		for i := range 10 {
			items = append(items, w.Text(fmt.Sprintf("+4474003334%02d", i/2), fmt.Sprint(i)))
		}
		w.Receive(t, w.SMS, items...)
		for _, item := range items {
			w.Receive(t, w.SMS, item)
		}
		items[0], items[9] = items[9], items[0]
		w.Receive(t, w.SMS, append(items, items...)...)
		if n := len(w.All(t)); n != 5 {
			t.Errorf("%d contacts, want 5", n)
		}
		messages := 0
		for _, row := range w.Conversations(t, w.M, store.ViewOpen) {
			messages += len(w.Thread(t, row.ID))
		}
		if messages != 10 {
			t.Errorf("%d messages, want 10", messages)
		}
	})
}

// Many first messages of one number at the same time: one contact, one open conversation.
func TestFirstMessagesAtOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		var wg sync.WaitGroup
		for n := range 8 {
			from := fmt.Sprintf("+4474005550%02d", n)
			same := w.Text(from, "once")
			for i := range 16 {
				channel := w.WhatsApp
				if i%2 == 1 {
					channel = w.SMS
				}
				item := same
				if i >= 8 {
					item = w.Text(from, "another")
				}
				wg.Go(func() {
					if err := w.Inbox.Receive(t.Context(), channel, "", []crm.Inbound{item}); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
		if n := len(w.All(t)); n != 8 {
			t.Errorf("%d contacts, want 8", n)
		}
		rows := w.Conversations(t, w.M, store.ViewOpen)
		if len(rows) != 8 {
			t.Fatalf("%d open conversations, want 8", len(rows))
		}
		for _, row := range rows {
			// "once" came over two channels, where the same id is not the same message.
			if thread := w.Thread(t, row.ID); len(thread) != 2+8 {
				t.Errorf("%d messages, want 10", len(thread))
			}
		}
	})
}

// C8: a message brings an archived contact back under its old name, with one entry.
func TestArchivedSenderReturns(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		c := w.Put(t, "Priya", "Shah", "07400 777888", "")
		if _, err := w.Contacts.Archive(t.Context(), w.M, c.ID); err != nil {
			t.Fatal(err)
		}
		w.Receive(t, w.SMS, w.Text("+447400777888", "me again"), w.Text("+447400777888", "and again"))
		back := w.Only(t)
		if back.ID != c.ID || back.Status != crm.Active || back.Name() != "Priya Shah" {
			t.Errorf("%s %s %q", back.ID, back.Status, back.Name())
		}
		history, err := w.Contacts.History(t.Context(), w.M, c.ID, nil, 50)
		if err != nil {
			t.Fatal(err)
		}
		entries := 0
		for _, e := range history {
			if e.Type == crm.ContactReactivated {
				entries++
			}
		}
		if entries != 1 {
			t.Errorf("%d entries of reactivation, want 1", entries)
		}
	})
}

// I7: a team member's own number makes no contact; the message is kept for admins.
func TestTeamMemberWritesIn(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Receive(t, w.SMS, w.Text("+447400111222", "it's me, A"), w.Text(stranger, "and a stranger"))
		if n := len(w.All(t)); n != 1 {
			t.Errorf("%d contacts, want the stranger alone", n)
		}
		list, err := w.Inbox.Unfiled(t.Context(), w.M, "", 10)
		if err != nil || len(list) != 1 || list[0].Reason != "team_member" || list[0].Text != "it's me, A" {
			t.Fatalf("unfiled %+v, %v", list, err)
		}
		// Once the number is free, it can be filed.
		none := ""
		if _, err := w.Team.ChangeUser(t.Context(), w.M, w.A.UserID, teamPhone(none)); err != nil {
			t.Fatal(err)
		}
		filed, err := w.Inbox.Retry(t.Context(), w.M, list[0].ID, func(store.Channel) string { return "" })
		if err != nil || !filed {
			t.Fatalf("filed %v, %v", filed, err)
		}
		if n := len(w.All(t)); n != 2 {
			t.Errorf("%d contacts after the retry, want 2", n)
		}
	})
}

// I3: variants of a number are one person, and what no library accepts is taken as it is.
func TestSendersAsTheyCome(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		for _, pair := range [][2]string{{"+5215512345678", "+525512345678"}, {"+551187654321", "+5511987654321"}} {
			w.Receive(t, w.WhatsApp, w.Text(pair[0], "a"), w.Text(pair[1], "b"))
		}
		if n := len(w.All(t)); n != 2 {
			t.Errorf("%d contacts, want 2", n)
		}
		w.Receive(t, w.SMS, w.Text("+999123", "odd"), w.Text("60777", "short code"), w.Text("MYBANK", "a word"))
		if n := len(w.All(t)); n != 5 {
			t.Errorf("%d contacts, want 5", n)
		}
		// The reply goes to the exact id that wrote.
		w.Receive(t, w.WhatsApp, w.Text("+5215512345678", "c"))
		row := w.Conversations(t, w.M, store.ViewOpen)[0]
		m := reply(t, w, row.ID, "hi")
		if m.Address != "+5215512345678" {
			t.Errorf("the reply goes to %s", m.Address)
		}
	})
}

// I5: a sender without a phone is a contact by its user id; its phone is joined to it
// when it becomes known, and pointed out when somebody else has it.
func TestSenderWithoutPhone(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		id := "GB.13491208655302741918"
		item := w.Text("", "hi")
		item.Sender = crm.Sender{UserID: id, Username: "sheena", Address: id}
		w.Receive(t, w.WhatsApp, item)
		c := w.Only(t)
		if c.Primary(crm.WhatsAppIdentity) != "" || len(c.Identities) != 1 || c.Identities[0].Value != id || c.ProfileName != "@sheena" {
			t.Errorf("contact %+v", c)
		}
		known := w.Text(stranger, "now you see my number")
		known.Sender.UserID, known.Sender.Address = id, id
		w.Receive(t, w.WhatsApp, known)
		if c = w.Only(t); c.Phone() != stranger {
			t.Errorf("phone %q", c.Phone())
		}
		other := w.Put(t, "Priya", "Shah", "07400 777888", "")
		clash := w.Text("+447400777888", "and another")
		clash.Sender.UserID, clash.Sender.Address = id, id
		w.Receive(t, w.WhatsApp, clash)
		if n := len(w.All(t)); n != 2 {
			t.Fatalf("%d contacts, want 2", n)
		}
		history, err := w.Contacts.History(t.Context(), w.M, c.ID, nil, 50)
		if err != nil || len(history) == 0 || history[0].Type != crm.ContactLookalike || history[0].SubjectID != other.ID {
			t.Errorf("history %+v, %v", history, err)
		}
	})
}

// V1: a closed conversation is opened again by a message within a day; later another
// one begins.
func TestReopenOrStartAnew(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Receive(t, w.SMS, w.Text(stranger, "one"))
		first := w.Conversations(t, w.M, store.ViewOpen)[0]
		closeIt := func() {
			t.Helper()
			if _, err := w.Inbox.Close(t.Context(), w.A, w.Conversations(t, w.M, store.ViewOpen)[0].ID); err != nil {
				t.Fatal(err)
			}
		}
		closeIt()
		w.Sleep(23 * time.Hour)
		w.Receive(t, w.SMS, w.Text(stranger, "two"))
		if rows := w.Conversations(t, w.M, store.ViewOpen); len(rows) != 1 || rows[0].ID != first.ID {
			t.Fatalf("open %+v, want the first again", rows)
		}
		closeIt()
		w.Sleep(25 * time.Hour)
		w.Receive(t, w.SMS, w.Text(stranger, "three"))
		rows := w.Conversations(t, w.M, store.ViewOpen)
		if len(rows) != 1 || rows[0].ID == first.ID {
			t.Fatalf("open %+v, want a new one", rows)
		}
		if closed := w.Conversations(t, w.M, store.ViewClosed); len(closed) != 1 || closed[0].ID != first.ID {
			t.Errorf("closed %+v", closed)
		}
	})
}

// V3: messages of a contact are its assignee's; a hand-over stands until the conversation
// closes.
func TestAssignment(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		c := w.Put(t, "Priya", "Shah", stranger, "")
		if _, err := w.Contacts.Put(t.Context(), w.M, crm.Draft{ID: c.ID, AssigneeID: &w.A.UserID}); err != nil {
			t.Fatal(err)
		}
		assignee := func() crm.ID {
			t.Helper()
			w.Receive(t, w.SMS, w.Text(stranger, "hi"))
			return w.Conversations(t, w.M, store.ViewOpen)[0].AssigneeID
		}
		if got := assignee(); got != w.A.UserID {
			t.Errorf("assigned to %s, want A", got)
		}
		open := w.Conversations(t, w.M, store.ViewOpen)[0]
		if _, err := w.Inbox.Assign(t.Context(), w.M, open.ID, w.B.UserID); err != nil {
			t.Fatal(err)
		}
		if got := assignee(); got != w.B.UserID {
			t.Errorf("assigned to %s, want B", got)
		}
		if _, err := w.Inbox.Close(t.Context(), w.A, open.ID); crm.KindOf(err) != crm.Forbidden {
			t.Errorf("an agent closed what is another's: %v", err)
		}
		if _, err := w.Inbox.Close(t.Context(), w.B, open.ID); err != nil {
			t.Fatal(err)
		}
		if got := assignee(); got != w.A.UserID {
			t.Errorf("assigned to %s, want A again", got)
		}
	})
}

// V2: for those who were not chosen, neither contact nor conversation exists.
func TestVisibility(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		c := w.Put(t, "Secret", "Person", stranger, "")
		chosen := crm.Visibility{Mode: crm.Chosen, UserIDs: []crm.ID{w.A.UserID}}
		if _, err := w.Contacts.Put(t.Context(), w.M, crm.Draft{ID: c.ID, Visibility: &chosen}); err != nil {
			t.Fatal(err)
		}
		w.Receive(t, w.SMS, w.Text(stranger, "psst"))
		for _, who := range []crm.Actor{w.M, w.B} { // M was not chosen either
			if rows := w.Conversations(t, who, store.ViewOpen); len(rows) != 0 {
				t.Errorf("%s sees %d conversations", who.Name, len(rows))
			}
			if _, err := w.Contacts.Get(t.Context(), who, c.ID); crm.KindOf(err) != crm.NotFound {
				t.Errorf("%s reads the contact: %v", who.Name, err)
			}
			for _, q := range []string{"secret", "444", "se"} {
				page, err := w.Contacts.List(t.Context(), who, crm.Filter{Query: q}, "", nil, 10, true)
				if err != nil || len(page.Contacts) != 0 || page.Count != 0 {
					t.Errorf("%s finds by %q: %+v, %v", who.Name, q, page, err)
				}
			}
			if n, err := w.Inbox.Counts(t.Context(), who); err != nil || n != (store.Counts{}) {
				t.Errorf("%s counts %+v, %v", who.Name, n, err)
			}
			_, err := w.Contacts.Put(t.Context(), who, apptest.Draft("X", "Y", stranger, ""))
			if e, ok := err.(*crm.Error); !ok || e.Conflict == nil || e.Conflict.ID != "" || e.Conflict.Name != "" || strings.Contains(e.Detail, "Secret") {
				t.Errorf("%s is told %v", who.Name, err)
			}
		}
		rows := w.Conversations(t, w.A, store.ViewOpen)
		if len(rows) != 1 {
			t.Fatalf("A sees %d", len(rows))
		}
		no := false
		if _, err := w.Team.ChangeUser(t.Context(), w.M, w.A.UserID, teamActive(no)); err != nil {
			t.Fatal(err)
		}
		if rows := w.Conversations(t, w.M, store.ViewOpen); len(rows) != 1 {
			t.Errorf("with nobody left, the admin sees %d", len(rows))
		}
		if rows := w.Conversations(t, w.B, store.ViewOpen); len(rows) != 0 {
			t.Errorf("with nobody left, an agent sees %d", len(rows))
		}
	})
}

// A batch of a thousand is filed at once; one item that the database refuses goes to
// Unfiled and holds up none of the others.
func TestLargeBatchWithABadItem(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		var items []crm.Inbound
		for i := range 1000 {
			items = append(items, w.Text(fmt.Sprintf("+447400%06d", i%200), "text \x00 with a zero byte"))
		}
		items[500].Sender = crm.Sender{}
		items = append(items, crm.Inbound{ExternalID: "odd", Unreadable: "It holds no message."})
		w.Receive(t, w.WhatsApp, items...)
		if n := len(w.All(t)); n != 200 {
			t.Errorf("%d contacts, want 200", n)
		}
		list, err := w.Inbox.Unfiled(t.Context(), w.M, "", 10)
		if err != nil || len(list) != 2 {
			t.Errorf("unfiled %+v, %v", list, err)
		}
	})
}
