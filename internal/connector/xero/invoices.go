package xero

import (
	"context"
	"encoding/json"
	"net/url"
	"time"

	"parley/internal/connector"
	"parley/internal/crm"
)

// invoice is an Invoice of the accounting API, as far as it is read.
type invoice struct {
	InvoiceID      string
	InvoiceNumber  string
	Type           string
	Status         string
	CurrencyCode   string
	Total          json.Number
	AmountDue      json.Number
	Date           string
	DateString     string
	DueDate        string
	DueDateString  string
	Contact        struct{ ContactID string }
	UpdatedDateUTC string
}

// statuses are ours for Xero's. One that is submitted or authorised is open until Xero
// says that it is paid, whatever was credited or paid in part meanwhile.
var statuses = map[string]crm.InvoiceStatus{"DRAFT": crm.InvoiceDraft, "SUBMITTED": crm.InvoiceSent, "AUTHORISED": crm.InvoiceSent,
	"PAID": crm.InvoicePaid, "VOIDED": crm.InvoiceVoid, "DELETED": crm.InvoiceDeleted}

func (c client) invoices(ctx context.Context, a connector.Access, query url.Values, since string) (page connector.Page, times []time.Time, paged pagination, err error) {
	var answer struct {
		Invoices   []json.RawMessage
		Pagination pagination
	}
	reply, err := c.get(ctx, a, "/Invoices", query, since, &answer)
	if err == nil {
		err = listed(reply, answer.Invoices)
	}
	if err != nil {
		return page, nil, paged, err
	}
	for _, raw := range answer.Invoices {
		i, at, ok := bill(raw, a.Org)
		times = append(times, at)
		if ok {
			page.Invoices = append(page.Invoices, i)
		}
	}
	return page, times, answer.Pagination, nil
}

// bill reads one invoice; ok is false for a purchase.
func bill(raw json.RawMessage, org crm.Organisation) (i connector.Invoice, at time.Time, ok bool) {
	var k invoice
	if err := json.Unmarshal(raw, &k); err != nil || k.InvoiceID == "" {
		return connector.Invoice{ID: k.InvoiceID, Damaged: "Xero sent an invoice that cannot be read: " + connector.Excerpt(raw)}, at, true
	}
	at = readTime(k.UpdatedDateUTC)
	if k.Type != "ACCREC" {
		return i, at, false
	}
	i = connector.Invoice{ID: k.InvoiceID, ContactID: k.Contact.ContactID, Number: k.InvoiceNumber, Currency: k.CurrencyCode,
		Total: k.Total.String(), AmountDue: k.AmountDue.String(), IssuedOn: readDay(k.Date, k.DateString), DueOn: readDay(k.DueDate, k.DueDateString),
		Status: statuses[k.Status], RemoteStatus: k.Status,
		Link: page(org, "https://go.xero.com/AccountsReceivable/View.aspx?InvoiceID="+k.InvoiceID, "/AccountsReceivable/View.aspx?InvoiceID="+k.InvoiceID)}
	switch {
	case i.Status == "":
		i.Damaged = "Xero calls its state " + connector.Excerpt([]byte(k.Status)) + ", which Parley does not know."
	case at.IsZero():
		i.Damaged = "The time of its last change cannot be read: " + connector.Excerpt([]byte(k.UpdatedDateUTC))
	}
	return i, at, true
}
