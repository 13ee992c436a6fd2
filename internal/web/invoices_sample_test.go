package web

import (
	"time"

	"parley/internal/app/contacts"
	"parley/internal/crm"
	"parley/internal/store"
)

func sampleInvoices() InvoiceRows {
	invoice := func(n int, number string, status crm.InvoiceStatus, due string) InvoiceRow {
		return InvoiceRow{clock, store.InvoiceRow{Invoice: crm.Invoice{ID: sampleID(700 + n), ContactID: sampleID(1), Number: number, Currency: "GBP", Total: "1200.00",
			AmountDue: "120.50", IssuedOn: "2026-10-01", DueOn: due, Status: status, Source: crm.SourceManual}, ContactName: hostile}}
	}
	unknown := invoice(4, "INV-4", crm.InvoicePaid, "")
	unknown.Unread = clock.Now.Add(-time.Hour)
	nobody := invoice(5, "INV-5", crm.InvoiceVoid, "")
	nobody.ContactID, nobody.ContactName = "", ""
	return InvoiceRows{Next: "/invoices/rows?after=x", Rows: []InvoiceRow{invoice(1, "INV-1", crm.InvoiceSent, "2026-10-15"), invoice(2, hostile, crm.InvoiceDraft, ""),
		invoice(3, "INV-3", crm.InvoicePaid, "2026-12-31"), unknown, nobody}}
}

func sampleInvoicePage() InvoicePage {
	i := sampleInvoices().Rows[1].Invoice
	return InvoicePage{Shell: sampleShell("invoices", "Invoice"), Invoice: &i, Contact: &sampleContacts()[0],
		Form: Form{Values: map[string]string{"number": hostile, "currency": "XX", "total": "1,2", "status": "void"}, Errors: map[string]string{"currency": "XX is no currency."}}}
}

func sampleDelete(open bool) DeletePage {
	var d contacts.Deletion
	if open {
		d = contacts.Deletion{Archived: true, OpenConversations: 1, OpenInvoices: []string{"INV-7"}}
	}
	c := sampleContacts()[6]
	return DeletePage{Shell: sampleShell("contacts", c.Name()), Contact: &c, Deletion: d}
}
