package e2e

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/internal/channel/channeltest"
	"parley/internal/crm"
	"parley/internal/db"
)

// TestRestoreIntoTheOtherEngine backs one engine up and fills the other with it: the API
// answers the same there, and nothing is sent until an admin says so.
func TestRestoreIntoTheOtherEngine(t *testing.T) {
	t.Parallel()
	for _, engine := range []struct{ from, to string }{{"sqlite", "postgres"}, {"postgres", "sqlite"}} {
		t.Run(engine.from+" to "+engine.to, func(t *testing.T) {
			t.Parallel()
			moves(t, engine.from, engine.to)
		})
	}
}

// tooMany is Meta's code for too many messages to one person: it asks to wait six seconds.
const tooMany = 131056

func moves(t *testing.T, from, to string) {
	meta := channeltest.NewMeta()
	provider := httptest.NewServer(meta)
	t.Cleanup(provider.Close)
	setting := "PARLEY_WHATSAPP_URL=" + provider.URL
	original := emptyInstallation(t, from)
	original.found(t)
	server := original.serve(t, setting)
	api := client{server, original.token}
	hook := api.channel(t, "whatsapp", meta.Settings())
	waiting := live(t, api, meta, hook)
	before := everything(t, api)
	server.stop()

	file := filepath.Join(t.TempDir(), "backup")
	mustCommand(t, "", append([]string{"backup", file}, original.flags...)...)
	mustCommand(t, "", "verify", file)
	copied := emptyInstallation(t, to)
	copied.flags = append(copied.flags, "--secret-key-file", filepath.Join(original.data, "secret.key"))
	mustCommand(t, "", append([]string{"restore", file}, copied.flags...)...)

	meta.Always(channeltest.Fault{})
	sent := len(meta.Accepted())
	server = copied.serve(t, setting)
	api = client{server, original.token}
	if diff := cmp.Diff(before, everything(t, api)); diff != "" {
		t.Errorf("the copy answers otherwise (- original, + copy):\n%s", diff)
	}
	copied.jobsHaveRun(t)
	if n := len(meta.Accepted()); n != sent {
		t.Errorf("the copy sent %d messages by itself", n-sent)
	}
	var no *refused
	reply := map[string]string{"text": "from the copy"}
	err := api.call(t.Context(), http.MethodPost, "/conversations/"+waiting.conversation+"/messages", reply, nil)
	if !errors.As(err, &no) || no.Status != http.StatusConflict {
		t.Errorf("a reply on a copy on hold: %v", err)
	}
	item := channeltest.Item{ID: "wamid.first", Text: "first", At: time.Now(), From: crm.Sender{Phone: "447400500001"}}
	if err := meta.Deliver(t.Context(), server.address()+hook, item); err != nil { // it still receives, and knows what it has
		t.Error(err)
	}
	if diff := cmp.Diff(before, everything(t, api)); diff != "" {
		t.Errorf("a repeated message changed the copy:\n%s", diff)
	}

	api.must(t, http.MethodPost, "/business/release", nil, nil)
	api.must(t, http.MethodPost, "/conversations/"+waiting.conversation+"/messages", reply, nil)
	eventually(t, "what was waiting is sent", func() (bool, any) {
		list := api.messages(t, waiting.conversation)
		for _, m := range list {
			if m.Direction == "out" && m.Status != "sent" {
				return false, list
			}
		}
		return true, list
	})
	if n := meta.Count(waiting.message); n != 1 {
		t.Errorf("the reply that was waiting was sent %d times", n)
	}
}

// waitingReply is an answer that the provider did not take yet.
type waitingReply struct{ conversation, message string }

// live fills an installation with people, messages, an answer that was sent, one that
// waits, and a contact with everything.
func live(t *testing.T, api client, meta *channeltest.Meta, hook string) waitingReply {
	t.Helper()
	for _, item := range []channeltest.Item{
		{ID: "wamid.first", Text: "first", From: crm.Sender{Phone: "447400500001", ProfileName: "Zoë 👋"}},
		{ID: "wamid.second", Text: "line one\nline two ' \" \\ \u2028", From: crm.Sender{Phone: "447400500001"}},
		{ID: "wamid.third", Text: "by an id alone", From: crm.Sender{UserID: "GB.13491208655302741918"}},
	} {
		item.At = time.Now()
		if err := meta.Deliver(t.Context(), api.server.address()+hook, item); err != nil {
			t.Fatal(err)
		}
	}
	api.must(t, http.MethodPost, "/contacts", map[string]any{"first_name": "Priya", "last_name": "Shah", "business_name": "Shah & Co",
		"email": "Priya@Shäh.example", "phone": "07400 500002", "notes": "a\nb", "visibility": map[string]any{"mode": "everyone"},
		"contact_address": map[string]string{"street": "1 High St\nFlat 2", "city": "Leeds", "country": "GB"}}, nil)
	var w waitingReply
	for _, c := range api.conversations(t) {
		if len(api.messages(t, c.ID)) == 2 {
			w.conversation = c.ID
		}
	}
	var sent, held message
	api.must(t, http.MethodPost, "/conversations/"+w.conversation+"/messages", map[string]string{"text": "an answer"}, &sent)
	eventually(t, "the answer is sent", func() (bool, any) {
		api.must(t, http.MethodGet, "/messages/"+sent.ID, nil, &sent)
		return sent.Status == "sent", sent
	})
	meta.Always(channeltest.Fault{Code: tooMany})
	requests := meta.Requests()
	api.must(t, http.MethodPost, "/conversations/"+w.conversation+"/messages", map[string]string{"text": "one that waits"}, &held)
	w.message = held.ID
	eventually(t, "the provider has refused for now", func() (bool, any) { return meta.Requests() > requests, meta.Requests() })
	return w
}

// everything is what the API says of contacts, their history, conversations and messages.
func everything(t *testing.T, api client) map[string]any {
	t.Helper()
	people := all[map[string]any](t, api, "/contacts", nil)
	talks := all[map[string]any](t, api, "/conversations", nil)
	whole := map[string]any{"contacts": people, "conversations": talks, "users": all[map[string]any](t, api, "/users", nil)}
	for _, p := range people {
		id := p["id"].(string)
		whole["history of "+id] = all[map[string]any](t, api, "/contacts/"+id+"/history", nil)
	}
	for _, c := range talks {
		id := c["id"].(string)
		whole["messages of "+id] = all[map[string]any](t, api, "/conversations/"+id+"/messages", nil)
	}
	if len(people) != 3 || len(talks) != 2 {
		t.Errorf("%d contacts and %d conversations", len(people), len(talks))
	}
	return whole
}

// jobsHaveRun waits until the server has tried to send what waits.
func (i *installation) jobsHaveRun(t *testing.T) {
	t.Helper()
	d := i.open(t)
	defer func() { _ = d.Close() }()
	eventually(t, "a job looked at what waits", func() (bool, any) {
		var done int64
		err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
			done, _, err = db.One(tx, db.Column[int64], "select count(*) from river_job where kind = 'deliver' and state = 'completed'")
			return err
		})
		return err == nil && done > 0, err
	})
}
