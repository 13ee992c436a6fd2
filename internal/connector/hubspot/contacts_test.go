package hubspot_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/internal/connector"
	"parley/internal/connector/emulator"
	hs "parley/internal/connector/hubspotemulator"
	"parley/internal/crm"
)

// drain reads on until there is no more, with a new grant.
func drain(t *testing.T, o *account, cursor string) (by map[string]connector.Record, last string, calls int) {
	t.Helper()
	conn, a, _ := o.connect(t)
	before := ""
	by = map[string]connector.Record{}
	for range 300 {
		page, err := conn.Changes(t.Context(), a, crm.FeedContacts, cursor)
		must(t, err)
		ids := ""
		for _, r := range page.Contacts {
			by[r.ID] = r
			ids += r.ID + " "
		}
		if page.More && ids != "" && ids == before {
			t.Fatalf("the same page came again: %.60s", ids)
		}
		before = ids
		calls++
		if page.More && page.Next == cursor {
			t.Fatalf("a page leads to itself: %s", cursor)
		}
		if cursor = page.Next; !page.More {
			return by, cursor, calls
		}
	}
	t.Fatal("the pages do not end")
	return nil, "", 0
}

// TestFields: all that is read of a contact, of one in the archive, and of one that cannot
// be read.
func TestFields(t *testing.T) {
	o := start(t, nil)
	id := o.PutContact(o.portal, "", map[string]string{"firstname": "Tom", "lastname": "Ashworth", "company": "Ashworth Joinery", "email": "tom@a.example", "hs_additional_emails": "t@a.example;x@a.example",
		"phone": "0113 496 0163", "mobilephone": "07700 900172", "address": "1 High St\nFlat 2", "city": "Leeds", "state": "West Yorkshire", "zip": "LS1 1AA", "country": "United Kingdom"})
	broken, gone := o.PutContact(o.portal, "", nil), o.PutContact(o.portal, "", map[string]string{"firstname": "Gone"})
	o.Damage(o.portal, broken, `{"id":"`+broken+`","properties":"none"}`)
	o.Archive(o.portal, gone)
	by, _, _ := drain(t, o, "")
	tom := by[id]
	want := crm.Values{"first_name": "Tom", "last_name": "Ashworth", "business_name": "Ashworth Joinery", "contact_address.street": "1 High St\nFlat 2", "contact_address.city": "Leeds",
		"contact_address.region": "West Yorkshire", "contact_address.postal_code": "LS1 1AA", "contact_address.country": "GB"}
	if !maps.Equal(tom.Values, want) || !slices.Equal(tom.Emails, []string{"tom@a.example", "t@a.example", "x@a.example"}) || tom.Name != "Tom Ashworth" || tom.URL != "https://app-eu1.hubspot.com/contacts/"+o.portal+"/record/0-1/"+id {
		t.Errorf("Tom is %+v", tom)
	}
	if !slices.Equal(tom.Phones, []connector.Phone{{Kind: "Mobile", Text: "07700 900172"}, {Kind: "Phone", Text: "0113 496 0163"}}) {
		t.Errorf("his phones are %v", tom.Phones)
	}
	if by[broken].Damaged == "" || !by[gone].Archived || len(by) != 3 {
		t.Errorf("%d came: %+v", len(by), by)
	}
}

// TestManyAtOneMoment: an import gives many contacts one time of change, more than a
// search may go through, and they are told apart by their ids.
func TestManyAtOneMoment(t *testing.T) {
	o := start(t, nil)
	_, cursor, _ := drain(t, o, "")
	o.sleep(time.Hour)
	many := make([]map[string]string, 10_450)
	for n := range many {
		many[n] = map[string]string{"firstname": fmt.Sprint(n)}
	}
	o.Fill(o.portal, many...)
	o.sleep(time.Minute)
	o.PutContact(o.portal, "", map[string]string{"firstname": "later"})
	o.sleep(time.Hour)
	by, cursor, calls := drain(t, o, cursor)
	if len(by) != 10_451 || calls > 60 {
		t.Errorf("%d of 10451 in %d calls", len(by), calls)
	}
	o.sleep(time.Hour)
	if by, _, calls := drain(t, o, cursor); len(by) != 0 || calls != 1 {
		t.Errorf("nothing changed, and %d came in %d calls", len(by), calls)
	}
}

