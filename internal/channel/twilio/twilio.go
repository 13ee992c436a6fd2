// Package twilio is the channel to SMS by Twilio's Programmable Messaging.
//
// Facts in it are from Twilio's pages "Messaging webhooks", "Webhooks security",
// "Message resource" (API 2010-04-01), "Error and warning dictionary" and "Advanced
// Opt-Out".
package twilio

import (
	"net/http"

	"parley/internal/channel"
	"parley/internal/crm"
)

// host of the API unless the operator names another.
const host = "https://api.twilio.com"

// Kind describes Twilio to wiring and to the settings page.
var Kind = channel.Kind{
	Name:         "twilio_sms",
	Title:        "SMS (Twilio)",
	Family:       crm.SMS,
	MaxPerSecond: 10,
	Settings: []channel.Setting{
		{Key: "account_sid", Label: "Account SID", Help: "On the first page of the Twilio console, under Account Info. It begins with AC."},
		{Key: "auth_token", Label: "Auth token", Secret: true, Help: "Right below the Account SID; press Show. It must be the primary token: Twilio signs its calls with that one."},
		{Key: "from", Label: "From", Help: "The number you send from, such as +447700900123, or a Messaging Service SID, which begins with MG."},
	},
	Steps: []string{
		"Sign in at console.twilio.com. Copy the Account SID and the auth token from the first page into the two fields here.",
		"Under Phone Numbers > Manage > Active numbers, choose the number to write from. If there is none, buy one that can do SMS. Enter it as From, with its plus sign.",
		"Save this page, so that Parley knows the token before Twilio calls.",
		"Back at the number, under Messaging, set A message comes in to Webhook, {webhook_url}, HTTP POST, and save. With a Messaging Service, set the same under its Integration instead.",
		"Nothing needs to be set for delivery reports: Parley asks for them with each message.",
		"Send a text to the number from your own phone. It shows in the inbox within seconds.",
	},
	Open: func(config channel.Config) (channel.Channel, error) { return Open(config), nil },
}

// Channel is one number or Messaging Service of a Twilio account.
type Channel struct {
	accountSid, authToken, from string
	api                         channel.API
	// callback is where Twilio reports on messages, or "" when it could not call there.
	callback string
}

// Open makes a Channel of settings.
func Open(config channel.Config) *Channel {
	c := &Channel{
		accountSid: config.Setting("account_sid"),
		authToken:  config.Setting("auth_token"),
		from:       config.Setting("from"),
	}
	c.api = channel.API{
		Client: config.HTTP, Base: config.Base(host),
		Authorize: func(r *http.Request) { r.SetBasicAuth(c.accountSid, c.authToken) },
		Refusal:   refusal,
	}
	if config.BaseURL != "" || isHTTPS(config.WebhookURL) {
		c.callback = config.WebhookURL
	}
	return c
}

// Scope is empty: SMS knows numbers only.
func (c *Channel) Scope() string { return "" }

// Answer is TwiML that does nothing. Plain text would go out as a message.
func (c *Channel) Answer() channel.Answer {
	return channel.Answer{ContentType: "text/xml", Body: `<?xml version="1.0" encoding="UTF-8"?><Response/>`}
}
