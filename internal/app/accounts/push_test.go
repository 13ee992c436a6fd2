package accounts_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"parley/internal/app/accounts"
	"parley/internal/connector/emulator"
	"parley/internal/connector/xeroemulator"
	"parley/internal/crm"
)

// pushOn switches sending back on.
func (b *books) pushOn(t testing.TB) {
	t.Helper()
	on := true
	must(t, b.Accounts.Configure(t.Context(), b.M, b.id, accounts.Settings{Push: &on}))
	b.work(t, crm.FeedPush)
}

// send works off what is to be sent.
func (b *books) send(t testing.TB) {
	t.Helper()
	b.Sleep(time.Minute)
	b.work(t, crm.FeedPush)
}

func (b *books) edit(t testing.TB, id crm.ID, fields map[crm.Field]string) *crm.Contact {
	t.Helper()
	c, err := b.Contacts.Put(t.Context(), b.M, crm.Draft{ID: id, Fields: fields})
	must(t, err)
	return c
}

func (b *books) pushes(t testing.TB) []crm.Pushed {
	t.Helper()
	list, err := b.Accounts.Pushes(t.Context(), b.M, b.id, "", 100)
	must(t, err)
	return list
}

// writes counts the calls that wrote something over there.
func (b *books) writes() int {
	n := 0
	for _, call := range b.xero.Calls() {
		if call[0] == 'P' {
			n++
		}
	}
	return n
}

// S4: off at first, no echo, re-read before it is written, new ones too, and nothing is
// done twice.
func TestPush(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		id := b.xero.PutContact(b.org, priya())
		b.connect(t)
		b.sync(t)
		c := b.holder(t, crm.PhoneIdentity, "+447400123456")
		b.edit(t, c.ID, map[crm.Field]string{crm.BillingCity: "Bath"})
		b.send(t)
		if b.writes() != 0 {
			t.Fatal("it sends before it was switched on")
		}
		b.pushOn(t)
		b.edit(t, c.ID, map[crm.Field]string{crm.LastName: "Patel", crm.MiddleName: "Q", crm.Notes: "secret"})
		b.xero.Change(b.org, id, func(x *xeroemulator.Contact) { x.EmailAddress = "new@shah.example" })
		b.send(t)
		x := b.xero.Contact(b.org, id)
		if x.LastName != "Patel" || x.EmailAddress != "new@shah.example" || x.Name != "Shah & Co" || x.Phones[0].PhoneNumber != "7400123456" || x.Addresses[0].City != "Leeds" {
			t.Fatalf("over there: %+v", x)
		}
		if got := b.holder(t, crm.EmailIdentity, "new@shah.example"); got == nil || got.ID != c.ID {
			t.Fatal("what was new there did not come along")
		}
		if at := slices.IndexFunc(x.Addresses, func(a xeroemulator.Address) bool { return a.AddressType == "POBOX" }); at < 0 || x.Addresses[at].City != "Bath" {
			t.Fatalf("addresses over there: %+v", x.Addresses)
		}
		writes, before := b.writes(), b.eventCount(t)
		b.Sleep(16 * time.Minute) // its echo comes with the poll
		b.work(t, crm.FeedContacts)
		b.send(t)
		if b.writes() != writes || b.eventCount(t) != before {
			t.Fatalf("an echo: %d writes, %d events after %d, %d", b.writes(), b.eventCount(t), writes, before)
		}

		made, err := b.Contacts.Put(t.Context(), b.M, crm.Draft{Fields: map[crm.Field]string{crm.FirstName: "Ada", crm.LastName: "Byron"}, Phone: new("+447400999001")})
		must(t, err)
		b.xero.Fail(emulator.Lost) // it is made there, and nobody hears of it
		_, err = b.Accounts.Work(t.Context(), b.M.BusinessID, b.id, crm.FeedPush)
		b.Sleep(time.Minute)
		must(t, err)
		b.work(t, crm.FeedPush)
		b.Sleep(10 * time.Minute) // longer than Xero remembers the key
		b.work(t, crm.FeedPush)
		var there []xeroemulator.Contact
		for _, x := range b.xero.Contacts(b.org) {
			if x.FirstName == "Ada" {
				there = append(there, x)
			}
		}
		if len(there) != 1 || there[0].Name != "Ada Byron" || there[0].ContactNumber != made.ID.String() {
			t.Fatalf("Ada over there: %+v", there)
		}
		if p := b.pushes(t)[0]; p.State != crm.PushSent || p.ContactID != made.ID {
			t.Fatalf("it says %+v", p)
		}
		b.Sleep(16 * time.Minute)
		b.work(t, crm.FeedContacts)
		if o := b.overview(t); o.Review != 0 || o.Linked != 2 {
			t.Fatalf("%d to review, %d linked", o.Review, o.Linked)
		}
	})
}

