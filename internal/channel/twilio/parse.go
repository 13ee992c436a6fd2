package twilio

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"parley/internal/channel"
	"parley/internal/crm"
)

// Parse reads one webhook: a message, with an opt-out or opt-in as a second item, or the
// state of a message we sent ("Messaging webhooks").
func (c *Channel) Parse(call channel.Call) ([]crm.Inbound, error) {
	values, err := form(call)
	if err != nil {
		return nil, channel.Malformed(err)
	}
	id := first(values, "MessageSid", "SmsSid", "SmsMessageSid")
	if id == "" && values.Get("AccountSid") == "" {
		return nil, crm.Errorf(crm.Invalid, "not_twilio", "The call is not a Twilio message.")
	}
	raw := call.Body
	if len(raw) == 0 {
		raw = []byte(values.Encode())
	}
	elsewhere := c.misrouted(values)
	if state := values.Get("MessageStatus"); state != "" && state != "received" && state != "receiving" {
		item, problem := news(id, state, values, call.Query)
		return []crm.Inbound{channel.Finish(item, raw, cmp.Or(elsewhere, problem))}, nil
	}
	item, problem := received(id, values)
	problem = cmp.Or(elsewhere, problem)
	items := []crm.Inbound{channel.Finish(item, raw, problem)}
	if choice := values.Get("OptOutType"); problem == nil && (choice == "STOP" || choice == "START") {
		consent := crm.Inbound{
			ExternalID: id + ":" + strings.ToLower(choice),
			Sender:     item.Sender,
			Consent:    &crm.InboundConsent{Stop: choice == "STOP", Category: choice},
		}
		items = append(items, channel.Finish(consent, raw, nil))
	}
	return items, nil
}

// misrouted says why a call is not this channel's, or nil.
func (c *Channel) misrouted(values url.Values) error {
	account := values.Get("AccountSid")
	switch {
	case account != c.accountSid:
		return channel.Problem("It belongs to another Twilio account (%s), which this channel is not set up for.", account)
	case strings.HasPrefix(values.Get("From"), "whatsapp:"):
		return channel.Problem("It was written on WhatsApp. This channel takes SMS; set WhatsApp up as a channel of its own.")
	}
	return nil
}

// received is a message that somebody sent. Twilio does not say when.
func received(id string, values url.Values) (crm.Inbound, error) {
	item := crm.Inbound{ExternalID: id, Sender: sender(values.Get("From"))}
	switch {
	case id == "":
		return item, channel.Problem("The message has no id.")
	case item.Sender.Address == "":
		return item, channel.Problem("The message names no sender.")
	}
	message := &crm.InboundMessage{Type: crm.TextMessage, Text: values.Get("Body")}
	for i := range min(number(values.Get("NumMedia")), 10) { // Twilio sends at most ten
		address := values.Get("MediaUrl" + strconv.Itoa(i))
		if address == "" {
			continue
		}
		message.Media = append(message.Media, crm.Media{
			Type: values.Get("MediaContentType" + strconv.Itoa(i)), Reference: address,
		})
	}
	if len(message.Media) > 0 {
		var word string
		message.Type, word = kindOf(message.Media[0].Type)
		if message.Text == "" {
			message.Text = word
		}
	}
	item.Message = message
	return item, nil
}

// sender is a number, a short code or a name; an answer goes to exactly that.
func sender(from string) crm.Sender { return crm.Sender{Phone: from, Address: from} }

// kindOf sorts a content type into a type of message and the word for it.
func kindOf(contentType string) (crm.MessageType, string) {
	switch family, _, _ := strings.Cut(contentType, "/"); family {
	case "image":
		return crm.ImageMessage, "Photo"
	case "video":
		return crm.VideoMessage, "Video"
	case "audio":
		return crm.AudioMessage, "Audio"
	}
	return crm.DocumentMessage, "Document"
}

// states are Twilio's words for the states of a message ("Message Status Values"). What
// Twilio has in hand counts as sent: it is out of our hands, and a send whose end was not
// known is settled by it.
var states = map[string]crm.MessageStatusValue{
	"accepted": crm.Sent, "scheduled": crm.Sent, "queued": crm.Sent, "sending": crm.Sent, "sent": crm.Sent,
	"delivered": crm.Delivered, "partially_delivered": crm.Delivered, "read": crm.Read,
	"undelivered": crm.Failed, "failed": crm.Failed, "canceled": crm.Failed,
}

// news is the state of a message we sent; its id is that of the message with the state.
// Our own id stands in the address that we gave Twilio with the send.
func news(id, state string, values, query url.Values) (crm.Inbound, error) {
	item := crm.Inbound{Sender: sender(values.Get("To"))}
	if id == "" {
		return item, channel.Problem("The status does not say of which message.")
	}
	item.ExternalID = id + ":" + state
	value, known := states[state]
	if !known {
		return item, channel.Problem("The message has the status %q, which is not known.", state)
	}
	clientID, _ := crm.ParseID(query.Get(clientParameter)) // empty when there is none
	item.Status = &crm.InboundStatus{ExternalID: id, ClientID: clientID, Status: value}
	if value == crm.Failed {
		item.Status.ErrorCode = values.Get("ErrorCode")
		item.Status.Error = words(values.Get("ErrorCode"), values.Get("ErrorMessage"), state)
		item.Status.OptedOut = verdicts[item.Status.ErrorCode].Outcome == channel.OptedOut
	}
	return item, nil
}

func first(values url.Values, names ...string) string {
	i := slices.IndexFunc(names, func(name string) bool { return values.Get(name) != "" })
	if i < 0 {
		return ""
	}
	return values.Get(names[i])
}

// number reads a count; what is none counts as 0.
func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
