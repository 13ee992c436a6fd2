package whatsapp

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"parley/internal/channel"
	"parley/internal/crm"
)

// The functions here write webhooks as Meta would. The simulator and the tests' emulator
// speak through them.

// Value is one change of a webhook: messages or statuses, with what they share.
type Value struct {
	PhoneNumberID string
	Contacts      []any
	Messages      []any
	Statuses      []any
}

// Notification is the body of a webhook with changes.
func Notification(changes ...Value) []byte {
	list := make([]any, len(changes))
	for i, change := range changes {
		list[i] = map[string]any{"field": "messages", "value": change.fields()}
	}
	body, err := json.Marshal(map[string]any{
		"object": "whatsapp_business_account",
		"entry":  []any{map[string]any{"id": "1", "changes": list}},
	})
	if err != nil {
		panic("whatsapp: a notification that is not JSON: " + err.Error()) // the caller's mistake
	}
	return body
}

func (v Value) fields() map[string]any {
	fields := map[string]any{
		"messaging_product": "whatsapp",
		"metadata":          map[string]any{"display_phone_number": "15550783881", "phone_number_id": v.PhoneNumberID},
	}
	for name, list := range map[string][]any{"contacts": v.Contacts, "messages": v.Messages, "statuses": v.Statuses} {
		if len(list) > 0 {
			fields[name] = list
		}
	}
	return fields
}

// Signed is the call that brings a body to an address.
func Signed(appSecret, address string, body []byte) channel.Call {
	return channel.Call{
		Method: http.MethodPost,
		Header: http.Header{"Content-Type": {"application/json"}, signatureHeader: {Sign(appSecret, body)}},
		URL:    address,
		Body:   body,
	}
}

// TextMessage is an element of messages[], and Contact the one of contacts[] beside it.
func TextMessage(from crm.Sender, text, id string, at time.Time) map[string]any {
	message := map[string]any{
		"id": id, "timestamp": strconv.FormatInt(at.Unix(), 10),
		"type": "text", "text": map[string]any{"body": text},
	}
	put(message, "from", strings.TrimPrefix(from.Phone, "+"))
	put(message, "from_user_id", from.UserID)
	put(message, "from_parent_user_id", from.ParentUserID)
	return message
}

// Contact is an element of contacts[]: who a sender is.
func Contact(from crm.Sender) map[string]any {
	profile := map[string]any{"name": from.ProfileName}
	put(profile, "username", from.Username)
	contact := map[string]any{"profile": profile}
	put(contact, "wa_id", strings.TrimPrefix(from.Phone, "+"))
	put(contact, "user_id", from.UserID)
	put(contact, "parent_user_id", from.ParentUserID)
	return contact
}

// StatusOf is an element of statuses[]. clientID is what came with the send as
// biz_opaque_callback_data; code is the reason of a failure.
func StatusOf(externalID string, state crm.MessageStatusValue, to, clientID string, code int, at time.Time) map[string]any {
	status := map[string]any{
		"id": externalID, "status": string(state), "timestamp": strconv.FormatInt(at.Unix(), 10),
	}
	if userID.MatchString(to) {
		status["recipient_user_id"] = to
	} else {
		status["recipient_id"] = strings.TrimPrefix(to, "+")
	}
	put(status, "biz_opaque_callback_data", clientID)
	if state == crm.Failed {
		status["errors"] = []any{map[string]any{"code": code, "title": "Message failed", "message": "Message failed"}}
	}
	return status
}

func put(into map[string]any, key, value string) {
	if value != "" {
		into[key] = value
	}
}