// What is refused says why, and can be mended from there.
func TestPushRefused(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		b.xero.PutContact(b.org, xeroemulator.Contact{Name: "Ada Byron", FirstName: "Ada", LastName: "Byron", EmailAddress: "other@ada.example"})
		b.connect(t)
		b.sync(t)
		b.pushOn(t)
		ada, err := b.Contacts.Put(t.Context(), b.M, crm.Draft{Fields: map[crm.Field]string{crm.FirstName: "Ada", crm.LastName: "Byron"}, Phone: new("+447400999001")})
		must(t, err)
		b.send(t)
		p := b.pushes(t)[0]
		if p.State != crm.PushRefused || p.Code != "name_taken" || p.Reason == "" {
			t.Fatalf("it says %+v", p)
		}
		b.send(t)
		if n := len(b.pushes(t)); n != 1 {
			t.Fatalf("it is tried again by itself: %d", n)
		}
		must(t, b.Accounts.Resend(t.Context(), b.M, b.id, p.ID, accounts.OtherName(ada)))
		b.send(t)
		if p := b.pushes(t)[0]; p.State != crm.PushSent || p.RemoteID == "" || b.xero.Contact(b.org, p.RemoteID).Name != "Ada Byron (…9001)" {
			t.Fatalf("then it says %+v", p)
		}
		if err := b.Accounts.Resend(t.Context(), b.M, b.id, b.pushes(t)[0].ID, ""); crm.KindOf(err) != crm.Conflicting {
			t.Fatalf("what was sent can be sent again: %v", err)
		}

		// A name that counts as a firm's over there is not emptied by the next change.
		second, err := b.Contacts.Put(t.Context(), b.M, crm.Draft{Fields: map[crm.Field]string{crm.FirstName: "Ada", crm.LastName: "Byron"}, Phone: new("+447400999002")})
		must(t, err)
		b.send(t)
		must(t, b.Accounts.Resend(t.Context(), b.M, b.id, b.pushes(t)[0].ID, "Ada Byron II"))
		b.send(t)
		b.poll(t)
		b.edit(t, second.ID, map[crm.Field]string{crm.ContactCity: "Hull"})
		b.send(t)
		if p := b.pushes(t)[0]; p.State != crm.PushSent || p.ContactID != second.ID || b.xero.Contact(b.org, p.RemoteID).Name != "Ada Byron II" {
			t.Fatalf("after the next change it says %+v", p)
		}
	})
}

