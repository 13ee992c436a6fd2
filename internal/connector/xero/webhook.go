package xero

import (
	"encoding/json"

	"parley/internal/connector"
	"parley/internal/crm"
)

// Hints reads a webhook. Xero proves itself, and has us prove that we check, by calls
// without events and with good and bad signatures ("intent to receive").
func (c client) Hints(call connector.Call) ([]connector.Hint, error) {
	if err := connector.SignedBase64(c.app.WebhookKey, call.Body, call.Header.Get("X-Xero-Signature")); err != nil {
		return nil, err
	}
	var body struct {
		Events []struct{ ResourceID, TenantID, EventCategory string }
	}
	if err := json.Unmarshal(call.Body, &body); err != nil {
		return nil, crm.Errorf(crm.Invalid, "not_json", "This is not JSON.")
	}
	feeds := map[string]crm.FeedKind{"CONTACT": crm.FeedContacts, "INVOICE": crm.FeedInvoices}
	var list []connector.Hint
	for _, e := range body.Events {
		if feed := feeds[e.EventCategory]; feed != "" && e.TenantID != "" {
			list = append(list, connector.Hint{Org: e.TenantID, Feed: feed, ID: e.ResourceID})
		} else if e.EventCategory == "CREDITNOTE" || e.EventCategory == "OVERPAYMENT" || e.EventCategory == "PREPAYMENT" {
			list = append(list, connector.Hint{Org: e.TenantID, Feed: crm.FeedInvoices}) // it may settle an invoice
		}
	}
	return list, nil
}

// Numbers are those of the first and the last event of a webhook.
func (c client) Numbers(call connector.Call) (first, last int64) {
	var body struct{ FirstEventSequence, LastEventSequence int64 }
	if err := json.Unmarshal(call.Body, &body); err != nil || body.FirstEventSequence < 1 || body.LastEventSequence < body.FirstEventSequence {
		return 0, 0
	}
	return body.FirstEventSequence, body.LastEventSequence
}
