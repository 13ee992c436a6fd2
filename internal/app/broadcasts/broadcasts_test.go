package broadcasts_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/app/broadcasts"
	"parley/internal/channel"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/store"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// people makes n contacts with a tag.
func people(t testing.TB, w *apptest.World, n int, tag crm.Tag) []*crm.Contact {
	t.Helper()
	var list []*crm.Contact
	for i := range n {
		d := apptest.Draft(fmt.Sprintf("First%d", i), fmt.Sprintf("Last%d", i), fmt.Sprintf("+44740012%04d", i), "")
		d.Tags = &[]crm.ID{tag.ID}
		c, err := w.Contacts.Put(t.Context(), w.M, d)
		must(t, err)
		list = append(list, c)
	}
	return list
}

// draft is a broadcast by SMS to who has a tag.
func draft(w *apptest.World, tag crm.Tag) broadcasts.Draft {
	return broadcasts.Draft{Name: new("Spring"), ChannelID: &w.SMS.ID, Audience: &crm.Audience{AnyTags: []crm.ID{tag.ID}}, Text: new("Hello {{first_name|there}}")}
}

func make1(t testing.TB, w *apptest.World, d broadcasts.Draft) *crm.Broadcast {
	t.Helper()
	b, err := w.Broadcasts.Put(t.Context(), w.M, "", d)
	must(t, err)
	return b
}

// start makes a broadcast and starts it.
func start(t testing.TB, w *apptest.World, d broadcasts.Draft) *crm.Broadcast {
	t.Helper()
	b, err := w.Broadcasts.Start(t.Context(), w.M, make1(t, w, d).ID, false)
	must(t, err)
	return b
}

// work sends what waits on the SMS channel, as the jobs would.
func work(t testing.TB, w *apptest.World) {
	t.Helper()
	workOn(t, w, w.SMS)
}

func workOn(t testing.TB, w *apptest.World, ch store.Channel) {
	t.Helper()
	for again := time.Millisecond; again > 0 && again < time.Second; {
		var err error
		again, err = w.Broadcasts.WorkLane(t.Context(), w.M.BusinessID, ch.ID)
		must(t, err)
	}
}

func get(t testing.TB, w *apptest.World, id crm.ID) broadcasts.Row {
	t.Helper()
	r, err := w.Broadcasts.Get(t.Context(), w.M, id)
	must(t, err)
	return r
}

// counted fails the test when the people of a broadcast are not in these states.
func counted(t testing.TB, w *apptest.World, id crm.ID, want map[crm.MessageStatusValue]int) {
	t.Helper()
	got := get(t, w, id).Counts.ByStatus
	for _, s := range crm.RecipientStatuses {
		if got[s] != want[s] {
			t.Errorf("counts are %v, want %v", got, want)
			return
		}
	}
}

// provider takes messages as a provider would, and does what a test says.
type provider struct {
	channel.Channel
	send func(crm.Outbound) (string, error)
}

func (p provider) Send(_ context.Context, m crm.Outbound) (string, error) { return p.send(m) }
func (provider) Scope() string                                            { return "" }

// sendWith has messages sent so, one at a time though the lane sends many at once.
func sendWith(w *apptest.World, send func(crm.Outbound) (string, error)) {
	var mu sync.Mutex
	one := func(m crm.Outbound) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		return send(m)
	}
	w.Broadcasts.Open = func(store.Channel) (channel.Channel, error) { return provider{send: one}, nil }
}

