package hubspotemulator

import (
	"html/template"
	"maps"
	"net/http"

	"parley/internal/connector/emulator"
)

var book = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><title>Emulated HubSpot</title>
<body style="font:15px/1.5 system-ui;max-width:75rem;margin:2rem auto;padding:0 1rem"><h1>Emulated HubSpot</h1>
<p>What a salesperson would see. Change something, and Parley hears of it.</p>` + emulator.TakeBackForm + `
{{range .}}{{$portal := .Portal}}<h2>{{.Domain}}</h2><table cellpadding="4">
<tr><th>First name<th>Last name<th>Company<th>E-mail<th>Mobile<th>City<th><th></tr>
{{range .Contacts}}<tr><form method="post" action="/contacts"><input type="hidden" name="portal" value="{{$portal}}"><input type="hidden" name="id" value="{{.ID}}">
<td><input name="firstname" aria-label="First name" value="{{.Properties.firstname}}"><td><input name="lastname" aria-label="Last name" value="{{.Properties.lastname}}"><td><input name="company" aria-label="Company" value="{{.Properties.company}}">
<td><input name="email" aria-label="E-mail" value="{{.Properties.email}}"><td><input name="mobilephone" aria-label="Mobile" value="{{.Properties.mobilephone}}"><td><input name="city" aria-label="City" value="{{.Properties.city}}">
<td><button>{{if .ID}}Save{{else}}Add{{end}}</button>{{if .ID}}<td><button name="do" value="{{if .Archived}}restore{{else}}archive{{end}}">{{if .Archived}}Restore{{else}}Delete{{end}}</button> <button name="do" value="erase">Erase (GDPR)</button>{{end}}</form></tr>{{end}}
</table>{{end}}`))

// page is what a salesperson would see, with up to fifty contacts of each account.
func (e *Emulator) page(w http.ResponseWriter, _ *http.Request) {
	type books struct {
		Portal, Domain string
		Contacts       []Contact
	}
	var all []books
	e.Mu.Lock()
	for _, o := range e.accounts {
		b := books{Portal: o.portal, Domain: o.domain}
		for _, c := range o.contacts[:min(50, len(o.contacts))] {
			copied := *c
			copied.Properties = maps.Clone(c.Properties)
			b.Contacts = append(b.Contacts, copied)
		}
		b.Contacts = append(b.Contacts, Contact{Properties: map[string]string{}})
		all = append(all, b)
	}
	e.Mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = book.Execute(w, all)
}

func (e *Emulator) edit(w http.ResponseWriter, r *http.Request) {
	portal, id := r.PostFormValue("portal"), r.PostFormValue("id")
	e.Mu.Lock()
	o := e.account(portal)
	known := o != nil && (id == "" || o.contact(id) != nil)
	e.Mu.Unlock()
	if !known {
		http.NotFound(w, r)
		return
	}
	switch r.PostFormValue("do") {
	case "archive":
		e.Archive(portal, id)
	case "restore":
		e.Restore(portal, id)
	case "erase":
		e.Erase(portal, id)
	default:
		set := map[string]string{}
		for _, property := range []string{"firstname", "lastname", "company", "email", "mobilephone", "city"} {
			set[property] = r.PostFormValue(property)
		}
		e.PutContact(portal, id, set)
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// Sample fills an account with a yoga studio's contacts, and what makes them worth a look:
// a firm without a person, two who share a number, one without any, one in the archive.
func (e *Emulator) Sample() string {
	portal := e.AddAccount("stillwater.example", "GBP")
	e.Fill(portal,
		map[string]string{"firstname": "Leila", "lastname": "Haddad", "email": "leila.haddad@example.com", "mobilephone": "+447700900171", "address": "3 Weir Lane", "city": "Hebden Bridge", "zip": "HX7 8AB", "country": "United Kingdom"},
		map[string]string{"firstname": "Tom", "lastname": "Ashworth", "email": "tom@ashworth.example", "hs_additional_emails": "t.ashworth@example.com", "phone": "07700 900172", "company": "Ashworth Joinery"},
		map[string]string{"company": "Calder Wellbeing CIC", "email": "hello@calder.example"},
		map[string]string{"firstname": "Mei", "lastname": "Lin", "mobilephone": "07700 900173"},
		map[string]string{"firstname": "Front desk", "lastname": "Old Mill", "mobilephone": "07700 900174"},
		map[string]string{"firstname": "Events", "lastname": "Old Mill", "mobilephone": "07700 900174"},
		map[string]string{"firstname": "Newsletter", "lastname": "reader"},
		map[string]string{"firstname": "Gone", "lastname": "Away", "email": "gone@example.com"})
	all := e.Contacts(portal)
	e.Archive(portal, all[len(all)-1].ID)
	return portal
}
