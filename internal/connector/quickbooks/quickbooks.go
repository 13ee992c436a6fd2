// Package quickbooks connects QuickBooks Online: customers and sales invoices of a company.
package quickbooks
