// Package vonage is the channel to SMS by Vonage's Messages API.
//
// Facts in it are from Vonage's pages "Messages API", "Signed webhooks" and "Messages API
// errors". The older SMS API with its sig parameter is another product and not spoken.
package vonage

import (
	"net/http"

	"parley/internal/channel"
	"parley/internal/crm"
)

// host of the API unless the operator names another.
const host = "https://api.nexmo.com"

// Kind describes Vonage to wiring and to the settings page.
var Kind = channel.Kind{
	Name:         "vonage_sms",
	Title:        "SMS (Vonage)",
	Family:       crm.SMS,
	MaxPerSecond: 10,
	Settings: []channel.Setting{
		{Key: "api_key", Label: "API key", Help: "On the first page of the Vonage dashboard."},
		{Key: "api_secret", Label: "API secret", Secret: true, Help: "In the dashboard under API settings; it is shown once when it is made."},
		{Key: "signature_secret", Label: "Signature secret", Secret: true, Help: "In the dashboard under API settings > Signed webhooks."},
		{Key: "from", Label: "From", Help: "The number you send from, such as 447700900123, or a name where that is allowed."},
		{Key: "application_id", Label: "Application ID", Optional: true, Help: "Of the application that holds the webhooks, if you use one. Calls of other applications are then refused."},
	},
	Steps: []string{
		"Sign in at dashboard.vonage.com. Copy the API key from the first page here, and the API secret from API settings.",
		"On API settings, under SMS settings, choose Messages API as the default. The other one, SMS API, is not understood by Parley.",
		"On the same page under Signed webhooks, copy the signature secret here. With it Parley tells Vonage's calls from forged ones.",
		"Enter the number you send from as From. Numbers are under Phone numbers > Your numbers.",
		"Save this page, so that Parley knows the secret before Vonage calls.",
		"Back on API settings, or in your application under Capabilities > Messages, set both the inbound URL and the status URL to {webhook_url}.",
		"Send a text to the number from your own phone. It shows in the inbox within seconds.",
	},
	Open: func(config channel.Config) (channel.Channel, error) { return Open(config), nil },
}

// Channel is one number of a Vonage account.
type Channel struct {
	apiKey, signatureSecret, from, applicationID string
	api                                          channel.API
}

// Open makes a Channel of settings.
func Open(config channel.Config) *Channel {
	key, secret := config.Setting("api_key"), config.Setting("api_secret")
	return &Channel{
		apiKey:          key,
		signatureSecret: config.Setting("signature_secret"),
		from:            config.Setting("from"),
		applicationID:   config.Setting("application_id"),
		api: channel.API{
			Client: config.HTTP, Base: config.Base(host),
			Authorize: func(r *http.Request) { r.SetBasicAuth(key, secret) },
			Refusal:   refusal,
		},
	}
}

// Scope is empty: SMS knows numbers only.
func (c *Channel) Scope() string { return "" }

// Answer is empty: Vonage reads only the status.
func (c *Channel) Answer() channel.Answer { return channel.Answer{ContentType: "text/plain"} }
