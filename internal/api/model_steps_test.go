package api_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"parley/internal/channel/twilio"
	"parley/internal/channel/whatsapp"
	"parley/internal/crm"
)

// step is one call that somebody makes, and what the rules make of it.
type step struct {
	what  string
	alone bool // not at the same instant as another
	call  func() answer
	rule  func(*book, answer) ruling
}

// Few of everything, so that people meet: the same numbers and addresses in the
// spellings in which people write them.
var (
	modelPhones = map[string][]string{
		"+447400111222": {"07400 111222", "+44 7400 111222", "0044 7400-111222"},
		"+447400333444": {"(07400) 333444", "+447400333444"},
		"+447400555666": {"07400555666"},
		"+447400777888": {"07400 777888", "+447400777888"},
		"+447400999111": {"07400 999111"},
	}
	modelEmails = map[string][]string{
		"a@shah.example": {"a@shah.example", " A@Shah.Example "},
		"b@shah.example": {"B@SHAH.example"},
	}
	modelNames = []string{"Ann", "Bea", "Cid"}
	modelTags  = []string{"Gold", "Blue"}
)

// drawn are the choices of one step.
type drawn struct {
	*rapid.T
	w *world
}

// number is one below 128, each as likely as any other: rapid's own numbers are mostly
// small ones.
func (d drawn) number(label string) (n int) {
	for range 7 {
		n *= 2
		if rapid.Bool().Draw(d.T, label) {
			n++
		}
	}
	return n
}

func (d drawn) among(list []string, label string) string { return list[d.number(label)%len(list)] }

func (d drawn) chance(percent int, label string) bool {
	return d.number(label)*100 >= 128*(100-percent)
}

// some of a list, or none.
func (d drawn) some(list []string) (chosen []string) {
	for _, s := range list {
		if d.chance(45, s) {
			chosen = append(chosen, s)
		}
	}
	return chosen
}

// who calls: the admin or an agent, deactivated ones included.
func (d drawn) who(kind string) string {
	if slices.Contains([]string{"archive", "delete", "merge", "undo", "team"}, kind) && d.chance(85, "as admin") {
		return "M" // it is refused to all others
	}
	return d.among([]string{"M", "M", "A", "A", "B"}, "by")
}

// contact is the id of one that is there, was there, or never was.
func (d drawn) contact(label string) string {
	ids := slices.Sorted(maps.Keys(d.w.book.contacts))
	if len(ids) == 0 || d.chance(3, "no such "+label) {
		return d.among(append(slices.Clone(d.w.gone), strings.Repeat("0", 26)), label)
	}
	return d.among(ids, label)
}

func (d drawn) talk() string {
	ids := []string{}
	for _, t := range d.w.book.talks {
		ids = append(ids, t.id)
	}
	if len(ids) == 0 || d.chance(3, "no such conversation") {
		return strings.Repeat("0", 26)
	}
	return d.among(ids, "conversation")
}

// spelt is an identity and one of its spellings; both may be empty.
func (d drawn) spelt(of map[string][]string, empty bool, label string) (identity, typed string) {
	keys := slices.Sorted(maps.Keys(of))
	if empty && d.chance(15, "no "+label) {
		return "", ""
	}
	if identity = d.among(keys, label); identity != "" {
		typed = d.among(of[identity], "spelling")
	}
	return identity, typed
}

