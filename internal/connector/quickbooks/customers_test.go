package quickbooks_test

import (
	"maps"
	"slices"
	"testing"

	"parley/internal/connector"
	qb "parley/internal/connector/quickbooksemulator"
	"parley/internal/crm"
)

// TestFields: all that H.1 names is read, and what only looks like a person is none.
func TestFields(t *testing.T) {
	c := start(t, nil)
	id := c.PutCustomer(c.realm, qb.Customer{GivenName: "Joe", MiddleName: "Alan", FamilyName: "Whitfield", CompanyName: "Whitfield Lettings Ltd", DisplayName: "Whitfield Lettings Ltd",
		PrimaryEmailAddr: &qb.Email{Address: "joe@w.example, office@w.example"}, PrimaryPhone: &qb.Phone{FreeFormNumber: "0113 496 0163"}, Mobile: &qb.Phone{FreeFormNumber: "07700 900162"},
		AlternatePhone: &qb.Phone{FreeFormNumber: "07700 900168"}, Fax: &qb.Phone{FreeFormNumber: "0113 496 0199"},
		ShipAddr: &qb.Address{Line1: "1 High St", Line2: "Flat 2", Line5: "The yard", City: "Leeds", CountrySubDivisionCode: "West Yorkshire", PostalCode: "LS1 1AA", Country: "United Kingdom"},
		BillAddr: &qb.Address{Line1: "PO Box 7", Country: "USA"}})
	firm := c.PutCustomer(c.realm, qb.Customer{DisplayName: "The Old Dairy", Fax: &qb.Phone{FreeFormNumber: "0113 496 0198"}})
	job := c.PutCustomer(c.realm, qb.Customer{DisplayName: "Flat 3", Job: true, ParentRef: &qb.Ref{Value: id}})
	project := c.PutCustomer(c.realm, qb.Customer{DisplayName: "Repaint", Job: true, IsProject: true, ParentRef: &qb.Ref{Value: id}})
	broken := c.PutCustomer(c.realm, qb.Customer{DisplayName: "x", Raw: `{"Id":"77","DisplayName":{"Name":"text"}}`})
	inactive := c.PutCustomer(c.realm, qb.Customer{DisplayName: "Gone Ltd"})
	c.Deactivate(c.realm, inactive)
	conn, a, _ := c.connect(t)
	page, err := conn.Changes(t.Context(), a, crm.FeedContacts, "")
	must(t, err)
	by := map[string]connector.Record{}
	for _, r := range page.Contacts {
		by[r.ID] = r
	}
	joe := by[id]
	want := crm.Values{"first_name": "Joe", "middle_name": "Alan", "last_name": "Whitfield", "business_name": "Whitfield Lettings Ltd",
		"contact_address.street": "1 High St\nFlat 2\nThe yard", "contact_address.city": "Leeds", "contact_address.region": "West Yorkshire", "contact_address.postal_code": "LS1 1AA", "contact_address.country": "GB",
		"billing_address.street": "PO Box 7", "billing_address.country": "US"}
	if !maps.Equal(joe.Values, want) || !slices.Equal(joe.Emails, []string{"joe@w.example", "office@w.example"}) || joe.LeaveOut != "" || joe.URL == "" {
		t.Errorf("Joe is %+v", joe)
	}
	if phones := joe.Phones; len(phones) != 4 || phones[0] != (connector.Phone{Kind: "Mobile", Text: "07700 900162"}) || phones[3].Kind != "Fax" {
		t.Errorf("his phones are %v", phones)
	}
	if r := by[firm]; !maps.Equal(r.Values, crm.Values{"business_name": "The Old Dairy"}) || len(r.Phones) != 0 {
		t.Errorf("the firm is %+v", r)
	}
	if by[job].LeaveOut != "sub-customer" || by[project].LeaveOut != "project" {
		t.Errorf("left out: %q and %q", by[job].LeaveOut, by[project].LeaveOut)
	}
	if by["77"].Damaged == "" || len(by) != 6 {
		t.Errorf("the broken one (%s) is %+v, of %d", broken, by["77"], len(by))
	}
	if r := by[inactive]; !r.Archived || r.Name != "Gone Ltd" {
		t.Errorf("the inactive one is %+v", r)
	}
	if a.Org.Name != "Birch & Sons" || a.Org.Details["country"] != "GB" || a.Org.Details["currency"] != "GBP" {
		t.Errorf("the company is %+v", a.Org)
	}
}

