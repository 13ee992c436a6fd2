package hooks_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/internal/app/apptest"
	"parley/internal/app/hooks"
	"parley/internal/app/team"
	"parley/internal/crm"
	"parley/internal/db"
	"parley/internal/db/dbtest"
	"parley/internal/store"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// receiver is a business's own system.
type receiver struct {
	got    []hooks.Call
	answer func(n int) (int, error) // of the nth call, from 1; nil: 200
}

func (r *receiver) post(_ context.Context, c hooks.Call) (int, error) {
	r.got = append(r.got, c)
	if r.answer == nil {
		return 200, nil
	}
	return r.answer(len(r.got))
}

// types are what it was told, in its order.
func (r *receiver) types() (list []string) {
	for _, c := range r.got {
		var body struct {
			Type string `json:"type"`
		}
		_ = json.Unmarshal(c.Body, &body)
		list = append(list, body.Type)
	}
	return list
}

// room is the room on a world, with a receiver.
func room(w *apptest.World, t *testing.T) (*hooks.Hooks, *receiver) {
	r := &receiver{}
	return &hooks.Hooks{DB: w.DB, Now: w.Now, Sealer: apptest.NewSealer(t), Wake: func(crm.ID) {}, Post: r.post,
		Later: func(*db.Tx, crm.ID, crm.ID) error { return nil },
		Body: func(o hooks.Occurrence) ([]byte, error) {
			name := ""
			if o.Contact != nil {
				name = o.Contact.FirstName
			}
			return json.Marshal(map[string]any{"type": o.Event.Type, "name": name, "message": o.Message != nil, "conversation": o.Conversation != nil})
		}}, r
}

// run follows and delivers, as the jobs would.
func run(t *testing.T, w *apptest.World, h *hooks.Hooks, id crm.ID) {
	t.Helper()
	must(t, h.Follow(t.Context()))
	_, err := h.Deliver(t.Context(), w.M.BusinessID, id, w.Now().Add(time.Minute))
	must(t, err)
}

// An endpoint is told what it follows, in order, signed, and nothing of what was before.
func TestDeliver(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		h, r := room(w, t)
		w.Put(t, "Before", "It", "+447400123455", "")
		made, secret, err := h.Create(t.Context(), w.M, crm.HookEndpoint{URL: " https://hooks.example/in ", Events: []string{"contact", "message.received"}})
		must(t, err)
		w.Put(t, "Priya", "Shah", "+447400123456", "")
		w.Receive(t, w.WhatsApp, w.Text("+447400123456", "hello"))
		run(t, w, h, made.ID)
		run(t, w, h, made.ID)
		if got := r.types(); !slices.Equal(got, []string{"contact.created", "message.received"}) {
			t.Fatalf("told %v", got)
		}
		first := r.got[0]
		if first.URL != "https://hooks.example/in" || !strings.Contains(string(first.Body), "Priya") || !strings.Contains(string(r.got[1].Body), `"message":true`) {
			t.Errorf("told %+v", r.got)
		}
		list, _, err := h.Deliveries(t.Context(), w.M, made.ID, "", nil, 10)
		must(t, err)
		if len(list) != 2 || list[0].Status != crm.HookDelivered || string(list[1].ID) != first.Headers["webhook-id"] {
			t.Errorf("deliveries %+v", list)
		}
		if !verifies(first, secret) {
			t.Errorf("the signature does not fit: %v", first.Headers)
		}
		rotated, another, err := h.Rotate(t.Context(), w.M, made.ID)
		must(t, err)
		w.Put(t, "Tom", "Reed", "+447400123457", "")
		run(t, w, h, rotated.ID)
		if last := r.got[len(r.got)-1]; !verifies(last, secret) || !verifies(last, another) {
			t.Errorf("both secrets sign for a day: %v", last.Headers)
		}
		w.Sleep(25 * time.Hour)
		w.Put(t, "Ann", "Lee", "+447400123458", "")
		run(t, w, h, rotated.ID)
		if last := r.got[len(r.got)-1]; verifies(last, secret) || !verifies(last, another) {
			t.Errorf("the old secret signs after a day: %v", last.Headers)
		}
		if _, _, err := h.Create(t.Context(), w.A, crm.HookEndpoint{URL: "https://x.example"}); crm.KindOf(err) != crm.Forbidden {
			t.Errorf("an agent: %v", err)
		}
	})
}

// verifies checks a signature as a receiver does.
func verifies(c hooks.Call, secret string) bool {
	seconds, err := strconv.ParseInt(c.Headers["webhook-timestamp"], 10, 64)
	if err != nil {
		return false
	}
	want := crm.SignHook(crm.ID(c.Headers["webhook-id"]), time.Unix(seconds, 0), c.Body, secret)
	return slices.Contains(strings.Fields(c.Headers["webhook-signature"]), want)
}

