package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"parley/internal/app/accounts"
	"parley/internal/crm"
	"parley/internal/store"
)

// Invoice is a sales invoice as it goes out (S5).
type Invoice struct {
	ID        crm.ID            `json:"id"`
	ContactID crm.ID            `json:"contact_id" doc:"Empty once the contact is gone: what is left is an accounting record."`
	Number    string            `json:"number"`
	Currency  string            `json:"currency"`
	Total     string            `json:"total" doc:"A decimal number such as 120.00."`
	AmountDue string            `json:"amount_due"`
	IssuedOn  string            `json:"issued_on" format:"date"`
	DueOn     string            `json:"due_on" doc:"A day, or empty."`
	Status    crm.InvoiceStatus `json:"status" enum:"draft,sent,paid,void,deleted"`
	Open      bool              `json:"open" doc:"Keeps the contact from being deleted."`
	Source    crm.Source        `json:"source" doc:"manual, xero, quickbooks, …"`
	Link      string            `json:"link" doc:"Its page in the system that it comes from."`
	Version   int64             `json:"version" doc:"What If-Match names."`
	CreatedAt string            `json:"created_at" format:"date-time"`
	UpdatedAt string            `json:"updated_at" format:"date-time"`
}

// InvoiceDraft is what a call wants an invoice to be. What is left out stays as it is.
type InvoiceDraft struct {
	ContactID *crm.ID            `json:"contact_id,omitempty"`
	Number    *string            `json:"number,omitempty"`
	Currency  *string            `json:"currency,omitempty" doc:"ISO 4217, such as GBP."`
	Total     *Amount            `json:"total,omitempty"`
	AmountDue *Amount            `json:"amount_due,omitempty" doc:"Follows total and status where it is left out."`
	IssuedOn  *string            `json:"issued_on,omitempty" doc:"A day such as 2026-11-24; today where a new invoice leaves it out."`
	DueOn     *string            `json:"due_on,omitempty" doc:"A day, or empty."`
	Status    *crm.InvoiceStatus `json:"status,omitempty" enum:"draft,sent,paid,void" doc:"Only admins void. A new invoice is sent where it is left out."`
}

// Amount is a decimal number, as a string or as a JSON number. It is kept as it was
// written, for a float would round it.
type Amount string

// UnmarshalJSON takes both forms.
func (a *Amount) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte(`"`)) {
		return json.Unmarshal(data, (*string)(a))
	}
	*a = Amount(data)
	return nil
}

// Schema is for huma.
func (Amount) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeString}, {Type: huma.TypeNumber}},
		Description: `A decimal number, "120.00" or 120.`}
}

