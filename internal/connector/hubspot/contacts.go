package hubspot

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"parley/internal/connector"
	"parley/internal/crm"
)

// properties are those that are read.
var properties = []string{"firstname", "lastname", "email", "hs_additional_emails", "phone", "mobilephone", "company", "address", "city", "state", "zip", "country",
	"lastmodifieddate", "hs_merged_object_ids", "middle_name", "billing_address", "billing_city", "billing_state", "billing_zip", "billing_country"}

// byField are the properties of fields that are kept as they are, both ways.
var byField = map[string]string{"first_name": "firstname", "last_name": "lastname", "business_name": "company", "email": "email",
	"contact_address.street": "address", "contact_address.city": "city", "contact_address.region": "state", "contact_address.postal_code": "zip"}

// countries are the properties of countries, which are kept by their names.
var countries = map[string]string{"contact_address.country": "country", "billing_address.country": "billing_country"}

// byPhone are the properties of kinds of phone.
var byPhone = map[string]string{"Mobile": "mobilephone", "Phone": "phone"}

// object is a contact of the API, as far as it is read. Values are texts, or null.
type object struct {
	ID         string
	Properties map[string]*string
	UpdatedAt  string
	Archived   bool
}

func (o object) get(property string) string {
	if text := o.Properties[property]; text != nil {
		return strings.TrimSpace(*text)
	}
	return ""
}

// changed is when a contact was changed last: by the property that searches go by.
func (o object) changed() time.Time {
	return readTime(cmp.Or(o.get("lastmodifieddate"), o.UpdatedAt))
}

// record reads one contact. What cannot be read is damaged, and says why.
func record(raw json.RawMessage, org crm.Organisation) (connector.Record, object) {
	var o object
	if err := json.Unmarshal(raw, &o); err != nil || o.ID == "" || o.Properties == nil {
		var id struct{ ID string }
		_ = json.Unmarshal(raw, &id)
		return connector.Record{ID: id.ID, Damaged: "HubSpot sent a contact that cannot be read: " + connector.Excerpt(raw)}, object{}
	}
	at := o.changed()
	if at.IsZero() {
		return connector.Record{ID: o.ID, Damaged: "The time of its last change cannot be read: " + connector.Excerpt([]byte(o.UpdatedAt))}, o
	}
	r := connector.Record{ID: o.ID, Version: cmp.Or(o.UpdatedAt, o.get("lastmodifieddate")), UpdatedAt: at, Values: crm.Values{}, Archived: o.Archived, Current: raw,
		URL: page(org, o.ID)}
	for field, property := range byField {
		if text := o.get(property); text != "" && field != "email" {
			r.Values[field] = text
		}
	}
	for field, property := range custom {
		if text := o.get(property); text != "" && keeps(org, field) {
			r.Values[field] = text
		}
	}
	for field, property := range countries {
		delete(r.Values, field) // as a code, where it is one
		if country := crm.CountryCode(o.get(property)); country != "" && keeps(org, field) {
			r.Values[field] = country
		}
	}
	for _, kind := range phones {
		if text := o.get(byPhone[kind]); text != "" {
			r.Phones = append(r.Phones, connector.Phone{Kind: kind, Text: text})
		}
	}
	if email := o.get("email"); email != "" {
		r.Emails = append(r.Emails, email)
	}
	r.Emails = append(r.Emails, strings.FieldsFunc(o.get("hs_additional_emails"), func(c rune) bool { return c == ';' || c == ' ' })...)
	r.Name = cmp.Or(crm.FullName(o.get("firstname"), o.get("lastname")), o.get("company"), o.get("email"), "Contact "+o.ID)
	return r, o
}

// withMerged puts before a record those that became part of it: its own properties name
// them. They come first, so that a link moves before the record is looked at.
func withMerged(list []connector.Record, r connector.Record, o object) []connector.Record {
	for _, id := range strings.FieldsFunc(o.get("hs_merged_object_ids"), func(c rune) bool { return c == ';' || c == ' ' }) {
		if isID(id) && id != o.ID {
			list = append(list, connector.Record{ID: id, Name: r.Name, Version: r.Version, UpdatedAt: r.UpdatedAt, MergedTo: o.ID})
		}
	}
	return append(list, r)
}

// page is the address of a contact in HubSpot.
func page(org crm.Organisation, id string) string {
	host := org.Details["ui"]
	if !strings.HasSuffix(host, ".hubspot.com") {
		host = "app.hubspot.com"
	}
	return "https://" + host + "/contacts/" + org.ID + "/record/0-1/" + id
}

// readTime reads a time in either of HubSpot's forms: ISO, or milliseconds since 1970. The
// zero time is none.
func readTime(text string) time.Time {
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.UnixMilli(ms).UTC()
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// phones are the kinds of phone, the likeliest mobile first.
var phones = []string{"Mobile", "Phone"}
