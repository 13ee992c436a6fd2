package api_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// looked is what everybody sees of a business.
type looked struct {
	contacts map[string]map[string]seenEntry // by who looks and id
	talks    map[string]map[string]*talk
	names    map[string]string // of users, by id
	users    map[string]string // their phone and whether they are active, by id
	unfiled  int
}

// seenEntry is a contact as somebody was shown it.
type seenEntry struct {
	entry
	hasNames bool
}

// look reads the lists of everybody who is active.
func (w *world) look(t fataler) *looked {
	l := &looked{contacts: map[string]map[string]seenEntry{}, talks: map[string]map[string]*talk{}, names: map[string]string{"": ""}, users: map[string]string{}}
	for name, a := range w.actors {
		l.names[a.id] = name
	}
	for name, a := range w.actors {
		c := w.h.as(a)
		contacts := c.get("/contacts?status=any&limit=200")
		if contacts.status == 401 {
			continue // the book says whether that is right
		}
		l.contacts[name], l.talks[name] = map[string]seenEntry{}, map[string]*talk{}
		for _, item := range listed(t, contacts) {
			e := l.entry(item)
			l.contacts[name][e.id] = e
		}
		for _, item := range listed(t, c.get("/conversations?limit=200")) {
			v := l.talk(item)
			l.talks[name][v.id] = v
		}
	}
	m := w.h.as(w.actors["M"])
	l.unfiled = len(listed(t, m.get("/unfiled?limit=200")))
	for _, u := range listed(t, m.get("/users?limit=200")) {
		l.users[u["id"].(string)] = fmt.Sprint(u["phone"], " active: ", u["active"])
	}
	return l
}

func listed(t fataler, got answer) (items []J) {
	if got.status != 200 || got.str("next") != "" {
		t.Fatalf("%s: %d %s", got.call, got.status, got.body)
	}
	for _, item := range got.items() {
		items = append(items, item.(J))
	}
	return items
}

func (l *looked) circle(v any) circle {
	if m := v.(J); m["mode"] == "chosen" {
		see := circle{}
		for _, id := range m["user_ids"].([]any) {
			see = append(see, l.names[id.(string)])
		}
		return see
	}
	return nil
}

func (l *looked) entry(j J) seenEntry {
	text := func(key string) string { s, _ := j[key].(string); return s }
	e := entry{id: text("id"), first: text("first_name"), last: text("last_name"), placeholder: j["name_is_placeholder"] == true, see: l.circle(j["visibility"]),
		assignee: l.names[text("assignee_id")], archived: j["status"] == "archived", version: int(j["version"].(float64))}
	for _, i := range j["identities"].([]any) {
		switch i := i.(J); i["kind"] {
		case "phone":
			e.phones = append(e.phones, i["value"].(string))
		case "email":
			e.emails = append(e.emails, i["value"].(string))
		}
	}
	for _, tag := range j["tags"].([]any) {
		e.tags = append(e.tags, tag.(string))
	}
	return seenEntry{e, e.first != "" && !digits.MatchString(e.first+e.last)}
}

// digits are so many that they may be a phone number (C3).
var digits = regexp.MustCompile(`\d{6}`)

func (l *looked) talk(j J) *talk {
	text := func(key string) string { s, _ := j[key].(string); return s }
	at := func(key string) time.Time { t, _ := time.Parse(time.RFC3339Nano, text(key)); return t }
	return &talk{id: text("id"), contact: text("contact_id"), open: text("status") == "open", assignee: l.names[text("assignee_id")],
		see: l.circle(j["visibility"]), last: at("last_message_at"), closed: at("closed_at")}
}