// What fails is tried again for three days; it holds up the others for a few minutes only,
// and after five days of failure the endpoint is ended with a notice.
func TestFailures(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		h, r := room(w, t)
		made, _, err := h.Create(t.Context(), w.M, crm.HookEndpoint{URL: "https://hooks.example/in", Events: []string{"contact.created"}})
		must(t, err)
		w.Put(t, "Poison", "Pill", "+447400123456", "")
		w.Put(t, "Second", "One", "+447400123457", "")
		r.answer = func(int) (int, error) {
			if strings.Contains(string(r.got[len(r.got)-1].Body), "Poison") {
				return 500, nil
			}
			return 204, nil
		}
		run(t, w, h, made.ID)
		if len(r.got) != 1 {
			t.Fatalf("%d calls: the second must wait for the first", len(r.got))
		}
		for _, wait := range []time.Duration{5 * time.Second, 30 * time.Second} {
			w.Sleep(wait)
			run(t, w, h, made.ID)
		}
		if got := r.got[len(r.got)-1]; len(r.got) != 4 || !strings.Contains(string(got.Body), "Second") {
			t.Fatalf("after three attempts the second goes on: %d calls", len(r.got))
		}
		for range 3 * 24 * 6 { // three days, looked at every ten minutes
			w.Sleep(10 * time.Minute)
			run(t, w, h, made.ID)
		}
		w.Sleep(24 * time.Hour)
		run(t, w, h, made.ID)
		list, _, err := h.Deliveries(t.Context(), w.M, made.ID, crm.HookFailed, nil, 10)
		must(t, err)
		if len(list) != 1 || list[0].Attempts != 11 || list[0].Answer != 500 || list[0].Problem != "It answered 500." {
			t.Fatalf("failed %+v", list)
		}
		ids := map[string]bool{}
		for _, c := range r.got {
			if strings.Contains(string(c.Body), "Poison") {
				ids[c.Headers["webhook-id"]] = true
			}
		}
		if len(ids) != 1 {
			t.Errorf("%d ids for one delivery", len(ids))
		}
		r.answer = nil
		for _, since := range []time.Time{w.Now(), list[0].EndedAt.Add(time.Second)} {
			if n, err := h.Replay(t.Context(), w.M, made.ID, "", since); err != nil || n != 0 {
				t.Errorf("failed since %s: %d, %v", since, n, err)
			}
		}
		n, err := h.Replay(t.Context(), w.M, made.ID, "", list[0].EndedAt) // made days before
		must(t, err)
		run(t, w, h, made.ID)
		if again, _, err := h.Deliveries(t.Context(), w.M, made.ID, crm.HookFailed, nil, 10); err != nil || n != 1 || len(again) != 0 {
			t.Errorf("replayed %d, still failed %+v, %v", n, again, err)
		}

		r.answer = func(int) (int, error) { return 0, errors.New("It could not be reached.") }
		for i := range 6 {
			w.Put(t, "Day", "After", "+44740012346"+string(rune('0'+i)), "")
			run(t, w, h, made.ID)
			w.Sleep(24 * time.Hour)
		}
		run(t, w, h, made.ID)
		ended, err := h.Get(t.Context(), w.M, made.ID)
		must(t, err)
		if ended.Active || !strings.Contains(ended.Problem, "five days") {
			t.Fatalf("after six days of failure: %+v", ended)
		}
		calls := len(r.got)
		run(t, w, h, made.ID)
		if len(r.got) != calls {
			t.Error("it is called though it was ended")
		}
		r.answer = nil
		_, err = h.Change(t.Context(), w.M, made.ID, func(h *crm.HookEndpoint) { h.Active = true })
		must(t, err)
		w.Sleep(48 * time.Hour)
		run(t, w, h, made.ID)
		waiting, _, err := h.Deliveries(t.Context(), w.M, made.ID, crm.HookWaiting, nil, 10)
		must(t, err)
		if len(waiting) != 0 {
			t.Errorf("switched on again, %d still wait", len(waiting))
		}
		r.answer = func(int) (int, error) { return 410, nil }
		w.Put(t, "Last", "One", "+447400123499", "")
		run(t, w, h, made.ID)
		if gone, err := h.Get(t.Context(), w.M, made.ID); err != nil || gone.Active || !strings.Contains(gone.Problem, "410") {
			t.Errorf("after 410: %+v, %v", gone, err)
		}
	})
}

