package bench

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/app/broadcasts"
	"parley/internal/app/contacts"
	"parley/internal/app/team"
	"parley/internal/channel"
	"parley/internal/channel/channeltest"
	"parley/internal/channel/twilio"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

// recipients is how many people BenchmarkBroadcasts freezes: PARLEY_BENCH_BROADCAST, or
// 10,000.
func recipients(b *testing.B) int {
	n, err := strconv.Atoi(os.Getenv("PARLEY_BENCH_BROADCAST"))
	if err != nil {
		return 10_000
	}
	return n
}

// blast is a business with people who have a tag, and a provider that answers in 20 ms.
type blast struct {
	*apptest.World
	tag      crm.Tag
	provider *channeltest.Twilio
}

func newBlast(b *testing.B, d *db.DB, people int) *blast {
	b.Helper()
	w := &blast{World: apptest.New(b, d), provider: channeltest.NewTwilio()}
	w.tag = w.Tag(b, "Gold")
	fill(b, w.Contacts, w.M, w.tag.ID, people)
	w.provider.Always(channeltest.Fault{Delay: 20 * time.Millisecond})
	server := httptest.NewServer(w.provider)
	b.Cleanup(server.Close)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	w.Broadcasts.Open = func(store.Channel) (channel.Channel, error) {
		return twilio.Open(channel.Config{Settings: w.provider.Settings(), BaseURL: server.URL, HTTP: client}), nil
	}
	w.Broadcasts.Now, w.Contacts.Now = time.Now, time.Now
	return w
}

// fill makes people who have a tag.
func fill(b *testing.B, room *contacts.Contacts, who crm.Actor, tag crm.ID, people int) {
	b.Helper()
	for begun := 0; begun < people; begun += 2000 {
		var drafts []*crm.Draft
		for n := begun; n < min(begun+2000, people); n++ {
			phone := fmt.Sprintf("+4474%08d", n)
			drafts = append(drafts, &crm.Draft{ID: crm.NewID(time.Now()), Fields: map[crm.Field]string{crm.FirstName: "N" + strconv.Itoa(n), crm.LastName: "Gold"},
				Inbound: []crm.Identity{crm.InboundPhone(phone)}, AddTags: []crm.ID{tag}, Source: crm.SourceImport})
		}
		must(b, room.DB.Write(b.Context(), func(tx *db.Tx) error {
			_, err := room.Save(tx, who, drafts, contacts.Policy{Free: true}, time.Now())
			return err
		}))
	}
}

// channel makes a channel for SMS with a pace.
func (w *blast) channel(b *testing.B, pace float64) crm.ID {
	b.Helper()
	ch, err := w.Team.PutChannel(b.Context(), w.M, team.ChannelDraft{Kind: "simulator", Name: "SMS", Settings: map[string]string{"family": "sms"}, MaxPerSecond: pace})
	must(b, err)
	return ch.ID
}

func (w *blast) start(b *testing.B, ch crm.ID) *crm.Broadcast {
	b.Helper()
	made, err := w.Broadcasts.Put(b.Context(), w.M, "", broadcasts.Draft{ChannelID: &ch, Audience: &crm.Audience{AnyTags: []crm.ID{w.tag.ID}}, Text: new("Hello {{first_name|there}}")})
	must(b, err)
	made, err = w.Broadcasts.Start(b.Context(), w.M, made.ID, false)
	must(b, err)
	for made.FrozenAt.IsZero() {
		<-time.After(100 * time.Millisecond)
		r, err := w.Broadcasts.Get(b.Context(), w.M, made.ID)
		must(b, err)
		made = r.Broadcast
	}
	return made
}

// send works at lanes for a time and reports how many messages a second left.
func (w *blast) send(b *testing.B, channels []crm.ID, d time.Duration) float64 {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), d)
	defer cancel()
	before, began := len(w.provider.Accepted()), time.Now()
	var group sync.WaitGroup
	for _, ch := range channels {
		group.Go(func() {
			for ctx.Err() == nil {
				if again, _ := w.Broadcasts.WorkLane(ctx, w.M.BusinessID, ch); again == 0 {
					return
				}
			}
		})
	}
	group.Wait()
	return float64(len(w.provider.Accepted())-before) / time.Since(began).Seconds()
}

// BenchmarkBroadcasts reports how long a start takes until it is ready to send and what it
// holds of memory meanwhile, how close one channel comes to its limit of 80 messages a
// second at a provider that answers in 20 ms, how many ten channels send together, and how
// many statuses are taken in a second.
func BenchmarkBroadcasts(b *testing.B) {
	for _, e := range engines {
		b.Run(e.name+"/start", func(b *testing.B) {
			w := newBlast(b, e.open(b), recipients(b))
			ch := w.channel(b, 80)
			for b.Loop() {
				stop := peak()
				began := time.Now()
				w.start(b, ch)
				b.ReportMetric(time.Since(began).Seconds(), "s-ready")
				b.ReportMetric(stop(), "MB-above")
			}
			b.ReportMetric(0, "ns/op")
		})
		b.Run(e.name+"/one-channel", func(b *testing.B) {
			w := newBlast(b, e.open(b), 2000)
			ch := w.channel(b, 80)
			for b.Loop() {
				w.start(b, ch)
				b.ReportMetric(w.send(b, []crm.ID{ch}, 10*time.Second), "sent/s")
			}
			b.ReportMetric(0, "ns/op")
		})
		b.Run(e.name+"/ten-channels", func(b *testing.B) {
			w := newBlast(b, e.open(b), 2000)
			var channels []crm.ID
			for range 10 {
				channels = append(channels, w.channel(b, 200))
			}
			for b.Loop() {
				for _, ch := range channels {
					w.start(b, ch)
				}
				b.ReportMetric(w.send(b, channels, 8*time.Second), "sent/s")
			}
			b.ReportMetric(0, "ns/op")
		})
		b.Run(e.name+"/statuses", func(b *testing.B) {
			w := newBlast(b, e.open(b), 5000)
			w.provider.Always(channeltest.Fault{})
			ch := w.channel(b, 1000)
			for b.Loop() {
				w.start(b, ch)
				w.send(b, []crm.ID{ch}, time.Minute)
				b.ReportMetric(w.statuses(b, ch), "statuses/s")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// statuses tells of everything that was sent, a hundred at a time.
func (w *blast) statuses(b *testing.B, ch crm.ID) float64 {
	b.Helper()
	var stored store.Channel
	must(b, w.DB.Read(b.Context(), func(tx *db.Tx) (err error) {
		stored, err = store.ChannelByID(tx, w.M.BusinessID, ch)
		return err
	}))
	var items []crm.Inbound
	for _, m := range w.provider.Accepted() {
		for _, s := range []crm.MessageStatusValue{crm.Sent, crm.Delivered, crm.Read} {
			items = append(items, crm.Inbound{Status: &crm.InboundStatus{ExternalID: m.ExternalID, Status: s}})
		}
	}
	w.provider.Reset()
	w.provider.Always(channeltest.Fault{})
	began := time.Now()
	for n := 0; n < len(items); n += 100 {
		must(b, w.Inbox.Receive(b.Context(), stored, "", items[n:min(n+100, len(items))]))
	}
	return float64(len(items)) / time.Since(began).Seconds()
}

// peak watches how much memory is in use and answers with the most above what there was.
func peak() (stop func() float64) {
	runtime.GC()
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	idle, most := now.Sys-now.HeapReleased, uint64(0)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.Sys-m.HeapReleased)
			select {
			case <-done:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return func() float64 {
		close(done)
		<-ended
		return float64(max(most, idle)-idle) / (1 << 20)
	}
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
