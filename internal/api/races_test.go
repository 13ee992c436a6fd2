package api_test

import (
	"fmt"
	"testing"
)

// TestRaces makes two calls at the same instant about the same contact, again and again:
// what comes of them is what one of the two orders allows.
func TestRaces(t *testing.T) {
	const old, other = "+447400111222", "+447400333444"
	cid := "Cid"
	each(t, func(t *testing.T, h *house) {
		for n := range 12 {
			w := newWorld(h, n)
			A, M := h.as(w.actors["A"]), h.as(w.actors["M"])
			one := func(s step) answer { return w.take(t, []step{s})[0] }
			create := func(name, phone string) step {
				want := wish{first: &name, last: &name, phone: &phone}
				return step{"creates " + name, false, func() answer { return A.post("/contacts", J{"first_name": name, "last_name": name, "phone": phone}) },
					func(b *book, got answer) ruling { return b.create("A", want, got) }}
			}
			message := func(phone string) step {
				w.messages++
				external := fmt.Sprint("race-", w.messages)
				return step{phone + " writes", false, func() answer { return w.receive(phone, external, n%2 == 0) },
					func(b *book, _ answer) ruling { return b.receive(phone) }}
			}
			edit := func(by, id string, want wish, body J) step {
				version := w.book.contacts[id].version
				return step{fmt.Sprint(by, " edits to ", body), false, func() answer {
					return h.as(w.actors[by]).with("If-Match", fmt.Sprintf("%q", fmt.Sprint(version))).patch("/contacts/"+id, body)
				}, func(b *book, _ answer) ruling { return b.edit(by, id, version, want) }}
			}
			rephone := func(by, id, phone string) step { return edit(by, id, wish{phone: &phone}, J{"phone": phone}) }
			remove := func(id string) step {
				return step{"M deletes", false, func() answer { return M.delete("/contacts/" + id) }, func(b *book, _ answer) ruling { return b.remove("M", id) }}
			}
			free := func(id, phone, to string) step {
				body := J{"kind": "phone", "value": phone}
				if to != "" {
					body["to"] = to
				}
				return step{fmt.Sprint("A frees ", phone, " for ", to), false, func() answer { return A.post("/contacts/"+id+"/identities/free", body) },
					func(b *book, _ answer) ruling { return b.free("A", id, phone, to) }}
			}
			merge := func(from, into string) step {
				return step{"M merges", false, func() answer { return M.post("/contacts/"+from+"/merge", J{"into": into}) },
					func(b *book, got answer) ruling { return b.merge("M", from, into, got) }}
			}
			first, second := one(create("Ann", old)).str("id"), one(create("Bea", other)).str("id")
			w.take(t, []step{rephone("A", first, "+447400555666"), rephone("M", first, "+447400777888")})
			w.take(t, []step{rephone("M", first, old), edit("A", first, wish{first: &cid}, J{"first_name": cid})})
			phone := func(id string) string { return w.book.contacts[id].phones[0] }
			w.take(t, []step{free(second, phone(second), first), rephone("M", second, "+447400999111")})
			if e := w.book.contacts[first]; len(e.phones) > 1 {
				w.take(t, []step{free(first, e.phones[1], second), rephone("M", first, e.phones[1])})
			}
			if len(w.book.contacts[first].phones) == 0 { // it took the new one before that was freed
				one(rephone("M", first, "+447400666000"))
			}
			one(message(phone(first)))
			w.take(t, []step{remove(first), message(phone(first))})
			if len(w.book.contacts[second].phones) > 0 {
				w.take(t, []step{merge(second, first), message(phone(second))})
			}
			lone := one(create("Cid", "+447400888000")).str("id")
			w.take(t, []step{remove(lone), message("+447400888000")})
			w.take(t, []step{message("+447400888111"), message("+447400888111")})
			w.take(t, []step{create("Dan", "+447400888222"), message("+447400888222")})
		}
	})
}
