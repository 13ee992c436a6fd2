package accounts_test

import (
	"context"
	"flag"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"parley/internal/app/apptest"
	"parley/internal/connector/emulator"
	"parley/internal/connector/xeroemulator"
	"parley/internal/crm"
	"parley/internal/db/dbtest"
)

// TestComesToRest: whatever is edited here and there, in any order, with polls, webhooks,
// sends, faults and kills in between, both sides end equal where changes are sent, and then
// nothing happens any more (S3, S4).
func TestComesToRest(t *testing.T) {
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue { // each is a whole Parley
		must(t, flag.Set("rapid.checks", "12"))
		defer func() { _ = flag.Set("rapid.checks", checks.DefValue) }()
	}
	rapid.Check(t, func(r *rapid.T) {
		b := newBooks(t, apptest.New(t, dbtest.NewSQLite(t)))
		const people = 3
		var ids []string
		for n := range people {
			ids = append(ids, b.xero.PutContact(b.org, xeroemulator.Contact{Name: fmt.Sprintf("P%d One", n), FirstName: fmt.Sprintf("P%d", n), LastName: "One", EmailAddress: fmt.Sprintf("p%d@rest.example", n)}))
		}
		b.connect(t)
		b.sync(t)
		b.pushOn(t)
		who := make([]crm.ID, people)
		for n := range people {
			who[n] = b.holder(t, crm.EmailIdentity, fmt.Sprintf("p%d@rest.example", n)).ID
		}
		text := rapid.SampledFrom([]string{"Alba", "Bella", "Cora", "Dora"})
		maybe := rapid.SampledFrom([]string{"", "Leeds", "York", "Hull"})
		for range rapid.IntRange(1, 12).Draw(r, "steps") {
			n := rapid.IntRange(0, people-1).Draw(r, "who")
			switch rapid.IntRange(0, 6).Draw(r, "step") {
			case 0:
				b.edit(t, who[n], map[crm.Field]string{crm.LastName: text.Draw(r, "last here")})
			case 1:
				b.edit(t, who[n], map[crm.Field]string{crm.ContactCity: maybe.Draw(r, "city here")})
			case 2:
				last := text.Draw(r, "last there")
				b.xero.Change(b.org, ids[n], func(c *xeroemulator.Contact) { c.LastName, c.Name = last, c.FirstName+" "+last })
			case 3:
				city := maybe.Draw(r, "city there")
				b.xero.Change(b.org, ids[n], func(c *xeroemulator.Contact) {
					c.Addresses = []xeroemulator.Address{{AddressType: "STREET", City: city}}
				})
			case 4:
				b.xero.Fail(rapid.SampledFrom([]emulator.Fault{emulator.Lost, emulator.Broken, emulator.TooMany, emulator.Truncated, ""}).Draw(r, "fault"))
				b.send(t)
			case 5:
				b.poll(t)
			case 6:
				ctx, kill := context.WithTimeout(t.Context(), time.Duration(rapid.IntRange(0, 4000).Draw(r, "kill"))*time.Microsecond)
				b.Sleep(16 * time.Minute)
				_, _ = b.Accounts.Work(ctx, b.M.BusinessID, b.id, crm.FeedContacts)
				_, _ = b.Accounts.Work(ctx, b.M.BusinessID, b.id, crm.FeedPush)
				kill()
				b.Sleep(2 * time.Minute)
			}
		}
		for range 12 { // faults that are left are used up, and it waits after each
			b.poll(t)
			b.send(t)
		}
		for n := range people {
			here, there := b.holder(t, crm.EmailIdentity, fmt.Sprintf("p%d@rest.example", n)), b.xero.Contact(b.org, ids[n])
			city := ""
			for _, a := range there.Addresses {
				if a.AddressType == "STREET" {
					city = a.City
				}
			}
			if here.LastName != there.LastName || here.Contact.City != city || there.Name != there.FirstName+" "+there.LastName {
				r.Fatalf("here %s in %q, there %s (%s) in %q: %+v", here.LastName, here.Contact.City, there.LastName, there.Name, city, b.pushes(t))
			}
		}
		events, writes := b.eventCount(t), b.writes()
		must(t, b.Accounts.Sweep(t.Context(), b.M, b.id))
		b.poll(t)
		b.send(t)
		if b.eventCount(t) != events || b.writes() != writes {
			r.Fatalf("it does not come to rest: %d events, %d writes more", b.eventCount(t)-events, b.writes()-writes)
		}
		// From rest, what only one side changes is what both have then.
		b.edit(t, who[0], map[crm.Field]string{crm.LastName: "Here", crm.ContactCity: "Here"})
		b.xero.Change(b.org, ids[1], func(c *xeroemulator.Contact) { c.LastName, c.Name = "There", c.FirstName+" There" })
		b.send(t)
		b.poll(t)
		b.send(t)
		here, there := b.xero.Contact(b.org, ids[0]), b.holder(t, crm.EmailIdentity, "p1@rest.example")
		if here.LastName != "Here" || there.LastName != "There" {
			r.Fatalf("only ours was changed, and it is %s; only theirs, and it is %s", here.LastName, there.LastName)
		}
	})
}