// A record that gets a name which another has is refused too, and goes under the name that a
// person gives it, which is no reason to refuse the next change. What tells it apart in
// brackets is no firm's name.
func TestRenameRefused(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		id := b.xero.PutContact(b.org, priya())
		b.xero.PutContact(b.org, xeroemulator.Contact{Name: "Ada Byron", FirstName: "Ada", LastName: "Byron", EmailAddress: "other@ada.example"})
		b.connect(t)
		b.sync(t)
		b.pushOn(t)
		ours := func() *crm.Contact { return b.holder(t, crm.PhoneIdentity, "+447400123456") }
		for n, row := range []struct{ as, business string }{{"Ada Byron (…3456)", ""}, {"Ada Byron II", "Ada Byron II"}} {
			b.edit(t, ours().ID, map[crm.Field]string{crm.FirstName: "Grace", crm.LastName: "Hopper", crm.BusinessName: ""})
			b.send(t)
			b.xero.Change(b.org, id, func(c *xeroemulator.Contact) { c.Name = "Grace Hopper" }) // from wherever it was
			b.poll(t)
			b.edit(t, ours().ID, map[crm.Field]string{crm.FirstName: "Ada", crm.LastName: "Byron"})
			b.send(t)
			p := b.pushes(t)[0]
			if p.State != crm.PushRefused || p.Code != "name_taken" {
				t.Fatalf("%s: it says %+v", row.as, p)
			}
			must(t, b.Accounts.Resend(t.Context(), b.M, b.id, p.ID, row.as))
			for _, city := range []string{"", fmt.Sprint("Hull ", n)} {
				if city != "" {
					b.edit(t, ours().ID, map[crm.Field]string{crm.ContactCity: city})
				}
				b.send(t)
				b.poll(t)
				if p := b.pushes(t)[0]; p.State != crm.PushSent {
					t.Fatalf("%s %s: then it says %+v", row.as, city, p)
				}
				if x := b.xero.Contact(b.org, id); x.Name != row.as || x.FirstName != "Ada" || x.LastName != "Byron" {
					t.Fatalf("%s %s: it is there %+v", row.as, city, x)
				}
				if c := ours(); c.FirstName != "Ada" || c.LastName != "Byron" || c.BusinessName != row.business {
					t.Fatalf("%s %s: here it is %q of %q", row.as, city, c.Name(), c.BusinessName)
				}
			}
			writes := b.writes()
			b.poll(t)
			b.send(t)
			if n := b.writes() - writes; n != 0 {
				t.Fatalf("%s: it is sent %d times more", row.as, n)
			}
		}
	})
}

// What was archived over there since is not written to, also where something open keeps its
// contact here.
func TestPushToArchived(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		id := b.xero.PutContact(b.org, priya())
		b.xero.PutInvoice(b.org, xeroemulator.Invoice{InvoiceNumber: "INV-1", Status: "AUTHORISED", ContactID: id, Total: "120.00", AmountDue: "120.00"})
		b.connect(t)
		b.sync(t)
		b.pushOn(t)
		b.xero.Change(b.org, id, func(c *xeroemulator.Contact) { c.ContactStatus = "ARCHIVED" })
		b.edit(t, b.holder(t, crm.PhoneIdentity, "+447400123456").ID, map[crm.Field]string{crm.ContactCity: "Hull"})
		writes := b.writes()
		b.send(t)
		if p := b.pushes(t)[0]; p.State != crm.PushRefused || p.Code != "archived" || b.writes() != writes {
			t.Fatalf("it says %+v, after %d writes", p, b.writes()-writes)
		}
	})
}

// What is emptied over there is not emptied here, and where changes are sent it goes back,
// once (S3, S4).
func TestEmptiedThere(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		id := b.xero.PutContact(b.org, priya())
		b.connect(t)
		b.sync(t)
		b.pushOn(t)
		b.edit(t, b.holder(t, crm.PhoneIdentity, "+447400123456").ID, map[crm.Field]string{crm.ContactCity: "Hull"})
		b.send(t)
		empty := func() {
			b.xero.Change(b.org, id, func(c *xeroemulator.Contact) { c.Addresses = nil })
			b.poll(t)
		}
		empty()
		b.send(t)
		if list := b.xero.Contact(b.org, id).Addresses; len(list) == 0 || list[0].City != "Hull" {
			t.Fatalf("over there it is %+v", list)
		}
		if c := b.holder(t, crm.PhoneIdentity, "+447400123456"); c.Contact.City != "Hull" {
			t.Fatalf("here it is %q", c.Contact.City)
		}
		writes := b.writes()
		b.poll(t)
		b.send(t)
		if n := b.writes() - writes; n != 0 {
			t.Fatalf("it is sent %d times more", n)
		}
		off := false
		must(t, b.Accounts.Configure(t.Context(), b.M, b.id, accounts.Settings{Push: &off}))
		empty()
		if n := b.writes() - writes; n != 0 || len(b.pushes(t)) != 2 {
			t.Fatalf("it is sent, or waits, while nothing is to be sent: %d, %+v", n, b.pushes(t))
		}
	})
}
