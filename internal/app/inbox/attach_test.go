package inbox_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/app/inbox"
	"parley/internal/channel/channeltest"
	"parley/internal/crm"
	"parley/internal/db/dbtest"
	"parley/internal/store"
)

const jpeg = "\xff\xd8\xff\xe0\x00\x10JFIF picture"

// code is the field and code of the one thing that is wrong.
func code(err error) string {
	var e *crm.Error
	switch {
	case err == nil:
		return ""
	case !errors.As(err, &e):
		return err.Error()
	case len(e.Fields) == 1:
		return e.Fields[0].Field + " " + e.Fields[0].Code
	}
	return e.Code
}

// A file is brought, goes to Meta, then with its caption to the contact, and can be looked
// at here.
func TestReplyWithFile(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		meta := withMeta(t, w)
		w.Receive(t, w.WhatsApp, w.Text(stranger, "hello"))
		v := w.Conversations(t, w.M, store.ViewOpen)[0]
		a, err := w.Inbox.Attach(t.Context(), w.A, v.ID, "", `C:\pictures\vase.jpg`, strings.NewReader(jpeg))
		must(t, err)
		if a.Name != "vase.jpg" || a.Type != "image/jpeg" {
			t.Errorf("kept as %+v", a)
		}
		if _, err := w.Inbox.Reply(t.Context(), w.B, inbox.Reply{Conversation: v.ID, File: a.ID}); code(err) != "media_id unknown_file" {
			t.Errorf("somebody else's file: %v", err)
		}
		m, err := w.Inbox.Reply(t.Context(), w.A, inbox.Reply{Conversation: v.ID, File: a.ID, Text: "The vase", Quoted: w.Thread(t, v.ID)[0].ID})
		must(t, err)
		if _, err := w.Inbox.Reply(t.Context(), w.A, inbox.Reply{Conversation: v.ID, File: a.ID}); code(err) != "media_id unknown_file" {
			t.Errorf("the same file once more: %v", err)
		}
		meta.Next(channeltest.Fault{Cut: channeltest.BeforeCommit}) // the upload breaks off: nothing is lost by another try
		must(t, w.Deliver(t.Context()))
		if got := last(t, w, v.ID); got.Status != crm.Queued {
			t.Fatalf("after an upload that broke off: %s", got.Status)
		}
		if _, _, err := w.Inbox.SendNext(t.Context(), w.M.BusinessID, v.ID); err != nil {
			t.Fatal(err)
		}
		taken := meta.Accepted()
		if len(taken) != 1 || taken[0].Type != "image" || taken[0].Text != "The vase" || string(taken[0].File.Data) != jpeg || taken[0].QuotedID == "" {
			t.Fatalf("taken %+v", taken)
		}
		got := last(t, w, v.ID)
		if got.Type != crm.ImageMessage || got.Status != crm.Sent || len(got.Media) != 1 {
			t.Errorf("shown as %+v", got)
		}
		f, err := w.Inbox.File(t.Context(), w.B, got.Media[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if seen, err := io.ReadAll(f); err != nil || string(seen) != jpeg {
			t.Errorf("looked at: %d bytes, %v", len(seen), err)
		}
		_ = m
	})
}

// What a channel does not take, and what is not what it says, is refused at the field, and
// nothing is kept of it.
func TestFilesThatAreRefused(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Receive(t, w.WhatsApp, w.Text(stranger, "hello"))
		w.Receive(t, w.SMS, w.Text(stranger, "hello"))
		v := w.Conversations(t, w.M, store.ViewOpen)[0]
		before := dbtest.Dump(t, w.DB)
		for _, row := range []struct {
			name, content string
			channel       crm.ID
			want          string
		}{
			{"a.jpg", "MZ\x90\x00", w.WhatsApp.ID, "file wrong_type"},
			{"a.exe", "MZ\x90\x00", w.WhatsApp.ID, "file unknown_type"},
			{"a.gif", "GIF89a", w.WhatsApp.ID, "file not_on_channel"},
			{"a.txt", "hello", w.SMS.ID, "file not_on_channel"},
			{"a.jpg", jpeg + strings.Repeat("x", 5<<20), w.WhatsApp.ID, "file file_too_large"},
			{"a.jpg", "", w.WhatsApp.ID, "file empty_file"},
		} {
			if _, err := w.Inbox.Attach(t.Context(), w.A, v.ID, row.channel, row.name, strings.NewReader(row.content)); code(err) != row.want {
				t.Errorf("%s: %v, want %s", row.name, err, row.want)
			}
		}
		if changed := dbtest.Changed(before, dbtest.Dump(t, w.DB)); len(changed) > 0 {
			t.Errorf("something was kept in %v", changed)
		}
		a, err := w.Inbox.Attach(t.Context(), w.A, v.ID, w.WhatsApp.ID, "a.pdf", strings.NewReader("%PDF-1.7 "+strings.Repeat("x", 700<<10)))
		must(t, err)
		if _, err := w.Inbox.Reply(t.Context(), w.A, inbox.Reply{Conversation: v.ID, ChannelID: w.SMS.ID, File: a.ID}); code(err) != "media_id file_too_large" {
			t.Errorf("brought for WhatsApp, sent by SMS: %v", err)
		}
		sound, err := w.Inbox.Attach(t.Context(), w.A, v.ID, w.WhatsApp.ID, "a.mp3", strings.NewReader("ID3 sound"))
		must(t, err)
		if _, err := w.Inbox.Reply(t.Context(), w.A, inbox.Reply{Conversation: v.ID, ChannelID: w.WhatsApp.ID, File: sound.ID, Text: "listen"}); code(err) != "text not_with_audio" {
			t.Errorf("a recording with a caption: %v", err)
		}
		w.Sleep(25 * time.Hour)
		must(t, w.Inbox.Settle(t.Context()))
		if _, err := w.Inbox.Reply(t.Context(), w.A, inbox.Reply{Conversation: v.ID, ChannelID: w.SMS.ID, File: sound.ID}); code(err) != "media_id unknown_file" {
			t.Errorf("a day later: %v", err)
		}
	})
}

