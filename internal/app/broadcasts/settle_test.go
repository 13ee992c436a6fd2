package broadcasts_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/app/contacts"
	"parley/internal/channel"
	"parley/internal/channel/channeltest"
	"parley/internal/channel/twilio"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// V7: what Twilio may have taken is looked up in its list: what is there was sent, and what
// is not never was and is sent now.
func TestSettledByTheList(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		emulator := channeltest.NewTwilio()
		server := httptest.NewServer(emulator)
		t.Cleanup(server.Close)
		w.Broadcasts.Open = func(store.Channel) (channel.Channel, error) {
			return twilio.Open(channel.Config{Settings: emulator.Settings(), BaseURL: server.URL}), nil
		}
		tag := w.Tag(t, "Gold")
		people(t, w, 4, tag)
		b := start(t, w, draft(w, tag))
		emulator.Next(channeltest.Fault{Cut: channeltest.AfterCommit}, channeltest.Fault{Cut: channeltest.BeforeCommit})
		work(t, w)
		counted(t, w, b.ID, map[crm.MessageStatusValue]int{crm.Sent: 2, crm.Unknown: 2})
		must(t, w.Broadcasts.Settle(t.Context())) // too early to ask
		counted(t, w, b.ID, map[crm.MessageStatusValue]int{crm.Sent: 2, crm.Unknown: 2})
		w.Sleep(3 * time.Minute)
		must(t, w.Broadcasts.Settle(t.Context()))
		counted(t, w, b.ID, map[crm.MessageStatusValue]int{crm.Sent: 3, crm.Queued: 1})
		work(t, w)
		counted(t, w, b.ID, map[crm.MessageStatusValue]int{crm.Sent: 4})
		taken := map[string]int{}
		for _, m := range emulator.Accepted() {
			taken[m.To]++
		}
		if len(taken) != 4 || len(emulator.Accepted()) != 4 {
			t.Errorf("the provider took %v", taken)
		}
	})
}

// A restored copy sends nothing by itself, now or after it was released.
func TestHeld(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		tag := w.Tag(t, "Gold")
		people(t, w, 2, tag)
		b := start(t, w, draft(w, tag))
		held := func(on bool) {
			t.Helper()
			must(t, w.DB.Write(t.Context(), func(tx *db.Tx) error {
				tx.Exec("update business set held = $2 where id = $1", w.M.BusinessID, on)
				return nil
			}))
		}
		sendWith(w, func(m crm.Outbound) (string, error) { t.Error("a restored copy sends"); return "x", nil })
		held(true)
		work(t, w)
		if b := get(t, w, b.ID); b.Status != crm.BroadcastPaused || !strings.Contains(b.Problem, "restored copy") {
			t.Errorf("it is %s: %s", b.Status, b.Problem)
		}
		if _, err := w.Broadcasts.Resume(t.Context(), w.M, b.ID); crm.KindOf(err) != crm.Conflicting {
			t.Errorf("resumed while on hold: %v", err)
		}
		held(false)
		work(t, w)
		counted(t, w, b.ID, map[crm.MessageStatusValue]int{crm.Queued: 2})
		sendWith(w, func(m crm.Outbound) (string, error) { return "x-" + m.ID.String(), nil })
		_, err := w.Broadcasts.Resume(t.Context(), w.M, b.ID)
		must(t, err)
		work(t, w)
		counted(t, w, b.ID, map[crm.MessageStatusValue]int{crm.Sent: 2})
	})
}