// compare says what differs from the book, and writes into it what only the product can
// choose: ids, versions, placeholder names, times.
func (l *looked) compare(b *book) (differences []string) {
	differ := func(format string, args ...any) { differences = append(differences, fmt.Sprintf(format, args...)) }
	l.learnIDs(b)
	l.learnPrimary(b)
	if l.unfiled != b.unfiled {
		differ("%d unfiled, by the rules %d", l.unfiled, b.unfiled)
	}
	for _, p := range b.people {
		if is, text := l.users[p.id], fmt.Sprint(p.phone, " active: ", p.active); is != text {
			differ("%s has %s, by the rules %s", p.name, is, text)
		}
	}
	for _, name := range []string{"M", "A", "B"} {
		if active := l.contacts[name] != nil; active != b.people[name].active {
			differ("%s is let in: %v", name, active)
			continue
		}
		both := map[string]string{} // by id, what differs
		for id, seen := range l.contacts[name] {
			both[id] = "is " + seen.text()
			if !seen.hasNames && seen.placeholder {
				differ("%s has no placeholder name: %q %q", id, seen.first, seen.last)
			}
		}
		for id, seen := range l.talks[name] {
			both[id] = "is " + seen.text()
		}
		match := func(id string, visible bool, text string) {
			if !visible {
				return
			}
			if both[id] == "is "+text {
				delete(both, id)
			} else {
				both[id] = strings.TrimSpace(both[id] + "\n\tby the rules " + text)
			}
		}
		for id, e := range b.contacts {
			match(id, b.sees(e.see, name), e.text())
		}
		for _, t := range b.talks {
			match(t.id, b.sees(t.see, name), t.text())
		}
		for _, id := range slices.Sorted(maps.Keys(both)) {
			differ("to %s %s %s", name, id, both[id])
		}
	}
	if len(differences) == 0 {
		differences = l.learn(b)
	}
	return differences
}

// learnIDs finds the ids of what messages made: of a contact by its number, of a
// conversation by its contact.
func (l *looked) learnIDs(b *book) {
	for _, seen := range l.contacts {
		for id, s := range seen {
			if b.contacts[id] != nil {
				continue
			}
			for _, key := range slices.Collect(maps.Keys(b.contacts)) {
				if e := b.contacts[key]; strings.HasPrefix(key, "new ") && slices.Equal(e.phones, s.phones) {
					delete(b.contacts, key)
					e.id = id
					b.contacts[id] = e
					for _, t := range b.talks {
						if t.contact == key {
							t.contact = id
						}
					}
				}
			}
		}
	}
	for _, seen := range l.talks {
		for id, s := range seen {
			if b.talkByID(id) != nil {
				continue
			}
			for _, t := range b.talks {
				if t.id == "" && t.contact == s.contact {
					t.id = id
				}
			}
		}
	}
}

// learnPrimary finds which of several became the primary one.
func (l *looked) learnPrimary(b *book) {
	for _, seen := range l.contacts {
		for id, s := range seen {
			if e := b.contacts[id]; e != nil && e.loose && ordered(e.phones) == ordered(s.phones) && ordered(e.emails) == ordered(s.emails) {
				e.phones, e.emails, e.loose = s.phones, s.emails, false
			}
		}
	}
}

// learn takes over versions, names and times, once all else is the same.
func (l *looked) learn(b *book) (differences []string) {
	for _, who := range slices.Sorted(maps.Keys(l.contacts)) {
		for id, seen := range l.contacts[who] {
			e := b.contacts[id]
			if e.changed && seen.version <= e.version || !e.changed && seen.version != e.version {
				differences = append(differences, fmt.Sprintf("%s has version %d after %d; changed: %v", id, seen.version, e.version, e.changed))
			}
		}
	}
	for who, contacts := range l.contacts {
		for id, seen := range contacts {
			e := b.contacts[id]
			e.version, e.changed = seen.version, false
			if e.placeholder {
				e.first, e.last = seen.first, seen.last
			}
		}
		for id, seen := range l.talks[who] {
			t := b.talkByID(id)
			t.last, t.closed = seen.last, seen.closed
		}
	}
	return differences
}
