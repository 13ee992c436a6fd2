package xeroemulator

import (
	"encoding/json"
	"net/http"
	"time"

	"parley/internal/connector/emulator"
)

type event struct {
	ResourceURL   string `json:"resourceUrl"`
	ResourceID    string `json:"resourceId"`
	TenantID      string `json:"tenantId"`
	TenantType    string `json:"tenantType"`
	EventCategory string `json:"eventCategory"`
	EventType     string `json:"eventType"`
	EventDateUTC  string `json:"eventDateUtc"`
}

// TellAt makes webhooks go to an address; "" stops them.
func (e *Emulator) TellAt(address string) {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	e.webhook, e.events = address, nil
}

func (e *Emulator) note(o *org, category, kind, id string) {
	if e.webhook == "" {
		return
	}
	path := map[string]string{"CONTACT": "Contacts", "INVOICE": "Invoices"}[category]
	e.events = append(e.events, event{"https://api.xero.com/api.xro/2.0/" + path + "/" + id, id, o.id, "ORGANISATION", category, kind,
		e.Last.Format("2006-01-02T15:04:05.000")})
}

// Tell sends what webhooks are waiting.
func (e *Emulator) Tell() {
	e.Mu.Lock()
	address, list := e.webhook, e.events
	e.events = nil
	body := e.webhookBody(list)
	e.Mu.Unlock()
	if address == "" || len(list) == 0 {
		return
	}
	_ = e.Call(address, body, emulator.Sign(e.WebhookKey, body))
}

func (e *Emulator) webhookBody(list []event) []byte {
	if list == nil {
		list = []event{}
	}
	first := 0
	if len(list) > 0 {
		first = e.seq + 1
		e.seq += len(list)
	}
	body, _ := json.Marshal(map[string]any{"events": list, "firstEventSequence": first, "lastEventSequence": map[bool]int{true: e.seq}[len(list) > 0], "entropy": emulator.Random(10)})
	return body
}

// Call posts a webhook and answers with the status, or 0 when nobody answered.
func (e *Emulator) Call(address string, body []byte, signature string) int {
	return emulator.Post(address, body, 5*time.Second, "Content-Type", "application/json", "X-Xero-Signature", signature)
}

// Intent proves itself as Xero does before it sends webhooks: it answers whether a good
// signature got 200 and a bad one 401.
func (e *Emulator) Intent(address string) bool {
	e.Mu.Lock()
	body := e.webhookBody(nil)
	e.Mu.Unlock()
	return e.Call(address, body, emulator.Sign(e.WebhookKey, body)) == http.StatusOK && e.Call(address, body, emulator.Sign("another key", body)) == http.StatusUnauthorized
}
