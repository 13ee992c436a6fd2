package inbox_test

import (
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/app/inbox"
	"parley/internal/app/team"
	"parley/internal/crm"
	"parley/internal/store"
)

func teamPhone(phone string) team.UserDraft { return team.UserDraft{Phone: &phone} }
func teamActive(active bool) team.UserDraft { return team.UserDraft{Active: &active} }

// A reply is queued, sent once and moves forward with its statuses, in whatever order
// they come (V7).
func TestReplyAndStatuses(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Receive(t, w.WhatsApp, w.Text(stranger, "hello"))
		v := w.Conversations(t, w.M, store.ViewOpen)[0]
		m := reply(t, w, v.ID, "good day")
		if m.Status != crm.Queued {
			t.Errorf("status %s", m.Status)
		}
		deliver(t, w)
		m = last(t, w, v.ID)
		if m.Status != crm.Sent || m.ExternalID == "" {
			t.Fatalf("after sending: %+v", m)
		}
		for _, s := range []crm.MessageStatusValue{crm.Read, crm.Delivered, crm.Sent, crm.Failed} {
			w.Receive(t, w.WhatsApp, crm.Inbound{Status: &crm.InboundStatus{ExternalID: m.ExternalID, Status: s}})
			if got := last(t, w, v.ID); got.Status != crm.Read {
				t.Errorf("after %s: %s", s, got.Status)
			}
		}
	})
}

// A status that comes before we know the provider's id waits for it.
func TestStatusBeforeItsMessage(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Receive(t, w.WhatsApp, w.Text(stranger, "hello"))
		v := w.Conversations(t, w.M, store.ViewOpen)[0]
		m := reply(t, w, v.ID, "good day")
		w.Receive(t, w.WhatsApp, crm.Inbound{Status: &crm.InboundStatus{ExternalID: "sim-" + string(m.ID), Status: crm.Delivered}})
		deliver(t, w)
		if got := last(t, w, v.ID); got.Status != crm.Delivered {
			t.Errorf("status %s, want delivered", got.Status)
		}
	})
}

// V6: outside the window nothing free is taken, and it is said why.
func TestWindow(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Receive(t, w.WhatsApp, w.Text(stranger, "hello"))
		v := w.Conversations(t, w.M, store.ViewOpen)[0]
		w.Sleep(25 * time.Hour)
		_, err := w.Inbox.Reply(t.Context(), w.A, inbox.Reply{Conversation: v.ID, Text: "late"})
		if e, ok := err.(*crm.Error); !ok || e.Code != "window_closed" {
			t.Errorf("error %v", err)
		}
		route, err := w.Inbox.Route(t.Context(), w.A, v.ID, "")
		if err != nil || route.Refusal == "" {
			t.Errorf("route %+v, %v", route, err)
		}
		w.Receive(t, w.WhatsApp, w.Text(stranger, "still there?"))
		reply(t, w, v.ID, "yes")
	})
}

// C9: an edited number is where replies go from now on; the old one is a stranger's.
func TestNumberEdited(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		c := w.Put(t, "Priya", "Shah", stranger, "")
		w.Receive(t, w.SMS, w.Text(stranger, "hello"))
		v := w.Conversations(t, w.M, store.ViewOpen)[0]
		phone := "07400 999999"
		if _, err := w.Contacts.Put(t.Context(), w.M, crm.Draft{ID: c.ID, Phone: &phone}); err != nil {
			t.Fatal(err)
		}
		if m := reply(t, w, v.ID, "hi"); m.Address != "+447400999999" {
			t.Errorf("the reply goes to %s", m.Address)
		}
		w.Receive(t, w.SMS, w.Text(stranger, "new owner"))
		if n := len(w.All(t)); n != 2 {
			t.Errorf("%d contacts, want 2", n)
		}
		if thread := w.Thread(t, v.ID); len(thread) != 2 {
			t.Errorf("the old conversation has %d messages, want 2", len(thread))
		}
	})
}

// V7: a message whose sender died between claiming and marking is unknown, and is not
// sent again by itself.
func TestCrashBetweenClaimAndMark(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Receive(t, w.WhatsApp, w.Text(stranger, "hello"))
		v := w.Conversations(t, w.M, store.ViewOpen)[0]
		reply(t, w, v.ID, "one")
		claimAndDie(t, w, v.ID)
		if err := w.Inbox.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := last(t, w, v.ID); got.Status != crm.Sending {
			t.Errorf("too early: %s", got.Status)
		}
		w.Sleep(3 * time.Minute)
		if err := w.Inbox.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		deliver(t, w)
		if got := last(t, w, v.ID); got.Status != crm.Unknown || got.Error == "" {
			t.Errorf("status %s (%s), want unknown", got.Status, got.Error)
		}
		// News settles it.
		w.Receive(t, w.WhatsApp, crm.Inbound{Status: &crm.InboundStatus{ExternalID: "wamid.late", ClientID: last(t, w, v.ID).ID, Status: crm.Delivered}})
		if got := last(t, w, v.ID); got.Status != crm.Delivered || got.ExternalID != "wamid.late" {
			t.Errorf("after the news: %s %s", got.Status, got.ExternalID)
		}
	})
}

// V4: a deactivated user's open conversations are free again, with the reason.
func TestDeactivation(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		for _, from := range []string{"+447400000001", "+447400000002", "+447400000003"} {
			w.Receive(t, w.SMS, w.Text(from, "hi"))
		}
		for _, row := range w.Conversations(t, w.M, store.ViewOpen) {
			if _, err := w.Inbox.Assign(t.Context(), w.M, row.ID, w.A.UserID); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Team.ChangeUser(t.Context(), w.M, w.A.UserID, teamActive(false)); err != nil {
			t.Fatal(err)
		}
		rows := w.Conversations(t, w.M, store.ViewUnassigned)
		if len(rows) != 3 {
			t.Fatalf("%d unassigned, want 3", len(rows))
		}
		for _, row := range rows {
			if row.AssignNote != "A was deactivated." {
				t.Errorf("note %q", row.AssignNote)
			}
		}
		if _, err := w.Inbox.Assign(t.Context(), w.M, rows[0].ID, w.A.UserID); crm.KindOf(err) != crm.Invalid {
			t.Errorf("assigned to a deactivated user: %v", err)
		}
	})
}

func reply(t *testing.T, w *apptest.World, conversation crm.ID, text string) crm.Message {
	t.Helper()
	m, err := w.Inbox.Reply(t.Context(), w.A, inbox.Reply{Conversation: conversation, Text: text})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func deliver(t *testing.T, w *apptest.World) {
	t.Helper()
	if err := w.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func last(t *testing.T, w *apptest.World, conversation crm.ID) crm.Message {
	t.Helper()
	thread := w.Thread(t, conversation)
	return thread[len(thread)-1]
}
