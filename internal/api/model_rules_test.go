package api_test

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// ruling is what the rules say about a call: the status of its answer and, of a conflict,
// who may be named as holder.
type ruling struct {
	status  int
	holders []string // "contact ID", "archived_contact ID", "user"; without an id where the asker may not see it
}

func (r ruling) allows(got answer) bool {
	if got.status != r.status {
		return false
	}
	if len(r.holders) == 0 {
		return true
	}
	held := got.str("conflict", "held_by")
	if held != "user" {
		held = strings.TrimSpace(held + " " + got.str("conflict", "id"))
	}
	return got.str("code") == "identity_taken" && slices.ContainsFunc(r.holders, func(holder string) bool {
		// Of a contact that was made a moment ago nobody knows the id yet.
		return held == holder || strings.HasPrefix(holder, "contact new ") && strings.HasPrefix(held, "contact ")
	})
}

func (r ruling) String() string {
	return strings.TrimSpace(fmt.Sprint(r.status, " ", strings.Join(r.holders, " or ")))
}

// wish is what somebody wants of a contact; nil leaves a thing as it is.
type wish struct {
	first, last, phone, email, assignee *string
	tags                                *[]string
	see                                 *circle
}

// identities are those that a wish brings.
func (w wish) identities() (list []string) {
	for _, i := range []*string{w.phone, w.email} {
		if i != nil && *i != "" {
			list = append(list, *i)
		}
	}
	return list
}

// taken is I1 and I6: an identity that another has is refused, and the answer says who.
func (b *book) taken(by string, self string, wanted []string) (r ruling) {
	for _, identity := range wanted {
		e, p := b.holder(identity)
		switch {
		case p != nil && p.id != self:
			r.holders = append(r.holders, "user")
		case e == nil || e.id == self:
		case b.visible(e.id, by) == nil:
			r.holders = append(r.holders, "contact", "archived_contact")
		case e.archived:
			r.holders = append(r.holders, "archived_contact "+e.id)
		default:
			r.holders = append(r.holders, "contact "+e.id)
		}
	}
	if len(r.holders) > 0 {
		r.status = 409
	}
	return r
}

// wrong is what C2, V2 and V3 refuse of a contact as it would be saved.
func (b *book) wrong(e entry, w wish) bool {
	if w.see != nil && slices.ContainsFunc(*w.see, func(name string) bool { return !b.people[name].active }) {
		return true
	}
	if w.assignee != nil && *w.assignee != "" && !b.people[*w.assignee].active {
		return true
	}
	if (w.see != nil || w.assignee != nil) && e.assignee != "" && e.see != nil && !b.sees(e.see, e.assignee) {
		return true
	}
	return false
}

// put writes a wish into a contact.
func (e *entry) put(w wish) {
	if w.first != nil || w.last != nil {
		e.placeholder = false
	}
	set := func(at *string, to *string) {
		if to != nil {
			*at = *to
		}
	}
	set(&e.first, w.first)
	set(&e.last, w.last)
	set(&e.assignee, w.assignee)
	e.loose = e.loose || w.phone != nil && *w.phone == "" || w.email != nil && *w.email == ""
	e.phones, e.emails = primary(e.phones, w.phone), primary(e.emails, w.email)
	if w.tags != nil {
		e.tags = *w.tags
	}
	if w.see != nil {
		e.see = *w.see
	}
}

// primary puts a new primary one in the place of the old one, which is free then (C9).
func primary(list []string, to *string) []string {
	if to == nil {
		return list
	}
	if len(list) > 0 {
		list = list[1:]
	}
	if *to == "" {
		return list
	}
	return append([]string{*to}, without(list, *to)...)
}

// create is C1 and C2.
func (b *book) create(by string, w wish, got answer) ruling {
	if b.out(by) {
		return ruling{status: 401}
	}
	e := entry{id: got.str("id"), changed: true}
	e.put(w)
	if e.first == "" || e.last == "" || len(e.phones)+len(e.emails) == 0 || b.wrong(e, w) {
		return ruling{status: 422}
	}
	if r := b.taken(by, "", w.identities()); r.status != 0 {
		return r
	}
	b.contacts[e.id] = &e
	return ruling{status: 201}
}

// edit is C4 and C9. A contact that the product named may be filled in bit by bit.
func (b *book) edit(by, id string, version int, w wish) ruling {
	if b.out(by) {
		return ruling{status: 401}
	}
	e := b.visible(id, by)
	switch {
	case e == nil:
		return ruling{status: 404}
	case version != e.version || e.changed:
		return ruling{status: 412}
	}
	after := e.clone()
	after.put(w)
	named := w.first != nil && *w.first == "" || w.last != nil && *w.last == ""
	bare := (w.phone != nil || w.email != nil) && len(after.phones)+len(after.emails) == 0 && !after.placeholder
	if named || bare || b.wrong(after, w) {
		return ruling{status: 422}
	}
	if r := b.taken(by, id, w.identities()); r.status != 0 {
		return r
	}
	after.changed = e.changed || after.text() != e.text() || after.placeholder != e.placeholder
	b.contacts[id] = &after
	return ruling{status: 200}
}

// setArchived is C7 by hand: admins archive, everyone restores.
func (b *book) setArchived(by, id string, archived bool) ruling {
	switch p := b.people[by]; {
	case b.out(by):
		return ruling{status: 401}
	case archived && !p.admin:
		return ruling{status: 403}
	}
	e := b.visible(id, by)
	if e == nil {
		return ruling{status: 404}
	}
	e.changed = e.changed || e.archived != archived
	e.archived = archived
	return ruling{status: 200}
}

