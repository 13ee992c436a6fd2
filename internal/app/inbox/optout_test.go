package inbox_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/internal/app/apptest"
	"parley/internal/app/inbox"
	"parley/internal/channel"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// B5: a keyword opts out on its family of channels, once, with a confirmation on SMS; the
// history tells, and START takes it back.
func TestKeywordOptsOut(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		const phone = "+447400777888"
		w.Receive(t, w.SMS, w.Text(phone, "Hello"), w.Text(phone, "Stop!"), w.Text(phone, "STOP"))
		c := w.Only(t)
		if !slices.Equal(c.OptOuts, []crm.Family{crm.SMS}) {
			t.Fatalf("opted out of %v, want sms", c.OptOuts)
		}
		list, err := w.Contacts.OptOuts(t.Context(), w.M, c.ID)
		must(t, err)
		if len(list) != 1 || list[0].Source != "message" || list[0].Wording != "Stop!" || list[0].At.IsZero() {
			t.Errorf("kept as %+v", list)
		}
		v := w.Conversations(t, w.M, store.ViewOpen)[0]
		answers := sent(w.Thread(t, v.ID))
		if len(answers) != 1 || !strings.Contains(answers[0].Text, "no more messages") {
			t.Fatalf("answered %+v, want one confirmation", answers)
		}
		must(t, w.Deliver(t.Context()))
		if m := sent(w.Thread(t, v.ID))[0]; m.Status != crm.Sent {
			t.Errorf("the confirmation is %s", m.Status)
		}
		if route, err := w.Inbox.Route(t.Context(), w.M, v.ID, ""); err != nil || !strings.Contains(route.Warning, "START") || route.Refusal != "" {
			t.Errorf("a reply by SMS after STOP: %+v %v", route, err)
		}
		w.Receive(t, w.SMS, w.Text(phone, "start"))
		if c := w.Only(t); len(c.OptOuts) != 0 {
			t.Errorf("after START opted out of %v", c.OptOuts)
		}
		if n := len(sent(w.Thread(t, v.ID))); n != 2 {
			t.Errorf("%d answers, want a confirmation of START as well", n)
		}
		var told []crm.EventType
		history, err := w.Contacts.History(t.Context(), w.M, c.ID, nil, 50)
		must(t, err)
		for _, e := range history {
			if e.Type == crm.ContactOptedOut || e.Type == crm.ContactOptedIn {
				told = append(told, e.Type)
			}
		}
		if !slices.Equal(told, []crm.EventType{crm.ContactOptedIn, crm.ContactOptedOut}) {
			t.Errorf("the history tells %v", told)
		}
	})
}

// B5: a keyword is confirmed once and only where that can be done: Twilio does so itself for
// the standard words and those that it says it took, robots answer back, and what is
// switched off or held sends nothing. It counts all the same.
func TestConfirmation(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		for n, c := range []struct {
			name, from, text string
			change           func(*store.Channel)
			consent, held    bool
			answers          int
		}{
			{name: "a person", text: "STOP", answers: 1},
			{name: "in German", text: "Abmelden", answers: 1},
			{name: "a short code", from: "60777", text: "STOP"},
			{name: "a word", from: "VERIFY", text: "stop"},
			{name: "switched off", text: "STOP", change: func(ch *store.Channel) { ch.Active = false }},
			{name: "a restored copy", text: "STOP", held: true},
			{name: "Twilio", text: "STOP", change: twilioSMS},
			{name: "Twilio, a word that it does not know", text: "Abmelden", change: twilioSMS, answers: 1},
			{name: "Twilio, a word that was taught to it", text: "Abmelden", change: twilioSMS, consent: true},
		} {
			ch, from := w.SMS, fmt.Sprintf("+4474007778%02d", n)
			if c.from != "" {
				from = c.from
			}
			if c.change != nil {
				c.change(&ch)
			}
			hold(t, w, c.held)
			items := []crm.Inbound{w.Text(from, c.text)}
			if c.consent {
				items = append(items, crm.Inbound{ExternalID: items[0].ExternalID + ":stop", Sender: items[0].Sender, Consent: &crm.InboundConsent{Stop: true, Category: "STOP"}})
			}
			w.Receive(t, ch, items...)
			hold(t, w, false)
			v := w.Conversations(t, w.M, store.ViewOpen)[0]
			contact, err := w.Contacts.Get(t.Context(), w.M, v.ContactID)
			must(t, err)
			if !slices.Equal(contact.OptOuts, []crm.Family{crm.SMS}) {
				t.Errorf("%s: opted out of %v", c.name, contact.OptOuts)
			}
			if list := sent(w.Thread(t, v.ID)); len(list) != c.answers {
				t.Errorf("%s: answered %+v, want %d", c.name, list, c.answers)
			}
		}
	})
}

