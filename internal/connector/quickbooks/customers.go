package quickbooks

import (
	"encoding/json"
	"regexp"
	"strings"

	"parley/internal/connector"
	"parley/internal/crm"
)

// customer is a Customer, as far as it is read.
type customer struct {
	ID               string `json:"Id"`
	SyncToken        string
	GivenName        string
	MiddleName       string
	FamilyName       string
	CompanyName      string
	DisplayName      string
	PrimaryEmailAddr struct{ Address string }
	Mobile           phone
	PrimaryPhone     phone
	AlternatePhone   phone
	Fax              phone
	ShipAddr         address
	BillAddr         address
	Active           *bool
	Job, IsProject   bool
	ParentRef        *reference
	MetaData         struct{ LastUpdatedTime string }
	Status           string `json:"status"` // Deleted, of one that is not there any more
}

type phone struct{ FreeFormNumber string }

type address struct {
	Line1, Line2, Line3, Line4, Line5 string
	City                              string
	CountrySubDivisionCode            string
	PostalCode                        string
	Country                           string
}

// deleted is what QuickBooks puts behind the name of a customer that is made inactive, so
// that the name is free again.
var deleted = regexp.MustCompile(`\s*\(deleted(?: \d+)?\)$`)

// record reads one customer. What cannot be read is damaged, and says why.
func record(raw json.RawMessage) connector.Record {
	var k customer
	if err := json.Unmarshal(raw, &k); err != nil || k.ID == "" {
		var id struct {
			ID string `json:"Id"`
		}
		_ = json.Unmarshal(raw, &id)
		return connector.Record{ID: id.ID, Damaged: "QuickBooks sent a customer that cannot be read: " + connector.Excerpt(raw)}
	}
	at := readTime(k.MetaData.LastUpdatedTime)
	if strings.EqualFold(k.Status, "Deleted") {
		return connector.Record{ID: k.ID, UpdatedAt: at, Version: k.SyncToken, Gone: true}
	}
	if at.IsZero() {
		return connector.Record{ID: k.ID, Name: k.DisplayName, Damaged: "The time of its last change cannot be read: " + connector.Excerpt([]byte(k.MetaData.LastUpdatedTime))}
	}
	r := connector.Record{ID: k.ID, Version: k.SyncToken, UpdatedAt: at, Name: deleted.ReplaceAllString(k.DisplayName, ""), Values: crm.Values{}, Current: raw,
		Archived: k.Active != nil && !*k.Active, URL: "https://app.qbo.intuit.com/app/customerdetail?nameId=" + k.ID}
	set := func(field, text string) {
		if text = strings.TrimSpace(text); text != "" {
			r.Values[field] = text
		}
	}
	set("first_name", k.GivenName)
	set("middle_name", k.MiddleName)
	set("last_name", k.FamilyName)
	set("business_name", k.CompanyName)
	if len(r.Values) == 0 { // nobody's name: it is a firm's
		set("business_name", r.Name)
	}
	k.ShipAddr.read("contact_address.", set)
	k.BillAddr.read("billing_address.", set)
	for _, slot := range k.slots() {
		if text := strings.TrimSpace(slot.FreeFormNumber); text != "" && (slot.kind != "Fax" || len(r.Phones) > 0) { // a fax alone reaches nobody
			r.Phones = append(r.Phones, connector.Phone{Kind: slot.kind, Text: text})
		}
	}
	r.Emails = addresses(k.PrimaryEmailAddr.Address)
	switch {
	case k.IsProject:
		r.LeaveOut = "project"
	case k.Job || k.ParentRef != nil && k.ParentRef.Value != "":
		r.LeaveOut = "sub-customer"
	}
	return r
}

type slot struct {
	kind, name string // as in Kind.Phones, and as QuickBooks calls it
	phone
}

func (k customer) slots() []slot {
	return []slot{{"Mobile", "Mobile", k.Mobile}, {"Phone", "PrimaryPhone", k.PrimaryPhone}, {"Alternate", "AlternatePhone", k.AlternatePhone}, {"Fax", "Fax", k.Fax}}
}

// addresses are those that people typed into the one field for e-mail.
func addresses(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",; \t\r\n", r) })
}

func (a address) read(which string, set func(field, text string)) {
	var lines []string
	for _, line := range []string{a.Line1, a.Line2, a.Line3, a.Line4, a.Line5} {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	set(which+"street", strings.Join(lines, "\n"))
	set(which+"city", a.City)
	set(which+"region", a.CountrySubDivisionCode)
	set(which+"postal_code", a.PostalCode)
	set(which+"country", crm.CountryCode(a.Country))
}