func (a *API) addInvoices() {
	tags := []string{"Invoices"}
	add(a, huma.Operation{OperationID: "listInvoices", Method: http.MethodGet, Path: "/invoices", Tags: tags,
		Summary: "List invoices", Description: "Those of contacts that the caller may see, the last issued first."}, rule{access: Agent}, a.listInvoices)
	add(a, huma.Operation{OperationID: "createInvoice", Method: http.MethodPost, Path: "/invoices", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Make an invoice by hand"}, rule{access: Agent}, a.createInvoice)
	add(a, huma.Operation{OperationID: "getInvoice", Method: http.MethodGet, Path: "/invoices/{id}", Tags: tags,
		Summary: "Read an invoice"}, rule{access: Agent, of: ofInvoice}, a.getInvoice)
	add(a, huma.Operation{OperationID: "changeInvoice", Method: http.MethodPatch, Path: "/invoices/{id}", Tags: tags, Errors: []int{403, 409, 412},
		Summary: "Change an invoice kept by hand", Description: "One that comes from an accounting system is changed there: 409 synced_invoice."},
		rule{access: Agent, of: ofInvoice}, a.changeInvoice)
	add(a, huma.Operation{OperationID: "deleteInvoice", Method: http.MethodDelete, Path: "/invoices/{id}", Tags: tags, Errors: []int{409},
		Summary: "Delete an invoice kept by hand"}, rule{access: Admin, of: ofInvoice}, a.deleteInvoice)
}

// InvoiceQuery chooses invoices.
type InvoiceQuery struct {
	ListParams
	Contact crm.ID `query:"contact" doc:"The id of a contact."`
	Status  string `query:"status" enum:"draft,sent,paid,void,deleted,open" doc:"open: every one that keeps its contact from being deleted."`
}

func (a *API) listInvoices(ctx context.Context, in *InvoiceQuery) (*struct{ Body Page[Invoice] }, error) {
	f := store.InvoiceFilter{Contact: in.Contact, Open: in.Status == "open"}
	if !f.Open {
		f.Status = crm.InvoiceStatus(in.Status)
	}
	var after *store.InvoicePlace
	if in.After != "" {
		parts, err := readCursor("invoices", in.After, 2)
		if err != nil {
			return nil, err
		}
		id, ok := crm.ParseID(parts[1])
		if !ok || !storable(parts[0]) {
			return nil, errCursor
		}
		after = &store.InvoicePlace{IssuedOn: parts[0], ID: id}
	}
	list, err := a.Accounts.List(ctx, callOf(ctx).who, f, after, in.Limit, in.Count)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body Page[Invoice] }{Page[Invoice]{Items: []Invoice{}}}
	for _, row := range list.Invoices {
		out.Body.Items = append(out.Body.Items, a.invoiceOf(row.Invoice))
	}
	if list.Next != nil {
		out.Body.Next = cursorOf("invoices", list.Next.IssuedOn, list.Next.ID.String())
	}
	if in.Count {
		out.Body.counted(list.Count, accounts.CountCap)
	}
	return out, nil
}

func (a *API) invoiceOf(i crm.Invoice) Invoice {
	return Invoice{i.ID, i.ContactID, i.Number, i.Currency, i.Total, i.AmountDue, i.IssuedOn, i.DueOn, i.Status, i.Open(a.Accounts.Now()),
		i.Source, i.Link, i.Version, shownTime(i.CreatedAt), shownTime(i.UpdatedAt)}
}

// InvoiceOut is one invoice with the version that If-Match names.
type InvoiceOut struct {
	ETag string `header:"ETag"`
	Body Invoice
}

func (a *API) invoiceOut(i crm.Invoice, err error) (*InvoiceOut, error) {
	if err != nil {
		return nil, err
	}
	return &InvoiceOut{etag(i.Version), a.invoiceOf(i)}, nil
}

func (d InvoiceDraft) draft() accounts.InvoiceDraft {
	return accounts.InvoiceDraft{ContactID: d.ContactID, Number: d.Number, Currency: d.Currency, Total: (*string)(d.Total),
		AmountDue: (*string)(d.AmountDue), IssuedOn: d.IssuedOn, DueOn: d.DueOn, Status: d.Status}
}

func (a *API) createInvoice(ctx context.Context, in *struct{ Body InvoiceDraft }) (*InvoiceOut, error) {
	return a.invoiceOut(a.Accounts.Put(ctx, callOf(ctx).who, in.Body.draft()))
}

func (a *API) getInvoice(ctx context.Context, in *ByID) (*InvoiceOut, error) {
	return a.invoiceOut(a.Accounts.Get(ctx, callOf(ctx).who, in.ID))
}

// ChangeInvoice is a PATCH.
type ChangeInvoice struct {
	ByID
	IfMatch string `header:"If-Match" doc:"The version that the change is based on, in quotation marks. Optional."`
	Body    InvoiceDraft
}

func (a *API) changeInvoice(ctx context.Context, in *ChangeInvoice) (*InvoiceOut, error) {
	d := in.Body.draft()
	d.ID = in.ID
	if in.IfMatch != "" && in.IfMatch != "*" {
		d.Version = parseETag(in.IfMatch)
	}
	return a.invoiceOut(a.Accounts.Put(ctx, callOf(ctx).who, d))
}

func (a *API) deleteInvoice(ctx context.Context, in *ByID) (*struct{}, error) {
	return nil, a.Accounts.Delete(ctx, callOf(ctx).who, in.ID)
}
