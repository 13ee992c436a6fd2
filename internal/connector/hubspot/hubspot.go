// Package hubspot connects HubSpot: contacts of an account. It has no invoices.
package hubspot
