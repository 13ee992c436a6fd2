package accounts_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"parley/internal/app/accounts"
	"parley/internal/connector/xeroemulator"
	"parley/internal/crm"
	"parley/internal/store"
)

func (b *books) ignored(t testing.TB) map[string]crm.Link {
	t.Helper()
	list, _, err := b.Accounts.Ignored(t.Context(), b.M, b.id, nil, 200)
	must(t, err)
	m := map[string]crm.Link{}
	for _, l := range list {
		m[l.Name] = l
	}
	return m
}

func (b *books) ignore(t testing.TB, name string) {
	t.Helper()
	must(t, b.Accounts.Resolve(t.Context(), b.M, b.id, b.review(t)[name].ID, accounts.Resolution{Action: accounts.ResolveIgnore}))
}

// takeUp takes records up again and returns what became of them, or why it did not.
func (b *books) takeUp(t testing.TB, remotes ...string) (became []string) {
	t.Helper()
	list, err := b.Accounts.TakeUp(t.Context(), b.M, b.id, remotes)
	must(t, err)
	for n, one := range list {
		if one.RemoteID != remotes[n] {
			t.Errorf("%d is %s, not %s", n, one.RemoteID, remotes[n])
		}
		if one.Err != nil {
			became = append(became, string(crm.KindOf(one.Err)))
			continue
		}
		became = append(became, string(one.Outcome))
	}
	return became
}

// S2: what was ignored is listed, and taken up again is placed as if it was never seen:
// without a change over there, by matching, and with its invoices.
func TestTakeUpIgnored(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		put := func(name, email string, phone string) string {
			return b.xero.PutContact(b.org, xeroemulator.Contact{Name: name, FirstName: name, LastName: "There", EmailAddress: email, Phones: mobile(phone)})
		}
		put("First", "", "7400999012")
		second, third, supplier := put("Second", "second@there.example", "7400999012"), put("Third", "", "7400999012"), put("Fourth", "", "7400999012")
		lonely := b.xero.PutContact(b.org, xeroemulator.Contact{Name: "Lonely"})
		b.connect(t)
		b.sync(t)
		for _, name := range []string{"Second", "Third", "Fourth", "Lonely"} {
			b.ignore(t, name)
		}
		if l := b.ignored(t)["Second"]; len(b.ignored(t)) != 4 || b.overview(t).Ignored != 4 || l.RemoteID != second || l.URL == "" || l.Base["phone"] != "+447400999012" || l.UpdatedAt.IsZero() {
			t.Fatalf("ignored: %+v", b.ignored(t))
		}
		if _, _, err := b.Accounts.Ignored(t.Context(), b.A, b.id, nil, 10); crm.KindOf(err) != crm.Forbidden {
			t.Errorf("an agent reads: %v", err)
		}
		if _, err := b.Accounts.TakeUp(t.Context(), b.A, b.id, []string{second}); crm.KindOf(err) != crm.Forbidden {
			t.Errorf("an agent takes up: %v", err)
		}

		// Over there they changed meanwhile, and none of it came here.
		b.xero.Change(b.org, second, func(c *xeroemulator.Contact) { c.Phones = mobile("7400999013") })
		b.xero.Change(b.org, supplier, func(c *xeroemulator.Contact) {
			c.Phones, c.IsSupplier, c.IsCustomer = mobile("7400999014"), true, false
		})
		b.xero.Change(b.org, lonely, func(c *xeroemulator.Contact) { c.ContactStatus = "ARCHIVED" })
		b.xero.PutInvoice(b.org, xeroemulator.Invoice{InvoiceNumber: "INV-9", Status: "AUTHORISED", ContactID: second, Total: "5", AmountDue: "5"})
		b.poll(t)
		if len(b.review(t)) != 0 || len(b.ignored(t)) != 4 {
			t.Fatalf("an ignored record came up by itself: %+v", b.review(t))
		}
		want := []string{"create", "review", "left_out", "archived", "not_found", "not_found"}
		if got := b.takeUp(t, second, third, supplier, lonely, second, "never"); !slices.Equal(got, want) {
			t.Fatalf("they became %v, want %v", got, want)
		}
		c := b.holder(t, crm.EmailIdentity, "second@there.example")
		if c == nil || c.Phone() != "+447400999013" || b.review(t)["Third"].Reason != crm.ReviewShared || len(b.review(t)) != 1 || len(b.ignored(t)) != 0 {
			t.Fatalf("Second is %+v, to review %+v, ignored %+v", c, b.review(t), b.ignored(t))
		}
		page, err := b.Accounts.List(t.Context(), b.M, store.InvoiceFilter{Contact: c.ID}, nil, 10, false)
		if must(t, err); len(page.Invoices) != 1 {
			t.Errorf("the invoices of Second: %+v", page.Invoices)
		}
		b.xero.Change(b.org, second, func(c *xeroemulator.Contact) { c.LastName = "Followed" })
		b.poll(t)
		if c := b.holder(t, crm.EmailIdentity, "second@there.example"); c.LastName != "Followed" {
			t.Errorf("it is not followed: %s", c.LastName)
		}
	})
}

