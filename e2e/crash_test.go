package e2e

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/internal/channel/channeltest"
	"parley/internal/crm"
	"parley/internal/db"
)

const (
	senders = 8
	kills   = 3
)

// TestKilledUnderLoad kills a server again and again while eight senders post webhooks and
// answer. What was acknowledged is there exactly once, what was not may be posted again,
// and no answer reaches the provider twice.
func TestKilledUnderLoad(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, i *installation) {
		meta := channeltest.NewMeta()
		provider := httptest.NewServer(meta)
		t.Cleanup(provider.Close)
		meta.Client = httpClient
		server := i.serve(t, "PARLEY_WHATSAPP_URL="+provider.URL)
		api := client{server, i.token}
		l := &load{t: t, api: api, meta: meta, hook: api.channel(t, "whatsapp", meta.Settings())}
		ctx, enough := context.WithCancel(t.Context())
		var group sync.WaitGroup
		for n := range senders {
			group.Go(func() { l.send(ctx, n) })
		}
		for range kills {
			already := l.acked.Load()
			eventually(t, "120 more messages are acknowledged", func() (bool, any) { return l.acked.Load() >= already+120, l.acked.Load() })
			server.kill()
			server.start()
		}
		already := l.acked.Load()
		eventually(t, "senders go on after the last crash", func() (bool, any) { return l.acked.Load() >= already+senders, l.acked.Load() })
		enough()
		group.Wait()
		l.check()
		i.letTwoMinutesPass(t, server)
		l.checkReplies()
	})
}

// load is what the senders did, and what came of it as far as they heard.
type load struct {
	t    *testing.T
	api  client
	meta *channeltest.Meta
	hook string

	acked  atomic.Int64 // webhooks that were answered with 200
	mu     sync.Mutex
	stored map[string]bool    // ids of messages whose webhook got 200
	open   []channeltest.Item // those whose webhook got no answer, or not 200
	taken  map[string]bool    // ids of replies that were accepted
}

// phoneOf are the customers; each sender plays five of its own.
func phoneOf(sender, n int) string { return fmt.Sprintf("4474002%02d%03d", sender, n%5) }

// send posts messages and answers every third one until it is enough.
func (l *load) send(ctx context.Context, sender int) {
	for n := 0; ctx.Err() == nil; n++ {
		phone := phoneOf(sender, n)
		item := channeltest.Item{ID: fmt.Sprintf("wamid.%d.%d", sender, n), Text: fmt.Sprintf("message %d of %d", n, sender), At: time.Now(),
			From: crm.Sender{Address: phone, Phone: phone, ProfileName: fmt.Sprintf("Sender %d", sender)}}
		if !l.post(item) {
			continue
		}
		if n%3 == 0 {
			l.reply(phone, fmt.Sprintf("answer to %s", item.ID))
		}
	}
}

// post delivers one message, which counts as stored with a 200 and with nothing else.
func (l *load) post(item channeltest.Item) bool {
	for l.api.server.address() == "" { // it is being restarted
		<-time.After(time.Millisecond)
	}
	err := l.meta.Deliver(context.Background(), l.api.server.address()+l.hook, item)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.open = append(l.open, item)
		return false
	}
	if l.stored == nil {
		l.stored = map[string]bool{}
	}
	l.stored[item.ID] = true
	l.acked.Add(1)
	return true
}

// reply answers in the open conversation of a number.
func (l *load) reply(phone, text string) {
	var page struct{ Items []conversation }
	err := l.api.call(context.Background(), http.MethodGet, "/conversations?view=open&q="+url.QueryEscape("+"+phone), nil, &page)
	if err != nil {
		return
	}
	if len(page.Items) != 1 {
		l.t.Errorf("%d open conversations with %s, which has just written", len(page.Items), phone)
		return
	}
	var made message
	err = l.api.call(context.Background(), http.MethodPost, "/conversations/"+page.Items[0].ID+"/messages", map[string]string{"text": text}, &made)
	l.mu.Lock()
	defer l.mu.Unlock()
	var no *refused
	switch {
	case errors.As(err, &no):
		l.t.Errorf("a reply was refused: %v", no)
	case err == nil:
		if l.taken == nil {
			l.taken = map[string]bool{}
		}
		l.taken[made.ID] = true
	}
}

