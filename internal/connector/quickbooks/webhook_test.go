package quickbooks_test

import (
	"net/http"
	"slices"
	"testing"

	"parley/internal/connector"
	"parley/internal/connector/emulator"
	"parley/internal/connector/quickbooks"
	"parley/internal/crm"
)

// TestSignature: the known answer of Intuit's scheme, and what spoils it.
func TestSignature(t *testing.T) {
	body := `[{"specversion":"1.0","id":"88cd52aa-33b6-4351-9aa4-47572edbd068","source":"intuit.test=","type":"qbo.customer.updated.v1","datacontenttype":"application/json","time":"2026-09-10T21:31:25.179Z","intuitentityid":"1234","intuitaccountid":"310687","data":{}}]`
	conn := quickbooks.Kind.Open(connector.App{WebhookKey: "verifier-token"})
	const good = "qxmlL6wWtq+iTbpHwodPXay2OvMHrjVGrmLEa/N329o="
	hints, err := conn.Hints(connector.Call{Header: http.Header{"Intuit-Signature": {good}}, Body: []byte(body)})
	if err != nil || !slices.Equal(hints, []connector.Hint{{Org: "310687", Feed: crm.FeedContacts, ID: "1234"}}) {
		t.Errorf("%+v, %v", hints, err)
	}
	for _, bad := range []struct{ signature, body string }{{"", body}, {good, body + " "}, {good[:42] + "p=", body}, {"%%%", body}} {
		if _, err := conn.Hints(connector.Call{Header: http.Header{"Intuit-Signature": {bad.signature}}, Body: []byte(bad.body)}); err != connector.ErrSignature { //nolint:errorlint // bare
			t.Errorf("signed %q: %v", bad.signature, err)
		}
	}
}

// TestShapes: both shapes, all that can stand in them, and what cannot be read.
func TestShapes(t *testing.T) {
	conn := quickbooks.Kind.Open(connector.App{WebhookKey: "k"})
	hint := func(feed crm.FeedKind, id string) connector.Hint {
		return connector.Hint{Org: "310687", Feed: feed, ID: id}
	}
	event := func(kind, id, data string) string {
		return `[{"specversion":"1.0","type":"` + kind + `","intuitentityid":"` + id + `","intuitaccountid":"310687","data":` + data + `}]`
	}
	old := func(name, operation, more string) string {
		return `{"eventNotifications":[{"realmId":"310687","dataChangeEvent":{"entities":[{"name":"` + name + `","id":"58","operation":"` + operation + `","lastUpdated":"2026-11-24T09:00:00.000Z"` + more + `}]}}]}`
	}
	for body, want := range map[string][]connector.Hint{
		event("qbo.customer.created.v1", "58", `{}`):                  {hint(crm.FeedContacts, "58")},
		event("qbo.customer.merged.v1", "58", `{"deletedId":"57"}`):   {hint(crm.FeedContacts, "57>58")},
		event("qbo.customer.merged.v1", "58", `"?"`):                  {hint(crm.FeedContacts, "58")},
		event("qbo.invoice.void.v1", "9", `null`):                     {hint(crm.FeedInvoices, "310687:9")},
		event("qbo.invoice.voided.v1", "9", `{}`):                     {hint(crm.FeedInvoices, "310687:9")},
		event("qbo.payment.created.v1", "9", `{}`):                    {hint(crm.FeedInvoices, "")},
		event("qbo.vendor.created.v1", "9", `{}`):                     nil,
		event("qbo.customer.created.v1", "58' or '1'='1", `{}`):       nil,
		event("nothing", "58", `{}`):                                  nil,
		`[]`:                                                          nil,
		old("Customer", "Update", ""):                                 {hint(crm.FeedContacts, "58")},
		old("Customer", "Merge", `,"deletedId":"57"`):                 {hint(crm.FeedContacts, "57>58")},
		old("Invoice", "Delete", ""):                                  {hint(crm.FeedInvoices, "310687:58")},
		old("CreditMemo", "Create", ""):                               {hint(crm.FeedInvoices, "")},
		`{"eventNotifications":[]}`:                                   nil,
		`{"eventNotifications":[{"realmId":"310687"},{"realmId":1}]}`: nil,
	} {
		hints, err := conn.Hints(connector.Call{Header: http.Header{"Intuit-Signature": {emulator.Sign("k", []byte(body))}}, Body: []byte(body)})
		if !slices.Equal(hints, want) || err != nil && crm.KindOf(err) != crm.Invalid {
			t.Errorf("%s: %+v, %v", body, hints, err)
		}
	}
	for _, body := range []string{"", "no json", "[", `{"eventNotifications":`} {
		if _, err := conn.Hints(connector.Call{Header: http.Header{"Intuit-Signature": {emulator.Sign("k", []byte(body))}}, Body: []byte(body)}); crm.KindOf(err) != crm.Invalid {
			t.Errorf("%q: %v", body, err)
		}
	}
}
