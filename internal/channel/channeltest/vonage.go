package channeltest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"parley/internal/channel"
	"parley/internal/channel/vonage"
	"parley/internal/crm"
)

// Vonage emulates the Messages API for one account. Its fields are set before use.
type Vonage struct {
	outbox
	APIKey, APISecret, SignatureSecret, From string

	Client *http.Client     // for webhooks; nil is the default one
	Now    func() time.Time // when webhooks are signed; nil is the clock
}

// NewVonage is an emulator with made-up keys: see Settings.
func NewVonage() *Vonage {
	return &Vonage{APIKey: "abcd1234", APISecret: "vonage-api-secret", SignatureSecret: "vonage-signature-secret", From: "447700900999"}
}

// Settings are those of a vonage_sms channel that speaks with this emulator.
func (v *Vonage) Settings() map[string]string {
	return map[string]string{"api_key": v.APIKey, "api_secret": v.APISecret, "signature_secret": v.SignatureSecret, "from": v.From}
}

// ServeHTTP answers as https://api.nexmo.com would.
func (v *Vonage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	switch {
	case user != v.APIKey || password != v.APISecret:
		vonageError(w, http.StatusUnauthorized, 0, "You did not provide correct credentials.")
	case r.Method == http.MethodPost && r.URL.Path == "/v1/messages":
		v.send(w, r)
	case r.Method == http.MethodGet && r.URL.Path == "/v2/applications":
		writeJSON(w, http.StatusOK, map[string]any{"page_size": 1, "total_items": 0, "_embedded": map[string]any{"applications": []any{}}})
	default:
		vonageError(w, http.StatusNotFound, 0, "Not found.")
	}
}

func (v *Vonage) send(w http.ResponseWriter, r *http.Request) {
	var body struct {
		MessageType string `json:"message_type"`
		Channel     string `json:"channel"`
		To          string `json:"to"`
		From        string `json:"from"`
		Text        string `json:"text"`
		ClientRef   string `json:"client_ref"`
	}
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&body)
	n := utf8.RuneCountInString(body.Text)
	if err != nil || body.MessageType != "text" || body.Channel != "sms" || body.To == "" || strings.HasPrefix(body.To, "+") ||
		body.From == "" || n == 0 || n > 1000 || len(body.ClientRef) > 100 {
		vonageError(w, http.StatusUnprocessableEntity, 1020, "The value of one or more parameters is invalid.")
		return
	}
	message := Accepted{ClientID: body.ClientRef, To: "+" + body.To, Text: body.Text}
	name := func(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }
	v.take(w, r, message, name, func(f Fault) {
		vonageError(w, cmp.Or(f.Status, http.StatusUnprocessableEntity), f.Code, "Ordered by the test.")
	}, func(taken Accepted) {
		writeJSON(w, http.StatusAccepted, map[string]any{"message_uuid": taken.ExternalID})
	})
}

// vonageStates are Vonage's words for the states of a message.
var vonageStates = map[crm.MessageStatusValue]string{
	crm.Sent: "submitted", crm.Delivered: "delivered", crm.Read: "read", crm.Failed: "rejected",
}

// Deliver calls a webhook about items, one call each and in their order.
func (v *Vonage) Deliver(ctx context.Context, hookURL string, items ...Item) error {
	for _, item := range items {
		body := map[string]any{"message_uuid": item.ID, "channel": "sms", "timestamp": item.At.UTC().Format(time.RFC3339)}
		if item.Status == "" {
			body["from"], body["to"] = strings.TrimPrefix(item.From.Phone, "+"), v.From
			body["message_type"], body["text"] = "text", item.Text
		} else {
			body["from"], body["to"] = v.From, strings.TrimPrefix(item.To, "+")
			body["status"], body["client_ref"] = vonageStates[item.Status], item.ClientID
		}
		if item.Status == crm.Failed {
			body["error"] = vonageProblem(item.Code, "Ordered by the test.")
		}
		if err := Post(ctx, v.Client, v.call(hookURL, body)); err != nil {
			return err
		}
	}
	return nil
}

func (v *Vonage) call(hookURL string, body map[string]any) channel.Call {
	encoded, _ := json.Marshal(body) // texts always encode
	now := time.Now
	if v.Now != nil {
		now = v.Now
	}
	return channel.Call{
		Method: http.MethodPost, URL: hookURL, Body: encoded,
		Header: http.Header{
			"Content-Type":  {"application/json"},
			"Authorization": {"Bearer " + vonage.Sign(v.SignatureSecret, v.APIKey, "", encoded, now())},
		},
	}
}

func vonageProblem(code int, detail string) map[string]any {
	problem := map[string]any{"title": "Problem", "detail": detail, "instance": "emulated"}
	if code != 0 {
		problem["type"] = fmt.Sprintf("https://developer.vonage.com/api-errors/messages#%d", code)
		problem["title"] = fmt.Sprint(code)
	}
	return problem
}

func vonageError(w http.ResponseWriter, status, code int, detail string) {
	writeJSON(w, status, vonageProblem(code, detail))
}
