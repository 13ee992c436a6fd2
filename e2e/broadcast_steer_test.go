package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"parley/internal/channel/channeltest"
	"parley/internal/crm"
)

// B2, B3, B5: a broadcast that runs is overtaken by a reply, goes on after its server was
// stopped and started, rests and goes on five times, leaves out who says stop in the middle,
// and ends when it is cancelled.
func TestBroadcastSteered(t *testing.T) {
	t.Parallel()
	const people = 600
	engines(t, func(t *testing.T, i *installation) {
		meta := channeltest.NewMeta()
		provider := httptest.NewServer(meta)
		t.Cleanup(provider.Close)
		meta.Client = httpClient
		meta.Always(channeltest.Fault{Delay: 20 * time.Millisecond})
		b := &blast{t: t, api: client{i.serve(t, "PARLEY_WHATSAPP_URL="+provider.URL), i.token}, meta: meta}
		b.prepare(people, 80)
		act := func(name string) {
			t.Helper()
			b.api.must(t, http.MethodPost, "/broadcasts/"+b.id+"/"+name, nil, nil)
		}
		sent := func() int { return len(meta.Accepted()) }
		more := func(n int) {
			t.Helper()
			already := sent()
			eventually(t, fmt.Sprintf("%d more are sent", n), func() (bool, any) { return sent() >= already+n, sent() })
		}
		act("start")
		more(40)
		b.overtake()
		began := time.Now()
		b.api.server.stop()
		if took := time.Since(began); took > 10*time.Second && !raced {
			t.Errorf("the server took %s to stop while it sends", took)
		}
		b.api.server.start()
		more(10)
		// The last of them says stop.
		stopper := fmt.Sprintf("4474%08d", people-1)
		b.writes(stopper, "STOP")
		for range 5 {
			act("pause")
			settled := b.settles()
			if again := b.settles(); again != settled {
				t.Errorf("%d were sent while it was paused", again-settled)
			}
			act("resume")
			more(10)
		}
		act("cancel")
		settled := b.settles()
		<-time.After(5 * time.Second)
		if again := sent(); again != settled {
			t.Errorf("%d were sent after it was cancelled", again-settled)
		}
		if state := b.state(); state.Status != "cancelled" || state.Counts["queued"] != 0 || state.Counts["unknown"] != 0 {
			t.Errorf("cancelled: %+v", state)
		}
		taken := map[string]int{}
		for _, m := range meta.Accepted() {
			taken[m.To]++
			if m.Template != "" && taken[m.To] > 1 {
				t.Errorf("%s got it twice", m.To)
			}
		}
		if taken["+"+stopper] > 0 {
			t.Error("who said stop got it")
		}
	})
}

// writes lets a customer write.
func (b *blast) writes(phone, text string) {
	b.t.Helper()
	item := channeltest.Item{ID: "wamid." + phone + text, From: crm.Sender{Phone: phone, Address: phone}, Text: text, At: time.Now()}
	if err := b.meta.Deliver(b.t.Context(), b.api.server.address()+b.hook, item); err != nil {
		b.t.Fatal(err)
	}
}

// overtake answers somebody while the broadcast runs: the answer is with the provider
// within a second.
func (b *blast) overtake() {
	b.t.Helper()
	const phone = "447400999999"
	b.writes(phone, "hello")
	talks := all[conversation](b.t, b.api, "/conversations", url.Values{"view": {"open"}, "q": {"+" + phone}})
	if len(talks) != 1 {
		b.t.Fatalf("%d conversations", len(talks))
	}
	began := time.Now()
	b.api.must(b.t, http.MethodPost, "/conversations/"+talks[0].ID+"/messages", map[string]string{"text": "good day"}, nil)
	eventually(b.t, "the answer is with the provider", func() (bool, any) {
		return slices.ContainsFunc(b.meta.Accepted(), func(m channeltest.Accepted) bool { return m.Text == "good day" }), nil
	})
	took := time.Since(began)
	b.t.Logf("an answer overtook the broadcast within %d ms", took.Milliseconds())
	if took > time.Second && !raced {
		b.t.Errorf("an answer took %s while a broadcast runs", took)
	}
}

// settles waits until what was on its way has arrived, and says how many those are.
func (b *blast) settles() int {
	<-time.After(1500 * time.Millisecond)
	return len(b.meta.Accepted())
}
