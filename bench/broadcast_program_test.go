package bench

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/internal/app/contacts"
	"parley/internal/channel/channeltest"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/db/dbtest"
)

// BenchmarkBroadcastStart starts the program on a database with PARLEY_BENCH_BROADCAST
// people of one tag (10,000 unless it says otherwise), has it start a broadcast to them, and
// reports how long that takes until the first has it, the processor time of the program and
// the most of its memory meanwhile above what it had before, how large SQLite's log became,
// and how long another business's reply to a customer takes to its provider at the most.
func BenchmarkBroadcastStart(b *testing.B) {
	binary := built(b)
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			for b.Loop() {
				p := newTenants(b, binary, engine, recipients(b))
				id := p.sender.broadcast(b, p.sender.channel(b, 1, p.twilio.Settings()))
				p.hear(b, 20) // everything was used once
				idle, most, log, before := memory(b, p.pid), 0.0, 0.0, used(b, p.pid)
				replies := make(chan []time.Duration)
				ended := make(chan struct{})
				go func() { replies <- p.hearUntil(b, ended) }()
				began := time.Now()
				p.sender.call(b, http.MethodPost, "/broadcasts/"+id+"/start", nil, nil)
				for len(p.twilio.Accepted()) == 0 && time.Since(began) < 10*time.Minute {
					most, log = max(most, memory(b, p.pid)), max(log, p.log())
					<-time.After(100 * time.Millisecond)
				}
				b.ReportMetric(time.Since(began).Seconds(), "s-first-sent")
				b.ReportMetric(most-idle, "MB-above")
				b.ReportMetric(log, "MB-log")
				b.ReportMetric(used(b, p.pid)-before, "s-processor")
				close(ended)
				b.ReportMetric(float64(slices.Max(<-replies).Milliseconds()), "ms-longest-reply")
				b.ReportMetric(0, "ns/op")
				p.end()
			}
		})
	}
}

// BenchmarkRepliesBeside reports how long the reply of one business takes from the call to
// its provider, while nothing else goes on, while another business sends a broadcast at the
// usual limit of a channel, and while it sends over ten channels as fast as it can.
func BenchmarkRepliesBeside(b *testing.B) {
	const replies = 100
	binary := built(b)
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			for b.Loop() {
				p := newTenants(b, binary, engine, 10_000)
				p.hear(b, 20)
				report := func(took []time.Duration, unit string) {
					slices.Sort(took)
					b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-"+unit)
					b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "ms-p95-"+unit)
				}
				report(p.hear(b, replies), "idle")
				start := func(pace float64) {
					id := p.sender.broadcast(b, p.sender.channel(b, pace, p.twilio.Settings()))
					p.sender.call(b, http.MethodPost, "/broadcasts/"+id+"/start", nil, nil)
				}
				sent := func(f func()) float64 {
					before, began := len(p.twilio.Accepted()), time.Now()
					f()
					return float64(len(p.twilio.Accepted())-before) / time.Since(began).Seconds()
				}
				start(80)
				b.ReportMetric(sent(func() { report(p.hear(b, replies), "limit") }), "sent/s-limit")
				for range 9 {
					start(200)
				}
				b.ReportMetric(sent(func() { report(p.hear(b, replies), "ten") }), "sent/s-ten")
				b.ReportMetric(0, "ns/op")
				p.end()
			}
		})
	}
}

// tenants are two businesses in one running program: one sends broadcasts by SMS, the
// other answers a customer on WhatsApp. Each has a provider of its own.
type tenants struct {
	folder       string
	pid          int
	end          func()
	sender, hard tenant
	twilio       *channeltest.Twilio
	meta         *channeltest.Meta
	talk         string // the conversation that is answered
}

// tenant calls the API for a business.
type tenant struct {
	Business crm.ID `json:"business_id"`
	User     crm.ID `json:"user_id"`
	Token    string `json:"token"`
	address  string
	tag      crm.ID // of everybody
}

// newTenants founds the two businesses, gives the first its people, and starts the program
// anew after that.
func newTenants(b *testing.B, binary, engine string, people int) *tenants {
	b.Helper()
	p := &tenants{twilio: channeltest.NewTwilio(), meta: channeltest.NewMeta()}
	p.twilio.Always(channeltest.Fault{Delay: 20 * time.Millisecond})
	sms, whatsapp := httptest.NewServer(p.twilio), httptest.NewServer(p.meta)
	b.Cleanup(sms.Close)
	b.Cleanup(whatsapp.Close)
	b.Setenv("PARLEY_TWILIO_URL", sms.URL)
	b.Setenv("PARLEY_WHATSAPP_URL", whatsapp.URL)
	p.folder = b.TempDir()
	flags, config := database(b, p.folder, engine)
	p.sender, p.hard = founded(b, binary, flags), founded(b, binary, flags)
	serve := append([]string{"serve", "--listen", "127.0.0.1:0"}, flags...)
	p.run(b, binary, serve)
	p.sender.call(b, http.MethodPost, "/tags", map[string]string{"name": "Gold"}, &struct {
		ID *crm.ID `json:"id"`
	}{&p.sender.tag})
	p.end()
	d, err := db.Open(b.Context(), config)
	must(b, err)
	room := &contacts.Contacts{DB: d, Now: time.Now, Wake: func(crm.ID) {}}
	fill(b, room, crm.Actor{BusinessID: p.sender.Business, UserID: p.sender.User, Role: crm.Admin}, p.sender.tag, people)
	must(b, room.Index(b.Context())) // or the program would do both meanwhile
	must(b, room.FindDuplicates(b.Context()))
	must(b, d.Close())
	p.run(b, binary, serve)

	hook := "/hooks/" + p.hard.channel(b, 80, p.meta.Settings())
	must(b, p.meta.Deliver(b.Context(), p.hard.address+hook, channeltest.Item{ID: "wamid.1", From: crm.Sender{Phone: "447400999999"}, Text: "hello", At: time.Now()}))
	var page struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	p.hard.call(b, http.MethodGet, "/conversations", nil, &page)
	p.talk = page.Items[0].ID
	return p
}