func twilioSMS(ch *store.Channel) { ch.Kind = "twilio_sms" }

// hold makes the business a restored copy, or none.
func hold(t *testing.T, w *apptest.World, held bool) {
	t.Helper()
	must(t, w.DB.Write(t.Context(), func(tx *db.Tx) error {
		tx.Exec("update business set held = $2 where id = $1", w.M.BusinessID, held)
		return nil
	}))
}

// B5: on WhatsApp replies go on, and nothing is confirmed; another family is not meant;
// words among others are no keyword.
func TestOptOutOnWhatsApp(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		const phone = "+447400777888"
		w.Receive(t, w.WhatsApp, w.Text(phone, "stop by at 5?"))
		if c := w.Only(t); len(c.OptOuts) != 0 {
			t.Fatalf("opted out of %v", c.OptOuts)
		}
		tap := w.Text(phone, "No, thanks")
		tap.Message.Type, tap.Message.Content.Button = crm.ButtonMessage, &crm.Button{ID: "STOP"}
		w.Receive(t, w.WhatsApp, tap)
		if c := w.Only(t); !slices.Equal(c.OptOuts, []crm.Family{crm.WhatsApp}) {
			t.Fatalf("opted out of %v", c.OptOuts)
		}
		v := w.Conversations(t, w.M, store.ViewOpen)[0]
		if answers := sent(w.Thread(t, v.ID)); len(answers) != 0 {
			t.Errorf("answered %+v", answers)
		}
		if _, err := w.Inbox.Reply(t.Context(), w.M, inbox.Reply{Conversation: v.ID, Text: "Of course"}); err != nil {
			t.Errorf("a reply on WhatsApp after STOP: %v", err)
		}
	})
}

// B5: a provider's own word counts, told by an event or by refusing a message.
func TestProviderOptsOut(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		const phone = "+447400777888"
		w.Receive(t, w.WhatsApp, w.Text(phone, "Hello"))
		c := w.Only(t)
		w.Receive(t, w.WhatsApp, crm.Inbound{ExternalID: "p1", At: w.Now(), Sender: crm.Sender{Phone: phone, Address: phone},
			Consent: &crm.InboundConsent{Stop: true, Category: "marketing_messages"}})
		if c := w.Only(t); !slices.Equal(c.OptOuts, []crm.Family{crm.WhatsApp}) {
			t.Fatalf("opted out of %v", c.OptOuts)
		}
		w.Receive(t, w.WhatsApp, crm.Inbound{ExternalID: "p2", At: w.Now(), Sender: crm.Sender{Phone: phone, Address: phone},
			Consent: &crm.InboundConsent{Category: "marketing_messages"}})
		if c := w.Only(t); len(c.OptOuts) != 0 {
			t.Fatalf("still opted out of %v", c.OptOuts)
		}
		v := w.Conversations(t, w.M, store.ViewOpen)[0]
		m, err := w.Inbox.Reply(t.Context(), w.M, inbox.Reply{Conversation: v.ID, Text: "Hello"})
		must(t, err)
		w.Inbox.Open = func(store.Channel) (channel.Channel, error) {
			return failing{err: &channel.SendError{Outcome: channel.OptedOut, Code: "131050", Reason: "They stopped."}}, nil
		}
		must(t, w.Deliver(t.Context()))
		if c := w.Only(t); !slices.Equal(c.OptOuts, []crm.Family{crm.WhatsApp}) {
			t.Errorf("after a refusal opted out of %v", c.OptOuts)
		}
		must(t, w.Contacts.SetOptOut(t.Context(), w.A, c.ID, crm.WhatsApp, false))
		w.Receive(t, w.WhatsApp, crm.Inbound{ExternalID: "s1", Status: &crm.InboundStatus{ClientID: m.ID, Status: crm.Failed, ErrorCode: "131050", Error: "They stopped.", OptedOut: true}})
		if c := w.Only(t); len(c.OptOuts) != 0 {
			t.Errorf("news that was known opted out of %v", c.OptOuts)
		}
	})
}

// failing sends nothing.
type failing struct {
	channel.Channel
	err *channel.SendError
}

func (f failing) Send(context.Context, crm.Outbound) (string, error) { return "", f.err }

func sent(thread []crm.Message) (list []crm.Message) {
	for _, m := range thread {
		if m.Direction == crm.Out {
			list = append(list, m)
		}
	}
	return list
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