// remove is C6: deleted with its closed conversations, or archived while one is open.
func (b *book) remove(by, id string) ruling {
	switch p := b.people[by]; {
	case b.out(by):
		return ruling{status: 401}
	case !p.admin:
		return ruling{status: 403}
	case b.visible(id, by) == nil:
		return ruling{status: 404}
	case b.openTalk(id) != nil:
		return b.setArchived(by, id, true)
	}
	delete(b.contacts, id)
	b.talks = slices.DeleteFunc(b.talks, func(t *talk) bool { return t.contact == id })
	return ruling{status: 200}
}

// receive is C3, C8, I7, V1 and V3.
func (b *book) receive(phone string) ruling {
	e, p := b.holder(phone)
	if p != nil {
		b.unfiled++
		return ruling{status: 200}
	}
	if e == nil {
		b.fresh++
		e = &entry{id: fmt.Sprint("new ", b.fresh), placeholder: true, phones: []string{phone}, changed: true}
		b.contacts[e.id] = e
	}
	e.changed = e.changed || e.archived
	e.archived = false
	t := b.openTalk(e.id)
	if t == nil {
		t = b.begin(e)
	}
	t.last = later
	t.heard++
	// Whom the contact is assigned to gets the message, unless a person handed the
	// conversation over, or that one may not see it.
	if e.assignee != "" && !t.handed && b.sees(t.see, e.assignee) {
		t.assignee = e.assignee
	}
	return ruling{status: 200}
}

// begin opens a conversation: the last one again that was closed within a day, else a new
// one (V1), seen by those who see the contact (V2).
func (b *book) begin(e *entry) *talk {
	var again *talk
	for _, t := range b.talks {
		if t.contact == e.id && b.now.Sub(t.closed) < 24*time.Hour && (again == nil || t.last.After(again.last)) {
			again = t
		}
	}
	if again == nil {
		again = &talk{contact: e.id}
		b.talks = append(b.talks, again)
	}
	again.open, again.handed, again.assignee, again.see, again.closed = true, false, "", e.see, time.Time{}
	return again
}

// assign is a hand-over by a person (V3).
func (b *book) assign(by, id, to string) ruling {
	if b.out(by) {
		return ruling{status: 401}
	}
	t := b.talkByID(id)
	switch {
	case t == nil || !b.shown(t.see, by):
		return ruling{status: 404}
	case to != "" && !b.sees(t.see, to):
		return ruling{status: 422}
	}
	t.assignee, t.handed = to, true
	return ruling{status: 200}
}

// end closes a conversation: agents what is assigned to them or to nobody (V5).
func (b *book) end(by, id string) ruling {
	p, t := b.people[by], b.talkByID(id)
	switch {
	case b.out(by):
		return ruling{status: 401}
	case t == nil || !b.shown(t.see, by):
		return ruling{status: 404}
	case !p.admin && t.assignee != "" && t.assignee != by:
		return ruling{status: 403}
	}
	if t.open {
		t.open, t.handed, t.closed = false, false, b.now
	}
	return ruling{status: 200}
}

// free takes an identity from a contact, for another one or for nobody (I6, C9).
func (b *book) free(by, id, identity, to string) ruling {
	if b.out(by) {
		return ruling{status: 401}
	}
	e := b.visible(id, by)
	switch {
	case e == nil:
		return ruling{status: 404}
	case !slices.Contains(e.phones, identity) && !slices.Contains(e.emails, identity):
		return ruling{status: 422}
	case to != "" && b.visible(to, by) == nil:
		return ruling{status: 404}
	}
	e.phones, e.emails, e.changed, e.loose = without(e.phones, identity), without(e.emails, identity), true, true
	if to != "" {
		other := b.contacts[to]
		other.changed = true
		if strings.Contains(identity, "@") {
			other.emails = append(slices.Clone(other.emails), identity)
		} else {
			other.phones = append(slices.Clone(other.phones), identity)
		}
	}
	return ruling{status: 200}
}

// invite is a user with an identity of its own (I1).
func (b *book) invite(by, name, phone, email string, got answer) ruling {
	switch p := b.people[by]; {
	case b.out(by):
		return ruling{status: 401}
	case !p.admin:
		return ruling{status: 403}
	}
	if r := b.taken(by, "", wish{phone: &phone, email: &email}.identities()); r.status != 0 {
		return r
	}
	// Two may be invited at one instant.
	b.people[name+strings.Repeat("'", len(b.people)-3)] = &person{name: name, id: got.str("id"), active: true, phone: phone, email: email}
	return ruling{status: 201}
}

// rephone gives a user another phone, or none.
func (b *book) rephone(by, name, phone string) ruling {
	switch p := b.people[by]; {
	case b.out(by):
		return ruling{status: 401}
	case !p.admin:
		return ruling{status: 403}
	}
	if r := b.taken(by, b.people[name].id, wish{phone: &phone}.identities()); r.status != 0 {
		return r
	}
	b.people[name].phone = phone
	return ruling{status: 200}
}

// setActive is V4: the open conversations of who leaves are nobody's.
func (b *book) setActive(by, name string, active bool) ruling {
	switch p := b.people[by]; {
	case b.out(by):
		return ruling{status: 401}
	case !p.admin:
		return ruling{status: 403}
	}
	b.people[name].active = active
	for _, t := range b.talks {
		if !active && t.open && t.assignee == name {
			t.assignee, t.handed = "", false
		}
	}
	return ruling{status: 200}
}