// A crash between noting, calling and marking leaves nothing out; what was told before is
// told again under the same id.
func TestCrashes(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		h, r := room(w, t)
		made, _, err := h.Create(t.Context(), w.M, crm.HookEndpoint{URL: "https://hooks.example/in", Events: []string{"contact.created"}})
		must(t, err)
		for i := range 20 {
			w.Put(t, "C", "D", "+4474001235"+string(rune('0'+i/10))+string(rune('0'+i%10)), "")
			ctx, crash := context.WithCancel(t.Context())
			r.answer = func(int) (int, error) {
				switch i % 3 {
				case 0:
					crash() // the process ends when the call was taken, before it knows
				case 1:
					crash() // it ends before the call went out
					r.got = r.got[:len(r.got)-1]
					return 0, context.Canceled
				}
				return 200, nil
			}
			must(t, h.Follow(t.Context()))
			_, err := h.Deliver(ctx, w.M.BusinessID, made.ID, w.Now().Add(time.Minute))
			if err != nil && ctx.Err() == nil {
				t.Fatal(err)
			}
			crash()
			if i%5 == 0 {
				w.Sleep(2 * time.Minute) // who held it is dead
			}
		}
		r.answer = nil
		w.Sleep(2 * time.Minute)
		run(t, w, h, made.ID)
		ids := map[string]bool{}
		var order []string
		for _, c := range r.got {
			id := c.Headers["webhook-id"]
			if !ids[id] {
				order = append(order, id)
			}
			ids[id] = true
		}
		if len(ids) != 20 || !slices.IsSorted(order) {
			t.Errorf("told of %d of 20, in order: %v", len(ids), slices.IsSorted(order))
		}
	})
}

// One that was away for longer than it held the endpoint takes nothing back of what another
// told meanwhile, and lets the other go on alone.
func TestAwayForTooLong(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		h, r := room(w, t)
		made, _, err := h.Create(t.Context(), w.M, crm.HookEndpoint{URL: "https://hooks.example/in", Events: []string{"contact.created"}})
		must(t, err)
		for i := range 3 {
			w.Put(t, "C", "D", "+44740012350"+string(rune('0'+i)), "")
		}
		must(t, h.Follow(t.Context()))
		r.answer = func(n int) (int, error) {
			switch n {
			case 1: // the machine stood still; its place was taken, and another call is on its way
				w.Sleep(2 * time.Minute)
				_, err := h.Deliver(t.Context(), w.M.BusinessID, made.ID, w.Now().Add(time.Minute))
				must(t, err)
				return 500, nil
			case 3:
				w.Put(t, "E", "F", "+447400123509", "")
				must(t, h.Follow(t.Context()))
			}
			return 200, nil
		}
		_, err = h.Deliver(t.Context(), w.M.BusinessID, made.ID, w.Now().Add(time.Hour))
		must(t, err)
		list, _, err := h.Deliveries(t.Context(), w.M, made.ID, crm.HookDelivered, nil, 10)
		must(t, err)
		if len(list) != 4 || len(r.got) != 5 {
			t.Errorf("%d calls, delivered %+v", len(r.got), list)
		}
		first, err := h.Get(t.Context(), w.M, made.ID)
		if err != nil || !first.FailingSince.IsZero() {
			t.Errorf("it fails: %+v, %v", first, err)
		}
		w.Put(t, "G", "H", "+447400123508", "")
		run(t, w, h, made.ID) // nobody holds it
		if len(r.got) != 6 {
			t.Errorf("%d calls after all was let go of", len(r.got))
		}
	})
}

// C10: what is told is read when it is told, and nothing of an erased person is kept.
func TestErasedBeforeItWasTold(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		h, r := room(w, t)
		made, _, err := h.Create(t.Context(), w.M, crm.HookEndpoint{URL: "https://hooks.example/in"})
		must(t, err)
		c := w.Put(t, "Marker", "Shah", "+447400123456", "")
		must(t, h.Follow(t.Context()))
		must(t, w.Contacts.Erase(t.Context(), w.M, c.ID))
		run(t, w, h, made.ID)
		for _, call := range r.got {
			if strings.Contains(string(call.Body), "Marker") {
				t.Errorf("told of an erased person: %s", call.Body)
			}
		}
		if got := r.types(); !slices.Contains(got, "contact.created") || !slices.Contains(got, "contact.erased") {
			t.Errorf("told %v", got)
		}
	})
}

func TestEndpointsThatAreRefused(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		h, _ := room(w, t)
		for _, row := range []struct{ url, event, want string }{
			{"", "", "url"}, {"hooks.example", "", "url"}, {"ftp://hooks.example", "", "url"}, {"http://hooks.example", "", "url"},
			{"https://me:secret@hooks.example", "", "url"}, {"https://", "", "url"}, {"https://hooks.example/#x", "", "url"},
			{"https://127.0.0.1/in", "", "url"}, {"https://LocalHost.:8443", "", "url"}, {"https://[::ffff:10.0.0.1]", "", "url"}, {"https://[fe80::1]", "", "url"},
			{"https://hooks.example", "contacts", "events[0]"}, {"https://hooks.example", "conversation.seen", "events[0]"},
		} {
			e := crm.HookEndpoint{URL: row.url}
			if row.event != "" {
				e.Events = []string{row.event}
			}
			_, _, err := h.Create(t.Context(), w.M, e)
			var invalid *crm.Error
			if !errors.As(err, &invalid) || len(invalid.Fields) != 1 || invalid.Fields[0].Field != row.want {
				t.Errorf("%q %q: %v", row.url, row.event, err)
			}
		}
		if list, err := h.List(t.Context(), w.M); err != nil || len(list) != 0 {
			t.Errorf("%v, %v", list, err)
		}
	})
}

