package quickbooks

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"parley/internal/connector"
	"parley/internal/crm"
)

// invoiceMark stands between company and number in the ID of an invoice: QuickBooks counts
// invoices in each company from one.
const invoiceMark = ":"

// invoice is an Invoice, as far as it is read.
type invoice struct {
	ID          string `json:"Id"`
	DocNumber   string
	TxnDate     string
	DueDate     string
	TotalAmt    json.Number
	Balance     json.Number
	CustomerRef reference
	CurrencyRef reference
	MetaData    struct{ LastUpdatedTime string }
	Status      string `json:"status"` // Deleted, of one that is not there any more
}

// bill reads one invoice. QuickBooks has no states: one with a balance is open, whatever
// was paid or credited in part; one without is paid, and of one that was voided nothing
// is left to pay from the start.
func bill(raw json.RawMessage, org crm.Organisation) (connector.Invoice, time.Time) {
	var k invoice
	if err := json.Unmarshal(raw, &k); err != nil || k.ID == "" {
		var id struct {
			ID string `json:"Id"`
		}
		_ = json.Unmarshal(raw, &id)
		return connector.Invoice{ID: org.ID + invoiceMark + id.ID, Damaged: "QuickBooks sent an invoice that cannot be read: " + connector.Excerpt(raw)}, time.Time{}
	}
	at := readTime(k.MetaData.LastUpdatedTime)
	i := connector.Invoice{ID: org.ID + invoiceMark + k.ID}
	if strings.EqualFold(k.Status, "Deleted") {
		i.Gone, i.RemoteStatus = true, "Deleted"
		return i, at
	}
	i.ContactID, i.Number, i.IssuedOn, i.DueOn = k.CustomerRef.Value, k.DocNumber, k.TxnDate, k.DueDate
	i.Currency = cmp.Or(k.CurrencyRef.Value, org.Details["currency"]) // only companies with several currencies name it
	i.Total, i.AmountDue = k.TotalAmt.String(), cmp.Or(k.Balance.String(), "0")
	i.Link = "https://app.qbo.intuit.com/app/invoice?txnId=" + k.ID
	switch {
	case !zero(i.AmountDue):
		i.Status, i.RemoteStatus = crm.InvoiceSent, "Open"
	case zero(i.Total):
		i.Status, i.RemoteStatus = crm.InvoiceVoid, "Voided"
	default:
		i.Status, i.RemoteStatus = crm.InvoicePaid, "Paid"
	}
	if at.IsZero() {
		i.Damaged = "The time of its last change cannot be read: " + connector.Excerpt([]byte(k.MetaData.LastUpdatedTime))
	}
	return i, at
}

// zero reports whether a decimal number is nothing.
func zero(number string) bool { return strings.Trim(number, "-0.") == "" }
