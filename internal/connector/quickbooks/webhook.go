package quickbooks

import (
	"bytes"
	"encoding/json"
	"strings"

	"parley/internal/connector"
	"parley/internal/crm"
)

// mergeMark stands in the id of a hint between a customer and the one that it is said to
// have become part of. Nothing but the webhook says so: the records themselves do not.
const mergeMark = ">"

// event is what a webhook says of one record, in either of its shapes.
type event struct {
	realm, entity, id, operation, merged string
}

// Hints reads a webhook: a list of CloudEvents, or the object with eventNotifications that
// came before it. Which one it is shows in its shape, whatever its Content-Type says.
func (c client) Hints(call connector.Call) ([]connector.Hint, error) {
	if err := connector.SignedBase64(c.app.WebhookKey, call.Body, call.Header.Get("intuit-signature")); err != nil {
		return nil, err
	}
	read := notifications
	if bytes.HasPrefix(bytes.TrimSpace(call.Body), []byte("[")) {
		read = cloudEvents
	}
	events, err := read(call.Body)
	if err != nil {
		return nil, crm.Errorf(crm.Invalid, "not_json", "This is not JSON.")
	}
	var list []connector.Hint
	for _, e := range events {
		if isID(e.realm) && (isID(e.id) || e.id == "") {
			list = append(list, e.hints()...)
		}
	}
	return list, nil
}

func (e event) hints() []connector.Hint {
	switch {
	case e.entity == "customer" && e.operation == "merge" && isID(e.merged) && isID(e.id):
		return []connector.Hint{{Org: e.realm, Feed: crm.FeedContacts, ID: e.merged + mergeMark + e.id}}
	case e.entity == "customer":
		return []connector.Hint{{Org: e.realm, Feed: crm.FeedContacts, ID: e.id}}
	case e.entity == "invoice" && e.id != "":
		return []connector.Hint{{Org: e.realm, Feed: crm.FeedInvoices, ID: e.realm + invoiceMark + e.id}}
	case e.entity == "invoice" || e.entity == "payment" || e.entity == "creditmemo": // it may settle an invoice
		return []connector.Hint{{Org: e.realm, Feed: crm.FeedInvoices}}
	}
	return nil
}

// cloudEvents reads the shape of 2026: "qbo.customer.updated.v1".
func cloudEvents(body []byte) (list []event, err error) {
	var events []struct {
		Type, IntuitEntityID, IntuitAccountID string
		Data                                  json.RawMessage
	}
	if err := json.Unmarshal(body, &events); err != nil {
		return nil, err
	}
	for _, e := range events {
		words := strings.Split(e.Type, ".")
		if len(words) < 3 || words[0] != "qbo" {
			continue
		}
		var data struct{ DeletedID string }
		_ = json.Unmarshal(e.Data, &data) // it may be anything
		operation := words[2]
		if operation == "merged" {
			operation = "merge"
		}
		list = append(list, event{e.IntuitAccountID, strings.ToLower(words[1]), e.IntuitEntityID, operation, data.DeletedID})
	}
	return list, nil
}

// notifications reads the shape before it.
func notifications(body []byte) (list []event, err error) {
	var said struct {
		EventNotifications []struct {
			RealmID         string
			DataChangeEvent struct {
				Entities []struct{ Name, ID, Operation, DeletedID string }
			}
		}
	}
	if err := json.Unmarshal(body, &said); err != nil {
		return nil, err
	}
	for _, n := range said.EventNotifications {
		for _, e := range n.DataChangeEvent.Entities {
			list = append(list, event{n.RealmID, strings.ToLower(e.Name), e.ID, strings.ToLower(e.Operation), e.DeletedID})
		}
	}
	return list, nil
}
