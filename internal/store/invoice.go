package store

import (
	"slices"
	"strings"
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// InvoiceFilter chooses invoices. The zero value is all that the asker may see.
type InvoiceFilter struct {
	Contact crm.ID
	Status  crm.InvoiceStatus
	Open    bool // only those that are (C6)
}

// InvoicePlace is where a page of invoices ended.
type InvoicePlace struct {
	IssuedOn string
	ID       crm.ID
}

// InvoiceRow is an invoice with the name of its contact.
type InvoiceRow struct {
	crm.Invoice
	ContactName string // as Contact.Called
}

const invoiceColumns = `i.id, i.contact_id, i.number, i.currency, i.total, i.amount_due, i.issued_on, i.due_on, i.status, i.source,
		coalesce(i.external_id, ''), i.link, i.unread_since, i.version, i.created_at, i.created_by, i.updated_at`

func invoiceTargets(i *crm.Invoice) []any {
	return []any{&i.ID, &i.ContactID, &i.Number, &i.Currency, &i.Total, &i.AmountDue, &i.IssuedOn, &i.DueOn, &i.Status, &i.Source,
		&i.ExternalID, &i.Link, &i.Unread, &i.Version, &i.CreatedAt, &i.CreatedBy, &i.UpdatedAt}
}

// openInvoice is crm.Invoice.Open in SQL; $readBy in it is the number of the argument that
// holds the time before which a state must have been unreadable.
func openInvoice(readBy string) string {
	return "(i.status in ('draft', 'sent') or i.unread_since <= " + readBy + ")"
}

// invoiceSeenBy is V2 for invoices: whoever sees the contact sees its invoices. Those of
// nobody are for admins.
func invoiceSeenBy(who crm.Actor, user int) string {
	if who.IsAdmin() {
		return "(i.contact_id is null or " + contactSeenBy(who, user) + ")"
	}
	return "(i.contact_id is not null and " + contactSeenBy(who, user) + ")"
}

const fromInvoice = " from invoice i left join contact c on c.business_id = i.business_id and c.id = i.contact_id "

func invoiceConditions(who crm.Actor, f InvoiceFilter, now time.Time) *conditions {
	w := &conditions{}
	w.sql = "i.business_id = " + w.arg(who.BusinessID)
	w.arg(who.UserID)
	w.and(invoiceSeenBy(who, len(w.args)))
	if f.Contact != "" {
		w.and("i.contact_id = " + w.arg(f.Contact))
	}
	if f.Status != "" {
		w.and("i.status = " + w.arg(f.Status))
	}
	if f.Open {
		w.and(openInvoice(w.arg(now.Add(-crm.UnreadInvoice))))
	}
	return w
}

// Invoices is a page of the invoices that who may see, the last issued first.
func Invoices(tx *db.Tx, who crm.Actor, f InvoiceFilter, after *InvoicePlace, limit int, now time.Time) ([]InvoiceRow, error) {
	w := invoiceConditions(who, f, now)
	if after != nil {
		w.and("(i.issued_on, i.id) < (" + w.arg(after.IssuedOn) + ", " + w.arg(after.ID) + ")")
	}
	return db.All(tx, func(row db.Row) (r InvoiceRow, err error) {
		var c crm.Contact // books have firms, whose person nobody may know
		err = row.Scan(append(invoiceTargets(&r.Invoice), &c.FirstName, &c.MiddleName, &c.LastName, &c.BusinessName, &c.NameIsPlaceholder)...)
		r.BusinessID, r.ContactName = who.BusinessID, c.Called()
		return r, err
	}, "select "+invoiceColumns+`, coalesce(c.first_name, ''), coalesce(c.middle_name, ''), coalesce(c.last_name, ''), coalesce(c.business_name, ''),
		coalesce(c.name_is_placeholder, false)`+fromInvoice+"where "+w.sql+" order by i.issued_on desc, i.id desc limit "+w.arg(limit), w.args...)
}

// CountInvoices counts what Invoices lists, up to most: more is answered as most + 1.
func CountInvoices(tx *db.Tx, who crm.Actor, f InvoiceFilter, most int, now time.Time) (int, error) {
	w := invoiceConditions(who, f, now)
	return count(tx, "select count(*) from (select 1"+fromInvoice+"where "+w.sql+" limit "+w.arg(most+1)+") as counted", w.args...)
}

// Invoice reads one as far as who may see it; else ErrNotFound.
func Invoice(tx *db.Tx, who crm.Actor, id crm.ID) (i crm.Invoice, err error) {
	i, found, err := db.One(tx, scanInvoice, "select "+invoiceColumns+fromInvoice+"where i.business_id = $1 and i.id = $3 and "+invoiceSeenBy(who, 2),
		who.BusinessID, who.UserID, id)
	if err == nil && !found {
		err = crm.ErrNotFound
	}
	i.BusinessID = who.BusinessID
	return i, err
}

func scanInvoice(row db.Row) (i crm.Invoice, err error) {
	err = row.Scan(invoiceTargets(&i)...)
	return i, err
}

// OpenInvoicesOf are the open invoices of a contact (C6), the oldest first.
func OpenInvoicesOf(tx *db.Tx, business, contact crm.ID, now time.Time) ([]crm.Invoice, error) {
	list, err := db.All(tx, scanInvoice, "select "+invoiceColumns+" from invoice i where i.business_id = $1 and i.contact_id = $2 and "+openInvoice("$3"),
		business, contact, now.Add(-crm.UnreadInvoice))
	slices.SortFunc(list, func(a, b crm.Invoice) int { return strings.Compare(a.IssuedOn+string(a.ID), b.IssuedOn+string(b.ID)) })
	return list, err
}

// ContactsWithOpen are those of some contacts with a conversation or an invoice that is
// open (C6).
func ContactsWithOpen(tx *db.Tx, business crm.ID, contacts []crm.ID, now time.Time) (map[crm.ID]bool, error) {
	return idSet(tx, `select contact_id from conversation where business_id = $1 and contact_id = any($2) and status = 'open'
		union select i.contact_id from invoice i where i.business_id = $1 and i.contact_id = any($2) and `+openInvoice("$3"),
		business, texts(contacts), now.Add(-crm.UnreadInvoice))
}

// LockInvoice makes the transaction the only one that changes an invoice until it ends.
func LockInvoice(tx *db.Tx, business, id crm.ID) {
	if tx.Engine() == db.Postgres {
		tx.Exec("select 1 from invoice where business_id = $1 and id = $2 for update", business, id)
	}
}

// AddInvoice inserts an invoice.
func AddInvoice(tx *db.Tx, i crm.Invoice) {
	tx.Exec(`insert into invoice (business_id, id, contact_id, number, currency, total, amount_due, issued_on, due_on, status, source,
		external_id, link, version, created_at, created_by, updated_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
		i.BusinessID, i.ID, i.ContactID, i.Number, i.Currency, i.Total, i.AmountDue, i.IssuedOn, i.DueOn, i.Status, i.Source,
		nullable(i.ExternalID), i.Link, i.Version, i.CreatedAt, i.CreatedBy, i.UpdatedAt)
}

// ChangeInvoice writes what can be edited of an invoice.
func ChangeInvoice(tx *db.Tx, i crm.Invoice) {
	tx.Exec(`update invoice set contact_id = $3, number = $4, currency = $5, total = $6, amount_due = $7, issued_on = $8, due_on = $9, status = $10,
		version = $11, updated_at = $12 where business_id = $1 and id = $2`,
		i.BusinessID, i.ID, i.ContactID, i.Number, i.Currency, i.Total, i.AmountDue, i.IssuedOn, i.DueOn, i.Status, i.Version, i.UpdatedAt)
}

// DeleteInvoice removes an invoice that was kept by hand.
func DeleteInvoice(tx *db.Tx, business, id crm.ID) {
	tx.Exec("delete from invoice where business_id = $1 and id = $2", business, id)
}

// InvoiceIDsOf are the invoices of a contact.
func InvoiceIDsOf(tx *db.Tx, business, contact crm.ID) ([]crm.ID, error) {
	return db.All(tx, db.Column[crm.ID], "select id from invoice where business_id = $1 and contact_id = $2", business, contact)
}

// MoveInvoices gives invoices to a contact.
func MoveInvoices(tx *db.Tx, business crm.ID, ids []crm.ID, to crm.ID) {
	if len(ids) > 0 {
		tx.Exec("update invoice set contact_id = $3 where business_id = $1 and id = any($2)", business, texts(ids), to)
	}
}

// LeaveInvoices parts a contact's invoices from it: they stay as accounting records (C6).
func LeaveInvoices(tx *db.Tx, business crm.ID, contacts []crm.ID) {
	tx.Exec("update invoice set contact_id = null, created_by = '' where business_id = $1 and contact_id = any($2)", business, texts(contacts))
}

// ReturnInvoices is MoveInvoices for those that are still with a contact.
func ReturnInvoices(tx *db.Tx, business crm.ID, ids []crm.ID, from, to crm.ID) {
	if len(ids) > 0 {
		tx.Exec("update invoice set contact_id = $4 where business_id = $1 and id = any($2) and contact_id = $3", business, texts(ids), from, to)
	}
}
