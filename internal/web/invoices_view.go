package web

import (
	"time"

	"parley/internal/crm"
	"parley/internal/store"
)

// InvoicesPage is the table of invoices.
type InvoicesPage struct {
	Shell
	Status string // of the filter: a status, open, or "" for all
	InvoiceRows
}

func (InvoicesPage) template() string { return "invoices" }

// Statuses are the choices of the filter.
func (InvoicesPage) Statuses() []Option {
	return append([]Option{{"", "Any status"}, {"open", "Open"}}, invoiceStatuses...)
}

var invoiceStatuses = []Option{{"draft", "Draft"}, {"sent", "Sent"}, {"paid", "Paid"}, {"void", "Void"}}

// InvoiceRows are rows of the table and where they go on.
type InvoiceRows struct {
	Rows     []InvoiceRow
	Next     string
	Narrowed bool
}

func (InvoiceRows) template() string { return "invoice-rows" }

// InvoiceRow is one invoice of a list.
type InvoiceRow struct {
	Clock
	store.InvoiceRow
}

// State is the status in a word: what is past its day is said.
func (r InvoiceRow) State() string {
	switch {
	case r.Status == crm.InvoiceSent && r.DueOn != "" && r.DueOn < r.Date(r.Now):
		return "Overdue"
	case r.Status == crm.InvoiceDeleted:
		return "Deleted"
	}
	for _, o := range invoiceStatuses {
		if o.Value == string(r.Status) {
			return o.Label
		}
	}
	return string(r.Status)
}

// Tone is the colour of the state.
func (r InvoiceRow) Tone() string {
	switch r.State() {
	case "Overdue":
		return "red"
	case "Sent":
		return "blue"
	case "Paid":
		return "green"
	}
	return "grey"
}

// Unknown reports whether its state could not be read for so long that it counts as open.
func (r InvoiceRow) Unknown() bool {
	return !r.Unread.IsZero() && r.Now.Sub(r.Unread) >= crm.UnreadInvoice
}

// ShowDay is a day such as 2026-11-24 as people read it.
func (Clock) ShowDay(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.Format("2 Jan 2006")
}

// InvoicePage is one invoice, or a new one.
type InvoicePage struct {
	Shell
	Invoice *crm.Invoice // nil for a new one
	Contact *crm.Contact // nil: the contact is gone
	Form    Form
}

func (InvoicePage) template() string { return "invoice" }

// Action is where the form goes.
func (p InvoicePage) Action() string {
	if p.Invoice == nil {
		return "/invoices"
	}
	return "/invoices/" + p.Invoice.ID.String()
}

// ByHand reports whether the invoice can be edited here.
func (p InvoicePage) ByHand() bool { return p.Invoice == nil || p.Invoice.Source == crm.SourceManual }

// Statuses are those that the reader may choose: voiding is for admins.
func (p InvoicePage) Statuses() []Option {
	if p.Admin() || p.Form.Value("status") == string(crm.InvoiceVoid) {
		return invoiceStatuses
	}
	return invoiceStatuses[:3]
}
