package crm

// Field names one field of a contact that holds text, as it is called in the API, in
// forms, in imports and in the history.
type Field string

// The fields of text.
const (
	FirstName         Field = "first_name"
	MiddleName        Field = "middle_name"
	LastName          Field = "last_name"
	BusinessName      Field = "business_name"
	ContactStreet     Field = "contact_address.street"
	ContactCity       Field = "contact_address.city"
	ContactRegion     Field = "contact_address.region"
	ContactPostalCode Field = "contact_address.postal_code"
	ContactCountry    Field = "contact_address.country"
	BillingStreet     Field = "billing_address.street"
	BillingCity       Field = "billing_address.city"
	BillingRegion     Field = "billing_address.region"
	BillingPostalCode Field = "billing_address.postal_code"
	BillingCountry    Field = "billing_address.country"
	Notes             Field = "notes"
)

// TextFields are all of them in the order in which they are shown.
var TextFields = []Field{
	FirstName, MiddleName, LastName, BusinessName,
	ContactStreet, ContactCity, ContactRegion, ContactPostalCode, ContactCountry,
	BillingStreet, BillingCity, BillingRegion, BillingPostalCode, BillingCountry,
	Notes,
}

// Text is where the contact keeps the field; nil for a field that is none of TextFields.
func (c *Contact) Text(f Field) *string {
	switch f {
	case FirstName:
		return &c.FirstName
	case MiddleName:
		return &c.MiddleName
	case LastName:
		return &c.LastName
	case BusinessName:
		return &c.BusinessName
	case ContactStreet:
		return &c.Contact.Street
	case ContactCity:
		return &c.Contact.City
	case ContactRegion:
		return &c.Contact.Region
	case ContactPostalCode:
		return &c.Contact.PostalCode
	case ContactCountry:
		return &c.Contact.Country
	case BillingStreet:
		return &c.Billing.Street
	case BillingCity:
		return &c.Billing.City
	case BillingRegion:
		return &c.Billing.Region
	case BillingPostalCode:
		return &c.Billing.PostalCode
	case BillingCountry:
		return &c.Billing.Country
	case Notes:
		return &c.Notes
	}
	return nil
}

// maxLength is the most characters a field takes.
func (f Field) maxLength() int {
	switch f {
	case Notes:
		return 10_000
	case ContactStreet, BillingStreet:
		return 500
	case ContactPostalCode, BillingPostalCode:
		return 40
	}
	return 200
}

// lines reports whether the field may hold line breaks.
func (f Field) lines() bool { return f == Notes || f == ContactStreet || f == BillingStreet }
