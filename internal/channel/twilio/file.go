package twilio

import "parley/internal/crm"

// Files are those that go by MMS ("Accepted content types for media"): pictures up to 5 MB,
// which Twilio fits to the network, and others as small as networks take them. Twilio
// fetches them, so Parley must be reachable.
func (c *Channel) Files() crm.FileRules {
	if c.callback == "" {
		return crm.FileRules{Refusal: "Twilio fetches files from Parley's public address, and Parley has none that starts with https. Whoever runs Parley sets it with --public-url."}
	}
	return rules
}

var rules = crm.FileRules{Rules: []crm.FileRule{
	{ContentType: "image/jpeg", As: crm.ImageMessage, MaxBytes: 5 << 20}, {ContentType: "image/png", As: crm.ImageMessage, MaxBytes: 5 << 20}, {ContentType: "image/gif", As: crm.ImageMessage, MaxBytes: 5 << 20},
	{ContentType: "video/mp4", As: crm.VideoMessage, MaxBytes: 600 << 10}, {ContentType: "video/3gpp", As: crm.VideoMessage, MaxBytes: 600 << 10},
	{ContentType: "audio/mpeg", As: crm.AudioMessage, MaxBytes: 600 << 10}, {ContentType: "audio/amr", As: crm.AudioMessage, MaxBytes: 600 << 10},
	{ContentType: "application/pdf", As: crm.DocumentMessage, MaxBytes: 600 << 10},
}}

// Rules are the files that go by MMS, wherever Parley stands.
func Rules() crm.FileRules { return rules }