// TestMerges: a merge is known from a webhook alone, and believed only when the record is
// not in use any more and the other one is.
func TestMerges(t *testing.T) {
	for _, old := range []bool{false, true} {
		c := start(t, func(config *qb.Config) { config.OldHooks = old })
		from, into := c.PutCustomer(c.realm, qb.Customer{DisplayName: "J. Shah"}), c.PutCustomer(c.realm, qb.Customer{DisplayName: "Jay Shah"})
		conn, a, _ := c.connect(t)
		var hints []connector.Hint
		hear(t, c, conn, &hints)
		c.Merge(c.realm, from, into)
		if len(hints) != 1 {
			t.Fatalf("old shape %v: the hints are %+v", old, hints)
		}
		page, err := conn.Read(t.Context(), a, crm.FeedContacts, []string{hints[0].ID})
		must(t, err)
		if list := page.Contacts; len(list) != 2 || list[0].ID != from || list[0].MergedTo != into || list[1].ID != into || list[1].MergedTo != "" {
			t.Errorf("old shape %v: %+v", old, list)
		}
		page, err = conn.Read(t.Context(), a, crm.FeedContacts, []string{into + ">" + from}) // made up
		must(t, err)
		if list := page.Contacts; len(list) != 2 || list[0].MergedTo != "" || list[1].MergedTo != "" {
			t.Errorf("old shape %v: a made-up merge is believed: %+v", old, list)
		}
		page, err = conn.Read(t.Context(), a, crm.FeedContacts, []string{from, "x' or '1' = '1"})
		must(t, err)
		if list := page.Contacts; len(list) != 1 || !list[0].Gone {
			t.Errorf("old shape %v: without a word of the merge %+v", old, list)
		}
	}
}

// TestInvoices: open, paid in part, paid, voided, deleted, in other currencies.
func TestInvoices(t *testing.T) {
	c := start(t, nil)
	who := c.PutCustomer(c.realm, qb.Customer{DisplayName: "Jay Shah"})
	put := func(total, balance, currency string) string {
		i := qb.Invoice{CustomerRef: qb.Ref{Value: who}, TotalAmt: "120.00", Balance: "0"}
		if i.TotalAmt, i.Balance = jsonNumber(total), jsonNumber(balance); currency != "" {
			i.CurrencyRef = &qb.Ref{Value: currency}
		}
		return c.PutInvoice(c.realm, i)
	}
	open, part, paid, euro, gone := put("120", "120", ""), put("120.5", "20.50", ""), put("80", "0", ""), put("10", "10", "EUR"), put("7", "7", "")
	void := put("60", "60", "")
	c.Void(c.realm, void)
	conn, a, _ := c.connect(t)
	page, err := conn.Changes(t.Context(), a, crm.FeedInvoices, "")
	must(t, err)
	by := map[string]connector.Invoice{}
	for _, i := range page.Invoices {
		by[i.ID] = i
	}
	for id, want := range map[string]connector.Invoice{open: {Status: crm.InvoiceSent, Total: "120", AmountDue: "120", Currency: "GBP"}, part: {Status: crm.InvoiceSent, Total: "120.5", AmountDue: "20.50", Currency: "GBP"},
		paid: {Status: crm.InvoicePaid, Total: "80", AmountDue: "0", Currency: "GBP"}, euro: {Status: crm.InvoiceSent, Total: "10", AmountDue: "10", Currency: "EUR"},
		void: {Status: crm.InvoiceVoid, Total: "0", AmountDue: "0", Currency: "GBP"}} {
		got := by[c.realm+":"+id]
		if got.Status != want.Status || got.Total != want.Total || got.AmountDue != want.AmountDue || got.Currency != want.Currency || got.ContactID != who || got.Number == "" || got.DueOn == "" || got.Damaged != "" {
			t.Errorf("%+v, not %+v", got, want)
		}
	}
	c.DeleteInvoice(c.realm, gone)
	page, err = conn.Changes(t.Context(), a, crm.FeedInvoices, page.Next)
	must(t, err)
	at := slices.IndexFunc(page.Invoices, func(i connector.Invoice) bool { return i.Gone })
	if at < 0 || page.Invoices[at].ID != c.realm+":"+gone {
		t.Errorf("deleted: %+v", page.Invoices)
	}
	page, err = conn.Read(t.Context(), a, crm.FeedInvoices, []string{c.realm + ":" + gone, c.realm + ":" + open})
	must(t, err)
	if len(page.Invoices) != 2 || page.Invoices[0].Number == "" || !page.Invoices[1].Gone {
		t.Errorf("by their ids: %+v", page.Invoices)
	}
}
