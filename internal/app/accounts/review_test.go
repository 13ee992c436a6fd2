package accounts_test

import (
	"strings"
	"testing"
	"time"

	"parley/internal/app/accounts"
	"parley/internal/app/apptest"
	"parley/internal/app/contacts"
	"parley/internal/connector/xeroemulator"
	"parley/internal/crm"
)

func (b *books) review(t testing.TB) map[string]crm.ReviewItem {
	t.Helper()
	list, err := b.Accounts.Review(t.Context(), b.M, b.id, "", 200)
	must(t, err)
	m := map[string]crm.ReviewItem{}
	for _, r := range list {
		m[r.Name] = r
	}
	return m
}

// poll looks for changes when the next look is due.
func (b *books) poll(t testing.TB) {
	t.Helper()
	b.Sleep(16 * time.Minute)
	b.work(t, crm.FeedContacts)
	b.work(t, crm.FeedInvoices)
}

// S2: what only a person can place waits, with the reason, and is placed as an admin says.
func TestReview(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		put := func(first, phone, email string) *crm.Contact {
			t.Helper()
			c, err := b.Contacts.Put(t.Context(), b.M, apptest.Draft(first, "Here", phone, email))
			must(t, err)
			return c
		}
		ann, bob := put("Ann", "+447400999011", ""), put("Bob", "", "bob@here.example")
		two := b.xero.PutContact(b.org, xeroemulator.Contact{Name: "Two", FirstName: "Two", LastName: "People", EmailAddress: "bob@here.example", Phones: mobile("7400999011")})
		b.xero.PutContact(b.org, xeroemulator.Contact{Name: "Team", FirstName: "A", LastName: "Gent", Phones: mobile("7400111222")})
		b.xero.PutContact(b.org, xeroemulator.Contact{Name: "First", FirstName: "F", LastName: "One", Phones: mobile("7400999012")})
		b.xero.PutContact(b.org, xeroemulator.Contact{Name: "Second", FirstName: "S", LastName: "Two", Phones: mobile("7400999012"), EmailAddress: "second@there.example"})
		b.xero.PutContact(b.org, xeroemulator.Contact{Name: "Nobody", EmailAddress: "", Phones: []xeroemulator.Phone{{PhoneType: "DEFAULT", PhoneNumber: "12"}}})
		b.xero.PutContact(b.org, xeroemulator.Contact{ContactID: "0e7e3c1c-6b1f-4f64-9d7e-2f7f6a1c0001", Name: "Broken", Raw: `{"ContactID":"0e7e3c1c-6b1f-4f64-9d7e-2f7f6a1c0001","Name":17,"UpdatedDateUTC":"/Date(1700000000000+0000)/"}`})
		b.xero.PutContact(b.org, xeroemulator.Contact{Name: "Good", FirstName: "Good", LastName: "One", EmailAddress: "good@there.example"})
		b.connect(t)
		b.sync(t)
		items := b.review(t)
		for name, reason := range map[string]crm.ReviewReason{"Two": crm.ReviewAmbiguous, "Team": crm.ReviewTeam, "Second": crm.ReviewShared, "Nobody": crm.ReviewNoIdentity, "": crm.ReviewDamaged} {
			if items[name].Reason != reason || items[name].Detail == "" {
				t.Errorf("%q: %+v", name, items[name])
			}
		}
		if len(items) != 5 || b.holder(t, crm.EmailIdentity, "good@there.example") == nil || !strings.Contains(items["Two"].Detail, "Ann Here") {
			t.Fatalf("%d to review: %+v", len(items), items)
		}
		resolve := func(name string, d accounts.Resolution) {
			t.Helper()
			must(t, b.Accounts.Resolve(t.Context(), b.M, b.id, items[name].ID, d))
		}
		if err := b.Accounts.Resolve(t.Context(), b.A, b.id, items["Two"].ID, accounts.Resolution{Action: "ignore"}); crm.KindOf(err) != crm.Forbidden {
			t.Errorf("an agent resolves: %v", err)
		}
		if err := b.Accounts.Resolve(t.Context(), b.M, b.id, items["Two"].ID, accounts.Resolution{Action: "link", ContactID: b.M.UserID}); crm.KindOf(err) != crm.Invalid {
			t.Errorf("linked to what is no contact: %v", err)
		}
		resolve("Two", accounts.Resolution{Action: "link", ContactID: ann.ID})
		resolve("Second", accounts.Resolution{Action: "create"})
		list, err := b.Accounts.ResolveMany(t.Context(), b.M, b.id, []crm.ID{items["Nobody"].ID, items["Two"].ID, items["Team"].ID}, accounts.Resolution{Action: "ignore"})
		must(t, err)
		if len(list) != 3 || list[0].Err != nil || crm.KindOf(list[1].Err) != crm.NotFound || list[2].Err != nil || list[2].Item != items["Team"].ID {
			t.Errorf("ignored together: %+v", list)
		}
		if c := b.holder(t, crm.EmailIdentity, "second@there.example"); c == nil || c.Name() != "S Two" || c.Phone() != "" {
			t.Errorf("Second is %+v", c)
		}
		if c := b.holder(t, crm.EmailIdentity, "bob@here.example"); c == nil || c.ID != bob.ID {
			t.Errorf("Bob lost his address to %+v", c)
		}
		b.xero.Change(b.org, two, func(c *xeroemulator.Contact) { c.LastName = "Persons" })
		b.poll(t)
		if c := b.holder(t, crm.PhoneIdentity, "+447400999011"); c.ID != ann.ID || c.LastName != "Persons" {
			t.Errorf("Ann is %+v", c)
		}
		must(t, b.Accounts.Sweep(t.Context(), b.M, b.id))
		b.work(t, crm.FeedContacts)
		if items := b.review(t); items["Nobody"].ID != "" || items["Team"].ID != "" || items["First"].ID != "" {
			t.Errorf("what was ignored comes back: %+v", items)
		}
	})
}

