package quickbooks_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/connector"
	"parley/internal/connector/emulator"
	qb "parley/internal/connector/quickbooksemulator"
	"parley/internal/crm"
)

type ctx = context.Context

func readOne(t *testing.T, conn connector.Connector, a connector.Access, id string) *connector.Record {
	t.Helper()
	page, err := conn.Read(t.Context(), a, crm.FeedContacts, []string{id})
	must(t, err)
	return &page.Contacts[0]
}

// TestPushChange: a change is sparse, and what is not ours stays as it was.
func TestPushChange(t *testing.T) {
	c := start(t, nil)
	id := c.PutCustomer(c.realm, qb.Customer{GivenName: "Nadia", FamilyName: "Karim", DisplayName: "Nadia Karim", Notes: "Pays late", Mobile: &qb.Phone{FreeFormNumber: "07700 900161"},
		PrimaryPhone: &qb.Phone{FreeFormNumber: "0113 496 0163"}, PrimaryEmailAddr: &qb.Email{Address: "n@k.example, books@k.example"},
		ShipAddr: &qb.Address{ID: "9", Line1: "9 Kiln Street", Line2: "Rear", City: "Bradford", Country: "United Kingdom"}, BillAddr: &qb.Address{Line1: "PO Box 1"}})
	conn, a, _ := c.connect(t)
	push := func(set crm.Values) connector.Record {
		t.Helper()
		r, err := conn.Push(t.Context(), a, connector.Write{Key: "k" + set["last_name"] + set["phone"], Current: readOne(t, conn, a, id), Set: set, Phone: "Phone"})
		must(t, err)
		return r
	}
	push(crm.Values{"last_name": "Hassan", "phone": "+441134960164", "email": "nadia@k.example", "contact_address.street": "10 Kiln Street", "contact_address.country": "IE", "middle_name": ""})
	k := c.Customer(c.realm, id)
	if k.FamilyName != "Hassan" || k.DisplayName != "Nadia Hassan" || k.GivenName != "Nadia" || k.Notes != "Pays late" || k.Mobile.FreeFormNumber != "07700 900161" || k.PrimaryPhone.FreeFormNumber != "+441134960164" ||
		k.PrimaryEmailAddr.Address != "nadia@k.example, books@k.example" || *k.ShipAddr != (qb.Address{ID: "9", Line1: "10 Kiln Street", City: "Bradford", Country: "Ireland"}) || k.BillAddr.Line1 != "PO Box 1" || k.SyncToken != "1" {
		t.Errorf("after a change: %+v", k)
	}
	firm := c.PutCustomer(c.realm, qb.Customer{DisplayName: "The Old Dairy"})
	for n, row := range []struct {
		set           crm.Values
		name, company string
	}{{crm.Values{"first_name": "Ann"}, "The Old Dairy", "The Old Dairy"}, {crm.Values{"business_name": "The New Dairy"}, "The New Dairy", "The New Dairy"}, {crm.Values{"business_name": "", "last_name": "Lee"}, "Ann Lee", ""}} {
		_, err := conn.Push(t.Context(), a, connector.Write{Key: "firm" + string(rune('0'+n)), Current: readOne(t, conn, a, firm), Set: row.set})
		must(t, err)
		if k := c.Customer(c.realm, firm); k.DisplayName != row.name || k.CompanyName != row.company {
			t.Errorf("%v: the firm is called %q, its company %q", row.set, k.DisplayName, k.CompanyName)
		}
	}
	push(crm.Values{"phone": "", "contact_address.city": ""})
	if k := c.Customer(c.realm, id); k.PrimaryPhone != nil || k.Mobile == nil || k.ShipAddr.City != "" || k.ShipAddr.Line1 != "10 Kiln Street" {
		t.Errorf("after something was cleared: %+v", k)
	}
}

