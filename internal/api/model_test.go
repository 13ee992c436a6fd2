package api_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestModel drives the API as an admin and two agents do, at random, and a model of the
// rules beside it (C2, C4, C6–C9, C11, I1, I6, I7, V1–V5). After each step the status of
// the answer and all that each of them sees are compared. Some steps are two calls at the
// same instant: what comes of them must be what one of the two orders allows.
//
// PARLEY_TEST_STEPS is how many steps to take on each engine.
func TestModel(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		steps := 400
		if text := os.Getenv("PARLEY_TEST_STEPS"); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil {
				t.Fatalf("PARLEY_TEST_STEPS=%q: %v", text, err)
			}
			steps = n
		}
		set := func(name, value string) {
			was := flag.Lookup(name).Value.String()
			if err := flag.Set(name, value); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = flag.Set(name, was) })
		}
		set("rapid.checks", strconv.Itoa(1+steps*3/4/stepsOfABusiness))
		set("rapid.steps", strconv.Itoa(stepsOfABusiness))
		taken, pairs, businesses, began := 0, 0, 0, time.Now()
		statuses := map[string]int{}
		rapid.Check(t, func(t *rapid.T) {
			businesses++
			w := newWorld(h, businesses)
			take := func(t *rapid.T, together bool) {
				// Hours pass now and then: a closed conversation is only reopened within a day.
				if (drawn{t, w}).chance(10, "15 hours later") {
					h.clock.advance(15 * time.Hour)
				}
				w.book.now = h.clock.now()
				list := []step{w.step(t)}
				if together && !list[0].alone {
					if other := w.step(t); !other.alone {
						list = append(list, other)
						pairs++
					}
				}
				taken += len(list)
				for n, got := range w.take(t, list) {
					statuses[strings.Fields(list[n].what)[1]+" "+strconv.Itoa(got.status)]++
				}
			}
			t.Repeat(map[string]func(*rapid.T){
				"one":         func(t *rapid.T) { take(t, false) },
				"then one":    func(t *rapid.T) { take(t, false) },
				"two at once": func(t *rapid.T) { take(t, true) },
			})
		})
		t.Logf("%d steps in %d businesses, %d pairs at once, in %s: %v", taken, businesses, pairs, time.Since(began).Round(time.Millisecond), statuses)
	})
}

// stepsOfABusiness is how many of them one business lives through on average, two at once
// counted as one.
const stepsOfABusiness = 50

// world is one business, and the book that says what should be in it.
type world struct {
	h             *house
	book          *book
	actors        map[string]actor
	whatsapp, sms string
	gone          []string // ids of contacts that were
	messages      int
	log           []string
}

func newWorld(h *house, n int) *world {
	name := fmt.Sprint("Model", n)
	w := &world{h: h, actors: map[string]actor{"M": h.business(name)}, book: &book{people: map[string]*person{}, contacts: map[string]*entry{}}}
	m := h.as(w.actors["M"])
	email := "admin@" + strings.ToLower(name) + ".example"
	w.book.people["M"] = &person{name: "M", id: w.actors["M"].id, admin: true, active: true, email: email}
	for _, name := range []string{"A", "B"} {
		email := strings.ToLower(name) + fmt.Sprint(n) + "@rosas.example"
		id := m.post("/users", J{"name": name, "email": email, "role": "agent"}).want(201).str("id")
		w.actors[name] = actor{id, w.actors["M"].business, m.post("/users/"+id+"/tokens", nil).want(201).str("token")}
		w.book.people[name] = &person{name: name, id: id, active: true, email: email}
	}
	for _, tag := range modelTags {
		m.post("/tags", J{"name": tag}).want(201)
	}
	w.whatsapp = m.post("/channels", J{"kind": "whatsapp", "name": "Line", "settings": J{"phone_number_id": "1001",
		"business_account_id": "2002", "app_secret": "app-secret", "verify_token": "verify-me", "access_token": "access-token"}}).want(201).str("id")
	w.sms = m.post("/channels", J{"kind": "twilio_sms", "settings": J{"account_sid": "AC1", "auth_token": "twilio-secret", "from": "+447400000099"}}).want(201).str("id")
	return w
}

// id is the id of a user by name; "" of nobody.
func (w *world) id(name string) string { return w.actors[name].id }

func (w *world) ids(names []string) (list []string) {
	for _, name := range names {
		list = append(list, w.id(name))
	}
	return list
}

// letBIn gives B a new token where the old one ended when B was let go and B is active
// again.
func (w *world) letBIn() {
	b := w.actors["B"]
	if w.h.as(b).get("/users/me").status != 401 {
		return
	}
	if made := w.h.as(w.actors["M"]).post("/users/"+b.id+"/tokens", nil); made.status == 201 {
		b.token = made.str("token")
		w.actors["B"] = b
	}
}

// fataler is a test, be it rapid's or not.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// take makes one call, or two at the same instant, and compares: in the order in which
// they stand here, or else in the other.
func (w *world) take(t fataler, list []step) []answer {
	var calls []func() answer
	for _, s := range list {
		w.log = append(w.log, s.what)
		calls = append(calls, s.call)
	}
	answers := atOnce(calls...)
	for n, s := range list {
		w.log = append(w.log, fmt.Sprint("   ", answers[n].status, " to ", s.what))
	}
	w.letBIn()
	seen := w.look(t)
	var why []string
	orders := []struct {
		order []int
		late  bool
	}{{order: []int{0, 1}}, {order: []int{1, 0}}, {[]int{0, 1}, true}, {[]int{1, 0}, true}}
	for _, o := range orders[:1+3*(len(list)-1)] {
		b := w.book.clone()
		b.late = o.late
		for _, p := range b.people {
			p.was = p.active
		}
		var differences []string
		for _, n := range o.order[:len(list)] {
			if ruling := list[n].rule(b, answers[n]); !ruling.allows(answers[n]) {
				differences = append(differences, fmt.Sprintf("%s: %d %s, by the rules %s", list[n].what, answers[n].status, answers[n].body, ruling))
			}
		}
		if len(differences) == 0 {
			differences = seen.compare(b)
		}
		if len(differences) == 0 {
			for _, id := range slices.Sorted(maps.Keys(w.book.contacts)) {
				if b.contacts[id] == nil {
					w.gone = append(w.gone, id)
				}
			}
			if len(list) == 2 {
				for _, m := range b.merges[len(w.book.merges):] {
					m.after = "either came first" // what a merge found is not seen: it is not undone
				}
			}
			w.book = b
			return answers
		}
		why = append(why, strings.Join(differences, "\n"))
	}
	t.Fatalf("%s\n\nafter\n%s", strings.Join(why, "\n\nor in another order\n"), strings.Join(w.log[max(0, len(w.log)-80):], "\n"))
	return nil
}
