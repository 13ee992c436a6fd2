package crm

import (
	"strings"
	"time"
)

// Contact is a client or customer of a business (C1).
type Contact struct {
	BusinessID   ID
	ID           ID
	FirstName    string
	MiddleName   string
	LastName     string
	BusinessName string
	Contact      Address // where the person is
	Billing      Address
	Notes        string
	Custom       CustomValues // by the key of the custom field
	Status       Status
	// NameIsPlaceholder holds until a person, an import or a sync gives a name (C3).
	NameIsPlaceholder bool
	ProfileName       string // what the sender calls itself on WhatsApp; never a name by itself
	Source            Source
	Identities        []Identity // primary ones first within their kind
	Tags              []Tag
	Visibility        Visibility
	AssigneeID        ID
	OptOuts           []Family
	Version           int64
	CreatedAt         time.Time
	CreatedBy         string
	UpdatedAt         time.Time
	UpdatedBy         string
	LastMessageAt     time.Time // zero: never wrote and was never written to
}

// Status of a contact: active, or archived (C6, C7).
type Status string

// The statuses of a contact.
const (
	Active   Status = "active"
	Archived Status = "archived"
)

// Source is where a contact first came from.
type Source string

// The sources.
const (
	SourceManual   Source = "manual"
	SourceWhatsApp Source = "whatsapp"
	SourceSMS      Source = "sms"
	SourceImport   Source = "import"

	SourceXero       Source = "xero"
	SourceQuickBooks Source = "quickbooks"
	SourceHubSpot    Source = "hubspot"
)

// Address is a postal address. Street may have several lines.
type Address struct {
	Street     string `json:"street"`
	City       string `json:"city"`
	Region     string `json:"region"`
	PostalCode string `json:"postal_code"`
	Country    string `json:"country"` // ISO 3166-1 alpha-2, or empty
}

// Name is first, middle and last name in one line.
func (c *Contact) Name() string { return FullName(c.FirstName, c.MiddleName, c.LastName) }

// Called is what tells a contact to people: its name, or the firm's where nobody knows whose
// the name is.
func (c *Contact) Called() string {
	if c.NameIsPlaceholder && c.BusinessName != "" {
		return c.BusinessName
	}
	return c.Name()
}

// FullName joins the parts of a name that are there.
func FullName(parts ...string) string {
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}

// Primary is the value of the contact's primary identity of a kind, or "".
func (c *Contact) Primary(kind IdentityKind) string {
	for _, i := range c.Identities {
		if i.Kind == kind && i.Primary {
			return i.Value
		}
	}
	return ""
}

// Phone is the primary phone in E.164, or "".
func (c *Contact) Phone() string { return c.Primary(PhoneIdentity) }

// Email is the primary e-mail as it is shown: as entered, trimmed (I4).
func (c *Contact) Email() string {
	for _, i := range c.Identities {
		if i.Kind == EmailIdentity && i.Primary {
			return i.Shown()
		}
	}
	return ""
}

// Family is a kind of channel as a person means it: what one opts out of, and what a
// contact came by.
type Family string

// The families.
const (
	SMS      Family = "sms"
	WhatsApp Family = "whatsapp"
)

// Families are all of them.
var Families = []Family{SMS, WhatsApp}

// Title is the family as people call it.
func (f Family) Title() string {
	if f == SMS {
		return "SMS"
	}
	return "WhatsApp"
}