// B1–B3: everybody with the tag gets it once, filled in, and the rest are left out with the
// reason; preflight said so before.
func TestBroadcast(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		tag := w.Tag(t, "Gold")
		list := people(t, w, 8, tag)
		_, err := w.Contacts.Archive(t.Context(), w.M, list[0].ID)
		must(t, err)
		must(t, w.Contacts.SetOptOut(t.Context(), w.M, list[1].ID, crm.SMS, true))
		must(t, w.Contacts.SetOptOut(t.Context(), w.M, list[2].ID, crm.WhatsApp, true)) // another family
		noPhone := apptest.Draft("No", "Phone", "", "no@phone.example")
		noPhone.Tags = &[]crm.ID{tag.ID}
		_, err = w.Contacts.Put(t.Context(), w.M, noPhone)
		must(t, err)
		hidden := apptest.Draft("Hid", "Den", "+447400130000", "")
		hidden.Tags, hidden.Visibility = &[]crm.ID{tag.ID}, &crm.Visibility{Mode: crm.Chosen, UserIDs: []crm.ID{w.A.UserID}}
		_, err = w.Contacts.Put(t.Context(), w.M, hidden)
		must(t, err)
		w.Put(t, "Not", "Tagged", "+447400140000", "")

		b := make1(t, w, draft(w, tag))
		p, err := w.Broadcasts.Preflight(t.Context(), w.M, b.ID)
		must(t, err)
		want := map[crm.SkipReason]int{crm.SkipArchived: 1, crm.SkipOptedOut: 1, crm.SkipNoAddress: 1, crm.SkipNotVisible: 1}
		if p.WillSend != 6 || fmt.Sprint(p.Skipped) != fmt.Sprint(want) || len(p.Problems) != 0 {
			t.Errorf("preflight %+v", p)
		}
		for reason := range want {
			who, _, err := w.Broadcasts.WouldSkip(t.Context(), w.M, b.ID, reason, "", 10)
			must(t, err)
			if len(who) != 1 || (reason == crm.SkipNotVisible) != (who[0].ContactID == "") {
				t.Errorf("%s: %+v", reason, who)
			}
		}
		for range 2 { // pressed twice
			started, err := w.Broadcasts.Start(t.Context(), w.M, b.ID, false)
			must(t, err)
			if started.Status != crm.BroadcastRunning {
				t.Errorf("started: %s", started.Status)
			}
		}
		people(t, w, 0, tag)
		late := apptest.Draft("Too", "Late", "+447400150000", "")
		late.Tags = &[]crm.ID{tag.ID}
		_, err = w.Contacts.Put(t.Context(), w.M, late)
		must(t, err)
		texts := map[string]string{}
		sendWith(w, func(m crm.Outbound) (string, error) {
			texts[m.Address] = m.Text
			return "x-" + m.ID.String(), nil
		})
		work(t, w)
		counted(t, w, b.ID, map[crm.MessageStatusValue]int{crm.Sent: 6, crm.Skipped: 4})
		if b := get(t, w, b.ID); b.Status != crm.BroadcastDone || b.Total != 10 || b.EndedAt.IsZero() {
			t.Errorf("ended as %+v", b.Broadcast)
		}
		if len(texts) != 6 || texts["+447400120003"] != "Hello First3" {
			t.Errorf("sent %v", texts)
		}
		got, err := w.Broadcasts.People(t.Context(), w.M, b.ID, store.RecipientFilter{Status: crm.Skipped}, 0, 10)
		must(t, err)
		if len(got) != 4 || !slices.ContainsFunc(got, func(p broadcasts.Person) bool {
			return p.Skip == crm.SkipNotVisible && p.Name == "" && p.ContactID == ""
		}) {
			t.Errorf("left out: %+v", got)
		}
	})
}