// wish draws what somebody wants of a contact, as the book and as the call say it.
func (d drawn) wish(create bool) (w wish, body J) {
	body = J{}
	some := func(percent int, label string) bool { return d.chance(percent, "with "+label) }
	if some(map[bool]int{true: 97, false: 25}[create], "first") {
		w.first = new(d.among(modelNames, "first name"))
		if d.chance(5, "no first name") {
			w.first = new("")
		}
		body["first_name"] = *w.first
	}
	if create {
		w.last = new(d.among(modelNames, "last name"))
		body["last_name"] = *w.last
	}
	if some(map[bool]int{true: 85, false: 50}[create], "phone") {
		identity, typed := d.spelt(modelPhones, true, "phone")
		w.phone, body["phone"] = &identity, typed
	}
	if some(30, "email") {
		identity, typed := d.spelt(modelEmails, true, "email")
		if !create {
			typed = identity // another spelling of the same address is a change of its own (I4)
		}
		w.email, body["email"] = &identity, typed
	}
	if some(20, "tags") {
		w.tags = &[]string{d.among(modelTags, "tag")}
		body["tags"] = *w.tags
	}
	if some(20, "visibility") {
		see := circle(nil)
		body["visibility"] = J{"mode": "everyone"}
		if list := d.some([]string{"A", "B", "M"}); len(list) > 0 {
			see = list
			body["visibility"] = J{"mode": "chosen", "user_ids": d.w.ids(list)}
		}
		w.see = &see
	}
	if some(20, "assignee") {
		w.assignee = new(d.among([]string{"", "A", "B", "M"}, "assignee"))
		body["assignee_id"] = d.w.id(*w.assignee)
	}
	return w, body
}

// step draws one step.
func (w *world) step(t *rapid.T) step {
	d := drawn{t, w}
	kind := d.among(modelKinds, "step")
	by := d.who(kind)
	c := w.h.as(w.actors[by])
	switch kind {
	case "create":
		want, body := d.wish(true)
		return step{fmt.Sprint(by, " creates ", body), false, func() answer { return c.post("/contacts", body) },
			func(b *book, got answer) ruling { return b.create(by, want, got) }}
	case "edit":
		id := d.contact("contact")
		version := 1
		if e := w.book.contacts[id]; e != nil {
			version = e.version
		}
		if d.chance(10, "behind") {
			version--
		}
		want, body := d.wish(false)
		return step{fmt.Sprint(by, " edits ", id, " at ", version, " to ", body), false, func() answer {
			return c.with("If-Match", fmt.Sprintf("%q", fmt.Sprint(version))).patch("/contacts/"+id, body)
		},
			func(b *book, _ answer) ruling { return b.edit(by, id, version, want) }}
	case "receive":
		phone, _ := d.spelt(modelPhones, false, "sender")
		sms := d.chance(50, "by SMS")
		w.messages++
		external := fmt.Sprint("model-", w.messages)
		return step{fmt.Sprint(phone, " writes, SMS ", sms), false, func() answer { return w.receive(phone, external, sms) },
			func(b *book, _ answer) ruling { return b.receive(phone) }}
	case "archive", "restore":
		id := d.contact("contact")
		return step{fmt.Sprint(by, " ", kind, "s ", id), false, func() answer { return c.post("/contacts/"+id+"/"+kind, nil) },
			func(b *book, _ answer) ruling { return b.setArchived(by, id, kind == "archive") }}
	case "delete":
		id := d.contact("contact")
		return step{fmt.Sprint(by, " deletes ", id), false, func() answer { return c.delete("/contacts/" + id) },
			func(b *book, _ answer) ruling { return b.remove(by, id) }}
	case "assign":
		id, to := d.talk(), d.among([]string{"", "A", "B", "M"}, "to")
		return step{fmt.Sprint(by, " assigns ", id, " to ", to), false, func() answer { return c.post("/conversations/"+id+"/assign", J{"user_id": w.id(to)}) },
			func(b *book, _ answer) ruling { return b.assign(by, id, to) }}
	case "close":
		id := d.talk()
		return step{fmt.Sprint(by, " closes ", id), false, func() answer { return c.post("/conversations/"+id+"/close", nil) },
			func(b *book, _ answer) ruling { return b.end(by, id) }}
	case "free":
		return w.freeStep(d, by, c)
	case "merge", "undo":
		return w.mergeStep(d, by, c, kind)
	default:
		return w.teamStep(d, by, c)
	}
}

