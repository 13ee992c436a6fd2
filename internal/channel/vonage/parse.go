package vonage

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"parley/internal/channel"
	"parley/internal/crm"
)

// webhook is an inbound message or the status of one we sent ("Messages API", webhooks).
type webhook struct {
	MessageUUID channel.Word `json:"message_uuid"`
	Channel     channel.Word `json:"channel"`
	From        party        `json:"from"`
	To          party        `json:"to"`
	Timestamp   channel.Word `json:"timestamp"`

	MessageType channel.Word `json:"message_type"`
	Text        *string      `json:"text"`

	Status    channel.Word `json:"status"`
	ClientRef channel.Word `json:"client_ref"`
	Error     *problem     `json:"error"`
}

// party is a number: by itself in version 1 of the API, in an object before.
type party string

// UnmarshalJSON never fails: what cannot be read names nobody.
func (p *party) UnmarshalJSON(data []byte) error {
	var number channel.Word
	_ = number.UnmarshalJSON(data)
	if data[0] == '{' {
		var object struct {
			Number channel.Word `json:"number"`
		}
		_ = json.Unmarshal(data, &object)
		number = object.Number
	}
	*p = party(number)
	return nil
}

// Parse reads one webhook with one item.
func (c *Channel) Parse(call channel.Call) ([]crm.Inbound, error) {
	var hook webhook
	err := json.Unmarshal(call.Body, &hook)
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrongType) && wrongType.Field == "":
		return nil, crm.Errorf(crm.Invalid, "not_vonage", "The call is not a Vonage message.")
	case err != nil && wrongType == nil:
		return nil, channel.Malformed(err)
	case hook.MessageUUID == "" && hook.Status == "" && hook.MessageType == "":
		return nil, crm.Errorf(crm.Invalid, "not_vonage", "The call is not a Vonage message.")
	}
	read := hook.message
	if hook.Status != "" {
		read = hook.news
	}
	item, problem := read()
	if err != nil {
		problem = channel.Misread(err)
	}
	return []crm.Inbound{channel.Finish(item, call.Body, problem)}, nil
}

func (w webhook) message() (crm.Inbound, error) {
	item := crm.Inbound{ExternalID: string(w.MessageUUID), At: w.at(), Sender: sender(w.From)}
	switch {
	case w.MessageUUID == "":
		return item, channel.Problem("The message has no id.")
	case item.Sender.Address == "":
		return item, channel.Problem("The message names no sender.")
	case w.Channel != "" && w.Channel != "sms":
		return item, channel.Problem("It came over %s. This channel takes SMS.", w.Channel)
	}
	switch {
	case w.MessageType != "" && w.MessageType != "text":
		item.Message = &crm.InboundMessage{Type: crm.Unsupported,
			Text: "A message that cannot be shown here (" + string(w.MessageType) + "). Ask the sender to write it as text."}
	case w.Text == nil:
		return item, channel.Problem("The message says it holds text, but there is none.")
	default:
		item.Message = &crm.InboundMessage{Type: crm.TextMessage, Text: *w.Text}
	}
	return item, nil
}

// states are Vonage's words for the states of a message ("Messages API status callbacks").
var states = map[channel.Word]crm.MessageStatusValue{
	"submitted": crm.Sent, "delivered": crm.Delivered, "read": crm.Read,
	"rejected": crm.Failed, "undeliverable": crm.Failed,
}

func (w webhook) news() (crm.Inbound, error) {
	item := crm.Inbound{At: w.at(), Sender: sender(w.To)}
	if w.MessageUUID == "" {
		return item, channel.Problem("The status does not say of which message.")
	}
	item.ExternalID = string(w.MessageUUID + ":" + w.Status)
	state, known := states[w.Status]
	if !known {
		return item, channel.Problem("The message has the status %q, which is not known.", string(w.Status))
	}
	clientID, _ := crm.ParseID(string(w.ClientRef)) // empty when it is not ours
	item.Status = &crm.InboundStatus{ExternalID: string(w.MessageUUID), ClientID: clientID, Status: state}
	if state == crm.Failed {
		item.Status.ErrorCode, item.Status.Error = w.Error.failure()
	}
	return item, nil
}

// at is when it happened; a time that cannot be read is none.
func (w webhook) at() time.Time {
	at, err := time.Parse(time.RFC3339, string(w.Timestamp))
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

// sender is a number as Vonage writes it, without a plus, or a short code or a name. An
// answer goes to the number with its plus, which Send takes off again.
func sender(number party) crm.Sender {
	s := crm.Sender{Phone: string(number), Address: string(number)}
	if len(number) >= 7 && strings.Trim(string(number), "0123456789") == "" {
		s.Address = "+" + string(number)
	}
	return s
}