// B3: who opted out or was archived after the start gets nothing any more, whatever else
// changes of them; a deleted tag pauses.
func TestMeanwhile(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		tag, other := w.Tag(t, "Gold"), w.Tag(t, "Silver")
		list := people(t, w, 6, tag)
		d := draft(w, tag)
		d.Audience.NotTags = []crm.ID{other.ID}
		b := start(t, w, d)
		must(t, w.Contacts.SetOptOut(t.Context(), w.M, list[0].ID, crm.SMS, true))
		_, err := w.Contacts.Archive(t.Context(), w.M, list[1].ID)
		must(t, err)
		_, err = w.Contacts.Put(t.Context(), w.M, crm.Draft{ID: list[2].ID, Tags: &[]crm.ID{}, Phone: new("+447400190000")})
		must(t, err)
		_, err = w.Contacts.Delete(t.Context(), w.M, list[3].ID)
		must(t, err)
		must(t, w.Team.DeleteTag(t.Context(), w.M, tag.ID))
		var to []string
		sendWith(w, func(m crm.Outbound) (string, error) { to = append(to, m.Address); return "x-" + m.ID.String(), nil })
		work(t, w)
		if b := get(t, w, b.ID); b.Status != crm.BroadcastPaused || b.Problem == "" || len(to) != 0 {
			t.Fatalf("after the tag was deleted: %s %q, sent to %v", b.Status, b.Problem, to)
		}
		_, err = w.Broadcasts.Resume(t.Context(), w.M, b.ID)
		must(t, err)
		work(t, w)
		counted(t, w, b.ID, map[crm.MessageStatusValue]int{crm.Sent: 3, crm.Skipped: 3})
		if !slices.Contains(to, "+447400120002") {
			t.Errorf("sent to %v, without the number that was frozen", to)
		}
		skips, err := w.Broadcasts.Skips(t.Context(), w.M, b.ID)
		must(t, err)
		if fmt.Sprint(skips) != fmt.Sprint(map[crm.SkipReason]int{crm.SkipOptedOut: 1, crm.SkipArchived: 1, crm.SkipGone: 1}) {
			t.Errorf("left out: %v", skips)
		}
	})
}

// V6: whose window has closed since the start gets no free text any more.
func TestWindowCloses(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		tag := w.Tag(t, "Gold")
		list := people(t, w, 2, tag)
		w.Receive(t, w.WhatsApp, w.Text(list[0].Phone(), "Hello"))
		w.Sleep(2 * time.Hour)
		w.Receive(t, w.WhatsApp, w.Text(list[1].Phone(), "Hello"))
		d := draft(w, tag)
		d.ChannelID = &w.WhatsApp.ID
		b := start(t, w, d)
		counted(t, w, b.ID, map[crm.MessageStatusValue]int{crm.Queued: 2})
		w.Sleep(23 * time.Hour)
		sendWith(w, func(m crm.Outbound) (string, error) {
			if m.Address != list[1].Phone() {
				t.Errorf("free text to %s, whose window has closed", m.Address)
			}
			return "x-" + m.ID.String(), nil
		})
		workOn(t, w, w.WhatsApp)
		counted(t, w, b.ID, map[crm.MessageStatusValue]int{crm.Sent: 1, crm.Skipped: 1})
		skips, err := w.Broadcasts.Skips(t.Context(), w.M, b.ID)
		must(t, err)
		if skips[crm.SkipWindow] != 1 {
			t.Errorf("left out: %v", skips)
		}
	})
}

// Whom WhatsApp wants to be left alone for a day is not sent to again before.
func TestLeftAlone(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		tag := w.Tag(t, "Gold")
		people(t, w, 2, tag)
		b := start(t, w, draft(w, tag))
		codes := []string{"131049", "131026"} // the other one never has it
		sendWith(w, func(m crm.Outbound) (string, error) {
			code := codes[0]
			codes = codes[1:]
			return "", &channel.SendError{Outcome: channel.Refused, Code: code, Reason: "Held back."}
		})
		work(t, w)
		retried := func(want int) {
			t.Helper()
			if row := get(t, w, b.ID); row.Counts.MayRetry != want {
				t.Errorf("%d may be retried, want %d", row.Counts.MayRetry, want)
			}
			n, err := w.Broadcasts.Retry(t.Context(), w.M, b.ID, false)
			must(t, err)
			if n != want {
				t.Errorf("%d retried, want %d", n, want)
			}
		}
		w.Sleep(23 * time.Hour)
		retried(0)
		w.Sleep(2 * time.Hour)
		retried(1)
		sendWith(w, func(m crm.Outbound) (string, error) { return "x-" + m.ID.String(), nil })
		work(t, w)
		counted(t, w, b.ID, map[crm.MessageStatusValue]int{crm.Sent: 1, crm.Failed: 1})
	})
}

