// Package simulator is a channel without a provider: what it sends goes nowhere, and what
// it receives somebody typed on the page at /simulator. It speaks the real providers'
// signed webhooks, so that everything behind the webhook is the same as in earnest.
package simulator

import (
	"context"
	"time"

	"parley/internal/channel"
	"parley/internal/channel/twilio"
	"parley/internal/channel/whatsapp"
	"parley/internal/crm"
)

// Kind describes the simulator to wiring and to the settings page. A channel of it has a
// family of its own: see Rehearser.
var Kind = channel.Kind{
	Name:         "simulator",
	Title:        "Simulator (no messages leave)",
	Family:       crm.WhatsApp,
	MaxPerSecond: 1000,
	Settings: []channel.Setting{
		{Key: "family", Label: "Plays", Optional: true, Help: "whatsapp or sms; whatsapp when left empty."},
		{Key: "number", Label: "Your number", Optional: true, Help: "The business's own number, only for show."},
		{Key: "secret", Label: "Secret", Secret: true, Optional: true, Help: "Signs the simulated calls; one is made up when left empty."},
	},
	Steps: []string{
		"A simulator needs no account anywhere. Save it, open the page Simulator, and write as a customer would.",
		"Nothing you send over it leaves Parley, and nobody is charged.",
	},
	Open: func(config channel.Config) (channel.Channel, error) {
		if family := config.Setting("family"); family != "" && family != string(crm.WhatsApp) && family != string(crm.SMS) {
			return nil, &crm.Error{Kind: crm.Invalid, Code: "invalid", Fields: []crm.FieldError{
				{Field: "settings.family", Code: "unknown", Detail: "A simulator plays whatsapp or sms."},
			}}
		}
		return Open(config), nil
	},
}

// The made-up ids of the account that is played.
const (
	phoneNumberID = "100000000000001"
	accountID     = "100000000000002"
	accountSid    = "AC00000000000000000000000000000001"
)

// Channel plays one number. It verifies, parses and answers as the provider's own
// channel does; only what would go out is different.
type Channel struct {
	channel.Channel
	family  crm.Family
	number  string
	secret  string
	address string // of the webhook
}

// Open makes a Channel of settings. Without a secret it refuses every call.
func Open(config channel.Config) *Channel {
	c := &Channel{
		family:  crm.WhatsApp,
		number:  config.Setting("number"),
		secret:  config.Setting("secret"),
		address: config.WebhookURL,
	}
	if c.number == "" {
		c.number = "+15550000000"
	}
	inner := channel.Config{WebhookURL: config.WebhookURL}
	if config.Setting("family") == string(crm.SMS) {
		c.family = crm.SMS
		inner.Settings = map[string]string{"account_sid": accountSid, "auth_token": c.secret, "from": c.number}
		c.Channel = twilio.Open(inner)
		return c
	}
	inner.Settings = map[string]string{"phone_number_id": phoneNumberID, "business_account_id": accountID, "app_secret": c.secret}
	c.Channel = whatsapp.Open(inner)
	return c
}

// Send transmits nothing. The id it returns is made of ours.
func (c *Channel) Send(ctx context.Context, m crm.Outbound) (string, error) {
	channel.HandingOver(ctx)
	return "sim-" + m.ID.String(), nil
}

// Check says what this is.
func (c *Channel) Check(context.Context) (string, error) {
	return "This is a simulator: no messages leave Parley.", nil
}

// Family is the kind of channel that is played.
func (c *Channel) Family() crm.Family { return c.family }

// Incoming is the signed call for a message from somebody.
func (c *Channel) Incoming(from crm.Sender, text, externalID string, at time.Time) (channel.Call, error) {
	if from.Phone == "" && from.UserID == "" || c.family == crm.SMS && from.Phone == "" {
		return channel.Call{}, crm.Errorf(crm.Invalid, "sender_missing", "Say from which number the message comes.")
	}
	if c.family == crm.SMS {
		return c.signedForm(twilio.MessageForm(accountSid, externalID, from.Phone, c.number, text), at), nil
	}
	return c.signedBody(whatsapp.Value{
		PhoneNumberID: phoneNumberID,
		Contacts:      []any{whatsapp.Contact(from)},
		Messages:      []any{whatsapp.TextMessage(from, text, externalID, at)},
	}, at), nil
}

// Status is the signed call for news of a message: sent, delivered, read or failed.
func (c *Channel) Status(externalID string, status crm.MessageStatusValue, to string, at time.Time) (channel.Call, error) {
	switch status {
	case crm.Sent, crm.Delivered, crm.Read, crm.Failed:
	default:
		return channel.Call{}, crm.Errorf(crm.Invalid, "status_unknown", "No provider reports the state %q.", string(status))
	}
	if c.family == crm.SMS {
		return c.signedForm(twilio.StatusForm(accountSid, externalID, status, c.number, to, 30003), at), nil
	}
	return c.signedBody(whatsapp.Value{
		PhoneNumberID: phoneNumberID,
		Statuses:      []any{whatsapp.StatusOf(externalID, status, to, "", 131026, at)},
	}, at), nil
}
