package xeroemulator

import (
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
	"time"

	"parley/internal/connector/emulator"
)

var book = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><title>Emulated Xero</title>
<body style="font:15px/1.5 system-ui;max-width:70rem;margin:2rem auto;padding:0 1rem"><h1>Emulated Xero</h1>
<p>What a bookkeeper would see. Change something, and Parley hears of it.</p>` + emulator.TakeBackForm + `
{{range .}}{{$org := .ID}}<h2>{{.Name}}</h2>
{{range .Contacts}}<form method="post" action="/contacts" style="display:flex;gap:.5rem;margin:.25rem 0"><input type="hidden" name="org" value="{{$org}}"><input type="hidden" name="id" value="{{.ContactID}}">
<input name="name" aria-label="Name" placeholder="Name" value="{{.Name}}"><input name="first" aria-label="First name" placeholder="First name" value="{{.FirstName}}"><input name="last" aria-label="Last name" placeholder="Last name" value="{{.LastName}}">
<input name="email" aria-label="E-mail" placeholder="E-mail" value="{{.EmailAddress}}"><input name="mobile" aria-label="Mobile" placeholder="Mobile" value="{{.Mobile}}"><input name="city" aria-label="City" placeholder="City" value="{{.City}}">
<button>{{if .ContactID}}Save{{else}}Add{{end}}</button>{{if .ContactID}}<button name="archive" value="yes">{{if eq .ContactStatus "ARCHIVED"}}Archived{{else}}Archive{{end}}</button>{{end}}</form>{{end}}
<h3>Invoices</h3>{{range .Invoices}}<form method="post" action="/invoices" style="display:flex;gap:.75rem;margin:.25rem 0"><span>{{.InvoiceNumber}}</span><span>{{.CurrencyCode}} {{.Total}}</span><span>{{.Status}}</span>
<input type="hidden" name="org" value="{{$org}}"><input type="hidden" name="id" value="{{.InvoiceID}}"><button>Mark as paid</button></form>{{end}}{{end}}`))

type shown struct {
	Contact
	Mobile, City string
}

// page is what a bookkeeper would see, with up to fifty contacts of each organisation.
func (e *Emulator) page(w http.ResponseWriter, _ *http.Request) {
	type books struct {
		ID, Name string
		Contacts []shown
		Invoices []Invoice
	}
	var all []books
	e.Mu.Lock()
	for _, o := range e.orgs {
		b := books{ID: o.id, Name: o.name}
		for _, c := range o.contacts[:min(50, len(o.contacts))] {
			row := shown{Contact: *c, Mobile: shownMobile(*c)}
			for _, a := range c.Addresses {
				if a.AddressType == "STREET" {
					row.City = a.City
				}
			}
			b.Contacts = append(b.Contacts, row)
		}
		b.Contacts = append(b.Contacts, shown{})
		for _, i := range o.invoices {
			b.Invoices = append(b.Invoices, *i)
		}
		all = append(all, b)
	}
	e.Mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = book.Execute(w, all)
}

// asked is the organisation that a form is about.
func (e *Emulator) asked(w http.ResponseWriter, r *http.Request) (org string, ok bool) {
	org = r.PostFormValue("org")
	e.Mu.Lock()
	defer e.Mu.Unlock()
	if e.orgByID(org) == nil {
		http.NotFound(w, r)
		return "", false
	}
	return org, true
}

func (e *Emulator) edit(w http.ResponseWriter, r *http.Request) {
	org, ok := e.asked(w, r)
	if !ok {
		return
	}
	c := e.Contact(org, r.PostFormValue("id"))
	before := shownMobile(c)
	c.Name, c.FirstName, c.LastName, c.EmailAddress = r.PostFormValue("name"), r.PostFormValue("first"), r.PostFormValue("last"), r.PostFormValue("email")
	if r.PostFormValue("archive") != "" {
		c.ContactStatus = map[string]string{"ARCHIVED": "ACTIVE"}[c.ContactStatus]
		if c.ContactStatus == "" {
			c.ContactStatus = "ARCHIVED"
		}
	}
	if mobile := r.PostFormValue("mobile"); mobile != before {
		c.Phones = []Phone{{PhoneType: "MOBILE", PhoneNumber: mobile}}
	}
	city := r.PostFormValue("city")
	list := []Address{{AddressType: "STREET", City: city}}
	for _, a := range c.Addresses {
		if a.AddressType == "STREET" {
			list[0] = a
			list[0].City = city
		} else {
			list = append(list, a)
		}
	}
	if c.Addresses = list; c.Name == "" {
		http.Error(w, "A name is needed.", http.StatusBadRequest)
		return
	}
	c.IsCustomer = true
	e.PutContact(org, c)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func shownMobile(c Contact) string {
	for _, p := range c.Phones {
		if p.PhoneType == "MOBILE" {
			return strings.TrimSpace(strings.Join([]string{p.PhoneCountryCode, p.PhoneAreaCode, p.PhoneNumber}, " "))
		}
	}
	return ""
}

func (e *Emulator) editInvoice(w http.ResponseWriter, r *http.Request) {
	org, ok := e.asked(w, r)
	if !ok {
		return
	}
	i := e.Invoice(org, r.PostFormValue("id"))
	if i.InvoiceID == "" {
		http.NotFound(w, r)
		return
	}
	i.Status, i.AmountDue, i.AmountPaid = "PAID", "0.00", i.Total
	e.PutInvoice(org, i)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// Sample fills an organisation with a florist's customers, and what makes their books
// worth a look: a firm, a supplier, two who share a number, one without any.
func (e *Emulator) Sample() string {
	org := e.AddOrg("Rosas Flowers Ltd", "GB", "GBP")
	mobile := func(number string) []Phone {
		return []Phone{{PhoneType: "DEFAULT"}, {PhoneType: "MOBILE", PhoneCountryCode: "44", PhoneNumber: number}}
	}
	street := func(line, city, code string) []Address {
		return []Address{{AddressType: "STREET", AddressLine1: line, City: city, PostalCode: code, Country: "United Kingdom"}, {AddressType: "POBOX"}}
	}
	list := []Contact{
		{Name: "Harriet Lowe", FirstName: "Harriet", LastName: "Lowe", EmailAddress: "harriet.lowe@example.com", Phones: mobile("7700900151"), Addresses: street("4 Mill Lane", "Leeds", "LS1 4AP")},
		{Name: "Bramley & Daughters", FirstName: "Owen", LastName: "Bramley", EmailAddress: "owen@bramley.example", Phones: mobile("7700900152"), Addresses: street("11 Canal Wharf", "Leeds", "LS11 5PS")},
		{Name: "The Old Dairy Café Ltd", EmailAddress: "hello@olddairy.example", Addresses: street("2 Dairy Yard", "Otley", "LS21 1AA")},
		{Name: "Marta Nowak", FirstName: "Marta", LastName: "Nowak", EmailAddress: "marta.nowak@example.com", Phones: mobile("7700900153")},
		{Name: "Sam Okafor", FirstName: "Sam", LastName: "Okafor", Phones: mobile("7700900154")},
		{Name: "Reception, Hyde House", FirstName: "Ines", LastName: "Duarte", Phones: mobile("7700900155")},
		{Name: "Events, Hyde House", FirstName: "Paul", LastName: "Finch", Phones: mobile("7700900155")},
		{Name: "Cash sale"},
	}
	for n := range list {
		list[n].IsCustomer = true
	}
	list = append(list, Contact{Name: "Dutch Bulb Growers BV", IsSupplier: true, EmailAddress: "sales@bulbs.example"})
	e.Fill(org, list...)
	for n, c := range e.Contacts(org)[:3] {
		total := json.Number([]string{"120.00", "84.50", "310.00"}[n])
		e.PutInvoice(org, Invoice{InvoiceNumber: "INV-00" + string(rune('1'+n)), Status: "AUTHORISED", ContactID: c.ContactID, Total: total, AmountDue: total, Date: e.Now().Add(-time.Duration(n) * 24 * time.Hour)})
	}
	return org
}