// modelKinds are the kinds of step, those that make others meaningful more than once.
var modelKinds = strings.Fields("create create create edit edit edit edit receive receive receive receive archive restore delete assign assign close free free merge merge undo undo team")

func (w *world) freeStep(d drawn, by string, c *client) step {
	id, to := d.contact("holder"), ""
	if d.chance(50, "to another") {
		to = d.contact("to")
	}
	if to == id {
		to = ""
	}
	kind, of := "phone", modelPhones
	if d.chance(30, "an e-mail") {
		kind, of = "email", modelEmails
	}
	identity, typed := d.spelt(of, false, "identity")
	if e := w.book.contacts[id]; e != nil && kind == "phone" && len(e.phones) > 0 && d.chance(80, "one that it has") {
		identity = d.among(e.phones, "phone")
		typed = identity
	}
	body := J{"kind": kind, "value": typed}
	if to != "" {
		body["to"] = to
	}
	return step{fmt.Sprint(by, " frees of ", id, " ", body), false, func() answer { return c.post("/contacts/"+id+"/identities/free", body) },
		func(b *book, _ answer) ruling { return b.free(by, id, identity, to) }}
}

func (w *world) mergeStep(d drawn, by string, c *client, kind string) step {
	if kind == "undo" {
		ids := []string{}
		for _, m := range w.book.merges {
			if w.book.untouched(m) || m.undone && w.book.contacts[m.kept.id] != nil {
				ids = append(ids, m.id)
			}
		}
		if len(ids) > 0 {
			id := d.among(ids, "merge")
			// What happens meanwhile stays: see TestUndoKeepsWhatHappenedSince.
			return step{fmt.Sprint(by, " undoes ", id), true, func() answer { return c.post("/merges/"+id+"/undo", nil) },
				func(b *book, _ answer) ruling { return b.undo(by, id) }}
		}
	}
	from, into := d.contact("from"), d.contact("into")
	return step{fmt.Sprint(by, " merges ", from, " into ", into), false, func() answer { return c.post("/contacts/"+from+"/merge", J{"into": into}) },
		func(b *book, got answer) ruling { return b.merge(by, from, into, got) }}
}

// teamStep adds the one user more, changes the phone of another, or lets that one go and
// come back.
func (w *world) teamStep(d drawn, by string, c *client) step {
	phone, typed := d.spelt(modelPhones, true, "phone")
	email, address := d.spelt(modelEmails, false, "email")
	switch d.among([]string{"invite", "phone", "active", "active"}, "what") {
	case "invite":
		if w.book.people["C"] == nil {
			return step{fmt.Sprint(by, " invites C ", typed, " ", address), false, func() answer { return c.post("/users", J{"name": "C", "email": address, "phone": typed}) },
				func(b *book, got answer) ruling { return b.invite(by, "C", phone, email, got) }}
		}
	case "active":
		active := !w.book.people["B"].active || d.chance(30, "as it is")
		return step{fmt.Sprint(by, " makes B active: ", active), false, func() answer { return c.patch("/users/"+w.id("B"), J{"active": active}) },
			func(b *book, _ answer) ruling { return b.setActive(by, "B", active) }}
	}
	return step{fmt.Sprint(by, " gives B the phone ", typed), false, func() answer { return c.patch("/users/"+w.id("B"), J{"phone": typed}) },
		func(b *book, _ answer) ruling { return b.rephone(by, "B", phone) }}
}

// receive delivers a message as the provider does.
func (w *world) receive(phone, external string, sms bool) answer {
	if sms {
		return w.h.call(twilio.Signed("twilio-secret", publicURL+"/hooks/"+w.sms, twilio.MessageForm("AC1", external, phone, "+447400000099", "hello")))
	}
	return w.h.call(whatsapp.Signed("app-secret", publicURL+"/hooks/"+w.whatsapp, whatsapp.Notification(whatsapp.Value{PhoneNumberID: "1001",
		Messages: []any{whatsapp.TextMessage(crm.Sender{Phone: phone}, "hello", external, w.h.clock.now())}})))
}