// V2, C10, C11: another admin is told nothing of whom they may not see; who is erased leaves
// nothing but a number; two contacts that become one get it once.
func TestPeopleComeAndGo(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		tag := w.Tag(t, "Gold")
		list := people(t, w, 4, tag)
		b := start(t, w, draft(w, tag))
		_, _, err := w.Contacts.Merge(t.Context(), w.M, contacts.Merging{From: list[0].ID, Into: list[1].ID})
		must(t, err)
		to := map[string]int{}
		sendWith(w, func(m crm.Outbound) (string, error) { to[m.Address]++; return "x-" + m.ID.String(), nil })
		work(t, w)
		if len(to) != 3 {
			t.Errorf("sent to %v, want one of the two that became one", to)
		}
		counted(t, w, b.ID, map[crm.MessageStatusValue]int{crm.Sent: 3, crm.Skipped: 1})

		_, err = w.Contacts.Put(t.Context(), w.M, crm.Draft{ID: list[2].ID, Visibility: &crm.Visibility{Mode: crm.Chosen, UserIDs: []crm.ID{w.M.UserID}}})
		must(t, err)
		other := w.A
		other.Role = crm.Admin
		seen, err := w.Broadcasts.People(t.Context(), other, b.ID, store.RecipientFilter{}, 0, 10)
		must(t, err)
		if text := fmt.Sprint(seen); strings.Contains(text, list[2].Phone()) || strings.Contains(text, "First2") || strings.Contains(text, list[2].ID.String()) || !strings.Contains(text, list[3].Phone()) {
			t.Errorf("another admin sees %s", text)
		}
		var file strings.Builder
		must(t, w.Broadcasts.Export(t.Context(), other, b.ID, store.RecipientFilter{}, &file))
		if strings.Contains(file.String(), "First2") || !strings.Contains(file.String(), "First3") {
			t.Errorf("another admin exports %s", file.String())
		}
		must(t, w.Contacts.Erase(t.Context(), w.M, list[3].ID))
		seen, err = w.Broadcasts.People(t.Context(), w.M, b.ID, store.RecipientFilter{}, 0, 10)
		must(t, err)
		if text := fmt.Sprint(seen); strings.Contains(text, list[3].Phone()) || strings.Contains(text, "First3") || strings.Contains(text, list[3].ID.String()) {
			t.Errorf("of who was erased is left %s", text)
		}
		counted(t, w, b.ID, map[crm.MessageStatusValue]int{crm.Sent: 3, crm.Skipped: 1})
	})
}

// What people send over a channel is taken off the pace of its broadcasts.
func TestRepliesGoFirst(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		tag := w.Tag(t, "Gold")
		people(t, w, 30, tag)
		must(t, slow(t, w, 20))
		b := start(t, w, draft(w, tag))
		began := time.Now()
		sent := 0
		sendWith(w, func(m crm.Outbound) (string, error) {
			if sent++; sent == 5 { // twenty replies leave at once
				must(t, w.DB.Write(t.Context(), func(tx *db.Tx) error {
					for range 20 {
						store.NoteReplySent(tx, w.M.BusinessID, w.SMS.ID)
					}
					return nil
				}))
			}
			return "x-" + m.ID.String(), nil
		})
		work(t, w)
		counted(t, w, b.ID, map[crm.MessageStatusValue]int{crm.Sent: 30})
		// 50 messages at 20 a second, but for the few that may leave in a burst.
		if took := time.Since(began); took < 2*time.Second {
			t.Errorf("30 messages and 20 replies left within %s", took)
		}
	})
}

// An account that does not work pauses everything on its channel, and loses nobody.
func TestDeadAccount(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		tag := w.Tag(t, "Gold")
		people(t, w, 3, tag)
		b := start(t, w, draft(w, tag))
		sendWith(w, func(crm.Outbound) (string, error) {
			return "", &channel.SendError{Outcome: channel.Dead, Code: "20003", Reason: "The keys are wrong."}
		})
		work(t, w)
		if b := get(t, w, b.ID); b.Status != crm.BroadcastPaused || b.Problem != "The keys are wrong." {
			t.Errorf("it is %s: %s", b.Status, b.Problem)
		}
		counted(t, w, b.ID, map[crm.MessageStatusValue]int{crm.Queued: 3})
	})
}

// A node that is stopped in good order leaves nothing unknown.
func TestStopped(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		tag := w.Tag(t, "Gold")
		people(t, w, 40, tag)
		must(t, slow(t, w, 40))
		b := start(t, w, draft(w, tag))
		ctx, stop := context.WithCancel(t.Context())
		sent := 0
		sendWith(w, func(m crm.Outbound) (string, error) {
			if sent++; sent == 6 {
				stop()
			}
			return "x-" + m.ID.String(), nil
		})
		_, _ = w.Broadcasts.WorkLane(ctx, w.M.BusinessID, w.SMS.ID)
		if c := get(t, w, b.ID).Counts; c.Of(crm.Sent) < 6 || c.Of(crm.Unknown) != 0 || c.Of(crm.Queued) == 0 {
			t.Errorf("stopped at %v", c.ByStatus)
		}
		work(t, w)
		counted(t, w, b.ID, map[crm.MessageStatusValue]int{crm.Sent: 40})
	})
}

// C10: what a person got as one of many is in the file of all that is kept of them.
func TestInTheFileOfThePerson(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		tag := w.Tag(t, "Gold")
		list := people(t, w, 1, tag)
		start(t, w, draft(w, tag))
		work(t, w)
		d, err := w.Contacts.Dossier(t.Context(), w.M, list[0].ID)
		must(t, err)
		if len(d.Broadcasts) != 1 || d.Broadcasts[0].Text != "Hello First0" || d.Broadcasts[0].Name != "Spring" {
			t.Errorf("the file has %+v", d.Broadcasts)
		}
	})
}
