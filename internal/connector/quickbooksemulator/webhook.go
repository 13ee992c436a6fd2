package quickbooksemulator

import (
	"encoding/json"
	"strings"
	"time"

	"parley/internal/connector/emulator"
)

type event struct {
	realm, entity, operation, id, merged string
	at                                   time.Time
}

// TellAt makes webhooks go to an address; "" stops them.
func (e *Emulator) TellAt(address string) {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	e.webhook, e.events = address, nil
}

func (e *Emulator) note(c *company, n event) {
	if e.webhook == "" {
		return
	}
	n.realm, n.at = c.realm, e.Last
	e.events = append(e.events, n)
}

// Tell sends what webhooks are waiting.
func (e *Emulator) Tell() {
	e.Mu.Lock()
	address, list := e.webhook, e.events
	e.events = nil
	e.Mu.Unlock()
	if address == "" || len(list) == 0 {
		return
	}
	body := cloudEvents(list)
	if e.OldHooks {
		body = notifications(list)
	}
	_ = e.Call(address, body, emulator.Sign(e.WebhookKey, body))
}

var pasts = map[string]string{"Create": "created", "Update": "updated", "Delete": "deleted", "Merge": "merged"}

// cloudEvents is a webhook in the shape of 2026.
func cloudEvents(list []event) []byte {
	var all []map[string]any
	for _, n := range list {
		data := map[string]string{}
		if n.merged != "" {
			data["deletedId"] = n.merged
		}
		all = append(all, map[string]any{"specversion": "1.0", "id": emulator.Random(16), "source": "intuit." + emulator.Random(8), "datacontenttype": "application/json",
			"type": "qbo." + strings.ToLower(n.entity) + "." + pasts[n.operation] + ".v1", "time": n.at.Format(time.RFC3339Nano), "intuitentityid": n.id, "intuitaccountid": n.realm, "data": data})
	}
	body, _ := json.Marshal(all)
	return body
}

// notifications is a webhook in the shape before that.
func notifications(list []event) []byte {
	entities := map[string][]map[string]string{}
	for _, n := range list {
		row := map[string]string{"name": n.entity, "id": n.id, "operation": n.operation, "lastUpdated": n.at.Format(time.RFC3339)}
		if n.merged != "" {
			row["deletedId"] = n.merged
		}
		entities[n.realm] = append(entities[n.realm], row)
	}
	var all []map[string]any
	for realm, rows := range entities {
		all = append(all, map[string]any{"realmId": realm, "dataChangeEvent": map[string]any{"entities": rows}})
	}
	body, _ := json.Marshal(map[string]any{"eventNotifications": all})
	return body
}

// Hook is the body of a webhook that says that a customer changed.
func (e *Emulator) Hook(realm, id string) []byte {
	list := []event{{realm: realm, entity: "Customer", operation: "Update", id: id, at: e.Now()}}
	if e.OldHooks {
		return notifications(list)
	}
	return cloudEvents(list)
}

// Call posts a webhook and answers with the status, or 0 when nobody answered.
func (e *Emulator) Call(address string, body []byte, signature string) int {
	kind := "application/cloudevents+json"
	if e.OldHooks {
		kind = "application/json"
	}
	return emulator.Post(address, body, 3*time.Second, "Content-Type", kind, "intuit-signature", signature)
}
