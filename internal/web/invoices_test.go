package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"parley/internal/store"
)

// S5, C6: an invoice by hand shows on the contact, in the list, and in what is said before
// a delete.
func TestInvoicePages(t *testing.T) {
	s := newSite(t)
	a := s.signIn(t, s.A)
	c := s.Put(t, "Priya", "Shah", "+447400123456", "")
	page := "/contacts/" + c.ID.String()
	wants(t, a.get(t, page+"/invoices/new", http.StatusOK), `value="GBP"`)
	typed := url.Values{"contact_id": {c.ID.String()}, "number": {"INV-7"}, "currency": {"GBP"}, "total": {"12O"}, "issued_on": {"2026-11-01"}, "status": {"sent"}}
	wants(t, a.post(t, "/invoices", typed, http.StatusUnprocessableEntity), `id="f-total-error"`, `value="12O"`)
	typed.Set("total", "120")
	wants(t, a.post(t, "/invoices", typed, http.StatusOK), "INV-7", "120.00 GBP")
	wants(t, a.get(t, "/invoices?status=open", http.StatusOK), "INV-7", "Priya Shah")
	wants(t, a.get(t, "/invoices?status=paid", http.StatusOK), "None of these")
	m := s.signIn(t, s.M)
	wants(t, m.get(t, page+"/delete", http.StatusOK), "will be archived", "invoice INV-7 is open")
	s.Receive(t, s.SMS, s.Text("+447400123456", "hello"))
	wants(t, m.get(t, page+"/delete", http.StatusOK), "1 conversation and invoice INV-7 are open")
	wants(t, m.post(t, page+"/delete", url.Values{}, http.StatusOK), "archived instead of deleted")
}

// C10: erasing asks to be sure, and is for admins.
func TestErasePage(t *testing.T) {
	s := newSite(t)
	m := s.signIn(t, s.M)
	c := s.Put(t, "Priya", "Shah", "+447400123456", "")
	page := "/contacts/" + c.ID.String() + "/erase"
	wants(t, m.get(t, page, http.StatusOK), "Backups made earlier")
	wants(t, m.post(t, page, url.Values{}, http.StatusUnprocessableEntity), "Tick the box")
	wants(t, m.post(t, page, url.Values{"sure": {"yes"}}, http.StatusOK), "The person was erased.")
	m.get(t, "/contacts/"+c.ID.String(), http.StatusNotFound)
}

// C10: an admin has all that is kept of a person in one click, as a file or a page.
func TestExportPerson(t *testing.T) {
	s := newSite(t)
	c := s.Put(t, "Priya", "Shah", "+447400123456", "")
	s.Receive(t, s.SMS, s.Text("+447400123456", "where is my order?"))
	page := "/contacts/" + c.ID.String()
	m, a := s.signIn(t, s.M), s.signIn(t, s.A)
	wants(t, m.get(t, page, http.StatusOK), page+"/export?format=html", page+"/export?format=json", page+"/export?format=vcard")
	wants(t, m.get(t, page+"/export?format=html", http.StatusOK), "where is my order?", "All that Rosas keeps of this person")
	wants(t, m.get(t, page+"/export?format=vcard", http.StatusOK), "N:Shah;Priya;;;")
	wants(t, m.get(t, page, http.StatusOK), "All that is kept of this person was exported")
	m.get(t, page+"/export?format=pdf", http.StatusNotFound)
	a.get(t, page+"/export", http.StatusForbidden)
	if strings.Contains(a.get(t, page, http.StatusOK), "/export") {
		t.Error("an agent is offered what is refused")
	}
}

// C6, S5: an agent sees and edits invoices, and neither voids nor deletes them.
func TestInvoicesOfAgents(t *testing.T) {
	s := newSite(t)
	c := s.Put(t, "Priya", "Shah", "+447400123456", "")
	m, a := s.signIn(t, s.M), s.signIn(t, s.A)
	typed := url.Values{"contact_id": {c.ID.String()}, "number": {"INV-7"}, "currency": {"GBP"}, "total": {"120"}, "issued_on": {"2026-11-01"}, "status": {"sent"}}
	m.post(t, "/invoices", typed, http.StatusOK)
	list, err := s.Accounts.List(t.Context(), s.A, store.InvoiceFilter{Contact: c.ID}, nil, 10, false)
	if err != nil || len(list.Invoices) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	i := list.Invoices[0]
	at := "/invoices/" + i.ID.String()
	wants(t, a.get(t, "/contacts/"+c.ID.String(), http.StatusOK), "INV-7")
	if page := a.get(t, at, http.StatusOK); strings.Contains(page, `value="void"`) || strings.Contains(page, "/delete") {
		t.Error("an agent is offered to void or delete")
	}
	typed.Set("version", "1")
	typed.Set("status", "void")
	a.post(t, at, typed, http.StatusForbidden)
	a.post(t, at+"/delete", url.Values{}, http.StatusForbidden)
	if now, err := s.Accounts.Get(t.Context(), s.A, i.ID); err != nil || now.Status != "sent" {
		t.Errorf("%+v, %v", now, err)
	}
}
