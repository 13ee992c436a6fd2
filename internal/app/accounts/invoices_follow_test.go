package accounts_test

import (
	"encoding/json"
	"testing"
	"time"

	"parley/internal/connector/xeroemulator"
	"parley/internal/crm"
	"parley/internal/store"
)

// S5, C6: an invoice is open until Xero says that it is paid, voided or deleted, whatever was
// credited or paid in part, and in whichever currency; and its contact is kept for so long.
func TestStatesOfInvoices(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		id := b.xero.PutContact(b.org, priya())
		type state struct {
			number, status, currency, total, due string
			is                                   crm.InvoiceStatus
			open                                 bool
		}
		states := []state{
			{"draft", "DRAFT", "GBP", "10.00", "10.00", crm.InvoiceDraft, true},
			{"submitted", "SUBMITTED", "GBP", "10.00", "10.00", crm.InvoiceSent, true},
			{"authorised", "AUTHORISED", "GBP", "10.00", "10.00", crm.InvoiceSent, true},
			{"paid in part", "AUTHORISED", "GBP", "10.00", "4.00", crm.InvoiceSent, true},
			{"credited, not closed yet", "AUTHORISED", "GBP", "10.00", "0.00", crm.InvoiceSent, true},
			{"in yen", "AUTHORISED", "JPY", "12000", "12000", crm.InvoiceSent, true},
			{"in dinars", "PAID", "KWD", "10.125", "0.00", crm.InvoicePaid, false},
			{"credited whole", "PAID", "EUR", "10.00", "0.00", crm.InvoicePaid, false},
			{"voided", "VOIDED", "GBP", "10.00", "0.00", crm.InvoiceVoid, false},
			{"deleted", "DELETED", "USD", "10.00", "0.00", crm.InvoiceDeleted, false},
		}
		ids := map[string]string{}
		for _, s := range states {
			ids[s.number] = b.xero.PutInvoice(b.org, xeroemulator.Invoice{InvoiceNumber: s.number, Status: s.status, CurrencyCode: s.currency, ContactID: id, Total: json.Number(s.total), AmountDue: json.Number(s.due)})
		}
		b.xero.PutInvoice(b.org, xeroemulator.Invoice{InvoiceNumber: "a purchase", Type: "ACCPAY", Status: "AUTHORISED", ContactID: id, Total: "10", AmountDue: "10"})
		b.connect(t)
		b.sync(t)
		c := b.holder(t, crm.PhoneIdentity, "+447400123456")
		look := func() map[string]crm.Invoice {
			t.Helper()
			page, err := b.Accounts.List(t.Context(), b.M, store.InvoiceFilter{Contact: c.ID}, nil, 50, false)
			must(t, err)
			list := map[string]crm.Invoice{}
			for _, i := range page.Invoices {
				list[i.Number] = i.Invoice
			}
			return list
		}
		list := look()
		for _, s := range states {
			if i := list[s.number]; i.Status != s.is || i.Currency != s.currency || i.Open(b.Now()) != s.open || i.Link == "" {
				t.Errorf("%s: it is %+v, open %v", s.number, i, i.Open(b.Now()))
			}
		}
		if list["in yen"].Total != "12000" || list["in dinars"].Total != "10.125" || list["paid in part"].AmountDue != "4.00" || len(list) != len(states) {
			t.Errorf("%d invoices: %+v", len(list), list)
		}
		for _, s := range states {
			d, err := b.Contacts.PreviewDelete(t.Context(), b.M, c.ID)
			if err != nil || d.Archived != s.open {
				t.Errorf("with %s still to be closed a delete archives: %+v, %v", s.number, d, err)
			}
			if s.open {
				i := b.xero.Invoice(b.org, ids[s.number])
				i.Status, i.AmountDue = "VOIDED", "0"
				b.xero.PutInvoice(b.org, i)
				b.Sleep(16 * time.Minute)
				b.work(t, crm.FeedContacts)
				b.work(t, crm.FeedInvoices)
			}
		}
	})
}

// A firm of which nobody is known is called by its own name, where its invoices are listed and
// where a record might be it.
func TestFirmsAreCalledByTheirName(t *testing.T) {
	eachBooks(t, func(t *testing.T, b *books) {
		id := b.xero.PutContact(b.org, xeroemulator.Contact{Name: "The Old Dairy Ltd", EmailAddress: "hello@olddairy.example", IsCustomer: true})
		b.xero.PutContact(b.org, xeroemulator.Contact{Name: "Dairy Shop", EmailAddress: "hello@olddairy.example", IsCustomer: true})
		b.xero.PutInvoice(b.org, xeroemulator.Invoice{InvoiceNumber: "INV-1", Status: "AUTHORISED", ContactID: id, Total: "5", AmountDue: "5"})
		b.connect(t)
		b.sync(t)
		b.sync(t)
		page, err := b.Accounts.List(t.Context(), b.M, store.InvoiceFilter{}, nil, 10, false)
		if must(t, err); len(page.Invoices) != 1 || page.Invoices[0].ContactName != "The Old Dairy Ltd" {
			t.Errorf("the invoices are %+v", page.Invoices)
		}
		if c := b.holder(t, crm.EmailIdentity, "hello@olddairy.example"); c.Called() != "The Old Dairy Ltd" || c.Name() == c.Called() {
			t.Errorf("the firm is called %s", c.Called())
		}
	})
}
