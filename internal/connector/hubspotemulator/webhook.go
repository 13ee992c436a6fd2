package hubspotemulator

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"parley/internal/connector/emulator"
)

// batch is how many events one webhook has at most.
const batch = 100

type event struct {
	EventID          int           `json:"eventId"`
	SubscriptionID   int           `json:"subscriptionId"`
	PortalID         json.Number   `json:"portalId"`
	AppID            int           `json:"appId"`
	OccurredAt       int64         `json:"occurredAt"`
	SubscriptionType string        `json:"subscriptionType"`
	AttemptNumber    int           `json:"attemptNumber"`
	ObjectID         json.Number   `json:"objectId"`
	PropertyName     string        `json:"propertyName,omitempty"`
	PropertyValue    string        `json:"propertyValue,omitempty"`
	ChangeSource     string        `json:"changeSource"`
	Primary          json.Number   `json:"primaryObjectId,omitempty"`
	Merged           []json.Number `json:"mergedObjectIds,omitempty"`
}

// TellAt makes webhooks go to an address; "" stops them. signedAs is the address that they
// are signed for, where a proxy stands before Parley.
func (e *Emulator) TellAt(address, signedAs string) {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	e.webhook, e.signedAs, e.events = address, cmp.Or(signedAs, address), nil
}

func (e *Emulator) note(o *account, n event) {
	if e.webhook == "" {
		return
	}
	n.EventID, n.SubscriptionID, n.AppID, n.PortalID, n.OccurredAt = len(e.events)+1, 2, 4, json.Number(o.portal), e.Last.UnixMilli()
	e.events = append(e.events, n)
}

// Tell sends what webhooks are waiting.
func (e *Emulator) Tell() {
	e.Mu.Lock()
	address, signedAs, list := e.webhook, e.signedAs, e.events
	e.events = nil
	e.Mu.Unlock()
	for len(list) > 0 && address != "" {
		n := min(batch, len(list))
		body, _ := json.Marshal(list[:n])
		_ = e.call(address, signedAs, body)
		list = list[n:]
	}
}

// Hook is the body of a webhook that says that a contact changed.
func (e *Emulator) Hook(portal, id string) []byte {
	body, _ := json.Marshal([]event{{EventID: 1, SubscriptionID: 2, AppID: 4, PortalID: json.Number(portal), OccurredAt: e.Now().UnixMilli(), SubscriptionType: "contact.propertyChange",
		ObjectID: json.Number(id), PropertyName: "lastname", PropertyValue: "x", ChangeSource: "CRM_UI"}})
	return body
}

// call posts a webhook and answers with the status, or 0 when nobody answered.
func (e *Emulator) call(address, signedAs string, body []byte) int {
	stamp := strconv.FormatInt(e.Now().UnixMilli(), 10)
	return emulator.Post(address, body, 5*time.Second, "Content-Type", "application/json", "X-HubSpot-Request-Timestamp", stamp,
		"X-HubSpot-Signature-v3", Sign(e.ClientSecret, http.MethodPost, signedAs, body, stamp))
}