// An address from before the rule about private ones can be switched off, and comes back on
// only with one that may be called.
func TestAddressFromBeforeTheRule(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		h, _ := room(w, t)
		h.PlainAllowed = true
		made, _, err := h.Create(t.Context(), w.M, crm.HookEndpoint{URL: "http://10.0.0.7/in"})
		if err != nil {
			t.Fatal(err)
		}
		h.PlainAllowed = false
		change := func(want string, change func(*crm.HookEndpoint)) {
			t.Helper()
			code := ""
			_, err := h.Change(t.Context(), w.M, made.ID, change)
			if invalid := new(crm.Error); errors.As(err, &invalid) && len(invalid.Fields) == 1 {
				code = invalid.Fields[0].Field + " " + invalid.Fields[0].Code
			} else if err != nil {
				t.Fatal(err)
			}
			if code != want {
				t.Errorf("%q, want %q", code, want)
			}
		}
		change("url not_https", func(e *crm.HookEndpoint) { e.Events = []string{"contact"} })
		change("url private_address", func(e *crm.HookEndpoint) { e.URL, e.Active = "https://10.0.0.8", false })
		change("", func(e *crm.HookEndpoint) { e.Active = false })
		change("events[0] unknown_event", func(e *crm.HookEndpoint) { e.Events = []string{"contacts"} })
		change("", func(e *crm.HookEndpoint) { e.Events = []string{"contact"} })
		change("url not_https", func(e *crm.HookEndpoint) { e.Active = true })
		change("", func(e *crm.HookEndpoint) { e.URL, e.Active = "https://hooks.example", true })
	})
}

// A restore counts events anew, onto the other engine too: an endpoint goes on where it stood,
// and what waits or is sent again is about the same events as before.
func TestRestored(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		h, _ := room(w, t)
		made, _, err := h.Create(t.Context(), w.M, crm.HookEndpoint{URL: "https://hooks.example/in", Events: []string{"contact.created"}})
		must(t, err)
		other := func(name string) {
			_, err := w.Team.Found(t.Context(), team.Founding{Name: name, Country: "GB", AdminEmail: name + "@other.example"}, false)
			must(t, err)
		}
		other("first")
		w.Put(t, "Told", "A", "+447400123451", "")
		run(t, w, h, made.ID)
		other("second")
		w.Put(t, "Waits", "B", "+447400123452", "")
		must(t, h.Follow(t.Context()))
		other("third")
		w.Put(t, "Unseen", "C", "+447400123453", "")
		var copied bytes.Buffer
		_, err = w.DB.Backup(t.Context(), &copied)
		must(t, err)
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			_, err := d.Restore(t.Context(), bytes.NewReader(copied.Bytes()))
			must(t, err)
			there, r := room(w, t)
			there.DB, there.Sealer = d, h.Sealer
			if _, problem, err := there.Test(t.Context(), w.M, made.ID); err != nil || problem == "" || len(r.got) != 0 {
				t.Errorf("a copy on hold was tested: %q, %v", problem, err)
			}
			must(t, d.Write(t.Context(), func(tx *db.Tx) error {
				tx.Exec("update business set held = false")
				event := w.M.Event(crm.ContactCreated, w.Now())
				event.ContactID = crm.NewID(w.Now())
				return store.AddEvents(tx, []crm.Event{event})
			}))
			deliver := func() {
				t.Helper()
				must(t, there.Follow(t.Context()))
				_, err := there.Deliver(t.Context(), w.M.BusinessID, made.ID, w.Now().Add(time.Minute))
				must(t, err)
			}
			deliver()
			list, _, err := there.Deliveries(t.Context(), w.M, made.ID, "", nil, 10)
			must(t, err)
			if len(list) != 4 {
				t.Fatalf("%d deliveries: %+v", len(list), list)
			}
			_, err = there.Replay(t.Context(), w.M, made.ID, list[3].ID, time.Time{})
			must(t, err)
			deliver()
			var names []string
			for _, c := range r.got {
				var body struct{ Name string }
				must(t, json.Unmarshal(c.Body, &body))
				names = append(names, body.Name)
			}
			if want := []string{"Waits", "Unseen", "", "Told"}; !slices.Equal(names, want) {
				t.Errorf("told of %q, want %q", names, want)
			}
		})
	})
}
