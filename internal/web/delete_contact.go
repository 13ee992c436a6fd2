package web

import (
	"net/http"
	"strings"

	"parley/internal/app/contacts"
	"parley/internal/crm"
)

// DeletePage says what deleting a contact would do, and why, before it is done (C6).
type DeletePage struct {
	Shell
	Contact  *crm.Contact
	Deletion contacts.Deletion
}

func (DeletePage) template() string { return "delete-contact" }

// Why is what is open: "1 conversation and invoice INV-7 are open".
func (p DeletePage) Why() string { return whatIsOpen(p.Deletion) }

const invoicesNamed = 5

func whatIsOpen(d contacts.Deletion) string {
	var parts []string
	if d.OpenConversations > 0 {
		parts = append(parts, plural(d.OpenConversations, "conversation", "conversations"))
	}
	switch n := len(d.OpenInvoices); {
	case n == 1:
		parts = append(parts, "invoice "+d.OpenInvoices[0])
	case n > invoicesNamed:
		parts = append(parts, plural(n, "invoice", "invoices"))
	case n > 1:
		parts = append(parts, "invoices "+strings.Join(d.OpenInvoices, ", "))
	}
	verb := " are open"
	if d.OpenConversations+len(d.OpenInvoices) == 1 {
		verb = " is open"
	}
	return strings.Join(parts, " and ") + verb
}

// askDelete handles GET /contacts/{id}/delete. Admins only.
func (s *Server) askDelete(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	page := DeletePage{}
	if page.Contact, err = s.Contacts.Get(r.Context(), actor(r), id); err != nil {
		return err
	}
	if page.Deletion, err = s.Contacts.PreviewDelete(r.Context(), actor(r), id); err != nil {
		return err
	}
	if page.Shell, err = s.shell(r, "contacts", page.Contact.Name()); err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, page)
}

// deleteContact handles POST /contacts/{id}/delete (C6): gone for good, or archived while
// something is open. Admins only.
func (s *Server) deleteContact(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	d, err := s.Contacts.Delete(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	if d.Archived {
		return seeOther(w, r, "/contacts/"+id.String()+"?said=still-open")
	}
	return seeOther(w, r, "/contacts?said=gone")
}