// TestLag: a search finds what changed a little later, and it is found all the same.
func TestLag(t *testing.T) {
	o := start(t, func(c *hs.Config) { c.IndexLag = time.Minute })
	id := o.PutContact(o.portal, "", map[string]string{"firstname": "Mei"})
	_, cursor, _ := drain(t, o, "")
	o.sleep(15 * time.Minute)
	o.PutContact(o.portal, id, map[string]string{"firstname": "May"})
	by, cursor, _ := drain(t, o, cursor)
	if len(by) != 0 {
		t.Fatalf("the index does not lag: %+v", by)
	}
	o.sleep(15 * time.Minute)
	if by, _, _ := drain(t, o, cursor); by[id].Values["first_name"] != "May" {
		t.Errorf("it was lost: %+v", by)
	}
}

// TestWhatBecame: what is merged, restored, erased or not there any more.
func TestWhatBecame(t *testing.T) {
	o := start(t, nil)
	from, into := o.PutContact(o.portal, "", map[string]string{"firstname": "J", "email": "j@shah.example"}), o.PutContact(o.portal, "", map[string]string{"firstname": "Jay", "email": "jay@shah.example"})
	erased, archived := o.PutContact(o.portal, "", map[string]string{"firstname": "E"}), o.PutContact(o.portal, "", map[string]string{"firstname": "A"})
	_, cursor, _ := drain(t, o, "")
	o.sleep(time.Hour)
	o.Merge(o.portal, from, into)
	o.Archive(o.portal, archived)
	o.Erase(o.portal, erased)
	by, _, _ := drain(t, o, cursor)
	if by[from].MergedTo != into || !slices.Equal(by[into].Emails, []string{"jay@shah.example", "j@shah.example"}) {
		t.Errorf("searched: %+v", by)
	}
	conn, a, _ := o.connect(t)
	page, err := conn.Read(t.Context(), a, crm.FeedContacts, []string{from, archived, erased + "!", "7", "x/../y"})
	must(t, err)
	by = map[string]connector.Record{}
	for _, r := range page.Contacts {
		by[r.ID] = r
	}
	if by[from].MergedTo != into || !by[archived].Archived || !by[erased].Erased || !by["7"].Gone || by["7"].Erased || len(by) != 5 {
		t.Errorf("by their ids: %+v", by)
	}
	page, err = conn.Read(t.Context(), a, crm.FeedContacts, []string{into + "!"}) // made up
	must(t, err)
	if r := page.Contacts[len(page.Contacts)-1]; r.ID != into || r.Erased || r.Gone {
		t.Errorf("a made-up erasure is believed: %+v", r)
	}
	o.Restore(o.portal, archived)
	page, err = conn.Read(t.Context(), a, crm.FeedContacts, []string{archived})
	must(t, err)
	if page.Contacts[0].Archived {
		t.Errorf("restored: %+v", page.Contacts)
	}
}

