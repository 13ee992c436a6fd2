package crm

import (
	"math/big"
	"regexp"
	"strings"
	"time"

	"golang.org/x/text/currency"
	"golang.org/x/text/language"
)

// Invoice is a sales invoice of a contact, kept by hand or read from an accounting system
// (S5). Amounts are decimal numbers with as many places as the currency has: "120.00".
type Invoice struct {
	BusinessID ID
	ID         ID
	ContactID  ID // empty: the contact is gone, and this is an accounting record
	Number     string
	Currency   string // ISO 4217
	Total      string
	AmountDue  string
	IssuedOn   string // a day: 2026-11-24
	DueOn      string // or ""
	Status     InvoiceStatus
	Source     Source
	ExternalID string    // over there; empty for one kept by hand
	Link       string    // to it over there
	Unread     time.Time // since when its state cannot be read over there; zero: it can
	Version    int64
	CreatedAt  time.Time
	CreatedBy  string
	UpdatedAt  time.Time
}

// InvoiceStatus is how far an invoice is.
type InvoiceStatus string

// The statuses of an invoice. Deleted is one that was deleted over there.
const (
	InvoiceDraft   InvoiceStatus = "draft"
	InvoiceSent    InvoiceStatus = "sent"
	InvoicePaid    InvoiceStatus = "paid"
	InvoiceVoid    InvoiceStatus = "void"
	InvoiceDeleted InvoiceStatus = "deleted"
)

// UnreadInvoice is after how long an invoice whose state cannot be read counts as open.
const UnreadInvoice = 15 * time.Minute

// Open reports whether an invoice keeps its contact from being deleted (C6): it is neither
// paid, void nor deleted, or nobody could see for a while whether it is. The same rule
// stands in SQL in store/invoice.go.
func (i *Invoice) Open(now time.Time) bool {
	settled := i.Status == InvoicePaid || i.Status == InvoiceVoid || i.Status == InvoiceDeleted
	return !settled || !i.Unread.IsZero() && now.Sub(i.Unread) >= UnreadInvoice
}

// Normalise cleans an invoice kept by hand and reports what cannot be stored. What is due
// of a settled one is nothing.
func (i *Invoice) Normalise() Problems {
	var p Problems
	if i.Number = CleanLine(&p, "number", i.Number, 60); i.Number == "" {
		p.Add("number", "required", "A number is needed.")
	}
	places := i.normaliseCurrency(&p)
	total := amount(&p, "total", &i.Total, places)
	if i.Status == InvoicePaid || i.Status == InvoiceVoid {
		i.AmountDue = "0"
	} else if i.AmountDue == "" {
		i.AmountDue = i.Total
	}
	var due *big.Rat
	if i.AmountDue != "" {
		due = amount(&p, "amount_due", &i.AmountDue, places)
	}
	if total != nil && due != nil && due.Cmp(total) > 0 {
		p.Add("amount_due", "more_than_total", "More is due than the total.")
	}
	if day(&p, "issued_on", i.IssuedOn) && i.IssuedOn == "" {
		p.Add("issued_on", "required", "The day it was issued is needed.")
	}
	if day(&p, "due_on", i.DueOn) && i.DueOn != "" && i.DueOn < i.IssuedOn {
		p.Add("due_on", "before_issued", "It is due before it was issued.")
	}
	switch i.Status {
	case InvoiceDraft, InvoiceSent, InvoicePaid, InvoiceVoid:
	default:
		p.Add("status", "unknown_status", "The status is draft, sent, paid or void.")
	}
	return p
}

// CurrencyOf is the currency of a country, to propose one; empty where none is known.
func CurrencyOf(country string) string {
	region, err := language.ParseRegion(country)
	if err != nil {
		return ""
	}
	unit, ok := currency.FromRegion(region)
	if !ok {
		return ""
	}
	return unit.String()
}

func (i *Invoice) normaliseCurrency(p *Problems) (places int) {
	i.Currency = strings.ToUpper(strings.TrimSpace(i.Currency))
	unit, err := currency.ParseISO(i.Currency)
	if err != nil {
		if i.Currency == "" {
			p.Add("currency", "required", "A currency is needed: three letters such as GBP.")
			return 2
		}
		p.Add("currency", "unknown_currency", "%q is no currency. Use three letters such as GBP.", clip(i.Currency))
		return 2
	}
	places, _ = currency.Standard.Rounding(unit)
	return places
}

var decimal = regexp.MustCompile(`^-?[0-9]{1,15}(\.[0-9]{1,10})?$`)

// amount brings a decimal number to the places of its currency; nil when it is none.
func amount(p *Problems, field string, text *string, places int) *big.Rat {
	*text = strings.TrimSpace(*text)
	switch {
	case *text == "":
		p.Add(field, "required", "An amount is needed.")
		return nil
	case !decimal.MatchString(*text):
		p.Add(field, "bad_amount", "%q is no amount. Write it as 120.00.", clip(*text))
		return nil
	case strings.HasPrefix(*text, "-"):
		p.Add(field, "negative", "An amount cannot be less than nothing.")
		return nil
	}
	number, _ := new(big.Rat).SetString(*text)
	rounded := number.FloatString(places)
	if back, _ := new(big.Rat).SetString(rounded); back.Cmp(number) != 0 {
		p.Add(field, "too_precise", "This currency has %d decimal places.", places)
		return nil
	}
	*text = rounded
	return number
}

func day(p *Problems, field, text string) bool {
	if text == "" {
		return true
	}
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		p.Add(field, "bad_date", "%q is no day. Write it as 2026-11-24.", clip(text))
		return false
	}
	return true
}
