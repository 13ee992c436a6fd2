package inbox_test

import (
	"errors"
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/app/inbox"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// putTemplate stores a template of the WhatsApp channel.
func putTemplate(t *testing.T, w *apptest.World, template crm.Template) {
	t.Helper()
	template.BusinessID, template.ID, template.ChannelID, template.SyncedAt = w.M.BusinessID, crm.NewID(w.Now()), w.WhatsApp.ID, w.Now()
	if err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		store.PutTemplate(tx, template)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

var orderReady = crm.Template{Name: "order_ready", Language: "en", Category: crm.Utility, Status: crm.TemplateApproved, Parts: crm.TemplateParts{
	Header: crm.TemplateHeader{Format: crm.HeaderText, Text: "Order {{1}}"}, Body: "Hi {{1}}, it is ready.", Footer: "Rosas",
	Buttons: []crm.TemplateButton{{Kind: crm.QuickReply, Text: "Thanks"}, {Kind: crm.OpenURL, Text: "See it", URL: "https://rosas.example/{{1}}"}},
}}

// V6: a template goes out when the window is closed, filled from the contact.
func TestReplyWithTemplate(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		putTemplate(t, w, orderReady)
		c := w.Put(t, "Priya", "Shah", stranger, "")
		w.Receive(t, w.WhatsApp, w.Text(stranger, "hello"))
		v := w.Conversations(t, w.M, store.ViewOpen)[0]
		w.Sleep(25 * time.Hour)
		m, err := w.Inbox.Reply(t.Context(), w.A, inbox.Reply{Conversation: v.ID, Template: &crm.TemplateChoice{Name: "order_ready", Language: "en",
			Variables: map[string]string{"1": "{{first_name|there}}", "header.1": "17", "button.1.1": "o/17"}}})
		if err != nil {
			t.Fatal(err)
		}
		if m.Type != crm.TemplateMessage || m.Text != "Order 17\n\nHi Priya, it is ready.\n\nRosas" {
			t.Errorf("%s %q", m.Type, m.Text)
		}
		deliver(t, w)
		got := last(t, w, v.ID)
		if got.Status != crm.Sent || got.Content.Template == nil || len(got.Content.Template.Values) != 3 {
			t.Fatalf("after sending: %+v", got)
		}
		if got.Content.Template.Shown.Buttons[1].URL != "https://rosas.example/o/17" {
			t.Errorf("shown %+v", got.Content.Template.Shown)
		}
		_ = c
	})
}

// What does not fit is refused at its field, before anything is queued.
func TestTemplatesThatDoNotFit(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		putTemplate(t, w, orderReady)
		paused := orderReady
		paused.Name, paused.Status = "paused_one", crm.TemplatePaused
		putTemplate(t, w, paused)
		offer := crm.Template{Name: "offer", Language: "en", Category: crm.Marketing, Status: crm.TemplateApproved, Parts: crm.TemplateParts{Body: "We have an offer."}}
		putTemplate(t, w, offer)
		w.Receive(t, w.WhatsApp, w.Text(stranger, "hello"))
		v := w.Conversations(t, w.M, store.ViewOpen)[0]
		all := map[string]string{"1": "a", "header.1": "b", "button.1.1": "c"}
		with := func(key, value string) map[string]string {
			m := map[string]string{"1": "a", "header.1": "b", "button.1.1": "c"}
			m[key] = value
			return m
		}
		for _, row := range []struct {
			name  string
			reply inbox.Reply
			want  string // field and code
		}{
			{"no such", inbox.Reply{Template: &crm.TemplateChoice{Name: "order", Language: "en"}}, "template.name unknown_template"},
			{"other language", inbox.Reply{Template: &crm.TemplateChoice{Name: "order_ready", Language: "de", Variables: all}}, "template.name unknown_template"},
			{"paused", inbox.Reply{Template: &crm.TemplateChoice{Name: "paused_one", Language: "en", Variables: all}}, "template.name template_not_usable"},
			{"a value is missing", inbox.Reply{Template: &crm.TemplateChoice{Name: "order_ready", Language: "en", Variables: with("1", " ")}}, "template.variables.1 required"},
			{"one too many", inbox.Reply{Template: &crm.TemplateChoice{Name: "order_ready", Language: "en", Variables: with("2", "x")}}, "template.variables.2 unknown_variable"},
			{"unknown field", inbox.Reply{Template: &crm.TemplateChoice{Name: "order_ready", Language: "en", Variables: with("1", "{{nick_name}}")}}, "template.variables.1 unknown_merge_field"},
			{"empty for this one", inbox.Reply{Template: &crm.TemplateChoice{Name: "order_ready", Language: "en", Variables: with("1", "{{business_name}}")}}, "template.variables.1 empty_variable"},
			{"text beside it", inbox.Reply{Text: "x", Template: &crm.TemplateChoice{Name: "order_ready", Language: "en", Variables: all}}, "text not_with_template"},
			{"over SMS", inbox.Reply{ChannelID: w.SMS.ID, Template: &crm.TemplateChoice{Name: "order_ready", Language: "en", Variables: all}}, "template not_on_channel"},
		} {
			row.reply.Conversation = v.ID
			_, err := w.Inbox.Reply(t.Context(), w.A, row.reply)
			var e *crm.Error
			if !errors.As(err, &e) || len(e.Fields) != 1 || e.Fields[0].Field+" "+e.Fields[0].Code != row.want {
				t.Errorf("%s: %v, want %s", row.name, err, row.want)
			}
		}
		if n := len(w.Thread(t, v.ID)); n != 1 {
			t.Errorf("%d messages: something was queued", n)
		}
		w.Unrecorded = true
		optOut(t, w, v.ContactID, crm.WhatsApp)
		_, err := w.Inbox.Reply(t.Context(), w.A, inbox.Reply{Conversation: v.ID, Template: &crm.TemplateChoice{Name: "offer", Language: "en"}})
		var e *crm.Error
		if !errors.As(err, &e) || e.Code != "opted_out" {
			t.Errorf("marketing to somebody who said stop: %v", err)
		}
	})
}

func optOut(t *testing.T, w *apptest.World, contact crm.ID, family crm.Family) {
	t.Helper()
	if err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		store.OptOut(tx, w.M.BusinessID, contact, family, w.Now(), "test", "STOP")
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
