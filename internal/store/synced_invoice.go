package store

import (
	"time"

	"parley/internal/crm"
	"parley/internal/db"
)

// SyncedInvoice is an invoice of a connection, with what is known of it over there.
type SyncedInvoice struct {
	crm.Invoice
	ConnectionID  crm.ID
	RemoteContact string // the record that it is for
	RemoteStatus  string // as they say it
}

// SyncedInvoices are those of a source by their ids over there.
func SyncedInvoices(tx *db.Tx, business crm.ID, source crm.Source, external []string) (map[string]SyncedInvoice, error) {
	list, err := db.All(tx, func(row db.Row) (i SyncedInvoice, err error) {
		err = row.Scan(append(invoiceTargets(&i.Invoice), &i.ConnectionID, &i.RemoteContact, &i.RemoteStatus)...)
		return i, err
	}, "select "+invoiceColumns+`, i.connection_id, coalesce(i.remote_contact, ''), i.remote_status from invoice i
		where i.business_id = $1 and i.source = $2 and i.external_id = any($3)`, business, source, external)
	m := make(map[string]SyncedInvoice, len(list))
	for _, i := range list {
		i.BusinessID = business
		m[i.ExternalID] = i
	}
	return m, err
}

// AddSyncedInvoices inserts invoices that were read now.
func AddSyncedInvoices(tx *db.Tx, list []SyncedInvoice, now time.Time) {
	rows := make([][]any, len(list))
	for n, i := range list {
		rows[n] = []any{i.BusinessID, i.ID, i.ContactID, i.Number, i.Currency, i.Total, i.AmountDue, i.IssuedOn, i.DueOn, i.Status, i.Source, i.ExternalID, i.Link,
			i.Version, i.CreatedAt, i.CreatedBy, i.UpdatedAt, i.ConnectionID, i.RemoteContact, i.RemoteStatus, now}
	}
	tx.Insert("invoice", []string{"business_id", "id", "contact_id", "number", "currency", "total", "amount_due", "issued_on", "due_on", "status", "source", "external_id",
		"link", "version", "created_at", "created_by", "updated_at", "connection_id", "remote_contact", "remote_status", "read_at"}, rows)
}

// ChangeSyncedInvoice writes an invoice as it was read now.
func ChangeSyncedInvoice(tx *db.Tx, i SyncedInvoice, now time.Time) {
	ChangeInvoice(tx, i.Invoice)
	tx.Exec(`update invoice set connection_id = $3, remote_contact = $4, link = $5, remote_status = $6, read_at = $7, unread_since = null
		where business_id = $1 and id = $2`, i.BusinessID, i.ID, i.ConnectionID, i.RemoteContact, i.Link, i.RemoteStatus, now)
}

// TouchSyncedInvoices notes of invoices that they were read now, and are as they were.
func TouchSyncedInvoices(tx *db.Tx, business crm.ID, ids []crm.ID, now time.Time) {
	if len(ids) > 0 {
		tx.Exec("update invoice set read_at = $3, unread_since = null where business_id = $1 and id = any($2)", business, texts(ids), now)
	}
}

// InvoicesOfRecords gives the invoices of records to the contacts that those are tied to.
func InvoicesOfRecords(tx *db.Tx, business, connection crm.ID, remotes []string) {
	if len(remotes) > 0 {
		tx.Exec(`update invoice set contact_id = (select l.contact_id from ext_link l
				where l.business_id = $1 and l.connection_id = $2 and l.remote_id = invoice.remote_contact)
			where business_id = $1 and connection_id = $2 and remote_contact = any($3)`, business, connection, remotes)
	}
}

// InvoicesUnread notes that the invoices of a connection cannot be read since a time (C6).
func InvoicesUnread(tx *db.Tx, business, connection crm.ID, since time.Time) {
	tx.Exec("update invoice set unread_since = $3 where business_id = $1 and connection_id = $2 and unread_since is null", business, connection, since)
}

// InvoicesRead notes that all invoices of a connection are known as they are.
func InvoicesRead(tx *db.Tx, business, connection crm.ID) {
	tx.Exec("update invoice set unread_since = null where business_id = $1 and connection_id = $2 and unread_since is not null", business, connection)
}

// CountSyncedInvoices counts those of a connection.
func CountSyncedInvoices(tx *db.Tx, business, connection crm.ID) (int, error) {
	return count(tx, "select count(*) from invoice where business_id = $1 and connection_id = $2", business, connection)
}
