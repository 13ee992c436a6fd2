package inbox_test

import (
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/app/inbox"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// autos switches automatic replies on. The world's time is a Tuesday, 9:00 in London.
func autos(t *testing.T, w *apptest.World, change func(*crm.AutoReplies)) {
	t.Helper()
	a := crm.AutoReplies{NewContact: crm.AutoReply{On: true, Text: "Welcome {{first_name|there}}!"}, KnownContact: crm.AutoReply{On: true, Text: "Good to hear from you, {{first_name|there}}."},
		Away: crm.AutoReply{On: true, Text: "We are closed."}, Hours: crm.WeekHours{"tuesday": {{From: "09:00", To: "12:00"}, {From: "13:00", To: "17:00"}}, "wednesday": {{From: "09:00", To: "17:00"}}}}
	if change != nil {
		change(&a)
	}
	_, err := w.Inbox.ChangeAutoReplies(t.Context(), w.M, func(now *crm.AutoReplies) { *now = a })
	must(t, err)
}

// replies are our messages in the one conversation of a contact that is open.
func replies(t *testing.T, w *apptest.World) (list []string) {
	t.Helper()
	for _, v := range w.Conversations(t, w.M, store.ViewOpen) {
		for _, m := range sent(w.Thread(t, v.ID)) {
			list = append(list, m.Text)
		}
	}
	return list
}

func expectReplies(t *testing.T, w *apptest.World, why string, want ...string) {
	t.Helper()
	got := replies(t, w)
	if len(got) != len(want) {
		t.Errorf("%s: answered %q, want %q", why, got, want)
		return
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%s: answered %q, want %q", why, got, want)
		}
	}
}

// A stranger is greeted once, a known contact once in a new conversation, and outside the
// hours it is said so, once a day.
func TestAutoReplies(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		autos(t, w, nil)
		w.Receive(t, w.WhatsApp, w.Text(stranger, "hello"), w.Text(stranger, "are you there?"))
		expectReplies(t, w, "a stranger", "Welcome there!")
		w.Receive(t, w.WhatsApp, w.Text(stranger, "?"))
		expectReplies(t, w, "the stranger goes on", "Welcome there!")
		must(t, w.Deliver(t.Context()))
		v := w.Conversations(t, w.M, store.ViewOpen)[0]
		if m := sent(w.Thread(t, v.ID))[0]; m.Status != crm.Sent || m.SentBy != "" {
			t.Errorf("sent as %+v", m)
		}
		if v.LastText != "?" {
			t.Errorf("the list shows %q", v.LastText)
		}
		_, err := w.Inbox.Close(t.Context(), w.M, v.ID)
		must(t, err)
		w.Sleep(28 * time.Hour) // Wednesday, 13:00: another conversation
		w.Receive(t, w.WhatsApp, w.Text(stranger, "hello again"))
		expectReplies(t, w, "a known contact", "Good to hear from you, there.")
		w.Sleep(5 * time.Hour) // 18:00
		w.Receive(t, w.WhatsApp, w.Text(stranger, "still open?"))
		expectReplies(t, w, "closed, but answered within the day", "Good to hear from you, there.")
		w.Sleep(20 * time.Hour) // Thursday: closed all day
		w.Receive(t, w.WhatsApp, w.Text(stranger, "and now?"), w.Text(stranger, "hello?"))
		expectReplies(t, w, "closed", "Good to hear from you, there.", "We are closed.")
		w.Sleep(23 * time.Hour)
		w.Receive(t, w.WhatsApp, w.Text(stranger, "well?"))
		expectReplies(t, w, "closed, within a day of the last", "Good to hear from you, there.", "We are closed.")
		w.Sleep(2 * time.Hour)
		w.Receive(t, w.WhatsApp, w.Text(stranger, "well?"))
		expectReplies(t, w, "closed, a day later", "Good to hear from you, there.", "We are closed.", "We are closed.")
	})
}

// Nobody gets one who said stop, is a robot or of the team; nor does an old message, or a
// repeat.
func TestNoAutoReply(t *testing.T) {
	for name, file := range map[string]func(*testing.T, *apptest.World){
		"stop": func(t *testing.T, w *apptest.World) { w.Receive(t, w.WhatsApp, w.Text(stranger, "STOP")) },
		"said stop before": func(t *testing.T, w *apptest.World) {
			c := w.Put(t, "Priya", "Shah", stranger, "")
			must(t, w.Contacts.SetOptOut(t.Context(), w.M, c.ID, crm.WhatsApp, true))
			w.Receive(t, w.WhatsApp, w.Text(stranger, "hello"))
		},
		"a short code": func(t *testing.T, w *apptest.World) { w.Receive(t, w.SMS, w.Text("60006", "Your code is 123")) },
		"a word":       func(t *testing.T, w *apptest.World) { w.Receive(t, w.SMS, w.Text("PARCELS", "It is on its way")) },
		"the team":     func(t *testing.T, w *apptest.World) { w.Receive(t, w.WhatsApp, w.Text("+447400111222", "hello")) },
		"brought late": func(t *testing.T, w *apptest.World) {
			m := w.Text(stranger, "hello")
			w.Sleep(2 * time.Hour)
			w.Receive(t, w.WhatsApp, m)
		},
		"an opt-out that the provider tells of beside it": func(t *testing.T, w *apptest.World) {
			m := w.Text(stranger, "leave me in peace")
			w.Receive(t, w.SMS, m, crm.Inbound{ExternalID: m.ExternalID + ":stop", Sender: m.Sender, Consent: &crm.InboundConsent{Stop: true, Category: "STOP"}})
		},
		"a channel that is switched off": func(t *testing.T, w *apptest.World) {
			off := w.WhatsApp
			off.Active = false
			w.Receive(t, off, w.Text(stranger, "hello"))
		},
		"an echo": func(t *testing.T, w *apptest.World) { w.Receive(t, w.WhatsApp, w.Text(stranger, "Welcome there!")) },
		"held": func(t *testing.T, w *apptest.World) {
			must(t, w.DB.Write(t.Context(), func(tx *db.Tx) error {
				tx.Exec("update business set held = true where id = $1", w.M.BusinessID)
				return nil
			}))
			w.Receive(t, w.WhatsApp, w.Text(stranger, "hello"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			apptest.Each(t, func(t *testing.T, w *apptest.World) {
				autos(t, w, nil)
				file(t, w)
				expectReplies(t, w, name)
			})
		})
	}
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		autos(t, w, nil)
		m := w.Text(stranger, "hello")
		w.Receive(t, w.WhatsApp, m, m)
		w.Receive(t, w.WhatsApp, m)
		expectReplies(t, w, "a repeat", "Welcome there!")
	})
}