// A reaction goes to Meta, shows at once, is one for the whole team, and goes when it was
// refused.
func TestReact(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		meta := withMeta(t, w)
		w.Receive(t, w.WhatsApp, w.Text(stranger, "hello"))
		v := w.Conversations(t, w.M, store.ViewOpen)[0]
		hello := w.Thread(t, v.ID)[0]
		shown := func() string {
			all := ""
			for _, r := range w.Thread(t, v.ID)[0].Reactions {
				all += r.Emoji
			}
			return all
		}
		for _, emoji := range []string{"👍", "❤️"} {
			if _, err := w.Inbox.React(t.Context(), w.A, hello.ID, emoji); err != nil {
				t.Fatal(err)
			}
		}
		must(t, w.Deliver(t.Context()))
		taken := meta.Accepted()
		if len(taken) != 2 || taken[1].Type != "reaction" || taken[1].Text != "❤️" || taken[1].QuotedID != hello.ExternalID || shown() != "❤️" {
			t.Errorf("taken %+v, shown %s", taken, shown())
		}
		if n := len(w.Thread(t, v.ID)); n != 1 {
			t.Errorf("%d messages in the thread: a reaction is none", n)
		}
		meta.Next(channeltest.Fault{Code: 131009})
		if _, err := w.Inbox.React(t.Context(), w.B, hello.ID, "😀"); err != nil {
			t.Fatal(err)
		}
		must(t, w.Deliver(t.Context()))
		if shown() != "" {
			t.Errorf("refused, and %s is still shown", shown())
		}
		for _, row := range []struct{ emoji, want string }{{"hello", "emoji not_emoji"}, {"a", "emoji not_emoji"}, {"1", "emoji not_emoji"}, {strings.Repeat("👍", 13), "emoji not_emoji"}} {
			if _, err := w.Inbox.React(t.Context(), w.A, hello.ID, row.emoji); code(err) != row.want {
				t.Errorf("%q: %v", row.emoji, err)
			}
		}
		w.Receive(t, w.SMS, w.Text(stranger, "by SMS"))
		if _, err := w.Inbox.React(t.Context(), w.A, last(t, w, v.ID).ID, "👍"); code(err) != "emoji not_on_channel" {
			t.Errorf("on an SMS: %v", err)
		}
		w.Sleep(25 * time.Hour)
		if _, err := w.Inbox.React(t.Context(), w.A, hello.ID, "👍"); code(err) != "window_closed" {
			t.Errorf("a day later: %v", err)
		}
	})
}

// A large file goes out, and is looked at, as it was brought.
func TestLargeFile(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		meta := withMeta(t, w)
		w.Receive(t, w.WhatsApp, w.Text(stranger, "hello"))
		v := w.Conversations(t, w.M, store.ViewOpen)[0]
		content := "%PDF-1.7 " + strings.Repeat("roses ", 2<<20)
		a, err := w.Inbox.Attach(t.Context(), w.A, v.ID, "", "roses.pdf", strings.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Inbox.Reply(t.Context(), w.A, inbox.Reply{Conversation: v.ID, File: a.ID}); err != nil {
			t.Fatal(err)
		}
		deliver(t, w)
		if taken := meta.Accepted(); len(taken) != 1 || string(taken[0].File.Data) != content {
			t.Fatalf("%d taken, or another file", len(taken))
		}
		f, err := w.Inbox.File(t.Context(), w.A, last(t, w, v.ID).Media[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if seen, err := io.ReadAll(f); err != nil || string(seen) != content || f.Size != int64(len(content)) {
			t.Errorf("looked at: %d bytes of %d, %v", len(seen), f.Size, err)
		}
	})
}