// TestPushRefused: an old version, a name that somebody has, a name that cannot be, and an
// answer that is lost.
func TestPushRefused(t *testing.T) {
	c := start(t, nil)
	c.AddVendor(c.realm, "Ada Byron")
	id := c.PutCustomer(c.realm, qb.Customer{GivenName: "Nadia", FamilyName: "Karim", DisplayName: "Nadia Karim"})
	conn, a, _ := c.connect(t)
	old := readOne(t, conn, a, id)
	c.Change(c.realm, id, func(k *qb.Customer) { k.Notes = "Meanwhile" })
	_, err := conn.Push(t.Context(), a, connector.Write{Key: "1", Current: old, Set: crm.Values{"first_name": "N."}})
	if connector.TroubleOf(err) != connector.Stale || c.Customer(c.realm, id).GivenName != "Nadia" {
		t.Errorf("an old version: %v", err)
	}
	ada := connector.Write{Key: "2", Name: "Ada Byron", Set: crm.Values{"first_name": "Ada", "last_name": "Byron", "phone": "+447400999001"}}
	_, err = conn.Push(t.Context(), a, ada)
	if connector.TroubleOf(err) != connector.Taken || !strings.Contains(err.Error(), "already exists") {
		t.Errorf("a vendor of that name: %v", err)
	}
	renamed := connector.Write{Key: "2a", Current: readOne(t, conn, a, id), Set: crm.Values{"first_name": "Ada", "last_name": "Byron"}}
	if _, err = conn.Push(t.Context(), a, renamed); connector.TroubleOf(err) != connector.Taken {
		t.Errorf("renamed to a vendor's name: %v", err)
	}
	renamed.Key, renamed.Name = "2b", "Ada Byron (Leeds)"
	if _, err = conn.Push(t.Context(), a, renamed); err != nil || c.Customer(c.realm, id).DisplayName != "Ada Byron (Leeds)" || c.Customer(c.realm, id).GivenName != "Ada" {
		t.Errorf("under another name: %+v, %v", c.Customer(c.realm, id), err)
	}
	ada.Key, ada.Name = "3", "Ada Byron:\t(…9001)"
	c.Fail(emulator.Lost)
	if _, err = conn.Push(t.Context(), a, ada); connector.TroubleOf(err) != connector.Unsure {
		t.Errorf("a lost answer: %v", err)
	}
	found, err := conn.Find(t.Context(), a, ada)
	must(t, err)
	if found == nil || found.Name != "Ada Byron (…9001)" {
		t.Fatalf("what was made is not found: %+v", found)
	}
	again, err := conn.Push(t.Context(), a, ada)
	must(t, err)
	if again.ID != found.ID || len(c.Customers(c.realm)) != 2 {
		t.Errorf("it was made twice: %s, %s", again.ID, found.ID)
	}
	c.Fail(emulator.Page)
	if _, err = conn.Push(t.Context(), a, connector.Write{Key: "4", Name: "X", Set: crm.Values{}}); connector.TroubleOf(err) != connector.Unsure {
		t.Errorf("a page instead of an answer: %v", err)
	}
	c.Change(c.realm, id, func(k *qb.Customer) { k.DisplayName = "Bramley and Daughter's" })
	if found, err := conn.Find(t.Context(), a, connector.Write{Name: "Bramley and Daughter's", Set: crm.Values{"email": "x@y.example"}}); err != nil || found != nil {
		t.Errorf("a name alone is taken for ours: %+v, %v", found, err)
	}
	if _, err := conn.Push(t.Context(), a, connector.Write{Key: "5", Name: "Long", Set: crm.Values{"email": "no address"}}); connector.TroubleOf(err) != connector.Refused || !strings.Contains(err.Error(), "Intuit's number") {
		t.Errorf("a bad e-mail: %v", err)
	}
}

// TestGrant: the company must be the one that the token opens, the refresh token is another
// one after a day, and two refreshes at a time end the grant.
func TestGrant(t *testing.T) {
	c := start(t, func(config *qb.Config) { config.RefreshTakes = 50 * time.Millisecond })
	conn, _, token := c.connect(t)
	swapped := callback(t, c.Consent(conn.AuthorizeURL("s", "v")))
	swapped.Set("realmId", c.AddCompany("Another", "GB", "GBP", false))
	if _, _, err := conn.Exchange(t.Context(), swapped, "v"); connector.TroubleOf(err) != connector.Refused {
		t.Errorf("a swapped realm: %v", err)
	}
	none := callback(t, c.Consent(conn.AuthorizeURL("s", "v")))
	none.Del("realmId")
	if _, _, err := conn.Exchange(t.Context(), none, "v"); connector.TroubleOf(err) != connector.Refused {
		t.Errorf("no realm: %v", err)
	}
	same, err := conn.Refresh(t.Context(), token)
	must(t, err)
	c.sleep(25 * time.Hour)
	other, err := conn.Refresh(t.Context(), same)
	must(t, err)
	if same.Refresh != token.Refresh || other.Refresh == token.Refresh {
		t.Errorf("the refresh tokens: %s %s %s", token.Refresh, same.Refresh, other.Refresh)
	}
	if _, err := conn.Refresh(t.Context(), same); connector.TroubleOf(err) != connector.Dead {
		t.Errorf("an old refresh token: %v", err)
	}
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() { _, _ = conn.Refresh(t.Context(), other) })
	}
	both.Wait()
	if _, err := conn.Refresh(t.Context(), other); connector.TroubleOf(err) != connector.Dead {
		t.Errorf("after two at a time: %v", err)
	}
	_, a, last := c.connect(t)
	before := c.Granted()
	must(t, conn.Revoke(t.Context(), last, a.Org))
	if c.Granted() != before-1 {
		t.Errorf("%d are connected, %d were", c.Granted(), before)
	}
}