// V7, B3: what is not known is unknown and stays so; what certainly was not taken is offered
// again; what is refused fails; one who stopped at the provider is opted out.
func TestEnds(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		tag := w.Tag(t, "Gold")
		list := people(t, w, 6, tag)
		b := start(t, w, draft(w, tag))
		tries := map[string]int{}
		sendWith(w, func(m crm.Outbound) (string, error) {
			tries[m.Address]++
			switch m.Address {
			case list[0].Phone():
				return "", &channel.SendError{Outcome: channel.Unknown, Code: "no answer", Reason: "Lost."}
			case list[1].Phone():
				if tries[m.Address] == 1 {
					return "", &channel.SendError{Outcome: channel.NotSent, Code: "20429", Reason: "Slower.", RetryAfter: time.Second}
				}
			case list[2].Phone():
				return "", &channel.SendError{Outcome: channel.Refused, Code: "21211", Reason: "No number."}
			case list[3].Phone():
				return "", &channel.SendError{Outcome: channel.OptedOut, Code: "21610", Reason: "They stopped."}
			case list[4].Phone():
				return "", &channel.SendError{Outcome: channel.Refused, Code: "30003", Reason: "Out of reach."}
			}
			return "x-" + m.ID.String(), nil
		})
		for range 4 {
			work(t, w)
			w.Sleep(5 * time.Second)
		}
		counted(t, w, b.ID, map[crm.MessageStatusValue]int{crm.Sent: 2, crm.Unknown: 1, crm.Failed: 3})
		if tries[list[0].Phone()] != 1 || tries[list[1].Phone()] != 2 || tries[list[2].Phone()] != 1 {
			t.Errorf("tries %v", tries)
		}
		c, err := w.Contacts.Get(t.Context(), w.M, list[3].ID)
		must(t, err)
		if !slices.Equal(c.OptOuts, []crm.Family{crm.SMS}) {
			t.Errorf("opted out of %v", c.OptOuts)
		}
		n, err := w.Broadcasts.Retry(t.Context(), w.M, b.ID, false)
		must(t, err)
		if n != 1 {
			t.Errorf("%d retried, want the one out of reach", n)
		}
		sendWith(w, func(m crm.Outbound) (string, error) { return "y-" + m.ID.String(), nil })
		work(t, w)
		counted(t, w, b.ID, map[crm.MessageStatusValue]int{crm.Sent: 3, crm.Unknown: 1, crm.Failed: 2})
		if b := get(t, w, b.ID); b.Status != crm.BroadcastDone {
			t.Errorf("after the retry it is %s", b.Status)
		}
		lost, err := w.Broadcasts.People(t.Context(), w.M, b.ID, store.RecipientFilter{Status: crm.Unknown}, 0, 10)
		must(t, err)
		w.Receive(t, w.SMS, crm.Inbound{Status: &crm.InboundStatus{ClientID: lost[0].ID, ExternalID: "late", Status: crm.Delivered}})
		counted(t, w, b.ID, map[crm.MessageStatusValue]int{crm.Sent: 3, crm.Delivered: 1, crm.Failed: 2})
	})
}

