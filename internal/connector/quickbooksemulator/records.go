package quickbooksemulator

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Customer is a customer as the API shows it. Empty values are left out, as QuickBooks
// does.
type Customer struct {
	ID               string   `json:"Id"`
	SyncToken        string   `json:"SyncToken"`
	GivenName        string   `json:"GivenName,omitempty"`
	MiddleName       string   `json:"MiddleName,omitempty"`
	FamilyName       string   `json:"FamilyName,omitempty"`
	CompanyName      string   `json:"CompanyName,omitempty"`
	DisplayName      string   `json:"DisplayName"`
	PrimaryEmailAddr *Email   `json:"PrimaryEmailAddr,omitempty"`
	PrimaryPhone     *Phone   `json:"PrimaryPhone,omitempty"`
	AlternatePhone   *Phone   `json:"AlternatePhone,omitempty"`
	Mobile           *Phone   `json:"Mobile,omitempty"`
	Fax              *Phone   `json:"Fax,omitempty"`
	BillAddr         *Address `json:"BillAddr,omitempty"`
	ShipAddr         *Address `json:"ShipAddr,omitempty"`
	Notes            string   `json:"Notes,omitempty"`
	Job              bool     `json:"Job"`
	IsProject        bool     `json:"IsProject"`
	ParentRef        *Ref     `json:"ParentRef,omitempty"`
	Active           bool     `json:"Active"`

	Created time.Time `json:"-"`
	Updated time.Time `json:"-"`
	// Raw, when it is set, is sent instead: a record that cannot be read.
	Raw string `json:"-"`
}

// Email, Phone, Ref and Address are parts of records.
type (
	Email struct {
		Address string `json:"Address,omitempty"`
	}
	Phone struct {
		FreeFormNumber string `json:"FreeFormNumber,omitempty"`
	}
	Ref struct {
		Value string `json:"value"`
		Name  string `json:"name,omitempty"`
	}
	Address struct {
		ID                     string `json:"Id,omitempty"`
		Line1                  string `json:"Line1,omitempty"`
		Line2                  string `json:"Line2,omitempty"`
		Line3                  string `json:"Line3,omitempty"`
		Line4                  string `json:"Line4,omitempty"`
		Line5                  string `json:"Line5,omitempty"`
		City                   string `json:"City,omitempty"`
		CountrySubDivisionCode string `json:"CountrySubDivisionCode,omitempty"`
		PostalCode             string `json:"PostalCode,omitempty"`
		Country                string `json:"Country,omitempty"`
	}
)

type meta struct {
	CreateTime      string
	LastUpdatedTime string
}

// MarshalJSON writes a customer with what all records have.
func (c Customer) MarshalJSON() ([]byte, error) {
	if c.Raw != "" {
		return []byte(c.Raw), nil
	}
	type plain Customer
	return json.Marshal(struct {
		plain
		Domain   string `json:"domain"`
		Sparse   bool   `json:"sparse"`
		MetaData meta
		Balance  int
	}{plain(c), "QBO", false, meta{zoned(c.Created), zoned(c.Updated)}, 0})
}

// zoned is a time as it stands in records: with the offset of the company.
func zoned(t time.Time) string {
	return t.In(time.FixedZone("", -8*60*60)).Format("2006-01-02T15:04:05-07:00")
}

// Invoice is an invoice.
type Invoice struct {
	ID          string `json:"Id"`
	SyncToken   string
	DocNumber   string `json:"DocNumber,omitempty"`
	TxnDate     string
	DueDate     string
	TotalAmt    json.Number
	Balance     json.Number
	CustomerRef Ref
	CurrencyRef *Ref   `json:"CurrencyRef,omitempty"`
	PrivateNote string `json:"PrivateNote,omitempty"`

	Updated time.Time `json:"-"`
}

// MarshalJSON writes an invoice with what all records have.
func (i Invoice) MarshalJSON() ([]byte, error) {
	type plain Invoice
	return json.Marshal(struct {
		plain
		Domain   string `json:"domain"`
		Sparse   bool   `json:"sparse"`
		MetaData meta
		Line     []string
	}{plain(i), "QBO", false, meta{zoned(i.Updated), zoned(i.Updated)}, []string{}})
}

func (c *company) newID() string {
	c.id++
	return strconv.Itoa(c.id)
}

func (c *company) customer(id string) *Customer {
	for _, k := range c.customers {
		if k.ID == id {
			return k
		}
	}
	return nil
}

// put adds or replaces a customer with the next version.
func (e *Emulator) put(c *company, k *Customer) (operation string) {
	k.Updated = e.tick()
	for n, had := range c.customers {
		if had.ID == k.ID && k.ID != "" {
			version, _ := strconv.Atoi(had.SyncToken)
			k.SyncToken, k.Created = strconv.Itoa(version+1), had.Created
			c.customers[n] = k
			return "Update"
		}
	}
	if k.ID == "" {
		k.ID = c.newID()
	}
	k.SyncToken, k.Created = "0", k.Updated
	c.customers = append(c.customers, k)
	return "Create"
}