// While a person is asked about one field, others are sent, and the question stays.
func TestAskWhileSending(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		id := b.xero.PutContact(b.org, priya())
		b.connect(t)
		b.sync(t)
		options := crm.SyncOptions{Policies: map[string]crm.SyncPolicy{"last_name": crm.SyncAsk}}
		must(t, b.Accounts.Configure(t.Context(), b.M, b.id, accounts.Settings{Options: &options}))
		b.pushOn(t)
		c := b.holder(t, crm.PhoneIdentity, "+447400123456")
		b.edit(t, c.ID, map[crm.Field]string{crm.LastName: "Ours"})
		b.xero.Change(b.org, id, func(c *xeroemulator.Contact) { c.LastName = "Theirs" })
		b.poll(t)
		for _, city := range []string{"Hull", "York"} {
			b.edit(t, c.ID, map[crm.Field]string{crm.ContactCity: city})
			b.send(t)
			if there := b.xero.Contact(b.org, id); there.LastName != "Theirs" || there.Addresses[0].City != city {
				t.Fatalf("there %s in %+v", there.LastName, there.Addresses)
			}
			item := b.review(t)["Shah & Co"]
			if item.Reason != crm.ReviewConflict || item.Fields[0].Ours != "Ours" || item.Fields[0].Theirs != "Theirs" {
				t.Fatalf("to review: %+v", item)
			}
			b.poll(t)
		}
		must(t, b.Accounts.Resolve(t.Context(), b.M, b.id, b.review(t)["Shah & Co"].ID, accounts.Resolution{Action: accounts.ResolveIgnore}))
		b.edit(t, c.ID, map[crm.Field]string{crm.ContactCity: "Bath"})
		b.send(t)
		if there := b.xero.Contact(b.org, id); there.LastName != "Ours" || len(b.review(t)) != 0 {
			t.Fatalf("ours was kept, and there it is %s; to review %v", there.LastName, b.review(t))
		}
	})
}

