package quickbooksemulator

import (
	"encoding/json"
	"html/template"
	"net/http"

	"parley/internal/connector/emulator"
)

var book = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><title>Emulated QuickBooks</title>
<body style="font:15px/1.5 system-ui;max-width:75rem;margin:2rem auto;padding:0 1rem"><h1>Emulated QuickBooks</h1>
<p>What a bookkeeper would see. Change something, and Parley hears of it.</p>` + emulator.TakeBackForm + `
{{range .}}{{$realm := .Realm}}<h2>{{.Name}}</h2><table cellpadding="4">
<tr><th>Display name<th>First name<th>Last name<th>Company<th>E-mail<th>Mobile<th>City<th><th></tr>
{{range .Customers}}<tr><form method="post" action="/customers"><input type="hidden" name="realm" value="{{$realm}}"><input type="hidden" name="id" value="{{.ID}}">
<td><input name="display" aria-label="Display name" value="{{.DisplayName}}"><td><input name="given" aria-label="First name" value="{{.GivenName}}"><td><input name="family" aria-label="Last name" value="{{.FamilyName}}">
<td><input name="company" aria-label="Company" value="{{.CompanyName}}"><td><input name="email" aria-label="E-mail" value="{{with .PrimaryEmailAddr}}{{.Address}}{{end}}"><td><input name="mobile" aria-label="Mobile" value="{{with .Mobile}}{{.FreeFormNumber}}{{end}}">
<td><input name="city" aria-label="City" value="{{with .ShipAddr}}{{.City}}{{end}}"><td><button>{{if .ID}}Save{{else}}Add{{end}}</button>{{if .ID}}<td><button name="active" value="{{if .Active}}no{{else}}yes{{end}}">{{if .Active}}Make inactive{{else}}Make active{{end}}</button>{{end}}</form></tr>{{end}}
</table>
<h3>Invoices</h3><table cellpadding="4">{{range .Invoices}}<tr><td>{{.DocNumber}}<td>{{.TotalAmt}}<td>{{.Balance}} due<td><form method="post" action="/invoices">
<input type="hidden" name="realm" value="{{$realm}}"><input type="hidden" name="id" value="{{.ID}}"><button>Mark as paid</button> <button name="do" value="void">Void</button> <button name="do" value="delete">Delete</button></form></tr>{{end}}</table>{{end}}`))

// page is what a bookkeeper would see, with up to fifty customers of each company.
func (e *Emulator) page(w http.ResponseWriter, _ *http.Request) {
	type books struct {
		Realm, Name string
		Customers   []Customer
		Invoices    []Invoice
	}
	var all []books
	e.Mu.Lock()
	for _, c := range e.companies {
		b := books{Realm: c.realm, Name: c.name}
		for _, k := range c.customers[:min(50, len(c.customers))] {
			b.Customers = append(b.Customers, *k)
		}
		b.Customers = append(b.Customers, Customer{})
		for _, i := range c.invoices {
			b.Invoices = append(b.Invoices, *i)
		}
		all = append(all, b)
	}
	e.Mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = book.Execute(w, all)
}

// asked is the company that a form of the page is about.
func (e *Emulator) asked(w http.ResponseWriter, r *http.Request) (realm string, ok bool) {
	realm = r.PostFormValue("realm")
	e.Mu.Lock()
	defer e.Mu.Unlock()
	if e.company(realm) == nil {
		http.NotFound(w, r)
		return "", false
	}
	return realm, true
}

func (e *Emulator) edit(w http.ResponseWriter, r *http.Request) {
	realm, ok := e.asked(w, r)
	if !ok {
		return
	}
	k := e.Customer(realm, r.PostFormValue("id"))
	k.DisplayName, k.GivenName, k.FamilyName, k.CompanyName = r.PostFormValue("display"), r.PostFormValue("given"), r.PostFormValue("family"), r.PostFormValue("company")
	k.PrimaryEmailAddr, k.Mobile = &Email{r.PostFormValue("email")}, &Phone{r.PostFormValue("mobile")}
	address := Address{}
	if k.ShipAddr != nil {
		address = *k.ShipAddr
	}
	address.City = r.PostFormValue("city")
	k.ShipAddr = &address
	k.tidy()
	if k.DisplayName == "" {
		http.Error(w, "A name is needed.", http.StatusBadRequest)
		return
	}
	id := e.PutCustomer(realm, k)
	switch r.PostFormValue("active") {
	case "no":
		e.Deactivate(realm, id)
	case "yes":
		e.Activate(realm, id)
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (e *Emulator) editInvoice(w http.ResponseWriter, r *http.Request) {
	realm, ok := e.asked(w, r)
	if !ok {
		return
	}
	i := e.Invoice(realm, r.PostFormValue("id"))
	if i.ID == "" {
		http.NotFound(w, r)
		return
	}
	switch r.PostFormValue("do") {
	case "void":
		e.Void(realm, i.ID)
	case "delete":
		e.DeleteInvoice(realm, i.ID)
	default:
		e.Pay(realm, i.ID)
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// Sample fills a company with a decorator's customers, and what makes their books worth a
// look: a firm, a project, a sub-customer, two who share a number, one without any.
func (e *Emulator) Sample() string {
	realm := e.AddCompany("Birch & Sons Decorating", "GB", "GBP", false)
	customer := func(given, family, email, mobile string) Customer {
		k := Customer{GivenName: given, FamilyName: family, DisplayName: given + " " + family}
		if email != "" {
			k.PrimaryEmailAddr = &Email{email}
		}
		if mobile != "" {
			k.Mobile = &Phone{mobile}
		}
		return k
	}
	nadia := customer("Nadia", "Karim", "nadia.karim@example.com", "07700 900161")
	nadia.ShipAddr = &Address{Line1: "9 Kiln Street", City: "Bradford", PostalCode: "BD1 4PE", Country: "United Kingdom"}
	nadia.BillAddr = nadia.ShipAddr
	joe := customer("Joe", "Whitfield", "joe@whitfield.example", "07700 900162")
	joe.CompanyName, joe.MiddleName, joe.DisplayName = "Whitfield Lettings Ltd", "Alan", "Whitfield Lettings Ltd"
	hall := Customer{DisplayName: "St Anne's Parish Hall", PrimaryEmailAddr: &Email{"office@stannes.example"}, PrimaryPhone: &Phone{"0113 496 0163"}}
	tess := customer("Tess", "Moor", "", "+44 7700 900164")
	desk := customer("Reception,", "Corn Exchange", "", "07700 900165")
	events := customer("Events,", "Corn Exchange", "", "07700 900165")
	site := Customer{DisplayName: "Flat 3", GivenName: "Flat", FamilyName: "3", Job: true, ParentRef: &Ref{Value: "2"}, Mobile: &Phone{"07700 900162"}}
	project := Customer{DisplayName: "Repaint 2026", Job: true, IsProject: true, ParentRef: &Ref{Value: "3"}}
	e.Fill(realm, nadia, joe, hall, tess, desk, events, site, project, Customer{DisplayName: "Walk-in"})
	e.AddVendor(realm, "Northern Paint Supplies")
	for n, k := range e.Customers(realm)[:3] {
		total := json.Number([]string{"480.00", "1250.50", "96.00"}[n])
		e.PutInvoice(realm, Invoice{CustomerRef: Ref{Value: k.ID}, TotalAmt: total, Balance: total})
	}
	return realm
}
