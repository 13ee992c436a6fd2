package e2e

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/channel/channeltest"
	"parley/internal/crm"
)

// TestTwoServersOneDatabase delivers the first message of each of forty numbers sixteen
// times at once, half under the same id and half under ids of their own, to two servers
// that share a PostgreSQL. There is one contact and one open conversation of each.
func TestTwoServersOneDatabase(t *testing.T) {
	t.Parallel()
	const numbers, copies = 40, 16
	i := emptyInstallation(t, "postgres")
	i.found(t)
	meta := channeltest.NewMeta()
	provider := httptest.NewServer(meta)
	t.Cleanup(provider.Close)
	meta.Client = httpClient
	setting := "PARLEY_WHATSAPP_URL=" + provider.URL
	servers := []*process{i.serve(t, setting), i.serve(t, setting)}
	a, b := client{servers[0], i.token}, client{servers[1], i.token}
	hook := a.channel(t, "whatsapp", meta.Settings())

	news := follow(t, a)
	const greetings = 5
	for n := range greetings {
		item := channeltest.Item{ID: fmt.Sprintf("wamid.live.%d", n), Text: "seen from the other side", At: time.Now(), From: crm.Sender{Phone: "447400300000"}}
		if err := meta.Deliver(t.Context(), servers[1].address()+hook, item); err != nil {
			t.Fatal(err)
		}
		answered := time.Now()
		news.wait(t, "message.received")
		t.Logf("a message that came in at one server was in the stream of the other %s after the webhook's 200", time.Since(answered).Round(time.Millisecond))
	}

	begin := make(chan struct{})
	var group sync.WaitGroup
	for n := range numbers {
		phone := fmt.Sprintf("4474003%05d", n+1)
		for c := range copies {
			item := channeltest.Item{ID: fmt.Sprintf("wamid.%d", n), Text: "hello", At: time.Now(), From: crm.Sender{Phone: phone}}
			if c%4 >= 2 { // so that each server gets both kinds
				item.ID = fmt.Sprintf("wamid.%d.%d", n, c)
			}
			group.Go(func() {
				<-begin
				if err := meta.Deliver(context.Background(), servers[c%2].address()+hook, item); err != nil {
					t.Errorf("%s: %v", item.ID, err)
				}
			})
		}
	}
	close(begin)
	group.Wait()

	people := map[string]int{}
	for _, c := range all[contact](t, b, "/contacts", nil) {
		people[c.Phone]++
	}
	threads := map[string]int{}
	for _, c := range a.conversations(t) {
		threads[c.ContactID]++
		if c.Status != "open" {
			t.Errorf("conversation %s is %s", c.ID, c.Status)
		}
		if n := len(b.messages(t, c.ID)); n != copies/2+1 && n != greetings {
			t.Errorf("a conversation has %d messages, not %d", n, copies/2+1)
		}
	}
	if len(people) != numbers+1 || len(threads) != numbers+1 {
		t.Errorf("%d contacts and %d with conversations, of %d people", len(people), len(threads), numbers+1)
	}
	for phone, n := range people {
		if n != 1 {
			t.Errorf("%s has %d contacts", phone, n)
		}
	}
	for id, n := range threads {
		if n != 1 {
			t.Errorf("contact %s has %d conversations", id, n)
		}
	}
}

// stream is a connection that follows the events of the API.
type stream struct{ types chan string }

// follow connects and returns once the server has said that it listens.
func follow(t *testing.T, c client) stream {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.server.address()+"/api/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	lines := bufio.NewScanner(response.Body)
	if response.StatusCode != http.StatusOK || !lines.Scan() || lines.Text() != ": connected" {
		t.Fatalf("the stream answered %d: %s", response.StatusCode, lines.Text())
	}
	s := stream{make(chan string, 10000)}
	go func() {
		defer close(s.types)
		for lines.Scan() {
			if kind, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				s.types <- kind
			}
		}
	}()
	return s
}

func (s stream) wait(t *testing.T, kind string) {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case got, ok := <-s.types:
			if !ok {
				t.Fatalf("the stream ended before %s", kind)
			}
			if got == kind {
				return
			}
		case <-late:
			t.Fatalf("no %s in the stream", kind)
		}
	}
}