// all reads every message that there is.
func (l *load) all() (in, out []message) {
	l.t.Helper()
	for _, c := range l.api.conversations(l.t) {
		for _, m := range l.api.messages(l.t, c.ID) {
			switch m.Direction {
			case "in":
				in = append(in, m)
			case "out":
				out = append(out, m)
			}
		}
	}
	return in, out
}

// check wants each acknowledged message once, and each other one once after it was posted
// again.
func (l *load) check() {
	t := l.t
	t.Helper()
	in, _ := l.all()
	count := map[string]int{}
	for _, m := range in {
		count[m.ExternalID]++
	}
	for id := range l.stored {
		if count[id] != 1 {
			t.Errorf("%s was acknowledged and is there %d times", id, count[id])
		}
	}
	unanswered := l.open
	for _, item := range unanswered {
		if count[item.ID] > 1 {
			t.Errorf("%s is there %d times", item.ID, count[item.ID])
		}
		if !l.post(item) {
			t.Errorf("%s was not taken when it was posted again", item.ID)
		}
	}
	again, _ := l.all()
	clear(count)
	for _, m := range again {
		count[m.ExternalID]++
	}
	for id, n := range count {
		if n != 1 {
			t.Errorf("%s is there %d times", id, n)
		}
	}
	if len(count) != len(l.stored) {
		t.Errorf("%d messages of %d", len(count), len(l.stored))
	}
	if open := len(all[conversation](t, l.api, "/conversations", url.Values{"view": {"open"}})); open != senders*5 {
		t.Errorf("%d open conversations with %d people", open, senders*5)
	}
	t.Logf("%d messages acknowledged through %d crashes; %d unanswered and posted again", len(l.stored)-len(unanswered), kills, len(unanswered))
}

// letTwoMinutesPass lets what was claimed when the server died be old enough to be given
// up: the time of the claim is put back while the server is away.
func (i *installation) letTwoMinutesPass(t *testing.T, server *process) {
	t.Helper()
	server.kill()
	d := i.open(t)
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		tx.Exec("update message set claimed_at = $1 where status = 'sending'", time.Now().Add(-3*time.Minute))
		return nil
	})
	if err := cmp.Or(err, d.Close()); err != nil {
		t.Fatal(err)
	}
	server.start()
}

// checkReplies waits until every reply has an end, and wants no second copy of any.
func (l *load) checkReplies() {
	t := l.t
	t.Helper()
	var out []message
	eventually(t, "no reply is waiting", func() (bool, any) {
		_, out = l.all()
		waiting := 0
		for _, m := range out {
			if m.Status == "queued" {
				waiting++
			}
		}
		return waiting == 0, waiting
	})
	count, known := map[string]int{}, map[string]bool{}
	for _, m := range out {
		known[m.ID] = true
		count[m.Status]++
		copies := l.meta.Count(m.ID)
		switch {
		case copies > 1:
			t.Errorf("the provider was given reply %s %d times (%s)", m.ID, copies, m.Status)
		case m.Status == "sent" && copies != 1:
			t.Errorf("reply %s is marked as sent, and the provider never had it", m.ID)
		case m.Status != "sent" && m.Status != "unknown":
			t.Errorf("reply %s ended as %s: %s", m.ID, m.Status, m.Error)
		}
	}
	for id := range l.taken {
		if !known[id] {
			t.Errorf("reply %s was accepted and is lost", id)
		}
	}
	t.Logf("%d replies accepted; of %d stored: %v", len(l.taken), len(out), count)
}
