package xero

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"parley/internal/connector"
	"parley/internal/crm"
)

// contact is a Contact of the accounting API, as far as it is read.
type contact struct {
	ContactID       string
	ContactNumber   string
	ContactStatus   string
	Name            string
	FirstName       string
	LastName        string
	EmailAddress    string
	ContactPersons  []struct{ EmailAddress string }
	Addresses       []address
	Phones          []phone
	IsCustomer      bool
	IsSupplier      bool
	MergedToContact string `json:"MergedToContactID"`
	UpdatedDateUTC  string
}

// address goes back with empty parts as they are: one that is left out might stay.
type address struct {
	AddressType  string
	AddressLine1 string
	AddressLine2 string
	AddressLine3 string
	AddressLine4 string
	City         string
	Region       string
	PostalCode   string
	Country      string
	AttentionTo  string `json:",omitempty"`
}

type phone struct {
	PhoneType        string
	PhoneNumber      string
	PhoneAreaCode    string
	PhoneCountryCode string
}

type pagination struct {
	Page, PageCount int
}

// Changes is a page of contacts or invoices in the order of their change.
func (c client) Changes(ctx context.Context, a connector.Access, feed crm.FeedKind, cursor string) (connector.Page, error) {
	at, err := readPlace(cursor)
	if err != nil {
		return connector.Page{}, err
	}
	query := url.Values{"page": {strconv.Itoa(at.Page)}, "pageSize": {strconv.Itoa(pageSize)}, "order": {"UpdatedDateUTC ASC"}}
	read := c.contacts
	if feed == crm.FeedInvoices {
		read = c.invoices
	} else {
		query.Set("includeArchived", "true")
	}
	page, times, paged, err := read(ctx, a, query, at.header())
	if err != nil {
		return page, err
	}
	if paged.Page != 0 && paged.Page != at.Page {
		return page, connector.Fail(connector.Garbled, "page", "Page "+strconv.Itoa(at.Page)+" was asked for, and page "+strconv.Itoa(paged.Page)+" came.")
	}
	for n, now := 0, c.app.Now(); n < len(times); n++ {
		times[n] = connector.NotAhead(times[n], now)
	}
	page.More = len(times) > 0 && at.Page < paged.PageCount
	if paged.PageCount == 0 { // it does not say: until a page is empty
		page.More = len(times) > 0
	}
	page.Next = at.after(times, page.More).String()
	return page, nil
}

// Read reads records by their ids.
func (c client) Read(ctx context.Context, a connector.Access, feed crm.FeedKind, ids []string) (connector.Page, error) {
	read := c.contacts
	query := url.Values{"IDs": {strings.Join(ids, ",")}, "page": {"1"}}
	if feed == crm.FeedInvoices {
		read = c.invoices
	} else {
		query.Set("includeArchived", "true")
	}
	page, _, _, err := read(ctx, a, query, "")
	return page, err
}

func (c client) contacts(ctx context.Context, a connector.Access, query url.Values, since string) (page connector.Page, times []time.Time, paged pagination, err error) {
	var answer struct {
		Contacts   []json.RawMessage
		Pagination pagination
	}
	reply, err := c.get(ctx, a, "/Contacts", query, since, &answer)
	if err == nil {
		err = listed(reply, answer.Contacts)
	}
	if err != nil {
		return page, nil, paged, err
	}
	for _, raw := range answer.Contacts {
		r := record(raw, a.Org)
		page.Contacts = append(page.Contacts, r)
		times = append(times, r.UpdatedAt)
	}
	return page, times, answer.Pagination, nil
}

// record reads one contact. What cannot be read is damaged, and says why.
func record(raw json.RawMessage, org crm.Organisation) connector.Record {
	var k contact
	if err := json.Unmarshal(raw, &k); err != nil || k.ContactID == "" {
		var id struct{ ContactID string }
		_ = json.Unmarshal(raw, &id)
		return connector.Record{ID: id.ContactID, Damaged: "Xero sent a contact that cannot be read: " + connector.Excerpt(raw)}
	}
	r := connector.Record{ID: k.ContactID, Version: k.UpdatedDateUTC, UpdatedAt: readTime(k.UpdatedDateUTC), Name: k.Name, OurID: k.ContactNumber,
		Values: crm.Values{}, Archived: k.ContactStatus == "ARCHIVED", Erased: k.ContactStatus == "GDPRREQUEST", MergedTo: k.MergedToContact, Current: raw,
		URL: page(org, "https://go.xero.com/Contacts/View/"+k.ContactID, "/Contacts/View/"+k.ContactID)}
	if r.UpdatedAt.IsZero() {
		return connector.Record{ID: k.ContactID, Name: k.Name, Damaged: "The time of its last change cannot be read: " + connector.Excerpt([]byte(k.UpdatedDateUTC))}
	}
	set := func(field, text string) {
		if text = strings.TrimSpace(text); text != "" {
			r.Values[field] = text
		}
	}
	set("first_name", k.FirstName)
	set("last_name", k.LastName)
	if !isPerson(k.Name, k.FirstName, k.LastName) {
		set("business_name", k.Name)
	}
	for _, a := range k.Addresses {
		which := map[string]string{"STREET": "contact_address.", "POBOX": "billing_address."}[a.AddressType]
		if which == "" {
			continue
		}
		set(which+"street", lines(a.AddressLine1, a.AddressLine2, a.AddressLine3, a.AddressLine4))
		set(which+"city", a.City)
		set(which+"region", a.Region)
		set(which+"postal_code", a.PostalCode)
		set(which+"country", crm.CountryCode(a.Country))
	}
	for _, p := range k.Phones {
		if text := p.join(); text != "" && p.PhoneType != "FAX" {
			r.Phones = append(r.Phones, connector.Phone{Kind: p.PhoneType, Text: text})
		}
	}
	if k.EmailAddress != "" {
		r.Emails = []string{k.EmailAddress}
	}
	if k.IsSupplier && !k.IsCustomer {
		r.LeaveOut = "supplier"
	}
	return r
}

// page is the address of a record in Xero, which finds the organisation by its short code.
func page(org crm.Organisation, plain, path string) string {
	if code := org.Details["short_code"]; code != "" {
		return "https://go.xero.com/organisationlogin/default.aspx?" + url.Values{"shortcode": {code}, "redirecturl": {path}}.Encode()
	}
	return plain
}

func lines(list ...string) string {
	var kept []string
	for _, line := range list {
		if line = strings.TrimSpace(line); line != "" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

// join makes one number of the three parts. People often type the whole of it into the
// last one.
func (p phone) join() string {
	number := strings.TrimSpace(p.PhoneNumber)
	country := strings.TrimLeft(strings.TrimSpace(p.PhoneCountryCode), "+0")
	area := strings.TrimSpace(p.PhoneAreaCode)
	switch {
	case number == "":
		return ""
	case strings.HasPrefix(number, "+") || strings.HasPrefix(number, "00"):
		return number
	case country == "":
		return strings.TrimSpace(area + " " + number)
	case area == "":
		return "+" + country + " " + strings.TrimPrefix(number, "0")
	}
	return "+" + country + " " + cmp.Or(strings.TrimPrefix(area, "0"), area) + " " + number
}

// isPerson reports whether a record is called as its person is, also with something in
// brackets that tells it from another of that name: Xero wants each name once.
func isPerson(name, first, last string) bool {
	name, person := strings.ToLower(crm.FullName(name)), strings.ToLower(crm.FullName(first, last))
	rest, begins := strings.CutPrefix(name, person)
	return begins && (rest == "" || person != "" && strings.HasPrefix(rest, " (") && strings.HasSuffix(rest, ")"))
}