// One that waits for another try is left out once the person said stop, the channel was
// switched off, or it is no answer any more; what people wrote goes out all the same.
func TestAutoReplyThatWaited(t *testing.T) {
	for name, meanwhile := range map[string]func(*testing.T, *apptest.World){
		"stop": func(t *testing.T, w *apptest.World) { w.Receive(t, w.WhatsApp, w.Text(stranger, "STOP")) },
		"stop by hand": func(t *testing.T, w *apptest.World) {
			must(t, w.Contacts.SetOptOut(t.Context(), w.M, w.Conversations(t, w.M, store.ViewOpen)[0].ContactID, crm.WhatsApp, true))
		},
		"switched off": func(t *testing.T, w *apptest.World) {
			must(t, w.DB.Write(t.Context(), func(tx *db.Tx) error {
				tx.Exec("update channel set active = false where business_id = $1 and id = $2", w.M.BusinessID, w.WhatsApp.ID)
				return nil
			}))
		},
		"two hours": func(_ *testing.T, w *apptest.World) { w.Sleep(2 * time.Hour) },
		"nothing":   func(*testing.T, *apptest.World) {},
	} {
		t.Run(name, func(t *testing.T) {
			apptest.Each(t, func(t *testing.T, w *apptest.World) {
				autos(t, w, nil)
				w.Receive(t, w.WhatsApp, w.Text(stranger, "hello"))
				v := w.Conversations(t, w.M, store.ViewOpen)[0]
				_, err := w.Inbox.Reply(t.Context(), w.A, inbox.Reply{Conversation: v.ID, Text: "Hello, this is Alex."})
				must(t, err)
				meanwhile(t, w)
				must(t, w.Deliver(t.Context()))
				out := sent(w.Thread(t, v.ID))
				want := crm.Skipped
				if name == "nothing" {
					want = crm.Sent
				}
				if len(out) < 2 || out[0].Status != want || !out[0].Content.Automatic || out[1].Status != crm.Sent || out[1].Content.Automatic {
					t.Errorf("sent %+v", out)
				}
				if want == crm.Skipped && (out[0].Error == "" || out[0].ErrorCode != "") {
					t.Errorf("left out without a word: %+v", out[0])
				}
			})
		})
	}
}

// Two businesses that answer each other by themselves come to an end.
func TestAutoRepliesDoNotLoop(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		autos(t, w, func(a *crm.AutoReplies) { a.Hours = crm.WeekHours{"sunday": {{From: "00:00", To: "24:00"}}} })
		for i := range 50 {
			w.Receive(t, w.WhatsApp, w.Text(stranger, "We are away, this is automatic "+string(rune('a'+i%26))))
			w.Sleep(time.Minute)
		}
		expectReplies(t, w, "fifty rounds", "We are closed.")
	})
}

func TestAutoRepliesThatAreRefused(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		for _, row := range []struct {
			a    crm.AutoReplies
			want string
		}{
			{crm.AutoReplies{NewContact: crm.AutoReply{On: true, Text: " "}}, "new_contact.text required"},
			{crm.AutoReplies{KnownContact: crm.AutoReply{Text: "{{nobody}}"}}, "known_contact.text unknown_merge_field"},
			{crm.AutoReplies{Away: crm.AutoReply{On: true, Text: "x"}}, "hours required"},
			{crm.AutoReplies{Hours: crm.WeekHours{"someday": {}}}, "hours.someday unknown_day"},
			{crm.AutoReplies{Hours: crm.WeekHours{"monday": {{From: "9", To: "17:00"}}}}, "hours.monday bad_time"},
			{crm.AutoReplies{Hours: crm.WeekHours{"monday": {{From: "17:00", To: "09:00"}}}}, "hours.monday bad_order"},
		} {
			if _, err := w.Inbox.ChangeAutoReplies(t.Context(), w.M, func(now *crm.AutoReplies) { *now = row.a }); code(err) != row.want {
				t.Errorf("%+v: %v, want %s", row.a, err, row.want)
			}
		}
		if _, err := w.Inbox.ChangeAutoReplies(t.Context(), w.A, func(now *crm.AutoReplies) { *now = crm.AutoReplies{} }); crm.KindOf(err) != crm.Forbidden {
			t.Errorf("an agent: %v", err)
		}
	})
}