// Pages go through all, the last ignored first, however many were ignored in one moment.
func TestIgnoredPages(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		for n := range 7 {
			b.xero.PutContact(b.org, xeroemulator.Contact{Name: fmt.Sprint("Nobody ", n)})
		}
		b.connect(t)
		b.sync(t)
		for n := range 7 {
			if n == 3 {
				b.Sleep(1)
			}
			b.ignore(t, fmt.Sprint("Nobody ", n))
		}
		var names []string
		var after *store.IgnoredPlace
		for {
			list, next, err := b.Accounts.Ignored(t.Context(), b.M, b.id, after, 2)
			must(t, err)
			for _, l := range list {
				names = append(names, l.Name)
			}
			if after = next; next == nil {
				break
			}
		}
		slices.Sort(names)
		if len(slices.Compact(names)) != 7 {
			t.Errorf("the pages have %v", names)
		}
	})
}

// A record that a followed one became part of over there, and that is ignored here, takes its
// contact up when it is taken up itself. Of two people that are one here, the record that was
// not chosen waits for review.
func TestTakeUpMerged(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		one := b.xero.PutContact(b.org, priya())
		two := b.xero.PutContact(b.org, xeroemulator.Contact{Name: "Shah again", FirstName: "Priya", LastName: "Shah", Phones: mobile("7400123456")})
		b.connect(t)
		b.sync(t)
		b.ignore(t, "Shah again")
		c := b.holder(t, crm.PhoneIdentity, "+447400123456")
		b.xero.Merge(b.org, one, two)
		b.poll(t)
		if n := b.overview(t).Linked; n != 0 || len(b.ignored(t)) != 1 {
			t.Fatalf("merged into an ignored one: %d linked, ignored %+v", n, b.ignored(t))
		}
		b.xero.Change(b.org, two, func(c *xeroemulator.Contact) { c.LastName = "Shah-Lee" })
		if got := b.takeUp(t, two); !slices.Equal(got, []string{"unchanged"}) && !slices.Equal(got, []string{"update"}) {
			t.Fatalf("it became %v: %+v", got, b.review(t))
		}
		b.xero.Change(b.org, two, func(c *xeroemulator.Contact) { c.LastName = "Lee" })
		b.poll(t)
		if now := b.holder(t, crm.PhoneIdentity, "+447400123456"); now.ID != c.ID || now.LastName != "Lee" || b.overview(t).Linked != 1 {
			t.Errorf("it is %+v, %d linked, to review %+v", now, b.overview(t).Linked, b.review(t))
		}
	})
}

// C10: what was ignored of somebody who is erased is not listed, and nobody brings the
// person back by it; nor does whoever was blocked over there come back.
func TestTakeUpErased(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		id := b.xero.PutContact(b.org, priya())
		twin := b.xero.PutContact(b.org, xeroemulator.Contact{Name: "Priya's twin", FirstName: "P", LastName: "S", Phones: mobile("7400123456")})
		bea := b.xero.PutContact(b.org, xeroemulator.Contact{Name: "Bea", FirstName: "Bea", LastName: "Blocked", EmailAddress: "bea@blocked.example"})
		b.connect(t)
		b.sync(t)
		b.ignore(t, "Priya's twin")
		person := b.holder(t, crm.PhoneIdentity, "+447400123456").ID
		d, err := b.Contacts.Dossier(t.Context(), b.M, person)
		must(t, err)
		var names []string
		for _, l := range d.Links {
			names = append(names, l.Name)
		}
		if slices.Sort(names); len(names) != 2 || names[0] != "Priya's twin" {
			t.Errorf("what is kept of her: %q", names)
		}
		must(t, b.Contacts.Erase(t.Context(), b.M, person))
		b.xero.Change(b.org, bea, func(c *xeroemulator.Contact) { c.ContactStatus, c.EmailAddress = "GDPRREQUEST", "" })
		b.poll(t)
		b.ignore(t, "Bea Blocked")
		if o := b.overview(t); len(b.ignored(t)) != 0 || o.Ignored != 0 || o.Erased != 3 {
			t.Fatalf("%d ignored, %d erased: %+v", o.Ignored, o.Erased, b.ignored(t))
		}
		if got := b.takeUp(t, id, twin, bea); !slices.Equal(got, []string{"not_found", "not_found", "not_found"}) {
			t.Errorf("erased people: %v", got)
		}
		if b.holder(t, crm.PhoneIdentity, "+447400123456") != nil {
			t.Error("she came back")
		}
	})
}

