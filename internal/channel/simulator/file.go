package simulator

import (
	"parley/internal/channel/twilio"
	"parley/internal/channel/whatsapp"
	"parley/internal/crm"
)

// Files are those of the provider that is played.
func (c *Channel) Files() crm.FileRules {
	if played, ok := c.Channel.(*whatsapp.Channel); ok {
		return played.Files()
	}
	return twilio.Rules()
}

// Reacts is so where WhatsApp is played.
func (c *Channel) Reacts() bool { return c.family == crm.WhatsApp }
