package xeroemulator

import (
	"encoding/json"
	"time"
)

// Contact is a contact as the API shows it. The zero values are left out, as Xero does.
type Contact struct {
	ContactID         string
	ContactNumber     string `json:",omitempty"`
	ContactStatus     string
	Name              string
	FirstName         string `json:",omitempty"`
	LastName          string `json:",omitempty"`
	EmailAddress      string
	Addresses         []Address
	Phones            []Phone
	IsCustomer        bool
	IsSupplier        bool
	MergedToContactID string    `json:",omitempty"`
	Updated           time.Time `json:"-"`
	// Raw, when it is set, is sent instead: a record that cannot be read.
	Raw string `json:"-"`
}

// Address is one address.
type Address struct {
	AddressType  string
	AddressLine1 string `json:",omitempty"`
	AddressLine2 string `json:",omitempty"`
	AddressLine3 string `json:",omitempty"`
	AddressLine4 string `json:",omitempty"`
	City         string `json:",omitempty"`
	Region       string `json:",omitempty"`
	PostalCode   string `json:",omitempty"`
	Country      string `json:",omitempty"`
	AttentionTo  string `json:",omitempty"`
}

// Phone is one phone.
type Phone struct {
	PhoneType        string
	PhoneNumber      string
	PhoneAreaCode    string
	PhoneCountryCode string
}

// MarshalJSON writes the time in Microsoft's form.
func (c Contact) MarshalJSON() ([]byte, error) {
	if c.Raw != "" {
		return []byte(c.Raw), nil
	}
	type plain Contact
	return json.Marshal(struct {
		plain
		UpdatedDateUTC        string
		ContactGroups         []string
		ContactPersons        []string
		HasValidationErrors   bool
		StatusAttributeString string `json:",omitempty"`
	}{plain(c), date(c.Updated), []string{}, []string{}, false, ""})
}

// Invoice is an invoice.
type Invoice struct {
	InvoiceID      string
	InvoiceNumber  string
	Type           string
	Status         string
	ContactID      string `json:"-"`
	CurrencyCode   string
	Total          json.Number
	AmountDue      json.Number
	AmountPaid     json.Number
	AmountCredited json.Number
	Date           time.Time `json:"-"`
	DueDate        time.Time `json:"-"`
	Updated        time.Time `json:"-"`
}

// MarshalJSON writes times in Microsoft's form.
func (i Invoice) MarshalJSON() ([]byte, error) {
	type plain Invoice
	return json.Marshal(struct {
		plain
		Contact        map[string]string
		Date           string
		DueDate        string
		UpdatedDateUTC string
		LineItems      []string
	}{plain(i), map[string]string{"ContactID": i.ContactID}, date(i.Date), date(i.DueDate), date(i.Updated), []string{}})
}

// PutContact adds a contact to an organisation, or replaces the one with its id, as a
// person does in Xero, and tells webhooks. It answers with its id.
func (e *Emulator) PutContact(orgID string, c Contact) string {
	e.Mu.Lock()
	o := e.orgByID(orgID)
	c.Updated = e.Tick()
	kind := "UPDATE"
	if c.ContactID == "" {
		c.ContactID, kind = newID(), "CREATE"
	}
	if c.ContactStatus == "" {
		c.ContactStatus = "ACTIVE"
	}
	o.put(&c)
	e.note(o, "CONTACT", kind, c.ContactID)
	e.Mu.Unlock()
	e.Tell()
	return c.ContactID
}

func (o *org) put(c *Contact) {
	for n, had := range o.contacts {
		if had.ContactID == c.ContactID {
			o.contacts[n] = c
			return
		}
	}
	o.contacts = append(o.contacts, c)
}

// Fill adds contacts without telling anybody: a business that has been there for years.
func (e *Emulator) Fill(orgID string, list ...Contact) {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	o := e.orgByID(orgID)
	for _, c := range list {
		c.Updated = e.Tick()
		if c.ContactID == "" {
			c.ContactID = newID()
		}
		if c.ContactStatus == "" {
			c.ContactStatus = "ACTIVE"
		}
		o.contacts = append(o.contacts, &c)
	}
}

// Contact is a contact as it is now.
func (e *Emulator) Contact(orgID, id string) Contact {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	for _, c := range e.orgByID(orgID).contacts {
		if c.ContactID == id {
			return *c
		}
	}
	return Contact{}
}

// Contacts are all of an organisation.
func (e *Emulator) Contacts(orgID string) []Contact {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	var list []Contact
	for _, c := range e.orgByID(orgID).contacts {
		list = append(list, *c)
	}
	return list
}

// Change edits a contact as a person does in Xero, and tells webhooks.
func (e *Emulator) Change(orgID, id string, f func(*Contact)) {
	c := e.Contact(orgID, id)
	f(&c)
	e.PutContact(orgID, c)
}

// Merge makes one contact part of another.
func (e *Emulator) Merge(orgID, from, into string) {
	e.Change(orgID, from, func(c *Contact) { c.ContactStatus, c.MergedToContactID = "ARCHIVED", into })
}

// PutInvoice adds or replaces an invoice and tells webhooks. It answers with its id.
func (e *Emulator) PutInvoice(orgID string, i Invoice) string {
	e.Mu.Lock()
	o := e.orgByID(orgID)
	i.Updated = e.Tick()
	kind, at := "UPDATE", -1
	for n, had := range o.invoices {
		if i.InvoiceID != "" && had.InvoiceID == i.InvoiceID {
			at = n
		}
	}
	if i.InvoiceID == "" {
		i.InvoiceID, kind = newID(), "CREATE"
	}
	if i.Type == "" {
		i.Type = "ACCREC"
	}
	if i.CurrencyCode == "" {
		i.CurrencyCode = o.currency
	}
	if i.Date.IsZero() {
		i.Date = i.Updated
	}
	if i.DueDate.IsZero() {
		i.DueDate = i.Date.AddDate(0, 0, 30)
	}
	for _, n := range []*json.Number{&i.Total, &i.AmountDue, &i.AmountPaid, &i.AmountCredited} {
		if *n == "" {
			*n = "0.00"
		}
	}
	if at >= 0 {
		o.invoices[at] = &i
	} else {
		o.invoices = append(o.invoices, &i)
	}
	e.note(o, "INVOICE", kind, i.InvoiceID)
	e.Mu.Unlock()
	e.Tell()
	return i.InvoiceID
}

// Invoice is an invoice as it is now.
func (e *Emulator) Invoice(orgID, id string) Invoice {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	for _, i := range e.orgByID(orgID).invoices {
		if i.InvoiceID == id {
			return *i
		}
	}
	return Invoice{}
}