// database is where a program keeps its data: what it is told, and the same for this process.
func database(b *testing.B, folder, engine string) (flags []string, config db.Config) {
	b.Helper()
	flags, config = []string{"--data", folder}, db.Config{File: filepath.Join(folder, "parley.db")}
	if engine == "postgres" {
		config = db.Config{URL: dbtest.PostgresURL(b, false)}
		flags = append(flags, "--database", config.URL)
	}
	return flags, config
}

// founded is a new business with an admin.
func founded(b *testing.B, binary string, flags []string) (t tenant) {
	b.Helper()
	c := exec.Command(binary, append([]string{"business", "add", "--name", "Firm", "--country", "GB", "--admin-name", "Boss",
		"--admin-email", rand.Text() + "@firm.example", "--admin-password-stdin", "--json"}, flags...)...)
	c.Stdin = strings.NewReader("a long pass phrase\n")
	out, err := c.Output()
	must(b, err)
	must(b, json.Unmarshal(out, &t))
	return t
}

// log is how large SQLite's log is, in megabytes.
func (p *tenants) log() float64 {
	file, err := os.Stat(filepath.Join(p.folder, "parley.db-wal"))
	if err != nil {
		return 0 // there is none
	}
	return float64(file.Size()) / (1 << 20)
}

func (p *tenants) run(b *testing.B, binary string, args []string) {
	b.Helper()
	var address string
	address, p.end, p.pid = startProgram(b, binary, args...)
	b.Cleanup(p.end) // once more does no harm
	p.sender.address, p.hard.address = address, address
}

// hear answers the customer n times, ten times a second, and says how long each answer took
// to the provider.
func (p *tenants) hear(b *testing.B, n int) (took []time.Duration) {
	b.Helper()
	for range n {
		took = append(took, p.answer(b))
		<-time.After(100 * time.Millisecond)
	}
	return took
}

func (p *tenants) hearUntil(b *testing.B, ended <-chan struct{}) (took []time.Duration) {
	for {
		select {
		case <-ended:
			return append(took, p.answer(b))
		case <-time.After(100 * time.Millisecond):
			took = append(took, p.answer(b))
		}
	}
}

func (p *tenants) answer(b *testing.B) time.Duration {
	b.Helper()
	already, began := len(p.meta.Accepted()), time.Now()
	p.hard.call(b, http.MethodPost, "/conversations/"+p.talk+"/messages", map[string]string{"text": "good day"}, nil)
	for {
		if list := p.meta.Accepted(); len(list) > already {
			return list[already].At.Sub(began)
		}
		if time.Since(began) > time.Minute {
			b.Error("an answer did not leave")
			return time.Minute
		}
		<-time.After(2 * time.Millisecond)
	}
}

// channel makes a channel with a pace, for WhatsApp where its settings name a number there.
func (t *tenant) channel(b *testing.B, pace float64, values map[string]string) string {
	b.Helper()
	kind, settings := "twilio_sms", map[string]any{"max_per_second": pace}
	for name, value := range values {
		if settings[name] = value; name == "phone_number_id" {
			kind = "whatsapp"
		}
	}
	var made struct {
		ID string `json:"id"`
	}
	t.call(b, http.MethodPost, "/channels", map[string]any{"kind": kind, "name": "Line", "settings": settings}, &made)
	return made.ID
}

// broadcast makes one to everybody.
func (t *tenant) broadcast(b *testing.B, channel string) string {
	b.Helper()
	var made struct {
		ID string `json:"id"`
	}
	t.call(b, http.MethodPost, "/broadcasts", map[string]any{"channel_id": channel, "audience": map[string]any{"any_tags": []crm.ID{t.tag}}, "text": "Hello {{first_name|there}}"}, &made)
	return made.ID
}

// call makes a call that has to succeed.
func (t *tenant) call(b *testing.B, method, path string, in, out any) {
	b.Helper()
	var body io.Reader
	if in != nil {
		text, _ := json.Marshal(in) // maps of texts and numbers always encode
		body = bytes.NewReader(text)
	}
	t.send(b, method, path, "application/json", body, out)
}

// send makes a call with a body of any kind.
func (t *tenant) send(b *testing.B, method, path, kind string, body io.Reader, out any) {
	b.Helper()
	request, err := http.NewRequestWithContext(context.Background(), method, t.address+"/api/v1"+path, body)
	must(b, err)
	request.Header.Set("Authorization", "Bearer "+t.Token)
	request.Header.Set("Content-Type", kind)
	answer, err := http.DefaultClient.Do(request)
	must(b, err)
	text, err := io.ReadAll(answer.Body)
	must(b, err)
	_ = answer.Body.Close()
	if answer.StatusCode >= 300 {
		b.Fatalf("%s %s: %d %s", method, path, answer.StatusCode, text)
	}
	if out != nil {
		must(b, json.Unmarshal(text, out))
	}
}

// used is the processor time that the program has used, in seconds.
func used(b *testing.B, pid int) float64 {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Skip("processor time is read from /proc, which is not here")
	}
	_, numbers, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(numbers)
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / 100 // the kernel counts hundredths
}