// Statuses move people on in whatever order they come; an answer counts, and stands below
// the broadcast in the thread.
func TestNewsAndReplies(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		tag := w.Tag(t, "Gold")
		list := people(t, w, 3, tag)
		b := start(t, w, draft(w, tag))
		work(t, w)
		got, err := w.Broadcasts.People(t.Context(), w.M, b.ID, store.RecipientFilter{}, 0, 10)
		must(t, err)
		news := func(n int, s crm.MessageStatusValue) crm.Inbound {
			return crm.Inbound{Status: &crm.InboundStatus{ExternalID: got[n].ExternalID, Status: s}}
		}
		w.Receive(t, w.SMS, news(0, crm.Read), news(0, crm.Delivered), news(0, crm.Read), news(1, crm.Delivered), news(2, crm.Failed), news(0, crm.Sent))
		counted(t, w, b.ID, map[crm.MessageStatusValue]int{crm.Read: 1, crm.Delivered: 1, crm.Failed: 1})
		if n := len(w.Conversations(t, w.M, store.ViewOpen)); n != 0 {
			t.Errorf("a broadcast opened %d conversations", n)
		}
		w.Sleep(time.Hour)
		w.Receive(t, w.SMS, w.Text(list[0].Phone(), "Thanks!"), w.Text(list[0].Phone(), "Really"))
		if r := get(t, w, b.ID); r.Counts.Replied != 1 {
			t.Errorf("%d answered, want 1", r.Counts.Replied)
		}
		thread := w.Thread(t, w.Conversations(t, w.M, store.ViewOpen)[0].ID)
		if len(thread) != 3 || thread[0].BroadcastID != b.ID || thread[0].Text != "Hello First0" || thread[0].Status != crm.Read || thread[1].Text != "Thanks!" {
			t.Errorf("the thread is %+v", thread)
		}
	})
}

// B3: a worker that dies leaves what it had claimed unknown, and the rest goes on.
func TestStranded(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		tag := w.Tag(t, "Gold")
		people(t, w, 5, tag)
		b := start(t, w, draft(w, tag))
		must(t, w.DB.Write(t.Context(), func(tx *db.Tx) error {
			_, _, err := store.TakeLane(tx, w.M.BusinessID, w.SMS.ID, "dead", w.Now(), w.Now().Add(6*time.Second))
			if err != nil {
				return err
			}
			next, err := store.NextRecipients(tx, w.M.BusinessID, b.ID, w.Now(), 2)
			for _, r := range next {
				store.Claim(tx, w.M.BusinessID, b.ID, r, "dead", w.Now())
			}
			return err
		}))
		work(t, w)
		counted(t, w, b.ID, map[crm.MessageStatusValue]int{crm.Queued: 5}) // the lane is another's
		w.Sleep(7 * time.Second)
		work(t, w)
		counted(t, w, b.ID, map[crm.MessageStatusValue]int{crm.Sent: 3, crm.Unknown: 2})
	})
}

// Pausing, resuming and cancelling, a schedule and quiet hours, by the clock of the test.
func TestCourse(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		tag := w.Tag(t, "Gold")
		people(t, w, 6, tag)
		d := draft(w, tag)
		d.StartAt, d.Quiet = new("2026-11-24T20:30"), &crm.QuietHours{From: "21:00", To: "08:00"}
		b := make1(t, w, d)
		if b.Status != crm.BroadcastScheduled {
			t.Fatalf("made as %s", b.Status)
		}
		must(t, w.Broadcasts.TakeUp(t.Context()))
		if got := get(t, w, b.ID).Status; got != crm.BroadcastScheduled {
			t.Fatalf("before its time it is %s", got)
		}
		w.Sleep(12 * time.Hour) // 21:00
		must(t, w.Broadcasts.TakeUp(t.Context()))
		work(t, w)
		if got := get(t, w, b.ID); got.Status != crm.BroadcastRunning || got.Problem != "Quiet hours until 08:00. It goes on by itself then." {
			t.Fatalf("in quiet hours it is %s, %q", got.Status, got.Problem)
		}
		counted(t, w, b.ID, map[crm.MessageStatusValue]int{crm.Queued: 6})
		w.Sleep(11 * time.Hour) // 08:00
		sent := 0
		sendWith(w, func(m crm.Outbound) (string, error) {
			if sent++; sent == 2 {
				_, err := w.Broadcasts.Pause(t.Context(), w.M, b.ID)
				must(t, err)
			}
			return "x-" + m.ID.String(), nil
		})
		must(t, slow(t, w, 20))
		work(t, w)
		paused := get(t, w, b.ID)
		if paused.Status != crm.BroadcastPaused || paused.Counts.Of(crm.Queued) == 0 || paused.Counts.Of(crm.Sent) < 2 {
			t.Fatalf("paused: %s %v", paused.Status, paused.Counts)
		}
		_, err := w.Broadcasts.Resume(t.Context(), w.M, b.ID)
		must(t, err)
		_, err = w.Broadcasts.Cancel(t.Context(), w.M, b.ID)
		must(t, err)
		at := sent
		work(t, w)
		if got := get(t, w, b.ID); sent != at || got.Status != crm.BroadcastCancelled || got.Counts.Of(crm.Queued) != 0 || got.Counts.Of(crm.Skipped) != 6-at {
			t.Errorf("cancelled: %s %v, %d sent after", got.Status, got.Counts, sent-at)
		}
		for name, err := range map[string]error{
			"start": func() error { _, err := w.Broadcasts.Start(t.Context(), w.M, b.ID, true); return err }(),
			"pause": func() error { _, err := w.Broadcasts.Pause(t.Context(), w.M, b.ID); return err }(),
			"put":   func() error { _, err := w.Broadcasts.Put(t.Context(), w.M, b.ID, draft(w, tag)); return err }(),
		} {
			if crm.KindOf(err) != crm.Conflicting {
				t.Errorf("%s after the end: %v", name, err)
			}
		}
	})
}