// What cannot be read waits again when it is taken up, be it a contact, an invoice or what
// has no id; an ignored invoice that can be read after all is taken by itself.
func TestTakeUpDamaged(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		raw := `{"ContactID":"0e7e3c1c-6b1f-4f64-9d7e-2f7f6a1c0001","Name":17}`
		b.xero.PutContact(b.org, xeroemulator.Contact{ContactID: "0e7e3c1c-6b1f-4f64-9d7e-2f7f6a1c0001", Raw: raw})
		b.xero.PutContact(b.org, xeroemulator.Contact{Raw: `{"Name":18}`})
		broken := b.xero.PutInvoice(b.org, xeroemulator.Invoice{InvoiceNumber: "INV-1", Status: "AUTHORISED", CurrencyCode: "XXXX", Total: "5", AmountDue: "5"})
		b.connect(t)
		b.sync(t)
		everybody := func() (ids []crm.ID) {
			list, err := b.Accounts.Review(t.Context(), b.M, b.id, "", 200)
			must(t, err)
			for _, r := range list {
				ids = append(ids, r.ID)
			}
			return ids
		}
		ignore := func(want int) (remotes []string) {
			t.Helper()
			ids := everybody()
			if len(ids) != want {
				t.Fatalf("%d to review, want %d: %+v", len(ids), want, b.review(t))
			}
			_, err := b.Accounts.ResolveMany(t.Context(), b.M, b.id, ids, accounts.Resolution{Action: accounts.ResolveIgnore})
			must(t, err)
			list, _, err := b.Accounts.Ignored(t.Context(), b.M, b.id, nil, 200)
			must(t, err)
			for _, l := range list {
				remotes = append(remotes, l.RemoteID)
			}
			return remotes
		}
		got := b.takeUp(t, ignore(3)...)
		slices.Sort(got)
		if !slices.Equal(got, []string{"", "review", "review"}) {
			t.Fatalf("they became %q", got)
		}
		b.work(t, crm.FeedContacts)
		ignore(3)
		b.xero.PutInvoice(b.org, xeroemulator.Invoice{InvoiceID: broken, InvoiceNumber: "INV-1", Status: "AUTHORISED", CurrencyCode: "GBP", Total: "5", AmountDue: "5"})
		b.poll(t)
		if o := b.overview(t); o.Invoices != 1 || o.Ignored != 2 {
			t.Errorf("%d invoices, %d ignored", o.Invoices, o.Ignored)
		}
	})
}

// What is not connected takes nothing up, and loses nothing.
func TestTakeUpUnconnected(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		id := b.xero.PutContact(b.org, xeroemulator.Contact{Name: "Nobody"})
		b.connect(t)
		b.sync(t)
		b.ignore(t, "Nobody")
		refused := func(when string) {
			t.Helper()
			if _, err := b.Accounts.TakeUp(t.Context(), b.M, b.id, []string{id}); crm.KindOf(err) != crm.Conflicting && crm.KindOf(err) != crm.Unavailable || len(b.ignored(t)) != 1 {
				t.Errorf("%s: %v, ignored %+v", when, err, b.ignored(t))
			}
		}
		b.xero.Kill()
		refused("the grant is dead")
		if state := b.overview(t).State; state != crm.Reconnect {
			t.Errorf("it is %s", state)
		}
		refused("to reconnect")
		must(t, b.Accounts.Disconnect(t.Context(), b.M, b.id))
		refused("disconnected")
		b.connect(t)
		refused("its first run was not begun")
		b.sync(t)
		if got := b.takeUp(t, id); !slices.Equal(got, []string{"review"}) {
			t.Errorf("it became %v", got)
		}
	})
}

// Two admins who take the same up at once make one contact of it.
func TestTakeUpTwice(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		b.xero.PutContact(b.org, xeroemulator.Contact{Name: "First", Phones: mobile("7400999012")})
		id := b.xero.PutContact(b.org, xeroemulator.Contact{Name: "Second", FirstName: "Second", LastName: "There", Phones: mobile("7400999012")})
		b.connect(t)
		b.sync(t)
		b.ignore(t, "Second")
		b.xero.Change(b.org, id, func(c *xeroemulator.Contact) { c.Phones = mobile("7400999013") })
		var all sync.WaitGroup
		var taken, late atomic.Int32
		for range 4 {
			all.Go(func() {
				list, err := b.node().TakeUp(t.Context(), b.M, b.id, []string{id})
				switch {
				case err != nil:
					t.Error(err)
				case list[0].Err == nil && list[0].Outcome == crm.SyncNew:
					taken.Add(1)
				case crm.KindOf(list[0].Err) == crm.NotFound:
					late.Add(1)
				default:
					t.Errorf("it became %+v", list[0])
				}
			})
		}
		all.Wait()
		if taken.Load() != 1 || late.Load() != 3 || b.overview(t).Linked != 2 {
			t.Errorf("taken up %d times, %d late, %d linked", taken.Load(), late.Load(), b.overview(t).Linked)
		}
	})
}
