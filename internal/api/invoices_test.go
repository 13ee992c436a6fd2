package api_test

import (
	"testing"
)

// S5, C6: invoices by hand, whose open ones keep a contact from being deleted.
func TestInvoices(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin, agent := h.as(h.admin), h.as(h.agent("tom@acme.example"))
		id := h.contact("Priya", "+447400123456")
		made := agent.post("/invoices", J{"contact_id": id, "number": " INV-7 ", "currency": "gbp", "total": 120, "issued_on": "2026-11-01", "due_on": "2026-11-30"}).want(201)
		made.is("INV-7", "number").is("120.00", "total").is("120.00", "amount_due").is("sent", "status").is(true, "open").is("GBP", "currency").is("manual", "source").is("2026-11-30", "due_on")
		one := "/invoices/" + made.str("id")
		agent.patch(one, J{"amount_due": "20.5"}).want(200).is("20.50", "amount_due").is(float64(2), "version")
		agent.with("If-Match", `"1"`).patch(one, J{"amount_due": "1"}).want(412)
		agent.patch(one, J{"status": "void"}).want(403)
		agent.delete(one).want(403)
		admin.delete("/contacts/"+id).want(200).is("archived", "outcome").is(float64(1), "open_invoices").is(float64(0), "open_conversations")
		agent.get("/invoices?status=open&count=true").want(200).is("INV-7", "items", 0, "number").is(float64(1), "count")
		agent.get("/invoices?status=paid").want(200).is("", "next")
		agent.patch(one, J{"status": "paid"}).want(200).is("0.00", "amount_due").is(false, "open")
		admin.delete("/contacts/"+id).want(200).is("deleted", "outcome")
		agent.get(one).want(404)
		admin.get(one).want(200).is("", "contact_id").is("INV-7", "number")
		admin.patch(one, J{"status": "void"}).want(200)
		admin.delete(one).want(204)
	})
}

// What is wrong with an invoice is named, all at once.
func TestInvoicesRefused(t *testing.T) { each(t, testInvoicesRefused) }

func testInvoicesRefused(t *testing.T, h *house) {
	admin := h.as(h.admin)
	id := h.contact("Priya", "+447400123456")
	for _, x := range []struct {
		body   J
		fields []string
	}{
		{J{}, []string{"number", "currency", "total", "contact_id"}},
		{J{"contact_id": "nobody", "number": "1", "currency": "GBP", "total": "1"}, []string{"contact_id"}},
		{J{"contact_id": id, "number": "1", "currency": "GBP", "total": "1.234"}, []string{"total"}},
		{J{"contact_id": id, "number": "1", "currency": "JPY", "total": "1.5"}, []string{"total"}},
		{J{"contact_id": id, "number": "1", "currency": "GBP", "total": -1}, []string{"total"}},
		{J{"contact_id": id, "number": "1", "currency": "GBP", "total": 1e30}, []string{"total"}},
		{J{"contact_id": id, "number": "1", "currency": "GBP", "total": "1", "amount_due": "2"}, []string{"amount_due"}},
		{J{"contact_id": id, "number": "1", "currency": "GBP", "total": "1", "issued_on": "2026-02-30"}, []string{"issued_on"}},
		{J{"contact_id": id, "number": "1", "currency": "GBP", "total": "1", "issued_on": "2026-02-03", "due_on": "2026-01-01"}, []string{"due_on"}},
		{J{"contact_id": id, "number": "1", "currency": "GBP", "total": "1", "status": "open"}, []string{"status"}},
	} {
		answer := admin.post("/invoices", x.body).want(422)
		list := answer.at("errors").([]any)
		for n, field := range x.fields {
			if n >= len(list) || list[n].(map[string]any)["field"] != field {
				t.Errorf("%v: %v, want %v", x.body, list, x.fields)
				break
			}
		}
	}
	admin.get("/invoices").want(200).is("", "next")
}
