package web

import (
	"net/http"
	"net/url"
	"testing"
)

// S5, C6: an invoice by hand shows on the contact, in the list, and in what is said before
// a delete.
func TestInvoicePages(t *testing.T) {
	s := newSite(t)
	a := s.signIn(t, s.A)
	c := s.Put(t, "Priya", "Shah", "+447400123456", "")
	page := "/contacts/" + c.ID.String()
	a.get(t, page+"/invoices/new", http.StatusOK)
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