// slow sets the pace of the SMS channel.
func slow(t *testing.T, w *apptest.World, perSecond float64) error {
	return w.DB.Write(t.Context(), func(tx *db.Tx) error {
		ch, err := store.ChannelByID(tx, w.M.BusinessID, w.SMS.ID)
		ch.MaxPerSecond = perSecond
		store.ChangeChannel(tx, ch)
		return err
	})
}

// What is wrong is said at its field, before anything is sent.
func TestRefused(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		tag := w.Tag(t, "Gold")
		empty := w.Tag(t, "Nobody")
		people(t, w, 1, tag)
		for field, change := range map[string]func(*broadcasts.Draft){
			"text":              func(d *broadcasts.Draft) { d.Text = new("Hello {{frist_name}}") },
			"start_at":          func(d *broadcasts.Draft) { d.StartAt = new("2020-01-01T10:00") },
			"audience":          func(d *broadcasts.Draft) { d.Audience = &crm.Audience{} },
			"audience.any_tags": func(d *broadcasts.Draft) { d.Audience.AnyTags = []crm.ID{"0190a5a0-0000-7000-8000-000000000000"} },
			"channel_id":        func(d *broadcasts.Draft) { d.ChannelID = new(crm.ID("0190a5a0-0000-7000-8000-000000000000")) },
			"quiet_hours.from":  func(d *broadcasts.Draft) { d.Quiet = &crm.QuietHours{From: "25:00", To: "08:00"} },
			"template": func(d *broadcasts.Draft) {
				d.Text, d.Template = new(""), &crm.TemplateChoice{Name: "x", Language: "en"}
			},
		} {
			d := draft(w, tag)
			change(&d)
			_, err := w.Broadcasts.Put(t.Context(), w.M, "", d)
			e, ok := err.(*crm.Error)
			if !ok || e.Kind != crm.Invalid || !slices.ContainsFunc(e.Fields, func(f crm.FieldError) bool { return f.Field == field }) {
				t.Errorf("%s: %v", field, err)
			}
		}
		b := make1(t, w, draft(w, empty))
		if _, err := w.Broadcasts.Start(t.Context(), w.M, b.ID, false); crm.KindOf(err) != crm.Invalid {
			t.Errorf("an audience of nobody: %v", err)
		}
		if _, err := w.Broadcasts.Put(t.Context(), w.A, "", draft(w, tag)); crm.KindOf(err) != crm.Forbidden {
			t.Errorf("an agent: %v", err)
		}
	})
}
