package web

import (
	"net/http"
	"net/url"
	"strings"

	"parley/internal/app/accounts"
	"parley/internal/crm"
	"parley/internal/store"
)

const invoicesOnContact = 5

// invoicesPage handles GET /invoices?status=&contact=&after=.
func (s *Server) invoicesPage(w http.ResponseWriter, r *http.Request) error {
	page := InvoicesPage{}
	var err error
	if page.Shell, err = s.shell(r, "invoices", "Invoices"); err != nil {
		return err
	}
	if page.InvoiceRows, err = s.invoiceRows(r); err != nil {
		return err
	}
	page.Status = r.URL.Query().Get("status")
	return s.show(w, r, http.StatusOK, page)
}

// moreInvoices handles GET /invoices/rows with the same names.
func (s *Server) moreInvoices(w http.ResponseWriter, r *http.Request) error {
	rows, err := s.invoiceRows(r)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, rows)
}

func (s *Server) invoiceRows(r *http.Request) (rows InvoiceRows, err error) {
	query := r.URL.Query()
	f := store.InvoiceFilter{}
	f.Contact, _ = crm.ParseID(query.Get("contact"))
	switch status := query.Get("status"); status {
	case "open":
		f.Open = true
	case "draft", "sent", "paid", "void", "deleted":
		f.Status = crm.InvoiceStatus(status)
	}
	var after *store.InvoicePlace
	if day, id, ok := strings.Cut(query.Get("after"), "."); ok {
		if id, ok := crm.ParseID(id); ok {
			after = &store.InvoicePlace{IssuedOn: day, ID: id}
		}
	}
	list, err := s.Accounts.List(r.Context(), actor(r), f, after, rowsAtOnce, false)
	if err != nil {
		return rows, err
	}
	clock, _, err := s.clock(r)
	if err != nil {
		return rows, err
	}
	for _, i := range list.Invoices {
		rows.Rows = append(rows.Rows, InvoiceRow{clock, i})
	}
	rows.Narrowed = f != store.InvoiceFilter{}
	if list.Next != nil {
		query.Set("after", list.Next.IssuedOn+"."+list.Next.ID.String())
		query.Del("said")
		rows.Next = "/invoices/rows?" + query.Encode()
	}
	return rows, nil
}

// newInvoice handles GET /contacts/{id}/invoices/new.
func (s *Server) newInvoice(w http.ResponseWriter, r *http.Request) error {
	contact, err := pathID(r, "id")
	if err != nil {
		return err
	}
	clock, b, err := s.clock(r)
	if err != nil {
		return err
	}
	form := Form{Values: map[string]string{"contact_id": contact.String(), "status": "sent", "currency": crm.CurrencyOf(b.Country), "issued_on": clock.Date(clock.Now)}}
	return s.showInvoice(w, r, http.StatusOK, nil, form)
}

// invoicePage handles GET /invoices/{id}.
func (s *Server) invoicePage(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	i, err := s.Accounts.Get(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	return s.showInvoice(w, r, http.StatusOK, &i, Form{Values: map[string]string{"contact_id": i.ContactID.String(), "number": i.Number, "currency": i.Currency,
		"total": i.Total, "amount_due": i.AmountDue, "issued_on": i.IssuedOn, "due_on": i.DueOn, "status": string(i.Status)}})
}

func (s *Server) showInvoice(w http.ResponseWriter, r *http.Request, status int, i *crm.Invoice, form Form) error {
	page := InvoicePage{Invoice: i, Form: form}
	title := "New invoice"
	if i != nil {
		title = "Invoice " + i.Number
	}
	var err error
	if page.Shell, err = s.shell(r, "invoices", title); err != nil {
		return err
	}
	if contact, ok := crm.ParseID(form.Value("contact_id")); ok {
		if page.Contact, err = s.Contacts.Get(r.Context(), actor(r), contact); err != nil {
			return err
		}
	}
	return s.show(w, r, status, page)
}

var invoiceFields = []string{"contact_id", "number", "currency", "total", "amount_due", "issued_on", "due_on", "status"}

// saveInvoice handles POST /invoices and POST /invoices/{id}.
func (s *Server) saveInvoice(w http.ResponseWriter, r *http.Request) error {
	form := readForm(r, invoiceFields...)
	d := accounts.InvoiceDraft{Number: new(form.Value("number")), Currency: new(form.Value("currency")), Total: new(form.Value("total")),
		IssuedOn: new(form.Value("issued_on")), DueOn: new(form.Value("due_on")), Status: new(crm.InvoiceStatus(form.Value("status")))}
	if due := form.Value("amount_due"); due != "" {
		d.AmountDue = &due
	}
	var before *crm.Invoice
	if r.PathValue("id") == "" {
		contact, _ := crm.ParseID(form.Value("contact_id")) // what is none is refused as missing
		d.ContactID = &contact
	} else {
		id, err := pathID(r, "id")
		if err != nil {
			return err
		}
		i, err := s.Accounts.Get(r.Context(), actor(r), id)
		if err != nil {
			return err
		}
		before, d.ID, d.Version = &i, id, parseInt(r.PostFormValue("version"))
	}
	i, err := s.Accounts.Put(r.Context(), actor(r), d)
	switch crm.KindOf(err) {
	case crm.Invalid, crm.Stale, crm.Conflicting:
		form.Fail(err, invoiceFields...)
		return s.showInvoice(w, r, statusOf(err), before, form)
	}
	if err != nil {
		return err
	}
	if i.ContactID == "" {
		return seeOther(w, r, "/invoices?said=saved")
	}
	return seeOther(w, r, "/contacts/"+i.ContactID.String()+"?said=saved")
}

// deleteInvoice handles POST /invoices/{id}/delete. Admins only.
func (s *Server) deleteInvoice(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	if err := s.Accounts.Delete(r.Context(), actor(r), id); err != nil {
		return err
	}
	return seeOther(w, r, "/invoices?said=invoice-gone")
}

// contactInvoices are the last invoices of a contact, for its page.
func (s *Server) contactInvoices(r *http.Request, clock Clock, contact crm.ID) (rows InvoiceRows, err error) {
	list, err := s.Accounts.List(r.Context(), actor(r), store.InvoiceFilter{Contact: contact}, nil, invoicesOnContact, false)
	if err != nil {
		return rows, err
	}
	for _, i := range list.Invoices {
		rows.Rows = append(rows.Rows, InvoiceRow{clock, i})
	}
	if list.Next != nil {
		rows.Next = "/invoices?" + url.Values{"contact": {contact.String()}}.Encode()
	}
	return rows, nil
}
