// Package whatsapp is the channel to WhatsApp by Meta's Cloud API.
//
// Facts in it are from Meta's pages "Webhooks" (messages, statuses, system, user
// preferences), "Business-scoped user IDs", "Messages", "Template media" and "Error codes" of
// the WhatsApp Business Platform, "Resumable Upload API" of the Graph API, and from the examples of its OpenAPI file for v23.0.
package whatsapp

import (
	"net/http"

	"parley/internal/channel"
	"parley/internal/crm"
)

// version of the Graph API; it always follows the host, also behind Config.BaseURL.
const version = "v23.0"

// host of the Graph API unless the operator names another.
const host = "https://graph.facebook.com"

// Kind describes WhatsApp to wiring and to the settings page.
var Kind = channel.Kind{
	Name:         "whatsapp",
	Title:        "WhatsApp (Cloud API)",
	Family:       crm.WhatsApp,
	MaxPerSecond: 80, // "Throughput": 80 messages a second for a number
	Settings: []channel.Setting{
		{Key: "phone_number_id", Label: "Phone number ID", Help: "In the Meta app under WhatsApp > API Setup, below the number you send from. It is not the phone number itself."},
		{Key: "business_account_id", Label: "WhatsApp Business Account ID", Help: "On the same page, beside the phone number ID."},
		{Key: "app_secret", Label: "App secret", Secret: true, Help: "In the Meta app under App settings > Basic; press Show."},
		{Key: "verify_token", Label: "Verify token", Secret: true, Help: "Any long word you make up. Meta repeats it once, when you save the webhook."},
		{Key: "access_token", Label: "Access token", Secret: true, Help: "Of a system user, so that it does not end: Business settings > System users > Generate token, with whatsapp_business_messaging and whatsapp_business_management."},
	},
	Steps: []string{
		"You need a Meta business portfolio and an app of the type Business with the product WhatsApp. Both are made at developers.facebook.com/apps; a test number comes with the app.",
		"Open WhatsApp > API Setup in the app. Copy the phone number ID and the WhatsApp Business Account ID from there into the two fields here.",
		"Open App settings > Basic, press Show beside App secret and copy it here. With it Parley tells Meta's calls from forged ones.",
		"In Business settings > System users make a system user with the role Admin, give it the app and the WhatsApp account, and press Generate token. Choose whatsapp_business_messaging and whatsapp_business_management, and no end date. Copy the token here.",
		"Make up a verify token and enter it here, then save this page. Parley must know it before the next step.",
		"Back in the app, open WhatsApp > Configuration and press Edit at Webhook. As callback URL enter {webhook_url}, as verify token the word from before, and press Verify and save.",
		"Below that, press Manage and subscribe to messages. Subscribe to user_preferences and user_id_update too, so that opt-outs and changed accounts arrive, and to message_template_status_update, so that an approved template can be sent at once.",
		"Write to the number from your own phone. The message shows in the inbox within seconds.",
	},
	Open: func(config channel.Config) (channel.Channel, error) { return Open(config), nil },
}

// Channel is one phone number of a WhatsApp Business Account.
type Channel struct {
	phoneNumberID, accountID string
	appSecret, verifyToken   string
	api                      channel.API
	// uploads is the same API where it takes the bytes of an example, with the token in other
	// words; files is without it.
	uploads, files channel.API
}

// Open makes a Channel of settings.
func Open(config channel.Config) *Channel {
	token := config.Setting("access_token")
	c := &Channel{
		phoneNumberID: config.Setting("phone_number_id"),
		accountID:     config.Setting("business_account_id"),
		appSecret:     config.Setting("app_secret"),
		verifyToken:   config.Setting("verify_token"),
		api: channel.API{
			Client: config.HTTP, Base: config.Base(host) + "/" + version,
			Authorize: func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) },
			Refusal:   refusal,
		},
	}
	c.uploads, c.files = c.api, c.api
	c.uploads.Authorize = func(r *http.Request) {
		r.Header.Set("Authorization", "OAuth "+token)
		r.Header.Set("File_offset", "0")
	}
	c.files.Authorize = func(*http.Request) {}
	return c
}

// Scope is the business account: user ids mean something within the portfolio that owns
// it, which the API does not name (I5).
func (c *Channel) Scope() string { return c.accountID }

// Answer is empty: Meta reads only the status.
func (c *Channel) Answer() channel.Answer { return channel.Answer{ContentType: "text/plain"} }