// A field that both changed waits where the policy is to ask, and is settled either way.
func TestAsk(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		id := b.xero.PutContact(b.org, priya())
		b.connect(t)
		b.sync(t)
		options := crm.SyncOptions{Policies: map[string]crm.SyncPolicy{"last_name": crm.SyncAsk, "contact_address.city": crm.SyncAsk}}
		must(t, b.Accounts.Configure(t.Context(), b.M, b.id, accounts.Settings{Options: &options}))
		c := b.holder(t, crm.PhoneIdentity, "+447400123456")
		for n, d := range []accounts.ResolveAction{"link", "ignore"} {
			here, there := []string{"Ours", "Mine"}[n], []string{"Theirs", "Others"}[n]
			b.edit(t, c.ID, map[crm.Field]string{crm.LastName: here})
			b.xero.Change(b.org, id, func(c *xeroemulator.Contact) { c.LastName = there })
			b.poll(t)
			item := b.review(t)["Shah & Co"]
			if item.Reason != crm.ReviewConflict || len(item.Fields) != 1 || item.Fields[0].Ours != here || item.Fields[0].Theirs != there {
				t.Fatalf("to review: %+v", item)
			}
			if now := b.holder(t, crm.PhoneIdentity, "+447400123456"); now.LastName != here {
				t.Fatalf("it was decided by itself: %s", now.LastName)
			}
			must(t, b.Accounts.Resolve(t.Context(), b.M, b.id, item.ID, accounts.Resolution{Action: d}))
			want := map[accounts.ResolveAction]string{"link": there, "ignore": here}[d]
			must(t, b.Accounts.Sweep(t.Context(), b.M, b.id))
			b.work(t, crm.FeedContacts)
			if now := b.holder(t, crm.PhoneIdentity, "+447400123456"); now.LastName != want || len(b.review(t)) != 0 {
				t.Fatalf("after %s: %s, want %s; %d to review", d, now.LastName, want, len(b.review(t)))
			}
		}
	})
}

// H.3: archived and merged over there; deleted and erased here.
func TestArchivedMergedDeleted(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		id := b.xero.PutContact(b.org, priya())
		other := b.xero.PutContact(b.org, xeroemulator.Contact{Name: "P Shah", FirstName: "P", LastName: "Shah", EmailAddress: "p@shah.example"})
		b.xero.PutContact(b.org, xeroemulator.Contact{Name: "Old", FirstName: "Old", LastName: "One", EmailAddress: "old@one.example", ContactStatus: "ARCHIVED"})
		blocked := b.xero.PutContact(b.org, xeroemulator.Contact{Name: "Bea", FirstName: "Bea", LastName: "Blocked", EmailAddress: "bea@blocked.example"})
		b.connect(t)
		b.sync(t)
		if b.holder(t, crm.EmailIdentity, "old@one.example") != nil {
			t.Error("a contact was made of what is archived")
		}
		b.xero.Change(b.org, id, func(c *xeroemulator.Contact) { c.ContactStatus = "ARCHIVED" })
		b.xero.Change(b.org, blocked, func(c *xeroemulator.Contact) {
			c.ContactStatus, c.EmailAddress, c.FirstName, c.LastName = "GDPRREQUEST", "", "", ""
		})
		b.poll(t)
		if c := b.holder(t, crm.PhoneIdentity, "+447400123456"); c.Status != crm.Archived {
			t.Errorf("after it was archived there: %s", c.Status)
		}
		if c := b.holder(t, crm.EmailIdentity, "bea@blocked.example"); c == nil || c.FirstName != "Bea" || len(b.review(t)) != 1 {
			t.Errorf("Bea is %+v, %d to review", c, len(b.review(t)))
		}
		b.xero.Change(b.org, id, func(c *xeroemulator.Contact) { c.ContactStatus = "ACTIVE" })
		b.poll(t)
		priya := b.holder(t, crm.PhoneIdentity, "+447400123456")
		if priya.Status != crm.Active {
			t.Errorf("after it was restored there: %s", priya.Status)
		}
		b.xero.Merge(b.org, other, id)
		b.poll(t)
		if item := b.review(t)["P Shah"]; item.Reason != crm.ReviewMerged || len(item.ContactIDs) != 2 {
			t.Errorf("after they were merged there: %+v", item)
		}

		// Deleted here, it does not come back by itself.
		_, err := b.Contacts.Delete(t.Context(), b.M, priya.ID)
		must(t, err)
		must(t, b.Accounts.Sweep(t.Context(), b.M, b.id))
		b.work(t, crm.FeedContacts)
		if b.holder(t, crm.PhoneIdentity, "+447400123456") != nil {
			t.Error("it came back")
		}
		b.xero.Change(b.org, id, func(c *xeroemulator.Contact) { c.LastName = "Again" })
		b.poll(t)
		if item := b.review(t)["Shah & Co"]; item.Reason != crm.ReviewDeleted {
			t.Errorf("changed over there after it was deleted: %+v", item)
		}
		bea := b.holder(t, crm.EmailIdentity, "bea@blocked.example")
		must(t, b.Contacts.Erase(t.Context(), b.M, bea.ID))
		if n := len(b.review(t)); n != 2 {
			t.Errorf("%d to review after one was erased", n)
		}
	})
}