// TestTroubles: what HubSpot says is sorted by what can be done.
func TestTroubles(t *testing.T) {
	o := start(t, func(c *hs.Config) { c.SearchesPerSecond, c.PerTenSeconds = 5, 20 })
	_, cursor, _ := drain(t, o, "")
	conn, a, _ := o.connect(t)
	for _, cursor := range []string{"", cursor} {
		for fault, want := range map[emulator.Fault]connector.Trouble{emulator.TooMany: connector.Wait, emulator.Broken: connector.Away, emulator.Away: connector.Away, emulator.Page: connector.Garbled, emulator.Truncated: connector.Garbled,
			emulator.Unauthorised: connector.Expired, hs.Scopes: connector.Dead, emulator.Lost: connector.Away} {
			o.sleep(time.Second)
			if fault == emulator.Lost && cursor == "" { // a list is asked for again by itself
				continue
			}
			o.Fail(fault)
			if _, err := conn.Changes(t.Context(), a, crm.FeedContacts, cursor); connector.TroubleOf(err) != want {
				t.Errorf("%s: %v", fault, err)
			}
		}
	}
	o.sleep(time.Minute)
	var told connector.Told
	a.After = func(_ context.Context, heard connector.Told) { told = heard }
	wait := func(cursor string) time.Duration {
		for range 30 {
			if _, err := conn.Changes(t.Context(), a, crm.FeedContacts, cursor); err != nil {
				e, _ := err.(*connector.Error) //nolint:errorlint // bare
				return e.After
			}
		}
		return 0
	}
	if after := wait(cursor); after != time.Second || told.RetryAfter != time.Second || told.DayLeft <= 0 {
		t.Errorf("too many searches: %v, told %+v", after, told)
	}
	if after := wait(""); after != 10*time.Second {
		t.Errorf("too many calls: %v", after)
	}
}

// TestPush: what is written is text, what somebody else has is refused, and a lost answer
// makes nothing twice.
func TestPush(t *testing.T) {
	o := start(t, nil)
	id := o.PutContact(o.portal, "", map[string]string{"firstname": "Tom", "lastname": "Ashworth", "phone": "0113 496 0163", "lifecyclestage": "customer", "city": "Leeds"})
	other := o.PutContact(o.portal, "", map[string]string{"email": "taken@a.example"})
	conn, a, _ := o.connect(t)
	read := func() *connector.Record {
		page, err := conn.Read(t.Context(), a, crm.FeedContacts, []string{id})
		must(t, err)
		return &page.Contacts[0]
	}
	became, err := conn.Push(t.Context(), a, connector.Write{Current: read(), Phone: "Phone", Set: crm.Values{"last_name": "Ash", "phone": "+441134960164", "contact_address.country": "IE", "contact_address.city": ""}})
	must(t, err)
	p := o.Contact(o.portal, id).Properties
	if p["lastname"] != "Ash" || p["phone"] != "+441134960164" || p["country"] != "Ireland" || p["city"] != "" || p["firstname"] != "Tom" || p["lifecyclestage"] != "customer" || became.Values["first_name"] != "Tom" {
		t.Errorf("over there %v, answered %+v", p, became)
	}
	_, err = conn.Push(t.Context(), a, connector.Write{Current: read(), Set: crm.Values{"email": "taken@a.example"}})
	if connector.TroubleOf(err) != connector.Taken || !strings.Contains(err.Error(), other) {
		t.Errorf("an e-mail that somebody has: %v", err)
	}
	if _, err = conn.Push(t.Context(), a, connector.Write{Current: read(), Set: crm.Values{"email": "none"}}); connector.TroubleOf(err) != connector.Refused || !strings.Contains(err.Error(), "is invalid") {
		t.Errorf("a bad e-mail: %v", err)
	}
	for _, set := range []crm.Values{{"first_name": "Ada", "last_name": "Byron", "email": "ada@byron.example"}, {"first_name": "Ada", "phone": "+447400999001"}} {
		before := len(o.Contacts(o.portal))
		o.Fail(emulator.Lost)
		w := connector.Write{Set: set}
		if _, err := conn.Push(t.Context(), a, w); connector.TroubleOf(err) != connector.Unsure {
			t.Errorf("a lost answer: %v", err)
		}
		found, err := conn.Find(t.Context(), a, w)
		must(t, err)
		if found == nil || found.Values["first_name"] != "Ada" || len(o.Contacts(o.portal)) != before+1 {
			t.Errorf("what was made is not found: %+v", found)
		}
	}
	if found, err := conn.Find(t.Context(), a, connector.Write{Set: crm.Values{"first_name": "Somebody else", "email": "ada@byron.example"}}); err != nil || found != nil {
		t.Errorf("another one of that e-mail is taken for ours: %+v, %v", found, err)
	}
}