// PutCustomer adds a customer to a company, or replaces the one with its id, as a person
// does in QuickBooks, and tells webhooks. It answers with its id.
func (e *Emulator) PutCustomer(realm string, k Customer) string {
	e.Mu.Lock()
	c := e.company(realm)
	if k.ID == "" {
		k.Active = true
	}
	e.note(c, event{entity: "Customer", operation: e.put(c, &k), id: k.ID})
	e.Mu.Unlock()
	e.Tell()
	return k.ID
}

// Fill adds customers without telling anybody: a business that has been there for years.
func (e *Emulator) Fill(realm string, list ...Customer) {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	for _, k := range list {
		k.Active = true
		e.put(e.company(realm), &k)
	}
}

// Customer is a customer as it is now.
func (e *Emulator) Customer(realm, id string) Customer {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	if k := e.company(realm).customer(id); k != nil {
		return *k
	}
	return Customer{}
}

// Customers are all of a company.
func (e *Emulator) Customers(realm string) []Customer {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	var list []Customer
	for _, k := range e.company(realm).customers {
		list = append(list, *k)
	}
	return list
}

// Change edits a customer as a person does in QuickBooks, and tells webhooks.
func (e *Emulator) Change(realm, id string, f func(*Customer)) {
	k := e.Customer(realm, id)
	f(&k)
	e.PutCustomer(realm, k)
}

// Deactivate makes a customer inactive, or one that is active again.
func (e *Emulator) Deactivate(realm, id string) {
	e.Change(realm, id, func(k *Customer) { k.Active, k.DisplayName = false, k.DisplayName+" (deleted)" })
}

// Activate makes a customer active again.
func (e *Emulator) Activate(realm, id string) {
	e.Change(realm, id, func(k *Customer) { k.Active, k.DisplayName = true, strings.TrimSuffix(k.DisplayName, " (deleted)") })
}

// Merge makes one customer part of another: it is not there any more.
func (e *Emulator) Merge(realm, from, into string) {
	e.Mu.Lock()
	c := e.company(realm)
	for n, k := range c.customers {
		if k.ID == from {
			c.customers = append(c.customers[:n], c.customers[n+1:]...)
			break
		}
	}
	now := e.tick()
	c.stubs = append(c.stubs, stub{"Customer", from, now})
	for _, i := range c.invoices {
		if i.CustomerRef.Value == from {
			i.CustomerRef.Value, i.Updated = into, now
		}
	}
	e.Mu.Unlock()
	e.TellMerge(realm, from, into)
}

// TellMerge tells webhooks of a merge, be it for the second time.
func (e *Emulator) TellMerge(realm, from, into string) {
	e.Mu.Lock()
	e.note(e.company(realm), event{entity: "Customer", operation: "Merge", id: into, merged: from})
	e.Mu.Unlock()
	e.Tell()
}

// PutInvoice adds or replaces an invoice and tells webhooks. It answers with its id.
func (e *Emulator) PutInvoice(realm string, i Invoice) string {
	e.Mu.Lock()
	c := e.company(realm)
	i.Updated = e.tick()
	operation, at := "Update", -1
	for n, had := range c.invoices {
		if i.ID != "" && had.ID == i.ID {
			at = n
		}
	}
	if i.ID == "" {
		i.ID, operation = c.newID(), "Create"
		i.DocNumber = or(i.DocNumber, fmt.Sprint(1000+c.id))
	}
	i.TxnDate = or(i.TxnDate, i.Updated.Format(time.DateOnly))
	i.DueDate = or(i.DueDate, i.Updated.AddDate(0, 0, 30).Format(time.DateOnly))
	i.TotalAmt, i.Balance = json.Number(or(string(i.TotalAmt), "0")), json.Number(or(string(i.Balance), "0"))
	if c.several && i.CurrencyRef == nil {
		i.CurrencyRef = &Ref{Value: c.currency}
	}
	if at >= 0 {
		c.invoices[at] = &i
	} else {
		c.invoices = append(c.invoices, &i)
	}
	e.note(c, event{entity: "Invoice", operation: operation, id: i.ID})
	e.Mu.Unlock()
	e.Tell()
	return i.ID
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// Invoice is an invoice as it is now.
func (e *Emulator) Invoice(realm, id string) Invoice {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	for _, i := range e.company(realm).invoices {
		if i.ID == id {
			return *i
		}
	}
	return Invoice{}
}

// Pay settles an invoice; Void voids it.
func (e *Emulator) Pay(realm, id string) {
	i := e.Invoice(realm, id)
	i.Balance = "0"
	e.PutInvoice(realm, i)
}

// Void voids an invoice: its amounts become nothing.
func (e *Emulator) Void(realm, id string) {
	i := e.Invoice(realm, id)
	i.Balance, i.TotalAmt, i.PrivateNote = "0", "0", "Voided"
	e.PutInvoice(realm, i)
}

// DeleteInvoice deletes an invoice: it is not there any more.
func (e *Emulator) DeleteInvoice(realm, id string) {
	e.Mu.Lock()
	c := e.company(realm)
	for n, i := range c.invoices {
		if i.ID == id {
			c.invoices = append(c.invoices[:n], c.invoices[n+1:]...)
			break
		}
	}
	c.stubs = append(c.stubs, stub{"Invoice", id, e.tick()})
	e.note(c, event{entity: "Invoice", operation: "Delete", id: id})
	e.Mu.Unlock()
	e.Tell()
}