// C11: of two records in one system one must be chosen, and parting gives both back.
func TestMergeOfTwoLinks(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		one := b.xero.PutContact(b.org, priya())
		two := b.xero.PutContact(b.org, xeroemulator.Contact{Name: "P Shah", FirstName: "P", LastName: "Shah", EmailAddress: "p@shah.example"})
		b.connect(t)
		b.sync(t)
		into, from := b.holder(t, crm.PhoneIdentity, "+447400123456"), b.holder(t, crm.EmailIdentity, "p@shah.example")
		if _, _, err := b.Contacts.Merge(t.Context(), b.M, contacts.Merging{From: from.ID, Into: into.ID}); crm.KindOf(err) != crm.Conflicting {
			t.Fatalf("two records, and nothing was asked: %v", err)
		}
		p, err := b.Contacts.PreviewMerge(t.Context(), b.M, contacts.Merging{From: from.ID, Into: into.ID})
		if err != nil || p.Links == nil || p.Links.From != "P Shah" {
			t.Fatalf("the preview: %+v %v", p.Links, err)
		}
		_, merge, err := b.Contacts.Merge(t.Context(), b.M, contacts.Merging{From: from.ID, Into: into.ID, Choices: map[string]crm.MergeChoice{contacts.LinksField: crm.FromGone}})
		must(t, err)
		b.xero.Change(b.org, one, func(c *xeroemulator.Contact) { c.LastName = "Wrong" })
		b.xero.Change(b.org, two, func(c *xeroemulator.Contact) { c.LastName = "Right" })
		b.poll(t)
		if c := b.holder(t, crm.PhoneIdentity, "+447400123456"); c.LastName == "Wrong" || b.overview(t).Linked != 1 {
			t.Errorf("the other record is followed: %s, %d linked", c.LastName, b.overview(t).Linked)
		}
		_, err = b.Contacts.Undo(t.Context(), b.M, merge)
		must(t, err)
		if n := b.overview(t).Linked; n != 2 {
			t.Errorf("%d linked after they were parted", n)
		}
	})
}

// S2: what an admin ignores never comes up again, a record that cannot be read included, and
// each of those without an id is one of its own.
func TestIgnoreDamaged(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		for n, raw := range []string{`{"ContactID":"0e7e3c1c-6b1f-4f64-9d7e-2f7f6a1c0001","Name":17}`, `{"Name":18}`, `{"Name":19}`} {
			b.xero.PutContact(b.org, xeroemulator.Contact{Name: "Broken " + string(rune('A'+n)), Raw: raw})
		}
		b.connect(t)
		b.sync(t)
		for left := 3; left > 0; left-- {
			list, err := b.Accounts.Review(t.Context(), b.M, b.id, "", 200)
			if must(t, err); len(list) != left || list[0].Reason != crm.ReviewDamaged {
				t.Fatalf("%d to review, want %d: %+v", len(list), left, list)
			}
			must(t, b.Accounts.Resolve(t.Context(), b.M, b.id, list[0].ID, accounts.Resolution{Action: accounts.ResolveIgnore}))
			must(t, b.Accounts.Sweep(t.Context(), b.M, b.id))
			b.work(t, crm.FeedContacts)
		}
		if items := b.review(t); len(items) != 0 {
			t.Errorf("it comes up again: %+v", items)
		}
	})
}
