package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/internal/api"
	"parley/internal/app/apptest"
	"parley/internal/channel"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/events"
	"parley/internal/store"
)

// senders is how many providers' calls are under way at once.
const senders = 16

// BenchmarkWebhooks stores signed WhatsApp webhooks over HTTP, first messages of strangers
// and further ones of known people, and reports the rate, the slowest of a hundred, and
// the share of the rate at which the same rows are written bare: in the same groups on
// SQLite, in the same pipelines on PostgreSQL, but without HTTP, signature, JSON, rules or
// a single look-up.
func BenchmarkWebhooks(b *testing.B) {
	for _, e := range engines {
		for _, known := range []bool{false, true} {
			name := e.name + "/strangers"
			if known {
				name = e.name + "/known"
			}
			b.Run(name, func(b *testing.B) { benchmarkWebhooks(b, e.open(b), known) })
		}
	}
}

// Rounds alternate, so that what else the machine does hits both alike.
const (
	rounds   = 5
	perRound = 4000
)

func benchmarkWebhooks(b *testing.B, d *db.DB, known bool) {
	w := apptest.New(b, d)
	server := serve(b, w)
	open, err := w.Team.Open(w.WhatsApp)
	if err != nil {
		b.Fatal(err)
	}
	rehearser := open.(channel.Rehearser)
	bareConversation.Clear()
	next := newPeople(known)
	if known {
		store1000(b, w, next)
	}
	go d.KeepAnalyzed(b.Context(), func(error) {}) // as every node does
	var rates, bares []float64
	var slow []time.Duration
	for b.Loop() {
		for range rounds {
			rate, took := run(b, func(n int) error { return post(server, w, rehearser, next(n)) })
			bare, _ := run(b, func(n int) error { return writeBare(w, known, n) })
			rates, bares, slow = append(rates, rate), append(bares, bare), append(slow, took...)
		}
	}
	slices.Sort(slow)
	b.ReportMetric(median(rates), "webhooks/s")
	b.ReportMetric(median(bares), "bare/s")
	b.ReportMetric(100*median(rates)/median(bares), "%ofbare")
	b.ReportMetric(float64(slow[len(slow)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(0, "ns/op")
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

var counter atomic.Int64

// run calls f from all senders and reports how many calls a second there were and how
// long each took.
func run(b *testing.B, f func(n int) error) (rate float64, took []time.Duration) {
	b.Helper()
	var wg sync.WaitGroup
	times := make([][]time.Duration, senders)
	start := time.Now()
	for s := range senders {
		wg.Go(func() {
			for range perRound / senders {
				began := time.Now()
				if err := f(int(counter.Add(1))); err != nil {
					b.Error(err)
					return
				}
				times[s] = append(times[s], time.Since(began))
			}
		})
	}
	wg.Wait()
	rate = perRound / time.Since(start).Seconds()
	return rate, slices.Concat(times...)
}

func serve(b *testing.B, w *apptest.World) *httptest.Server {
	b.Helper()
	handler := api.New(api.Deps{Contacts: w.Contacts, Accounts: w.Accounts, Inbox: w.Inbox, Team: w.Team, Events: events.New(w.DB, nil),
		PublicURL: func(*http.Request) string { return "https://parley.example" }})
	server := httptest.NewServer(handler)
	server.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = senders
	b.Cleanup(server.Close)
	return server
}

// newPeople names who writes the nth message: everyone for the first time, or one of a
// thousand.
func newPeople(known bool) func(n int) string {
	return func(n int) string {
		if known {
			n %= 1000
		}
		return fmt.Sprintf("+4474%08d", n)
	}
}

func store1000(b *testing.B, w *apptest.World, next func(int) string) {
	var items []crm.Inbound
	for n := range 1000 {
		items = append(items, w.Text(next(n), "hello"))
	}
	w.Receive(b, w.WhatsApp, items...)
}

func post(server *httptest.Server, w *apptest.World, rehearser channel.Rehearser, from string) error {
	call, err := rehearser.Incoming(crm.Sender{Phone: from, Address: from, ProfileName: "Sheena"}, "Hello, are you open on Saturday?",
		"bench-"+strconv.FormatInt(counter.Add(1), 10), w.Now())
	if err != nil {
		return err
	}
	request, err := http.NewRequest(http.MethodPost, server.URL+"/hooks/"+string(w.WhatsApp.ID), bytes.NewReader(call.Body))
	if err != nil {
		return err
	}
	request.Header = call.Header
	response, err := server.Client().Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, response.Body)
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", response.StatusCode)
	}
	return nil
}

// bareConversation is an open conversation for messages that are written bare.
var bareConversation sync.Map // n → crm.Conversation

// writeBare writes the rows that filing a message writes, and nothing else.
func writeBare(w *apptest.World, known bool, n int) error {
	now := time.Now()
	business := w.M.BusinessID
	phone := fmt.Sprintf("+4475%08d", n)
	who := crm.Actor{BusinessID: business, Name: "WhatsApp", Via: crm.ViaMessage}
	contact := &crm.Contact{BusinessID: business, ID: crm.NewID(now), FirstName: "WhatsApp", LastName: "Contact ABCD", NameIsPlaceholder: true,
		ProfileName: "Sheena", Status: crm.Active, Source: crm.SourceWhatsApp, Visibility: crm.Visibility{Mode: crm.Everyone}, Version: 1,
		CreatedAt: now, UpdatedAt: now, CreatedBy: "WhatsApp", UpdatedBy: "WhatsApp",
		Identities: []crm.Identity{{Kind: crm.PhoneIdentity, Value: phone, Primary: true, Label: "mobile", Entered: phone}}}
	v := crm.Conversation{BusinessID: business, ID: crm.NewID(now), ContactID: contact.ID, Visibility: contact.Visibility, ChannelID: w.WhatsApp.ID,
		Address: phone, LastMessageAt: now, LastInboundAt: now, LastReceivedAt: now, LastText: "Hello", LastDirection: crm.In, OpenedAt: now}
	if kept, ok := bareConversation.Load(n % 1000); known && ok {
		v = kept.(crm.Conversation)
		contact.ID = v.ContactID
	}
	m := crm.Message{BusinessID: business, ID: crm.NewID(now), ConversationID: v.ID, ContactID: contact.ID, ChannelID: w.WhatsApp.ID, Direction: crm.In,
		Address: phone, ExternalID: "bare-" + strconv.Itoa(n), Type: crm.TextMessage, Text: "Hello, are you open on Saturday?", Status: crm.Received, At: now, ReceivedAt: now}
	event := func(t crm.EventType) crm.Event {
		e := who.Event(t, now)
		e.ContactID, e.ConversationID, e.MessageID = contact.ID, v.ID, m.ID
		return e
	}
	return w.DB.Write(context.Background(), func(tx *db.Tx) error {
		_, kept := bareConversation.Load(n % 1000)
		list := []crm.Event{event(crm.MessageReceived)}
		if !known || !kept {
			store.AddContacts(tx, business, []*crm.Contact{contact})
			if err := store.IndexNew(tx, business, []*crm.Contact{contact}); err != nil {
				return err
			}
			store.OpenConversation(tx, v)
			list = append(list, event(crm.ContactCreated), event(crm.ConversationOpened))
			if known {
				bareConversation.Store(n%1000, v)
			}
		} else {
			store.NoteReceived(tx, business, m, "Hello", now)
		}
		store.AddMessages(tx, []crm.Message{m})
		store.TouchContacts(tx, business, []crm.ID{contact.ID}, now)
		return store.AddEvents(tx, list)
	})
}
